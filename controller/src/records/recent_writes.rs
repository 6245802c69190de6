//! The latest writes, by name: what is shown of them beside a record, and of one that is gone.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use controller_core::history::{HistoryRow, Outcome, RecordWrite};
use controller_core::plan::{Action, Values};
use external_dns_webhook::{
    CanonicalName, Changes, DnsName, Endpoint, Labels, ObjectRef, RecordType, ZoneId, counted,
};
use serde::Serialize;

/// How many writes are remembered at most, each of one record set.
const MOST: usize = 10_000;

/// The latest writes.
#[derive(Debug, Default)]
pub struct RecentWrites {
    /// Oldest first.
    names: VecDeque<CanonicalName>,
    /// By name, oldest first.
    by_name: BTreeMap<CanonicalName, VecDeque<RecentWrite>>,
    /// The rows of the history that are in here.
    rows: BTreeSet<u64>,
}

/// A write of one record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentWrite {
    /// Number of the write in the history, for `signpost rollback`; `None` when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// When, in seconds since 1970.
    #[serde(serialize_with = "super::time::seconds")]
    pub at: i64,
    /// What was done.
    pub action: Action,
    /// The record set.
    pub name: DnsName,
    /// Its type.
    #[serde(rename = "type")]
    pub record_type: RecordType,
    /// Its set identifier; empty without a routing policy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// Its zone; `None` for a provider of one nameless zone.
    #[serde(rename = "zoneId", skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// What was there; `None` when there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Values>,
    /// What is there since; `None` when there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Values>,
    /// The object that wanted it, or had; `None` when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// What wrote it: `sync`, or the command of a person.
    pub cause: String,
    /// How many other record sets were written with it, and are taken back with it.
    #[serde(skip_serializing_if = "is_none")]
    pub others: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field as it is")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl RecentWrites {
    /// Takes in a write; `id` is its number in the history, if it has one.
    pub fn add(&mut self, id: Option<u64>, row: &HistoryRow) {
        if id.is_some_and(|id| !self.rows.insert(id)) {
            return;
        }
        for write in RecentWrite::all(id, row) {
            let name = write.name.canonical().clone();
            let of_name = self.by_name.entry(name.clone()).or_default();
            // One that was told before it was kept had no number.
            let is_same = |other: &&mut RecentWrite| {
                (other.id.is_none() || id.is_none()) && other.is_but_for_its_number(&write)
            };
            if let Some(same) = of_name.iter_mut().find(is_same) {
                same.id = same.id.or(id);
                continue;
            }
            // What another wrote becomes known later than what this process wrote after it.
            let is_later = |other: &RecentWrite| (other.at, other.id) > (write.at, write.id);
            let later = of_name.iter().rev().take_while(|other| is_later(other)).count();
            of_name.insert(of_name.len() - later, write);
            self.names.push_back(name);
            if self.names.len() > MOST {
                self.forget_oldest();
            }
        }
    }

    /// Takes in what a history has that is not in here: what was written before this process
    /// started, or by another.
    pub fn add_history<'a>(&mut self, rows: impl Iterator<Item = &'a HistoryRow>) {
        let mut oldest = u64::MAX;
        for row in rows {
            oldest = oldest.min(row.id);
            if matches!(row.outcome, Outcome::Written | Outcome::Landed) {
                self.add(Some(row.id), row);
            }
        }
        // What the history forgot comes back from nowhere.
        self.rows.retain(|id| *id >= oldest);
    }

    /// Returns the writes of a canonical name, oldest first.
    pub fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &RecentWrite> {
        self.by_name.get(name).into_iter().flatten()
    }

    /// Returns the number of a write that was told, or written, before it had one.
    pub fn number_of(&self, write: &RecentWrite) -> Option<u64> {
        self.of(write.name.canonical()).rev().find(|other| other.is_but_for_its_number(write))?.id
    }

    /// Returns the last write of one record set.
    pub fn last(
        &self,
        name: &str,
        record_type: &RecordType,
        set_identifier: &str,
        zone: Option<&ZoneId>,
    ) -> Option<&RecentWrite> {
        self.of(name).rev().find(|write| {
            write.record_type == *record_type
                && write.set_identifier == set_identifier
                && write.zone.as_ref() == zone
        })
    }

    /// Iterates over all writes.
    pub fn all(&self) -> impl Iterator<Item = &RecentWrite> {
        self.by_name.values().flatten()
    }

    fn forget_oldest(&mut self) {
        let Some(name) = self.names.pop_front() else { return };
        if let Some(writes) = self.by_name.get_mut(&name) {
            writes.pop_front();
            if writes.is_empty() {
                self.by_name.remove(&name);
            }
        }
    }
}

