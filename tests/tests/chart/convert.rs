//! Installations of ExternalDNS as people have them: what `signpost convert` makes of each renders and starts.

use std::collections::BTreeSet;

use controller::convert::{Conversion, PEER_KEYS, Weight, convert};
use e2e::cluster::{Cluster, documents};
use e2e::{kube_apiserver, programs};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

use crate::FOREIGN;
use crate::arguments::{program, read};
use crate::decided::{decided, is_open};
use crate::helm::{Helm, Objects, helm};
use crate::moving::{merge, with};

/// Returns every installation with its name and what is expected of it.
fn installations() -> Vec<(String, Option<Weight>, Conversion)> {
    let folder = programs::workspace().join("tests/chart/moving");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let (expected, text) = text.split_once('\n').unwrap();
        let expected = match expected {
            "# note" => Some(Weight::Note),
            "# changed" => Some(Weight::Changed),
            "# refused" => Some(Weight::Refused),
            other => panic!("{}: {other}", file.display()),
        };
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (name, expected, convert(text).unwrap())
    };
    files.iter().map(read).collect()
}

/// Returns what the chart makes of a conversion; all that is printed is a values file. Where a person has something to
/// write first, the chart says so, and makes something of what is written there.
fn rendered(helm: &Helm, name: &str, conversion: &Conversion) -> Objects {
    if is_open(conversion) {
        let refused = helm.render_as("external-dns", &[], &conversion.to_string()).unwrap_err();
        assert!(refused.contains("still to be written"), "{name}: {refused}");
    }
    let values = decided(conversion).to_string();
    let made = helm.render_as("external-dns", &[], &values);
    Objects(documents(&made.unwrap_or_else(|error| panic!("{name}: {error}\n{values}"))).unwrap())
}

#[tokio::test]
async fn what_each_kind_of_installation_becomes_is_accepted_by_a_real_api_server() {
    let (Some(helm), Some(server)) = (helm(), kube_apiserver::shared().await.unwrap()) else {
        return;
    };
    let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    // As `kubectl apply --server-side --dry-run=server --validate=strict` has it.
    let mut seen = BTreeSet::new();
    let parameters = PatchParams::apply("signpost-tests").dry_run().validation_strict();
    for (name, _, conversion) in installations() {
        for object in rendered(&helm, &name, &conversion).0 {
            if FOREIGN.iter().any(|kind| object["kind"] == *kind) {
                continue;
            }
            let object: DynamicObject = serde_json::from_value(object).unwrap();
            let kind: GroupVersionKind = object.types.as_ref().unwrap().try_into().unwrap();
            let resource = ApiResource::from_gvk(&kind);
            let own = object.metadata.name.clone().unwrap();
            let api: Api<DynamicObject> = match &object.metadata.namespace {
                Some(namespace) => {
                    if seen.insert(namespace.clone()) {
                        cluster.namespace(namespace).await.unwrap();
                    }
                    Api::namespaced_with(cluster.client().clone(), namespace, &resource)
                }
                None => Api::all_with(cluster.client().clone(), &resource),
            };
            let asked = api.patch(&own, &parameters, &Patch::Apply(&object)).await;
            assert!(asked.is_ok(), "{name}: {}: {object:?}", asked.unwrap_err());
        }
    }
}

/// Returns words with the variables of their container, as Kubernetes fills them in; what stands elsewhere is not
/// seen here, and any text will do.
fn filled_in(words: &[String], container: &Value) -> Vec<String> {
    let variables: Vec<_> = container["env"].as_array().into_iter().flatten().collect();
    let has_more = container["envFrom"].is_array();
    let fill = |word: &String| {
        let mut parts = word.split("$(");
        let mut made = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(')').unwrap_or((part, ""));
            let variable = variables.iter().find(|variable| variable["name"] == name);
            match variable {
                Some(variable) => made.push_str(variable["value"].as_str().unwrap_or("Z1")),
                None if has_more => made.push_str("Z1"),
                None => made.extend(["$(", name, ")"]),
            }
            made.push_str(rest);
        }
        made
    };
    words.iter().map(fill).collect()
}

