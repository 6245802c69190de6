//! What became of every name, as the last syncs left it: said once when it changes, kept to be
//! looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use controller_core::desired::Scope;
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{CanonicalName, ObjectRef, RecordType, counted};

/// How many objects that have one reason get a line of their own in the log, each time that it is
/// news; `explain` and the plan have all of them.
const OWN_LINES: usize = 20;

/// How many sentences of one kind an object gets in the log, each time that they are news.
const OWN_SENTENCES: usize = 10;

/// How many zones a line of the log lists.
const MOST_ZONES: usize = 10;

/// The latest statuses, by what they are about.
#[derive(Debug, Default)]
pub struct StatusStore {
    statuses: BTreeMap<Subject, Box<[Noted]>>,
    /// How many of them have each reason, by its code; those that say that all is well are left out.
    counts: BTreeMap<&'static str, usize>,
    /// Whether a sync has told of everything.
    has_looked: bool,
}

/// A status, and since when it is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The status.
    pub status: RecordStatus,
    /// Since when, in seconds since 1970, as far as this process knows.
    pub since: i64,
    /// Whether it was so when this process first looked, so that it may be so for longer.
    pub is_older: bool,
}

/// What statuses are about: a name, or an object when they name none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Object(Option<ObjectRef>),
    Name(CanonicalName),
}

impl StatusStore {
    /// Takes the statuses of a sync over `scope` and logs those that are news, one line for all
    /// that are alike; see `LogLines`. `at` is in seconds since 1970.
    ///
    /// A status that says that all is well is logged at debug level only. Returns the objects of which
    /// something else is said than before, or nothing any more.
    pub fn note(
        &mut self,
        statuses: &[RecordStatus],
        scope: &Scope,
        at: i64,
    ) -> BTreeSet<ObjectRef> {
        self.note_of(statuses, scope, &BTreeSet::new(), at)
    }

    /// As [`note`](Self::note), where `told` are objects of which everything that is said of the whole
    /// object is among `statuses`.
    pub fn note_of(
        &mut self,
        statuses: &[RecordStatus],
        scope: &Scope,
        told: &BTreeSet<ObjectRef>,
        at: i64,
    ) -> BTreeSet<ObjectRef> {
        let mut now: BTreeMap<Subject, Vec<&RecordStatus>> = BTreeMap::new();
        for status in statuses {
            let about = now.entry(Subject::of(status)).or_default();
            about.reserve_exact(1);
            about.push(status);
        }
        let whole = if matches!(scope, Scope::Names(_)) { self.of_the_whole(&now) } else { vec![] };
        for (subject, statuses) in &whole {
            let about = now.entry(subject.clone()).or_default();
            about.retain(|status| !status.reason.counts_all_names());
            about.extend(statuses);
        }
        let mut log_lines = LogLines::default();
        for (subject, statuses) in &now {
            let before = self.statuses.get(subject).map_or(&[][..], Box::as_ref);
            let is_news =
                |status: &&&RecordStatus| !before.iter().any(|noted| noted.status == ***status);
            for status in statuses.iter().filter(is_news) {
                log_lines.add(status);
            }
        }
        for line in log_lines.lines() {
            tell(&line);
        }
        let mut objects = BTreeSet::new();
        let is_gone = |subject: &Subject| match (subject, scope) {
            (Subject::Name(name), Scope::AllBut(others)) => {
                !others.contains(name) && !now.contains_key(subject)
            }
            (_, Scope::All) | (Subject::Object(_), Scope::AllBut(_)) => !now.contains_key(subject),
            (Subject::Name(name), Scope::Names(names)) => {
                names.contains(name) && !now.contains_key(subject)
            }
            (Subject::Object(object), Scope::Names(_)) => {
                object.as_ref().is_some_and(|object| told.contains(object))
                    && !now.contains_key(subject)
            }
        };
        let gone: Vec<_> = match scope {
            Scope::All | Scope::AllBut(_) => {
                self.statuses.keys().filter(|subject| is_gone(subject)).cloned().collect()
            }
            Scope::Names(names) => {
                let names = names.iter().map(|name| Subject::Name(name.clone()));
                let told = told.iter().map(|object| Subject::Object(Some(object.clone())));
                names.chain(told).filter(is_gone).collect()
            }
        };
        for subject in gone {
            let noted = self.statuses.remove(&subject).unwrap_or_default();
            self.uncount(&noted);
            objects.extend(objects_of(&noted));
        }
        for (subject, statuses) in now {
            // What has not changed stays where it is.
            let before = self.statuses.get(&subject).map_or(&[][..], Box::as_ref);
            if before.iter().map(|noted| &noted.status).eq(statuses.iter().copied()) {
                continue;
            }
            let is_first = !self.has_looked;
            let noted = |status: &RecordStatus| {
                let known = before.iter().find_map(|noted| noted.same_since(status));
                // What was written just now was otherwise before.
                let is_older = is_first && status.reason.verb_done().is_none();
                let (since, is_older) = known.unwrap_or((at, is_older));
                Noted { status: status.clone(), since, is_older }
            };
            let statuses: Box<[_]> = statuses.into_iter().map(noted).collect();
            objects.extend(objects_of(before).chain(objects_of(&statuses)));
            self.count(&statuses);
            if let Some(before) = self.statuses.insert(subject, statuses) {
                self.uncount(&before);
            }
        }
        self.has_looked |= *scope == Scope::All;
        objects
    }

