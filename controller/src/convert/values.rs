//! The values of a chart, key by key.

mod env_from;

use serde_json::{Map, Value, json};

pub(super) use self::env_from::env_from;

use super::draft::places::{OF_ANOTHER_CHART, as_written, has_place, is_of_another_chart};
use super::draft::{Draft, Origin};
use super::fields::{REWRITTEN_BY_HELM, each, is_empty, is_rewritten_by_helm, shown as cut};
use super::flags::{self, OTHER_REGISTRY};
use super::keys::{self, Form, SECRET};
use super::name_servers::NameServers;
use super::{Weight, bitnami, grammar, words};
use crate::args::{is_of_sidecar, whereabouts};

const COUNTS_BEFORE: &str =
    "the flag is given, too, and counts before its variable; it is left out";

/// Takes the values of `ExternalDNS`'s chart or of Bitnami's.
pub(super) fn take(draft: &mut Draft, mut values: Map<String, Value>) {
    draft.origin = Origin::Chart;
    draft.given.clone_from(&values);
    if values.remove("sops").is_some_and(|sops| sops.is_object()) {
        draft.unknown(
            "sops",
            "SOPS has encrypted values of it, each for the place where it stands: convert what they say (`sops --decrypt FILE | signpost \
             convert`), and encrypt what is printed",
        );
    }
    taken_away(draft, &values);
    if bitnami::is_meant(&values) {
        bitnami::take(draft, &mut values);
    } else {
        bitnami::in_doubt(draft, &values);
    }
    // Names and labels stay as they are, so that pods are found and IAM trusts the service account.
    draft.set(&["nameOverride"], json!("external-dns"));
    let provider = values.remove("provider");
    take_provider(draft, provider);
    let (env, extra) = (values.remove("env"), values.remove("extraArgs"));
    let namespaced = values.get("namespaced") == Some(&json!(true));
    for (key, value) in values {
        match key.as_str() {
            "sourceNamespace" if !namespaced && !value.is_null() => draft.say(
                Weight::Note,
                "sourceNamespace",
                "it counts with `namespaced: true` only, so every namespace is read, and it is left out",
            ),
            "secretConfiguration" => {
                let is_off = value.get("enabled").is_none_or(|on| daemon::toggle(&text(on)) == Ok(false));
                if !is_off {
                    draft.say(Weight::Refused, &key, SECRET);
                }
            }
            "registry" if ["dynamodb", "aws-sd", "crd"].iter().any(|name| value == *name) => {
                draft.set(&["registry"], json!("txt"));
                draft.say(Weight::Refused, &key, OTHER_REGISTRY);
            }
            "image" => image(draft, value),
            "envFrom" => env_from(draft, Some(value).filter(|value| !value.is_null())),
            _ => copy(draft, &key, value),
        }
    }
    draft.note_variables_of_the_pod(env.as_ref());
    // A flag counts before its variable.
    extra_args(draft, extra.as_ref());
    take_env(draft, env.as_ref());
}

/// Takes nulls that take values of the other chart itself away, as helm has it: its defaults do not count then
/// ([deletion]).
///
/// [deletion]: https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key
fn taken_away(draft: &mut Draft, values: &Map<String, Value>) {
    let is_null = |pointer: &[&str]| match pointer {
        [key] => values.get(*key) == Some(&Value::Null),
        [key, inner] => values.get(*key).and_then(|map| map.get(inner)) == Some(&Value::Null),
        _ => false,
    };
    if is_null(&["sources"]) {
        draft.set(&["sources"], json!([]));
    }
    if is_null(&["policy"]) {
        draft.set(&["policy"], json!("upsert-only"));
        draft.say(
            Weight::Changed,
            "policy",
            "null takes the chart's own away: ExternalDNS's chart writes `--policy=` then, with which nothing starts, and Bitnami's leaves \
             it to the program, which is `sync` up to v0.21; `upsert-only` is written, which never deletes",
        );
    }
    // What is on there by itself is off then.
    for path in [["serviceAccount", "create"], ["rbac", "create"]] {
        if is_null(&path) {
            draft.set(&path, json!(false));
        }
    }
}

/// Keys whose items are values of a flag.
const LISTS: [&str; 3] = ["domainFilters", "excludeDomains", "managedRecordTypes"];

