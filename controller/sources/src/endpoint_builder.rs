//! What one object wants, as a source finds it out.
//!
//! Here names and targets are validated. A name without targets, or with one that is not valid, is not
//! absent but unknown: its record stays as it is. Where a name itself is not valid it is not known
//! which was meant, so all that the object published stays; what else it wants goes on.

mod silence;
mod templates;
mod validation;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use controller_core::desired::{Desired, SourceObject, Unknown};
use controller_core::name_right::NameRight;
use controller_core::status::{Reason, RecordStatus};
use controller_core::value::{Target, validate_record};
use external_dns_webhook::{
    CanonicalName, DnsName, Endpoint, Labels, ObjectRef, Properties, RecordType, Targets, Ttl,
};

use super::annotations::Annotations;
use super::bounds::{Bounds, excess};
use super::context::Context;
use super::remarks;
use crate::objects::{KindState, Meta, ObjectKey, Resource};

/// What one object wants.
#[expect(clippy::struct_excessive_bools, reason = "each is found out by itself")]
pub(super) struct EndpointBuilder<'a> {
    pub(super) meta: &'a Meta,
    pub(super) annotations: Annotations<'a>,
    /// What its own annotations say, whatever others count as well.
    own: Annotations<'a>,
    /// Whether no others count.
    is_alone: bool,
    /// What is known besides the object.
    pub(super) context: Context<'a>,
    key: ObjectKey,
    resource: ObjectRef,
    ttl: Option<Ttl>,
    properties: Properties,
    set_identifier: String,
    keeps_ttl: bool,
    endpoints: Vec<Endpoint>,
    /// Where in `endpoints` each record set is that was added by its parts.
    places: HashMap<RecordSet, usize>,
    /// Targets that come in addition, by place: sorted once, however often a name is added.
    added: BTreeMap<usize, Vec<String>>,
    /// Names that `endpoints` has.
    answered: HashSet<DnsName>,
    statuses: Vec<RecordStatus>,
    gaps: Vec<(Unknown, Reason)>,
    /// What would be desired if there were anything to answer with.
    without_targets: Vec<Endpoint>,
    /// Why the object is not known in full, as it was told.
    told: HashSet<String>,
    bounds: Bounds,
    unknown_names: BTreeSet<CanonicalName>,
    /// Which names the object may have; `None` for any.
    right: Option<Arc<NameRight>>,
    /// Why it is not known in full which those are.
    right_unknown: Option<Reason>,
    /// Names that it may not have.
    barred: BTreeSet<CanonicalName>,
    /// Names of which nothing is published although some of it could be.
    withheld: BTreeSet<CanonicalName>,
    /// Whether a name was found that is not valid.
    has_flawed_name: bool,
    /// Why nothing is known of how the records are to be.
    unclear: Option<Reason>,
    /// What templates made, with the flag of the template.
    made: templates::Made,
    /// What stands where a name could and is none.
    passed_over: BTreeSet<String>,
    /// Whether a flag leaves out the names that the object defines.
    is_left_out: bool,
    /// Where targets would have to be; empty when that is not known.
    looked_at: &'static str,
}

/// What one record set is known by.
type RecordSet = (DnsName, RecordType, String);

impl<'a> EndpointBuilder<'a> {
    pub(super) fn new(
        meta: &'a Meta,
        key: ObjectKey,
        resource: ObjectRef,
        context: Context<'a>,
    ) -> Self {
        let annotations =
            Annotations::read(&meta.annotations, &context.options.annotation_prefixes);
        let (right, right_unknown) = context.right_of(&meta.namespace);
        let mut builder = Self {
            meta,
            annotations: Annotations::default(),
            own: annotations.clone(),
            is_alone: true,
            context,
            key,
            resource,
            ttl: None,
            properties: Properties::default(),
            set_identifier: String::new(),
            keeps_ttl: false,
            endpoints: Vec::new(),
            places: HashMap::new(),
            added: BTreeMap::new(),
            answered: HashSet::new(),
            statuses: Vec::new(),
            gaps: Vec::new(),
            without_targets: Vec::new(),
            told: HashSet::new(),
            bounds: Bounds::new(context.options.max_names_per_object),
            unknown_names: BTreeSet::new(),
            right,
            right_unknown,
            barred: BTreeSet::new(),
            withheld: BTreeSet::new(),
            has_flawed_name: false,
            unclear: None,
            made: templates::Made::new(),
            passed_over: BTreeSet::new(),
            is_left_out: false,
            looked_at: "",
        };
        builder.say(annotations);
        builder.is_alone = true;
        builder
    }

