//! How values of flags are read where more than their form can be told at once.

use std::collections::BTreeMap;

use external_dns_webhook::RecordType;

use crate::record_set::bare_zone_id;
use crate::validate::TYPES;
use crate::zones::ZoneTag;

/// Longest id of a zone ([reference]).
///
/// [reference]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
const MAX_ZONE_ID: usize = 32;

/// Reads a type that a controller manages.
pub(super) fn managed_type(text: &str) -> Result<RecordType, String> {
    let found =
        TYPES.iter().find(|record_type| record_type.as_str().eq_ignore_ascii_case(text.trim()));
    found.cloned().ok_or_else(|| {
        let types: Vec<_> = TYPES.iter().map(RecordType::as_str).collect();
        format!("`{text}` is no type that is served; use one of {}", types.join(", "))
    })
}

/// Reads the id of a zone, or the end of one, whichever way AWS writes it; nothing stays nothing.
pub(super) fn zone_id(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some((_, id)) = text.strip_prefix("arn:").and_then(|arn| arn.rsplit_once('/')) {
        return Err(format!("it is an ARN; write `{id}`"));
    }
    let id = bare_zone_id(text);
    let is_good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if id.len() > MAX_ZONE_ID || !id.bytes().all(is_good) {
        return Err(
            "ids of zones have capital letters and digits, such as Z0123456789ABC; give each \
                    by itself"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Reads a tag that zones must have; nothing stays nothing.
pub(super) fn zone_tag(text: &str) -> Result<String, String> {
    match ZoneTag::parse(text) {
        None if !text.trim().is_empty() => {
            Err("the tag has no key; use KEY or KEY=VALUE".to_owned())
        }
        Some(_) | None => Ok(text.to_owned()),
    }
}

/// Reads the ARN of a role ([form]).
///
/// [form]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
pub(super) fn role(text: &str) -> Result<String, String> {
    let arn = text.trim();
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let is_role = matches!(parts.as_slice(), ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws")
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.ends_with('/')));
    if is_role || arn.is_empty() {
        return Ok(arn.to_owned());
    }
    Err("use the ARN of a role, such as arn:aws:iam::123456789012:role/dns".to_owned())
}

/// Reads the role through which a zone is reached.
pub(super) fn zone_role(text: &str) -> Result<(String, String), String> {
    let usage = "use ZONEID=ARN, such as Z0123456789ABC=arn:aws:iam::123456789012:role/dns";
    let (id, arn) = text.split_once('=').ok_or(usage)?;
    let (id, arn) = (zone_id(id)?, role(arn).map_err(|_| usage)?);
    let id = bare_zone_id(&id);
    if id.is_empty() || arn.is_empty() { Err(usage.to_owned()) } else { Ok((id.to_owned(), arn)) }
}

/// Returns a zone that is given two roles, and the roles; `None` when each has one.
pub(super) fn two_roles(given: &[(String, String)]) -> Option<(&str, &str, &str)> {
    let mut roles: BTreeMap<&str, &str> = BTreeMap::new();
    for (zone, role) in given {
        match roles.insert(zone, role) {
            Some(other) if other != role => return Some((zone, other, role)),
            Some(_) | None => {}
        }
    }
    None
}

/// Reads how many calls a second are made.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 0.0 => Ok(rate),
        Ok(_) | Err(_) => Err("use a number such as 2 or 0.5; 0 is for no limit".to_owned()),
    }
}
