//! Documents of one text that are one installation together: layers of values, and what is put over another object.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::super::Weight;
use super::super::draft::places::DECISIVE;
use super::super::draft::{Draft, Files};
use super::{Likeness, files, likeness, merge, named, objects, yaml};

/// What tells one installation from another; two layers that differ in it may be two.
const TELLING: [&str; 5] =
    ["txtOwnerId", "annotationFilter", "labelFilter", "fullnameOverride", "nameOverride"];

/// Puts together what is one installation; all else stays as it is.
pub(super) fn together(draft: &mut Draft, all: Vec<Value>) -> Vec<Value> {
    let all = configured(draft, all);
    let all = patched(draft, all);
    let (layers, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_layer);
    let holders = others.iter().filter(|document| is_holder(document)).count();
    let is_nested = |layer: &Value| {
        layer.as_object().is_some_and(|map| {
            map.iter().any(|(key, value)| files::is_name(key) && value.is_object())
        })
    };
    // Values of a chart and those of one that has it as a dependency are no layers of each other.
    let is_alike = layers.iter().all(is_nested) || !layers.iter().any(is_nested);
    let is_one = is_alike && (layers.len() > 1 || holders == 1 && !layers.is_empty());
    if !is_one
        || others
            .iter()
            .any(|document| !is_holder(document) && likeness(document) == Likeness::Named)
    {
        others.extend(layers);
        return others;
    }
    let merged = merged(draft, layers);
    if holders == 1 {
        let name =
            others.iter().find(|document| is_holder(document)).map(named).unwrap_or_default();
        let text = format!(
            "it is taken for a file of values that {name} names, whose own values are put over it; if it is an installation of its own, \
             convert it by itself"
        );
        if others.iter().any(names_files) {
            draft.say(Weight::Changed, "the document of values", text);
        } else {
            // It may be another cluster's, whose owner this one would be.
            draft.unknown("the document of values", &format!("nothing names it: {text}"));
        }
        draft.files = Files::Here;
        draft.layer = merged;
    } else {
        others.push(Value::Object(merged));
    }
    others
}

