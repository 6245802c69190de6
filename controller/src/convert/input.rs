//! What kind of text an installation is written in.

mod beside;
mod data;
mod files;
mod helm;
mod inside;
mod layers;
mod nested;
mod objects;

use serde_json::{Map, Value};

pub(super) use self::data::Data;
use self::data::DataObjects;
use super::draft::Draft;
use super::fields::shown;
use super::start::{self, Scope};
use super::{Weight, bitnami, keys, pod, terraform, words};

/// An installation as it was given.
#[derive(Debug, PartialEq)]
pub(super) enum Installation {
    /// The words of a command line, without the program.
    Words(Vec<String>),
    /// The values of a chart.
    Values(Map<String, Value>),
    /// A container that is in no pod, or a program that runs in none, as a container.
    Container(Map<String, Value>),
    /// An object with a template of pods.
    Pod(Box<Value>),
}

/// What can be read.
const KINDS: &str = "give the arguments of ExternalDNS (`--source=… --provider=…`), its Deployment as \
     `kubectl get deployment external-dns -o yaml` or `kustomize build` prints it, a values file of its chart or of \
     Bitnami's, a `helm upgrade … --set …`, or what holds such values: an Application of Argo CD, a HelmRelease of \
     Flux, a `helm_release` of Terraform, a helmfile, the `helmCharts` of a kustomization, or anything in which its container, \
     values beside its chart, or a line that starts it stands";

/// What is said of changes to what a chart renders.
pub(super) const RENDERED: &str = "it changes what the other chart renders, and what it makes of that is not known here: put what it does into values";

/// What is said of a second installation in one text.
pub(super) const SECOND: &str =
    "it is an installation of its own: convert it by itself, and give it a release of its own";

/// Finds out what a text is; what of it is no part of the installation is told.
pub(super) fn read(draft: &mut Draft, text: &str) -> Result<Installation, String> {
    let text = &text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = first else { return Err(format!("there is nothing in it: {KINDS}")) };
    let bare = first.trim_start_matches(['"', '\'']);
    if bare.starts_with("--") && first != "---" && !first.starts_with("--- ") {
        return Ok(Installation::Words(start::typed(draft, words::split(text))));
    }
    let formed = start::of_a_form(text).map_err(|error| format!("{error}; {KINDS}"))?;
    if let Some(container) = start::first(draft, formed) {
        return Ok(Installation::Container(container));
    }
    if let Some(values) = of_helm(draft, text) {
        return Ok(values);
    }
    let words = words::split(text);
    if let Some((program, rest)) = words.split_first() {
        let is_program = matches!(program.rsplit('/').next(), Some("external-dns" | "signpost"));
        if is_program && rest.iter().all(|word| !word.ends_with(':')) && !is_script(text) {
            return Ok(Installation::Words(start::typed(draft, rest.to_vec())));
        }
    }
    if terraform::is_meant(text) {
        return of_terraform(draft, text);
    }
    let lines = inside::started(text);
    let starts = start::of_lines(text, &Scope::default());
    let is_of_lines = !lines.is_empty() || !starts.is_empty();
    let read = super::yaml::documents(draft, "", text)
        .or_else(|error| if is_of_lines { Ok(Vec::new()) } else { Err(error) });
    let read = read.map_err(|error| {
        let error = error.without_snippet().to_string();
        let is_template = text.contains("{{")
            || text.lines().any(|line| line.trim_start().starts_with("%{"));
        if is_template {
            format!("it is a template, and not what it makes: {error}. Convert what is made of it (`helm get values external-dns -o yaml`); {KINDS}")
        } else {
            format!("it cannot be read: {error}; {KINDS}")
        }
    })?;
    let elsewhere = read.iter().find_map(elsewhere);
    let inside: Vec<_> = read.iter().flat_map(inside::find).collect();
    let mentioned = read.iter().find_map(mentioned);
    let nested: Vec<_> = read.iter().flat_map(nested::find).collect();
    let others = beside::around(&read);
    let found = documents(draft, read).or_else(|| {
        let found = inside::read(draft, inside);
        if found.is_some() {
            beside::hold(draft, &others);
        }
        found
    });
    if let Some(found) = found {
        return Ok(found);
    }
    let starts = if nested.is_empty() { starts } else { nested };
    if let Some(container) = start::first(draft, starts) {
        return Ok(Installation::Container(container));
    }
    if !lines.is_empty() {
        let words = inside::line(draft, lines);
        return Ok(Installation::Words(start::typed(draft, words)));
    }
    Err(match elsewhere.or(mentioned) {
        Some(text) => format!("{text}; {KINDS}"),
        None => format!("there is no installation of ExternalDNS in it: {KINDS}"),
    })
}

