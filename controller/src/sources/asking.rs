//! What one object asks for, as a source finds it out.
//!
//! Here names and targets are judged: what cannot exist in the DNS is refused with a reason and the
//! rest goes on. A name without targets is not absent but unknown: its record stays as it is.

use std::collections::BTreeSet;

use controller_core::desired::{Asker, Desired, Unknown};
use controller_core::verdict::{Reason, Verdict};
use webhook_api::{DnsName, Endpoint, Labels, Properties, RecordType, Targets, Ttl};

use super::annotations::{Annotations, HostnameSource, key};
use super::context::Context;
use super::judge::{judge_name, judge_target, suitable_type};
use super::template::Templates;
use crate::objects::{KindState, Meta, ObjectKey, Resource};

/// What one object asks for.
pub(super) struct Asking<'a> {
    /// What the object says about itself.
    pub(super) meta: &'a Meta,
    /// What its annotations say.
    pub(super) annotations: Annotations<'a>,
    /// What is known besides the object.
    pub(super) context: Context<'a>,
    key: ObjectKey,
    resource: String,
    ttl: Option<Ttl>,
    properties: Properties,
    set_identifier: String,
    keeps_ttl: bool,
    endpoints: Vec<Endpoint>,
    verdicts: Vec<Verdict>,
    gaps: Vec<(Unknown, Reason)>,
    lost: BTreeSet<String>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        meta: &'a Meta,
        key: ObjectKey,
        resource: String,
        context: Context<'a>,
    ) -> Self {
        let annotations =
            Annotations::read(&meta.annotations, &context.options.annotation_prefixes);
        let mut asking = Self {
            meta,
            annotations: Annotations::default(),
            context,
            key,
            resource,
            ttl: None,
            properties: Properties::default(),
            set_identifier: String::new(),
            keeps_ttl: false,
            endpoints: Vec::new(),
            verdicts: Vec::new(),
            gaps: Vec::new(),
            lost: BTreeSet::new(),
        };
        asking.say(annotations);
        asking
    }

    /// Takes TTL, properties and set identifier from `annotations` from here on.
    pub(super) fn say(&mut self, annotations: Annotations<'a>) {
        self.ttl = annotations.ttl();
        self.properties = annotations.properties();
        annotations.set_identifier().clone_into(&mut self.set_identifier);
        self.annotations = annotations;
    }

    /// Leaves out properties and set identifier: the source does not carry them.
    pub(super) fn without_properties(&mut self) {
        for reason in self.annotations.ignored_settings("this source does not carry it") {
            self.tell(reason);
        }
        self.properties = Properties::default();
        self.set_identifier.clear();
    }

    /// Keeps the TTL for what templates ask, too.
    pub(super) fn keep_ttl(&mut self) {
        self.keeps_ttl = true;
    }

    /// Returns what the `target` annotation answers with, or else what `other` does.
    pub(super) fn targets_or(&self, other: impl FnOnce() -> Vec<String>) -> Vec<String> {
        let targets = self.annotations.targets();
        if targets.is_empty() { other() } else { targets }
    }

    /// Returns the names in the hostname annotation; none when it is to be ignored.
    pub(super) fn hostnames(&self) -> Vec<String> {
        if self.context.options.ignore_hostname_annotation {
            return Vec::new();
        }
        self.annotations.names(key::HOSTNAME).unwrap_or_default()
    }

    /// Returns the names that count: `defined` by the object, and those in the annotation.
    ///
    /// `keys` are annotations that choose between the two, besides `hostname-source`.
    pub(super) fn names(&mut self, defined: Vec<String>, keys: &[&str]) -> Vec<String> {
        let keys: Vec<_> = keys.iter().copied().chain([key::HOSTNAME_SOURCE]).collect();
        match self.annotations.hostname_source(&keys) {
            Ok(HostnameSource::Both) => defined.into_iter().chain(self.hostnames()).collect(),
            Ok(HostnameSource::AnnotationOnly) => self.hostnames(),
            Ok(HostnameSource::DefinedHostsOnly) => defined,
            Err(reason) => {
                self.tell(reason);
                Vec::new()
            }
        }
    }

    /// Asks for `name` to answer with `targets`: addresses in A and AAAA, names in CNAME.
    ///
    /// Without targets the name is not known for now.
    pub(super) fn ask(&mut self, name: &str, targets: &[String]) {
        if targets.is_empty() {
            return self.lose(name, Reason::NoTargets);
        }
        let Some(name) = self.judge(name) else { return };
        for record_type in [RecordType::A, RecordType::Aaaa, RecordType::Cname] {
            let of_type = |it: &&String| suitable_type(it) == record_type;
            let of_type: Vec<_> = targets.iter().filter(of_type).collect();
            let mut kept = Vec::new();
            for target in of_type {
                match judge_target(target) {
                    Ok(()) => kept.push(target.clone()),
                    Err(reason) => self.verdicts.push(Verdict::on_name(
                        name.clone(),
                        self.resource.clone(),
                        reason,
                    )),
                }
            }
            if !kept.is_empty() {
                self.push(name.clone(), record_type, kept);
            }
        }
    }

    /// Asks for each of `names`; see [`ask`](Self::ask).
    pub(super) fn ask_all(&mut self, names: &[String], targets: &[String]) {
        for name in names {
            self.ask(name, targets);
        }
    }

    /// Asks for a record set of a type that addresses do not tell.
    pub(super) fn ask_record(&mut self, name: &str, record_type: RecordType, target: String) {
        if let Some(name) = self.judge(name) {
            self.push(name, record_type, vec![target]);
        }
    }

    /// Asks for a record set as it is, with its own TTL, properties and labels.
    pub(super) fn ask_endpoint(&mut self, mut endpoint: Endpoint) {
        endpoint.labels.set(Labels::RESOURCE, self.resource.clone());
        self.endpoints.push(endpoint);
    }

    fn push(&mut self, name: DnsName, record_type: RecordType, mut targets: Vec<String>) {
        let same = |it: &&mut Endpoint| {
            it.dns_name == name
                && it.record_type == record_type
                && it.set_identifier == self.set_identifier
                && it.ttl == self.ttl
        };
        if let Some(before) = self.endpoints.iter_mut().find(same) {
            targets.extend(std::mem::take(&mut before.targets));
            before.targets = Targets::from(targets).sorted();
            return;
        }
        self.endpoints.push(Endpoint {
            dns_name: name,
            targets: Targets::from(targets).sorted(),
            record_type,
            set_identifier: self.set_identifier.clone(),
            ttl: self.ttl,
            labels: Labels::default().with(Labels::RESOURCE, self.resource.clone()),
            properties: self.properties.clone(),
        });
    }

    /// Says that `name` is asked for but not known for now, because of `reason`.
    pub(super) fn lose(&mut self, name: &str, reason: Reason) {
        let Some(name) = self.judge(name) else { return };
        if self.lost.insert(name.normalized().into_owned()) {
            self.verdicts.push(Verdict::on_name(
                name.clone(),
                self.resource.clone(),
                reason.clone(),
            ));
            self.gaps.push((Unknown::Name(name), reason));
        }
    }

    /// Refuses `name` because of `reason`: it is not wanted.
    pub(super) fn refuse(&mut self, name: &str, reason: Reason) {
        self.verdicts.push(Verdict::on_name(name, self.resource.clone(), reason));
    }

    /// Says something about the whole object.
    pub(super) fn tell(&mut self, reason: Reason) {
        self.verdicts.push(Verdict::on_object(self.resource.clone(), reason));
    }

    /// Says that the annotation `key`, when it is there, has no effect.
    pub(super) fn tell_ignored(&mut self, key: &str, why: &str) {
        if let Some(reason) = self.annotations.ignored(key, why) {
            self.tell(reason);
        }
    }

    /// Says that what the object asks for is not known in full: its records stay as they are.
    pub(super) fn unknown(&mut self, reason: Reason) {
        let gap = (Unknown::Resource(self.resource.clone()), reason);
        if !self.gaps.contains(&gap) {
            self.tell(gap.1.clone());
            self.gaps.push(gap);
        }
    }

    /// Tells whether all objects of a kind in the object's namespace are known; when they are not,
    /// neither is what this object asks for.
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

    /// Tells whether `name` has been asked for, with or without targets.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        let name = DnsName::from(name);
        self.endpoints.iter().any(|it| it.dns_name == name)
            || self.lost.contains(name.normalized().as_ref())
    }

    /// Tells whether a name has been asked for, with or without targets.
    pub(super) fn is_asked(&self) -> bool {
        !self.endpoints.is_empty() || !self.lost.is_empty()
    }

    /// Runs one of the templates on the object; an error makes the object unknown.
    pub(super) fn render(
        &mut self,
        render: impl FnOnce(
            &Templates,
            super::view::View<'_>,
            &ObjectKey,
        ) -> Result<Vec<String>, Reason>,
    ) -> Vec<String> {
        match render(self.context.templates, self.context.objects, &self.key) {
            Ok(names) => names,
            Err(reason) => {
                self.unknown(reason);
                Vec::new()
            }
        }
    }

    /// Tells whether a template is to be run now: always when combining, else when nothing is asked.
    pub(super) fn wants_template(&self) -> bool {
        self.context.templates.combine() || !self.is_asked()
    }

    /// Tells whether a template that gives targets as well is to be run now: always when combining,
    /// else when nothing is answered. Whether other names are known for now means nothing to it.
    fn wants_answers(&self) -> bool {
        self.context.templates.combine() || self.endpoints.is_empty()
    }

    /// Runs the template that gives names and asks for them through `ask`.
    pub(super) fn ask_template(&mut self, ask: impl FnOnce(&mut Self, Vec<String>)) {
        if self.wants_template() {
            let names = self.render(Templates::names);
            if !names.is_empty() {
                ask(self, names);
            }
        }
    }

    /// Runs the template that gives pairs of a name and a target, and asks for them as they are.
    pub(super) fn ask_pairs(&mut self) {
        if !self.wants_answers() {
            return;
        }
        let pairs = self.render(Templates::pairs);
        if pairs.is_empty() {
            return;
        }
        self.bare(|it| {
            for pair in pairs {
                // Only the first colon splits, so that an IPv6 address can be a target.
                match pair.split_once(':').map(|(name, target)| (name.trim(), target.trim())) {
                    Some((name, target)) if !name.is_empty() && !target.is_empty() => {
                        it.ask(name, &[target.to_owned()]);
                    }
                    Some(_) | None => it.tell(Reason::InvalidTarget {
                        target: pair,
                        why: "a template of pairs must give `name:target`".to_owned(),
                    }),
                }
            }
        });
    }

    /// Runs the templates that give names and targets apart, and asks for each name with all targets.
    pub(super) fn ask_names_and_targets(&mut self) {
        if !self.wants_answers() {
            return;
        }
        let names = self.render(Templates::names);
        let targets = self.render(Templates::targets);
        if !targets.is_empty() {
            self.bare(|it| it.ask_all(&names, &targets));
        }
    }

    /// Asks without TTL, properties and set identifier.
    pub(super) fn bare(&mut self, ask: impl FnOnce(&mut Self)) {
        let ttl = self.ttl;
        self.ttl = ttl.filter(|_| self.keeps_ttl);
        let properties = std::mem::take(&mut self.properties);
        let set_identifier = std::mem::take(&mut self.set_identifier);
        ask(self);
        (self.ttl, self.properties, self.set_identifier) = (ttl, properties, set_identifier);
    }

    fn judge(&mut self, name: &str) -> Option<DnsName> {
        match judge_name(name) {
            Ok(name) => Some(name),
            Err(reason) => {
                self.refuse(name, reason);
                None
            }
        }
    }

    /// Adds what was found out to `desired`.
    pub(super) fn finish(self, desired: &mut Desired) {
        let Self { meta, annotations, resource, endpoints, mut verdicts, gaps, .. } = self;
        if endpoints.is_empty()
            && gaps.is_empty()
            && verdicts.is_empty()
            && meta.annotations.is_empty()
        {
            return;
        }
        let problems = annotations.problems();
        verdicts.extend(problems.into_iter().map(|it| Verdict::on_object(resource.clone(), it)));
        if !endpoints.is_empty() || !gaps.is_empty() {
            let asker = Asker { created: meta.created, priority: annotations.priority() };
            desired.askers.insert(resource, asker);
        }
        desired.endpoints.extend(endpoints);
        desired.verdicts.extend(verdicts);
        for (what, reason) in gaps {
            desired.unknown(what, reason);
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
