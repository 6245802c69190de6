//! The second half of a plan: deletions that go out when what takes their place has been written.
//!
//! A record set that moves to another zone is made there first. Zones are written apart, so one write
//! can be taken while the other is not; a name must be answered somewhere whatever comes of it.

use webhook_api::{Endpoint, EndpointKey, Refusal, ZoneId};

use super::{Action, Plan, Step, ZoneWrites};
use crate::verdict::{Reason, Verb, Verdict};
use crate::zone::ZoneInfo;

/// A deletion that waits for writes in other zones.
#[derive(Clone, Debug)]
pub(super) struct Later {
    pub(super) zone: Option<ZoneId>,
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
    pub(super) step: Step,
    pub(super) after: Vec<Awaited>,
}

/// A record set that must be there before another one goes.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    pub(super) key: EndpointKey,
    /// Its zone, as people read it.
    pub(super) zone: String,
}

impl Awaited {
    /// Returns the refusal of what is awaited.
    ///
    /// A provider may know it under another type, and the ownership record that belongs to it under
    /// its own name: `claims` are those, by what they are about.
    fn refusal<'a>(&self, refused: &'a [Refusal], claims: &[Endpoint]) -> Option<&'a Refusal> {
        refused.iter().find(|refusal| {
            let is_here = refusal.zone.is_none() || refusal.zone.as_ref() == self.key.zone();
            let name = refusal.dns_name.normalized();
            is_here && (name == self.key.name() || claims.iter().any(|it| refusal.is_about(it)))
        })
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
        for later in std::mem::take(&mut self.later) {
            if let Some(reason) = later.obstacle(refused, made) {
                self.stays(&later.step, &reason);
                continue;
            }
            let writes = then.zones.entry(later.zone).or_default();
            writes.tidy.insert(later.name);
            writes.changes.delete.push(later.endpoint);
        }
        then.zones.values_mut().for_each(ZoneWrites::sort);
        then
    }

    fn stays(&mut self, deletion: &Step, reason: &Reason) {
        for step in self.steps.iter_mut().filter(|it| *it == deletion) {
            step.action = Action::Hold;
            step.reason = Some(reason.clone());
        }
        let told = deletion.verdict(Reason::Published { verb: Verb::Delete });
        for verdict in self.verdicts.iter_mut().filter(|it| **it == told) {
            *verdict = Verdict { reason: reason.clone(), ..told.clone() };
        }
    }
}

impl Later {
    /// Returns why the deletion cannot follow.
    fn obstacle(&self, refused: &[Refusal], made: &[Endpoint]) -> Option<Reason> {
        let here = || Awaited {
            key: self.endpoint.key(),
            zone: self.step.zone.as_ref().map(ZoneInfo::to_string).unwrap_or_default(),
        };
        let awaited = self.after.iter().cloned().chain([here()]);
        awaited.into_iter().find_map(|awaited| {
            let is_claim = |it: &&Endpoint| {
                it.zone.as_ref() == awaited.key.zone()
                    && it.labels.get(webhook_api::Labels::OWNED_RECORD).is_some_and(|about| {
                        webhook_api::DnsName::from(about).normalized() == awaited.key.name()
                    })
            };
            let claims: Vec<_> = made.iter().filter(is_claim).cloned().collect();
            let refusal = awaited.refusal(refused, &claims)?;
            let (rejection, message) = (refusal.code.clone(), refusal.message.clone());
            let cause = Box::new(Reason::ProviderRejected { rejection, message });
            Some(Reason::WaitsForZone { zone: awaited.zone, cause })
        })
    }
}
