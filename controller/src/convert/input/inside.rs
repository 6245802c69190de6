//! An installation inside of something of another kind: a compose file, a task of Ansible, a Release of Crossplane,
//! a unit of systemd, a script.
//!
//! Such kinds are many, and what they say around an installation is theirs. What is ours looks alike everywhere: a
//! container with the image of `ExternalDNS`, values beside its chart, a line that starts the program.

use serde_json::{Map, Value, json};

use super::super::draft::Draft;
use super::super::fields::{each, shown};
use super::super::{Weight, words};
use super::{Installation, yaml};

/// What is said of a field beside the values.
const FIELD: &str =
    "nothing is known of this field, so it is not known either what it does to the values";

/// How the values of a release are called.
const VALUES: [&str; 7] = [
    "values",
    "valuesContent",
    "valuesInline",
    "valuesObject",
    "valuesTemplate",
    "values_yaml",
    "release_values",
];

/// Fields that say which chart a release is of, where it comes from and where it goes.
const AROUND: [&str; 25] = [
    "atomic",
    "chart",
    "chartName",
    "chart_ref",
    "chartname",
    "chart_repo_url",
    "chart_version",
    "clusterSelector",
    "createNamespace",
    "create_namespace",
    "name",
    "namespace",
    "releaseName",
    "releaseNamespace",
    "release_name",
    "release_namespace",
    "release_state",
    "repoURL",
    "repo",
    "skipCreateNamespace",
    "version",
    "order",
    "timeout",
    "wait",
    "waitTimeout",
];

/// What every object of Kubernetes has.
const OF_OBJECTS: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// How many places around an installation are named.
const NAMED: usize = 12;

/// An installation that was found inside of a document.
#[derive(Debug)]
pub(super) struct Inside {
    place: String,
    what: What,
    /// The places of what stands beside it and beside what it is in.
    around: Vec<String>,
}

