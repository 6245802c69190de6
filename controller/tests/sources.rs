//! What manifests want, case by case: `tests/sources/SOURCE/SENTENCE.yaml`.
//!
//! A case is one file of manifests: flags of `signpost endpoints` on top, objects, and below a line
//! what comes of them, a line for each record set that would go to the provider and for each reason:
//! what was refused, ignored or is not known. `BLESS=1 cargo test -p controller --test sources`
//! writes what is below the line; read its diff.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use controller::app;
use controller::args::{Command, Environment, Parsed, no_rules, parse};
use controller::manifests::Manifests;
use controller::store::ObjectStore;
use controller_core::desired::{Desired, Unknown};
use controller_core::transform::{TransformOptions, pipeline};
use controller_sources::objects::{Objects, Resolution};
use controller_sources::{self as sources, ObjectScope, SourceOptions};
use daemon::Complaints;
use external_dns_webhook::{Endpoint, ObjectRef};

/// The line between a case and what comes of it.
const EXPECTATION: &str = "# ---\n";

/// What the flags of a case say.
struct Case {
    file: PathBuf,
    sources: Vec<String>,
    options: SourceOptions,
    transforms: TransformOptions,
    resolutions: Vec<(String, Resolution)>,
}

impl Case {
    /// Reads the flags on top of a case as `signpost endpoints` reads its own.
    fn of(file: &Path, text: &str) -> Result<Self, String> {
        let mut words = vec!["endpoints".to_owned(), format!("--manifests={}", file.display())];
        let mut resolutions = Vec::new();
        for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
            if let Some(resolution) = line.strip_prefix("resolves ") {
                resolutions.push(resolves(resolution));
            } else if line.starts_with("--") {
                words.push(line.to_owned());
            } else {
                break;
            }
        }
        let read = |path: &Path| std::fs::read_to_string(path);
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        let arguments = match parse(words, &environment) {
            Parsed::Run(cli, ..) => match cli.command {
                Command::Endpoints(arguments) => *arguments,
                _ => panic!("`endpoints` is another command"),
            },
            Parsed::Print(text) => panic!("{text}"),
            Parsed::Usage(error) => {
                return Err(error.lines().next().unwrap_or_default().to_owned());
            }
        };
        let sources = arguments.sources.source.clone();
        let made = Complaints::none_of(|wrong| {
            let options = app::source_options(arguments.sources, arguments.templates, wrong);
            (options, app::transform_options(&arguments.transforms, wrong))
        });
        let (options, transforms) = made.map_err(|error| error.to_string())?;
        // What `route53-webhook` declares.
        let transforms =
            TransformOptions { property_prefixes: vec!["aws/".to_owned()], ..transforms };
        Ok(Self { file: file.to_owned(), sources, options, transforms, resolutions })
    }

    fn store(&self) -> Result<ObjectStore, String> {
        let watches = sources::kinds_watched(&self.sources, &self.options)
            .map_err(|error| error.to_string())?;
        let mut objects = Objects::new(watches);
        for (host, resolution) in &self.resolutions {
            objects.set_resolution(host, resolution.clone());
        }
        let store = Arc::new(ObjectStore::new(objects));
        let mut manifests = Manifests::new([self.file.clone()], Arc::clone(&store));
        let report = manifests.load(0);
        assert_eq!(report.problems, [], "{}", self.file.display());
        drop(manifests);
        Arc::try_unwrap(store).map_err(|_| "someone still holds the store".to_owned())
    }

    fn run(&self) -> Result<Desired, String> {
        let store = self.store()?;
        let built =
            sources::build(&self.sources, &self.options).map_err(|error| error.to_string())?;
        let collect = |scope: &ObjectScope| {
            let mut desired = Desired::default();
            for source in &built {
                source.collect(&store.read(), scope, &mut desired);
            }
            desired
        };
        let all = collect(&ObjectScope::All);
        self.check_focus(&store, &all, collect);
        Ok(pipeline(all, &self.transforms))
    }

    /// One object at a time gives what all at once give.
    fn check_focus(
        &self,
        store: &ObjectStore,
        all: &Desired,
        collect: impl Fn(&ObjectScope) -> Desired,
    ) {
        let keys: Vec<_> = store.read().keys().collect();
        let mut apart: Vec<Endpoint> = Vec::new();
        for key in keys {
            apart.extend(collect(&ObjectScope::Only([key].into())).endpoints);
        }
        let lines = |endpoints: &[Endpoint]| -> BTreeSet<String> {
            endpoints.iter().map(|endpoint| serde_json::to_string(endpoint).unwrap()).collect()
        };
        if !self.sources.iter().any(|source| source == "fake") {
            assert_eq!(lines(&apart), lines(&all.endpoints));
        }
    }
}

