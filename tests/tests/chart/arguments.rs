//! The arguments that containers get: that our programs take them, and which value wins.

use std::path::Path;

use e2e::process::{Ended, Program};
use e2e::programs;

use crate::helm::{Objects, examples, helm};

/// Has a program read arguments, without doing what they say.
pub(crate) fn read(program: &'static str, arguments: &[String]) -> Ended {
    let help = "--help".to_owned();
    Program::new(program).args(arguments.iter().chain([&help]).cloned()).run().unwrap()
}

/// Returns which of our programs a container runs; `None` for those of others.
pub(crate) fn program(image: &str) -> Option<&'static str> {
    [programs::SIGNPOST, programs::SIDECAR, programs::NAME_SERVERS]
        .into_iter()
        .find(|argument| image.starts_with(*argument))
}

/// Returns a word of a command line with the file that a ConfigMap would mount there.
fn mounted(word: &str, objects: &Objects, folder: &Path) -> String {
    let Some(name) = word.strip_prefix("--config=/etc/signpost/") else { return word.to_owned() };
    let text = objects.only("ConfigMap")["data"][name].as_str().unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    format!("--config={}", folder.join(name).display())
}

#[test]
fn our_programs_take_every_argument_that_is_rendered() {
    let Some(helm) = helm() else { return };
    let mut seen = 0;
    let folder = tempfile::tempdir().unwrap();
    for (name, values) in examples() {
        let objects = helm.objects(&values);
        for container in [objects.containers("signpost"), objects.containers("webhook")].concat() {
            let Some(program) = program(container["image"].as_str().unwrap()) else { continue };
            let words = container["args"].as_array().unwrap();
            let words = words.iter().map(|word| word.as_str().unwrap());
            let words: Vec<_> = words.map(|word| mounted(word, &objects, folder.path())).collect();
            let ended = read(program, &words);
            assert!(ended.status.success(), "{name}: {program} {words:?}: {}", ended.stderr);
            assert!(ended.stdout.contains("Usage"), "{name}: {program} {words:?}");
            seen += 1;
        }
    }
    assert!(seen >= examples().len(), "only {seen} containers were looked at");
}

#[test]
fn a_program_that_is_asked_for_help_still_refuses_bad_arguments() {
    for program in [programs::SIGNPOST, programs::SIDECAR] {
        for bad in ["--no-such-flag", "--log-level=loud", "--log-format"] {
            let ended = read(program, &[bad.to_owned()]);
            assert_eq!(ended.status.code(), Some(1), "{program} {bad}: {}", ended.stdout);
        }
    }
}

fn arguments(values: &str) -> (Vec<String>, Vec<String>) {
    let objects: Objects = helm().unwrap().objects(values);
    (objects.arguments("signpost"), objects.arguments("webhook"))
}

#[test]
fn the_usual_arguments_are_those_of_the_externaldns_chart() {
    if helm().is_none() {
        return;
    }
    let (controller, provider) = arguments("txtOwnerId: me");
    let expected = [
        "--log-level=info",
        "--log-format=text",
        "--interval=1m",
        "--events",
        "--source=service",
        "--source=ingress",
        "--policy=sync",
        "--registry=txt",
        "--txt-owner-id=me",
        "--state-configmap=dns/signpost-state",
        "--provider=webhook",
        "--webhook-provider-url=unix:///run/signpost/provider.sock",
    ];
    assert_eq!(controller, expected);
    let listen = "--listen=unix:///run/signpost/provider.sock";
    assert_eq!(provider, ["--log-level=info", "--log-format=text", listen]);
}

#[test]
fn further_arguments_come_as_map_or_list() {
    if helm().is_none() {
        return;
    }
    let extra = |values: &str| {
        let (all, _) = arguments(&format!("txtOwnerId: me\nextraArgs: {values}"));
        let is_last = |argument: &String| argument.starts_with("--webhook-provider-url=");
        let at = all.iter().position(is_last).unwrap();
        all[at + 1..].to_vec()
    };
    let map = "{dry-run: null, once: true, create-ptr: false, default-targets: [a, b], \
               webhook-provider-max-body-size: 33554432, min-ttl: 1.5m, fqdn-template: '{{ .Release.Name }}'}";
    let expected = [
        "--no-create-ptr",
        "--default-targets=a",
        "--default-targets=b",
        "--dry-run",
        "--fqdn-template=signpost",
        "--min-ttl=1.5m",
        "--once",
        "--webhook-provider-max-body-size=33554432",
    ];
    assert_eq!(extra(map), expected);
    let list = "[--dry-run, --min-ttl, 60s, '--fqdn-template={{ .Release.Name }}']";
    assert_eq!(extra(list), ["--dry-run", "--min-ttl=60s", "--fqdn-template=signpost"]);
}

