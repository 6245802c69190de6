//! What becomes of flags and keys, each on its own; whole installations are the chart's tests.

mod bitnami;
mod cost;
mod fits;
mod hidden;
mod inside;
mod layers;
mod lists;
mod name_servers;
mod open;
mod parts;
mod started;
mod starts;
mod whole;
mod written;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::args::{flags_elsewhere, whereabouts};

fn made(text: &str) -> Conversion {
    convert(text).unwrap()
}

/// Returns what was said of a place.
fn said<'a>(conversion: &'a Conversion, place: &str) -> Vec<(Weight, &'a str)> {
    let about = conversion.remarks.iter().filter(|remark| remark.place == place);
    about.map(|remark| (remark.weight, remark.text.as_str())).collect()
}

/// Returns the words in which nothing is still to be written.
fn decided(words: &[String]) -> Vec<String> {
    words.iter().filter(|word| !word.contains(crate::args::OPEN)).cloned().collect()
}

#[test]
fn every_flag_there_is_has_a_place_or_a_reason() {
    let own = flags::run();
    let own = own.get_arguments().filter_map(|argument| Some((argument.get_long()?, argument)));
    for (name, argument) in own.filter(|(name, _)| !["help", "config"].contains(name)) {
        let value =
            argument.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        let value = value.filter(|value| !value.is_empty());
        let value = value.unwrap_or_else(|| {
            let fitting = [
                ("source", "crd"),
                ("policy", "sync"),
                ("provider", "webhook"),
                ("compatibility", "mate"),
            ];
            fitting
                .iter()
                .find(|(flag, _)| *flag == name)
                .map_or("x", |(_, value)| value)
                .to_owned()
        });
        let word = if daemon::is_toggle(argument) {
            format!("--{name}")
        } else {
            format!("--{name}={value}")
        };
        let made = made(&word);
        let is_there = made.controller.iter().any(|given| given.contains(name));
        let is_said = !said(&made, &format!("--{name}")).is_empty();
        let is_default = made.values.get("provider").is_some() || name == "webhook-provider-url";
        assert!(is_there || is_said || is_default, "{word}: {made:#?}");
    }
    for (name, _) in flags_elsewhere().filter(|(name, _)| !name.ends_with('*')) {
        for word in [format!("--{name}=5s"), format!("--no-{name}")] {
            let made = made(&word);
            let is_there = decided(&made.provider).iter().any(|given| given.contains(name));
            let is_said = !said(&made, &format!("--{name}")).is_empty()
                || !said(&made, &format!("--no-{name}")).is_empty();
            assert!(is_there != is_said || name.starts_with("aws-batch"), "{word}: {made:#?}");
        }
    }
}

#[test]
fn all_problems_are_told_at_once_and_each_once() {
    let made = made(
        "--source=service --source=connector --provider=cloudflare --cloudflare-proxied --registry=dynamodb \
         --dynamodb-table=x --interval=60 --no-such-flag=1 --txt-cache-interval=1h stray",
    );
    let refused: Vec<_> =
        made.remarks.iter().filter(|remark| remark.weight == Weight::Refused).collect();
    assert_eq!(refused.len(), 8, "{refused:#?}");
    assert_eq!(said(&made, "--txt-cache-interval").first().unwrap().0, Weight::Note);
    assert_eq!(made.values["sources"], json!(["service"]));
}

#[test]
fn what_was_the_default_where_it_came_from_is_written_down() {
    let program = made("--source=service --provider=aws");
    assert_eq!(
        (&program.values["policy"], &program.values["txtOwnerId"]),
        (&json!("sync"), &json!("default"))
    );
    assert!(program.controller.contains(&"--allow-default-owner".to_owned()));
    let chart = made("provider: aws\nsources: [service]\n");
    assert_eq!(chart.values["policy"], "upsert-only");
    assert!(!chart.values.contains_key("txtOwnerId"));
    assert_eq!(chart.values["nameOverride"], "external-dns", "names and labels stay");
}

