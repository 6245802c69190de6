//! What became of every name, as the last syncs left it: said once when it changes, kept to be
//! asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use controller_core::desired::Scope;
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::RecordType;

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
}

/// A status, and since when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The status.
    pub status: RecordStatus,
    /// Since when, in seconds since 1970, as far as this process knows.
    pub since: i64,
}

/// What statuses are about: a normalised name, or an object when they name none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Object(Box<str>),
    Name(Box<str>),
}

impl StatusStore {
    /// Takes the statuses of a sync over `scope` and logs those that are news, one line for all
    /// that are alike; see `LogLines`. `at` is in seconds since 1970.
    ///
    /// A status that says that all is well is logged at debug level only.
    pub fn note(&mut self, statuses: &[RecordStatus], scope: &Scope, at: i64) {
        let mut now: BTreeMap<Subject, Vec<&RecordStatus>> = BTreeMap::new();
        for status in statuses {
            let about = now.entry(Subject::of(status)).or_default();
            about.reserve_exact(1);
            about.push(status);
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
        for told in log_lines.lines() {
            tell(&told);
        }
        match scope {
            Scope::All => self.statuses.retain(|subject, _| now.contains_key(subject)),
            Scope::Names(names) => {
                for name in names {
                    self.statuses.remove(&Subject::Name(name.as_str().into()));
                }
            }
        }
        for (subject, statuses) in now {
            // What has not changed stays where it is.
            let before = self.statuses.get(&subject).map_or(&[][..], Box::as_ref);
            if before.iter().map(|noted| &noted.status).eq(statuses.iter().copied()) {
                continue;
            }
            let noted = |status: &RecordStatus| Noted {
                since: before.iter().find_map(|noted| noted.holds(status)).unwrap_or(at),
                status: status.clone(),
            };
            let statuses = statuses.into_iter().map(noted).collect();
            self.statuses.insert(subject, statuses);
        }
    }

    /// Returns the statuses of a normalised name.
    pub fn of(&self, name: &str) -> &[Noted] {
        self.statuses.get(&Subject::Name(name.into())).map_or(&[], Box::as_ref)
    }

    /// Says of names and objects that they are not known to be as desired, because `error` ended a
    /// sync: those that `is_waiting` for something, and those in `missing`, of which nothing is
    /// known yet. `at` is in seconds since 1970.
    pub fn sync_failed(
        &mut self,
        error: &str,
        is_waiting: impl Fn(&RecordStatus) -> bool,
        missing: Vec<RecordStatus>,
        at: i64,
    ) {
        let failed = || Reason::SyncFailed { error: error.to_owned() };
        let is_failure = |reason: &Reason| matches!(reason, Reason::SyncFailed { .. });
        for noted in self.statuses.values_mut().flatten() {
            if is_failure(&noted.status.reason) {
                // The cause may change while it lasts.
                noted.status.reason = failed();
            } else if is_waiting(&noted.status) {
                noted.status.reason = failed();
                noted.since = at;
            }
        }
        let mut new: BTreeMap<Subject, Vec<Noted>> = BTreeMap::new();
        for status in missing {
            let subject = Subject::of(&status);
            if !self.statuses.contains_key(&subject) {
                new.entry(subject).or_default().push(Noted { status, since: at });
            }
        }
        self.statuses.extend(new.into_iter().map(|(subject, noted)| (subject, noted.into())));
    }

    /// Tells whether nothing is as it was asked for.
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
    pub fn names(&self) -> BTreeSet<&str> {
        self.statuses.keys().filter_map(Subject::name).collect()
    }
}

impl Noted {
    /// Returns since when `status` holds, if it says of the same record set what this one does, or
    /// that what was done is still so.
    fn holds(&self, status: &RecordStatus) -> Option<i64> {
        let RecordStatus { name: _, record_type, object, zone, reason } = &self.status;
        let is_same = *record_type == status.record_type
            && *object == status.object
            && *zone == status.zone
            && (*reason == status.reason
                || status.reason == Reason::UpToDate && reason.is_well()
                || reason.code() == status.reason.code() && !reason.is_well());
        is_same.then_some(self.since)
    }
}

impl Subject {
    fn of(status: &RecordStatus) -> Self {
        if status.name.is_empty() {
            return Self::Object(status.object.as_deref().unwrap_or_default().into());
        }
        Self::Name(status.name.normalized().as_ref().into())
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object(_) => None,
        }
    }
}

