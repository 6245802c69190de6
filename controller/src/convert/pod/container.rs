//! The containers of a pod: `ExternalDNS`, and the provider beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fields::{Fields, each, shown};
use super::super::input::SECOND;
use super::super::values::{env_from, take_env};
use super::super::{Weight, words};
use super::filled::Known;
use super::{NO_KEY, program};

/// Which container is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// That of `ExternalDNS`.
    Controller,
    /// That of the provider beside it.
    Provider,
}

/// Tells whether a container is the controller: by its image or its arguments.
pub(super) fn is_main(container: &Value) -> bool {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let name =
        image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    let words =
        ["command", "args"].iter().filter_map(|key| container.get(*key)).map(Value::to_string);
    name == "external-dns" || words.collect::<String>().contains("--source")
}

impl Container {
    /// Takes what a container says.
    pub(super) fn take(self, draft: &mut Draft, fields: &mut Fields) {
        // What the API server writes where nothing is said.
        fields.pass_default("terminationMessagePath", &json!("/dev/termination-log"));
        fields.pass_default("terminationMessagePolicy", &json!("File"));
        fields.pass_default("stdin", &json!(false));
        fields.pass_default("tty", &json!(false));
        fields.pass(&["name"]);
        match self {
            Self::Controller => controller(draft, fields),
            Self::Provider => provider(draft, fields),
        }
    }
}

fn strings(draft: &mut Draft, fields: &mut Fields, key: &str) -> Vec<String> {
    let text = |word: Value| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
    fields.list(draft, key).into_iter().map(text).collect()
}

fn controller(draft: &mut Draft, fields: &mut Fields) {
    let (command, args) = (strings(draft, fields, "command"), strings(draft, fields, "args"));
    let mut env = fields.take("env");
    let known = Known::of(env.as_mut(), draft.namespace.as_deref());
    let mut used = Vec::new();
    let fill = |words: Vec<String>, used: &mut Vec<String>| -> Vec<String> {
        words.iter().map(|word| known.filled(word, used)).collect()
    };
    let (command, args) = (fill(command, &mut used), fill(args, &mut used));
    let program::Program { words: all, variables } = program::arguments(draft, command, args);
    // Of a value with blanks a shell may make several words.
    let is_one = |word: &str| !word.contains(char::is_whitespace);
    let all: Vec<String> = all
        .into_iter()
        .map(|word| match known.filled(&word, &mut Vec::new()) {
            filled if is_one(&filled) => known.filled(&word, &mut used),
            _ => word,
        })
        .collect();
    let set: Vec<(String, String)> = variables
        .into_iter()
        .map(|(name, value)| (name, known.filled(&value, &mut used)))
        .collect();
    used.sort_unstable();
    used.dedup();
    // It was there for that, and may be a secret.
    let is_read =
        |name: &str| ["EXTERNAL_DNS_", "AWS_"].iter().any(|start| name.starts_with(start));
    let gone: BTreeSet<&str> =
        used.iter().map(String::as_str).filter(|name| !is_read(name)).collect();
    if let Some(Value::Array(env)) = &mut env {
        env.retain(|variable| !is_called(variable, &gone));
    }
    for name in &used {
        draft.say(
            Weight::Note,
            &format!("$({name})"),
            "what the variable says is written out where it was filled in",
        );
    }
    before_program(draft, &mut env, &set);
    let all: Vec<String> = all.iter().flat_map(|word| lines(word)).collect();
    draft.note_variables_of_the_pod(env.as_ref());
    words::take(draft, &all);
    if let Some(image) = fields.said("image") {
        let text = format!("`{}` is ExternalDNS's image, and is left out", shown(&image));
        draft.say(Weight::Note, &fields.at("image"), text);
    }
    if let Some(policy) =
        fields.said("imagePullPolicy").filter(|policy| *policy != json!("IfNotPresent"))
    {
        draft.set(&["image", "pullPolicy"], policy);
    }
    take_env(draft, env.as_ref());
    let from = fields.said("envFrom");
    env_from(draft, from);
    for (key, path) in [("resources", "resources"), ("securityContext", "securityContext")] {
        if let Some(value) = fields.said(key) {
            draft.set(&[path], value);
        }
    }
    if let Some(mounts) = fields.said("volumeMounts").filter(|mounts| *mounts != json!([])) {
        draft.set(&["extraVolumeMounts"], mounts);
    }
    for key in ["ports", "livenessProbe", "readinessProbe", "startupProbe"] {
        if fields.said(key).is_some() {
            let text = "the chart has its own, on port 7979, and this is left out; alerts and scrapes by its name need a look";
            draft.say(Weight::Note, &fields.at(key), text);
        }
    }
}

/// Sets the variables that stand before the program in its command, over those of the container.
fn before_program(draft: &mut Draft, env: &mut Option<Value>, set: &[(String, String)]) {
    if set.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    // Of two of a name the later one counts.
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    last.extend(set.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)));
    let all = env.get_or_insert_with(|| json!([]));
    if let Value::Array(all) = all {
        all.retain(|variable| !is_called(variable, &names));
    }
    for (at, (name, value)) in set.iter().enumerate() {
        match all {
            Value::Array(all) if !value.replace("$$(", "").contains("$(") => {
                if last.get(name.as_str()) == Some(&at) {
                    all.push(json!({"name": name, "value": value}));
                }
            }
            _ => draft.out_of_sight(name, "something fills it in: write what it says"),
        }
    }
}

