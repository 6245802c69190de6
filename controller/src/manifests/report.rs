//! What reading manifests brought, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::validate::{Hides, Why};
use controller_sources::objects::ObjectKey;
use external_dns_webhook::counted;

/// How many files a summary names.
const NAMED: usize = 3;

/// What reading the manifests brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestReport {
    /// Number of objects of kinds that a source reads.
    pub objects: usize,
    /// What was wrong, by file and line, but for single objects.
    pub problems: Vec<Problem>,
    /// Objects that cannot be read, by file and line: they are in the store as such.
    pub unreadable: Vec<Problem>,
    /// What was passed over, by file and line: it is nothing of ours.
    pub passed: Vec<Problem>,
    /// Objects that are in several places, of which the first is used.
    pub repeated: Vec<Repeated>,
    /// Kinds that no source in use reads, as `Kind.version.group`.
    pub unread_kinds: BTreeSet<String>,
    /// Objects of such kinds that have annotations with names.
    pub unread_objects: BTreeSet<String>,
    /// What is assumed of objects without a status; `None` when nothing is.
    pub assumed: Option<String>,
    /// Why what is desired cannot be shown in full, or acted on; `None` when it can.
    pub failure: Option<String>,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or `-` for standard input.
    pub file: PathBuf,
    /// Number of the document in the file, from 1; 0 when it is about the file.
    pub document: usize,
    /// Line in the file, from 1; 0 when it is about the file.
    pub line: usize,
    /// What it is.
    pub why: Why,
    /// What is wrong.
    pub error: String,
    /// What is not known because of it.
    pub hides: Hides,
}

/// An object that is in several places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The object.
    pub key: ObjectKey,
    /// Where it is used from.
    pub used: PathBuf,
    /// Where it is, too.
    pub also: PathBuf,
}

impl ManifestReport {
    /// Returns one line about what was passed over; `None` when nothing was.
    pub fn passed_over(&self) -> Option<String> {
        let mut files: BTreeMap<Why, BTreeSet<&PathBuf>> = BTreeMap::new();
        for problem in &self.passed {
            files.entry(problem.why).or_default().insert(&problem.file);
        }
        let all: BTreeSet<_> = files.values().flatten().collect();
        let told =
            files.iter().map(|(why, files)| format!("{} {why} ({})", files.len(), some(files)));
        let told: Vec<_> = told.collect();
        (!all.is_empty())
            .then(|| format!("{} {} passed over: {}", all.len(), were(all.len()), told.join(", ")))
    }

    /// Returns one line about objects that are in several places; `None` when there are none.
    pub fn repeats(&self) -> Option<String> {
        let count = self.repeated.len();
        let each = self.repeated.iter().take(NAMED).map(ToString::to_string);
        let each: Vec<_> = each.collect();
        let more = if count > NAMED { ", …" } else { "" };
        (count > 0).then(|| {
            let are = if count == 1 { "is" } else { "are" };
            format!(
                "{} {are} there more than once: {}{more}",
                counted(count, "object"),
                each.join(", ")
            )
        })
    }
}

fn were(count: usize) -> &'static str {
    if count == 1 { "file is" } else { "files are" }
}

/// Names the first few of some files.
fn some(files: &BTreeSet<&PathBuf>) -> String {
    let names = files.iter().take(NAMED).map(|file| file.display().to_string());
    let names: Vec<_> = names.collect();
    let more = if files.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "with an object that cannot be read",
            Self::NoObject => "without a Kubernetes object",
            Self::Template => "to be rendered first",
            Self::Nameless => "that do not say which object",
            Self::Broken => "neither YAML nor JSON",
            Self::NotText => "not text",
            Self::TooLarge => "too large",
            Self::Closed => "that cannot be opened",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, document, line, why: _, error, hides: _ } = self;
        write!(f, "{}", file.display())?;
        if *line > 0 {
            write!(f, ":{line}")?;
        }
        if *document > 0 {
            write!(f, " (document {document})")?;
        }
        write!(f, ": {error}")
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, used, also } = self;
        if used == also {
            return write!(f, "`{key}` is in {} twice; the first is used", used.display());
        }
        write!(f, "`{key}` is in {}, which is used, and in {}", used.display(), also.display())
    }
}
