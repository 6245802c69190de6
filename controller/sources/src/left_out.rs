//! Objects that have a name and do not want it: why each does not, for people who look for the name.

use controller_core::desired::{Desired, Unknown};
use controller_core::status::{Reason, RecordStatus};
use controller_core::value::items;
use external_dns_webhook::{CanonicalName, DnsName, ObjectRef};

use super::annotations::{self, DEFAULT_PREFIXES, key};
use super::options::SourceOptions;
use super::selector::Selector;
use crate::objects::Meta;

/// An object, with what it wants and what it would want.
pub(super) struct Candidate<'a> {
    pub(super) meta: &'a Meta,
    pub(super) resource: ObjectRef,
    /// What it wants.
    pub(super) wanted: Desired,
    /// What it would want if no setting left it out.
    pub(super) otherwise: Desired,
}

impl SourceOptions {
    /// Returns them with nothing that leaves out objects or their names.
    pub(super) fn leaving_nothing_out(&self) -> Self {
        Self {
            annotation_filter: Selector::default(),
            label_filter: Selector::default(),
            max_names_per_object: 0,
            ignore_hostname_annotation: false,
            publish_internal_services: true,
            service_types: std::collections::BTreeSet::new(),
            ingress_classes: std::collections::BTreeSet::new(),
            ignore_ingress_rules: false,
            ignore_ingress_tls: false,
            exclude_unschedulable: false,
            ignore_non_host_network_pods: false,
            gateway_namespace: String::new(),
            gateway_name: String::new(),
            gateway_label_filter: Selector::default(),
            ..self.clone()
        }
    }

    /// Returns which filter keeps an object with this metadata from being looked at.
    pub(super) fn filtered(&self, meta: &Meta) -> Option<Reason> {
        let why = if !self.label_filter.covers(&meta.labels) {
            format!("--label-filter={} does not match its labels", self.label_filter)
        } else if !self.annotation_filter.covers(&meta.annotations) {
            format!("--annotation-filter={} does not match its annotations", self.annotation_filter)
        } else {
            return None;
        };
        Some(Reason::LeftOut { why })
    }
}

impl Candidate<'_> {
    /// Returns why the object does not want `name`, which it has; nothing if it has not, or wants it.
    pub(super) fn reasons(
        self,
        name: &CanonicalName,
        options: &SourceOptions,
    ) -> Vec<RecordStatus> {
        let Self { meta, resource, wanted, otherwise } = self;
        if has(&wanted, name) {
            return Vec::new();
        }
        let annotation = annotation_with(meta, name, options);
        if annotation.is_none() && !has(&otherwise, name) {
            return Vec::new();
        }
        let mut reasons: Vec<_> = match options.filtered(meta) {
            Some(reason) => vec![reason],
            None => wanted.statuses.into_iter().map(|status| status.reason).collect(),
        };
        if reasons.is_empty() {
            let why = match annotation {
                Some(annotation) => format!("the name stands in `{annotation}`, which is not read for names"),
                None => "a setting of this controller, such as a class or a type that is read, leaves it out"
                    .to_owned(),
            };
            reasons.push(Reason::LeftOut { why });
        }
        let status = |reason| RecordStatus::on_name(name.as_str(), resource.clone(), reason);
        reasons.into_iter().map(status).collect()
    }
}

/// Tells whether `name` is in `desired`, or is told there.
fn has(desired: &Desired, name: &CanonicalName) -> bool {
    let is_it = |other: &DnsName| other.canonical() == name;
    let is_unknown = |what: &Unknown| match what {
        Unknown::Name(name) | Unknown::RecordSet { name, .. } => is_it(name),
        Unknown::Resource(_) | Unknown::Kind(_) | Unknown::All => false,
    };
    desired.endpoints.iter().any(|endpoint| is_it(&endpoint.dns_name))
        || desired.unknown.iter().any(|gap| is_unknown(&gap.what))
        || desired.statuses.iter().any(|status| is_it(&status.name))
}

/// Returns the annotation that has `name` in it, unless it says something else by it, as `target` does.
fn annotation_with<'a>(
    meta: &'a Meta,
    name: &CanonicalName,
    options: &SourceOptions,
) -> Option<&'a str> {
    let prefixes =
        || options.annotation_prefixes.iter().map(String::as_str).chain(DEFAULT_PREFIXES);
    let says_another_thing = |whole: &str| {
        let key = prefixes().find_map(|prefix| whole.strip_prefix(prefix));
        key.is_some_and(|key| {
            annotations::is_understood(key)
                && !matches!(key, key::HOSTNAME | key::INTERNAL_HOSTNAME)
        })
    };
    let has_it =
        |value: &str| items(value).into_iter().map(CanonicalName::from).any(|item| item == *name);
    let mut found = meta.annotations.iter().filter(|(_, value)| has_it(value));
    found.find(|(key, _)| !says_another_thing(key)).map(|(key, _)| key)
}