/// Tells whether a variable has one of some names.
fn is_called(variable: &Value, names: &BTreeSet<&str>) -> bool {
    variable.get("name").and_then(Value::as_str).is_some_and(|name| names.contains(name))
}

fn provider(draft: &mut Draft, fields: &mut Fields) {
    let image = fields.text(draft, "image").unwrap_or_default();
    let at = image.rfind('/').unwrap_or_default();
    let (repository, tag) =
        match image.get(at..).and_then(|last| last.find(':')).map(|colon| at.saturating_add(colon))
        {
            Some(colon) => (
                image.get(..colon).unwrap_or_default(),
                image.get(colon.saturating_add(1)..).unwrap_or_default(),
            ),
            None => (image.as_str(), "latest"),
        };
    draft.set(&["provider", "webhook", "image"], json!({"repository": repository, "tag": tag}));
    let pull = fields.text(draft, "imagePullPolicy");
    // What Kubernetes does where nothing is said.
    let pull = pull.or_else(|| (tag == "latest").then(|| "Always".to_owned()));
    if let Some(policy) = pull.filter(|policy| policy != "IfNotPresent") {
        draft.set(&["provider", "webhook", "image", "pullPolicy"], json!(policy));
    }
    for (key, path) in [
        ("args", "args"),
        ("env", "env"),
        ("envFrom", "envFrom"),
        ("resources", "resources"),
        ("securityContext", "securityContext"),
    ] {
        if let Some(value) = fields.said(key) {
            draft.set(&["provider", "webhook", path], value);
        }
    }
    if let Some(mounts) = fields.said("volumeMounts").filter(|mounts| *mounts != json!([])) {
        draft.set(&["provider", "webhook", "extraVolumeMounts"], mounts);
    }
    if let Some(command) = fields.said("command") {
        let text = format!(
            "the chart starts what the image starts: `{}` has to be in the image, or its words in `provider.webhook.args`",
            shown(&command)
        );
        draft.say(Weight::Refused, &fields.at("command"), text);
    }
    let ports = fields.list(draft, "ports");
    for key in ["livenessProbe", "readinessProbe"] {
        // What was not probed is not ended by a probe of the chart's own.
        let probe =
            fields.said(key).and_then(|probe| by_number(draft, &fields.at(key), probe, &ports));
        draft.set(&["provider", "webhook", key], probe.unwrap_or_default());
    }
}

/// The port that the chart names in the provider's container, and what it calls it.
const HEALTH: (u64, &str) = (8080, "http-webhook");

/// Returns a probe that asks a port by its number, since the chart has names of its own; one of a port that is not there is told.
fn by_number(draft: &mut Draft, place: &str, mut probe: Value, ports: &[Value]) -> Option<Value> {
    for kind in ["httpGet", "tcpSocket"] {
        let Some(port) = probe.get_mut(kind).and_then(|asked| asked.get_mut("port")) else {
            continue;
        };
        let Some(name) = port.as_str().map(str::to_owned) else { continue };
        let named = ports.iter().find(|port| port.get("name").is_some_and(|given| *given == name));
        let number = match name.parse::<u64>() {
            Ok(number) => Some(number),
            Err(_) => named.and_then(|port| port.get("containerPort")?.as_u64()),
        };
        match number {
            Some(number) if number == HEALTH.0 => *port = json!(HEALTH.1),
            Some(number) => *port = json!(number),
            None if name == HEALTH.1 => {}
            None => {
                let text = format!("the container has no port `{name}`; it is left out");
                draft.say(Weight::Refused, place, text);
                return None;
            }
        }
    }
    Some(probe)
}

/// Tells of further containers that are ExternalDNS, too.
fn controllers_beside(draft: &mut Draft) {
    let Some(Value::Array(others)) = draft.remove("extraContainers") else { return };
    let (controllers, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_main);
    for container in controllers {
        let name = container.get("name").map(shown).unwrap_or_default();
        draft.unknown(&format!("container {name}"), SECOND);
    }
    if !others.is_empty() {
        draft.push(&["extraContainers"], others);
    }
}

/// Takes the provider that runs beside the controller out of the further containers.
pub(in super::super) fn provider_beside(draft: &mut Draft) {
    controllers_beside(draft);
    let is_elsewhere = draft.get(&["provider", "mode"]).is_some();
    let is_named = draft.get(&["provider", "webhook", "image", "repository"]).is_some();
    if draft.provider_name() != Some("webhook") || is_elsewhere || is_named {
        return;
    }
    let Some(Value::Array(mut others)) = draft.remove("extraContainers") else { return };
    let is_webhook = |container: &Value| {
        ["name", "image"]
            .iter()
            .filter_map(|key| container.get(*key)?.as_str())
            .any(|text| text.contains("webhook"))
    };
    let at = others.iter().position(is_webhook).or_else(|| (others.len() == 1).then_some(0));
    if let Some(at) = at {
        let container = others.remove(at);
        let name = container.get("name").map(shown).unwrap_or_default();
        let place = format!("container {name} (provider)");
        each(draft, &place, Some(container), NO_KEY, |draft, fields| {
            Container::Provider.take(draft, fields);
        });
    }
    if !others.is_empty() {
        draft.push(&["extraContainers"], others);
    }
}

/// Returns the words in an argument: a list that was folded into one text has several.
fn lines(word: &str) -> Vec<String> {
    if word.trim_end().contains('\n') {
        words::split(word)
    } else {
        vec![word.trim_end().to_owned()]
    }
}
