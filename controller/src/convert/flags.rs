//! Flags: which value of the chart each is, whose it is, and what the flag parser says of it.

use std::sync::LazyLock;

use clap::CommandFactory as _;
use serde_json::{Map, Value, json};

use super::Weight;
use super::draft::places::{
    OF_ANOTHER_CHART, as_written, has_action, has_place, is_of_another_chart, literal,
};
use super::draft::{Draft, Origin};
use super::grammar;
use super::name_servers::{self, NameServers};
use crate::args::{
    Cli, Environment, Parsed, Rules, Whereabouts, is_of_sidecar, no_rules, parse, whereabouts,
};

/// A flag for which the chart has a key.
struct Keyed {
    flag: &'static str,
    key: &'static str,
    takes: Takes,
}

/// What a key of the chart takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    One,
    Many,
    Toggle,
}

/// In the order in which the chart writes them.
const KEYED: [Keyed; 17] = [
    Keyed { flag: "log-level", key: "logLevel", takes: Takes::One },
    Keyed { flag: "log-format", key: "logFormat", takes: Takes::One },
    Keyed { flag: "interval", key: "interval", takes: Takes::One },
    Keyed { flag: "events", key: "triggerLoopOnEvent", takes: Takes::Toggle },
    Keyed { flag: "source", key: "sources", takes: Takes::Many },
    Keyed { flag: "policy", key: "policy", takes: Takes::One },
    Keyed { flag: "registry", key: "registry", takes: Takes::One },
    Keyed { flag: "txt-owner-id", key: "txtOwnerId", takes: Takes::One },
    Keyed { flag: "txt-prefix", key: "txtPrefix", takes: Takes::One },
    Keyed { flag: "txt-suffix", key: "txtSuffix", takes: Takes::One },
    Keyed { flag: "gateway-namespace", key: "gatewayNamespace", takes: Takes::One },
    Keyed { flag: "gateway-listener-sets", key: "enableGatewayListenerSets", takes: Takes::Toggle },
    Keyed { flag: "domain-filter", key: "domainFilters", takes: Takes::Many },
    Keyed { flag: "exclude-domains", key: "excludeDomains", takes: Takes::Many },
    Keyed { flag: "label-filter", key: "labelFilter", takes: Takes::One },
    Keyed { flag: "annotation-filter", key: "annotationFilter", takes: Takes::One },
    Keyed { flag: "annotation-prefix", key: "annotationPrefix", takes: Takes::One },
];

/// The most that AWS takes in one batch, and that the sidecar therefore takes
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>).
const BATCH: [(&str, u64); 3] = [
    ("aws-batch-change-size", 1000),
    ("aws-batch-change-size-bytes", 32_000),
    ("aws-batch-change-size-values", 1000),
];

/// The sources of both charts where nothing is said.
const USUAL: [&str; 2] = ["service", "ingress"];

/// What is said of a provider that is built into `ExternalDNS`; `NAME` is its name.
pub(super) const BUILT_IN: &str = "`NAME` is built into ExternalDNS, and here every provider is a program of its own: \
     run the webhook provider for it with `provider: {name: webhook, webhook: {image: {repository: …, tag: …}}}` \
     and give its settings to `provider.webhook.env` and `args`, as its own page says";

/// What is said of a registry other than TXT records.
pub(super) const OTHER_REGISTRY: &str = "ownership is kept in TXT records or nowhere: take `registry: txt`. Records that the other \
     registry knows are nobody's then; `signpost ownership adopt NAME…` takes them over";

/// What is said of a source `crd` that reads objects of another kind; `KIND` is what says so.
const ANOTHER_KIND: &str = "the source `crd` reads DNSEndpoints of externaldns.k8s.io/v1alpha1 here, and not objects of `KIND`, whose names \
     would go: keep copies of them under externaldns.k8s.io/v1alpha1, or read them by the source `unstructured` with extraArgs \
     `unstructured-resource: PLURAL.VERSION.GROUP` and templates over their fields";

/// Tells whether a text names another kind of objects, or its group and version, than the source `crd` reads here.
fn is_of_another_kind(text: &str) -> bool {
    !["", "externaldns.k8s.io/v1alpha1", "DNSEndpoint"].contains(&text.trim())
}

