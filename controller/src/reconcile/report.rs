//! What a sync did and why it did not do the rest.

use std::collections::{BTreeSet, HashMap};

use controller_core::desired::{Desired, Gap, Scope};
use controller_core::plan::{Action, Plan, Refused, Step};
use controller_core::status::Reason;
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{CanonicalName, Changes, Endpoint, Labels, ObjectRef, Refusal};

/// What a sync learned, planned and wrote.
#[derive(Debug)]
pub struct Report {
    /// What was planned, with a status for everything that is not done as desired.
    pub plan: Plan,
    /// What was desired after the provider adjusted it.
    pub desired: Desired,
    /// Which names it was about.
    pub scope: Scope,
    /// Objects, by `resource` label, of which all that is told by themselves is among the statuses of
    /// the plan; none for a sync over everything, which tells of all.
    pub objects: BTreeSet<ObjectRef>,
    /// What was written.
    pub written: Written,
    /// Names that the provider dropped from `adjust` without a word.
    pub dropped: usize,
    /// Record sets that it was asked to adjust, each as often as objects want it.
    pub sent: usize,
    /// Whether its names were written before the provider was read, so that nothing follows for others.
    pub is_first: bool,
}

/// What a provider wrote, ownership records left out.
#[derive(Debug, Default)]
pub struct Written {
    /// Record sets created.
    pub create: usize,
    /// Record sets updated or replaced.
    pub update: usize,
    /// Record sets deleted.
    pub delete: usize,
    /// Everything that was written, ownership records included.
    pub changes: Changes,
    /// Changes that the provider did not take.
    pub refused: Vec<Refusal>,
    /// Whether the provider itself makes a dry run, and so wrote nothing.
    pub dry_run: bool,
}

impl Report {
    pub(super) fn new(
        mut plan: Plan,
        (desired, scope, sent): (Desired, Scope, usize),
        mut written: Written,
    ) -> Self {
        for Refusal { message, resource, .. } in &mut written.refused {
            *message = desired.in_annotations(resource.as_ref(), message);
        }
        plan.refuse(&written.refused);
        let silent = |gap: &&Gap| gap.reason == Reason::AdjustDropped;
        let dropped = desired.unknown.iter().filter(silent).count();
        let objects = BTreeSet::new();
        Self { plan, desired, scope, objects, written, dropped, sent, is_first: false }
    }

    /// Tells whether it was about any name; if not, the provider was not asked anything, and nothing
    /// is known of it.
    pub fn is_about_names(&self) -> bool {
        !self.scope.is_empty()
    }

    /// Returns the refusals of what was desired that are about a zone: no object is at fault.
    pub fn zone_refusals(&self) -> impl Iterator<Item = &Gap> {
        self.desired.unknown.iter().filter(|gap| gap.reason.is_about_a_zone())
    }

    /// Tells whether what the provider holds now can be told from the plan.
    pub fn went_as_planned(&self) -> bool {
        self.written.refused.is_empty() && !self.written.dry_run
    }

    /// Tells whether the provider adjusted everything, and neither dropped nor refused any of it.
    pub fn provider_took_all(&self) -> bool {
        let mut reasons = self.desired.unknown.iter().map(|gap| &gap.reason);
        !reasons
            .any(|reason| matches!(reason, Reason::AdjustDropped | Reason::ProviderRejected { .. }))
    }

    /// Tells whether the provider forgot so much of what it was asked that it must be broken.
    pub fn provider_forgets(&self) -> bool {
        self.dropped > 0 && self.dropped >= self.sent.div_ceil(2)
    }
}

impl Written {
    /// Returns what was written of `plan`: `changes` were taken, and `refused` were not.
    pub(super) fn new(plan: &Plan, changes: Changes, refused: Vec<Refusal>) -> Self {
        let no = Refused::new(&refused);
        let refuses = |step: &Step| {
            let zone = step.zone.as_ref().and_then(ZoneInfo::id);
            no.of((&step.name, &step.record_type, &step.set_identifier), zone).is_some()
        };
        let mut written = Self::default();
        for step in plan.steps().iter().filter(|step| !refuses(step)) {
            match step.action {
                Action::Create => written.create += 1,
                Action::Update | Action::Replace => written.update += 1,
                Action::Delete => written.delete += 1,
                Action::Own | Action::Hold => {}
            }
        }
        Self { changes, refused, ..written }
    }
}