#[test]
fn what_is_not_known_never_begins_to_delete_and_never_becomes_the_default_owner() {
    for text in [
        "--source=service --provider=aws --policy=everything --txt-owner-id=",
        "[--source=service, --policy=]",
        "provider: aws\npolicy: [sync]\n",
        "set { name = \"policy\" value = var.policy }\nset { name = \"provider\" value = \"aws\" }",
    ] {
        assert_eq!(made(text).values["policy"], "upsert-only", "{text}");
    }
    for text in [
        "set { name = \"txtOwnerId\" value = var.owner }\nset { name = \"policy\" value = \"sync\" }",
        "helm upgrade external-dns x/external-dns --set policy=sync -f values.yaml",
        "{policy: sync, txtOwnerId: [me]}",
        // Helm makes another text of each.
        "{policy: sync, txtOwnerId: 123456789012}",
        "{policy: sync, txtOwnerId: 1234567}",
        "{policy: sync, txtOwnerId: 1.23456789012e+11}",
        "{policy: sync, txtOwnerId: 012345678901}",
        "{policy: sync, txtOwnerId: 0123}",
        "{policy: sync, extraArgs: {txt-owner-id: 123456789012}}",
    ] {
        let made = made(text);
        assert_eq!(made.values["txtOwnerId"], "CHANGE-ME", "{text}");
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}");
        assert!(!made.controller.contains(&"--allow-default-owner".to_owned()), "{text}");
    }
}

#[test]
fn what_a_variable_says_is_left_to_it() {
    let from = "valueFrom: {secretKeyRef: {name: a, key: b}}";
    let made = made(&format!(
        "env: [{{name: EXTERNAL_DNS_POLICY, {from}}}, {{name: EXTERNAL_DNS_TXT_OWNER_ID, {from}}}]"
    ));
    assert!(!made.values.contains_key("policy") && !made.values.contains_key("txtOwnerId"));
    assert_eq!(made.heaviest(), None, "{made:#?}");
}

#[test]
fn words_in_quotes_are_a_command_line() {
    let made = made("\"--source=service\" \\\n '--label-filter=a in (b)' --policy upsert-only");
    assert_eq!(
        made.controller,
        ["--source=service", "--policy=upsert-only", "--label-filter=a in (b)"]
    );
}

#[test]
fn a_registry_of_nothing_with_a_policy_that_deletes_means_something_else() {
    for text in ["--source=service --registry=noop --policy=sync", "registry: noop\npolicy: sync\n"]
    {
        assert_eq!(made(text).heaviest(), Some(Weight::Changed), "{text}");
    }
    assert_eq!(made("registry: noop\npolicy: create-only\n").heaviest(), None);
}

#[test]
fn keys_and_flags_of_one_program_go_to_it() {
    let made = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: me, extraArgs: {aws-zone-type: public, min-ttl: 5m}, \
                     env: [{name: AWS_REGION, value: x}, {name: EXTERNAL_DNS_ZONE_ID_FILTER, value: Z1}, {name: TZ, value: UTC}]}",
    );
    assert_eq!(made.provider, ["--aws-zone-type=public", "--zone-id-filter=Z1"]);
    assert_eq!(made.values["extraArgs"], json!({"min-ttl": "5m"}));
    assert_eq!(made.values["env"], json!([{"name": "TZ", "value": "UTC"}]));
    assert_eq!(
        made.values["provider"]["webhook"]["env"],
        json!([{"name": "AWS_REGION", "value": "x"}])
    );
}

#[test]
fn a_template_reaches_the_program_as_it_was() {
    let made = made("--source=service --fqdn-template={{.Name}}.example.com");
    assert_eq!(made.values["extraArgs"]["fqdn-template"], "{{ \"{{\" }}.Name}}.example.com");
    assert!(made.controller.contains(&"--fqdn-template={{.Name}}.example.com".to_owned()));
}

#[test]
fn what_is_no_installation_says_what_would_be() {
    for text in [
        "",
        "# nothing\n",
        "just words",
        "[1, 2]",
        "apiVersion: v1\nkind: ConfigMap\ndata: {}\n",
        "a: [",
        "{}: {}: {}",
    ] {
        let said = convert(text).unwrap_err();
        assert!(said.contains("give the arguments of ExternalDNS"), "{text}: {said}");
    }
}

/// Words as they could stand in a command line.
fn words() -> impl Strategy<Value = Vec<String>> {
    let names: Vec<String> = flags::run()
        .get_arguments()
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .chain(flags_elsewhere().map(|(name, _)| name.trim_end_matches('*').to_owned()))
        .collect();
    let value = prop_oneof![
        Just(String::new()),
        "[ -~]{0,12}",
        Just("5m".to_owned()),
        Just("service".to_owned())
    ];
    let word = (prop::sample::select(names), prop::option::of(value), any::<bool>());
    let word = word.prop_map(|(name, value, no)| {
        let name = if no { format!("no-{name}") } else { name };
        value.map_or(format!("--{name}"), |value| format!("--{name}={value}"))
    });
    prop::collection::vec(word, 1..6)
}