/// Takes one flag of `ExternalDNS`, without dashes, with its value if it has one.
pub(super) fn take(draft: &mut Draft, name: &str, value: Option<&str>, place: &str) {
    let cli = run();
    let argument =
        |name: &str| cli.get_arguments().find(|argument| argument.get_long() == Some(name));
    let positive = name.strip_prefix("no-").filter(|positive| {
        argument(name).is_none()
            && (argument(positive).is_some() || whereabouts(positive).is_some())
    });
    let (name, is_off) = positive.map_or((name, false), |positive| (positive, true));
    match (name, value) {
        ("provider", Some(value)) => return provider(draft, value, place),
        ("registry", Some("dynamodb" | "aws-sd" | "crd")) => {
            draft.set(&["registry"], json!("txt"));
            return draft.say(Weight::Refused, place, OTHER_REGISTRY);
        }
        ("metrics-address", _) => {
            return draft.say(
                Weight::Note,
                place,
                "the chart has the port 7979 for metrics and probes; `service.port` is what others see",
            );
        }
        ("webhook-provider-url", Some(url)) => {
            draft.url_of_provider = Some((url.to_owned(), place.to_owned()));
            return;
        }
        ("once", _) if !is_off && value.is_none_or(|value| daemon::toggle(value) == Ok(true)) => {
            return draft.say(
                Weight::Changed,
                place,
                "it is left out: the chart makes a Deployment, which starts what ends again and again; this one \
                 goes on by itself, and writes what changes at once",
            );
        }
        ("namespace", Some(text)) if draft.is_own_namespace(text) => {
            return draft.set(&["namespaced"], json!(true));
        }
        ("crd-source-apiversion" | "crd-source-kind", Some(text)) if is_of_another_kind(text) => {
            return draft.say(Weight::Refused, place, ANOTHER_KIND.replace("KIND", text));
        }
        // Nothing but Helm and tools around it would make something of it.
        (name, Some(text))
            if draft.origin == Origin::Program
                && has_action(text)
                && !name.ends_with("-template")
                && !NameServers::is_about(name) =>
        {
            return draft.unknown(
                place,
                "a template fills it in, and what that makes of it is not known here: write it",
            );
        }
        _ => {}
    }
    if let Some(argument) = argument(name) {
        return of_controller(draft, argument, (name, is_off), value, place);
    }
    if NameServers::is_about(name) {
        return draft.name_servers.take(name, value, is_off, place);
    }
    if is_of_sidecar(name) {
        return sidecar(draft, name, value, is_off, place);
    }
    let (weight, why) = without_place(name, value, is_off);
    draft.say(weight, place, why);
}

/// Says what becomes of a flag that no program here has.
fn without_place(name: &str, value: Option<&str>, is_off: bool) -> (Weight, String) {
    match whereabouts(name) {
        None => (
            Weight::Refused,
            format!(
                "no release of ExternalDNS has the flag `--{name}`, and neither has this; leave it out"
            ),
        ),
        Some(Whereabouts::NoEffectWhenSet { otherwise, .. })
            if is_off || value == Some("false") =>
        {
            (Weight::Refused, otherwise.to_owned())
        }
        Some(Whereabouts::NoEffect(why) | Whereabouts::NoEffectWhenSet { why, .. }) => {
            (Weight::Note, format!("it has no effect here and is left out: {why}"))
        }
        Some(Whereabouts::Moved(text) | Whereabouts::NotBuilt(text)) => {
            (Weight::Refused, text.to_owned())
        }
    }
}

