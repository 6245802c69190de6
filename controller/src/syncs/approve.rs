//! Takes annotations that ask for held deletions to go, once it is known what is held, and tells what
//! became of approvals that fit no more.

use std::collections::BTreeSet;

use controller_core::plan::PlanHash;
use external_dns_webhook::Provider;
use tokio::sync::watch;

use super::{Shared, Syncs};
use crate::events::OperatorAction;
use crate::reconcile::Report;
use crate::requests::ApprovedBy;
use crate::state::{ApprovalRequest, Approvals};

/// Under which name the status shows an approval that came to nothing.
const VOID: &str = "approvals";

/// How many characters of names the history has of those who approved.
const MOST_CAUSE: usize = 300;

/// An annotation, and what it was answered.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    asked: ApprovalRequest,
    /// What it approves; `Err` says why it does not.
    outcome: Result<PlanHash, String>,
    answer: String,
    /// Whether the answer stands on the ConfigMap, as far as that is known.
    is_certain: bool,
}

/// Waits until something is asked for; for ever where nothing can be.
pub(super) async fn asked(approvals: &mut Option<watch::Receiver<Option<ApprovalRequest>>>) {
    let alive = match approvals {
        Some(approvals) => approvals.changed().await.is_ok(),
        None => false,
    };
    if !alive {
        std::future::pending::<()>().await;
    }
}

/// Returns what makes the writes of a sync that `demanded` asked for, if anyone did, as the history
/// tells it.
pub(super) fn cause(demanded: &BTreeSet<String>, approved: &ApprovedBy) -> String {
    let named = |by: BTreeSet<&str>| -> Option<String> {
        let by: Vec<_> = by.into_iter().collect();
        (!by.is_empty()).then(|| by.join(", ").chars().take(MOST_CAUSE).collect())
    };
    let asked = named(demanded.iter().map(String::as_str).collect());
    let approved = named(approved.values().flatten().map(String::as_str).collect());
    let asked = asked.map(|by| format!(", asked for by {by}")).unwrap_or_default();
    let approved = approved.map(|by| format!(", with deletions that were approved by {by}"));
    format!("sync{asked}{}", approved.unwrap_or_default())
}

/// Returns the time as answers begin with it.
fn moment() -> impl std::fmt::Display {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")
}

impl<P: Provider> Syncs<P> {
    /// Approves the held deletions that an annotation names, or answers why not.
    ///
    /// Only what was answered is approved: whether it was is looked up where the end of the request
    /// does not tell. An annotation that someone changed meanwhile, or that came with a write of our
    /// own, is seen again.
    pub(super) async fn approve(&mut self) {
        self.look_for_answer().await;
        let Shared { requests, approvals, .. } = &self.shared;
        let Some((approvals, asked)) =
            approvals.as_ref().and_then(|approvals| Some((approvals, approvals.requested()?)))
        else {
            return;
        };
        // One that was answered may be seen until the watch tells that it is gone.
        let is_answered = self.answered.as_ref().is_some_and(|answered| answered.asked == asked);
        if !self.has_looked || is_answered {
            return;
        }
        let hash = asked.hash.parse::<PlanHash>().map_err(|error| error.to_string());
        let outcome =
            hash.and_then(|hash| requests.can_approve(&hash).map_err(|error| error.to_string()));
        let answer = match &outcome {
            Ok(_) => format!("{}: approved {}", moment(), asked.hash),
            Err(why) => format!("{}: refused {}: {why}", moment(), asked.hash),
        };
        let result = approvals.answer(&asked, &answer).await;
        let answered = Answered { asked, outcome, answer, is_certain: result.is_ok() };
        self.answered = Some(answered.clone());
        match result {
            Ok(()) => self.take(&answered),
            Err(error) => {
                tracing::debug!(
                    error = daemon::chain(error.as_ref()),
                    "An annotation may be unanswered yet"
                );
                self.look_for_answer().await;
            }
        }
    }

    /// Finds out whether an answer stands whose request ended unclearly; when it does not, the
    /// annotation is taken once more.
    async fn look_for_answer(&mut self) {
        let Some(answered) = self.answered.clone().filter(|answered| !answered.is_certain) else {
            return;
        };
        let Some(approvals) = &self.shared.approvals else { return };
        match approvals.is_answered(&answered.asked, &answered.answer).await {
            Ok(true) => {
                self.answered = Some(Answered { is_certain: true, ..answered.clone() });
                self.take(&answered);
            }
            Ok(false) => self.answered = None,
            Err(error) => tracing::warn!(
                error = daemon::chain(error.as_ref()),
                hash = answered.asked.hash,
                "Whether an annotation that approves deletions is answered is not known yet"
            ),
        }
    }

    /// Does what an answer says, and tells it.
    fn take(&self, answered: &Answered) {
        let Answered { asked, outcome, .. } = answered;
        let by = self.shared.approvals.as_ref().map(Approvals::by).unwrap_or_default();
        let outcome = outcome.clone().and_then(|hash| {
            self.shared.requests.approve(&hash, &by).map_err(|error| error.to_string())
        });
        match outcome {
            Ok(_) => tracing::info!(hash = asked.hash, by, "Held deletions are approved"),
            Err(error) => tracing::warn!(
                hash = asked.hash,
                by,
                error,
                "An annotation asks to approve deletions, and is refused"
            ),
        }
    }

    /// Makes Events of what people asked of a sync that went well; never waits.
    pub(super) fn announce_people(
        &mut self,
        demanded: &BTreeSet<String>,
        approved: &ApprovedBy,
        report: Option<&Option<Report>>,
    ) {
        let (Some(recorder), Some(report)) = (&mut self.shared.event_recorder, report) else {
            return;
        };
        let now = jiff::Timestamp::now().as_nanosecond();
        for by in demanded {
            recorder.tell_of(&OperatorAction::Sync { by }, now);
        }
        let fits =
            |hash: &PlanHash| report.as_ref().is_some_and(|report| report.plan.fits_approval(hash));
        for (hash, people) in approved.iter().filter(|(hash, _)| fits(hash)) {
            for by in people {
                recorder.tell_of(&OperatorAction::Approval { by, hash }, now);
            }
        }
    }

    /// Tells of approvals that a full sync found nothing for: what is held has changed since.
    pub(super) async fn tell_void(&mut self, approved: &ApprovedBy, report: Option<&Report>) {
        let Shared { status, approvals, .. } = &self.shared;
        let fits = |hash: &&PlanHash| report.is_some_and(|report| report.plan.fits_approval(hash));
        let void: Vec<_> = approved.iter().filter(|(hash, _)| !fits(hash)).collect();
        if !approved.is_empty() {
            status.note(VOID, None);
        }
        for (hash, by) in void {
            let why = "other deletions were held when the sync came to it, so nothing was deleted \
                       by it; look at the plan again";
            let by = by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            tracing::warn!(hash = %hash, by, "An approval fits no more: {why}");
            status
                .note(VOID, Some(format!("the approval of `{hash}` by {by} fits no more: {why}")));
            let Some(approvals) = approvals else { continue };
            let Some(answered) = self.answered.as_ref() else { continue };
            if answered.outcome.as_ref().is_ok_and(|approved| approved == hash) {
                let now = format!("{}: refused {hash}: {why}", moment());
                let corrected = approvals.correct(&answered.asked, &answered.answer, &now).await;
                if let Err(error) = corrected {
                    tracing::warn!(
                        error = daemon::chain(error.as_ref()),
                        "An answer cannot be corrected"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
