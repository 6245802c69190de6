//! What the chart knows of flags and of foreign keys, made from the programs' own tables.

mod forms;

use std::collections::BTreeMap;

use controller_core::value::RECORD_TYPES;
use serde_json::{Value, json};

use super::bitnami;
use super::flags::{BUILT_IN, OTHER_REGISTRY, run};
use super::keys::{KeyOutcome, PEER_KEYS};
use crate::args::{Whereabouts, flags_elsewhere};

/// Returns the keys of other charts that ours refuses, each with what to do.
///
/// `key=VALUE` is about one value of a key, and `key=*` about all that are none of ours.
pub fn foreign_keys() -> BTreeMap<String, String> {
    let refused = PEER_KEYS.iter().filter_map(|row| match row.outcome {
        KeyOutcome::Refused(why) => Some((row.key.to_owned(), why.to_owned())),
        KeyOutcome::Same | KeyOutcome::Other(_) => None,
    });
    let bitnami = bitnami::KEYS
        .iter()
        .filter_map(|(key, _)| Some(((*key).to_owned(), bitnami::sentence(key)?)));
    let mut keys: BTreeMap<String, String> = refused.chain(bitnami).collect();
    // The same name, and keys of ours.
    keys.remove("networkPolicy");
    keys.insert("provider.name=*".to_owned(), BUILT_IN.replace("NAME", "VALUE"));
    for registry in ["dynamodb", "aws-sd", "crd"] {
        keys.insert(format!("registry={registry}"), OTHER_REGISTRY.to_owned());
    }
    keys.insert(
        "image.registry".to_owned(),
        "is of Bitnami's chart; here image.repository has the registry, too".to_owned(),
    );
    keys.insert(
        "image.digest".to_owned(),
        "is of Bitnami's chart; write it after the tag: `tag: v0.1.0@sha256:…`".to_owned(),
    );
    keys.insert("namespace".to_owned(), "the release's namespace is that of `helm --namespace`, and `namespaceOverride` takes another; \
        to read one namespace only set `namespaced: true` and `sourceNamespace` (in Bitnami's chart it is the one that is read)".to_owned());
    keys
}

/// Returns what the chart looks at: flags of our programs, flags that went elsewhere, and foreign keys.
///
/// `providers` are the grammars of our providers.
pub fn known(providers: &[clap::Command]) -> Value {
    let mut elsewhere = BTreeMap::new();
    let mut starts = BTreeMap::new();
    let mut ignored = Vec::new();
    for (name, whereabouts) in flags_elsewhere() {
        let why = match whereabouts {
            Whereabouts::NoEffect(_) | Whereabouts::NoEffectWhenSet { .. } => {
                ignored.push(name);
                continue;
            }
            Whereabouts::Moved(to) => format!("is not a flag of the controller: {to}"),
            Whereabouts::NotBuilt(instead) => format!("is not supported: {instead}"),
        };
        match name.strip_suffix('*') {
            Some(start) => starts.insert(start, why),
            None => elsewhere.insert(name, why),
        };
    }
    let mut flags = BTreeMap::from([("signpost".to_owned(), rows(run()))]);
    flags.extend(providers.iter().map(|provider| (provider.get_name().to_owned(), rows(provider))));
    json!({
        "flags": flags,
        "elsewhere": elsewhere,
        "starts": starts,
        "ignored": ignored,
        "keys": foreign_keys(),
    })
}

/// Returns what each flag of a command takes.
fn rows(command: &clap::Command) -> BTreeMap<String, Value> {
    let flags = command
        .get_arguments()
        .filter_map(|argument| Some((argument.get_long()?.to_owned(), argument)));
    flags
        .filter(|(name, _)| !["help", "version"].contains(&name.as_str()))
        .map(|(name, argument)| {
            let mut row = takes(&name, argument);
            if let (clap::ArgAction::Append, Value::Object(row)) = (argument.get_action(), &mut row)
            {
                row.insert("many".to_owned(), json!(true));
            }
            (name, row)
        })
        .collect()
}