/// Takes a flag that the controller has, `name` with whether it is turned off, if its parser does.
fn of_controller(
    draft: &mut Draft,
    argument: &clap::Arg,
    (name, is_off): (&str, bool),
    value: Option<&str>,
    place: &str,
) {
    let is_toggle = daemon::is_toggle(argument);
    draft.stood_at(name, place);
    // What is written out in a template is what the program gets.
    let written_out = |value: &str| {
        if draft.takes_as_written(name, value) { value.to_owned() } else { literal(value) }
    };
    let word = match (value.map(written_out), is_off) {
        (Some(value), _) => format!("--{name}={value}"),
        (None, true) => format!("--no-{name}"),
        (None, false) => format!("--{name}"),
    };
    if let Some(text) = value.filter(|text| is_template(draft, name, text)) {
        if is_of_another_chart(text) {
            return draft.unknown(place, OF_ANOTHER_CHART);
        }
        return template(draft, name, text, place);
    }
    let is_of_helm = |text: &str| !draft.takes_as_written(name, text) && has_action(text);
    // Whether the container has such a variable is looked at when all of it is known.
    let is_by_variable = |text: &str| {
        ["txt-owner-id", "migrate-from-txt-owner"].contains(&name) && text.contains("$(")
    };
    let is_filled_in =
        value.is_some_and(|text| has_place(text) || is_of_helm(text) || is_by_variable(text));
    if is_filled_in && !grammar::takes_any_text("signpost", name) {
        return draft.unknown(
            place,
            "something fills it in, and the chart has to know what it is: write it",
        );
    }
    if let Some(wrong) = alone(name, &word).filter(|_| !is_filled_in) {
        return draft.say(Weight::Refused, place, wrong);
    }
    if argument.get_value_delimiter() == Some(',') && name != "source" && !is_filled_in {
        comma(draft, value.unwrap_or_default(), place);
    }
    let on = !is_off && value.is_none_or(|value| daemon::toggle(value) == Ok(true));
    own(draft, name, if is_toggle { json!(on) } else { json!(value.unwrap_or_default()) });
}

/// Tells of a comma in one value of a list, which is a part of it in `ExternalDNS` and separates two here.
pub(super) fn comma(draft: &mut Draft, text: &str, place: &str) {
    if text.contains(',') && !has_place(text) && !has_action(text) {
        let text = format!(
            "`{text}` is one value to ExternalDNS, comma and all, which fits nothing; here a comma separates values, and each of them counts: \
             write those that are meant, each by itself, and look at `signpost plan`"
        );
        draft.say(Weight::Changed, place, text);
    }
}

/// Returns the key of the chart that a flag of the controller has; `None` when it has none.
pub(super) fn key(flag: &str) -> Option<&'static str> {
    KEYED.iter().find(|keyed| keyed.flag == flag).map(|keyed| keyed.key)
}

/// Flags that our chart writes whatever its values say, but for the sources and the policy, which may be left
/// to variables.
pub(super) const ALWAYS_WRITTEN: [&str; 5] =
    ["log-level", "log-format", "interval", "events", "registry"];

/// Tells whether our chart writes a flag whatever its values say, so that its variable has no effect.
pub(super) fn is_always_written(flag: &str) -> bool {
    ALWAYS_WRITTEN.contains(&flag)
}

/// Tells whether a flag has a value already.
pub(super) fn is_given(draft: &Draft, name: &str) -> bool {
    let key = match name {
        "namespace" => Some("sourceNamespaces"),
        _ => key(name),
    };
    draft.has_extra(name)
        || draft.name_servers.has(name)
        || key.and_then(|key| draft.get(&[key])).is_some_and(|value| *value != json!([]))
}

/// Takes a flag that the controller has, under the chart's key where there is one.
fn own(draft: &mut Draft, name: &str, value: Value) {
    if name == "namespace" {
        if let Some(namespace) = value.as_str().filter(|namespace| !namespace.is_empty()) {
            draft.push(&["sourceNamespaces"], [json!(namespace)]);
        }
        return;
    }
    let Some(keyed) = KEYED.iter().find(|keyed| keyed.flag == name) else {
        return draft.extra(name, value);
    };
    // Keys are no templates: what is written out in one is what it says.
    let value = match value {
        Value::String(text)
            if keyed.flag != "txt-owner-id" && !draft.takes_as_written(keyed.flag, &text) =>
        {
            json!(literal(&text))
        }
        Value::String(text) if keyed.flag == "txt-owner-id" && draft.is_verbatim => {
            json!(as_written(&text))
        }
        value => value,
    };
    match keyed.takes {
        // What has a comma is several values to the program.
        Takes::Many => {
            // The other charts read these beside what further arguments say.
            if keyed.key == "sources"
                && draft.origin == Origin::Chart
                && draft.get(&["sources"]).is_none()
            {
                draft.push(&["sources"], USUAL.map(|usual| json!(usual)));
            }
            let values =
                value.as_str().unwrap_or_default().split(',').map(|value| json!(value.trim()));
            draft.push(&[keyed.key], values.collect::<Vec<_>>());
        }
        Takes::One if draft.get(&[keyed.key]).is_some() && name == "annotation-prefix" => {
            draft.extra(name, value);
        }
        Takes::One | Takes::Toggle => draft.set(&[keyed.key], value),
    }
}

