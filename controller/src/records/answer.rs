//! What `/v1/records` answers: rows, how well they are known, and of what one wants by name all
//! that there is to tell.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::plan::memory::Served;
use controller_core::plan::{Action, Values};
use controller_core::status::RecordStatus;
use external_dns_webhook::{CanonicalName, DnsName, Elsewhere, Endpoint, ObjectRef};
use serde::Serialize;

use super::{
    AskedAbout, InvalidQuery, RecentWrite, RecordPage, RecordQuery, RecordRow, RowSources,
    Severity, Unwanted,
};

/// How many writes of a name or an object are told, the latest first.
const MOST_WRITES: usize = 20;

/// How many objects that do not want a name are told.
const MOST_LEFT_OUT: usize = 20;

/// Rows, and how well they are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordsAnswer {
    /// How well they are known.
    #[serde(flatten)]
    pub freshness: Freshness,
    /// How much there is to know in all.
    pub view: View,
    /// The rows.
    #[serde(flatten)]
    pub page: RecordPage,
    /// The latest writes of what was wanted by name, the latest first; `None` when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Vec<RecentWrite>>,
    /// Why objects of deletions that are held, or that were made, do not want the names any more, by
    /// `resource` label.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unwanted: BTreeMap<ObjectRef, String>,
    /// What was looked at for it; `None` when nothing was wanted by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<LookedAt>,
}

/// How well what is shown is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Freshness {
    /// When the provider was last read; `None` when it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// How long ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Who makes the syncs in this replica's place; empty when nobody is known to, `None` where this one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_by: Option<String>,
    /// What is not well of the controller besides its syncs, as `/readyz?verbose` has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemView>,
    /// What is sent of a write that is under way, and for how long its answer has been waited for; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writing: Option<String>,
    /// That the annotations that objects have are none that are read; `None` where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread_annotations: Option<String>,
    /// Why it is not known better; `None` while syncs go well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageView>,
    /// The deletions that wait for a person; `None` when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldView>,
    /// The flags with which `rollback` finds the history and the provider; `None` without a history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
}

/// How much there is to know, whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Zones of the provider.
    pub zones: usize,
    /// Record sets in them as last read, those of others as well, without ownership records.
    pub record_sets: usize,
    /// Names that have a status: objects want them, or they are ours.
    pub names: usize,
}

/// Deletions that wait for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// What approves all of them.
    pub hash: String,
    /// How many names they are about.
    pub names: usize,
    /// Why the objects do not want them any more, where all of them are among the rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

impl Freshness {
    /// Tells whether what is not told as wrong is well: by a replica that makes syncs, has ended one, has no write
    /// under way, and lacks nothing.
    pub fn is_sure(&self) -> bool {
        let lacks_nothing =
            self.outage.is_none() && self.problems.is_empty() && self.writing.is_none();
        lacks_nothing && self.stands_by.is_none() && self.as_of.is_some()
    }
}

/// A part of the controller that is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemView {
    /// What was looked at.
    pub part: String,
    /// What is wrong with it.
    pub problem: String,
}

/// For how long syncs have failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutageView {
    /// When the first of them failed.
    pub since: String,
    /// How long ago that was.
    pub seconds: i64,
    /// Why the last one did.
    pub cause: String,
}

/// What was looked at, so that it can be told where something is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookedAt {
    /// Kinds of objects, with how many of each are known and what is wrong with them.
    pub kinds: Vec<String>,
    /// Zones of the provider; empty when they are not known.
    pub zones: Vec<String>,
    /// That other shards have what is asked for, or may have; `None` where they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// The names that ownership records under the name that was asked for are about.
    pub owned_from_here: BTreeSet<String>,
    /// The objects that were asked for and are there, by `resource` label.
    pub objects: Vec<ObjectRef>,
    /// The objects that have the name that was asked for and do not want it, or that were asked for and do
    /// not want the names that they have, each with why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutView>,
}

/// An object that has a name and does not want it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutView {
    /// The name that it has; empty where all of it is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The object, by `resource` label.
    pub object: Option<ObjectRef>,
    /// The code of the reason.
    pub reason: &'static str,
    /// Why, as a sentence.
    pub message: String,
    /// What to do about it; empty when there is nothing to do.
    pub hint: &'static str,
}

