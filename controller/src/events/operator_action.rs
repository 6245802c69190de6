//! What a person had the controller do, told on the object that stands for it.

use controller_core::plan::PlanHash;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

use super::{CONTROLLER, EventRecorder, event_name, place, short};

/// What a person had the controller do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorAction<'a> {
    /// Deletions that were held went.
    Approval {
        /// The user that approved them.
        by: &'a str,
        /// What stands for them.
        hash: &'a PlanHash,
    },
    /// A full sync was made.
    Sync {
        /// The user that asked for it.
        by: &'a str,
    },
}

impl OperatorAction<'_> {
    fn reason(&self) -> &'static str {
        match self {
            Self::Approval { .. } => "DeletionsApproved",
            Self::Sync { .. } => "SyncAskedFor",
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Approval { .. } => "Approve",
            Self::Sync { .. } => "Sync",
        }
    }

    fn note(&self) -> String {
        match self {
            Self::Approval { by, hash } => format!("{by} approved the held deletions `{hash}`"),
            Self::Sync { by } => format!("{by} asked for a full sync"),
        }
    }
}

impl EventRecorder {
    /// Sets what stands for this controller, such as the ConfigMap with its state.
    pub fn stand_for(&mut self, myself: ObjectReference) {
        self.myself = Some(myself);
    }

    /// Announces what a person had the controller do; never waits.
    ///
    /// `now` is in nanoseconds since 1970.
    pub fn tell_of(&mut self, operator_action: &OperatorAction<'_>, now: i128) {
        let Some(myself) = &self.myself else { return };
        self.last = now.max(self.last + 1);
        let event = event(operator_action, myself, self.last);
        if self.queue.try_send(event).is_err() {
            tracing::warn!(
                reason = operator_action.reason(),
                "An Event is left out, too many wait"
            );
        }
    }
}

fn event(operator_action: &OperatorAction<'_>, myself: &ObjectReference, at: i128) -> Event {
    Event {
        metadata: ObjectMeta {
            name: Some(event_name(myself.name.as_deref().unwrap_or_default(), at)),
            namespace: Some(place(myself)),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(jiff::Timestamp::from_nanosecond(at).unwrap_or_default())),
        reporting_controller: Some(CONTROLLER.to_owned()),
        reporting_instance: Some(format!("{CONTROLLER}/admin")),
        action: Some(operator_action.action().to_owned()),
        reason: Some(operator_action.reason().to_owned()),
        type_: Some("Normal".to_owned()),
        note: Some(short(&operator_action.note())),
        regarding: Some(myself.clone()),
        ..Event::default()
    }
}