/// Says by whom a write was made, for the end of a sentence; empty for a sync, which has nobody's word.
pub fn by(cause: &str) -> String {
    match cause.strip_prefix("sync") {
        Some(besides) => besides.to_owned(),
        None if cause.is_empty() => String::new(),
        None => format!(", by `signpost {cause}`"),
    }
}

impl RecentWrite {
    /// Returns the writes of `row`, one for each record set; `id` is its number in the history.
    ///
    /// Of a name of which only ownership records were written, there is one for each of them, under the
    /// name that it is about.
    pub fn all(id: Option<u64>, row: &HistoryRow) -> Vec<Self> {
        let mut writes: Vec<_> = row.writes().map(|write| Self::new(id, row, write)).collect();
        let place = |write: &Self| (write.name.canonical().clone(), write.zone.clone());
        let records: HashSet<_> = writes.iter().map(place).collect();
        let ownership = Self::of_ownership(id, row).into_iter();
        writes.extend(ownership.filter(|write| !records.contains(&place(write))));
        let others = writes.len().saturating_sub(1);
        for write in &mut writes {
            write.others = others;
        }
        writes
    }

    fn of_ownership(id: Option<u64>, row: &HistoryRow) -> Vec<Self> {
        let Changes { create, update, delete } = &row.changes;
        let own = |old: Option<&Endpoint>, new: Option<&Endpoint>| {
            let about = new.or(old)?;
            let name = about.labels.get(Labels::OWNED_RECORD)?;
            Some(Self {
                id,
                at: row.written,
                action: Action::Own,
                name: DnsName::from(name),
                record_type: about.record_type.clone(),
                set_identifier: about.set_identifier.clone(),
                zone: about.zone.clone(),
                old: old.map(Values::of),
                new: new.map(Values::of),
                object: about.labels.resource().cloned(),
                cause: row.cause.clone(),
                others: 0,
            })
        };
        let created = create.iter().map(|endpoint| own(None, Some(endpoint)));
        let updated = update.iter().map(|update| own(Some(&update.old), Some(&update.new)));
        let deleted = delete.iter().map(|endpoint| own(Some(endpoint), None));
        created.chain(updated).chain(deleted).flatten().collect()
    }

