//! Brings objects from manifest files: what `kubectl apply` would send, without a cluster.
//!
//! A file that cannot be read in full never makes objects disappear: what it held before stays, and
//! every kind counts as not known in full until the file makes sense again.

mod documents;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kinds::KINDS;
use super::meta::Raw;
use super::{Failure, Kind, KindState, ObjectKey, Store};

/// Extensions of the files that are read from a folder.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Namespace of an object that names none, as for `kubectl`.
const DEFAULT_NAMESPACE: &str = "default";

/// Manifest files and what they held when they last made sense.
pub struct Manifests {
    paths: Vec<PathBuf>,
    store: Arc<Store>,
    kinds: Vec<Kind>,
    held: BTreeMap<PathBuf, Held>,
}

/// What a file held.
#[derive(Default)]
struct Held {
    text: String,
    objects: BTreeMap<ObjectKey, Raw>,
    problems: Vec<Problem>,
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
    /// What is wrong.
    pub error: String,
    /// Whether something that was asked for may be missing because of it.
    pub hides_objects: bool,
}

/// What reading the manifests brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of objects of kinds that a source reads.
    pub objects: usize,
    /// What was wrong, by file and line.
    pub problems: Vec<Problem>,
    /// Kinds that no source in use reads, as `Kind.version.group`.
    pub unread_kinds: BTreeSet<String>,
}

impl Manifests {
    /// Returns the manifests at `paths`: files, folders, or `-` for standard input.
    ///
    /// Nothing is read yet.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, store: Arc<Store>) -> Self {
        let kinds = store.read().watches().map(|it| it.kind.clone()).collect();
        Self { paths: paths.into_iter().collect(), store, kinds, held: BTreeMap::new() }
    }

    /// Reads the files and brings the store up to date; `now` is in seconds since 1970.
    pub fn load(&mut self, now: i64) -> Report {
        let mut report = Report::default();
        let mut found = BTreeSet::new();
        for path in self.paths.clone() {
            match files(&path) {
                Ok(files) => found.extend(files),
                Err(error) => {
                    report.problems.push(Problem::about_file(&path, &error));
                    // What was under a path that cannot be looked at is not gone.
                    found.extend(self.held.keys().filter(|it| it.starts_with(&path)).cloned());
                }
            }
        }
        self.held.retain(|path, _| found.contains(path));
        for path in found {
            self.read(&path, &mut report);
        }
        self.publish(&mut report, now);
        report.problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        report
    }

    fn read(&mut self, path: &Path, report: &mut Report) {
        let held = self.held.entry(path.to_owned()).or_default();
        if path == Path::new("-") && !held.text.is_empty() {
            return; // Standard input can be read once.
        }
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => {
                held.problems = vec![Problem::about_file(path, &error)];
                held.text = String::new();
                return;
            }
        };
        if text == held.text && !text.is_empty() {
            return;
        }
        let mut parsed = Held { text, ..Held::default() };
        for document in documents::parse(&parsed.text) {
            match document.object {
                Ok(raw) => parsed.add(path, document.number, document.line, raw, &self.kinds),
                Err(error) => parsed.problems.push(Problem {
                    file: path.to_owned(),
                    document: document.number,
                    line: document.line,
                    error,
                    hides_objects: true,
                }),
            }
        }
        if parsed.problems.iter().any(|it| it.hides_objects) {
            let before = std::mem::take(&mut held.objects);
            for (key, raw) in before {
                parsed.objects.entry(key).or_insert(raw);
            }
        }
        *held = parsed;
        tracing::debug!(file = %path.display(), objects = held.objects.len(), "Read manifest");
        let is_read =
            |raw: &Raw| self.kinds.iter().any(|it| it.reads(raw.group(), raw.version(), &raw.kind));
        let unread = held.objects.values().filter(|raw| !is_read(raw));
        report.unread_kinds.extend(unread.map(|raw| format!("{}.{}", raw.kind, raw.api_version)));
    }

    /// Puts what the files hold into the store, and removes what they no longer hold.
    fn publish(&self, report: &mut Report, now: i64) {
        let mut wanted: BTreeMap<&ObjectKey, (&Path, &Raw)> = BTreeMap::new();
        for (path, held) in &self.held {
            report.problems.extend(held.problems.iter().cloned());
            for (key, raw) in &held.objects {
                if let Some((first, _)) = wanted.get(key) {
                    report.problems.push(Problem {
                        file: path.clone(),
                        document: 0,
                        line: 0,
                        error: format!("`{key}` is also in {}, which is used", first.display()),
                        hides_objects: false,
                    });
                } else {
                    wanted.insert(key, (path, raw));
                }
            }
        }
        let broken = report.problems.iter().find(|it| it.hides_objects).cloned();
        for kind in &self.kinds {
            let id = kind.id();
            for (key, (_, raw)) in wanted.iter().filter(|(key, _)| key.kind == id) {
                report.objects += 1;
                self.store.apply(&key.kind, (*raw).clone());
            }
            self.store.retain(&id, "", |namespace, name| {
                wanted.contains_key(&ObjectKey {
                    kind: id.clone(),
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                })
            });
            let state = broken.as_ref().map_or(KindState::Synced, |problem| {
                KindState::Failed(Failure {
                    verb: "read",
                    resource: problem.file.display().to_string(),
                    error: problem.to_string(),
                    since: now,
                })
            });
            let namespaces: Vec<_> =
                self.store.read().states(&id).map(|(at, _)| at.to_owned()).collect();
            for namespace in namespaces {
                self.store.set_state(&id, &namespace, state.clone());
            }
        }
    }
}

