//! An installation inside of something of another kind: a compose file, a task of Ansible, a Release of Crossplane,
//! a unit of systemd, a script.
//!
//! Such kinds are many, and what they say around an installation is not read here: it may set more, such as a filter
//! in a variable or a patch, so it holds deletions and filters as a file of values does that is not there. What is
//! ours looks alike everywhere: an object that is read by itself, a container with the image of `ExternalDNS`, values
//! beside its chart, a line that starts the program.

use serde_json::{Map, Value, json};

use super::super::draft::Draft;
use super::super::fields::{each, is_empty, shown, take_out};
use super::super::start::{self, Start, Wording, in_compose, is_program};
use super::super::values::text;
use super::super::words;
use super::{Data, Installation, Likeness, SECOND, likeness, merge, yaml};

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

/// Fields that name the chart of a release.
const CHART: [&str; 5] = ["chart", "chartName", "chartRef", "chart_ref", "chartname"];

/// Fields that say where a chart comes from, where its release goes, and when.
const AROUND: [&str; 26] = [
    "atomic",
    "chart_repo_url",
    "chart_version",
    "clusterSelector",
    "createNamespace",
    "create_namespace",
    "name",
    "namespace",
    "options",
    "order",
    "reconcileStrategy",
    "releaseName",
    "releaseNamespace",
    "release_name",
    "release_namespace",
    "release_state",
    "repo",
    "repoURL",
    "skipCRDs",
    "skipCreateNamespace",
    "state",
    "timeout",
    "type",
    "version",
    "wait",
    "waitTimeout",
];

/// Fields of a container that set nothing of `ExternalDNS`, with those of a compose file and of a task of ECS
/// ([compose]).
///
/// [compose]: https://docs.docker.com/reference/compose-file/services/
const OF_CONTAINERS: [&str; 27] = [
    "container_name",
    "cpu",
    "depends_on",
    "deploy",
    "essential",
    "expose",
    "healthcheck",
    "hostname",
    "imagePullPolicy",
    "labels",
    "logging",
    "memory",
    "name",
    "network_mode",
    "networks",
    "platform",
    "ports",
    "pull_policy",
    "read_only",
    "resources",
    "profiles",
    "restart",
    "restart_policy",
    "security_opt",
    "stop_grace_period",
    "user",
    "working_dir",
];

/// Fields around an installation that set nothing of it: what every object of Kubernetes has, and names.
const HARMLESS: [&str; 10] = [
    "apiVersion",
    "kind",
    "metadata",
    "status",
    "version",
    "name",
    "description",
    "hosts",
    "networks",
    "volumes",
];

/// How many places around an installation are named.
const NAMED: usize = 12;

/// An installation that was found inside of a document.
#[derive(Debug)]
pub(super) struct Inside {
    place: String,
    what: What,
    /// The places of what stands beside it and beside what it is in, without what is harmless.
    around: Vec<String>,
}