#[test]
fn what_each_kind_of_installation_becomes_renders_and_starts() {
    let Some(helm) = helm() else { return };
    let all = installations();
    assert!(all.len() >= 29, "{}", all.len());
    for (name, expected, conversion) in all {
        let weight = conversion.heaviest().map(|weight| weight.max(Weight::Note));
        assert_eq!(weight.or(Some(Weight::Note)), expected, "{name}: {:#?}", conversion.remarks);
        let objects = rendered(&helm, &name, &conversion);
        let conversion = decided(&conversion);
        for container in ["signpost", "webhook"].map(|name| objects.containers(name)).concat() {
            let Some(program) = program(container["image"].as_str().unwrap()) else { continue };
            let words = container["args"].as_array().unwrap().iter();
            let words: Vec<_> = words.map(|word| word.as_str().unwrap().to_owned()).collect();
            let ended = read(program, &filled_in(&words, container));
            assert!(ended.status.success(), "{name}: {program} {words:?}: {}", ended.stderr);
            // The lists that are printed are those of the chart, without what is the chart's own.
            let printed = if program == programs::SIGNPOST {
                &conversion.controller
            } else {
                &conversion.provider
            };
            for word in printed {
                let is_there = words.contains(word);
                assert!(is_there, "{name}: {program} is said to get {word}: {words:?}");
            }
        }
    }
}

#[test]
fn whatever_values_say_what_is_printed_renders() {
    let Some(helm) = helm() else { return };
    let odd = [
        "null",
        "true",
        "-1",
        "1.5",
        "text",
        "''",
        "[]",
        "[1, x]",
        "{}",
        "{a: b}",
        "[{name: x}]",
        "'${X}'",
        "[null]",
        "{name: x, port: y, httpGet: 1}",
    ];
    for provider in ["aws", "rfc2136", "webhook", "cloudflare"] {
        for odd in odd {
            let mut values = json!({"provider": {"name": provider}});
            for row in PEER_KEYS.iter().filter(|row| !row.key.starts_with("provider.name")) {
                if row.key != "provider" {
                    merge(&mut values, with(row.key, odd));
                }
            }
            rendered(&helm, odd, &convert(&values.to_string()).unwrap());
        }
    }
}

/// Values of every form that a flag may want, right ones and wrong ones.
const VALUES: [&str; 16] = [
    "",
    "0",
    "-1",
    "1001",
    "5m",
    "true",
    "Foo",
    "a=b",
    "=b",
    "example.com",
    "10.0.0.1",
    "(",
    "Z0123456789ABC",
    "/hostedzone/Z1",
    "arn:aws:iam::111122223333:role/dns",
    "arn:aws:iam::111122223333:role/",
];

/// Tells whether the sidecar would start with some words: by its own code.
fn sidecar_starts(words: &[String]) -> bool {
    let all = std::iter::once("route53-webhook".to_owned()).chain(words.iter().cloned());
    <route53_webhook::args::Args as daemon::CommandLine>::parse_words(all).is_ok()
}

/// Tells whether the controller would start with some words: by its own code.
fn controller_starts(words: &[String]) -> bool {
    let environment = controller::args::Environment {
        lookup: &|_| None,
        read: &|_| Err(std::io::ErrorKind::NotFound.into()),
        rules: &controller::app::rules,
    };
    let words = std::iter::once("run".to_owned()).chain(words.iter().cloned()).collect();
    matches!(controller::args::parse(words, &environment), controller::args::Parsed::Run(..))
}