proptest! {
    /// The law of a conversion: the flag parser takes what is printed, but for what a person has to write first, or all of
    /// it is said to be refused.
    #[test]
    fn what_is_printed_is_taken_by_the_flag_parser(words in words()) {
        let made = convert(&serde_json::to_string(&words).unwrap()).unwrap();
        let is_told = !said(&made, "all flags together").is_empty();
        // Files are where the program runs, and what fills something in is not here.
        let is_seen = |word: &&String| {
            let name = word.split('=').next().unwrap_or_default();
            let is_open = draft::places::has_place(word) || word.contains("$(") || word.contains("{{");
            !name.ends_with("-file") && name != "--manifests" && !is_open
        };
        let seen: Vec<String> = decided(&made.controller).iter().filter(is_seen).cloned().collect();
        prop_assert!(flags::refused(&seen, &crate::app::rules).is_empty() || is_told, "{made:#?}");
        // The text is a values file whatever was given.
        let shown: Value = serde_saphyr::from_str(&made.to_string()).unwrap();
        prop_assert_eq!(shown, Value::Object(made.values));
    }

    #[test]
    fn no_text_ends_the_program(text in "[-a-z:{}\\[\\] \n\"'=,.<\\\\]{0,80}") {
        drop(convert(&text));
    }
}

#[test]
fn a_flag_of_the_sidecar_is_known_as_such() {
    assert!(
        crate::args::is_of_sidecar("aws-zone-type") && !crate::args::is_of_sidecar("pdns-server")
    );
    assert!(
        whereabouts("aws-of-tomorrow").is_some() && !crate::args::is_of_sidecar("aws-of-tomorrow")
    );
}

#[test]
fn what_is_taken_in_part_deletes_nothing() {
    let pod = |command: &str, args: &str| {
        format!(
            "{{kind: Deployment, apiVersion: apps/v1, spec: {{template: {{spec: {{containers: [{{\
             name: a, image: example.com/external-dns:v1, command: {command}, args: {args}}}]}}}}}}}}"
        )
    };
    for text in [
        "--source=service --source=cloudfoundry --policy=sync --txt-owner-id=x",
        "helm upgrade external-dns x/external-dns --reuse-values --set policy=sync",
        "helm upgrade external-dns x/external-dns -fvalues.yaml --set policy=sync",
        "resource \"helm_release\" \"a\" {\nvalues = [file(\"a.yaml\")]\nset {\nname = \"policy\"\nvalue = \"sync\"\n}\n}",
        "resource \"helm_release\" \"a\" {\nvalues = [templatefile(\"a\", {})]\nset {\nname = \"policy\"\nvalue = \"sync\"\n}\n}",
        &pod("[/bin/sh, -c]", "[\"sleep 1; external-dns --source=crd --policy=sync\"]"),
    ] {
        let made = made(text);
        assert_eq!(made.values["policy"], "upsert-only", "{text}: {made:#?}");
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}");
    }
}

#[test]
fn a_flag_counts_before_its_variable() {
    let pod = "{kind: Deployment, apiVersion: apps/v1, spec: {template: {spec: {containers: [{name: a, \
               image: example.com/external-dns:v1, \
               args: [--source=service, --policy=upsert-only, --txt-owner-id=me], \
               env: [{name: EXTERNAL_DNS_POLICY, value: sync}, \
               {name: EXTERNAL_DNS_SOURCE, value: ingress}]}]}}}}";
    let made = made(pod);
    assert_eq!(made.values["policy"], "upsert-only");
    assert_eq!(made.values["sources"], serde_json::json!(["service"]));
    let chart = "{sources: [service], env: [{name: EXTERNAL_DNS_POLICY, value: sync}]}";
    assert_eq!(self::made(chart).values["policy"], "upsert-only");
}

#[test]
fn a_provider_that_is_a_map_is_of_no_chart_of_bitnami() {
    let made = made("{provider: {name: aws}, policy: sync, txtOwnerId: me, namespace: apps}");
    assert!(!made.values.contains_key("sourceNamespaces"), "{made:#?}");
}
