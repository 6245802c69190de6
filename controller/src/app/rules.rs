//! What is wrong with flags that each make sense alone: all of it, before anything is asked of anyone.
//!
//! A command that says what `run` would do refuses what that refuses, in the same words; only what it can
//! do without is not missed.

use std::path::Path;

use anyhow::Context as _;
use controller_core::plan::Policy;
use controller_sources::{self as sources, BuildError};
use daemon::Complaints;

use super::ownership::{ANY_THAT_DELETES, UNSAID};
use super::{admin_access, client, options, ownership};
use crate::args::{
    Command, ManifestArgs, OfRun, PolicyNeed, RunArgs, SourceArgs, TemplateArgs, TransformArgs,
};

/// Adds all that is wrong with a command; `run` has the flags of `run` that were given to it if it is that,
/// or says what that would do.
pub fn rules(command: &Command, run: Option<&RunArgs>, complaints: &mut Complaints) {
    let (Some(of_run), Some(args)) = (command.of_run(), run) else { return };
    let OfRun { source, provider, ownership, policy, listens } = of_run;
    let RunArgs { sources, templates, transforms, manifests, .. } = args;
    if source && sources.source.is_empty() {
        complaints.rule(&["source"], NO_SOURCE);
    }
    objects(sources.clone(), templates.clone(), transforms, manifests, complaints);
    if ownership {
        let unsaid = match policy {
            PolicyNeed::Required => Some((Policy::SYNC, ANY_THAT_DELETES)),
            PolicyNeed::Assumed => Some((Policy::SYNC, UNSAID)),
            PolicyNeed::Unused => None,
        };
        let policy = args.safety.policy.map(|policy| (policy, "")).or(unsaid);
        ownership::check(&args.ownership, policy, complaints);
    }
    if provider {
        complaints.took(&PROVIDER, client(&args.provider));
    }
    if listens {
        complaints.took(&ADMIN, admin_access(&args.admin));
    }
}

/// What is said when no source is named.
pub(super) const NO_SOURCE: &str =
    "nothing wants records: say what does, such as `--source=service`";

const PROVIDER: [&str; 5] = [
    "webhook-provider-url",
    "webhook-provider-token-file",
    "webhook-provider-ca-file",
    "webhook-provider-cert-file",
    "webhook-provider-key-file",
];

const ADMIN: [&str; 4] =
    ["metrics-cert-file", "metrics-key-file", "metrics-client-ca-file", "metrics-token-file"];

/// Adds what is wrong with what says which objects are read, and what becomes of what they want.
fn objects(
    sources: SourceArgs,
    templates: TemplateArgs,
    transforms: &TransformArgs,
    manifests: &ManifestArgs,
    complaints: &mut Complaints,
) {
    let names = sources.source.clone();
    let options = options::source_options(sources, templates, complaints);
    let watches = sources::kinds_watched(&names, &options).map(drop);
    for made in [watches, sources::build(&names, &options).map(drop)] {
        let flags = made.as_ref().err().map_or(&[][..], BuildError::flags);
        complaints.took(flags, made);
    }
    options::transform_options(transforms, complaints);
    for path in manifests.manifests.iter().filter(|path| *path != Path::new("-")) {
        let found = std::fs::metadata(path);
        let found = found.with_context(|| format!("cannot read `--manifests={}`", path.display()));
        complaints.took(&["manifests"], found);
    }
}

#[cfg(test)]
mod tests {
    use crate::app;
    use crate::args::{Environment, Parsed, parse};

    fn told(words: &[&str]) -> String {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &app::rules };
        let given = ["--policy=sync", "--txt-owner-id=me", "--source=service"];
        match parse(
            words.iter().chain(&given).map(|word| (*word).to_owned()).collect(),
            &environment,
        ) {
            Parsed::Usage(text) => text,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn what_the_grammar_refused_of_a_flag_is_missed_by_no_rule() {
        for words in [
            &["--ignore-hostname-annotation", "--fqdn-template"][..],
            &["--pod-source-domain", "--create-ptr=maybe"],
            &["--create-ptr", "--managed-record-types=PTRR"],
            &["--ignore-hostname-annotation=maybe"],
            &["--txt-prefix=a", "--txt-suffix"],
            &["--webhook-provider-url"],
        ] {
            let text = told(words);
            let told: Vec<_> = text.lines().filter(|line| line.starts_with("  - ")).collect();
            let expected = if words[0] == "--pod-source-domain" { 2 } else { 0 };
            assert_eq!(told.len(), expected, "{words:?}: {text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_once_by_every_command_that_plans() {
        for start in [&["run"][..], &["plan"], &["ownership", "adopt", "a.org"]] {
            let flags = ["--annotation-prefix=x", "--nat64-networks=y", "--fqdn-template={{"];
            let text = told(&[start, &flags].concat());
            assert!(text.starts_with("3 things"), "{start:?}: {text}");
        }
    }
}
