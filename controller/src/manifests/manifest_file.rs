//! What one manifest file had when it last made sense, and what of that may still be there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::path::Path;

use super::documents::{self, Content, Document};
use super::validate::{self, Finding, Unread, Validated};
use super::{Hides, Problem, Repeated, Why, lines};
use controller_sources::objects::{Kind, Misread, ObjectKey, Raw, Step};

/// What a file had when it last made sense.
#[derive(Default)]
pub(super) struct ManifestFile {
    /// Its text, when that was read.
    pub(super) text: Option<String>,
    pub(super) entries: BTreeMap<ObjectKey, ManifestEntry>,
    pub(super) problems: Vec<Problem>,
    pub(super) unreadable: Vec<Problem>,
    pub(super) passed: Vec<Problem>,
    pub(super) repeated: Vec<Repeated>,
    pub(super) unread_kinds: BTreeSet<String>,
    pub(super) unread_objects: BTreeSet<String>,
}

/// An object of a file.
pub(super) enum ManifestEntry {
    /// It can be read.
    Readable(Box<Raw>),
    /// It is there and cannot be read, because of this.
    Unreadable(String),
}

impl ManifestFile {
    /// Reads the text of a file.
    pub(super) fn read(
        path: &Path,
        text: String,
        replaced: bool,
        kinds: &[Kind],
        is_careful: bool,
    ) -> Self {
        let mut file = Self::default();
        let is_json =
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        for document in documents::parse(&text, is_json) {
            file.add(path, document, replaced, is_json, kinds, is_careful);
        }
        file.text = Some(text);
        file
    }

    fn add(
        &mut self,
        path: &Path,
        document: Document<'_>,
        is_replaced: bool,
        is_json: bool,
        kinds: &[Kind],
        is_careful: bool,
    ) {
        let Document { number, line, text, content } = document;
        // Found first and placed together: the text is gone through once for all lines.
        let mut findings: Vec<(Vec<Step>, Option<usize>, Finding)> = Vec::new();
        match content {
            _ if is_replaced && text.contains('\u{fffd}') => {
                let error = "it has bytes that are not UTF-8";
                let broken = validate::validate_broken(text, is_json, error, kinds);
                findings.extend(
                    broken
                        .into_iter()
                        .map(|validate_broken| (Vec::new(), Some(line), validate_broken)),
                );
            }
            Content::Broken { line, error } => {
                let broken = validate::validate_broken(text, is_json, &error, kinds);
                findings.extend(
                    broken
                        .into_iter()
                        .map(|validate_broken| (Vec::new(), Some(line), validate_broken)),
                );
            }
            Content::Values(items) => {
                for item in items {
                    let repeats = item.repeats.as_ref().map(|repeat| repeat.key.as_str());
                    match validate::validate(item.value, repeats, kinds) {
                        Validated::Object(key, raw) => {
                            self.insert(path, key, ManifestEntry::Readable(Box::new(raw)));
                        }
                        Validated::Unread(Unread { kind, wants_names }) => {
                            self.unread_objects
                                .extend(wants_names.map(|object| format!("{kind} {object}")));
                            self.unread_kinds.insert(kind);
                        }
                        Validated::Not(finding) => {
                            let line = item.repeats.map(|repeat| repeat.line);
                            findings.push((item.path, line, finding));
                        }
                    }
                }
            }
        }
        let paths: Vec<_> = findings
            .iter()
            .map(|(path, _, finding)| Cow::Owned([&path[..], &finding.misread.path].concat()))
            .collect();
        let is_placed = findings.iter().all(|(_, line, _)| line.is_some());
        let lines = if is_placed { vec![None; paths.len()] } else { lines::find(text, &paths) };
        for ((within, own, finding), (found, at)) in
            findings.into_iter().zip(lines.into_iter().zip(paths))
        {
            let line = own.or_else(|| found.map(|found| line + found - 1)).unwrap_or(line);
            let Finding { why, hides, misread } = finding;
            let error = Misread { path: at.into_owned(), ..misread }.to_string();
            let (file, document) = (path.to_owned(), number);
            let problem = Problem { file, document, line, why, error, hides };
            drop(within);
            self.note(path, problem, is_careful);
        }
    }

    /// Notes something that gives no object.
    fn note(&mut self, path: &Path, problem: Problem, is_careful: bool) {
        let is_ours = match problem.why {
            Why::Unreadable => true,
            Why::Broken => matches!(problem.hides, Hides::Object(_) | Hides::Kinds(_)),
            Why::NoObject
            | Why::Template
            | Why::Nameless
            | Why::NotText
            | Why::TooLarge
            | Why::Closed => false,
        };
        let is_told = is_ours || (is_careful && problem.hides != Hides::Nothing);
        if let Hides::Object(key) = &problem.hides
            && is_told
        {
            self.insert(path, key.clone(), ManifestEntry::Unreadable(problem.to_string()));
            self.unreadable.push(problem);
        } else if is_told {
            self.problems.push(problem);
        } else {
            self.passed.push(problem);
        }
    }

    fn insert(&mut self, path: &Path, key: ObjectKey, entry: ManifestEntry) {
        match self.entries.entry(key) {
            btree_map::Entry::Vacant(vacant) => drop(vacant.insert(entry)),
            btree_map::Entry::Occupied(first) => {
                let (used, also) = (path.to_owned(), path.to_owned());
                self.repeated.push(Repeated { key: first.key().clone(), used, also });
            }
        }
    }

    /// Keeps what the file had `before` and may still have in what cannot be read of it now.
    pub(super) fn keep(&mut self, path: &Path, before: BTreeMap<ObjectKey, ManifestEntry>) {
        let may_hide = |problem: &Problem, key: &ObjectKey| match problem.why {
            Why::Template | Why::Broken => true,
            Why::Unreadable | Why::Nameless => problem.hides.covers(&key.kind),
            Why::NoObject | Why::NotText | Why::TooLarge | Why::Closed => false,
        };
        let mut kept = 0;
        for (key, entry) in before {
            let told = self.problems.iter().chain(&self.unreadable);
            let mut all = told.chain(&self.passed);
            if !self.entries.contains_key(&key) && all.any(|problem| may_hide(problem, &key)) {
                self.entries.insert(key, entry);
                kept += 1;
            }
        }
        if kept > 0 {
            let file = path.display();
            tracing::warn!(%file, objects = kept, "What a file held stays, until it can be read in full");
        }
    }

    /// Notes why the file cannot be read now; what it had stays.
    pub(super) fn fail(&mut self, problem: Problem, is_told: bool) {
        let is_told = is_told || !self.entries.is_empty();
        let (told, passed) =
            if is_told { (vec![problem], Vec::new()) } else { (Vec::new(), vec![problem]) };
        self.unreadable.clear();
        (self.problems, self.passed, self.text) = (told, passed, None);
    }
}