#[derive(Debug)]
enum What {
    /// An object of Kubernetes that is one by itself.
    Object(Value),
    /// A container.
    Container(Map<String, Value>),
    /// A container that was inspected.
    Inspected(Box<Start>),
    /// What holds the values of a release, and the field that does.
    Release(Map<String, Value>, &'static str),
}

/// Returns the installations inside of a document; what a document is itself is none inside of it.
pub(super) fn find(document: &Value) -> Vec<Inside> {
    let mut found = Vec::new();
    below(document, "", &mut found);
    found
}

/// Looks at what is right below a value.
fn below(value: &Value, place: &str, found: &mut Vec<Inside>) {
    let inner = inner(value, place);
    for (index, (place, value)) in inner.iter().enumerate() {
        let before = found.len();
        match what(value) {
            Some(what) => found.push(Inside { place: place.clone(), what, around: Vec::new() }),
            None => below(value, place, found),
        }
        // Only the first is read, and of more around it than are named nothing is said but that there are more.
        let others = inner.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.map(|(_, (place, _))| place).filter(|place| !is_harmless(place));
        if let Some(first) = found.first_mut().filter(|_| before == 0) {
            let more = (NAMED + 1).saturating_sub(first.around.len());
            first.around.extend(others.take(more).cloned());
        }
    }
}

pub(super) fn is_harmless(place: &str) -> bool {
    HARMLESS.contains(&place.rsplit('.').next().unwrap_or_default())
}

/// Returns what is right below a value, each with its place.
pub(super) fn inner<'a>(value: &'a Value, place: &str) -> Vec<(String, &'a Value)> {
    match value {
        // What begins so in a compose file is only what its services take over.
        Value::Object(map)
            if place.is_empty() && map.get("services").is_some_and(Value::is_object) =>
        {
            let own = map.iter().filter(|(key, _)| !key.starts_with("x-"));
            own.map(|(key, inner)| (key.clone(), inner)).collect()
        }
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

fn what(value: &Value) -> Option<What> {
    let map = value.as_object()?;
    if map.contains_key("kind") && map.contains_key("apiVersion") {
        let is_one = likeness(value) == Likeness::Named;
        return is_one.then(|| What::Object(value.clone()));
    }
    if let Some(start) = start::inspected(map) {
        return Some(What::Inspected(Box::new(start)));
    }
    let is_said = |key: &str| map.get(key).is_some_and(|value| !is_empty(value));
    if map.get("image").and_then(Value::as_str).is_some_and(is_program) {
        return ["args", "command", "environment", "env"]
            .into_iter()
            .any(is_said)
            .then(|| What::Container(map.clone()));
    }
    let is_gone =
        ["state", "release_state"].iter().any(|key| map.get(*key) == Some(&json!("absent")));
    let is_chart = CHART.iter().filter_map(|key| map.get(*key)).any(|chart| match chart {
        Value::String(name) => is_program(name),
        Value::Object(chart) => chart.values().filter_map(Value::as_str).any(is_program),
        _ => false,
    });
    let key = VALUES.into_iter().find(|key| is_said(key))?;
    (is_chart && !is_gone).then(|| What::Release(map.clone(), key))
}

/// Reads the first of what was found; all else there is told.
pub(super) fn read(draft: &mut Draft, found: Vec<Inside>) -> Option<Installation> {
    let mut all = found.into_iter();
    let Inside { place, what, around } = all.next()?;
    for other in all {
        draft.out_of_sight(&other.place, SECOND);
    }
    surrounded(draft, &place, &around);
    match what {
        What::Object(object) => super::installation(draft, object, &Data::default()),
        What::Container(map) => {
            let container = container(draft, &place, map);
            Some(Installation::Container(container))
        }
        What::Inspected(start) => Some(Installation::Container(start.container(draft))),
        What::Release(map, key) => Some(Installation::Values(release(draft, &place, map, key))),
    }
}

/// Tells of what stands around an installation.
fn surrounded(draft: &mut Draft, place: &str, around: &[String]) {
    if around.is_empty() {
        return;
    }
    let mut named: Vec<_> = around.iter().take(NAMED).map(|place| format!("`{place}`")).collect();
    if around.len() > NAMED {
        named.push("more".to_owned());
    }
    let text = format!(
        "the installation is taken from here, and what stands around it ({}) is not looked at: it may set more, such as a \
         filter or an owner",
        named.join(", ")
    );
    draft.out_of_sight(place, &text);
}

/// Reads values that stand beside their chart.
fn release(
    draft: &mut Draft,
    place: &str,
    map: Map<String, Value>,
    key: &str,
) -> Map<String, Value> {
    let mut found = Map::new();
    each(draft, place, Some(Value::Object(map)), FIELD, |draft, fields| {
        for key in CHART {
            if let Some(chart @ Value::Object(_)) = fields.take(key) {
                each(draft, &fields.at(key), Some(chart), FIELD, |_, chart| {
                    chart.pass(&["name", "pullSecretRef", "repo", "repository", "url", "version"]);
                });
            }
        }
        fields.pass(&AROUND);
        let at = fields.at(key);
        match fields.said(key) {
            Some(Value::Object(values)) => found = values,
            Some(Value::String(text)) => found = yaml(draft, &at, &text),
            Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => {
                for text in texts.iter().filter_map(Value::as_str) {
                    let values = yaml(draft, &at, text);
                    merge(&mut found, values);
                }
            }
            Some(other) => {
                draft.out_of_sight(&at, &format!("it has to be a map, and is `{}`", shown(&other)));
            }
            None => {}
        }
        let rest: Vec<_> =
            fields.rest().into_iter().filter(|(_, value)| !is_empty(value)).collect();
        for (key, value) in rest {
            draft.out_of_sight(&fields.at(&key), &format!("{FIELD}: `{}`", shown(&value)));
        }
    });
    // Of Jinja and of Go; those of the program stand where it has templates.
    let mut values = Value::Object(found);
    let mut filled = Vec::new();
    take_out(&mut values, "", &|text| text.contains("{{"), &mut filled);
    for (place, text) in filled {
        draft.out_of_sight(
            &place,
            &format!("a template fills it in: write what it makes of `{text}`"),
        );
    }
    match values {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Returns a container as Kubernetes has it: a compose file calls arguments `command`, has them as one text too, and
/// variables as a map or as texts `NAME=value`.
fn container(draft: &mut Draft, place: &str, mut map: Map<String, Value>) -> Map<String, Value> {
    let is_compose = is_of_compose(place);
    let said = |text: &str| {
        if is_compose { in_compose(text) } else { Wording::Known(text.to_owned()) }
    };
    let mut take = |key: &str| map.remove(key).filter(|value| !is_empty(value));
    let as_list = |value: Value| match value {
        Value::String(text) => words::split(&text).iter().map(|word| said(word)).collect(),
        Value::Array(items) => items.iter().map(|item| said(&text(item))).collect(),
        other => vec![said(&text(&other))],
    };
    let mut start = Start { is_of_kubernetes: !is_compose, ..Start::default() };
    for key in ["entrypoint", "command", "args"] {
        start.words.extend(take(key).map(as_list).unwrap_or_default());
    }
    let image = take("image");
    let mut referring = Vec::new();
    for key in ["env", "environment"] {
        if let Some(given) = take(key) {
            referring.extend(environment(draft, &under(place, key), given, (&mut start, &said)));
        }
    }
    let mut made = start.container(draft);
    if let Some(Value::Array(variables)) = made.get_mut("env") {
        variables.extend(referring);
    }
    made.extend(image.map(|image| ("image".to_owned(), image)));
    map.retain(|key, value| !OF_CONTAINERS.contains(&key.as_str()) && !is_empty(value));
    for (key, value) in map {
        draft.out_of_sight(
            &under(place, &key),
            &format!("what it sets is not known here: `{}`", shown(&value)),
        );
    }
    made
}

/// Tells whether a place is that of a service of a compose file.
fn is_of_compose(place: &str) -> bool {
    place.strip_prefix("services.").is_some_and(|name| !name.is_empty())
}

/// Sets variables; those that refer to something are returned as they are, and one whose value comes from elsewhere is
/// told.
fn environment(
    draft: &mut Draft,
    place: &str,
    given: Value,
    (start, said): (&mut Start, &dyn Fn(&str) -> Wording),
) -> Vec<Value> {
    let mut open = |name: &str| {
        let text = "its value comes from where the program is started: write what it says";
        draft.out_of_sight(&under(place, name), text);
    };
    let mut referring = Vec::new();
    match given {
        Value::Object(named) => {
            for (name, value) in named {
                if value.is_null() {
                    open(&name);
                } else {
                    start.set(&name, said(&text(&value)));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::String(text) => match text.split_once('=') {
                        Some((name, value)) => start.set(name, said(value)),
                        None => open(&text),
                    },
                    map @ Value::Object(_) if map.get("name").is_some_and(Value::is_string) => {
                        referring.push(map);
                    }
                    other => open(&shown(&other)),
                }
            }
        }
        other => open(&shown(&other)),
    }
    referring
}

/// What comes before the program on a line that starts it, in the shells and files that people have.
const STARTERS: [&str; 5] = ["exec", "nohup", "sudo", "env", "run"];

/// Returns the words after the program on each line that starts it with a source or a provider.
pub(super) fn started(text: &str) -> Vec<Vec<String>> {
    let lines = joined(text);
    let is_comment = |line: &&str| line.trim_start().starts_with(['#', ';']);
    let named = lines.lines().filter(|line| line.contains("external-dns") && !is_comment(line));
    named
        .filter_map(|line| {
            let words = words::split(line);
            // Up to where all words set variables, from where on one before starts something, and up to where a flag
            // of the program follows.
            let set = words.iter().take_while(|word| word.contains('=')).count();
            let starter = words.iter().position(|word| STARTERS.contains(&word.as_str()));
            let flags = ["--source", "--provider"];
            let is_of_program = |word: &String| flags.iter().any(|flag| word.starts_with(flag));
            let flag = words.iter().rposition(is_of_program)?;
            let begins = |at: usize| {
                let word = words.get(at)?;
                let program = word.rsplit('=').next().unwrap_or_default();
                let is_begun =
                    word.contains('=') || at <= set || starter.is_some_and(|starter| starter < at);
                let rest = words.get(at.saturating_add(1)..)?;
                (is_program(program) && at < flag && is_begun && rest.first()?.starts_with("--"))
                    .then(|| rest.to_vec())
            };
            (0..words.len()).rev().find_map(begins)
        })
        .collect()
}

/// Returns a text with each line that goes on in the next as one.
fn joined(text: &str) -> String {
    text.replace("\\\r\n", " ").replace("\\\n", " ")
}

/// Tells of what stands around lines that start the program, and returns the words of the first.
pub(super) fn line(draft: &mut Draft, mut lines: Vec<Vec<String>>) -> Vec<String> {
    for _ in lines.iter().skip(1) {
        draft.out_of_sight("another line that starts ExternalDNS", SECOND);
    }
    // What stands before the program in its line is no form that is known, either.
    draft.out_of_sight(
        "the line that starts ExternalDNS",
        "what stands around it, and before it, is not looked at: it may set variables, such as `EXTERNAL_DNS_DOMAIN_FILTER`",
    );
    if lines.is_empty() { Vec::new() } else { lines.swap_remove(0) }
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