/// Returns which shard has a name, as people are told.
fn other_shard(elsewhere: &Elsewhere, name: &CanonicalName) -> String {
    let other = elsewhere.shard_of(name);
    other.map_or_else(|| "another shard".to_owned(), |other| format!("shard {other}"))
}

impl LookedAt {
    /// Returns it with where else there may be more of what is asked for: of a name in a zone of another shard, and
    /// of an object, for which `name` is empty, of any. Without shards it is everything.
    #[must_use]
    pub fn of_shard(self, served: &Served, name: &str) -> Self {
        let Served { shard: Some(shard), elsewhere, .. } = served else { return self };
        let canonical = CanonicalName::from(name);
        if !name.is_empty() && !elsewhere.has(&canonical) {
            return self;
        }
        let told = if name.is_empty() {
            format!(
                "this is shard {shard}: of names in the zones of other shards their controllers tell"
            )
        } else {
            let other = other_shard(elsewhere, &canonical);
            format!(
                "this is shard {shard}, and `{name}` is in a zone of {other}: ask its controller"
            )
        };
        Self { elsewhere: Some(told), ..self }
    }

    /// Returns it with the objects that have the name and do not want it: the first few of `left_out`.
    #[must_use]
    pub fn with_left_out(self, left_out: Vec<RecordStatus>) -> Self {
        let view = |RecordStatus { name, object, reason, .. }: RecordStatus| LeftOutView {
            name: name.as_str().to_owned(),
            object,
            reason: reason.code(),
            message: reason.to_string(),
            hint: reason.hint(),
        };
        Self { left_out: left_out.into_iter().take(MOST_LEFT_OUT).map(view).collect(), ..self }
    }
}

impl RecordsAnswer {
    /// Answers `query`; `looked_at` is told only where something was asked for by name.
    ///
    /// # Errors
    ///
    /// Returns an error when the query cannot be meant.
    pub fn new(
        query: &RecordQuery,
        sources: RowSources<'_>,
        freshness: Freshness,
        looked_at: impl FnOnce() -> LookedAt,
    ) -> Result<Self, InvalidQuery> {
        let page = query.page(sources)?;
        let (mut writes, mut told) = (None, None);
        if !query.name.is_empty() || !query.object.is_empty() {
            writes = Some(writes_of(query, sources));
            let zones = sources.zones().into_iter().filter(|(_, zone)| zone.is_listed);
            let zones = zones.map(|(zone, _)| zone).collect();
            let owned_from_here = sources.owned_from(&query.name.as_str().into());
            let mut looked_at = looked_at();
            // What a row says is said.
            looked_at.left_out.retain(|left_out| {
                let is_it = |row: &RecordRow| {
                    row.object == left_out.object && row.reason == Some(left_out.reason)
                };
                !page.records.iter().any(is_it)
            });
            told = Some(LookedAt { zones, owned_from_here, ..looked_at });
        }
        Ok(Self {
            freshness,
            view: View::of(sources),
            page,
            writes,
            unwanted: BTreeMap::new(),
            looked_at: told,
        })
    }

    /// Adds what is wanted to the rows that are not as desired; `wanted` returns the record sets that
    /// objects want, by their `resource` labels.
    #[must_use]
    pub fn with_wanted(
        mut self,
        wanted: impl FnOnce(&BTreeSet<ObjectRef>) -> Vec<Endpoint>,
    ) -> Self {
        let rows = self.page.records.iter_mut();
        let mut rows: Vec<_> =
            rows.filter(|row| row.severity != Severity::Well && !row.name.is_empty()).collect();
        let objects: BTreeSet<_> = rows.iter().filter_map(|row| row.object.clone()).collect();
        let endpoints = wanted(&objects);
        let mut by_name: BTreeMap<CanonicalName, Vec<&Endpoint>> = BTreeMap::new();
        for endpoint in &endpoints {
            by_name.entry(endpoint.dns_name.canonical().clone()).or_default().push(endpoint);
        }
        for row in &mut rows {
            let name = DnsName::from(row.name.as_str());
            let of_name = by_name.get(name.canonical()).into_iter().flatten();
            let is_it = |endpoint: &&&Endpoint| {
                row.record_type.as_ref().is_none_or(|about| *about == endpoint.record_type)
                    && (row.set_identifier.is_empty()
                        || row.set_identifier == endpoint.set_identifier)
                    && endpoint.labels.resource() == row.object.as_ref()
            };
            row.wanted = of_name.filter(is_it).map(|endpoint| Values::of(endpoint)).collect();
            row.as_last_known();
        }
        self
    }
}

