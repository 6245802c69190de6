//! What stands in one text beside an installation and may be put over it, without being read: it holds.

use serde_json::Value;

use super::super::draft::Draft;
use super::super::start::{self, Scope};
use super::{DataObjects, Likeness, files, inside, layers, likeness, named, nested, pod};

/// Fields that say that objects are changed, at the top of a document or in its `spec`.
const CHANGING: [&str; 9] = [
    "components",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "patch",
    "postBuild",
    "replacements",
    "transformers",
    "vars",
];

/// What may be put over an installation, as it is called, and what is said of it.
#[derive(Debug)]
pub(super) struct Beside {
    name: String,
    text: &'static str,
}

/// What is said of what nothing takes.
const TAKEN_BY_NONE: &str = "it stands beside the installation, and what takes it is not known here: it may set more, such as a filter or an owner";

/// What is said of what may be put over the installation.
const OVER: &str = "it may be put over the installation, and is not read: give what is made of both, such as `kustomize build` prints";

/// Tells of what may be put over an installation.
pub(super) fn hold(draft: &mut Draft, all: &[Beside]) {
    for beside in all {
        draft.out_of_sight(&beside.name, beside.text);
    }
}

/// Returns what a document is called whose values may be secrets: an object by its name, all else by its keys.
fn called(document: &Value) -> String {
    match document {
        Value::Object(map) if map.contains_key("kind") => named(document),
        Value::Object(map) => {
            let keys: Vec<&str> = map.keys().take(3).map(String::as_str).collect();
            format!("the document of `{}`", keys.join("`, `"))
        }
        _ => "a document that is a text or a list".to_owned(),
    }
}

fn is_object(document: &Value) -> bool {
    ["kind", "apiVersion"].iter().all(|key| document.get(key).is_some_and(Value::is_string))
}

/// Tells whether a document changes objects that stand elsewhere.
fn changes(document: &Value) -> bool {
    [Some(document), document.get("spec")].into_iter().flatten().any(|value| {
        CHANGING
            .iter()
            .any(|key| value.get(key).is_some_and(|given| !super::super::fields::is_empty(given)))
    })
}

/// Returns what stands beside documents in which an installation is.
pub(super) fn around(all: &[Value]) -> Vec<Beside> {
    let is_beside = |document: &&Value| {
        let is_nothing = document.is_null();
        let is_read = !inside::find(document).is_empty();
        !is_nothing && !is_read && (!is_object(document) || changes(document))
    };
    let text = TAKEN_BY_NONE;
    all.iter().filter(is_beside).map(|document| Beside { name: called(document), text }).collect()
}

/// Returns what of some documents may be put over the installation that is one of them, or changes it.
pub(super) fn over(
    all: &[Value],
    best: Likeness,
    likeness: impl Fn(&Value) -> Likeness,
) -> Vec<Beside> {
    let Some(at) = all.iter().position(|document| likeness(document) == best) else {
        return Vec::new();
    };
    let Some(chosen) = all.get(at) else { return Vec::new() };
    let text = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    let key = |document: &Value| (text(document, "/kind"), text(document, "/metadata/name"));
    let is_same = |document: &Value| {
        let namespaces = [chosen, document].map(|one| text(one, "/metadata/namespace"));
        let is_near = match &namespaces {
            [Some(one), Some(other)] => one == other,
            _ => true,
        };
        is_near && is_object(document) && key(document) == key(chosen)
    };
    let mut found = Vec::new();
    for (index, document) in all.iter().enumerate().filter(|_| all.len() > 1) {
        let is_unread = likeness(document) == Likeness::Other;
        // It may be taken for values, of which some keys have the same names.
        let is_file = document.as_object().is_some_and(|map| !files::is_wrapped(map));
        let is_changing = changes(document) && (is_unread || !is_object(document) && is_file);
        let is_other = index != at;
        let text = if is_other && (is_same(document) || is_part(document, chosen)) || is_changing {
            OVER
        } else if is_unread && !is_object(document) && !document.is_null() {
            TAKEN_BY_NONE
        } else {
            continue;
        };
        found.push(Beside { name: called(document), text });
    }
    for name in DataObjects::of(all).twice() {
        found.push(Beside { name, text: OVER });
    }
    found
}

/// Tells whether a document is a part of an object, as a patch of kustomize is, which may have any name: it goes by what
/// a kustomization says. One of other containers than a pod has is none of it.
fn is_part(document: &Value, chosen: &Value) -> bool {
    let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
    if !is_object(document) || layers::is_without_chart(document) {
        return is_object(document);
    }
    let is_about = || {
        let (own, theirs) = (pod::names(document), pod::names(chosen));
        own.is_empty() || theirs.is_empty() || !own.is_disjoint(&theirs)
    };
    // Where none is whole, each that has images may be an object of its own.
    let is_changed = !pod::has_images(document) || pod::is_whole(chosen);
    let is_patch = !pod::is_whole(document) && is_changed;
    (pod::makes_pods(kind) || pod::is_one(document)) && is_patch && is_about()
}

/// Tells whether something in a text starts `ExternalDNS`, or is an object that does.
pub(super) fn is_started(text: &str) -> bool {
    if !inside::started(text).is_empty() || !start::of_lines(text, &Scope::default()).is_empty() {
        return true;
    }
    let read = super::super::yaml::documents(&mut Draft::default(), "", text);
    let all: Vec<Value> = read.unwrap_or_default().into_iter().flat_map(super::items).collect();
    all.iter().any(|document| {
        let is_one = is_object(document) && likeness(document) == Likeness::Named;
        is_one || !inside::find(document).is_empty() || !nested::find(document).is_empty()
    })
}