#[test]
fn a_shard_is_told_to_both_programs_and_has_a_lease_of_its_own() {
    let Some(helm) = helm() else { return };
    for values in [
        "{txtOwnerId: me, replicaCount: 2, shard: 2/4}",
        "{txtOwnerId: me, replicaCount: 2, extraArgs: {shard: 2/4}}",
    ] {
        let (controller, provider) = arguments(values);
        for arguments in [controller, provider] {
            let told = arguments.iter().filter(|argument| *argument == "--shard=2/4").count();
            assert_eq!(told, 1, "{arguments:?}");
        }
        let rendered = helm.render(values).unwrap();
        assert!(rendered.contains("resourceNames: [\"signpost-shard-2-of-4\"]"), "{rendered}");
    }
    let refused = helm.render("{txtOwnerId: me, shard: second}").unwrap_err();
    assert!(refused.contains("has to say which part it is and how many there are"), "{refused}");
}

#[test]
fn a_further_argument_replaces_what_other_values_say() {
    if helm().is_none() {
        return;
    }
    // The programs refuse a flag that is given twice, and takes one value.
    let (controller, provider) = arguments(
        "{txtOwnerId: me, extraArgs: {log-level: debug, events: false, txt-owner-id: you}, \
         provider: {webhook: {args: [--log-level=trace]}}}",
    );
    let of = |flag: &str, all: &[String]| -> Vec<String> {
        all.iter().filter(|argument| argument.contains(flag)).cloned().collect()
    };
    assert_eq!(of("log-level", &controller), ["--log-level=debug"]);
    assert_eq!(of("events", &controller), ["--no-events"]);
    assert_eq!(of("owner", &controller), ["--txt-owner-id=you"]);
    assert_eq!(of("log-level", &provider), ["--log-level=trace"]);
}

#[test]
fn of_what_has_several_values_a_further_argument_takes_none_away() {
    if helm().is_none() {
        return;
    }
    // A source that were gone would take its names along.
    let (controller, provider) = arguments(
        "{txtOwnerId: me, domainFilters: [a.org], excludeDomains: [x.a.org], managedRecordTypes: [A, CNAME], \
         extraArgs: [--source=crd, --source=service, --domain-filter=b.org, --exclude-domains=y.a.org, --managed-record-types=TXT]}",
    );
    for (flag, expected) in [
        ("--source=", &["service", "ingress", "crd"][..]),
        ("--domain-filter=", &["a.org", "b.org"]),
        ("--exclude-domains=", &["x.a.org", "y.a.org"]),
        ("--managed-record-types=", &["A", "CNAME", "TXT"]),
    ] {
        let given: Vec<&str> =
            controller.iter().filter_map(|word| word.strip_prefix(flag)).collect();
        assert_eq!(given, expected, "{flag}");
    }
    assert!(provider.contains(&"--domain-filter=b.org".to_owned()), "{provider:?}");
}

#[test]
fn state_is_kept_in_one_place_and_a_role_is_made_for_just_that() {
    if helm().is_none() {
        return;
    }
    let places = |values: &str| {
        let objects: Objects = helm().unwrap().objects(&format!("{{txtOwnerId: me, {values}}}"));
        let mut found = objects.arguments("signpost");
        found.retain(|argument| argument.starts_with("--state"));
        let roles = objects.of("Role").into_iter();
        let named = roles.filter(|role| role["metadata"]["name"] == "signpost-state");
        found.extend(named.map(|role| {
            let namespace = role["metadata"]["namespace"].as_str().unwrap();
            let name = role["rules"][1]["resourceNames"][0].as_str().unwrap();
            format!("{namespace}/{name}")
        }));
        found
    };
    let in_map = |place: &str| vec![format!("--state-configmap={place}"), place.to_owned()];
    assert_eq!(places("interval: 1m"), in_map("dns/signpost-state"));
    assert_eq!(places("state: {configMap: {name: mine}}"), in_map("dns/mine"));
    assert_eq!(places("extraArgs: {state-configmap: other/mine}"), in_map("other/mine"));
    let here = ["--state-configmap=mine", "dns/mine"];
    assert_eq!(places("extraArgs: {state-configmap: mine}"), here);
    let folder = ["--state-dir=/var/lib/signpost"];
    assert_eq!(places("state: {volume: {emptyDir: {}}}"), folder);
    assert_eq!(places("extraArgs: {state-dir: /tmp}"), ["--state-dir=/tmp"]);
    assert!(places("state: {configMap: {enabled: false}}").is_empty());
    assert!(places("rbac: {create: false}").is_empty(), "nothing may be written");
    let by_others = places("rbac: {create: false}, state: {configMap: {enabled: true}}");
    assert_eq!(by_others, ["--state-configmap=dns/signpost-state"]);
}