/// What is new, gathered so that nobody can fill a log by asking for much: the names of an object
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
        let object = status.object.as_deref().unwrap_or_default();
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
        let (code, object) = (status.reason.code(), status.object.as_deref().unwrap_or_default());
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
        let object = status.object.as_deref().unwrap_or_default();
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
        let names = if more == 1 { "name" } else { "names" };
        if more == 0 {
            return Ok(());
        }
        match (self.is_various, objects) {
            (true, 0) => write!(f, " … and {more} more of the same object"),
            (false, 0) => write!(f, " … and {more} more {names} of the same object"),
            _ if self.status.name.is_empty() => write!(f, " … and {objects} more objects"),
            (_, objects) => write!(f, " … and {more} more {names}, of {objects} more objects"),
        }
    }
}

fn tell(line: &Line<'_>) {
    let RecordStatus { name, object, reason, record_type: _, zone: _ } = line.status;
    // Left out of a line about no zone, or about one name.
    let zones: Vec<_> = line.zones.iter().take(MOST_ZONES).map(String::as_str).collect();
    let zone = (!zones.is_empty()).then(|| zones.join(", "));
    let zone = zone.as_deref();
    let more = (line.more() > 0).then(|| line.more());
    let types: Vec<_> = line.types.iter().map(|record_type| record_type.as_str()).collect();
    let record_type = types.join(", ");
    let object = object.as_deref().unwrap_or_default();
    let code = reason.code();
    // What a failed sync left undone is told with the failure.
    if reason.is_well() || matches!(reason, Reason::SyncFailed { .. }) {
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
mod tests {
    use controller_core::status::Verb;
    use controller_core::zone::ZoneInfo;

    use super::*;

    fn told(statuses: &[RecordStatus]) -> Vec<(String, usize)> {
        let mut log_lines = LogLines::default();
        for status in statuses {
            log_lines.add(status);
        }
        log_lines.lines().map(|line| (line.to_string(), line.more())).collect()
    }

    #[test]
    fn a_reason_for_many_names_of_an_object_is_one_line() {
        let name = |count: usize| status(&format!("{count}.example.com"), "service/a/web");
        let statuses: Vec<_> = (0..1_000).map(name).collect();
        let lines = told(&statuses);
        let sentence =
            "there is nothing to answer with yet … and 999 more names of the same object";
        assert_eq!(lines, [(sentence.to_owned(), 999)]);
        assert_eq!(told(&statuses[..1]), [("there is nothing to answer with yet".to_owned(), 0)]);
    }

    #[test]
    fn a_reason_for_many_objects_is_a_few_lines_and_every_object_is_counted() {
        let of = |object: usize, name: usize| {
            status(&format!("{name}.example.com"), &format!("service/a/{object}"))
        };
        let statuses: Vec<_> =
            (0..5_000).flat_map(|object| (0..3).map(move |name| of(object, name))).collect();
        let lines = told(&statuses);
        assert_eq!(lines.len(), OWN_LINES + 1);
        let (last, more) = lines.last().unwrap();
        assert!(last.ends_with(" … and 14939 more names, of 4979 more objects"), "{last}");
        let all: usize = lines.iter().map(|(_, more)| more + 1).sum();
        assert_eq!((all, *more), (15_000, 14_939));
    }

    #[test]
    fn a_zone_that_stands_in_the_way_is_one_line_with_a_next_step_of_its_own() {
        let rejected = |rejection: &str| Reason::ProviderRejected {
            rejection: rejection.into(),
            message: "zone `example.com` is full".to_owned(),
        };
        let of = |object: usize, rejection: &str| {
            let (name, object) = (format!("{object}.example.com"), format!("service/a/{object}"));
            RecordStatus::on_name(name, object, rejected(rejection))
        };
        for rejection in ["ZoneFull", "ZoneUnavailable"] {
            let lines = told(&(0..30).map(|object| of(object, rejection)).collect::<Vec<_>>());
            let sentence =
                format!("its zone stands in the way ({rejection}): zone `example.com` is full");
            let line = format!("{sentence} … and 29 more names, of 29 more objects");
            assert_eq!(lines, [(line, 29)]);
            assert!(rejected(rejection).hint().contains("zone"));
        }
        let lines = told(&(0..30).map(|object| of(object, "InvalidTarget")).collect::<Vec<_>>());
        assert_eq!(lines.len(), OWN_LINES + 1);
        assert!(!rejected("InvalidTarget").hint().contains("zone"));
    }

    #[test]
    fn an_object_cannot_fill_the_log_by_being_wrong_in_many_ways() {
        let wrong = |count: usize| {
            let reason = Reason::MissingObject { object: format!("Service/a/{count}") };
            RecordStatus::on_name("a.example.com", "ingress/a/web", reason)
        };
        let lines = told(&(0..500).map(wrong).collect::<Vec<_>>());
        assert_eq!(lines.len(), OWN_SENTENCES + 1);
        assert_eq!(lines.iter().map(|(_, more)| more + 1).sum::<usize>(), 500);
    }

    #[test]
    fn a_line_counts_other_names_and_has_all_its_zones_and_types() {
        let at = |name: &str, zone: &str, record_type: RecordType| RecordStatus {
            zone: Some(ZoneInfo::unnamed(zone.into())),
            record_type: Some(record_type),
            ..status(name, "service/a/web")
        };
        let mut statuses = vec![
            at("a.example.com", "Z1", RecordType::A),
            at("a.example.com", "Z2", RecordType::A),
            at("a.example.com", "Z2", RecordType::Aaaa),
        ];
        assert_eq!(told(&statuses), [("there is nothing to answer with yet".to_owned(), 0)]);
        statuses.push(at("b.example.com", "Z3", RecordType::A));
        let mut log_lines = LogLines::default();
        for status in &statuses {
            log_lines.add(status);
        }
        let lines: Vec<_> = log_lines.lines().collect();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].to_string().ends_with(" … and 1 more name of the same object"));
        let zones: Vec<_> = lines[0].zones.iter().map(String::as_str).collect();
        assert_eq!((zones, lines[0].types.len()), (vec!["Z1", "Z2", "Z3"], 2));
    }

    #[test]
    fn another_reason_is_another_line() {
        let other = RecordStatus::on_name("b.example.com", "service/a/web", Reason::NoZone);
        assert_eq!(told(&[status("a.example.com", "service/a/web"), other]).len(), 2);
    }

    fn status(name: &str, object: &str) -> RecordStatus {
        RecordStatus::on_name(name, object, Reason::no_targets(""))
    }

    #[test]
    fn an_owner_id_that_two_clusters_share_is_a_warning_with_a_next_step() {
        let shared = Reason::OwnerIdShared { instance: "5f3a".to_owned() };
        assert!(shared.needs_someone());
        assert!(!shared.hint().is_empty());
        assert!(!Reason::no_targets("").needs_someone());
    }

    #[test]
    fn a_targeted_sync_replaces_only_the_statuses_of_its_names() {
        let mut store = StatusStore::default();
        store.note(
            &[status("a.example.com", "x/n/1"), status("b.example.com", "x/n/2")],
            &Scope::All,
            1,
        );
        store.note(&[], &Scope::Names(["a.example.com".to_owned()].into()), 2);
        assert_eq!(store.names(), ["b.example.com"].into());
        assert_eq!(store.of("b.example.com").len(), 1);
        assert!(store.of("a.example.com").is_empty());
    }

    #[test]
    fn a_status_holds_since_it_came_and_what_was_written_since_it_was_written() {
        let mut store = StatusStore::default();
        let told = |reason: Reason| RecordStatus { reason, ..status("a.example.com", "x/n/1") };
        let mut since = |reason: Reason, at: i64| {
            store.note(&[told(reason)], &Scope::All, at);
            store.of("a.example.com")[0].since
        };
        assert_eq!(since(Reason::NoZone, 10), 10);
        assert_eq!(since(Reason::NoZone, 20), 10);
        assert_eq!(since(Reason::Created, 30), 30);
        assert_eq!(since(Reason::UpToDate, 40), 30, "it is so since it was made");
        assert_eq!(since(Reason::Updated { verb: Verb::Update }, 50), 50);
        assert_eq!(since(Reason::UpToDate, 60), 50);
        let refused = |message: &str| Reason::ProviderRejected {
            rejection: "Denied".into(),
            message: message.to_owned(),
        };
        assert_eq!(since(refused("request 1"), 70), 70);
        assert_eq!(since(refused("request 2"), 80), 70, "other words, the same reason");
    }

    #[test]
    fn in_an_outage_what_waits_and_what_is_new_are_told_and_the_rest_stays() {
        let mut store = StatusStore::default();
        let (waits, stays) = (status("a.example.com", "x/n/1"), status("b.example.com", "x/n/2"));
        store.note(&[waits, stays.clone()], &Scope::All, 1);
        let new = status("c.example.com", "x/n/3");
        let is_waiting = |status: &RecordStatus| status.object.as_deref() == Some("x/n/1");
        store.sync_failed("down", is_waiting, vec![new], 5);
        assert_eq!(store.of("a.example.com")[0].status.reason.code(), "SyncFailed");
        assert_eq!(store.of("a.example.com")[0].since, 5);
        assert_eq!(store.of("b.example.com")[0].status, stays);
        assert_eq!(store.of("c.example.com").len(), 1);
        store.sync_failed("still down", |_| false, vec![], 9);
        let noted = &store.of("a.example.com")[0];
        assert!(noted.status.reason.to_string().contains("still down"));
        assert_eq!(noted.since, 5, "the cause changed, and the outage did not");
    }
}
