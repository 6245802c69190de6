//! What a provider did not take of a plan, told where it was planned.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, RecordKey, RecordType, Refusal, ZoneId};

use super::{Action, Plan, Step};
use crate::status::{Reason, RecordStatus};
use crate::zone::ZoneInfo;

/// What a provider did not take, by what it is about.
#[derive(Debug)]
pub struct Refused<'a>(BTreeMap<RecordKey, &'a Refusal>);

impl<'a> Refused<'a> {
    /// Orders refusals by what they are about; the first of each counts.
    pub fn new(refused: &'a [Refusal]) -> Self {
        let mut by_key = BTreeMap::new();
        for refusal in refused {
            let Refusal { dns_name, record_type, set_identifier, zone, .. } = refusal;
            let key = RecordKey::new(dns_name, record_type.clone(), set_identifier, zone.clone());
            by_key.entry(key).or_insert(refusal);
        }
        Self(by_key)
    }

    /// Returns the refusal of a record set, in its zone or in all.
    pub fn of(
        &self,
        (name, record_type, set_identifier): (&DnsName, &RecordType, &str),
        zone: Option<&ZoneId>,
    ) -> Option<&'a Refusal> {
        if self.0.is_empty() {
            return None;
        }
        let of = |zone| {
            let key = RecordKey::new(name, record_type.clone(), set_identifier, zone);
            self.0.get(&key).copied()
        };
        of(None).or_else(|| of(Some(zone?.clone())))
    }
}

/// Tells whether a refusal is about something in a zone.
fn is_in(zone: Option<&ZoneInfo>, refusal: &Refusal) -> bool {
    refusal.zone.is_none() || zone.and_then(ZoneInfo::id) == refusal.zone.as_ref()
}

impl Plan {
    /// Says of everything that it would be done, where a dry run wrote nothing: ours, or that `of_provider`.
    pub fn wrote_nothing(&mut self, of_provider: bool) {
        for status in &mut self.statuses {
            if let Some(verb) = status.reason.verb_done() {
                status.reason = Reason::DryRun { verb, of_provider };
            }
        }
    }

    /// Says of everything that it is not known to be done, because `error` ended the sync; but for what was
    /// [settled](Self::settle).
    pub fn failed(&mut self, error: &str) {
        let open: BTreeSet<_> = self.steps.iter().map(|step| step.name.canonical()).collect();
        for status in &mut self.statuses {
            if status.reason.verb_done().is_some() && open.contains(status.name.canonical()) {
                status.reason = Reason::SyncFailed { error: error.to_owned() };
            }
        }
    }

    /// Takes in that all that was to be done to `names` was answered, of which `refused` was not taken: it is no
    /// step any more.
    pub fn settle(&mut self, names: &BTreeSet<CanonicalName>, refused: &[Refusal]) {
        self.refuse(refused);
        self.steps.retain(|step| !names.contains(step.name.canonical()));
    }

    /// Gives what the provider refused its words as the reason, in steps and in statuses.
    ///
    /// A provider may know a record set under another type than the one that was desired; then
    /// everything that was to be published under the name is taken to be refused.
    pub fn refuse(&mut self, refused: &[Refusal]) {
        let mut names: BTreeMap<CanonicalName, OfName<'_>> = BTreeMap::new();
        for refusal in refused {
            let name = refusal.dns_name.canonical().clone();
            names.entry(name).or_default().refused.push(refusal);
        }
        for step in &mut self.steps {
            if let Some(of_name) = names.get_mut(step.name.canonical()) {
                of_name.steps.push(step);
            }
        }
        for status in &mut self.statuses {
            if let Some(of_name) = names.get_mut(status.name.canonical()) {
                of_name.statuses.push(status);
            }
        }
        names.into_values().for_each(OfName::refuse);
    }
}

/// What was refused of one name, and what was planned and said about it.
#[derive(Default)]
struct OfName<'a> {
    refused: Vec<&'a Refusal>,
    steps: Vec<&'a mut Step>,
    statuses: Vec<&'a mut RecordStatus>,
}

impl OfName<'_> {
    fn refuse(self) {
        let Self { refused, mut steps, mut statuses } = self;
        for refusal in refused {
            let rejection = refusal.code.clone();
            let reason = Reason::ProviderRejected { rejection, message: refusal.message.clone() };
            let is_it = |step: &Step| {
                step.record_type == refusal.record_type
                    && step.set_identifier == refusal.set_identifier
                    && is_in(step.zone.as_ref(), refusal)
                    && step.action != Action::Hold
            };
            for step in steps.iter_mut().filter(|step| is_it(step)) {
                step.reason = Some(reason.clone());
            }
            let is_published = |status: &RecordStatus| {
                is_in(status.zone.as_ref(), refusal) && status.reason.verb_done().is_some()
            };
            let is_of_type = |status: &RecordStatus| {
                status
                    .record_type
                    .as_ref()
                    .is_none_or(|record_type| *record_type == refusal.record_type)
            };
            let has_type = statuses.iter().any(|status| is_published(status) && is_of_type(status));
            for status in statuses.iter_mut().filter(|status| is_published(status)) {
                if !has_type || is_of_type(status) {
                    status.reason = reason.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::Endpoint;

    use super::*;

    #[test]
    fn a_refusal_is_about_one_record_set_in_its_zone_or_in_all() {
        let refusal = |zone: Option<&str>| {
            let mut set = Endpoint::new("WWW.example.com", RecordType::A, ["192.0.2.1"]);
            (set.set_identifier, set.zone) = ("s1".to_owned(), zone.map(ZoneId::from));
            Refusal::of(&set, "Code", "message")
        };
        let is_refused = |refusal: Refusal, record_type, set, zone: &str| {
            let (name, refused) = (DnsName::from("www.example.com."), [refusal]);
            Refused::new(&refused).of((&name, &record_type, set), Some(&zone.into())).is_some()
        };
        assert!(is_refused(refusal(None), RecordType::A, "s1", "Z1"));
        assert!(is_refused(refusal(Some("Z1")), RecordType::A, "s1", "Z1"));
        assert!(!is_refused(refusal(Some("Z2")), RecordType::A, "s1", "Z1"));
        assert!(!is_refused(refusal(None), RecordType::Aaaa, "s1", "Z1"));
        assert!(!is_refused(refusal(None), RecordType::A, "s2", "Z1"));
    }
}
