//! What the server serves: every kind with its names, scope and habits.
//!
//! Built-in kinds are a table ([`builtin`]); a `CustomResourceDefinition` adds and removes more
//! while the server runs ([`crd`]). Nothing else in the crate knows a kind by name, except where
//! the real server has rules for that one kind (`defaults`, `validate`, `table`).

pub(crate) mod builtin;
pub(crate) mod convert;
pub(crate) mod crd;
pub(crate) mod typed;
pub(crate) mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::kinds::typed::Decode;
use crate::kinds::version::priority;

/// A kind in one served version.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the API itself calls it the kind of a kind")]
pub(crate) struct Kind {
    /// The API group; empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) list_kind: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) scope: Scope,
    /// Whether `status` is written through its own subresource only.
    pub(crate) status: bool,
    /// Whether `metadata.generation` counts changes of what is desired.
    pub(crate) generation: bool,
    /// Whether an update may leave out `metadata.resourceVersion`.
    pub(crate) unconditional_update: bool,
    /// What an update of an object that is not there does.
    pub(crate) missing: Missing,
    /// Paths, next to the name and the namespace, that a field selector may name.
    pub(crate) selectable: Vec<String>,
    pub(crate) name_rule: NameRule,
    pub(crate) shape: Shape,
    /// The plural and group under which objects are kept; versions of a kind share it.
    pub(crate) table: TableKey,
    /// Extra columns for `kubectl get`, from a definition.
    pub(crate) columns: Vec<Column>,
}

/// Where objects of a kind are kept: group and plural.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableKey {
    pub(crate) group: String,
    pub(crate) plural: String,
}

/// Whether objects live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
}

/// What an update of an object that is not there does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It answers 404.
    Refuse,
    /// It creates the object.
    Create,
}

/// The form that the name of an object must have ([names]).
///
/// [names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// RFC 1123 subdomain: lower case, digits, `-` and `.`, at most 253 octets.
    Subdomain,
    /// RFC 1123 label: lower case, digits and `-`, at most 63 octets.
    Label,
    /// RFC 1035 label: as above, and starting with a letter.
    ServiceLabel,
    /// Anything that can be one segment of a path, as RBAC allows.
    PathSegment,
}

/// What is known of the fields of a kind.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A built-in kind: its Go type decides.
    Typed(Decode),
    /// A custom kind: its structural schema decides.
    Schema(Arc<Value>),
}

/// A column of `kubectl get` that a definition asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub(crate) form: String,
    pub(crate) path: String,
    /// 0 is shown always, more only with `-o wide`.
    pub(crate) priority: u64,
}

impl Kind {
    /// Returns the `apiVersion` of its objects.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Returns its resource as error texts name it: `services`, `ingresses.networking.k8s.io`.
    pub(crate) fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    pub(crate) fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// Tells whether this is the built-in or custom kind `plural.group`, in any version.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    /// Tells whether a definition made it.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.shape, Shape::Schema(_))
    }
}

/// Joins a group and a version as `apiVersion` does.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }
}

/// Every kind served now.
#[derive(Debug, Clone)]
pub(crate) struct Kinds {
    /// By group, plural and version.
    served: BTreeMap<(String, String, String), Arc<Kind>>,
}

impl Kinds {
    /// Returns the built-in kinds.
    pub(crate) fn builtin() -> Self {
        let mut kinds = Self { served: BTreeMap::new() };
        for kind in builtin::all() {
            kinds.insert(kind);
        }
        kinds
    }

    fn insert(&mut self, kind: Kind) {
        let key = (kind.group.clone(), kind.plural.clone(), kind.version.clone());
        self.served.insert(key, Arc::new(kind));
    }

    /// Serves exactly `versions` for the custom kind `plural.group`; none removes it.
    pub(crate) fn replace(&mut self, group: &str, plural: &str, versions: Vec<Kind>) {
        self.served.retain(|(held, name, _), _| !(held == group && name == plural));
        for kind in versions {
            self.insert(kind);
        }
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.served.get(&(group.to_owned(), plural.to_owned(), version.to_owned()))
    }

    /// Returns the kind that a manifest's `apiVersion` and `kind` name.
    pub(crate) fn of_manifest(&self, api_version: &str, kind: &str) -> Option<&Arc<Kind>> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        self.served
            .values()
            .find(|held| held.kind == kind && held.group == group && held.version == version)
    }

    /// Returns the preferred version of `plural.group`.
    pub(crate) fn preferred(&self, group: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.served
            .values()
            .filter(|kind| kind.is(group, plural))
            .min_by_key(|kind| priority(&kind.version))
    }

    /// Returns the kinds of one group and version, by plural.
    pub(crate) fn in_version(&self, group: &str, version: &str) -> Vec<&Arc<Kind>> {
        self.served.values().filter(|kind| kind.group == group && kind.version == version).collect()
    }

    /// Returns every group but the core one with its versions, best first.
    pub(crate) fn groups(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for kind in self.served.values().filter(|kind| !kind.group.is_empty()) {
            let versions = groups.entry(&kind.group).or_default();
            if !versions.contains(&kind.version.as_str()) {
                versions.push(&kind.version);
            }
        }
        for versions in groups.values_mut() {
            versions.sort_by_key(|version| priority(version));
        }
        groups
    }

    /// Tells whether anything is served under `group` and `version`.
    pub(crate) fn serves(&self, group: &str, version: &str) -> bool {
        self.served.values().any(|kind| kind.group == group && kind.version == version)
    }
}
