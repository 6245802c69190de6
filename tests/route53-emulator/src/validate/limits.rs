//! How much one request may change ([quotas]); an UPSERT counts twice.
//!
//! [quotas]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html

use crate::error::ApiError;
use crate::shape::Change;

/// Most `ResourceRecord` elements in one request.
const MAX_RECORDS: usize = 1_000;

/// Most characters in all `Value` elements of one request.
const MAX_CHARACTERS: usize = 32_000;

/// Checks the size of a batch.
///
/// An alias has no `ResourceRecord` element; it counts as one, because the service refuses more than
/// 1,000 changes whatever they hold.
///
/// # Errors
///
/// `InvalidChangeBatch` that names the exceeded limit.
pub(super) fn check(changes: &[Change]) -> Result<(), ApiError> {
    let mut records = 0;
    let mut characters = 0;
    for change in changes {
        let factor = if change.action == "UPSERT" { 2 } else { 1 };
        let values = change.resource_record_set.resource_records.as_deref().unwrap_or_default();
        records += factor * values.len().max(1);
        characters +=
            factor * values.iter().map(|record| record.value.chars().count()).sum::<usize>();
    }
    let mut problems = Vec::new();
    if records > MAX_RECORDS {
        problems.push(format!("Number of records limit of {MAX_RECORDS} exceeded."));
    }
    if characters > MAX_CHARACTERS {
        problems.push(format!("RDATA character limit of {MAX_CHARACTERS} exceeded."));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid_change_batch(&problems))
}