#[derive(Debug)]
enum What {
    /// A container.
    Container(Map<String, Value>),
    /// What holds the values of a release, and the field that does.
    Release(Map<String, Value>, &'static str),
}

/// Returns the first installation inside of a document.
pub(super) fn find(document: &Value) -> Option<Inside> {
    at(document, "")
}

fn at(value: &Value, place: &str) -> Option<Inside> {
    if let Some(what) = value.as_object().and_then(what) {
        return Some(Inside { place: place.to_owned(), what, around: Vec::new() });
    }
    let inner = inner(value, place);
    let (index, mut found) = inner
        .iter()
        .enumerate()
        .find_map(|(index, (place, value))| Some((index, at(value, place)?)))?;
    let others = inner.into_iter().enumerate().filter(|(other, _)| *other != index);
    found.around.extend(
        others.map(|(_, (place, _))| place).filter(|place| !OF_OBJECTS.contains(&place.as_str())),
    );
    Some(found)
}

/// Returns what is right below a value, each with its place.
fn inner<'a>(value: &'a Value, place: &str) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, inner)| (under(place, key), inner)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, inner)| (format!("{place}[{index}]"), inner))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn under(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn what(map: &Map<String, Value>) -> Option<What> {
    let is_said =
        |key: &str| map.get(key).is_some_and(|value| !super::super::fields::is_empty(value));
    if map.get("image").and_then(Value::as_str).is_some_and(is_program)
        && (is_said("args") || is_said("command"))
    {
        return Some(What::Container(map.clone()));
    }
    let is_of_chart = |(key, value): (&String, &Value)| {
        let names = match value {
            Value::String(text) => text.contains("external-dns"),
            Value::Object(chart) => {
                key == "chart" && Value::Object(chart.clone()).to_string().contains("external-dns")
            }
            _ => false,
        };
        names && !VALUES.contains(&key.as_str())
    };
    let key = VALUES.into_iter().find(|key| is_said(key))?;
    map.iter().any(is_of_chart).then(|| What::Release(map.clone(), key))
}

/// Tells whether a path or the name of an image is that of the program.
fn is_program(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next() == Some("external-dns")
}

/// Reads what was found; what stands around it is told to be left out.
pub(super) fn read(draft: &mut Draft, found: Inside) -> Installation {
    let Inside { place, what, around } = found;
    let mut named: Vec<_> = around.iter().take(NAMED).map(|place| format!("`{place}`")).collect();
    if around.len() > NAMED {
        named.push("more".to_owned());
    }
    let around = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    let text = format!(
        "the installation is taken from here, and what stands around it{around} is not looked at"
    );
    draft.say(Weight::Note, if place.is_empty() { "all of it" } else { &place }, text);
    match what {
        What::Container(map) => {
            let pod = json!({"kind": "Pod", "spec": {"containers": [container(map)]}});
            Installation::Pod(Box::new(pod))
        }
        What::Release(map, key) => {
            let mut found = Map::new();
            each(draft, &place, Some(Value::Object(map)), FIELD, |draft, fields| {
                if let Some(chart @ Value::Object(_)) = fields.take("chart") {
                    each(draft, &fields.at("chart"), Some(chart), FIELD, |_, chart| {
                        chart.pass(&[
                            "name",
                            "pullSecretRef",
                            "repo",
                            "repository",
                            "url",
                            "version",
                        ]);
                    });
                }
                fields.pass(&AROUND);
                let at = fields.at(key);
                match fields.said(key) {
                    Some(Value::Object(values)) => found = values,
                    Some(Value::String(text)) => found = yaml(draft, &at, &text),
                    Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => {
                        for text in texts.iter().filter_map(Value::as_str) {
                            let values = yaml(draft, &at, text);
                            super::merge(&mut found, values);
                        }
                    }
                    Some(other) => draft.out_of_sight(
                        &at,
                        &format!("it has to be a map, and is `{}`", shown(&other)),
                    ),
                    None => {}
                }
            });
            Installation::Values(found)
        }
    }
}

/// Returns a container as Kubernetes has it: a compose file calls arguments `command`, has them as one text too, and
/// variables as a map or as texts `NAME=value` ([fields]).
///
/// [fields]: https://docs.docker.com/reference/compose-file/services/
fn container(mut map: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::String(text)) = map.get("command") {
        let split = words::split(text);
        map.insert("command".to_owned(), json!(split));
    }
    let starts_with_flag = map
        .get("command")
        .and_then(|command| command.get(0))
        .and_then(Value::as_str)
        .is_some_and(|word| word.starts_with("--"));
    if starts_with_flag && !map.contains_key("args") {
        let words = map.remove("command").unwrap_or_default();
        map.insert("args".to_owned(), words);
    }
    if let Some(variables) = map.remove("environment") {
        let variables: Vec<Value> = match variables {
            Value::Object(named) => named
                .into_iter()
                .map(|(name, value)| {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    json!({"name": name, "value": text})
                })
                .collect(),
            Value::Array(texts) => texts
                .iter()
                .filter_map(Value::as_str)
                .map(|text| {
                    let (name, value) = text.split_once('=').unwrap_or((text, ""));
                    json!({"name": name, "value": value})
                })
                .collect(),
            _ => Vec::new(),
        };
        map.insert("env".to_owned(), Value::Array(variables));
    }
    map
}

/// Returns the words after the program on the first line that starts it with a flag.
pub(super) fn started(text: &str) -> Option<Vec<String>> {
    let lines = text.replace("\\\r\n", " ").replace("\\\n", " ");
    lines.lines().filter(|line| line.contains("external-dns")).find_map(|line| {
        let words = words::split(line);
        let program = |word: &String| is_program(word.rsplit('=').next().unwrap_or_default());
        let rest = words.get(words.iter().position(program)?.saturating_add(1)..)?;
        rest.first()?.starts_with("--").then(|| rest.to_vec())
    })
}

/// Returns where a document names `ExternalDNS`.
pub(super) fn mentioned(document: &Value) -> Option<String> {
    fn names(text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        text.contains("external-dns") || text.contains("externaldns")
    }
    fn walk(value: &Value, place: &str) -> Option<String> {
        let is_named = value.as_str().is_some_and(names);
        let below =
            || inner(value, place).into_iter().find_map(|(place, inner)| walk(inner, &place));
        if is_named || names(place) { Some(place.to_owned()) } else { below() }
    }
    let mut fields = document.as_object()?.iter().filter(|(key, _)| *key != "metadata");
    fields.find_map(|(key, value)| walk(value, key))
}
