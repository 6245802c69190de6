//! Which permissions the flags in use need.

use std::collections::BTreeSet;

use crate::args::EventArgs;
use crate::events::EventFilter;
use crate::state::Place;
use controller_sources::SOURCES;
use controller_sources::objects::Watch;

/// A permission, as a role grants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permission {
    /// Namespace in which it is needed; empty for everywhere.
    pub(super) namespace: String,
    /// API group; empty for the core group.
    pub(super) group: String,
    /// Plural name of the kind.
    pub(super) resource: String,
    /// Name of the only object that it is about; empty for all.
    pub(super) name: String,
    /// Part of the object, such as `status`; empty for the whole.
    pub(super) part: &'static str,
    /// What is done.
    pub(super) verb: &'static str,
    /// Versions of the kind that can be read; empty when any will do.
    pub(super) versions: Vec<String>,
    /// Whether most works without it.
    pub(super) is_optional: bool,
}

impl Permission {
    /// Returns the kind as `kubectl` writes it, such as `dnsendpoints.externaldns.k8s.io/status`.
    pub(super) fn kind(&self) -> String {
        let Self { group, resource, part, .. } = self;
        let group = if group.is_empty() { String::new() } else { format!(".{group}") };
        let part = if part.is_empty() { String::new() } else { format!("/{part}") };
        format!("{resource}{group}{part}")
    }

    /// Returns where it is needed, for people.
    pub(super) fn place(&self) -> String {
        if self.namespace.is_empty() { "everywhere".to_owned() } else { self.namespace.clone() }
    }
}

/// Returns what reading objects needs.
pub(super) fn of_watches(watches: &[Watch]) -> Vec<Permission> {
    let mut permissions: Vec<_> = watches
        .iter()
        .flat_map(|watch| ["list", "watch"].map(|verb| (watch, verb)))
        .flat_map(|(watch, verb)| in_each_namespace(watch, "", verb))
        .collect();
    // The one object more that is read: it tells this cluster from others.
    permissions.push(Permission {
        namespace: "kube-system".to_owned(),
        group: String::new(),
        resource: "namespaces".to_owned(),
        name: "kube-system".to_owned(),
        part: "",
        verb: "get",
        versions: Vec::new(),
        is_optional: true,
    });
    permissions
}

/// Returns what writing the status of objects needs.
pub(super) fn of_status(sources: &[String], watches: &[Watch]) -> Vec<Permission> {
    let rows = SOURCES
        .iter()
        .filter(|row| row.writes_status && sources.iter().any(|source| source == row.name));
    let kinds: BTreeSet<_> = rows
        .flat_map(|row| row.reads.iter().filter(|watched_kind| watched_kind.label.is_some()))
        .map(|read| &read.kind)
        .collect();
    let written = watches.iter().filter(|watch| kinds.contains(&watch.kind.id()));
    written.flat_map(|watch| in_each_namespace(watch, "status", "patch")).collect()
}

/// Returns what Events need: they are made where the objects are, and in the namespace `own` of what stands
/// for the controller, for what a person did beside it.
///
/// Those that nobody asked for are made where they may be.
pub(super) fn of_events(
    args: &EventArgs,
    watches: &[Watch],
    own: Option<String>,
) -> Vec<Permission> {
    let filter = EventFilter::parse(&args.events_emit);
    if filter.is_empty() {
        return Vec::new();
    }
    let mut namespaces: BTreeSet<String> = own.into_iter().collect();
    for watch in watches {
        if watch.kind.namespaced {
            namespaces.extend(places(watch).into_iter().filter(|_| !watch.is_optional));
        } else if watch.sources.contains("node") {
            // Events about objects of the cluster are kept there.
            namespaces.insert("default".to_owned());
        }
    }
    // What is granted everywhere need not be granted anywhere else.
    if namespaces.contains("") {
        namespaces = [String::new()].into();
    }
    let permission = |namespace| Permission {
        namespace,
        group: "events.k8s.io".to_owned(),
        resource: "events".to_owned(),
        name: String::new(),
        part: "",
        verb: "create",
        versions: Vec::new(),
        is_optional: filter.is_default(),
    };
    namespaces.into_iter().map(permission).collect()
}

/// Returns what holding the Lease `name` needs.
pub(super) fn of_lease(namespace: &str, name: &str) -> Vec<Permission> {
    // A role cannot limit creating to a name: it is asked before there is one.
    let permission = |(verb, name): (&'static str, &str)| Permission {
        namespace: namespace.to_owned(),
        group: "coordination.k8s.io".to_owned(),
        resource: "leases".to_owned(),
        name: name.to_owned(),
        part: "",
        verb,
        versions: Vec::new(),
        is_optional: false,
    };
    [("get", name), ("create", ""), ("update", name)].map(permission).into()
}

/// Returns what keeping state in a ConfigMap needs.
pub(super) fn of_state(place: &Place) -> Vec<Permission> {
    // As for a Lease, creating cannot be limited to the name.
    let name = place.name.as_str();
    let permission = |(verb, name): (&'static str, &str)| Permission {
        namespace: place.namespace.clone(),
        group: String::new(),
        resource: "configmaps".to_owned(),
        name: name.to_owned(),
        part: "",
        verb,
        versions: Vec::new(),
        is_optional: false,
    };
    // It is watched for the annotation that approves deletions.
    let verbs = [("get", name), ("create", ""), ("patch", name), ("list", name), ("watch", name)];
    verbs.map(permission).into()
}

fn in_each_namespace(watch: &Watch, part: &'static str, verb: &'static str) -> Vec<Permission> {
    let kind = &watch.kind;
    let permission = |namespace| Permission {
        namespace,
        group: kind.group.to_string(),
        resource: kind.plural.to_string(),
        name: String::new(),
        part,
        verb,
        versions: kind.versions.iter().map(ToString::to_string).collect(),
        is_optional: watch.is_optional,
    };
    places(watch).into_iter().map(permission).collect()
}

fn places(watch: &Watch) -> Vec<String> {
    if watch.namespaces.is_empty() || !watch.kind.namespaced {
        return vec![String::new()];
    }
    watch.namespaces.iter().cloned().collect()
}