/// What is said of a command of helm that a provisioner does not run as a line of its own.
const NOT_ALONE: &str = "a provisioner runs helm within another command: give the line of helm by itself \
     (`helm upgrade --install … --set …`), or `helm get values external-dns -o yaml`";

/// Reads a text of Terraform.
fn of_terraform(draft: &mut Draft, text: &str) -> Result<Installation, String> {
    let found = terraform::installation(draft, text)
        .map_err(|error| format!("it cannot be read as Terraform: {error}; {KINDS}"))?;
    if let Some(place) = start::changes_beside(text).filter(|_| found.is_some()) {
        draft.out_of_sight(
            &place,
            "it may change what is installed here, or install another: look at what it does",
        );
    }
    match found {
        Some(terraform::InTerraform::Values(values)) => Ok(Installation::Values(values)),
        Some(terraform::InTerraform::Object(object)) => Ok(Installation::Pod(Box::new(object))),
        None => match start::first(draft, start::of_provisioners(text)) {
            Some(container) => Ok(Installation::Container(container)),
            None if start::is_released(&start::provisioned(text)) => {
                draft.out_of_sight(
                    "provisioner",
                    "what Terraform fills in, and what else it runs, is not known here: write what it says into the values",
                );
                let found = of_helm(draft, &start::provisioned(text));
                found.ok_or_else(|| format!("{NOT_ALONE}; {KINDS}"))
            }
            None => Err(format!("no installation of ExternalDNS is in it: {KINDS}")),
        },
    }
}

/// Returns the values that helm is given in a script, but for one in which something else is the start of `ExternalDNS`.
fn of_helm(draft: &mut Draft, text: &str) -> Option<Installation> {
    let is_plain = text.lines().any(runs_helm);
    // YAML makes one line of several, and of one that has a key before it.
    let steps = if text.contains("helm") { nested::steps(text) } else { Vec::new() };
    let steps: Vec<String> = steps.into_iter().filter(|step| start::is_released(step)).collect();
    if !is_plain && steps.is_empty() {
        return None;
    }
    let is_started = beside::is_started(text);
    if is_started && steps.is_empty() && !start::is_released(text) {
        return None;
    }
    let script = if is_plain { text.to_owned() } else { steps.join("\n") };
    let text = script.as_str();
    if is_started {
        draft.out_of_sight("a start of ExternalDNS beside helm", SECOND);
    }
    if start::patches(text) {
        draft
            .out_of_sight("kubectl", "it changes what helm has made: put what it does into values");
    }
    Some(Installation::Values(helm::values(draft, &words::split(text))))
}

/// Tells whether a line runs helm: in a script, or as a step of one that is written in YAML.
fn runs_helm(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    line.strip_prefix("sudo ").unwrap_or(line).starts_with("helm ")
}

/// Says where a document of a kind that is not known here names `ExternalDNS`, for people.
fn mentioned(document: &Value) -> Option<String> {
    let place = inside::mentioned(document)?;
    Some(format!(
        "{} names ExternalDNS at `{place}`, and what a {} makes of that is not known here: give what it makes (`kubectl get \
         deployment external-dns -o yaml | signpost convert`, or `helm get values external-dns -o yaml | signpost convert`)",
        named(document),
        document.get("kind").and_then(Value::as_str).unwrap_or("document of this kind")
    ))
}

