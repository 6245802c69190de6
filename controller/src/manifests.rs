//! Brings objects from manifest files: what `kubectl apply` would send, without a cluster.
//!
//! Any folder will do: what is no Kubernetes object is passed over. A file that cannot be read in
//! full never makes objects disappear: what it had before stays, and what it may hide counts as not
//! known until the file makes sense again.

mod assumed;
mod documents;
mod files;
mod lines;
mod manifest_file;
mod report;
mod validate;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::assumed::Assumed;
use self::assumed::Filled;
use self::files::{Found, Text};
use self::manifest_file::{ManifestEntry, ManifestFile};
pub use self::report::{ManifestReport, Problem, Repeated};
pub use self::validate::{Hides, Why};
use controller_sources::objects::{Failure, Kind, KindState, ObjectKey, Raw};

use crate::store::ObjectStore;

/// Manifest files and what they had when they last made sense.
pub struct Manifests {
    paths: Vec<PathBuf>,
    store: Arc<ObjectStore>,
    kinds: Vec<Kind>,
    files: BTreeMap<PathBuf, ManifestFile>,
    /// Whether records could be deleted by what is read.
    is_careful: bool,
    assumed: Option<Assumed>,
}

impl Manifests {
    /// Returns the manifests at `paths`: files, folders, or `-` for standard input.
    ///
    /// Nothing is read yet.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, store: Arc<ObjectStore>) -> Self {
        let kinds = store.read().watches().map(|watch| watch.kind.clone()).collect();
        let paths = paths.into_iter().collect();
        Self { paths, store, kinds, files: BTreeMap::new(), is_careful: true, assumed: None }
    }

    /// Returns the manifests for a command that only looks: nothing is deleted by what is read.
    ///
    /// So what may or may not be an object, such as a patch without a name, is passed over.
    #[must_use]
    pub fn for_looking(self) -> Self {
        Self { is_careful: false, ..self }
    }

    /// Returns the manifests with what is assumed of objects without a status.
    #[must_use]
    pub fn assuming(self, assumed: Option<Assumed>) -> Self {
        Self { assumed, ..self }
    }

    /// Reads the files and brings the store up to date; `now` is in seconds since 1970.
    pub fn load(&mut self, now: i64) -> ManifestReport {
        let mut report = ManifestReport::default();
        let mut found = Found::default();
        for path in &self.paths {
            found.add(path);
        }
        let Found { mut files, closed, .. } = found;
        for (path, error) in closed {
            // What was under a path that cannot be looked at is not gone.
            files.extend(self.files.keys().filter(|other| other.starts_with(&path)).cloned());
            self.tell(closed_path(&path, &error), &mut report);
        }
        self.files.retain(|path, _| files.contains(path));
        for path in &files {
            self.read(path);
        }
        self.publish(&mut report, now);
        for list in [&mut report.problems, &mut report.unreadable, &mut report.passed] {
            list.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        }
        report.failure = self.failure(&report);
        report
    }

    fn read(&mut self, path: &Path) {
        let file = self.files.entry(path.to_owned()).or_default();
        if file.text.is_some() && files::is_read_once(path) {
            return;
        }
        let whole = |why, hides, error: &str| Problem {
            file: path.to_owned(),
            document: 0,
            line: 0,
            why,
            error: error.to_owned(),
            hides,
        };
        let (text, is_replaced) = match files::read(path) {
            // An editor that has just begun to write leaves an empty file for a moment.
            Ok(Text::Is(text, _)) if text.is_empty() && !file.entries.is_empty() => {
                let error = "it is empty now, and what it held stays: delete the file, or write \
                             a comment into it, to let it go";
                return file.fail(whole(Why::Broken, Hides::Nothing, error), true);
            }
            Ok(Text::Is(text, is_replaced)) => (text, is_replaced),
            Ok(Text::IsNot) => {
                return file.fail(whole(Why::NotText, Hides::Nothing, "it is no text"), false);
            }
            Ok(Text::TooLarge) => {
                let error = "it is larger than any file that is read; split it";
                return file.fail(whole(Why::TooLarge, Hides::Everything, error), self.is_careful);
            }
            Err(error) => {
                return file.fail(closed_path(path, &error), self.is_careful);
            }
        };
        if file.text.as_ref() == Some(&text) {
            return;
        }
        let before = std::mem::take(file);
        *file = ManifestFile::read(path, text, is_replaced, &self.kinds, self.is_careful);
        file.keep(path, before.entries);
        tracing::debug!(file = %path.display(), objects = file.entries.len(), "Read manifest");
    }

    /// Puts what the files have into the store, and removes what they no longer have.
    fn publish(&self, report: &mut ManifestReport, now: i64) {
        let mut wanted: BTreeMap<&ObjectKey, (&Path, &ManifestEntry)> = BTreeMap::new();
        for (path, file) in &self.files {
            report.problems.extend(file.problems.iter().cloned());
            report.unreadable.extend(file.unreadable.iter().cloned());
            report.passed.extend(file.passed.iter().cloned());
            report.repeated.extend(file.repeated.iter().cloned());
            report.unread_kinds.extend(file.unread_kinds.iter().cloned());
            report.unread_objects.extend(file.unread_objects.iter().cloned());
            for (key, entry) in &file.entries {
                if let Some((first, _)) = wanted.get(key) {
                    let (used, also) = ((*first).to_owned(), path.clone());
                    report.repeated.push(Repeated { key: key.clone(), used, also });
                } else {
                    wanted.insert(key, (path, entry));
                }
            }
        }
        report.objects = wanted.len();
        let filled = self.fill(&wanted, report);
        // A file is one change, however many objects it has.
        let mut together = self.store.together();
        for (key, (_, entry)) in &wanted {
            match entry {
                ManifestEntry::Readable(raw) => {
                    let raw = filled.changed.get(*key).unwrap_or(raw);
                    together.apply(&key.kind, Raw::clone(raw));
                }
                ManifestEntry::Unreadable(error) => together.apply_unreadable(key, error),
            }
        }
        for (key, raw) in &filled.added {
            together.apply(&key.kind, raw.clone());
        }
        for kind in &self.kinds {
            let id = kind.id();
            together.retain(&id, |namespace, name| {
                let (namespace, name) = (namespace.to_owned(), name.to_owned());
                let key = ObjectKey { kind: id.clone(), namespace, name };
                wanted.contains_key(&key) || filled.added.contains_key(&key)
            });
            let hiding = |problem: &&Problem| problem.hides.covers(&id) && self.is_careful;
            let state = report.problems.iter().find(hiding).map_or(KindState::Synced, |problem| {
                KindState::Failed(Failure {
                    verb: "read",
                    resource: problem.file.display().to_string(),
                    error: problem.to_string(),
                    since: now,
                })
            });
            together.set_states(&id, &state);
        }
        together.commit();
    }

    /// Fills in what is assumed, and says so.
    fn fill(
        &self,
        wanted: &BTreeMap<&ObjectKey, (&Path, &ManifestEntry)>,
        report: &mut ManifestReport,
    ) -> Filled {
        let Some(assumed) = &self.assumed else { return Filled::default() };
        let readable = wanted.iter().filter_map(|(key, (_, entry))| match entry {
            ManifestEntry::Readable(raw) => Some((*key, &**raw)),
            ManifestEntry::Unreadable(_) => None,
        });
        let filled = assumed.fill(&readable.collect(), &self.kinds);
        report.assumed = Some(filled.told(assumed));
        filled
    }

    /// Adds what is wrong with a path.
    fn tell(&self, problem: Problem, report: &mut ManifestReport) {
        let is_told = self.is_careful && problem.hides != Hides::Nothing;
        if is_told { report.problems.push(problem) } else { report.passed.push(problem) }
    }

    /// Returns what keeps the command from showing everything, or from acting on everything.
    fn failure(&self, report: &ManifestReport) -> Option<String> {
        let fails = |problem: &&Problem| match problem.why {
            Why::Broken | Why::Closed | Why::NotText | Why::TooLarge => {
                self.paths.contains(&problem.file)
                    || matches!(problem.hides, Hides::Object(_) | Hides::Kinds(_))
                    || (self.is_careful && problem.hides == Hides::Everything)
            }
            Why::Unreadable | Why::Nameless => {
                self.is_careful && matches!(problem.hides, Hides::Kinds(_) | Hides::Everything)
            }
            Why::NoObject | Why::Template => false,
        };
        let told = report.problems.iter().chain(&report.unreadable);
        let all = told.chain(&report.passed).filter(fails);
        let all: Vec<_> = all.map(ToString::to_string).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Says that a file or a folder cannot be looked into.
fn closed_path(path: &Path, error: &io::Error) -> Problem {
    // A link that leads nowhere hides nothing: there is no file.
    let leads_nowhere = error.kind() == io::ErrorKind::NotFound && path.is_symlink();
    // What is no file is told as the rest of a sentence.
    let bad = error.get_ref().and_then(|error| error.downcast_ref::<input_files::BadFile>());
    let cannot = if bad.is_some() { "" } else { "cannot be read: " };
    Problem {
        file: path.to_owned(),
        document: 0,
        line: 0,
        why: Why::Closed,
        error: format!("it {cannot}{error}"),
        hides: if leads_nowhere { Hides::Nothing } else { Hides::Everything },
    }
}

#[cfg(test)]
mod tests;
