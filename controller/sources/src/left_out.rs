//! Objects that have a name and do not want it: why each does not, for people who look for the name.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, Unknown};
use controller_core::status::{Reason, RecordStatus};
use controller_core::value::items;
use external_dns_webhook::{CanonicalName, DnsName, ObjectRef};

use super::annotations::{self, Annotations, DEFAULT_PREFIXES, HostnameSource, key};
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
    /// Which setting leaves out the whole of it.
    pub(super) left_out_by: Option<String>,
}

/// An annotation that has a name in it.
#[derive(Clone, Copy, Debug)]
struct Holder<'a> {
    /// The annotation with its prefix.
    whole: &'a str,
    /// Whether names are read from it.
    is_read: bool,
    /// What it should be, after its prefix, where only upper case keeps it from being read.
    right: Option<&'static str>,
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
            service_types: BTreeSet::new(),
            ingress_classes: BTreeSet::new(),
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
    /// Returns the names that it would want if no setting left it out.
    pub(super) fn names(&self) -> BTreeSet<CanonicalName> {
        let Desired { endpoints, unknown, .. } = &self.otherwise;
        let unknown = unknown.iter().filter_map(|gap| match &gap.what {
            Unknown::Name(name) | Unknown::RecordSet { name, .. } => Some(name),
            Unknown::Resource(_) | Unknown::Kind(_) | Unknown::All => None,
        });
        let names = endpoints.iter().map(|endpoint| &endpoint.dns_name).chain(unknown);
        names.map(|name| name.canonical().clone()).collect()
    }

    /// Returns why the object does not want `name`, which it has; nothing if it has not, or wants it.
    ///
    /// `both_sources` is what it would want if no annotation chose between the names in annotations and
    /// those that it defines.
    pub(super) fn reasons(
        &self,
        name: &CanonicalName,
        options: &SourceOptions,
        both_sources: impl FnOnce() -> Desired,
    ) -> Vec<RecordStatus> {
        let Self { meta, resource, wanted, otherwise, left_out_by } = self;
        if has(wanted, name) {
            return Vec::new();
        }
        let holder = holder_of(meta, name, options);
        if holder.is_none() && !has(otherwise, name) {
            return Vec::new();
        }
        let left_out = |why| Reason::LeftOut { why };
        let mut reasons = Vec::new();
        if let Some(filtered) = options.filtered(meta) {
            reasons.push(filtered);
        } else {
            let choice = chosen_source(meta, holder.is_some_and(|holder| holder.is_read), options);
            let choice = choice.filter(|_| has(&both_sources(), name));
            reasons.extend(left_out_by.clone().into_iter().chain(choice).map(left_out));
            reasons.extend(wanted.statuses.iter().map(|status| status.reason.clone()));
        }
        let is_told = |whole: &str| reasons.iter().any(|reason| reason.to_string().contains(whole));
        match holder {
            Some(Holder { whole, is_read: false, right })
                if !is_told(whole) && (right.is_some() || reasons.is_empty()) =>
            {
                let write = right.map(|right| format!("; write `{right}`")).unwrap_or_default();
                let why =
                    format!("the name stands in `{whole}`, which is not read for names{write}");
                reasons.push(left_out(why));
            }
            _ if reasons.is_empty() => {
                let why = "a setting of this controller, such as a class or a type that is read, leaves it out";
                reasons.push(left_out(why.to_owned()));
            }
            _ => {}
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

/// Returns which annotation chooses between the names in annotations and those that the object defines,
/// and so leaves out a name that is `annotated` or is not.
fn chosen_source(meta: &Meta, is_annotated: bool, options: &SourceOptions) -> Option<String> {
    let annotations = Annotations::read(&meta.annotations, &options.annotation_prefixes);
    let (leaves_out, counts) = if is_annotated {
        (HostnameSource::DefinedHostsOnly, "hosts that the object defines")
    } else {
        (HostnameSource::AnnotationOnly, "names in its `hostname` annotation")
    };
    let chooses = |key: &&&str| annotations.hostname_source(&[key]) == Ok(leaves_out);
    let key = key::HOSTNAME_SOURCES.iter().find(chooses)?;
    let (whole, value) = (annotations.whole(key), annotations.get(key).unwrap_or_default());
    Some(format!("its annotation `{whole}: {value}` lets only {counts} count"))
}

/// Returns the annotation that has `name` in it, unless it says something else by it, as `target` does; one
/// that is read before others.
fn holder_of<'a>(
    meta: &'a Meta,
    name: &CanonicalName,
    options: &SourceOptions,
) -> Option<Holder<'a>> {
    let names_a_host = |key: &str| matches!(key, key::HOSTNAME | key::INTERNAL_HOSTNAME);
    let ours = || options.annotation_prefixes.iter().map(String::as_str);
    let holder = |(whole, value): (&'a str, &str)| {
        let own = ours().find_map(|prefix| whole.strip_prefix(prefix));
        let key =
            own.or_else(|| DEFAULT_PREFIXES.iter().find_map(|prefix| whole.strip_prefix(prefix)));
        let right = key.and_then(annotations::in_lower_case).filter(|right| names_a_host(right));
        let is_for_names = right.is_some() || key.is_some_and(names_a_host);
        if !is_for_names && key.is_some_and(annotations::is_understood) {
            return None;
        }
        lists(value, name, is_for_names).then(|| Holder {
            whole,
            is_read: own.is_some_and(names_a_host),
            right: right.filter(|_| own.is_some()),
        })
    };
    meta.annotations.iter().filter_map(holder).max_by_key(|holder| holder.is_read)
}

/// Tells whether `list` has `name` in it; where names are meant to stand, also in quotes and after a blank.
fn lists(list: &str, name: &CanonicalName, is_for_names: bool) -> bool {
    let words = items(list).into_iter().flat_map(|item| {
        let words = item.split_whitespace().filter(move |_| is_for_names);
        std::iter::once(item).chain(words.map(|word| word.trim_matches(['"', '\'', '`'])))
    });
    words.map(CanonicalName::from).any(|word| word == *name)
}
