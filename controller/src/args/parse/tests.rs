//! Command lines and variables, and what they mean.

mod answers;

use super::*;
use controller_core::plan::Policy;

use crate::args::{Command, RunArgs};

fn with(words: &[&str], variables: &[(&str, &str)]) -> Parsed {
    with_file(words, variables, "")
}

/// Reads `words` where every file holds `text`.
fn with_file(words: &[&str], variables: &[(&str, &str)], text: &str) -> Parsed {
    let lookup = |name: &str| {
        variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
    };
    let environment =
        Environment { lookup: &lookup, read: &|_| Ok(text.to_owned()), rules: &no_rules };
    parse(words.iter().map(|word| (*word).to_owned()).collect(), &environment)
}

/// Reads flags of `run`, with a policy because there is no default.
fn run(words: &[&str], variables: &[(&str, &str)]) -> RunArgs {
    run_with_file(&[words, &["--policy=sync"]].concat(), variables, "")
}

fn run_with_file(words: &[&str], variables: &[(&str, &str)], text: &str) -> RunArgs {
    match with_file(words, variables, text) {
        Parsed::Run(cli, ..) => match cli.command {
            Command::Run(args) => *args,
            other => panic!("not `run`: {other:?}"),
        },
        other => panic!("{words:?} {variables:?}: {other:?}"),
    }
}

fn usage(words: &[&str], variables: &[(&str, &str)]) -> String {
    match with(words, variables) {
        Parsed::Usage(text) => text,
        other => panic!("{words:?} {variables:?}: {other:?}"),
    }
}

#[test]
fn flags_alone_run_the_controller() {
    let args = run(&["--source=service", "--provider", "webhook"], &[]);
    assert_eq!(args.sources.source, ["service"]);
    assert_eq!(args.safety.policy, Some(Policy::SYNC));
    assert!(args.sources.exclude_unschedulable && args.pace.events && !args.pace.once);
    assert_eq!(args.pace.interval.to_string(), "1m");
}

#[test]
fn a_toggle_has_a_no_form_and_the_command_line_wins() {
    let off = run(&["--source=node", "--no-exclude-unschedulable", "--no-events"], &[]);
    assert!(!off.sources.exclude_unschedulable && !off.pace.events);
    let variables = [("EXTERNAL_DNS_ONCE", "1"), ("EXTERNAL_DNS_EVENTS", "f")];
    assert!(run(&["--source=node"], &variables).pace.once);
    assert!(!run(&["--source=node", "--no-once"], &variables).pace.once);
    assert!(run(&["--source=node", "--events"], &variables).pace.events);
    assert!(
        usage(&["--source=node"], &[("EXTERNAL_DNS_ONCE", "yes")]).contains("EXTERNAL_DNS_ONCE")
    );
}

