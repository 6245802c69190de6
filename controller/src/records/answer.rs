//! What `/v1/records` answers: rows, how well they are known, and of what one asks for by name all
//! that there is to tell.

use external_dns_webhook::DnsName;
use serde::Serialize;

use super::{AskedAbout, InvalidQuery, RecentWrite, RecordPage, RecordQuery, RowSources};

/// How many writes of a name or an object are told, the latest first.
const MOST_WRITES: usize = 20;

/// Rows, and how well they are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordsAnswer {
    /// How well they are known.
    #[serde(flatten)]
    pub freshness: Freshness,
    /// The rows.
    #[serde(flatten)]
    pub page: RecordPage,
    /// The latest writes of what was asked for by name, the latest first; `None` when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Vec<RecentWrite>>,
    /// What was looked at for it; `None` when nothing was asked for by name.
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
    /// Why it is not known better; `None` while syncs go well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageView>,
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
    /// The objects that were asked for and are there, by `resource` label.
    pub objects: Vec<String>,
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
            let zones = sources.zones().into_keys().collect();
            told = Some(LookedAt { zones, ..looked_at() });
        }
        Ok(Self { freshness, page, writes, looked_at: told })
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
        sources.writes.of(&name.normalized()).cloned().collect()
    };
    writes.sort_by_key(|write| std::cmp::Reverse((write.at, write.id)));
    writes.truncate(MOST_WRITES);
    writes
}