/// Takes what goes by the same key; `key` has dots before inner ones.
pub(super) fn copy(draft: &mut Draft, key: &str, value: Value) {
    let path: Vec<&str> = key.split('.').collect();
    match keys::row(key) {
        Some(_) if value.is_null() => {}
        // A default of the other chart: an empty map where a list is wanted, or the other way round.
        Some(row) if is_empty(&value) && wanted(row.form, &value).is_none() => {}
        Some(row) => match (row.form, wanted(row.form, &value)) {
            // There a text that is empty is as if it were not there.
            (Form::Text, Some(text)) if text == json!("") => {}
            // So is false, but for what a chart writes whatever it says.
            (Form::Text, Some(_)) if value == json!(false) && flag_of(key).is_none() => {
                draft.say(
                    Weight::Note,
                    key,
                    "it is `false` and no text, which the chart passes over; it is left out",
                );
            }
            (Form::Text, Some(_)) if is_rewritten_by_helm(&value) => {
                draft.unknown(key, REWRITTEN_BY_HELM);
            }
            (Form::Text, Some(Value::String(text)))
                if !draft.is_verbatim && is_of_another_chart(&text) =>
            {
                draft.unknown(key, OF_ANOTHER_CHART);
            }
            // Ours reads this one as a template, which it was not there.
            (Form::Text, Some(Value::String(text))) if draft.is_verbatim && key == "txtOwnerId" => {
                draft.set(&path, json!(as_written(&text)));
            }
            (Form::Text, Some(text)) => text_of(draft, key, &path, text),
            (_, Some(value)) => {
                let items = value.as_array().filter(|_| LISTS.contains(&key));
                for (at, item) in items.into_iter().flatten().enumerate() {
                    flags::comma(draft, item.as_str().unwrap_or_default(), &format!("{key}[{at}]"));
                }
                draft.set(&path, value);
            }
            (_, None) if value.as_str().is_some_and(has_place) => draft.unknown(
                key,
                "something fills it in, and the chart has to know what it is: write it",
            ),
            (form, None) => {
                let text = format!("it has to be {}, and is `{}`", shown(form), cut(&value));
                draft.say(Weight::Refused, key, text);
            }
        },
        None if keys::is_group(key) => match value {
            Value::Object(map) => {
                for (inner, value) in map {
                    copy(draft, &format!("{key}.{inner}"), value);
                }
            }
            Value::Null => {}
            value => {
                draft.say(
                    Weight::Refused,
                    key,
                    format!("it has to be a map, and is `{}`", cut(&value)),
                );
            }
        },
        None if value.is_null() => {}
        None => {
            let text = bitnami::belongs(key).unwrap_or("no release of ExternalDNS's chart has this key, and it passes over what it does not know; it is left out");
            draft.say(Weight::Note, key, text);
        }
    }
}

/// Returns the flag that a key is where the other chart always writes it.
fn flag_of(key: &str) -> Option<&'static str> {
    ["log-level", "log-format", "interval", "policy", "registry"]
        .into_iter()
        .find(|flag| flags::key(flag) == Some(key))
}

/// Takes a text; those of flags are looked at by the flag parser.
fn text_of(draft: &mut Draft, key: &str, path: &[&str], value: Value) {
    let flag = flag_of(key).or((key == "annotationPrefix").then_some("annotation-prefix"));
    match (flag, value.as_str()) {
        (Some(flag), Some(text)) => flags::take(draft, flag, Some(text), key),
        _ => draft.set(path, value),
    }
}

/// Returns the value if it has the form, with numbers and truth values as texts where a text is wanted.
fn wanted(form: Form, value: &Value) -> Option<Value> {
    let fits = match form {
        Form::Any => true,
        Form::Text => value.is_string(),
        Form::Toggle => value.is_boolean(),
        Form::Number => value.is_number(),
        Form::List => value.is_array(),
        Form::Map => value.is_object(),
    };
    match (fits, form, value) {
        (true, ..) => Some(value.clone()),
        (false, Form::Text, Value::Number(_) | Value::Bool(_)) => Some(json!(value.to_string())),
        (false, Form::Toggle, Value::String(text)) => daemon::toggle(text).ok().map(Value::Bool),
        (false, Form::Number, Value::String(text)) => {
            text.parse::<u64>().ok().map(|number| json!(number))
        }
        _ => None,
    }
}

fn shown(form: Form) -> &'static str {
    match form {
        Form::Any => "something",
        Form::Text => "a text",
        Form::Toggle => "true or false",
        Form::Number => "a number",
        Form::List => "a list",
        Form::Map => "a map",
    }
}

/// Takes what of an image stays: how it is pulled.
pub(super) fn image(draft: &mut Draft, value: Value) {
    each(draft, "image", Some(value), "an image here has no such key", |draft, fields| {
        if let Some(policy) = fields.text(draft, "pullPolicy") {
            draft.set(&["image", "pullPolicy"], json!(policy));
        }
        let secrets = fields.list(draft, "pullSecrets");
        draft.push_secrets(&["imagePullSecrets"], secrets);
        fields.pass_default("debug", &json!(false));
        let named = ["registry", "repository", "tag", "digest"];
        if named.map(|key| fields.said(key)).into_iter().flatten().count() > 0 {
            draft.say(
                Weight::Note,
                "image",
                "it is ExternalDNS's, and is left out; mirrors of `signpost` and of the provider are named by `image` and \
                 `provider.webhook.image`",
            );
        }
    });
}