/// Tells whether Helm makes something of a text that nobody but Helm knows, such as the name of the release.
fn is_template(draft: &Draft, flag: &str, text: &str) -> bool {
    !draft.takes_as_written(flag, text) && has_action(text) && !text.contains(".Values")
}

/// Takes a flag whose value is a template of Helm, which both charts fill in among further arguments and
/// for the owner id alone.
fn template(draft: &mut Draft, name: &str, text: &str, place: &str) {
    let action = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    match (name, action) {
        ("namespace", Some(".Release.Namespace" | "$.Release.Namespace")) => {
            draft.set(&["namespaced"], json!(true));
        }
        ("namespace" | "source" | "policy" | "registry", _) => draft.unknown(
            place,
            "a template of Helm makes it, and the chart has to know what it is: write what it made",
        ),
        ("txt-owner-id", _) => own(draft, name, json!(text)),
        _ => draft.extra(name, json!(text)),
    }
}

/// Takes the name of the provider.
pub(super) fn provider(draft: &mut Draft, name: &str, place: &str) {
    if has_place(name) || has_action(name) {
        return draft.unknown(
            place,
            "something fills it in, and the chart has to know what it is: write it",
        );
    }
    draft.set_provider(name);
    match name {
        "aws" | "rfc2136" | "webhook" => draft.set(&["provider", "name"], json!(name)),
        _ => {
            draft.set(&["provider", "name"], json!("webhook"));
            draft.set(
                &["provider", "webhook", "image"],
                json!({"repository": "CHANGE-ME", "tag": "CHANGE-ME"}),
            );
            draft.say(Weight::Refused, place, BUILT_IN.replace("NAME", name));
        }
    }
}

/// Takes where the provider is, which counts with a webhook provider only.
pub(super) fn url_of_provider(draft: &mut Draft) {
    let Some((url, place)) = draft.url_of_provider.take() else { return };
    if let Some(name) = draft.provider_name().filter(|name| *name != "webhook") {
        let text = format!(
            "it counts with `--provider=webhook` only, and the provider is `{name}`; it is left out"
        );
        return draft.say(Weight::Note, &place, text);
    }
    let usual = ["", "http://localhost:8888", "http://127.0.0.1:8888"];
    let is_default = usual.contains(&url.trim_end_matches('/'));
    if !is_default {
        draft.set(&["provider", "mode"], json!("external"));
        draft.set(&["provider", "url"], json!(url));
    }
}

fn sidecar(draft: &mut Draft, name: &str, value: Option<&str>, is_off: bool, place: &str) {
    let most = BATCH.iter().find(|(flag, _)| *flag == name);
    if let (Some((_, most)), Some(value)) = (most, value)
        && value.parse::<u64>().is_ok_and(|value| value > *most)
    {
        let text = format!("AWS takes at most {most} in one batch, so `{most}` it is");
        return draft.say(Weight::Note, place, text);
    }
    draft.provider_argument(match (value, is_off) {
        (Some(value), _) => format!("--{name}={value}"),
        (None, true) => format!("--no-{name}"),
        (None, false) => format!("--{name}"),
    });
}

/// Returns what the flag parser says of one flag; `None` when it takes it.
fn alone(name: &str, word: &str) -> Option<String> {
    let mut words = vec![word.to_owned()];
    let needed = [("source", "--source=service"), ("policy", "--policy=upsert-only")];
    words.extend(
        needed.iter().filter(|(flag, _)| *flag != name).map(|(_, word)| (*word).to_owned()),
    );
    let told = refused(&words, &no_rules);
    (!told.is_empty()).then(|| told.join("; "))
}

/// What the flag parser writes above several things that are wrong, behind how many they are.
const SEVERAL: &str = " things are wrong with the command line:\n  - ";