    /// Returns what is known of objects that `now` tells something about and that only a sync of all names
    /// can tell: it stays as it is.
    fn of_the_whole(
        &self,
        now: &BTreeMap<Subject, Vec<&RecordStatus>>,
    ) -> Vec<(Subject, Vec<RecordStatus>)> {
        let of = |subject: &Subject| {
            let before = self.statuses.get(subject)?.iter().map(|noted| &noted.status);
            let whole = before.filter(|status| status.reason.counts_all_names());
            let whole: Vec<_> = whole.cloned().collect();
            (!whole.is_empty()).then(|| (subject.clone(), whole))
        };
        let objects = now.keys().filter(|subject| subject.name().is_none());
        objects.filter_map(of).collect()
    }

    fn count(&mut self, noted: &[Noted]) {
        for code in noted.iter().filter_map(Noted::problem) {
            *self.counts.entry(code).or_default() += 1;
        }
    }

    fn uncount(&mut self, noted: &[Noted]) {
        for code in noted.iter().filter_map(Noted::problem) {
            let Some(count) = self.counts.get_mut(code) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(code);
            }
        }
    }

    /// Returns how many statuses have each reason, by its code; those that say that all is well are left
    /// out.
    pub fn counts(&self) -> &BTreeMap<&'static str, usize> {
        &self.counts
    }

    /// Returns the statuses of a name.
    pub fn of(&self, name: &CanonicalName) -> &[Noted] {
        self.statuses.get(&Subject::Name(name.clone())).map_or(&[], Box::as_ref)
    }

    /// Returns the statuses of an object that name no record set, by its `resource` label.
    pub fn of_object(&self, object: &ObjectRef) -> &[Noted] {
        self.statuses.get(&Subject::Object(Some(object.clone()))).map_or(&[], Box::as_ref)
    }

    /// Says of names and objects that they are not known to be as desired, for the `reason` that ended a
    /// sync: those that `is_waiting` for something, and those in `missing`, of which nothing is
    /// known yet. `at` is in seconds since 1970.
    pub fn not_known(
        &mut self,
        reason: &Reason,
        is_waiting: impl Fn(&RecordStatus) -> bool,
        missing: Vec<RecordStatus>,
        at: i64,
    ) {
        for noted in self.statuses.values_mut().flatten() {
            if noted.status.reason.code() == reason.code() {
                // The cause may change while it lasts.
                noted.status.reason = reason.clone();
            } else if is_end_of_sync(&noted.status.reason) || is_waiting(&noted.status) {
                noted.status.reason = reason.clone();
                (noted.since, noted.is_older) = (at, false);
            }
        }
        let mut new: BTreeMap<Subject, Vec<Noted>> = BTreeMap::new();
        for status in missing {
            let subject = Subject::of(&status);
            if !self.statuses.contains_key(&subject) {
                let is_older = !self.has_looked;
                new.entry(subject).or_default().push(Noted { status, since: at, is_older });
            }
        }
        self.statuses.extend(new.into_iter().map(|(subject, noted)| (subject, noted.into())));
        // Any of them may have another reason now.
        let counted = std::mem::take(&mut self.statuses);
        self.counts.clear();
        for noted in counted.values() {
            self.count(noted);
        }
        self.statuses = counted;
    }

    /// Tells whether nothing is as it was desired.
    pub fn is_all_amiss(&self) -> bool {
        !self.all().any(|noted| noted.status.reason.is_well())
    }

    /// Iterates over all statuses: those of whole objects, then those of names, each in order.
    pub fn all(&self) -> impl Iterator<Item = &Noted> {
        self.statuses.values().flatten()
    }

    /// Iterates over the statuses that name no record set, object by object.
    pub fn on_objects(&self) -> impl Iterator<Item = &Noted> {
        let each = self.statuses.iter().filter(|(subject, _)| subject.name().is_none());
        each.flat_map(|(_, noted)| noted)
    }

    /// Returns the names that have a status.
    pub fn names(&self) -> BTreeSet<&CanonicalName> {
        self.statuses.keys().filter_map(Subject::name).collect()
    }
}

