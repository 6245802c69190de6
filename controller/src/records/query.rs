//! Which rows a question is for, and how many at once.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use controller_core::status::Reason;
use external_dns_webhook::{CanonicalName, DnsName, ObjectRef, Targets, nearest};
use serde::{Deserialize, Serialize};

use super::row::RowRef;
use super::{AskedAbout, RecordRow, RowSources, Severity};

/// How many rows are answered at once unless the question says otherwise, and at most.
const ROWS: usize = 1_000;
const MOST_ROWS: usize = 10_000;

/// Which rows a question is for; everything empty means all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordQuery {
    /// Only what is not as desired, the most urgent first; any value but `false` asks for it.
    pub problems: Option<String>,
    /// Only this name.
    pub name: String,
    /// Only what this object asks for, in any spelling of `kubectl`.
    pub object: String,
    /// Only what objects in this namespace want.
    pub namespace: String,
    /// Only in this zone: its name, or the provider's identifier.
    pub zone: String,
    /// Only this reason, by its code.
    pub reason: String,
    /// Only where the name, the object or a value contains this.
    pub q: String,
    /// How many rows at most; 1,000 unless given, and never more than 10,000.
    pub limit: Option<usize>,
    /// How many rows are left out before the first.
    pub offset: usize,
}

/// Some of the rows that a question is for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordPage {
    /// How many rows there are in all.
    pub total: usize,
    /// How many are left out before the first.
    pub offset: usize,
    /// Where the next page starts; `None` when this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
    /// The rows.
    pub records: Vec<RecordRow>,
}

/// A query that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// The limit is 0.
    #[error("`limit=0` asks for nothing; leave it out, or ask for 1 to {MOST_ROWS}")]
    NoRows,
    /// The object is none.
    #[error("`object={0}` is no object; write one as `service/default/web`")]
    NotAnObject(String),
    /// The reason is none.
    #[error("`reason={0}` is no reason that there is{1}; docs/reasons.md lists all of them")]
    NoSuchReason(String, String),
}

impl RecordQuery {
    /// Returns the rows that are wanted.
    ///
    /// # Errors
    ///
    /// Returns an error when the query cannot be meant.
    pub fn page(&self, sources: RowSources<'_>) -> Result<RecordPage, InvalidQuery> {
        let limit = match self.limit {
            Some(0) => return Err(InvalidQuery::NoRows),
            limit => limit.unwrap_or(ROWS).min(MOST_ROWS),
        };
        self.check_reason()?;
        let refs = self.refs(sources)?;
        let refs = self.sorted(refs.into_iter().filter(|row| self.takes(sources, row)).collect());
        let end = self.offset.saturating_add(limit);
        let records = refs.iter().skip(self.offset).take(limit).map(|row| sources.row(row));
        Ok(RecordPage {
            total: refs.len(),
            offset: self.offset,
            next_offset: (end < refs.len()).then_some(end),
            records: records.collect(),
        })
    }

    fn refs<'a>(&'a self, sources: RowSources<'a>) -> Result<Vec<RowRef<'a>>, InvalidQuery> {
        let object = match self.object.as_str() {
            "" => None,
            text => Some(AskedAbout::parse(text)),
        };
        if let Some(AskedAbout::Name(_)) = object {
            return Err(InvalidQuery::NotAnObject(self.object.clone()));
        }
        let wanted = CanonicalName::from(self.name.as_str());
        let mut refs = sources.refs(|name| self.name.is_empty() || wanted == *name);
        if !self.name.is_empty() && object.is_none() {
            // What is wrong with an object as a whole is wrong with its names.
            let objects: BTreeSet<ObjectRef> =
                refs.iter().filter_map(|row| row.object().cloned()).collect();
            let is_theirs =
                |row: &RowRef<'_>| row.object().is_some_and(|object| objects.contains(object));
            let whole = sources.refs(str::is_empty);
            refs.extend(whole.into_iter().filter(is_theirs));
        }
        if let Some(object) = object {
            refs.retain(|row| row.object().is_some_and(|label| object.is_object(label)));
        }
        Ok(refs)
    }

    fn check_reason(&self) -> Result<(), InvalidQuery> {
        if self.reason.is_empty() {
            return Ok(());
        }
        let codes: Vec<_> = Reason::catalogue().into_iter().map(|row| row.code).collect();
        if codes.iter().any(|code| code.eq_ignore_ascii_case(&self.reason)) {
            return Ok(());
        }
        let meant = nearest(&self.reason, codes.iter().copied());
        let meant = meant.map(|code| format!("; did you mean `{code}`?")).unwrap_or_default();
        Err(InvalidQuery::NoSuchReason(self.reason.clone(), meant))
    }

    fn wants_problems(&self) -> bool {
        self.problems.as_deref().is_some_and(|value| value != "false")
    }

    fn takes(&self, sources: RowSources<'_>, row: &RowRef<'_>) -> bool {
        (!self.wants_problems() || row.severity() != Severity::Well)
            && is(&self.namespace, || row.object()?.namespace())
            && is(&self.reason, || Some(row.status?.status.reason.code()))
            && self.is_in_zone(sources, row)
            && self.contains(row)
    }

    fn is_in_zone(&self, sources: RowSources<'_>, row: &RowRef<'_>) -> bool {
        if self.zone.is_empty() {
            return true;
        }
        let wanted = DnsName::from(self.zone.as_str());
        row.zone(sources).is_some_and(|zone| {
            zone.id().is_some_and(|id| id.as_str() == self.zone)
                || zone.to_string() == self.zone
                || zone.name().canonical() == wanted.canonical()
        })
    }

    fn contains(&self, row: &RowRef<'_>) -> bool {
        let wanted = self.q.trim().to_lowercase();
        if wanted.is_empty() {
            return true;
        }
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        let targets = row.holding.as_ref().map(|holding| &holding.endpoint.targets);
        has(row.name)
            || row.object().is_some_and(|object| has(&object.shown()))
            || targets.into_iter().flat_map(Targets::iter).any(has)
    }

    /// Problems come the most urgent first, and the latest of these; everything else by name.
    fn sorted<'a>(&self, mut refs: Vec<RowRef<'a>>) -> Vec<RowRef<'a>> {
        if self.wants_problems() {
            let since = |row: &RowRef<'_>| Reverse(row.status.map_or(0, |noted| noted.since));
            refs.sort_by_key(|row| (row.severity(), since(row), row.name));
        }
        refs
    }
}

/// Tells whether what there is is what is wanted; an empty wish is met by everything.
fn is<'a>(wanted: &str, found: impl FnOnce() -> Option<&'a str>) -> bool {
    wanted.is_empty() || found().is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}