/// Tells whether a document names files of values.
fn names_files(document: &Value) -> bool {
    match document {
        Value::String(text) => [".yaml", ".yml"].iter().any(|end| text.trim_end().ends_with(end)),
        Value::Array(items) => items.iter().any(names_files),
        Value::Object(map) => map.contains_key("valuesFrom") || map.values().any(names_files),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Tells whether a document is nothing but values of a chart.
fn is_layer(document: &Value) -> bool {
    let Value::Object(map) = document else { return false };
    let is_object = map.contains_key("kind") && map.contains_key("apiVersion");
    !is_object
        && !files::is_snippet(map)
        && !files::is_wrapped(map)
        && !map.is_empty()
        && likeness(document) == Likeness::Named
}

/// Tells whether a document holds the values of a chart among other things.
fn is_holder(document: &Value) -> bool {
    let Value::Object(map) = document else { return false };
    likeness(document) == Likeness::Named
        && (files::is_kustomization(map)
            || files::is_wrapped(map)
            || objects::holds_values(document))
}

/// Puts layers over each other as helm does with several files, and says what counted.
fn merged(draft: &mut Draft, layers: Vec<Value>) -> Map<String, Value> {
    let count = layers.len();
    let (mut found, mut over) = (Map::new(), Vec::new());
    let mut known: BTreeSet<String> = BTreeSet::new();
    // What only a later one says.
    let mut later: BTreeSet<String> = BTreeSet::new();
    for (at, layer) in layers.into_iter().enumerate() {
        let Value::Object(layer) = layer else { continue };
        later.extend(layer.keys().filter(|key| at > 0 && !found.contains_key(*key)).cloned());
        differences(&found, &layer, "", &mut |at| {
            if known.insert(at.clone()) {
                over.push(at);
            }
        });
        merge(&mut found, layer);
    }
    if count < 2 {
        return found;
    }
    let which = if over.is_empty() {
        String::new()
    } else {
        format!(", which is so with {}", over.join(", "))
    };
    draft.say(
        Weight::Note,
        "the documents of values",
        format!(
            "{count} of them are read as layers of one release, as `helm -f` has several files: maps are merged, lists are replaced, \
             null takes out, and of two values the later one counts{which}"
        ),
    );
    let telling: Vec<&str> = TELLING
        .into_iter()
        .chain(DECISIVE)
        .filter(|key| {
            let is_below = |place: &String| {
                let rest = place.strip_prefix(key);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            over.iter().any(is_below) || later.contains(*key)
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !telling.is_empty() {
        draft.unknown(
            "the documents of values",
            &format!(
                "not all of them say the same of {}, so they may be installations of their own: convert each by itself then, and give it a release of its \
                 own; as layers of one the later value counts",
                telling.join(", ")
            ),
        );
    }
    found
}

/// Adds the places where two layers say different things.
fn differences(
    first: &Map<String, Value>,
    second: &Map<String, Value>,
    place: &str,
    over: &mut impl FnMut(String),
) {
    for (key, value) in second {
        let at = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        match (first.get(key), value) {
            (Some(Value::Object(first)), Value::Object(second)) => {
                differences(first, second, &at, over);
            }
            (Some(before), value) if before != value => over(at),
            _ => {}
        }
    }
}

/// Returns the text at a pointer.
fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// Where the first object of each kind and name stands, in each namespace as far as that is said.
#[derive(Default)]
struct Named {
    /// By the namespace; `None` where that is not said.
    near: HashMap<(String, String, Option<String>), usize>,
    /// In any.
    first: HashMap<(String, String), usize>,
}

impl Named {
    /// Takes note that an object stands at some place.
    fn note(&mut self, object: &Value, at: usize) {
        let Some((kind, name)) = kind_and_name(object) else { return };
        let namespace = text(object, "/metadata/namespace").map(str::to_owned);
        self.near.entry((kind.clone(), name.clone(), namespace)).or_insert(at);
        self.first.entry((kind, name)).or_insert(at);
    }

    /// Returns where the first object of this kind stands that may have the name and the namespace of another.
    fn find(&self, kind: &str, object: &Value) -> Option<usize> {
        let name = text(object, "/metadata/name")?.to_owned();
        let Some(namespace) = text(object, "/metadata/namespace") else {
            return self.first.get(&(kind.to_owned(), name)).copied();
        };
        let at = |namespace: Option<String>| {
            self.near.get(&(kind.to_owned(), name.clone(), namespace)).copied()
        };
        [at(Some(namespace.to_owned())), at(None)].into_iter().flatten().min()
    }
}

fn kind_and_name(object: &Value) -> Option<(String, String)> {
    Some((text(object, "/kind")?.to_owned(), text(object, "/metadata/name")?.to_owned()))
}

/// Puts the values of each `HelmChartConfig` over those of the `HelmChart` of its name ([precedence]).
///
/// [precedence]: https://docs.k3s.io/add-ons/helm#customizing-packaged-components-with-helmchartconfig
fn configured(draft: &mut Draft, all: Vec<Value>) -> Vec<Value> {
    let is_of = |document: &Value, kind: &str| text(document, "/kind") == Some(kind);
    let (configs, mut others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|document| is_of(document, "HelmChartConfig"));
    let mut charts = Named::default();
    for (at, document) in others.iter().enumerate() {
        charts.note(document, at);
    }
    let mut contents: BTreeMap<usize, Map<String, Value>> = BTreeMap::new();
    let own_of = |draft: &mut Draft, document: &Value| match text(document, "/spec/valuesContent") {
        Some(content) => {
            let place = format!("{}: spec.valuesContent", named(document));
            yaml(draft, &place, content)
        }
        None => Map::new(),
    };
    for config in configs {
        let at = charts.find("HelmChart", &config);
        let chart = at.and_then(|at| Some((at, others.get(at)?)));
        let Some((at, chart)) = chart else {
            others.push(config);
            continue;
        };
        let values = match contents.entry(at) {
            Entry::Occupied(values) => values.into_mut(),
            Entry::Vacant(none) => none.insert(own_of(draft, chart)),
        };
        let own = own_of(draft, &config);
        merge(values, own);
        if let Some(secrets) = config.pointer("/spec/valuesSecrets") {
            draft.elsewhere(&format!(
                "{}: spec.valuesSecrets: {}",
                named(&config),
                super::shown(secrets)
            ));
        }
        draft.say(
            Weight::Note,
            &named(&config),
            format!("its values are put over those of {}, as helm-controller does; afterwards it has nothing to say and can go", named(chart)),
        );
    }
    for (at, values) in contents {
        let spec = others.get_mut(at).and_then(|chart| chart.get_mut("spec"));
        if let Some(Value::Object(spec)) = spec {
            spec.insert("valuesContent".to_owned(), json!(Value::Object(values).to_string()));
        }
    }
    others
}

/// Tells whether an object that has a chart says of none, as in a patch.
pub(super) fn is_without_chart(document: &Value) -> bool {
    let has_chart = ["/spec/chart", "/spec/chartRef", "/spec/source", "/spec/sources"]
        .iter()
        .any(|pointer| document.pointer(pointer).is_some());
    let is_one =
        text(document, "/kind").is_some_and(|kind| ["HelmRelease", "Application"].contains(&kind));
    is_one && !has_chart
}

/// Puts objects that have no chart of their own over the one of their kind and name before them, as kustomize does.
fn patched(draft: &mut Draft, all: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut placed = Named::default();
    for document in all {
        let kind = text(&document, "/kind").map(str::to_owned);
        let is_patch = is_without_chart(&document);
        let before = kind.as_deref().filter(|_| is_patch);
        let before = before.and_then(|kind| placed.find(kind, &document));
        match (before.and_then(|at| found.get_mut(at)), document) {
            (Some(Value::Object(before)), Value::Object(patch)) => {
                let name = named(&Value::Object(patch.clone()));
                merge(before, patch);
                let text = "it stands there twice, and the later one, which has no chart, is put over the first, as kustomize does with a patch";
                draft.say(Weight::Note, &name, text);
            }
            (_, document) => {
                placed.note(&document, found.len());
                found.push(document);
            }
        }
    }
    found
}