#[test]
fn the_provider_of_route_53_gets_the_domains_of_the_controller() {
    if helm().is_none() {
        return;
    }
    let (_, lists) =
        arguments("{txtOwnerId: me, domainFilters: [a.org], excludeDomains: [b.a.org]}");
    assert!(lists.contains(&"--domain-filter=a.org".to_owned()), "{lists:?}");
    assert!(lists.contains(&"--exclude-domains=b.a.org".to_owned()), "{lists:?}");
    // An expression replaces the lists, and the provider takes only one of the two.
    let (_, expression) = arguments(
        "{txtOwnerId: me, domainFilters: [a.org], extraArgs: {regex-domain-filter: 'a[.]org$'}}",
    );
    assert!(expression.contains(&"--regex-domain-filter=a[.]org$".to_owned()), "{expression:?}");
    assert!(
        !expression.iter().any(|argument| argument.starts_with("--domain-filter")),
        "{expression:?}"
    );
    let (_, own) = arguments(
        "{txtOwnerId: me, domainFilters: [a.org], provider: {webhook: {args: [--domain-filter=c.org]}}}",
    );
    assert_eq!(
        own.iter().filter(|argument| argument.starts_with("--domain-filter")).count(),
        1,
        "{own:?}"
    );
    assert!(own.contains(&"--domain-filter=c.org".to_owned()), "{own:?}");
}

#[test]
fn both_halves_find_each_other_in_every_mode() {
    let Some(helm) = helm() else { return };
    let url = |values: &str| {
        let objects = helm.objects(&format!("txtOwnerId: me\nprovider: {values}"));
        let words = objects.arguments("signpost");
        let url = words.iter().find_map(|word| word.strip_prefix("--webhook-provider-url="));
        let provider =
            objects.containers("webhook").first().map(|container| container["args"].to_string());
        (url.map(str::to_owned), provider, objects)
    };
    for ports in [
        "{webhook: {unixSocket: false}}",
        // Another user could not write into the socket.
        "{webhook: {securityContext: {runAsUser: 1000}}}",
        "{webhook: {args: ['--listen=127.0.0.1:8888']}}",
        "{name: webhook, webhook: {image: {repository: a/b, tag: v1}}}",
    ] {
        let (sidecar, _, _) = url(ports);
        assert_eq!(sidecar, None, "both have the protocol's address as their default: {ports}");
    }
    assert_eq!(url("{}").0, url("{webhook: {unixSocket: true}}").0, "files are the default");

    let (socket, provider, objects) = url("{webhook: {unixSocket: true}}");
    assert_eq!(socket.as_deref(), Some("unix:///run/signpost/provider.sock"));
    assert!(provider.unwrap().contains("--listen=unix:///run/signpost/provider.sock"));
    for name in ["signpost", "webhook"] {
        let mounts = objects.containers(name).first().unwrap()["volumeMounts"].to_string();
        assert!(mounts.contains(r#""mountPath":"/run/signpost""#), "{mounts}");
    }

    let (service, provider, objects) =
        url("{mode: deployment, deployment: {port: 9000, allowAnyone: true}}");
    assert_eq!(service.as_deref(), Some("http://signpost-provider:9000"));
    assert!(provider.unwrap().contains("--listen=:9000"));
    let service = objects
        .of("Service")
        .into_iter()
        .find(|object| object["metadata"]["name"] == "signpost-provider");
    let service = service.unwrap();
    assert_eq!(service["spec"]["ports"][0]["port"], 9000);
    let pods = objects
        .of("Deployment")
        .into_iter()
        .map(|argument| &argument["spec"]["template"]["metadata"]["labels"]);
    let selected = pods.filter(|labels| {
        let selector = service["spec"]["selector"].as_object().unwrap();
        selector.iter().all(|(key, value)| labels[key] == *value)
    });
    assert_eq!(selected.count(), 1, "the provider's Service selects the provider's pod alone");

    let (external, provider, _) = url("{mode: external, url: 'http://dns:1'}");
    assert_eq!((external.as_deref(), provider), (Some("http://dns:1"), None));
}

#[test]
fn what_needs_no_restart_stands_in_the_file_and_the_rest_does_not() {
    let Some(helm) = helm() else { return };
    let values = |more: &str| {
        format!("{{txtOwnerId: me, config: {{enabled: true}}, domainFilters: [example.com]{more}}}")
    };
    let (one, other) = (helm.objects(&values("")), helm.objects(&values(", interval: 5m")));
    assert_eq!(one.of("Deployment"), other.of("Deployment"), "an interval restarts pods");
    assert_ne!(one.of("ConfigMap"), other.of("ConfigMap"));
    let owner = helm.objects(&values(", txtPrefix: x."));
    assert_eq!(one.of("ConfigMap"), owner.of("ConfigMap"));
    assert_ne!(one.of("Deployment"), owner.of("Deployment"));
    // The same values mean the same, wherever they stand.
    let usual = helm.objects("{txtOwnerId: me, domainFilters: [example.com]}");
    for (name, file) in [("signpost", "signpost.yaml"), ("webhook", "route53-webhook.yaml")] {
        let given = usual.arguments(name);
        let file = one.only("ConfigMap")["data"][file].as_str().unwrap().to_owned();
        let fixed = one.arguments(name);
        for word in given.iter().filter(|word| !fixed.contains(word)) {
            let word = word.trim_start_matches("--");
            let (flag, value) = word.split_once('=').unwrap_or((word, "true"));
            let line = file.lines().find(|line| line.starts_with(&format!("{flag}: ")));
            assert!(
                line.is_some_and(|line| line.contains(&format!("\"{value}\""))),
                "{word}: {file}"
            );
        }
    }
}
