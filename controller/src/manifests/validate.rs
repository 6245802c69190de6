//! What a document of a manifest is: an object, one that cannot be read, or nothing of ours.
//!
//! A file that has no Kubernetes object hides none. A document that is an object, or may be one,
//! hides what it wants: where records could be deleted, that is unknown and not gone.

mod broken;
mod list;
mod stranger;
mod template;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(super) use self::broken::validate as validate_broken;
pub(super) use self::list::LIST;
use controller_sources::objects::{Kind, KindId, Misread, ObjectKey, Raw};

/// Stands for a namespace that is not known.
const ANYWHERE: &str = controller_sources::objects::ANYWHERE;

/// Namespace of an object that names none, as for `kubectl`.
const DEFAULT_NAMESPACE: &str = "default";

/// What a document is.
pub(super) enum Validated {
    /// An object of a kind that a source in use reads.
    Object(ObjectKey, Raw),
    /// An object of a kind that no source in use reads.
    Unread(Unread),
    /// Something that cannot be read as an object.
    Not(Finding),
}

/// An object of a kind that no source in use reads.
pub(super) struct Unread {
    /// Its kind, as `Kind.group/version`.
    pub(super) kind: String,
    /// Namespace and name, where it has annotations with names; `None` where it has none.
    pub(super) wants_names: Option<String>,
}

/// Why a document gives no object, and what it hides.
pub(super) struct Finding {
    /// What it is.
    pub(super) why: Why,
    /// What it may want.
    pub(super) hides: Hides,
    /// What is wrong, and with which key.
    pub(super) misread: Misread,
}

/// What something is that gives no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// An object of a kind that is read, which cannot be: the user has to correct it.
    Unreadable,
    /// No Kubernetes object, such as a `kustomization.yaml` or the values of a chart.
    NoObject,
    /// A template, such as one of a Helm chart: rendered first, it may give objects.
    Template,
    /// It lacks what would say which object it is, such as a patch without a name.
    Nameless,
    /// It is neither YAML nor JSON.
    Broken,
    /// It is no text.
    NotText,
    /// It is larger than what is read.
    TooLarge,
    /// It cannot be opened.
    Closed,
}

/// What is not known because something cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hides {
    /// Nothing is hidden.
    Nothing,
    /// This object.
    Object(ObjectKey),
    /// Objects of these kinds, none of them by name.
    Kinds(BTreeSet<KindId>),
    /// Objects of any kind.
    Everything,
}

impl Hides {
    /// Tells whether objects of `kind` may be hidden.
    pub fn covers(&self, kind: &KindId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Object(key) => key.kind == *kind,
            Self::Kinds(kinds) => kinds.contains(kind),
            Self::Everything => true,
        }
    }
}

impl Finding {
    fn validated(why: Why, hides: Hides, misread: impl Into<Misread>) -> Validated {
        Validated::Not(Self { why, hides, misread: misread.into() })
    }
}

/// Returns what a value is, in which the key `repeats` may stand twice, for sources that read `kinds`.
pub(super) fn validate(value: Value, repeats: Option<&str>, kinds: &[Kind]) -> Validated {
    let no_object =
        || Finding::validated(Why::NoObject, Hides::Nothing, "it is no Kubernetes object");
    let Value::Object(object) = &value else { return no_object() };
    let text =
        |key: &str| object.get(key).and_then(Value::as_str).filter(|object| !object.is_empty());
    let name = name(object);
    if let Some(finding) = list::validate(object, kinds) {
        return Validated::Not(finding);
    }
    // A group or a version that no API can have is as good as none.
    let api_version = text("apiVersion").filter(|text| is_api_version(text));
    let (api_version, kind_name) = match (api_version, text("kind")) {
        (Some(api_version), Some(kind)) => (api_version.to_owned(), kind.to_owned()),
        (api_version, kind) => {
            // A slip in one of the two words must not take the object's records.
            let like = kinds.iter().filter(|other| is_like(other, api_version, kind)).map(Kind::id);
            let like: BTreeSet<_> = like.collect();
            // A file that was cut off has both words and nothing after the second.
            let is_cut = object.contains_key("apiVersion") && object.contains_key("kind");
            if like.is_empty() || (name.is_none() && !is_cut) {
                return no_object();
            }
            let lacks = if kind.is_none() {
                "it has no `kind`"
            } else {
                "it has no `apiVersion` that there could be"
            };
            return Finding::validated(Why::Nameless, Hides::Kinds(like), lacks);
        }
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version.as_str()));
    let Some(kind) = kinds.iter().find(|kind| kind.reads(group, version, &kind_name)) else {
        return stranger::validate(object, &api_version, &kind_name, kinds);
    };
    let Some(name) = name else {
        let hides = Hides::Kinds([kind.id()].into());
        let generated = meta(object).is_some_and(|metadata| metadata.contains_key("generateName"));
        return if generated {
            let error = "it has `generateName` and no `name`: nobody knows what it will be \
                         called; give it a `name`";
            Finding::validated(Why::Unreadable, hides, Misread::at(&["metadata"], error))
        } else {
            Finding::validated(Why::Nameless, hides, Misread::whole("it has no `metadata.name`"))
        };
    };
    if is_placeholder(name) {
        let error = "it is a template: a name in it is a placeholder";
        return Finding::validated(Why::Template, Hides::Nothing, error);
    }
    if is_placeholder(namespace(object)) {
        let error = "it is a template: its namespace is a placeholder";
        let hides = Hides::Object(key(kind, ANYWHERE, name));
        return Finding::validated(Why::Template, hides, error);
    }
    let key = key(kind, namespace(object), name);
    let unreadable =
        |misread: Misread| Finding::validated(Why::Unreadable, Hides::Object(key.clone()), misread);
    if let Some(repeats) = repeats {
        let misread = Misread::whole(format!("`{repeats}` is there twice; remove one of the two"));
        // Which object it is depends on these.
        let is_identity =
            ["apiVersion", "kind", "metadata", "name", "namespace"].contains(&repeats);
        return if is_identity {
            Finding::validated(Why::Unreadable, Hides::Kinds([kind.id()].into()), misread)
        } else {
            unreadable(misread)
        };
    }
    if let Some(misread) = misplaced(object, kind) {
        return unreadable(misread);
    }
    let mut raw = match Raw::from_value(value) {
        Ok(raw) => raw,
        Err(misread) => return unreadable(misread),
    };
    raw.meta.namespace.clone_from(&key.namespace);
    match kind.decode_written(raw.clone()) {
        Ok(_) => Validated::Object(key, raw),
        Err(misread) => unreadable(misread),
    }
}