/// Reads what looking up a name gives: `HOST: ADDRESS ADDRESS`; without addresses, that it fails.
fn resolves(text: &str) -> (String, Resolution) {
    let (host, addresses) = text.split_once(':').unwrap();
    let addresses: Vec<_> =
        addresses.split_whitespace().map(|part| part.parse().unwrap()).collect();
    let resolution = if addresses.is_empty() {
        Resolution::Failed("no such host".to_owned())
    } else {
        Resolution::Addresses(addresses)
    };
    (host.to_owned(), resolution)
}

fn endpoints(desired: &Desired) -> String {
    let mut endpoints = desired.distinct();
    endpoints.sort_by_cached_key(|endpoint| {
        (endpoint.key(), endpoint.targets.clone(), endpoint.labels.resource().cloned())
    });
    endpoints.iter().map(|endpoint| serde_json::to_string(endpoint).unwrap() + "\n").collect()
}

fn reasons(desired: &Desired) -> String {
    let mut lines = BTreeSet::new();
    for status in &desired.statuses {
        let mut line = status.object.as_ref().map_or("-".into(), ObjectRef::shown).into_owned();
        if !status.name.is_empty() {
            write!(line, " {}", status.name).unwrap();
        }
        write!(line, ": {}: {}", status.reason.code(), status.reason).unwrap();
        lines.insert(line);
    }
    for gap in &desired.unknown {
        let what = match &gap.what {
            Unknown::Name(name) => format!("name {name}"),
            Unknown::RecordSet { name, record_type, .. } => {
                format!("record set {name} {record_type}")
            }
            Unknown::Resource(resource) => format!("object {resource}"),
            Unknown::Kind(kind) => format!("kind {kind}"),
            Unknown::All => "everything".to_owned(),
        };
        lines.insert(format!("unknown: {what}: {}", gap.reason.code()));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Returns the files of all cases: `tests/sources/SOURCE/SENTENCE.yaml`.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let mut files: Vec<_> = entries(&root).iter().flat_map(|folder| entries(folder)).collect();
    files.sort();
    files
}

#[expect(clippy::disallowed_methods, reason = "the runner has no other configuration")]
fn blesses() -> bool {
    std::env::var("BLESS").is_ok_and(|value| value == "1")
}

#[test]
fn every_case_asks_for_what_it_says() {
    let mut wrong = Vec::new();
    let files = files();
    assert!(!files.is_empty());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let (given, expected) = text.split_once(EXPECTATION).unwrap_or((&text, ""));
        let desired = Case::of(file, given).and_then(|case| case.run());
        let actual = match &desired {
            Ok(desired) => endpoints(desired) + &reasons(desired),
            Err(error) => format!("error: {error}\n"),
        };
        // Where a case lies is not part of what it says.
        let folder = format!("{}/", file.parent().unwrap().display());
        let lines: Vec<_> = actual.lines().map(|line| format!("# {line}\n")).collect();
        let actual = lines.concat().replace(&folder, "");
        if expected == actual {
            continue;
        }
        if blesses() {
            std::fs::write(file, format!("{given}{EXPECTATION}{actual}")).unwrap();
        } else {
            let shown = file.display();
            wrong.push(format!("{shown}\n--- expected\n{expected}--- actual\n{actual}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

#[test]
fn every_case_lies_with_the_source_that_it_is_about() {
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let first = text.lines().find_map(|line| line.strip_prefix("# --source="));
        let folder = file.parent().unwrap().file_name().unwrap().to_str();
        assert_eq!(folder, first, "{}", file.display());
    }
}
