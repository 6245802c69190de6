//! What is known of names while syncs fail: what was to be written, and what is wanted since.

use std::collections::BTreeSet;

use controller_core::desired::{Scope, Unknown};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{DnsName, ObjectRef, Provider, RecordType};

use super::Syncs;
use crate::app;
use crate::reconcile::{DesiredReader as _, SyncError};
use crate::schedule::SyncKind;

impl<P: Provider> Syncs<P> {
    /// Says of what the sync was to do that it is not known to be done, and of what is wanted
    /// since that nothing is known of it.
    pub(super) fn note_failure(&self, kind: SyncKind, error: &SyncError, cause: &str) {
        let (status, at) = (&self.shared.status, app::unix_seconds());
        if let SyncError::Apply { plan, .. } = error {
            let mut plan = plan.clone();
            plan.failed(cause);
            let names = plan.statuses.iter().map(|status| status.name.canonical().clone());
            let scope = match kind {
                SyncKind::Full => Scope::All,
                SyncKind::Targeted => Scope::Names(names.collect()),
            };
            status.statuses(|store| {
                store.note(&plan.statuses, &scope, at);
            });
            return;
        }
        self.note_not_known(&Reason::SyncFailed { error: cause.to_owned() });
    }

    /// Says for `reason` of what is wanted since a sync ended well that nothing is known of it.
    pub(super) fn note_not_known(&self, reason: &Reason) {
        let (status, at) = (&self.shared.status, app::unix_seconds());
        let desired_state = &self.config.desired_state;
        let waiting = desired_state.waiting();
        let mut missing = Vec::new();
        if !self.has_looked || !waiting.is_empty() {
            missing = self.not_known(reason);
        }
        let is_waiting = |status: &RecordStatus| {
            status.object.as_ref().is_some_and(|object| waiting.contains(object))
        };
        status.statuses(|store| store.not_known(reason, is_waiting, missing, at));
    }

    /// Returns a status for all that is wanted, as far as it can be told without the provider.
    fn not_known(&self, reason: &Reason) -> Vec<RecordStatus> {
        let prefixes = &self.reconciler.memory().served.property_prefixes;
        let desired = self.config.desired_state.desired(prefixes);
        let failed =
            |name: &DnsName, record_type: Option<RecordType>, object: Option<&ObjectRef>| {
                let (name, object) = (name.clone(), object.cloned());
                RecordStatus { name, record_type, object, zone: None, reason: reason.clone() }
            };
        let mut statuses: Vec<_> = desired
            .endpoints
            .iter()
            .map(|endpoint| {
                let object = endpoint.labels.resource();
                failed(&endpoint.dns_name, Some(endpoint.record_type.clone()), object)
            })
            .collect();
        for gap in &desired.unknown {
            let reason = gap.reason.clone();
            match &gap.what {
                Unknown::Name(name) => {
                    statuses.push(RecordStatus { reason, ..failed(name, None, None) });
                }
                Unknown::RecordSet { name, record_type, object, .. } => {
                    let about = failed(name, Some(record_type.clone()), object.as_ref());
                    statuses.push(RecordStatus { reason, ..about });
                }
                Unknown::Resource(object) => {
                    statuses.push(RecordStatus::on_object(object.clone(), reason));
                }
                Unknown::Kind(kind) => {
                    statuses.push(RecordStatus::on_object(kind.to_string(), reason));
                }
                Unknown::All => {}
            }
        }
        statuses.extend(desired.statuses);
        let mut told = BTreeSet::new();
        statuses.retain(|status| {
            let RecordStatus { name, record_type, object, reason, zone: _ } = status;
            let record_type = record_type.as_ref().map(ToString::to_string);
            told.insert((name.canonical().clone(), record_type, object.clone(), reason.code()))
        });
        statuses
    }
}
