//! `GetChange`, and the `ChangeInfo` that every write answers with.

use tokio::time::Instant;

use super::{Answer, Call};
use crate::account::{Account, Moment, SubmittedChange};
use crate::error::ApiError;
use crate::xml::Document;

/// Answers `GetChange`.
pub(super) fn describe(account: &Account, call: &Call, moment: Moment) -> Result<Answer, ApiError> {
    let change = account.submitted(call.parameter(0))?;
    let mut document = Document::new("GetChangeResponse");
    write(&mut document, change, moment.steady);
    Ok(Answer::ok(document.finish()))
}

/// Writes a `ChangeInfo`.
pub(super) fn write(document: &mut Document, change: &SubmittedChange, now: Instant) {
    document.nest("ChangeInfo", |document| {
        document.leaf("Id", &format!("/change/{}", change.id));
        document.leaf("Status", change.status(now));
        document.leaf("SubmittedAt", &format!("{:.3}", change.submitted_at));
        document.optional("Comment", change.comment.as_deref());
    });
}
