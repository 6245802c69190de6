//! What is wrong with flags that each make sense alone: all of it, before anything is asked of anyone.
//!
//! A command that says what `run` would do refuses what that refuses, in the same words; only what it can
//! do without is not missed.

use std::path::Path;

use anyhow::Context as _;
use controller_core::plan::Policy;
use controller_sources as sources;
use daemon::Complaints;

use super::ownership::UNSAID;
use super::{admin_access, client, options, ownership};
use crate::args::{Command, ManifestArgs, RunArgs, SourceArgs, TemplateArgs, TransformArgs};

/// What is said of `--policy=sync` where `run` was given no policy at all.
const ANY_THAT_DELETES: &str = ", as every policy that has `delete`,";

/// What a command needs of the flags that `run` takes.
#[derive(Clone, Copy)]
struct Needs {
    /// Something that asks for records.
    source: bool,
    /// A provider, and who we are.
    provider: bool,
    /// What is said of the policy that it goes by when none is given; `None` when it goes by none.
    unsaid: Option<&'static str>,
    /// Whether it listens.
    listens: bool,
}

/// Adds all that is wrong with a command; `run` has the flags of `run` that were given to it if it is that,
/// or says what that would do.
pub fn rules(command: &Command, run: Option<&RunArgs>, complaints: &mut Complaints) {
    let Some(args) = run else { return };
    let plan = Needs { source: true, provider: true, unsaid: Some(UNSAID), listens: false };
    let needs = match command {
        Command::Run(_) => Needs { unsaid: Some(ANY_THAT_DELETES), listens: true, ..plan },
        Command::Check(_) => Needs { source: false, unsaid: None, ..plan },
        Command::Endpoints(_) => Needs { provider: false, ..plan },
        // Without manifests it asks a controller, which has been told all of this.
        Command::Explain(_) if args.manifests.manifests.is_empty() => return,
        Command::Plan(_) | Command::Explain(_) => plan,
        Command::Status(_)
        | Command::History(_)
        | Command::Completion(_)
        | Command::Man(_)
        | Command::Approve(_)
        | Command::Sync(_)
        | Command::Ownership(_)
        | Command::Rollback(_)
        | Command::Convert(_)
        | Command::Conformance(_) => return,
    };
    let RunArgs { sources, templates, transforms, manifests, .. } = args;
    if needs.source && sources.source.is_empty() {
        complaints.rule(&["source"], NO_SOURCE);
    }
    objects(sources.clone(), templates.clone(), transforms, manifests, complaints);
    if needs.provider {
        let unsaid = needs.unsaid.map(|unsaid| (Policy::SYNC, unsaid));
        let policy = args.safety.policy.map(|policy| (policy, "")).or(unsaid);
        // What only reads needs none of the files that say whose records are.
        if !matches!(command, Command::Check(check) if !check.moving) {
            ownership::check(&args.ownership, policy, complaints);
        }
        complaints.took(&PROVIDER, client(&args.provider));
    }
    if needs.listens {
        complaints.took(&ADMIN, admin_access(&args.admin));
    }
}

/// What is said when no source is named.
pub(super) const NO_SOURCE: &str =
    "nothing asks for records: say what does, such as `--source=service`";

const PROVIDER: [&str; 5] = [
    "webhook-provider-url",
    "webhook-provider-token-file",
    "webhook-provider-ca-file",
    "webhook-provider-cert-file",
    "webhook-provider-key-file",
];

const ADMIN: [&str; 4] =
    ["metrics-cert-file", "metrics-key-file", "metrics-client-ca-file", "metrics-token-file"];

/// Adds what is wrong with what says which objects are read, and what becomes of what they ask for.
fn objects(
    sources: SourceArgs,
    templates: TemplateArgs,
    transforms: &TransformArgs,
    manifests: &ManifestArgs,
    complaints: &mut Complaints,
) {
    let names = sources.source.clone();
    match options::source_options(sources, templates) {
        Err(wrong) => complaints.append(wrong),
        Ok(options) => {
            if let Some(_watches) = complaints.took(&[], sources::kinds_watched(&names, &options)) {
                complaints.took(&[], sources::build(&names, &options));
            }
        }
    }
    if let Err(wrong) = options::transform_options(transforms) {
        complaints.append(wrong);
    }
    for path in manifests.manifests.iter().filter(|path| *path != Path::new("-")) {
        let found = std::fs::metadata(path);
        let found = found.with_context(|| format!("cannot read `--manifests={}`", path.display()));
        complaints.took(&[], found);
    }
}
