//! Health checks: kept and listed, never probed.
//!
//! They exist so that record sets can name them. Only the plain members of a configuration are kept.

use super::{Answer, Call};
use crate::account::{Account, HealthCheck};
use crate::error::ApiError;
use crate::xml::{self, Document};

/// Most health checks in one page.
const MAX_CHECKS_PER_PAGE: usize = 100;

/// Answers `CreateHealthCheck`.
///
/// The same caller reference with the same configuration answers with the health check that exists.
pub(super) fn create(account: &mut Account, call: &Call) -> Result<Answer, ApiError> {
    let request = xml::read(&call.body, "CreateHealthCheckRequest")?;
    let caller_reference = request.text_of("CallerReference").unwrap_or_default();
    let config: Vec<_> = request
        .child("HealthCheckConfig")
        .map(|config| config.children.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|member| member.children.is_empty())
        .map(|member| (member.name.clone(), member.text.clone()))
        .collect();
    if caller_reference.is_empty() || !config.iter().any(|(name, _)| name == "Type") {
        return Err(ApiError::invalid_input(
            "A health check needs a CallerReference and a HealthCheckConfig with a Type",
        ));
    }
    let existing = account
        .health_checks
        .iter()
        .find(|(_, check)| check.caller_reference == caller_reference)
        .map(|(id, check)| (id.clone(), check.config.clone()));
    let id = match existing {
        Some((id, existing)) if existing == config => id,
        Some(_) => return Err(ApiError::health_check_already_exists(&caller_reference)),
        None => {
            let id = account.fresh_health_check_id();
            let check = HealthCheck { caller_reference, config, ..HealthCheck::default() };
            account.health_checks.insert(id.clone(), check);
            id
        }
    };
    let mut document = Document::new("CreateHealthCheckResponse");
    if let Some(check) = account.health_checks.get(&id) {
        write(&mut document, &id, check);
    }
    Ok(Answer::created(document.finish(), format!("/2013-04-01/healthcheck/{id}")))
}

/// Answers `GetHealthCheck`.
pub(super) fn describe(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let id = call.parameter(0);
    let check = account.health_checks.get(id).ok_or_else(|| ApiError::no_such_health_check(id))?;
    let mut document = Document::new("GetHealthCheckResponse");
    write(&mut document, id, check);
    Ok(Answer::ok(document.finish()))
}

/// Answers `DeleteHealthCheck`; record sets that name it keep doing so, as with the service.
pub(super) fn delete(account: &mut Account, call: &Call) -> Result<Answer, ApiError> {
    let id = call.parameter(0);
    account.health_checks.remove(id).ok_or_else(|| ApiError::no_such_health_check(id))?;
    Ok(Answer::ok(Document::new("DeleteHealthCheckResponse").finish()))
}

/// Answers `ListHealthChecks`.
pub(super) fn list(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let max_items = call.max_items(MAX_CHECKS_PER_PAGE)?;
    let marker = call.asks("marker").unwrap_or_default();
    let mut checks = account.health_checks.range(marker.to_owned()..);
    let mut document = Document::new("ListHealthChecksResponse");
    document.nest("HealthChecks", |document| {
        for (id, check) in checks.by_ref().take(max_items) {
            write(document, id, check);
        }
    });
    document.leaf("Marker", marker);
    let next = checks.next();
    document.leaf("IsTruncated", if next.is_some() { "true" } else { "false" });
    document.optional("NextMarker", next.map(|(id, _)| id.as_str()));
    document.leaf("MaxItems", &max_items.to_string());
    Ok(Answer::ok(document.finish()))
}

fn write(document: &mut Document, id: &str, check: &HealthCheck) {
    document.nest("HealthCheck", |document| {
        document.leaf("Id", id);
        document.leaf("CallerReference", &check.caller_reference);
        document.nest("HealthCheckConfig", |document| {
            for (name, value) in &check.config {
                document.leaf(name, value);
            }
        });
        document.leaf("HealthCheckVersion", "1");
    });
}