fn take_provider(draft: &mut Draft, provider: Option<Value>) {
    if let Some(Value::String(name)) = &provider {
        return flags::provider(draft, name, "provider");
    }
    if provider.as_ref().is_some_and(|given| !given.is_object() && !given.is_null()) {
        let text = format!(
            "it has to be a map or a text, and is `{}`",
            cut(&provider.unwrap_or_default())
        );
        return draft.say(Weight::Refused, "provider", text);
    }
    each(
        draft,
        "provider",
        provider,
        "no release of ExternalDNS's chart has this key",
        |draft, fields| {
            let name = fields.text(draft, "name").unwrap_or_else(|| "aws".to_owned());
            flags::provider(draft, &name, "provider");
            match fields.said("webhook") {
                Some(webhook) if name == "webhook" => copy(draft, "provider.webhook", webhook),
                Some(webhook) => {
                    let text = format!(
                        "it counts with `name: webhook` only, and is left out: `{}`",
                        cut(&webhook)
                    );
                    draft.say(Weight::Note, "provider.webhook", text);
                }
                None => {}
            }
        },
    );
}

/// Variables of Go's runtime (<https://pkg.go.dev/runtime#hdr-Environment_Variables>).
const OF_GO: [&str; 5] = ["GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"];

/// Tells whether every program reads a variable: where the proxy is, whom to trust, where files are.
fn is_of_every_program(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    let files = ["SSL_CERT_FILE", "SSL_CERT_DIR", "HOME"];
    proxies.contains(&name.as_str()) || files.contains(&name.as_str())
}

/// Flags that the other charts write always, so that their variables have no effect there.
const BY_CHART: [&str; 6] = ["source", "policy", "registry", "log-level", "log-format", "interval"];

/// Tells whether the other chart writes a flag, so that its variable has no effect; without sources it writes none.
fn is_by_chart(draft: &Draft, flag: &str) -> bool {
    let is_none = flag == "source" && draft.get(&["sources"]) == Some(&json!([]));
    draft.origin == Origin::Chart && BY_CHART.contains(&flag) && !is_none
}

/// Returns what is said of a variable that our chart's own flag overrides.
fn overridden(flag: &str) -> String {
    format!(
        "its value stands elsewhere, and the chart always writes `--{flag}`, which counts before a variable: write what it says into \
         the key `{}`",
        flags::key(flag).unwrap_or(flag)
    )
}

/// Takes variables: those of flags as flags, those of AWS to the provider, the others as they are.
pub(super) fn take_env(draft: &mut Draft, env: Option<&Value>) {
    let variables = match env {
        None | Some(Value::Null) => return,
        Some(Value::Array(variables)) => variables,
        Some(other) => {
            // As a text it may be anything, a secret most of all.
            let is =
                if other.is_string() { "a text".to_owned() } else { format!("`{}`", cut(other)) };
            let text = format!("it has to be a list of names with values, and is {is}");
            return draft.say(Weight::Refused, "env", text);
        }
    };
    for variable in variables {
        let Some(name) = variable.get("name").and_then(Value::as_str) else {
            draft.say(
                Weight::Refused,
                "env",
                format!("a variable has no name, and is `{}`", cut(variable)),
            );
            continue;
        };
        let value = variable.get("value").filter(|value| !value.is_null()).map(text);
        let value = match (value, variable.get("valueFrom")) {
            // Without either it is there, and empty.
            (None, None) => Some(String::new()),
            (value, _) => value,
        };
        let value = value.as_deref();
        let flag =
            name.strip_prefix("EXTERNAL_DNS_").map(|name| name.to_lowercase().replace('_', "-"));
        match (flag, value) {
            (Some(flag), Some(text)) if !text.is_empty() => variable_of(draft, &flag, text, name),
            (Some(flag), None) if is_of_sidecar(&flag) => {
                draft.push(&["provider", "webhook", "env"], [variable.clone()]);
            }
            (Some(flag), None) if NameServers::is_about(&flag) => {
                if flags::is_given(draft, &flag) {
                    draft.say(Weight::Note, name, COUNTS_BEFORE);
                } else {
                    draft.name_servers.take_variable(&flag, variable);
                }
            }
            (Some(flag), None) if flags::is_given(draft, &flag) => {
                draft.say(Weight::Note, name, COUNTS_BEFORE);
            }
            (Some(flag), None) if flags::is_always_written(&flag) => {
                if is_by_chart(draft, &flag) {
                    draft.say(Weight::Note, name, COUNTS_BEFORE);
                } else {
                    draft.unknown(name, &overridden(&flag));
                }
            }
            (Some(flag), None) if whereabouts(&flag).is_some() => {
                flags::take(draft, &flag, Some("…"), name);
            }
            (Some(_), Some(_)) => {
                draft.say(Weight::Note, name, "it is empty, which is as if it were not there");
            }
            (None, _) if name.starts_with("AWS_") => {
                if draft.is_aws() {
                    draft.push(&["provider", "webhook", "env"], [variable.clone()]);
                } else {
                    draft.say(Weight::Note, name, "only AWS's provider reads it, and the provider is another one; it is left out");
                }
            }
            (None, _) if OF_GO.contains(&name) => {
                draft.say(Weight::Note, name, "it is about the runtime of Go, and is left out: no program here is written in it");
            }
            // One program had it, which are two now.
            (None, _) if is_of_every_program(name) && draft.provider_name() != Some("webhook") => {
                draft.push(&["env"], [variable.clone()]);
                draft.push(&["provider", "webhook", "env"], [variable.clone()]);
            }
            // The settings of a provider that was built in; in the other chart one program had them all.
            (None, _) if !["aws", "webhook"].contains(&draft.provider_name().unwrap_or("aws")) => {
                draft.push(&["provider", "webhook", "env"], [variable.clone()]);
            }
            (_, _) => draft.push(&["env"], [variable.clone()]),
        }
    }
}