    /// Returns what was done, as the log says it.
    pub fn done(&self) -> &'static str {
        match (self.action, &self.old, &self.new) {
            (Action::Own, None, _) => "Wrote an ownership record",
            (Action::Own, Some(_), Some(_)) => "Changed an ownership record",
            (Action::Own, Some(_), None) => "Removed an ownership record",
            (Action::Create, ..) => "Created a record",
            (Action::Update | Action::Replace | Action::Hold, ..) => "Updated a record",
            (Action::Delete, ..) => "Deleted a record",
        }
    }

    fn new(id: Option<u64>, row: &HistoryRow, write: RecordWrite<'_>) -> Self {
        let about = write.about();
        let values = |endpoint: Option<&Endpoint>| endpoint.map(Values::of);
        Self {
            id,
            at: row.written,
            action: write.action(),
            name: about.dns_name.clone(),
            record_type: about.record_type.clone(),
            set_identifier: about.set_identifier.clone(),
            zone: about.zone.clone(),
            old: values(write.before()),
            new: values(write.after()),
            object: write.object().cloned(),
            cause: row.cause.clone(),
            others: 0,
        }
    }

    fn is_but_for_its_number(&self, other: &Self) -> bool {
        *self == Self { id: self.id, ..other.clone() }
    }

    /// Tells whether a sync made it, rather than a command; older histories do not say.
    pub fn is_by_sync(&self) -> bool {
        self.cause.is_empty() || self.cause.starts_with("sync")
    }

    /// Says what else its way back takes back; empty when nothing.
    pub fn besides(others: usize) -> String {
        match others {
            0 => String::new(),
            others => format!(", and takes back {} too", counted(others, "other record set")),
        }
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::Update;

    use super::*;

    fn txt(about: &str, owner: &str) -> Endpoint {
        let mut endpoint = Endpoint::new(format!("a-{about}"), RecordType::Txt, [owner]);
        endpoint.labels.set(Labels::OWNED_RECORD, about);
        endpoint
    }

    fn row(id: u64, written: i64, outcome: Outcome, cause: &str) -> HistoryRow {
        let create = vec![Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"])];
        let changes = Changes { create, ..Changes::default() };
        HistoryRow { id, written, changes, outcome, cause: cause.to_owned() }
    }

    #[test]
    fn what_a_command_wrote_is_in_its_place_however_late_it_becomes_known() {
        let mut writes = RecentWrites::default();
        let made = |id, cause| row(id, i64::try_from(id).unwrap(), Outcome::Written, cause);
        writes.add(Some(1), &made(1, "sync"));
        writes.add(Some(4), &made(4, "sync"));
        let begun = row(3, 3, Outcome::Begun, "ownership adopt");
        let history = |third: &HistoryRow| {
            [made(1, "sync"), made(2, "rollback 1"), third.clone(), made(4, "sync")]
        };
        let causes = |writes: &RecentWrites| -> Vec<String> {
            let of_name = writes.of("a.example.com");
            of_name.map(|write| format!("{} {}", write.id.unwrap(), write.cause)).collect()
        };
        writes.add_history(history(&begun).iter());
        assert_eq!(causes(&writes), ["1 sync", "2 rollback 1", "4 sync"]);
        let ended = HistoryRow { outcome: Outcome::Written, ..begun };
        writes.add_history(history(&ended).iter());
        assert_eq!(causes(&writes), ["1 sync", "2 rollback 1", "3 ownership adopt", "4 sync"]);
    }

    #[test]
    fn a_write_that_was_told_before_it_was_kept_is_the_one_that_has_a_number_since() {
        let ids = |writes: &RecentWrites| -> Vec<_> {
            writes.of("a.example.com").map(|write| write.id).collect()
        };
        let made = row(7, 1, Outcome::Written, "sync");
        let [write] = RecentWrite::all(None, &made).try_into().unwrap();
        let mut writes = RecentWrites::default();
        writes.add(None, &made);
        assert_eq!((ids(&writes), writes.number_of(&write)), (vec![None], None));
        writes.add_history([made.clone()].iter());
        assert_eq!((ids(&writes), writes.number_of(&write)), (vec![Some(7)], Some(7)));
        writes.add(None, &made);
        assert_eq!(ids(&writes), [Some(7)], "whichever is known first");
        writes.add(Some(8), &row(8, 1, Outcome::Written, "sync"));
        assert_eq!(ids(&writes), [Some(7), Some(8)], "two numbers are two writes");
    }

    #[test]
    fn a_write_is_told_by_whom_it_was_made_unless_that_is_a_sync_alone() {
        for (cause, told) in [
            ("sync", ""),
            ("", ""),
            ("rollback 12", ", by `signpost rollback 12`"),
            ("ownership disown", ", by `signpost ownership disown`"),
            (
                "sync, with deletions that were approved by ada",
                ", with deletions that were approved by ada",
            ),
        ] {
            assert_eq!(by(cause), told);
        }
    }

    #[test]
    fn a_name_whose_ownership_alone_was_written_has_writes_beside_those_of_other_names() {
        let changes = Changes {
            create: vec![
                Endpoint::new("new.example.com", RecordType::A, ["192.0.2.1"]),
                txt("new.example.com", "me"),
                txt("Adopted.example.com", "me"),
            ],
            update: vec![Update {
                old: txt("taken.example.com", "them"),
                new: txt("taken.example.com", "me"),
            }],
            delete: vec![txt("orphan.example.com", "me")],
        };
        let (outcome, cause) = (Outcome::Written, "sync".to_owned());
        let row = HistoryRow { id: 7, written: 0, changes, outcome, cause };
        let writes = RecentWrite::all(Some(7), &row);
        let told: Vec<_> = writes.iter().map(|write| (write.name.as_str(), write.done())).collect();
        assert_eq!(
            told,
            [
                ("new.example.com", "Created a record"),
                ("Adopted.example.com", "Wrote an ownership record"),
                ("taken.example.com", "Changed an ownership record"),
                ("orphan.example.com", "Removed an ownership record"),
            ]
        );
    }
}
