//! Adds to a plan for one zone the claims it needs, and takes away those it leaves without a record
//! set.
//!
//! First every record set that is made or changes hands gets its claim; only then is it decided
//! which claims nobody relies on any more, because names can share them.

use std::collections::{BTreeMap, BTreeSet};

use webhook_api::{Changes, Endpoint, EndpointKey, Labels};

use super::edits::Edits;
use super::holding::{Claim, Fit, is_current};
use super::place::{Place, Planned, place};
use super::txt::Scheme;
use super::zone_inventory::ZoneInventory;
use crate::plan::{Plan, ZoneWrites};

/// Adds the ownership records to what a plan writes in one zone.
pub(super) struct Writer<'a> {
    scheme: &'a Scheme,
    current: &'a ZoneInventory,
    plan: &'a Plan,
    writes: &'a ZoneWrites,
    search: Search<'a>,
    changes: Changes,
    /// Claims that stay, because a record set relies on them, by the record sets that hold them.
    kept: BTreeMap<EndpointKey, Vec<&'a Claim>>,
    /// Claims that change or go.
    edits: Edits<'a>,
    /// Claims that a record set relied on, with its name.
    superseded: Vec<(String, &'a Claim)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        scheme: &'a Scheme,
        current: &'a ZoneInventory,
        plan: &'a Plan,
        writes: &'a ZoneWrites,
    ) -> Self {
        let changes = writes.changes.clone();
        let search = Search::new(scheme, current, writes, plan.migrate_from.as_deref());
        let (kept, edits, superseded) = (BTreeMap::new(), Edits::default(), Vec::new());
        Self { scheme, current, plan, writes, search, changes, kept, edits, superseded }
    }

    pub(super) fn write(mut self) -> Changes {
        let ZoneWrites { changes, reclaim, tidy: _, left_over } = self.writes;
        for record in changes.create.iter().chain(reclaim) {
            self.ensure_ownership(record);
        }
        let mut names = BTreeSet::new();
        for record in changes.create.iter().chain(reclaim).chain(&changes.delete) {
            names.insert(record.key().name().to_owned());
        }
        let deleted: BTreeSet<_> = changes.delete.iter().map(Endpoint::key).collect();
        let rewritten: BTreeSet<_> = reclaim.iter().map(Endpoint::key).collect();
        for name in names {
            self.collect_needed(&name, &deleted, &rewritten);
        }
        self.superseded.extend(left_over.iter().map(|(about, claim)| (about.clone(), claim)));
        self.delete_superseded();
        self.edits.write(&mut self.changes);
        self.changes
    }

    /// Gives a record set that is made or changes hands its claim.
    fn ensure_ownership(&mut self, record: &Endpoint) {
        let key = record.key();
        let claims = self.current.claims_on(key.name(), record);
        let labels = self.scheme.labels(record);
        if let Some((fit, best)) = claims.first()
            && self.search.can_stay(*fit, best, record)
        {
            self.keep(best);
            // An old claim under the record set's own name cannot stay beside it.
            let in_the_way = claims.iter().filter(|(_, it)| it.endpoint.key().name() == key.name());
            self.superseded.extend(in_the_way.map(|(_, it)| (key.name().to_owned(), *it)));
            if best.labels.owner() != labels.owner() {
                let explained = self.current.explained_by(key.name(), best);
                self.superseded.extend(explained.into_iter().map(|it| (key.name().to_owned(), it)));
            }
            if says(best, &labels) && best.sealed == self.scheme.seals() {
                return;
            }
            let name = best.endpoint.dns_name.as_str().to_owned();
            let here = Place { name, explicit: best.explicit };
            if let Some(mut new) = self.scheme.claim(record, &here, labels) {
                new.ttl = best.endpoint.ttl.or(new.ttl);
                self.edits.change(best, record.dns_name.as_str(), new);
            }
            return;
        }
        if let Some(claim) = self.search.fresh(record, labels) {
            let name = || key.name().to_owned();
            self.superseded.extend(claims.iter().map(|(_, it)| (name(), *it)));
            self.changes.create.push(claim);
        } else {
            // The planner asks for none of these; both or neither, whoever made the plan.
            self.changes.create.retain(|it| it.key() != key);
            for (_, claim) in claims {
                self.keep(claim);
            }
        }
    }

    fn keep(&mut self, claim: &'a Claim) {
        self.kept.entry(claim.endpoint.key()).or_default().push(claim);
    }

    /// Tells whether a claim stays: it or, from a provider that lists copies, a copy is relied on.
    fn is_kept(&self, claim: &Claim) -> bool {
        let kept = self.kept.get(&claim.endpoint.key()).map_or(&[][..], Vec::as_slice);
        kept.iter().any(|it| it.endpoint != claim.endpoint || it.value == claim.value)
    }

    /// Finds the claims that the record sets of one name still need, and those they needed.
    fn collect_needed(
        &mut self,
        name: &str,
        deleted: &BTreeSet<EndpointKey>,
        rewritten: &BTreeSet<EndpointKey>,
    ) {
        let affixes = &self.scheme.affixes;
        let counterpart = affixes.wildcard_counterpart(name).or_else(|| affixes.lookup_name(name));
        for name in [Some(name), counterpart.as_deref()].into_iter().flatten() {
            for set in self.current.sets(name) {
                let key = set.key();
                let claims = self.current.claims_on(name, set);
                if deleted.contains(&key) {
                    let gone = claims.iter().map(|(_, it)| (name.to_owned(), *it));
                    self.superseded.extend(gone);
                } else if !rewritten.contains(&key) {
                    // What another claim explains is about nothing else.
                    let best = claims.first().map(|(_, it)| *it);
                    if let Some(best) = best.filter(|it| !self.current.is_explained(name, it)) {
                        self.keep(best);
                    }
                }
            }
        }
        if self.writes.tidy.contains(name) {
            // One without a type would speak for the next address that anyone makes there.
            let left_over = self.current.claims_about(name).iter().filter(|claim| {
                claim.record_type.as_ref().is_none_or(|it| self.plan.managed.contains(it))
                    && self.scheme.is_mine(claim)
            });
            self.superseded.extend(left_over.map(|it| (name.to_owned(), it)));
        }
    }

    /// Deletes the claims that nobody relies on any more, each once and exactly as it was read.
    fn delete_superseded(&mut self) {
        // With a claim go those that it explains; they explain none themselves.
        let going: Vec<_> = self.superseded.iter().filter(|(_, it)| !self.is_kept(it)).collect();
        let explained = going.into_iter().flat_map(|(name, claim)| {
            let explained = self.current.explained_by(name, claim);
            explained.into_iter().map(|it| (name.clone(), it))
        });
        let explained: Vec<_> = explained.collect();
        self.superseded.extend(explained);
        // Of two record sets under one key, as from a provider that lists copies, the first.
        let mut gone: BTreeMap<EndpointKey, &Endpoint> = BTreeMap::new();
        for (name, claim) in std::mem::take(&mut self.superseded) {
            if self.search.is_ours(claim)
                && !self.is_kept(claim)
                && *gone.entry(claim.endpoint.key()).or_insert(&claim.endpoint) == &claim.endpoint
            {
                self.edits.remove(claim, &name);
            }
        }
    }
}