fn takes(name: &str, argument: &clap::Arg) -> Value {
    if daemon::is_toggle(argument) {
        return json!({"takes": "toggle"});
    }
    let sources: Vec<&str> = controller_sources::SOURCES.iter().map(|source| source.name).collect();
    match name {
        "source" => return json!({"takes": "words", "words": sources}),
        "provider" => {
            return json!({"takes": "words", "words": ["webhook"], "instead": [
                {"word": "aws", "says": "Route 53 is provider.name `aws`"},
                {"word": "rfc2136", "says": "name servers are provider.name `rfc2136`"},
            ]});
        }
        "registry" => {
            let instead = ["dynamodb", "aws-sd", "crd"]
                .map(|word| json!({"word": word, "says": OTHER_REGISTRY}));
            return json!({"takes": "words", "words": ["noop", "txt"], "instead": instead});
        }
        "policy" => {
            return json!({
                "takes": "text",
                "pattern": "^(sync|upsert-only|create-only|(create|update|replace|delete)(,(create|update|replace|delete))*)$",
                "says": "`sync`, `upsert-only`, `create-only`, or a list of `create`, `update`, `replace` and `delete`",
            });
        }
        "managed-record-types" | "exclude-record-types" => {
            let types = RECORD_TYPES.map(str::to_owned).join("|");
            return json!({
                "takes": "text",
                "pattern": format!("(?i)^ *({types})?( *, *({types})?)* *$"),
                "says": "types of records such as `A`, `AAAA`, `CNAME` or `TXT`",
            });
        }
        _ => {}
    }
    // What something else fills in has another form until then.
    if let Some((form, says)) = forms::of(name) {
        return json!({"takes": "text", "form": form, "says": says});
    }
    let values = argument.get_possible_values();
    if !values.is_empty() {
        let words: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        return json!({"takes": "words", "words": words});
    }
    let kinds = argument.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str);
    let kind = kinds.collect::<Vec<_>>().join(" ");
    match kind.as_str() {
        "DURATION" => json!({"takes": "duration"}),
        "PERCENT" => {
            json!({"takes": "text", "pattern": "^(100|[0-9]{1,2})$", "says": "a number up to 100"})
        }
        "COUNT" | "NUMBER" | "BYTES" | "NAMES" => {
            json!({"takes": "text", "pattern": digits(name, argument), "says": "a number"})
        }
        _ => json!({"takes": "text"}),
    }
}

/// Most digits of a number.
const MOST_DIGITS: usize = 18;

/// Returns how the numbers are written that a flag takes, as its own parser says. That one may take
/// more, such as `1e3` for a fraction, which means other things elsewhere.
fn digits(name: &str, argument: &clap::Arg) -> String {
    let is_taken = |text: &str| {
        let alone = clap::Command::new("").no_binary_name(true).arg(argument.clone());
        alone.try_get_matches_from([format!("--{name}={text}")]).is_ok()
    };
    let most = (1..=MOST_DIGITS).rev().find(|count| is_taken(&"9".repeat(*count)));
    let sign = if is_taken("-1") { "-?" } else { "" };
    let fraction = if is_taken("1.5") { "([.][0-9]{1,9})?" } else { "" };
    format!("^{sign}[0-9]{{1,{}}}{fraction}$", most.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_chart_is_written_as_the_flag_that_it_becomes() {
        let keys = include_str!("../../../charts/signpost/keys.json");
        let keys: Value = serde_json::from_str(keys).unwrap();
        let server = "/properties/provider/properties/rfc2136/properties";
        for (flag, place) in [
            (
                "aws-assume-role",
                "/definitions/accountAnnotations/properties/eks.amazonaws.com~1role-arn",
            ),
            ("rfc2136-host", "/definitions/nameServers/items"),
            ("rfc2136-zone", &format!("{server}/zones/items")),
            ("tls-pin", &format!("{server}/tls/properties/pins/items")),
            ("shard", "/properties/shard"),
        ] {
            let (form, _) = forms::of(flag).unwrap();
            assert_eq!(keys.pointer(place).unwrap()["form"], form, "{flag}");
        }
    }
}