    /// Takes TTL, properties and set identifier from `annotations` from here on.
    pub(super) fn say(&mut self, annotations: Annotations<'a>) {
        self.ttl = annotations.ttl();
        self.properties = annotations.properties();
        annotations.set_identifier().clone_into(&mut self.set_identifier);
        self.unclear = annotations.unclear_setting();
        if let Some(error) = excess(&self.properties, &self.set_identifier) {
            // Every name would bring it along.
            self.without_properties();
            self.unclear = Some(Reason::Unreadable { error });
        }
        self.annotations = annotations;
        self.is_alone = false;
    }

    /// Says where targets would have to be, in words that go on after "in".
    pub(super) fn look_at(&mut self, place: &'static str) {
        self.looked_at = place;
    }

    /// Returns that there is nothing to answer with where targets would have to be.
    pub(super) fn no_targets(&self) -> Reason {
        Reason::no_targets(self.looked_at)
    }

    /// Leaves out properties and set identifier: the source does not carry them.
    pub(super) fn without_properties(&mut self) {
        self.properties = Properties::default();
        self.set_identifier.clear();
        self.unclear = None;
    }

    /// Keeps the TTL for what templates add, too.
    pub(super) fn keep_ttl(&mut self) {
        self.keeps_ttl = true;
    }

    /// Returns what the `target` annotation answers with, or else what `other` does.
    pub(super) fn targets_or(&self, other: impl FnOnce() -> Vec<String>) -> Vec<String> {
        let targets = self.annotations.targets();
        if targets.is_empty() { other() } else { targets }
    }

    /// Adds `name` with `targets`: addresses in A and AAAA, names in CNAME.
    ///
    /// Without targets the name is not known for now, and neither is it when one of them is not
    /// valid: publishing the others would take away what that one stands for.
    pub(super) fn add(&mut self, name: &str, targets: &[String]) {
        if targets.is_empty() {
            return self.mark_unknown(name, self.no_targets());
        }
        let Some(name) = self.validate(name) else { return };
        if !self.bounds.admit(name.as_str(), targets.len()) {
            return;
        }
        if let Some(reason) = self.unclear.clone() {
            return self.withhold(&name, reason);
        }
        let mut validated: Vec<Target> = Vec::with_capacity(targets.len());
        for target in targets {
            match Target::validate(target) {
                Ok(target) => validated.push(target),
                Err(flaw) => return self.withhold(&name, self.invalid_target(target, flaw)),
            }
        }
        for record_type in [RecordType::A, RecordType::Aaaa, RecordType::Cname] {
            let of_type = validated.iter().filter(|target| target.record_type() == record_type);
            let of_type: Vec<_> = of_type.map(|target| target.as_str().to_owned()).collect();
            if !of_type.is_empty() {
                self.push(name.clone(), record_type, of_type);
            }
        }
    }

    /// Adds each of `names`; see [`add`](Self::add).
    pub(super) fn add_all(&mut self, names: &[String], targets: &[String]) {
        for name in names {
            self.add(name, targets);
        }
    }

    /// Adds a record set of a type that addresses do not tell.
    pub(super) fn add_record(&mut self, name: &str, record_type: RecordType, target: &str) {
        let Some(name) = self.validate(name) else { return };
        if let Some(reason) = self.unclear.clone() {
            return self.withhold(&name, reason);
        }
        match validate_record(&record_type, target, false) {
            Ok(target) => self.push(name, record_type, vec![target]),
            Err(flaw) => self.withhold(&name, self.invalid_target(target, flaw)),
        }
    }

    /// Adds a record set of `name` as it is, with its own TTL, properties and labels.
    pub(super) fn add_endpoint(&mut self, name: &str, mut endpoint: Endpoint) {
        let Some(name) = self.validate(name) else { return };
        let values = endpoint.targets.len().max(1);
        if !self.bounds.admit_set(name.as_str(), &endpoint.set_identifier, values) {
            return;
        }
        if let Some(error) = excess(&endpoint.properties, &endpoint.set_identifier) {
            return self.withhold(&name, Reason::Unreadable { error });
        }
        endpoint.dns_name = name.clone();
        endpoint.labels.set_resource(self.resource.clone());
        if self.bounds.weigh(&endpoint) {
            self.answered.insert(name);
            self.endpoints.push(endpoint);
        }
    }