/// Returns those of `changes` that were not refused, without the ownership records of which no
/// record set was taken.
pub(crate) fn taken(mut changes: Changes, refused: &[Refusal]) -> Changes {
    if refused.is_empty() {
        return changes;
    }
    let no = Refused::new(refused);
    let is_taken = |endpoint: &Endpoint| {
        let Endpoint { dns_name, record_type, set_identifier, zone, .. } = endpoint;
        no.of((dns_name, record_type, set_identifier), zone.as_ref()).is_none()
    };
    changes.create.retain(is_taken);
    changes.update.retain(|update| is_taken(&update.new));
    changes.delete.retain(is_taken);
    let mut refusals: HashMap<CanonicalName, Vec<&Refusal>> = HashMap::new();
    for refusal in refused {
        refusals.entry(refusal.dns_name.canonical().clone()).or_default().push(refusal);
    }
    let Changes { create, update, delete } = &changes;
    let records = create.iter().chain(update.iter().map(|update| &update.new)).chain(delete);
    let records = records.filter(|record| record.labels.get(Labels::OWNED_RECORD).is_none());
    let mut written: HashMap<CanonicalName, Vec<&Endpoint>> = HashMap::new();
    for record in records {
        written.entry(record.dns_name.canonical().clone()).or_default().push(record);
    }
    let was_left = |endpoint: &Endpoint| {
        endpoint.labels.get(Labels::OWNED_RECORD).is_some_and(|about| {
            let name = CanonicalName::from(about);
            // One that does not say which set identifier it is about goes by the name.
            let own = Some(&*endpoint.set_identifier).filter(|own| !own.is_empty());
            let set = endpoint.labels.get(Labels::OWNED_SET_IDENTIFIER).or(own);
            let is_it = |other: &str| set.is_none_or(|set| set == other);
            let is_refused = refusals.get(&name).into_iter().flatten().any(|refusal| {
                let is_here = refusal.zone.is_none() || refusal.zone == endpoint.zone;
                is_here && is_it(&refusal.set_identifier)
            });
            let is_written = || {
                let mut records = written.get(&name).into_iter().flatten();
                records.any(|record| record.zone == endpoint.zone && is_it(&record.set_identifier))
            };
            is_refused && !is_written()
        })
    };
    let (mut create, mut update, mut delete) = (create.clone(), update.clone(), delete.clone());
    create.retain(|create| !was_left(create));
    update.retain(|update| !was_left(&update.new));
    delete.retain(|delete| !was_left(delete));
    Changes { create, update, delete }
}

#[cfg(test)]
mod tests {
    use controller_core::desired::SourceObject;
    use external_dns_webhook::RecordType;

    use super::*;

    #[test]
    fn what_is_refused_at_the_write_names_the_annotation_that_stands_on_the_object() {
        let mut web = Endpoint::new("web.example.com", RecordType::A, ["192.0.2.1"]);
        web.labels.set("resource", "service/default/web");
        let key = "external-dns.alpha.kubernetes.io/aws-weight";
        let object = SourceObject { property_keys: vec![key.into()], ..SourceObject::default() };
        let source_objects = [("service/default/web".into(), object)].into();
        let desired = Desired { source_objects, ..Desired::default() };
        let told = |resource: Option<&str>| {
            let said = "`aws/weight` of `10.0.0.0/8` is wrong";
            let mut refusal = Refusal::of(&web, "InvalidProperty", said);
            refusal.resource = resource.map(ObjectRef::from);
            let written = Written { refused: vec![refusal], ..Written::default() };
            let report =
                Report::new(Plan::default(), (desired.clone(), Scope::All, 0), written).written;
            report.refused.into_iter().map(|refusal| refusal.message).collect::<String>()
        };
        let known = told(Some("service/default/web"));
        assert_eq!(known, "`external-dns.alpha.kubernetes.io/aws-weight` of `10.0.0.0/8` is wrong");
        assert_eq!(told(None), "`aws/weight` of `10.0.0.0/8` is wrong");
    }
}