#[test]
fn whatever_value_a_flag_has_what_is_printed_starts_and_nothing_that_starts_is_refused() {
    let sidecar = route53_webhook::args::command();
    let of_sidecar = sidecar.get_arguments().filter_map(clap::Arg::get_long);
    let of_sidecar = of_sidecar.filter(|flag| controller::args::is_of_sidecar(flag));
    let of_both =
        ["domain-filter", "exclude-domains", "regex-domain-filter", "regex-domain-exclusion"];
    let of_controller = ["target-net-filter", "service-type-filter", "interval", "label-filter"];
    let mut seen = 0;
    for flag in of_sidecar.chain(of_both).chain(of_controller) {
        for value in VALUES {
            let word = format!("--{flag}={value}");
            let words =
                ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me", &word];
            let made = convert(&serde_json::to_string(&words).unwrap()).unwrap();
            if is_open(&made) {
                let is_of_sidecar_alone = controller::args::is_of_sidecar(flag);
                let starts = if is_of_sidecar_alone {
                    sidecar_starts(&made.provider)
                } else {
                    controller_starts(&made.controller)
                };
                let finds_nothing = ["aws-zone-tags", "aws-profile"].contains(&flag);
                assert!(!starts || finds_nothing, "{word}: {made:#?}");
            }
            let made = decided(&made);
            assert!(sidecar_starts(&made.provider), "{word}: {:?}", made.provider);
            assert!(controller_starts(&made.controller), "{word}: {:?}", made.controller);
            let alone = [word.clone()];
            let is_refused = made.heaviest() == Some(Weight::Refused);
            if controller::args::is_of_sidecar(flag) && is_refused {
                assert!(
                    !sidecar_starts(&alone),
                    "{word} is refused and would start: {:#?}",
                    made.remarks
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}

/// Values of flags about name servers, right ones and wrong ones.
const OF_NAME_SERVERS: [&str; 34] = [
    "192.0.2.53",
    "ns.example.com:5353",
    "[2001:db8::53]:54",
    "2001:db8::53",
    "ns:70000",
    "ns:0",
    "tcp://x",
    "a b",
    "example.org",
    "Example.ORG.",
    "*.example.org",
    "example.org@internal",
    "example.org@",
    "example.org@a b",
    "0/25.2.0.192.in-addr.arpa",
    "https://example.org",
    "65535",
    "65536",
    "60s",
    "60",
    "1 day",
    "1m30s",
    "disabled",
    "round-robin",
    "hmac-sha512.",
    "HMAC-SHA384",
    "hmac-md5",
    "example.com=home",
    "example.com=192.0.2.53:5353",
    "example.com=",
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "AAAA",
    "a_b..c",
];

/// Tells whether the provider for name servers would start with some words: by its own code.
fn name_servers_start(words: &[String]) -> bool {
    let all = std::iter::once("rfc2136-webhook".to_owned()).chain(words.iter().cloned());
    <rfc2136_webhook::args::Args as daemon::CommandLine>::parse_words(all).is_ok()
}

#[test]
fn whatever_a_flag_about_name_servers_says_what_is_printed_starts_and_what_starts_is_taken() {
    let provider = rfc2136_webhook::args::command();
    let own = provider.get_arguments().filter(|argument| !argument.is_hide_set());
    let own = own.filter_map(clap::Arg::get_long).filter(|flag| flag.starts_with("rfc2136-"));
    let hidden = ["rfc2136-load-balancing-strategy", "rfc2136-gss-tsig", "rfc2136-skip-tls-verify"];
    let base = ["--rfc2136-host=192.0.2.1", "--rfc2136-zone=example.com"];
    let others = [
        "--source=service",
        "--provider=rfc2136",
        "--policy=sync",
        "--txt-owner-id=me",
        "--rfc2136-insecure",
    ];
    let mut seen = 0;
    for flag in own.chain(hidden).filter(|flag| !flag.contains("tsig-secret")) {
        for value in OF_NAME_SERVERS.iter().chain(&VALUES) {
            let word = format!("--{flag}={value}");
            let words: Vec<&str> = [&others[..], &base, &[&word]].concat();
            let made = decided(&convert(&serde_json::to_string(&words).unwrap()).unwrap());
            assert!(
                name_servers_start(&made.provider),
                "{word}: {:?} {:#?}",
                made.provider,
                made.remarks
            );
            assert!(controller_starts(&made.controller), "{word}: {:?}", made.controller);
            let place = format!("--{flag}");
            // With messages of no change ExternalDNS never came to an end.
            let is_endless = word == "--rfc2136-batch-change-size=0";
            // The provider would look for a zone of such a name, which nobody has.
            let is_no_name = flag == "rfc2136-zone" && value.contains([' ', '=', '(', ':']);
            let is_refused = !(is_endless || is_no_name)
                && made
                    .remarks
                    .iter()
                    .any(|remark| remark.weight == Weight::Refused && remark.place == place);
            let alone: Vec<String> = base
                .iter()
                .map(|word| (*word).to_owned())
                .chain(["--rfc2136-insecure".to_owned(), word.clone()])
                .collect();
            assert!(
                !is_refused || !name_servers_start(&alone),
                "{word} is refused and would start: {:#?}",
                made.remarks
            );
            seen += 1;
        }
    }
    assert!(seen > 400, "{seen}");
}

#[test]
fn a_value_that_a_provider_ends_with_is_refused_by_the_chart_too() {
    let Some(helm) = helm() else { return };
    let mut missed = Vec::new();
    for (name, command, starts, base) in [
        ("aws", route53_webhook::args::command(), sidecar_starts as fn(&[String]) -> bool, &[][..]),
        (
            "rfc2136",
            rfc2136_webhook::args::command(),
            name_servers_start,
            &[
                "--rfc2136-host=192.0.2.1",
                "--rfc2136-zone=example.com",
                "--rfc2136-insecure",
                "--rfc2136-use-tls",
            ][..],
        ),
    ] {
        let flags: Vec<_> = command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set() && argument.get_value_names().is_some())
            .filter_map(clap::Arg::get_long)
            .filter(|flag| !PASSED_OVER.iter().any(|start| flag.starts_with(start)))
            .collect();
        for value in OF_NAME_SERVERS.iter().chain(&VALUES) {
            let words: Vec<String> = flags.iter().map(|flag| format!("--{flag}={value}")).collect();
            let values = json!({"policy": "upsert-only", "provider": {"name": name, "webhook": {"args": words}}});
            let told =
                helm.render_as("external-dns", &[], &values.to_string()).err().unwrap_or_default();
            for (flag, word) in flags.iter().zip(&words) {
                let all: Vec<String> =
                    base.iter().map(|word| (*word).to_owned()).chain([word.clone()]).collect();
                let is_told = told.contains(&format!("`--{flag}` "));
                // What is there twice is refused for that.
                let is_base = base.iter().any(|word| word.contains(flag));
                if is_told == starts(&all) && !is_base {
                    missed.push(format!(
                        "{word}: the chart {}",
                        if is_told { "refuses it" } else { "takes it" }
                    ));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}: {missed:#?}", missed.len());
}

/// Flags of which the chart knows no form: files, addresses, and what only a resolver or a regular expression can say.
const PASSED_OVER: [&str; 16] = [
    // The chart has keys for these, or an address is no name.
    "announce",
    "tls-server-name",
    // It does nothing by itself.
    "aws-assume-role-external-id",
    "config",
    "listen",
    "metrics",
    "tsig-key-file",
    "tls-ca",
    "tls-client",
    "domain-filter",
    "exclude-domains",
    "regex-",
    "rfc2136-tsig-",
    "webhook-provider",
    "zone-key",
    "zone-server",
];

#[test]
fn the_sidecar_has_every_flag_that_is_said_to_be_its() {
    let sidecar = route53_webhook::args::command();
    let has =
        |flag: &str| sidecar.get_arguments().any(|argument| argument.get_long() == Some(flag));
    for (flag, _) in controller::args::flags_elsewhere() {
        if controller::args::is_of_sidecar(flag) && !flag.ends_with('*') {
            assert!(has(flag), "`--{flag}` is said to be the sidecar's");
        }
    }
}

#[test]
fn the_provider_for_name_servers_has_every_flag_that_is_said_to_be_its() {
    let provider = rfc2136_webhook::args::command();
    let mut seen = 0;
    for (flag, whereabouts) in controller::args::flags_elsewhere() {
        if !whereabouts.why().contains("which has a flag of this name") {
            continue;
        }
        let mut own = provider.get_arguments().filter(|argument| !argument.is_hide_set());
        let has = own.any(|argument| argument.get_long() == Some(flag));
        assert!(has, "`--{flag}` is said to be a flag of `rfc2136-webhook`");
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}