    fn push(&mut self, name: DnsName, record_type: RecordType, targets: Vec<String>) {
        let set = (name.clone(), record_type.clone(), self.set_identifier.clone());
        if let Some(at) = self.places.get(&set) {
            self.bounds.weigh_bytes(targets.iter().map(String::len).sum());
            self.added.entry(*at).or_default().extend(targets);
            return;
        }
        self.places.insert(set, self.endpoints.len());
        self.answered.insert(name.clone());
        let mut endpoint = self.endpoint(name, record_type, targets);
        // A name can be had as an alias of another; where a service is found cannot.
        if endpoint.record_type == RecordType::Srv {
            endpoint.properties.remove(Properties::ALIAS);
        }
        self.bounds.weigh(&endpoint);
        self.endpoints.push(endpoint);
    }

    /// Returns a record set with everything that the object says about all of them.
    fn endpoint(&self, name: DnsName, record_type: RecordType, targets: Vec<String>) -> Endpoint {
        Endpoint {
            dns_name: name,
            targets: Targets::from(targets).sorted(),
            record_type,
            set_identifier: self.set_identifier.clone(),
            ttl: self.ttl,
            labels: Labels::default().of_object(self.resource.clone()),
            properties: self.properties.clone(),
            zone: None,
        }
    }

    /// Says that `name` is desired but not known for now, because of `reason`.
    pub(super) fn mark_unknown(&mut self, name: &str, reason: Reason) {
        let Some(name) = self.validate(name) else { return };
        if self.unknown_names.contains(name.canonical()) {
            return;
        }
        if matches!(reason, Reason::NoTargets { .. }) {
            let untyped = self.endpoint(name.clone(), RecordType::default(), Vec::new());
            self.without_targets.push(untyped);
        }
        self.keep(&name, reason);
    }

    /// Says that the record set of one type is desired but not known for now; see
    /// [`mark_unknown`](Self::mark_unknown).
    pub(super) fn mark_record_unknown(&mut self, name: &str, record_type: &str, reason: Reason) {
        let before = self.statuses.len();
        self.mark_unknown(name, reason);
        for status in self.statuses.iter_mut().skip(before) {
            status.record_type = Some(RecordType::from(record_type));
        }
    }

    /// Leaves `name` as it is because of `reason`, whatever else wants it here.
    fn withhold(&mut self, name: &DnsName, reason: Reason) {
        if self.withheld.insert(name.canonical().clone()) {
            self.keep(name, reason);
        }
    }

    /// Leaves `name` as it is because of `reason`.
    fn keep(&mut self, name: &DnsName, reason: Reason) {
        self.unknown_names.insert(name.canonical().clone());
        self.statuses.push(RecordStatus::on_name(
            name.clone(),
            self.resource.clone(),
            reason.clone(),
        ));
        self.gaps.push((Unknown::Name(name.clone()), reason));
    }

    /// Refuses `name` because of `reason`: what the object refers to said that it is not wanted.
    ///
    /// What the object itself lacks or has wrong is never a refusal, see
    /// [`mark_unknown`](Self::mark_unknown).
    pub(super) fn refuse(&mut self, name: &str, reason: Reason) {
        self.statuses.push(RecordStatus::on_name(name, self.resource.clone(), reason));
    }

    /// Says something about the whole object.
    pub(super) fn tell(&mut self, reason: Reason) {
        self.statuses.push(RecordStatus::on_object(self.resource.clone(), reason));
    }

    /// Says that the annotation `key`, when it is there, has no effect.
    pub(super) fn tell_ignored(&mut self, key: &str, why: &str) {
        let ignored = self.annotations.ignored(key, why);
        let Some(Reason::IgnoredAnnotation { annotation, why }) = ignored else { return };
        if !self.is_read_elsewhere(&annotation) {
            self.tell(Reason::IgnoredAnnotation { annotation, why });
        }
    }

    /// Says that what the object wants is not known in full: its records stay as they are.
    pub(super) fn unknown(&mut self, reason: Reason) {
        if self.told.insert(format!("{} {reason}", reason.code())) {
            self.tell(reason.clone());
            self.gaps.push((Unknown::Resource(self.resource.clone()), reason));
        }
    }

    /// Leaves what the object published under further names as it is because of `reason`, which has
    /// been told with one of its names.
    pub(super) fn keep_all(&mut self, reason: Reason) {
        if self.told.insert(format!("{} {reason}", reason.code())) {
            self.gaps.push((Unknown::Resource(self.resource.clone()), reason));
        }
    }

    /// Tells whether all objects of a kind in the object's namespace are known; when they are not,
    /// neither is what this object wants.
    pub(super) fn needs<T: Resource>(&mut self) -> bool {
        self.needs_in::<T>(&self.meta.namespace)
    }

    /// Tells whether all objects of a kind in `namespace` are known; see [`needs`](Self::needs).
    pub(super) fn needs_in<T: Resource>(&mut self, namespace: &str) -> bool {
        let Some(state) = self.context.objects.gap(&T::ID, namespace) else { return true };
        let reason = source_unavailable(T::ID.as_str(), state);
        self.unknown(reason);
        false
    }