/// Tells whether there could be an API of that group and version ([API groups]).
///
/// A group that Kubernetes has not kept for itself is a domain.
///
/// [API groups]: https://kubernetes.io/docs/reference/using-api/#api-groups
fn is_api_version(api_version: &str) -> bool {
    const OWN: [&str; 6] = ["", "apps", "autoscaling", "batch", "extensions", "policy"];
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let digits = version.strip_prefix('v').unwrap_or_default();
    let rest = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let stage = rest.trim_end_matches(|character: char| character.is_ascii_digit());
    rest.len() < digits.len()
        && ["", "alpha", "beta"].contains(&stage)
        && (OWN.contains(&group) || group.contains('.'))
}

/// Returns what stands at the top of an object, where nothing is read of it, and belongs further below.
///
/// Anything else there is a tool's or a person's own.
fn misplaced(object: &Map<String, Value>, kind: &Kind) -> Option<Misread> {
    const META: [&str; 4] = ["annotations", "labels", "name", "namespace"];
    const SPEC: [&str; 14] = [
        "endpoints",
        "externalName",
        "host",
        "hostname",
        "hostnames",
        "hosts",
        "listeners",
        "parentRefs",
        "routes",
        "rules",
        "servers",
        "tls",
        "virtualhost",
        "virtualHosts",
    ];
    // Kinds without a `spec` have their parts at the top.
    if kind.kind.is_empty() || !kind.has_spec() {
        return None;
    }
    let among = |words: &[&str], key: &str| words.iter().any(|word| word.eq_ignore_ascii_case(key));
    object.keys().find_map(|key| {
        let under = match key.as_str() {
            key if among(&META, key) => "metadata",
            key if among(&SPEC, key) => "spec",
            _ => return None,
        };
        let error = format!("there is no such key here; did you mean to write it under `{under}`?");
        Some(Misread::at(&[key], error))
    })
}

/// Tells whether an object of which only one of the two words is there could be of `kind`.
fn is_like(kind: &Kind, api_version: Option<&str>, name: Option<&str>) -> bool {
    match (api_version, name) {
        (None, Some(name)) => kind.kind == name,
        (Some(api_version), None) => {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            kind.group == group && kind.versions.iter().any(|other| other == version)
        }
        (Some(_), Some(_)) | (None, None) => false,
    }
}

/// Returns the key of an object of `kind`, in the namespace that `kubectl` would take.
fn key(kind: &Kind, namespace: &str, name: &str) -> ObjectKey {
    let namespace = match namespace {
        _ if !kind.namespaced => "",
        "" => DEFAULT_NAMESPACE,
        namespace => namespace,
    };
    ObjectKey { kind: kind.id(), namespace: namespace.to_owned(), name: name.to_owned() }
}

fn meta(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object.get("metadata").and_then(Value::as_object)
}

fn name(object: &Map<String, Value>) -> Option<&str> {
    meta(object)?.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
}

fn namespace(object: &Map<String, Value>) -> &str {
    meta(object)
        .and_then(|metadata| metadata.get("namespace"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Tells whether a name stands for another one that a tool puts in its place.
///
/// No object of Kubernetes can be called so ([names]).
///
/// [names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names
fn is_placeholder(name: &str) -> bool {
    name.contains(['{', '}', '$', '<', '>', '%', '('])
}
