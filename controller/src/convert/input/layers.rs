//! Documents of one text that are one installation together: layers of values, and what is put over another object.

use std::collections::BTreeSet;

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
    // What only a later one says.
    let mut later: BTreeSet<String> = BTreeSet::new();
    for (at, layer) in layers.into_iter().enumerate() {
        let Value::Object(layer) = layer else { continue };
        later.extend(layer.keys().filter(|key| at > 0 && !found.contains_key(*key)).cloned());
        differences(&found, &layer, "", &mut over);
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
    over: &mut Vec<String>,
) {
    for (key, value) in second {
        let at = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        match (first.get(key), value) {
            (Some(Value::Object(first)), Value::Object(second)) => {
                differences(first, second, &at, over);
            }
            (Some(before), value) if before != value && !over.contains(&at) => over.push(at),
            _ => {}
        }
    }
}

/// Returns the text at a pointer.
fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// Tells whether two objects are of one name, in one namespace as far as that is said.
fn is_same(one: &Value, other: &Value) -> bool {
    let namespaces = [one, other].map(|object| text(object, "/metadata/namespace"));
    let is_near = match namespaces {
        [Some(one), Some(other)] => one == other,
        _ => true,
    };
    let name = text(one, "/metadata/name");
    is_near && name.is_some() && name == text(other, "/metadata/name")
}

/// Puts the values of each `HelmChartConfig` over those of the `HelmChart` of its name ([precedence]).
///
/// [precedence]: https://docs.k3s.io/add-ons/helm#customizing-packaged-components-with-helmchartconfig
fn configured(draft: &mut Draft, all: Vec<Value>) -> Vec<Value> {
    let is_of = |document: &Value, kind: &str| text(document, "/kind") == Some(kind);
    let (configs, mut others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|document| is_of(document, "HelmChartConfig"));
    for config in configs {
        let chart = others
            .iter_mut()
            .find(|document| is_of(document, "HelmChart") && is_same(document, &config));
        let Some(chart) = chart else {
            others.push(config);
            continue;
        };
        let mut values = Map::new();
        for document in [&*chart, &config] {
            if let Some(content) = text(document, "/spec/valuesContent") {
                let place = format!("{}: spec.valuesContent", named(document));
                let own = yaml(draft, &place, content);
                merge(&mut values, own);
            }
        }
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
        if let Some(Value::Object(spec)) = chart.get_mut("spec") {
            spec.insert("valuesContent".to_owned(), json!(Value::Object(values).to_string()));
        }
    }
    others
}

/// Puts objects that have no chart of their own over the one of their kind and name before them, as kustomize does.
fn patched(draft: &mut Draft, all: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for document in all {
        let has_chart = ["/spec/chart", "/spec/chartRef", "/spec/source", "/spec/sources"]
            .iter()
            .any(|pointer| document.pointer(pointer).is_some());
        let kind = text(&document, "/kind").map(str::to_owned);
        let is_patch =
            kind.as_deref().is_some_and(|kind| ["HelmRelease", "Application"].contains(&kind))
                && !has_chart;
        let before = found
            .iter_mut()
            .find(|other| text(other, "/kind") == kind.as_deref() && is_same(other, &document));
        match (before.filter(|_| is_patch), document) {
            (Some(Value::Object(before)), Value::Object(patch)) => {
                let name = named(&Value::Object(patch.clone()));
                merge(before, patch);
                let text = "it stands there twice, and the later one, which has no chart, is put over the first, as kustomize does with a patch";
                draft.say(Weight::Note, &name, text);
            }
            (_, document) => found.push(document),
        }
    }
    found
}