/// Returns all that `run` says of its words by the grammar and by `rules`; nothing when it would start.
pub(super) fn refused(words: &[String], rules: Rules<'_>) -> Vec<String> {
    let environment = Environment {
        lookup: &|_| None,
        read: &|_| Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        rules,
    };
    let words = std::iter::once("run".to_owned()).chain(words.iter().cloned()).collect();
    let Parsed::Usage(text) = parse(words, &environment) else { return Vec::new() };
    let one_line = |text: &str| {
        let (text, _) = text.split_once("\n\nFor more information").unwrap_or((text, ""));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match text.split_once(SEVERAL) {
        Some((_, all)) => all.split("\n  - ").map(one_line).collect(),
        None => vec![one_line(&text)],
    }
}

/// Returns the flags of `run`, which are made once.
pub(super) fn run() -> &'static clap::Command {
    static RUN: LazyLock<clap::Command> = LazyLock::new(|| {
        let mut cli = Cli::command();
        cli.build();
        cli.find_subcommand("run").cloned().unwrap_or(cli)
    });
    &RUN
}

/// Returns what the values start the controller and the provider with, beside what is particular to the
/// chart.
pub(super) fn arguments(values: &Map<String, Value>) -> (Vec<String>, Vec<String>) {
    // As the chart fills in what is written out in templates.
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), literal);
    let mut controller = Vec::new();
    let extra = values.get("extraArgs").and_then(Value::as_object);
    for Keyed { flag, key, takes } in &KEYED {
        let usual = json!(USUAL);
        let value = values.get(*key).or(if *key == "sources" { Some(&usual) } else { None });
        let is_over = *takes != Takes::Many && extra.is_some_and(|extra| extra.contains_key(*flag));
        let Some(value) = value.filter(|_| !is_over) else {
            continue;
        };
        match (takes, value) {
            (Takes::Toggle, value) => {
                let no = if value == &json!(false) { "no-" } else { "" };
                controller.push(format!("--{no}{flag}"));
            }
            (_, Value::Array(list)) => {
                controller.extend(list.iter().map(|value| format!("--{flag}={}", text(value))));
            }
            (_, Value::Null) => {}
            (_, Value::String(text)) if text.is_empty() => {}
            (_, value) => controller.push(format!("--{flag}={}", text(value))),
        }
    }
    let namespaces = values.get("sourceNamespaces").and_then(Value::as_array).into_iter().flatten();
    let one =
        values.get("sourceNamespace").filter(|_| values.get("namespaced") == Some(&json!(true)));
    controller.extend(namespaces.chain(one).map(|value| format!("--namespace={}", text(value))));
    let types = values.get("managedRecordTypes").and_then(Value::as_array).into_iter().flatten();
    controller.extend(types.map(|value| format!("--managed-record-types={}", text(value))));
    for (flag, value) in extra.into_iter().flatten() {
        match value {
            Value::Bool(on) => controller.push(format!("--{}{flag}", if *on { "" } else { "no-" })),
            Value::Null => controller.push(format!("--{flag}")),
            Value::Array(list) => {
                controller.extend(list.iter().map(|value| format!("--{flag}={}", text(value))));
            }
            value => controller.push(format!("--{flag}={}", text(value))),
        }
    }
    let url = values.get("provider").and_then(|provider| provider.get("url"));
    controller.extend(url.map(|url| format!("--webhook-provider-url={}", text(url))));
    let provider = values.get("provider").and_then(|provider| provider.pointer("/webhook/args"));
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of_name_servers = name_servers::arguments(values).into_iter();
    let mut words: Vec<String> =
        provider.and_then(Value::as_array).into_iter().flatten().map(plain).collect();
    words.splice(0..0, of_name_servers);
    let is_aws = values
        .get("provider")
        .and_then(|provider| provider.get("name"))
        .is_none_or(|name| name == "aws");
    if is_aws {
        // The chart gives the controller's domains to the sidecar, where they choose zones; expressions replace lists.
        let given = |starts: [&str; 2]| -> Vec<String> {
            let is_one = |word: &&String| starts.iter().any(|start| word.starts_with(start));
            controller.iter().filter(is_one).cloned().collect()
        };
        let expressions = given(["--regex-domain-filter=", "--regex-domain-exclusion="]);
        let lists = || given(["--domain-filter=", "--exclude-domains="]);
        words.extend(if expressions.is_empty() { lists() } else { expressions });
    }
    (controller, words)
}