#[test]
fn a_variable_holds_one_value_per_line() {
    let variables = [
        ("EXTERNAL_DNS_SOURCE", "service\r\ningress\ncrd\n"),
        ("EXTERNAL_DNS_INTERVAL", ""),
        ("EXTERNAL_DNS_UNKNOWN_TO_US", "x"),
    ];
    let args = run(&[], &variables);
    assert_eq!(args.sources.source, ["service", "ingress", "crd"]);
    assert_eq!(args.pace.interval.to_string(), "1m");
    assert_eq!(run(&["--source=pod"], &variables).sources.source, ["pod"]);
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_flag_in_the_message() {
    for (words, says) in [
        (&["--unknown-flag"][..], "--unknown-flag"),
        (&["--source=service", "--interval=72"], "write it with units"),
        (&["--source=service", "--interval=1m", "--interval=2m"], "--interval"),
        (&["--source=service", "--log-format=xml"], "xml"),
        (&["--source=service", "--policy=all"], "upsert-only"),
        (&["--source=service", "--txt-prefix=a", "--txt-suffix=b"], "--txt-suffix"),
        (&["--source=service", "--regex-domain-filter=("], "RE2"),
        (&["fly"], "`fly` is not a command"),
        (&["rollback", "--policy=sync"], "--policy"),
    ] {
        let text = usage(words, &[]);
        assert!(text.contains(says), "{words:?}: {text}");
    }
}

#[test]
fn a_flag_that_went_elsewhere_says_where() {
    for (words, says) in [
        (&["--source=service", "--aws-zone-type=public"][..], "route53-webhook"),
        (&["--source=service", "--no-aws-evaluate-target-health"], "route53-webhook"),
        (&["--source=service", "--zone-id-filter", "Z1"], "route53-webhook"),
        (&["--source=service", "--cloudflare-proxied"], "run that provider's webhook"),
        (&["--source=service", "--dynamodb-table=x"], "--registry=txt"),
    ] {
        let text = usage(words, &[]);
        assert!(text.contains(says), "{words:?}: {text}");
    }
    let text = usage(&["--source=service"], &[("EXTERNAL_DNS_AWS_ZONE_TYPE", "private")]);
    assert!(
        text.contains("`EXTERNAL_DNS_AWS_ZONE_TYPE` is not a flag of the controller"),
        "{text}"
    );
}

#[test]
fn a_flag_of_another_command_says_whose_it_is() {
    for (words, says) in [
        (
            &["rollback", "--source=service", "--interval=1m"][..],
            "`--interval` belongs to `signpost run`; `signpost rollback` does not take it",
        ),
        (&["rollback", "--interval", "1m"], "`--interval` belongs to `signpost run`;"),
        (
            &["rollback", "--manifests=x"],
            "`--manifests` belongs to `signpost run`; `signpost rollback`",
        ),
        (&["rollback", "--no-once"], "`--no-once` belongs to `signpost run`;"),
        (
            &["--source=service", "--controller=http://x"],
            "belongs to `signpost explain`, `signpost status`, `signpost approve` and `signpost sync`; `signpost run`",
        ),
        (
            &["plan", "--from-owner=x"],
            "`--from-owner` belongs to `signpost ownership migrate`; `signpost plan`",
        ),
        (
            &["ownership", "audit", "--interval=1m"],
            "belongs to `signpost run`; `signpost ownership audit` does not take it",
        ),
    ] {
        let text = usage(words, &[]);
        assert!(text.contains(says), "{words:?}: {text}");
    }
    for words in [&["plan", "--no-such"][..], &["plan", "--no-interval"], &["plan", "-x"]] {
        let text = usage(words, &[]);
        assert!(!text.contains("belongs") && text.contains(words[1]), "{words:?}: {text}");
    }
}

#[test]
fn a_flag_without_effect_is_accepted_with_a_warning() {
    for words in [
        &["--kube-api-qps", "10", "--source=service", "--policy=sync"][..],
        &["--source=service", "--policy=sync", "--kube-api-qps=10"],
    ] {
        match with(words, &[]) {
            Parsed::Run(_, warnings, _) => {
                assert!(warnings.first().unwrap().contains("`--kube-api-qps` has no effect"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn help_and_version_are_printed_and_are_no_errors() {
    for words in [&["--help"][..], &["--version"], &["run", "--help"], &["plan", "-h"]] {
        assert!(matches!(with(words, &[]), Parsed::Print(_)), "{words:?}");
    }
}

const FILE: &[&str] = &["--config=signpost.yaml"];

#[test]
fn the_command_line_wins_over_variables_and_these_over_the_file() {
    let text = "source: [service, crd]\ninterval: 3m\nlog-level: debug\nevents: false\nmin-ttl:\n\
                policy: sync\n";
    let args = run_with_file(FILE, &[], text);
    assert_eq!(args.sources.source, ["service", "crd"]);
    assert_eq!(args.pace.interval.to_string(), "3m");
    assert!(!args.pace.events);
    assert_eq!(args.transforms.min_ttl.to_string(), "0s", "a key without a value is left out");
    let variables = [("EXTERNAL_DNS_INTERVAL", "2m"), ("EXTERNAL_DNS_CONFIG", "signpost.yaml")];
    assert_eq!(run_with_file(&[], &variables, text).pace.interval.to_string(), "2m");
    let words = ["--config", "signpost.yaml", "--interval=1s", "--events", "--source=pod"];
    let args = run_with_file(&words, &variables, text);
    assert_eq!((args.pace.interval.to_string().as_str(), args.pace.events), ("1s", true));
    assert_eq!(args.sources.source, ["pod"], "lists are replaced and not joined");
}

#[test]
fn a_value_in_the_file_means_what_its_text_means() {
    let text = "source: service\npolicy: sync\ntxt-owner-id: 0123\nmax-deletes: 7\nmin-ttl: 1e3\n";
    let complaint = match with_file(FILE, &[], text) {
        Parsed::Usage(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(
        complaint.contains("1e3") && complaint.contains("the file signpost.yaml"),
        "{complaint}"
    );
    let args = run_with_file(FILE, &[], text.strip_suffix("min-ttl: 1e3\n").unwrap());
    assert_eq!(args.ownership.txt_owner_id, "0123");
    assert_eq!((args.safety.max_deletes, args.sources.source), (7, vec!["service".to_owned()]));
}

#[test]
fn what_is_wrong_with_the_file_is_said_with_the_key() {
    for (text, says) in [
        ("source: service\ndomian-filter: a.org\n", "similar argument exists: '--domain-filter'"),
        ("source: service\ninterval: [1m, 2m]\n", "`interval` takes one value"),
        ("source: {service: true}\n", "`source` must be a value or a list"),
        ("source: service\naws-zone-type: public\n", "route53-webhook"),
        ("config: other.yaml\n", "`config` cannot be set in the file"),
        (
            "source: service\n\"domain-filter \": a.org\n",
            "the key `domain-filter ` has a blank around it; write `domain-filter`",
        ),
        ("- service\n", "not a list of `flag: value`"),
        ("source: service\nsource: crd\n", "duplicate"),
        ("source: [service\n", "`--config=signpost.yaml`"),
        ("source: service\npolicy: all\n", "The value is from `the file signpost.yaml`"),
    ] {
        match with_file(FILE, &[], text) {
            Parsed::Usage(found) => assert!(found.contains(says), "{text}: {found}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let missing = Environment {
        lookup: &|_| None,
        read: &|_| Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        rules: &no_rules,
    };
    match parse(vec!["--config=nowhere.yaml".to_owned()], &missing) {
        // Sources and a policy may stand in it.
        Parsed::Usage(text) => {
            assert!(
                text.starts_with("`--config=nowhere.yaml`") && !text.contains("polic"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_takes_from_the_file_what_concerns_it() {
    let text = "source: service\ninterval: 1m\nkube-api-qps: 5\n";
    match with_file(&["endpoints", "--config=signpost.yaml"], &[], text) {
        Parsed::Run(cli, warnings, _) => {
            assert!(
                matches!(cli.command, Command::Endpoints(command) if command.sources.source == ["service"])
            );
            assert!(warnings.first().unwrap().contains("`--kube-api-qps` has no effect"));
        }
        other => panic!("{other:?}"),
    }
}

/// Every flag of every command, with the commands before it.
fn all_flags(command: &clap::Command) -> Vec<clap::Arg> {
    let inner = command.get_subcommands().flat_map(all_flags);
    let flags = command.get_arguments().filter(|argument| argument.get_long().is_some());
    flags.cloned().chain(inner).collect()
}

#[test]
fn every_flag_that_names_what_guards_something_is_a_guard() {
    // What is spelled like one and guards nothing, and what ExternalDNS has: empty, it is unset there.
    const OTHERS: [&str; 2] = ["ignore-ingress-tls-spec", "txt-encrypt-aes-key"];
    let words = [
        "token",
        "cert",
        "key",
        "-ca-",
        "tls",
        "secret",
        "encrypt",
        "namespace-domain",
        "one-namespace",
    ];
    for argument in all_flags(&Cli::command()) {
        let flag = argument.get_long().unwrap();
        let is_named = words.iter().any(|word| flag.contains(word)) && !OTHERS.contains(&flag)
            || ["config", "manifests"].contains(&flag);
        assert_eq!(is_named, daemon::is_guard(&argument), "--{flag}");
    }
}

#[test]
fn commas_and_blanks_alone_are_no_limit_and_an_empty_one_is_told() {
    let given = ["--source=service", "--policy=sync", "--txt-owner-id=me"];
    let filters =
        ["domain-filter", "exclude-domains", "namespace", "ingress-class", "label-filter"];
    for flag in filters {
        for commas in [",", ",,", " , ", " ", "\t"] {
            let said = format!("`--{flag}` has no value");
            let word = format!("--{flag}={commas}");
            let words: Vec<_> = given.into_iter().chain([word.as_str()]).collect();
            let told = usage(&words, &[]);
            assert!(told.contains(&said) || told.contains(&format!("--{flag}")), "{told}");
            let told = usage(&given, &[(&daemon::variable(flag), commas)]);
            assert!(told.contains(&daemon::variable(flag)), "{told}");
        }
    }
    let told = usage(&[&given[..], &["--domain-filter=,"]].concat(), &[]);
    assert!(told.contains("`--domain-filter` has no value, and would limit nothing"), "{told}");
    let one = run(&["--source=service", "--domain-filter=a.org,"], &[]);
    assert!(one.domains.domain_filter.iter().any(|domain| domain == "a.org"));
    match with(&[&given[..], &["--domain-filter="]].concat(), &[]) {
        Parsed::Run(_, warnings, _) => {
            assert!(
                warnings
                    .iter()
                    .any(|text| text.starts_with("`--domain-filter` is empty and limits nothing")),
                "{warnings:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_variable_of_a_filter_is_told_as_the_empty_flag_is() {
    let given = ["--source=service", "--policy=sync", "--txt-owner-id=me"];
    let warnings = |words: &[&str], variables: &[(&str, &str)]| match with(
        &[&given[..], words].concat(),
        variables,
    ) {
        Parsed::Run(_, warnings, _) => warnings,
        other => panic!("{other:?}"),
    };
    for flag in ["domain-filter", "namespace", "label-filter", "exclude-domains"] {
        let variable = daemon::variable(flag);
        let told = warnings(&[], &[(&variable, "")]);
        let said = format!(
            "`{variable}` is empty, and `--{flag}` limits nothing: give it a value, or leave it out"
        );
        assert!(told.contains(&said), "{told:?}");
        let set = format!("--{flag}=a");
        assert!(!warnings(&[&set], &[(&variable, "")]).iter().any(|text| text.contains(&variable)));
    }
    let told = warnings(&[], &[("EXTERNAL_DNS_MAX_DELETES", "")]);
    assert!(
        told.iter().any(|text| text
            .starts_with("`EXTERNAL_DNS_MAX_DELETES` is empty, and `--max-deletes=")
            && text.contains("as by default")),
        "{told:?}"
    );
    assert_eq!(warnings(&[], &[("EXTERNAL_DNS_STATE_DIR", "")]), warnings(&[], &[]));
}

#[test]
fn a_filter_of_commas_is_told_once() {
    let given = ["--source=service", "--policy=sync", "--txt-owner-id=me"];
    for flag in ["label-filter", "annotation-filter", "gateway-label-filter", "service-type-filter"]
    {
        let word = format!("--{flag}=,");
        let words = [&given[..], &[&word]].concat().into_iter().map(str::to_owned).collect();
        let rules: Rules<'_> = &crate::app::rules;
        let environment = Environment { lookup: &|_| None, read: &|_| Ok(String::new()), rules };
        let Parsed::Usage(told) = parse(words, &environment) else { panic!("{flag}") };
        assert_eq!(told.matches(&format!("--{flag}")).count(), 1, "{told}");
    }
}

#[test]
fn a_guard_that_is_empty_is_refused_wherever_it_is_so() {
    let guards = [
        "metrics-token-file",
        "metrics-client-ca-file",
        "webhook-provider-token-file",
        "namespace-domain",
        "one-namespace-per-name",
        "txt-encrypt-enabled",
    ];
    let given = ["--source=service", "--policy=sync", "--config=flags.yaml"];
    for flag in guards {
        let variable = daemon::variable(flag);
        for empty in ["", "\n", " \n\n"] {
            let told = usage(&given[..2], &[(&variable, empty)]);
            assert!(told.contains(&format!("`{variable}` is empty, and `--{flag}`")), "{told}");
        }
        for text in [format!("{flag}:"), format!("{flag}: null"), format!("{flag}: []")] {
            if text.ends_with("[]") && flag != "namespace-domain" {
                continue;
            }
            let text = format!("{text}\nlog-level: info");
            let Parsed::Usage(told) = with_file(&given, &[], &text) else { panic!("{text}") };
            assert!(told.contains(&format!("`{flag}` has no value, and guards")), "{told}");
        }
        for text in [format!("{flag}: ''"), format!("{flag}: \"\"")] {
            assert!(matches!(with_file(&given, &[], &text), Parsed::Usage(_)), "{text}");
        }
        let empty = format!("--{flag}=");
        let words = [given[0], given[1], &empty];
        assert!(matches!(with(&words, &[]), Parsed::Usage(_)), "{empty}");
    }
    let others = [("EXTERNAL_DNS_DOMAIN_FILTER", ""), ("EXTERNAL_DNS_STATE_DIR", "")];
    assert!(run(&given[..1], &others).domains.domain_filter.is_empty());
    assert!(matches!(
        with_file(&given, &[], "min-ttl:\ninterval: null\nlog-level: info"),
        Parsed::Run(..)
    ));
    // The file is our own: there an empty filter or limit is an accident as well.
    for flag in ["domain-filter", "namespace", "exclude-domains", "max-deletes", "label-filter"] {
        for empty in ["", " null", " ''", " \" \"", " ', ,'"] {
            let text = format!("{flag}:{empty}\nlog-level: info");
            let Parsed::Usage(told) = with_file(&given, &[], &text) else { panic!("{text}") };
            assert!(told.contains(&format!("`{flag}` has no value, and guards")), "{told}");
        }
    }
    for variable in ["EXTERNAL_DNS_CONFIG", "EXTERNAL_DNS_MANIFESTS"] {
        let told = usage(&given[..2], &[(variable, "")]);
        assert!(told.contains(&format!("`{variable}` is empty")), "{told}");
    }
    for words in [&["--config="][..], &["--config", ""]] {
        assert!(matches!(with_file(&[&given[..2], words].concat(), &[], ""), Parsed::Usage(_)));
    }
}

#[test]
fn a_file_that_sets_no_flag_is_refused_with_its_name() {
    let given = ["--source=service", "--policy=sync", "--config=flags.yaml"];
    for text in ["", "# policy: sync\n", "---\n", "null\n", "{}\n", "log-level:\n", "nonsense:\n"] {
        let Parsed::Usage(told) = with_file(&given, &[], text) else { panic!("{text:?}") };
        assert!(told.contains("`--config=flags.yaml`: it sets no flag"), "{told}");
        assert!(told.contains("or leave `--config` out"), "{told}");
    }
}
