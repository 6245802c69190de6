//! Command lines and variables, and what they mean.

use super::*;
use controller_core::plan::Policy;

use crate::args::{Command, RunArgs};

fn with(words: &[&str], variables: &[(&str, &str)]) -> Parsed {
    let lookup = |name: &str| {
        variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
    };
    parse(words.iter().map(|it| (*it).to_owned()).collect(), &lookup)
}

fn run(words: &[&str], variables: &[(&str, &str)]) -> RunArgs {
    match with(words, variables) {
        Parsed::Run(cli, _) => match cli.command {
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
    assert_eq!(args.safety.policy, Policy::SYNC);
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
fn values_are_not_split_at_commas() {
    let args = run(&["--source=service", "--domain-filter=a.org,b.org"], &[]);
    assert_eq!(args.domains.domain_filter, ["a.org,b.org"]);
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
        (&["endpoints", "--policy=sync"], "--policy"),
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
fn a_flag_without_effect_is_accepted_with_a_warning() {
    for words in [
        &["--kube-api-qps", "10", "--source=service"][..],
        &["--source=service", "--kube-api-qps=10"],
    ] {
        match with(words, &[]) {
            Parsed::Run(_, warnings) => {
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