/// Returns the objects that statuses are about.
fn objects_of(noted: &[Noted]) -> impl Iterator<Item = ObjectRef> {
    noted.iter().filter_map(|noted| noted.status.object.clone())
}

impl Noted {
    /// Returns the code of the reason; `None` when all is well.
    fn problem(&self) -> Option<&'static str> {
        let reason = &self.status.reason;
        (!reason.is_well()).then(|| reason.code())
    }

    /// Returns since when `status` is so, and whether it may be for longer, if it says of the same record set what this one does, or
    /// that what was done is still so.
    fn same_since(&self, status: &RecordStatus) -> Option<(i64, bool)> {
        let RecordStatus { name: _, record_type, object, zone, reason } = &self.status;
        let is_same = *record_type == status.record_type
            && *object == status.object
            && *zone == status.zone
            && (*reason == status.reason
                || status.reason == Reason::UpToDate && reason.is_well()
                || reason.code() == status.reason.code() && !reason.is_well());
        is_same.then_some((self.since, self.is_older))
    }
}

impl Subject {
    fn of(status: &RecordStatus) -> Self {
        if status.name.is_empty() {
            return Self::Object(status.object.clone());
        }
        Self::Name(status.name.canonical().clone())
    }

    fn name(&self) -> Option<&CanonicalName> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object(_) => None,
        }
    }
}

/// What is new, gathered so that no object can fill a log by wanting much: the names of an object
/// that have one reason are one line, and so are the objects that have one reason beyond the
/// first few.
#[derive(Debug, Default)]
struct LogLines<'a> {
    /// By code and sentence of the reason; without a sentence what is too various of an object.
    reasons: BTreeMap<(&'static str, Option<String>), Lines<'a>>,
    /// How many sentences each code has for each object.
    sentences: BTreeMap<(&'static str, &'a str), usize>,
}

/// What is new for one reason.
#[derive(Debug, Default)]
struct Lines<'a> {
    /// By object, those with a line of their own, and in the order in which they came up.
    own: Vec<Line<'a>>,
    places: BTreeMap<&'a str, usize>,
    /// All others.
    rest: Option<Line<'a>>,
}

/// One line: a status, and how many are like it.
#[derive(Clone, Debug)]
struct Line<'a> {
    status: &'a RecordStatus,
    /// What it is about, each once: object, name, and the sentence where there are several.
    about: BTreeSet<(&'a str, &'a str, Option<String>)>,
    /// Objects besides the first.
    more_objects: usize,
    /// The zones that it is about, and the types of the record sets; empty for none.
    zones: BTreeSet<String>,
    types: BTreeSet<&'a RecordType>,
    /// Whether its sentence is one of several.
    is_various: bool,
}

impl<'a> Line<'a> {
    fn new(status: &'a RecordStatus, is_various: bool) -> Self {
        let mut line = Self {
            status,
            about: BTreeSet::new(),
            more_objects: 0,
            zones: BTreeSet::new(),
            types: BTreeSet::new(),
            is_various,
        };
        line.add(status);
        line
    }

    fn add(&mut self, status: &'a RecordStatus) {
        let sentence = self.is_various.then(|| status.reason.to_string());
        let object = status.object_label();
        self.about.insert((object, status.name.as_str(), sentence));
        self.zones.extend(status.zone.as_ref().map(ToString::to_string));
        self.types.extend(&status.record_type);
    }