impl RecordsAnswer {
    /// Says of deletions that are held, and of those that were made, why the objects do not want the names any
    /// more: `unwanted` tells it of objects, by their `resource` labels.
    #[must_use]
    pub fn with_unwanted(
        mut self,
        unwanted: impl FnOnce(&BTreeSet<ObjectRef>) -> BTreeMap<ObjectRef, Unwanted>,
    ) -> Self {
        let held = || self.page.records.iter().filter(|row| row.is_deletion_held());
        // What a command of a person deleted went for no object's sake.
        let is_deletion =
            |write: &&RecentWrite| write.action == Action::Delete && write.is_by_sync();
        let deleted = || self.writes.iter().flatten().filter(is_deletion);
        let of_writes = deleted().filter_map(|write| write.object.clone());
        let objects = held().filter_map(|row| row.object.clone()).chain(of_writes).collect();
        let mut unwanted = unwanted(&objects);
        let names: BTreeSet<&str> = held().map(|row| row.name.as_str()).collect();
        if let Some(view) = self.freshness.held.as_mut().filter(|view| view.names == names.len()) {
            let objects: BTreeSet<_> = held().filter_map(|row| row.object.as_ref()).collect();
            let of_held =
                objects.into_iter().filter_map(|object| Some((object, unwanted.get(object)?)));
            view.why = Unwanted::summary(of_held);
        }
        for row in self.page.records.iter_mut().filter(|row| row.is_deletion_held()) {
            let Some(object) = &row.object else { continue };
            if let Some(unwanted) = unwanted.get(object) {
                row.message = format!("{}; {}", unwanted.sentence(object), row.message);
            }
        }
        // What is wanted again was not, and nobody knows why.
        for write in self.writes.iter().flatten().filter(is_deletion) {
            let Some(object) = &write.object else { continue };
            let is_wanted = |unwanted: &Unwanted| match unwanted {
                Unwanted::Wants(names) => names.contains(write.name.canonical()),
                Unwanted::Gone
                | Unwanted::GoneOr(_)
                | Unwanted::NoSource(_)
                | Unwanted::NotSeen
                | Unwanted::LeftOut(_) => false,
            };
            if unwanted.get(object).is_some_and(is_wanted) {
                unwanted.remove(object);
            }
        }
        let told = |(object, unwanted): (ObjectRef, Unwanted)| {
            let sentence = unwanted.sentence(&object);
            (object, sentence)
        };
        self.unwanted = unwanted.into_iter().map(told).collect();
        self
    }
}

impl View {
    fn of(sources: RowSources<'_>) -> Self {
        let mut view = Self { names: sources.statuses.names().len(), ..Self::default() };
        for (zone, _) in sources.seen.listed() {
            view.zones += 1;
            view.record_sets += zone.len();
        }
        view
    }
}

fn writes_of(query: &RecordQuery, sources: RowSources<'_>) -> Vec<RecentWrite> {
    let mut writes: Vec<_> = if query.name.is_empty() {
        let object = AskedAbout::parse(&query.object);
        let of = |write: &&RecentWrite| {
            write.object.as_ref().is_some_and(|label| object.is_object(label))
        };
        sources.writes.all().filter(of).cloned().collect()
    } else {
        let name = DnsName::from(query.name.as_str());
        sources.writes.of(name.canonical()).cloned().collect()
    };
    writes.sort_by_key(|write| std::cmp::Reverse((write.at, write.id)));
    writes.truncate(MOST_WRITES);
    writes
}