impl Held {
    fn add(&mut self, path: &Path, document: usize, line: usize, mut raw: Raw, kinds: &[Kind]) {
        let problem =
            |error| Problem { file: path.to_owned(), document, line, error, hides_objects: false };
        let read = kinds.iter().find(|it| it.reads(raw.group(), raw.version(), &raw.kind));
        if let Some(other) =
            KINDS.iter().find(|it| read.is_none() && it.group == raw.group() && it.kind == raw.kind)
            && !other.reads(raw.group(), raw.version(), &raw.kind)
        {
            self.problems.push(problem(format!(
                "`{}` is read as version {} only, not {}",
                raw.kind,
                other.versions.join(" or "),
                raw.version()
            )));
        }
        let Some(kind) = read else {
            // Kept under its own name so that the report can say what nobody reads.
            let id = format!("{}.{}", raw.kind, raw.api_version);
            tracing::debug!(kind = id, file = %path.display(), "No source reads the kind");
            let key = ObjectKey::new(super::KindId::unread(id), &raw.meta);
            raw.data.clear();
            self.objects.insert(key, raw);
            return;
        };
        if !kind.namespaced {
            raw.meta.namespace.clear();
        } else if raw.meta.namespace.is_empty() {
            DEFAULT_NAMESPACE.clone_into(&mut raw.meta.namespace);
        }
        let key = ObjectKey::new(kind.id(), &raw.meta);
        if self.objects.contains_key(&key) {
            let error = format!("`{key}` is in this file twice; the first is used");
            self.problems.push(problem(error));
            return;
        }
        self.objects.insert(key, raw);
    }
}

impl Problem {
    fn about_file(path: &Path, error: &std::io::Error) -> Self {
        Self {
            file: path.to_owned(),
            document: 0,
            line: 0,
            error: error.to_string(),
            hides_objects: true,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, document, line, error, hides_objects: _ } = self;
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

fn read_text(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(path)
}

/// Lists the manifest files at `path`: itself, or those in a folder, hidden ones left out.
///
/// Kubernetes mounts a `ConfigMap` as links into hidden folders, so links are followed and hidden
/// names are not.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path == Path::new("-") {
        return Ok(vec![path.to_owned()]);
    }
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        match std::fs::metadata(&path) {
            Ok(it) if it.is_dir() => found.extend(files(&path)?),
            Ok(_) => {
                let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
                if EXTENSIONS.contains(&extension) {
                    found.push(path);
                }
            }
            // Gone between listing and looking: an editor that replaces files.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