/// Returns where an installation is that is not in a text itself, for people.
fn elsewhere(document: &Value) -> Option<String> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let kind = text("/kind")?;
    let name = named(document);
    if kind == "ExternalDNS" {
        return Some(format!(
            "{name} is for OpenShift's operator, which makes a Deployment of it: give that (`kubectl get deployments \
             --all-namespaces` has it as `external-dns-{}`; `kubectl get deployment … -o yaml | signpost convert`)",
            text("/metadata/name").unwrap_or("NAME")
        ));
    }
    let place = match kind {
        "Application" => text("/spec/source/path"),
        "Kustomization" => text("/spec/path").or(Some(".")),
        _ => None,
    }?;
    Some(format!(
        "{name} says where the objects are, and not what they are: give what is built of them (`kustomize build {place} | signpost \
         convert`), or what runs (`kubectl get deployment external-dns -o yaml | signpost convert`)"
    ))
}

/// Tells whether a text that begins with the program goes on with something else, and is not only its arguments.
fn is_script(text: &str) -> bool {
    let joined = text.replace("\\\n", " ");
    let mut lines = joined.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().is_some_and(|first| first.contains(['>', '<', '|', ';', '&']))
        || lines.any(|line| !line.starts_with(['-', '#', '"', '\'']))
}

/// How much a document looks like the installation that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It is none.
    Other,
    /// It is one of something, or was made by one.
    Some,
    /// It is a part of one, as a patch is.
    Part,
    /// It is one, and says of what.
    Named,
}

/// Takes the first installation among documents, and tells of all the others.
fn documents(draft: &mut Draft, read: Vec<Value>) -> Option<Installation> {
    let all: Vec<Value> = read.into_iter().flat_map(items).collect();
    let held = DataObjects::of(&all);
    let all = layers::together(draft, all);
    let likeness = likeness_among(&all);
    let best = all.iter().map(likeness).max().filter(|best| *best > Likeness::Other)?;
    beside::hold(draft, &beside::over(&all, best, likeness));
    let mut found = None;
    for document in all {
        let name = named(&document);
        match likeness(&document) {
            Likeness::Part if best > Likeness::Part => {}
            // Of what an object makes the object is told.
            Likeness::Other if !pod::is_one(&document) && !inside::find(&document).is_empty() => {
                draft.unknown(&name, SECOND);
            }
            is if is < best => {
                let holds_data =
                    ["ConfigMap ", "Secret "].iter().any(|kind| name.starts_with(kind));
                let text = if holds_data {
                    "it stays yours, and what the installation takes out of it is in what is printed"
                } else {
                    "it is left out: the chart makes what it needs itself, and what is yours stays yours"
                };
                draft.say(Weight::Note, &name, text);
            }
            _ if found.is_some() => draft.unknown(&name, SECOND),
            _ => {
                let data = held.near(&document);
                found = installation(draft, document, &data);
            }
        }
    }
    found
}

/// Returns what a List holds, or the document itself.
fn items(document: Value) -> Vec<Value> {
    let is_list =
        document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match document {
        Value::Null => Vec::new(),
        Value::Object(mut map) if is_list && map.get("items").is_some_and(Value::is_array) => {
            match map.remove("items") {
                Some(Value::Array(inner)) => inner.into_iter().flat_map(items).collect(),
                _ => Vec::new(),
            }
        }
        Value::Array(inner) if inner.iter().all(Value::is_object) => {
            inner.into_iter().flat_map(items).collect()
        }
        other => vec![other],
    }
}