/// Looks for claims for the record sets that a plan makes or changes in one zone.
struct Search<'a> {
    scheme: &'a Scheme,
    current: &'a ZoneInventory,
    planned: Planned,
    migrate_from: Option<&'a str>,
}

impl<'a> Search<'a> {
    fn new(
        scheme: &'a Scheme,
        current: &'a ZoneInventory,
        writes: &'a ZoneWrites,
        migrate_from: Option<&'a str>,
    ) -> Self {
        let planned = Planned::new(&writes.changes, migrate_from);
        Self { scheme, current, planned, migrate_from }
    }

    /// Tells whether a claim that is there can be the claim on `record` from now on.
    fn can_stay(&self, fit: Fit, claim: &Claim, record: &Endpoint) -> bool {
        let key = record.key();
        let dependents = self.current.dependents(key.name(), claim);
        is_current(fit, claim)
            && self.is_ours(claim)
            && !self.current.is_ambiguous(key.name(), claim)
            && dependents.iter().all(|it| *it == key)
            // A name that a wildcard shares with a plain one is the plain one's.
            && (fit != Fit::Wildcard
                || place(self.scheme, self.current, &self.planned, record)
                    .is_some_and(|it| claim.endpoint.dns_name == it.name.as_str().into()))
    }

    /// Returns a new claim that says `labels`; `None` when there is no name for it.
    fn fresh(&self, record: &Endpoint, labels: Labels) -> Option<Endpoint> {
        let place = place(self.scheme, self.current, &self.planned, record)?;
        self.scheme.claim(record, &place, labels)
    }

    /// Tells whether there is a claim for `record`, or room for one.
    fn has_claim(&self, record: &Endpoint) -> bool {
        let claims = self.current.claims_on(record.key().name(), record);
        let stays = claims.first().is_some_and(|(fit, best)| self.can_stay(*fit, best, record));
        stays || self.fresh(record, self.scheme.labels(record)).is_some()
    }

    /// Tells whether a claim is ours, or the owner's whose record sets we take over.
    fn is_ours(&self, claim: &Claim) -> bool {
        let owner = claim.labels.owner();
        self.scheme.is_mine(claim) || owner.is_some() && owner == self.migrate_from
    }
}

/// Returns the record sets of `writes` that would be made or change hands without a claim, because
/// there is no name to keep one under.
pub(crate) fn unclaimable(
    current: &ZoneInventory,
    writes: &ZoneWrites,
    migrate_from: Option<&str>,
) -> BTreeSet<EndpointKey> {
    let Some(scheme) = current.scheme() else { return BTreeSet::new() };
    let search = Search::new(scheme, current, writes, migrate_from);
    let claimed = writes.changes.create.iter().chain(&writes.reclaim);
    claimed.filter(|it| !search.has_claim(it)).map(Endpoint::key).collect()
}

/// Tells whether a claim already says who owns the record set and who asks for it.
fn says(claim: &Claim, labels: &Labels) -> bool {
    let same_object = match (claim.labels.resource(), labels.resource()) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    };
    claim.labels.owner() == labels.owner() && same_object
}