    /// Returns how many names, or objects without one, it stands for besides the first.
    fn more(&self) -> usize {
        self.about.len().saturating_sub(1)
    }
}

impl<'a> LogLines<'a> {
    fn add(&mut self, status: &'a RecordStatus) {
        let (code, object) = (status.reason.code(), status.object_label());
        let mut key = (code, Some(status.reason.to_string()));
        let is_told =
            self.reasons.get(&key).is_some_and(|reason| reason.places.contains_key(object));
        if !is_told {
            let sentences = self.sentences.entry((code, object)).or_default();
            *sentences += 1;
            if *sentences > OWN_SENTENCES {
                key.1 = None;
            }
        }
        let is_various = key.1.is_none();
        self.reasons.entry(key).or_default().add(status, is_various);
    }

    /// Returns the lines, reason by reason.
    fn lines(self) -> impl Iterator<Item = Line<'a>> {
        self.reasons.into_values().flat_map(|reason| reason.own.into_iter().chain(reason.rest))
    }
}

impl<'a> Lines<'a> {
    fn add(&mut self, status: &'a RecordStatus, is_various: bool) {
        let object = status.object_label();
        // What is about a zone is said once: no object is at fault.
        let own_lines = if status.reason.is_about_a_zone() { 0 } else { OWN_LINES };
        let known = self.places.get(object).copied();
        if let Some(line) = known.and_then(|at| self.own.get_mut(at)) {
            line.add(status);
        } else if known.is_none() && self.own.len() < own_lines {
            self.places.insert(object, self.own.len());
            self.own.push(Line::new(status, is_various));
        } else if let Some(rest) = &mut self.rest {
            rest.add(status);
            if self.places.insert(object, usize::MAX).is_none() {
                rest.more_objects += 1;
            }
        } else {
            self.places.insert(object, usize::MAX);
            self.rest = Some(Line::new(status, is_various));
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status.reason.fmt(f)?;
        let (more, objects) = (self.more(), self.more_objects);
        if more == 0 {
            return Ok(());
        }
        match (self.is_various, objects) {
            (true, 0) => write!(f, " … and {more} more of the same object"),
            (false, 0) => write!(f, " … and {} of the same object", counted(more, "more name")),
            _ if self.status.name.is_empty() => {
                write!(f, " … and {}", counted(objects, "more object"))
            }
            (_, objects) => write!(
                f,
                " … and {}, of {}",
                counted(more, "more name"),
                counted(objects, "more object")
            ),
        }
    }
}

/// Tells whether it is said of all names alike of which a sync that did not come to its end left nothing known.
fn is_end_of_sync(reason: &Reason) -> bool {
    matches!(reason, Reason::SyncFailed { .. } | Reason::AwaitsFirstRead { .. })
}

fn tell(line: &Line<'_>) {
    let RecordStatus { name, object: _, reason, record_type: _, zone: _ } = line.status;
    // Left out of a line about no zone, or about one name.
    let zones: Vec<_> = line.zones.iter().take(MOST_ZONES).map(String::as_str).collect();
    let zone = (!zones.is_empty()).then(|| zones.join(", "));
    let zone = zone.as_deref();
    let more = (line.more() > 0).then(|| line.more());
    let types: Vec<_> = line.types.iter().map(|record_type| record_type.as_str()).collect();
    let record_type = types.join(", ");
    let object = line.status.object_shown();
    let object = &*object;
    let code = reason.code();
    // What a failed sync left undone is told with the failure.
    if reason.is_well() || is_end_of_sync(reason) {
        tracing::debug!(
            record.name = %name,
            record.r#type = record_type.as_str(),
            object,
            zone,
            reason = code,
            more,
            "{line}"
        );
    } else if reason.needs_someone() {
        tracing::warn!(
            record.name = %name,
            record.r#type = record_type.as_str(),
            object,
            zone,
            reason = code,
            more,
            hint = reason.hint(),
            "{line}"
        );
    } else {
        tracing::info!(
            record.name = %name,
            record.r#type = record_type.as_str(),
            object,
            zone,
            reason = code,
            more,
            hint = reason.hint(),
            "{line}"
        );
    }
}

#[cfg(test)]
mod tests;