/// Returns what a remark calls a document.
fn named(document: &Value) -> String {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    match (text("/kind"), text("/metadata/namespace"), text("/metadata/name")) {
        (Some(kind), Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (Some(kind), None, Some(name)) => format!("{kind} {name}"),
        (Some(kind), _, None) => kind.to_owned(),
        (None, ..) => format!("the document `{}`", shown(document)),
    }
}

/// Tells whether something speaks of ExternalDNS.
fn mentions(value: &Value) -> bool {
    let text = value.to_string();
    ["external-dns", "externaldns", "external_dns", "externalDns"]
        .iter()
        .any(|name| text.contains(name))
}

/// Returns how much each of some documents looks like the installation: beside one that is whole, one that is not is a
/// part, even where it has images.
fn likeness_among(all: &[Value]) -> impl Fn(&Value) -> Likeness + Copy + use<> {
    let is_named_pod =
        |document: &Value| pod::is_one(document) && likeness(document) == Likeness::Named;
    let has_whole = all.iter().any(|document| is_named_pod(document) && pod::is_whole(document));
    move |document| {
        let is_part = has_whole && is_named_pod(document) && !pod::is_whole(document);
        if is_part { Likeness::Part } else { likeness(document) }
    }
}

fn likeness(document: &Value) -> Likeness {
    let is_key = |key: &str| keys::is_known(key) || bitnami::belongs(key).is_some();
    let by_name = |is: bool| if is { Likeness::Named } else { Likeness::Some };
    match document {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            Likeness::Named
        }
        Value::Object(map) if map.contains_key("kind") && map.contains_key("apiVersion") => {
            if files::is_kustomization(map) || objects::holds_values(document) {
                return by_name(mentions(document));
            }
            if !pod::is_one(document) {
                return Likeness::Other;
            }
            let is_made =
                document.pointer("/metadata/ownerReferences").is_some_and(Value::is_array);
            let is_one = pod::is_of_external_dns(document) && !is_made;
            if is_one && !pod::has_images(document) { Likeness::Part } else { by_name(is_one) }
        }
        Value::Object(map) => {
            let is_one = files::is_snippet(map)
                || files::is_wrapped(map)
                || map.keys().any(|key| files::is_name(key))
                || map.is_empty()
                // A file of another tool may have a key of ours, such as `image` or `resources`.
                || map.keys().any(|key| is_key(key))
                    && inside::find(document).is_empty()
                    && !nested::is_under(document, |key| !is_key(key));
            if is_one { Likeness::Named } else { Likeness::Other }
        }
        _ => Likeness::Other,
    }
}

fn installation(draft: &mut Draft, document: Value, data: &Data) -> Option<Installation> {
    match document {
        Value::Array(items) => {
            let words = items.into_iter().filter_map(|item| item.as_str().map(str::to_owned));
            Some(Installation::Words(words.collect()))
        }
        Value::Object(map) if files::is_kustomization(&map) || files::is_wrapped(&map) => {
            let found = files::values(draft, map)?;
            Some(Installation::Values(over_layer(draft, found)))
        }
        Value::Object(map) if map.contains_key("kind") && map.contains_key("apiVersion") => {
            let object = Value::Object(map);
            if pod::is_one(&object) {
                let object = pod::with_config_maps(draft, object, data);
                return Some(Installation::Pod(Box::new(object)));
            }
            let found = objects::values(draft, object, data)?;
            let found = over_layer(draft, found);
            Some(Installation::Values(files::nested(draft, found)))
        }
        Value::Object(map) if files::is_snippet(&map) => {
            let pod = serde_json::json!({"kind": "Pod", "spec": {"containers": [map]}});
            Some(Installation::Pod(Box::new(pod)))
        }
        Value::Object(map) => Some(Installation::Values(files::nested(draft, map))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns values over those of the files of values in the same text.
fn over_layer(draft: &mut Draft, found: Map<String, Value>) -> Map<String, Value> {
    let mut layer = std::mem::take(&mut draft.layer);
    merge(&mut layer, found);
    layer
}

/// Puts values over others, map by map, as helm does with several files.
pub(super) fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(there)), Value::Object(value)) => merge(there, value),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Reads values that stand in a text; what is none is told.
pub(super) fn yaml(draft: &mut Draft, place: &str, text: &str) -> Map<String, Value> {
    let read = super::yaml::documents(draft, place, text);
    match read.map(<[Value; 1]>::try_from) {
        Ok(Ok([Value::Object(map)])) => map,
        Ok(Ok([Value::Null])) => Map::new(),
        Ok(Err(none)) if none.is_empty() => Map::new(),
        Ok(_) => {
            draft.out_of_sight(place, "it holds no map of values");
            Map::new()
        }
        Err(error) => {
            draft.out_of_sight(place, &format!("it cannot be read: {}", error.without_snippet()));
            Map::new()
        }
    }
}
