//! The second half of a plan: deletions that go out when what takes their place has been written.
//!
//! A record set that moves to another zone is made there first. Zones are written apart, so one write
//! can be taken while the other is not; a name must be answered somewhere whatever comes of it.

use std::collections::BTreeMap;

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, Labels, RecordKey, Refusal, ZoneId};

use super::{Action, Plan, Step, ZoneWrites};
use crate::status::Reason;
use crate::zone::ZoneInfo;

/// A deletion that waits for writes in other zones.
#[derive(Clone, Debug)]
pub(super) struct Later {
    pub(super) zone: Option<ZoneId>,
    pub(super) name: CanonicalName,
    pub(super) endpoint: Endpoint,
    pub(super) step: Step,
    pub(super) after: Vec<Awaited>,
}

/// A record set that must be there before another one goes.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    pub(super) key: RecordKey,
    /// Its zone, as people read it.
    pub(super) zone: String,
}

/// What was not taken of a write, by the name that it is about.
struct Refusals<'a> {
    by_name: BTreeMap<CanonicalName, Vec<&'a Refusal>>,
    /// The ownership records of the write, by zone and by the name that they are about.
    ownership_records: BTreeMap<(Option<&'a ZoneId>, CanonicalName), Vec<&'a Endpoint>>,
}

impl<'a> Refusals<'a> {
    fn new(refused: &'a [Refusal], made: &'a [Endpoint]) -> Self {
        let mut refusals = Self { by_name: BTreeMap::new(), ownership_records: BTreeMap::new() };
        for refusal in refused {
            let name = refusal.dns_name.canonical().clone();
            refusals.by_name.entry(name).or_default().push(refusal);
        }
        // Where nothing was refused no object wants them.
        for ownership_record in made.iter().filter(|_| !refused.is_empty()) {
            let Some(about) = ownership_record.labels.get(Labels::OWNED_RECORD) else { continue };
            let about = CanonicalName::from(about);
            refusals
                .ownership_records
                .entry((ownership_record.zone.as_ref(), about))
                .or_default()
                .push(ownership_record);
        }
        refusals
    }

    /// Returns the refusal of a record set, or of an ownership record that belongs to it.
    ///
    /// A provider may know the record set under another type, so its name in its zone decides.
    fn of(&self, key: &RecordKey) -> Option<&'a Refusal> {
        let is_here =
            |refusal: &&&Refusal| refusal.zone.is_none() || refusal.zone.as_ref() == key.zone();
        let named = |name: &str| self.by_name.get(name).into_iter().flatten();
        let own = named(key.name()).find(is_here).copied();
        let of_ownership_record = || {
            let ownership_records =
                self.ownership_records.get(&(key.zone(), key.name().clone()))?;
            ownership_records.iter().find_map(|ownership_record| {
                let name = ownership_record.dns_name.canonical();
                named(name).find(|refusal| refusal.is_about(ownership_record)).copied()
            })
        };
        own.or_else(of_ownership_record)
    }
}

impl Plan {
    /// Returns the deletions that had to wait for what has been written now, as a plan of their own.
    ///
    /// `refused` is what the provider did not take of the rest, and `made` what it was asked to make.
    /// A deletion whose counterpart it did not take stays, and is told why.
    #[must_use]
    pub fn then(&mut self, refused: &[Refusal], made: &[Endpoint]) -> Self {
        let mut then = Self {
            managed: self.managed.clone(),
            migrate_from: self.migrate_from.clone(),
            ..Self::default()
        };
        let refusals = Refusals::new(refused, made);
        let mut staying: BTreeMap<DnsName, Vec<(Step, Reason)>> = BTreeMap::new();
        for later in std::mem::take(&mut self.later) {
            if let Some(reason) = later.obstacle(&refusals) {
                staying.entry(later.step.name.clone()).or_default().push((later.step, reason));
                continue;
            }
            let writes = then.zones.entry(later.zone).or_default();
            writes.tidy.insert(later.name);
            writes.changes.delete.push(later.endpoint);
        }
        self.stay(&staying);
        then.zones.values_mut().for_each(ZoneWrites::sort);
        then
    }

    /// Holds deletions of which the counterpart was refused; they are given by name.
    fn stay(&mut self, staying: &BTreeMap<DnsName, Vec<(Step, Reason)>>) {
        if staying.is_empty() {
            return;
        }
        for status in &mut self.statuses {
            let mut deletions = staying.get(&status.name).into_iter().flatten();
            let told =
                |(deletion, _): &&(Step, Reason)| *status == deletion.status(Reason::Deleted);
            if let Some((_, reason)) = deletions.find(told) {
                status.reason = reason.clone();
            }
        }
        for step in &mut self.steps {
            let mut deletions = staying.get(&step.name).into_iter().flatten();
            if let Some((_, reason)) = deletions.find(|(deletion, _)| deletion == step) {
                step.action = Action::Hold;
                step.reason = Some(reason.clone());
            }
        }
    }
}

impl Later {
    /// Returns why the deletion cannot follow.
    fn obstacle(&self, refusals: &Refusals<'_>) -> Option<Reason> {
        let here = || Awaited {
            key: self.endpoint.key(),
            zone: self.step.zone.as_ref().map(ZoneInfo::to_string).unwrap_or_default(),
        };
        let awaited = self.after.iter().cloned().chain([here()]);
        awaited.into_iter().find_map(|awaited| {
            let refusal = refusals.of(&awaited.key)?;
            let (rejection, message) = (refusal.code.clone(), refusal.message.clone());
            let cause = Box::new(Reason::ProviderRejected { rejection, message });
            Some(Reason::WaitsForZone { zone: awaited.zone, cause })
        })
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::RecordType;

    use super::*;

    #[test]
    fn a_refused_ownership_record_is_about_the_record_set_that_it_belongs_to() {
        let mut ownership_record = Endpoint::new("a-www.example.com", RecordType::Txt, ["text"]);
        ownership_record.zone = Some("Z2".into());
        ownership_record.labels.set(Labels::OWNED_RECORD, "WWW.example.com");
        let (refused, made) =
            ([Refusal::of(&ownership_record, "Code", "message")], [ownership_record]);
        let refusals = Refusals::new(&refused, &made);
        let is_refused = |name: &str, zone: &str| {
            let mut record = Endpoint::new(name, RecordType::A, ["192.0.2.1"]);
            record.zone = Some(zone.into());
            refusals.of(&record.key()).is_some()
        };
        assert!(is_refused("www.example.com", "Z2"));
        assert!(!is_refused("www.example.com", "Z1"));
        assert!(!is_refused("other.example.com", "Z2"));
    }
}
