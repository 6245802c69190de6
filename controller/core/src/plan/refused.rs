//! What a provider did not take of a plan, told where it was planned.

use external_dns_webhook::Refusal;

use super::{Action, Plan, Step};
use crate::status::{Reason, RecordStatus};
use crate::zone::ZoneInfo;

/// Tells whether a refusal is about something in a zone.
fn is_in(zone: Option<&ZoneInfo>, refusal: &Refusal) -> bool {
    refusal.zone.is_none() || zone.and_then(ZoneInfo::id) == refusal.zone.as_ref()
}

impl Plan {
    /// Says of everything that it would be done, where a dry run wrote nothing.
    pub fn wrote_nothing(&mut self) {
        for status in &mut self.statuses {
            if let Some(verb) = status.reason.verb_done() {
                status.reason = Reason::DryRun { verb };
            }
        }
    }

    /// Says of everything that it is not known to be done, because `error` ended the sync.
    pub fn failed(&mut self, error: &str) {
        for status in &mut self.statuses {
            if status.reason.verb_done().is_some() {
                status.reason = Reason::SyncFailed { error: error.to_owned() };
            }
        }
    }

    /// Gives what the provider refused its words as the reason, in steps and in statuses.
    ///
    /// A provider may know a record set under another type than the one that was desired; then
    /// everything that was to be published under the name is taken to be refused.
    pub fn refuse(&mut self, refused: &[Refusal]) {
        for refusal in refused {
            let rejection = refusal.code.clone();
            let reason = Reason::ProviderRejected { rejection, message: refusal.message.clone() };
            let name = refusal.dns_name.normalized();
            let is_it = |step: &Step| {
                step.name.normalized() == name
                    && step.record_type == refusal.record_type
                    && step.set_identifier == refusal.set_identifier
                    && is_in(step.zone.as_ref(), refusal)
                    && step.action != Action::Hold
            };
            for step in self.steps.iter_mut().filter(|step| is_it(step)) {
                step.reason = Some(reason.clone());
            }
            let is_published = |status: &RecordStatus| {
                status.name.normalized() == name
                    && is_in(status.zone.as_ref(), refusal)
                    && status.reason.verb_done().is_some()
            };
            let is_of_type = |status: &RecordStatus| {
                status
                    .record_type
                    .as_ref()
                    .is_none_or(|record_type| *record_type == refusal.record_type)
            };
            let has_type =
                self.statuses.iter().any(|status| is_published(status) && is_of_type(status));
            for status in self.statuses.iter_mut().filter(|status| is_published(status)) {
                if !has_type || is_of_type(status) {
                    status.reason = reason.clone();
                }
            }
        }
    }
}