    /// Tells whether `name` is desired, with or without targets.
    pub(super) fn wants(&self, name: &str) -> bool {
        let name = DnsName::from(name);
        self.answered.contains(&name) || self.unknown_names.contains(name.canonical())
    }

    /// Tells whether the object wants more than one may: all else that it wants is in vain.
    pub(super) fn is_too_much(&self) -> bool {
        !self.bounds.are_kept()
    }

    /// Tells whether anything has been said of the object or of one of its names.
    pub(super) fn has_spoken(&self) -> bool {
        !self.statuses.is_empty() || !self.gaps.is_empty()
    }

    /// Tells whether `reason` has been given, for the object or for one of its names.
    pub(super) fn has_told(&self, reason: &Reason) -> bool {
        self.statuses.iter().any(|status| status.reason == *reason)
    }

    /// Tells whether a name is desired, with or without targets, or something that is none.
    pub(super) fn wants_any(&self) -> bool {
        !self.endpoints.is_empty()
            || !self.unknown_names.is_empty()
            || !self.barred.is_empty()
            || self.has_flawed_name
    }

    /// Adds without TTL, properties and set identifier.
    pub(super) fn bare(&mut self, add: impl FnOnce(&mut Self)) {
        let ttl = self.ttl;
        self.ttl = ttl.filter(|_| self.keeps_ttl);
        let properties = std::mem::take(&mut self.properties);
        let set_identifier = std::mem::take(&mut self.set_identifier);
        let unclear = self.unclear.take();
        add(self);
        (self.ttl, self.properties, self.set_identifier) = (ttl, properties, set_identifier);
        self.unclear = unclear;
    }

    /// Leaves everything that the object published as it is, and adds nothing, because of `reason`:
    /// which part of it was meant cannot be told.
    fn leave(&mut self, reason: Reason) {
        self.endpoints.clear();
        self.without_targets.clear();
        self.added.clear();
        // What was said of the object when nothing came of it is not true: it wants much.
        self.statuses.retain(|status| {
            status.name.is_empty() && !matches!(status.reason, Reason::NoNames { .. })
        });
        self.gaps.clear();
        self.tell(reason.clone());
        self.gaps.push((Unknown::Resource(self.resource.clone()), reason));
    }

    /// Adds what was found out to `desired`.
    pub(super) fn finish(mut self, desired: &mut Desired) {
        if let Some(reason) = self.bounds.broken() {
            self.leave(reason);
        }
        let problems = self.problems();
        let Self {
            meta,
            own,
            annotations,
            resource,
            mut endpoints,
            added,
            mut statuses,
            gaps,
            without_targets,
            withheld,
            right,
            ..
        } = self;
        if let Some(right) = right {
            desired.rights.entry(right.namespace.clone()).or_insert(right);
        }
        for (at, more) in added {
            if let Some(endpoint) = endpoints.get_mut(at) {
                let targets = std::mem::take(&mut endpoint.targets).into_iter().chain(more);
                endpoint.targets = targets.collect::<Targets>().sorted();
            }
        }
        if !withheld.is_empty() {
            endpoints.retain(|endpoint| !withheld.contains(endpoint.dns_name.canonical()));
        }
        if endpoints.is_empty() && gaps.is_empty() && statuses.is_empty() && problems.is_empty() {
            return;
        }
        statuses.extend(
            problems.into_iter().map(|problem| RecordStatus::on_object(resource.clone(), problem)),
        );
        if !endpoints.is_empty() || !gaps.is_empty() {
            let source_object = SourceObject {
                created: meta.created,
                priority: own.priority(),
                property_keys: annotations.property_keys(),
            };
            desired.source_objects.insert(resource.clone(), source_object);
        }
        desired.endpoints.extend(endpoints);
        desired.without_targets.extend(without_targets);
        desired.statuses.extend(remarks::few(statuses));
        for (what, reason) in gaps {
            desired.unknown_of(resource.clone(), what, reason);
        }
    }
}

/// Returns the reason that a kind is not known in full.
pub(super) fn source_unavailable(kind: &str, state: &KindState) -> Reason {
    match state {
        KindState::Failed(failure) => Reason::SourceUnavailable {
            what: format!("{} {}", failure.verb, failure.resource),
            error: failure.error.clone(),
        },
        KindState::Pending | KindState::Synced => Reason::SourceUnavailable {
            what: format!("list {kind}"),
            error: "it has not been read yet".to_owned(),
        },
    }
}