/// Takes a variable of a flag: one value a line where the flag can be repeated.
fn variable_of(draft: &mut Draft, flag: &str, text: &str, place: &str) {
    // A flag counts before its variable, and the other chart gives these flags itself, always.
    if flags::is_given(draft, flag) || is_by_chart(draft, flag) {
        return draft.say(Weight::Note, place, COUNTS_BEFORE);
    }
    let run = flags::run();
    let argument = run.get_arguments().find(|argument| argument.get_long() == Some(flag));
    let is_many = text.trim_end().contains('\n');
    match argument.filter(|argument| daemon::is_toggle(argument)) {
        Some(_) => match daemon::toggle(text) {
            Ok(on) => {
                flags::take(draft, &format!("{}{flag}", if on { "" } else { "no-" }), None, place);
            }
            Err(_) => flags::take(draft, flag, Some(text), place),
        },
        None if is_many => {
            for line in text.lines() {
                flags::take(draft, flag, Some(line), place);
            }
        }
        None => flags::take(draft, flag, Some(text), place),
    }
}

/// Takes further arguments: a map or a list, as the other chart has them.
pub(super) fn extra_args(draft: &mut Draft, extra: Option<&Value>) {
    match extra {
        None | Some(Value::Null) => {}
        Some(Value::Array(words)) => {
            let words: Vec<String> = words.iter().map(text).collect();
            words::take(draft, &words);
        }
        Some(Value::Object(map)) => {
            for (flag, value) in map {
                extra_arg(draft, flag, value);
            }
        }
        Some(value) => draft.say(
            Weight::Refused,
            "extraArgs",
            format!("it has to be a map or a list, and is `{}`", cut(value)),
        ),
    }
}

fn extra_arg(draft: &mut Draft, flag: &str, value: &Value) {
    let flag = flag.trim_start_matches('-');
    let place = format!("extraArgs.{flag}");
    match value {
        Value::Null | Value::Bool(true) => flags::take(draft, flag, None, &place),
        Value::Bool(false) => flags::take(draft, &format!("no-{flag}"), None, &place),
        Value::Array(values) if values.len() > 1 && grammar::takes_one(flag) => {
            let last = values.last().unwrap_or(&Value::Null);
            draft.say(Weight::Changed, &place, "it takes one value: the last one is taken");
            extra_arg(draft, flag, last);
        }
        Value::Array(values) => {
            for value in values {
                match value {
                    value if is_rewritten_by_helm(value) => {
                        draft.unknown(&place, REWRITTEN_BY_HELM);
                    }
                    value => flags::take(draft, flag, Some(&text(value)), &place),
                }
            }
        }
        Value::Number(_) if is_rewritten_by_helm(value) => {
            draft.unknown(&place, REWRITTEN_BY_HELM);
        }
        Value::String(_) | Value::Number(_) => flags::take(draft, flag, Some(&text(value)), &place),
        Value::Object(_) => draft.say(
            Weight::Refused,
            &place,
            "a flag takes a value or a list of values, and no map",
        ),
    }
}

/// Returns the text of a value.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
