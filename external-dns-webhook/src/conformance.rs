//! Tries a provider demand by demand, and says which it does not meet and where that is written.
//!
//! For authors of providers in any language. Nothing is written unless it is asked for, and then
//! only below one name of a zone that is named; what was written is deleted in the end. The checks
//! are tried in order, so the first failure is the one to look at first.

mod adjust;
mod check;
mod compare;
mod list;
mod negotiation;
mod offers;
mod raw_client;
mod sample;
mod shape;
mod write;
mod zoned;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

pub use self::check::Check;
use self::raw_client::RawClient;
use crate::client::{self, BadUrl};
use crate::{DnsName, Endpoint, Update};

/// First label of the name below which everything of these checks lies.
pub const LABEL: &str = "signpost-conformance";

/// How many record sets a large request has, unless told otherwise: more than the 2 MB at which many
/// HTTP frameworks stop reading, and a tenth of what controllers may send.
pub const BIG_BODY_RECORD_SETS: usize = 20_000;

/// What to try.
#[derive(Clone, Debug)]
pub struct ConformanceOptions {
    /// How to reach the provider; its timeout is the deadline of each request.
    pub client: client::ClientOptions,
    /// How far to go.
    pub extent: Extent,
    /// How long a write may take to be seen in the list; zero when it must be there at once.
    pub settle: Duration,
    /// How many record sets the large request has; [`BIG_BODY_RECORD_SETS`] are 3 MB of JSON.
    pub big_body_record_sets: usize,
}

/// How far to go.
#[derive(Clone, Debug)]
pub enum Extent {
    /// Only questions. The zone is used to make names; without one it is guessed.
    Reads(Option<DnsName>),
    /// Record sets below [`LABEL`] in this zone are created, changed and deleted, those that
    /// were there before included.
    Writes(DnsName),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider meets the demand.
    Met,
    /// It does not; the text says what it did instead.
    Failed(String),
    /// It was not tried; the text says why.
    Skipped(String),
}

/// One check and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was tried.
    pub check: Check,
    /// How it ended.
    pub outcome: Outcome,
}

/// Why a demand is not met, or not tried.
#[derive(Debug)]
enum CheckFailure {
    Failed(String),
    Skipped(String),
}

/// How a check ends by itself.
type CheckResult = Result<(), CheckFailure>;

/// What the checks so far have learned.
#[derive(Debug)]
struct Suite {
    client: RawClient,
    extent: Extent,
    settle: Duration,
    /// The answer to negotiation; `null` before there was one.
    negotiation: Value,
    /// The first list, as it came and decoded.
    listed: (Value, Vec<Endpoint>),
    /// What came of [`sample::desired`].
    adjusted: (Value, Vec<Endpoint>),
    /// Record sets that were created for the checks, as adjust returned them.
    created: Vec<Endpoint>,
    /// The update that was made, to be made again.
    update: Vec<Update>,
    big_body_record_sets: usize,
}

/// Tries everything, and calls `tell` with each finding as soon as it is there.
///
/// A provider that cannot be reached is a finding, too: [`Check::Negotiates`] fails.
///
/// ```no_run
/// # async fn example() -> Result<(), external_dns_webhook::client::BadUrl> {
/// use std::time::Duration;
/// use external_dns_webhook::conformance::{self, Extent, ConformanceOptions, Outcome};
///
/// let options = ConformanceOptions {
///     client: external_dns_webhook::client::ClientOptions::default(),
///     extent: Extent::Reads(None),
///     settle: Duration::ZERO,
///     big_body_record_sets: conformance::BIG_BODY_RECORD_SETS,
/// };
/// let findings = conformance::run(options, |_| {}).await?;
/// assert!(!findings.iter().any(|finding| matches!(finding.outcome, Outcome::Failed(_))));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error when the URL is not one that can be requested.
pub async fn run(
    options: ConformanceOptions,
    mut tell: impl FnMut(&Finding),
) -> Result<Vec<Finding>, BadUrl> {
    let ConformanceOptions { client, extent, settle, big_body_record_sets } = options;
    let mut suite = Suite {
        client: RawClient::new(&client)?,
        extent,
        settle,
        negotiation: Value::Null,
        listed: <_>::default(),
        adjusted: <_>::default(),
        created: Vec::new(),
        update: Vec::new(),
        big_body_record_sets,
    };
    let mut outcomes: BTreeMap<Check, Outcome> = BTreeMap::new();
    let mut findings = Vec::new();
    for check in Check::ALL.iter().copied() {
        let stopped = check.needs().iter().find_map(|need| match outcomes.get(need) {
            Some(Outcome::Met) => None,
            Some(Outcome::Skipped(why)) => Some(why.clone()),
            Some(Outcome::Failed(_)) | None => Some(format!("`{}` must be met first", need.id())),
        });
        let outcome = match stopped {
            Some(why) => Outcome::Skipped(why),
            None => match Box::pin(suite.take(check)).await {
                Ok(()) => Outcome::Met,
                Err(CheckFailure::Failed(why)) => Outcome::Failed(why),
                Err(CheckFailure::Skipped(why)) => Outcome::Skipped(why),
            },
        };
        outcomes.insert(check, outcome.clone());
        let finding = Finding { check, outcome };
        tell(&finding);
        findings.push(finding);
    }
    Ok(findings)
}

impl Suite {
    async fn take(&mut self, check: Check) -> CheckResult {
        match check {
            Check::Negotiates => self.negotiates().await,
            Check::NegotiationType => self.negotiation_type().await,
            Check::AnyAccept => self.any_accept().await,
            Check::DomainFilter => self.domain_filter(),
            Check::Declarations => self.declarations(),
            Check::Lists => self.lists().await,
            Check::ListType => self.list_type().await,
            Check::ListShape => self.list_shape(),
            Check::ListUnique => self.list_unique(),
            Check::ListCompressed => self.list_compressed().await,
            Check::Adjusts => self.adjusts().await,
            Check::AdjustType => self.adjust_type().await,
            Check::AdjustShape => self.adjust_shape(),
            Check::AdjustKeepsAll => self.adjust_keeps_all(),
            Check::AdjustKeepsLabels => self.adjust_keeps_labels(),
            Check::AdjustTwice => self.adjust_twice().await,
            Check::AdjustNothing => self.adjust_nothing().await,
            Check::AdjustUnknownMember => self.adjust_unknown_member().await,
            Check::AdjustBadBody => self.bad_body("adjustendpoints").await,
            Check::BigBody => self.big_body().await,
            Check::Overlapping => self.overlapping().await,
            Check::RecordsByName => self.records_by_name().await,
            Check::ConditionalRecords => self.conditional_records().await,
            Check::Age => self.age().await,
            Check::AdjustOutcomes => self.adjust_outcomes().await,
            Check::Zones => self.zones().await,
            Check::ZonedRecords => self.zoned_records().await,
            Check::ZonedAdjust => self.zoned_adjust().await,
            Check::ZoneServed => self.zone_served(),
            Check::Creates => self.creates().await,
            Check::CreatedIsListed => self.created_is_listed().await,
            Check::CreateTwice => self.create_twice().await,
            Check::OwnershipRecordWithoutTtl => self.ownership_record_without_ttl().await,
            Check::TextIsKept => self.text_is_kept().await,
            Check::UnknownProperty => self.unknown_property().await,
            Check::Wildcard => self.wildcard().await,
            Check::CapitalisedChanges => self.capitalised_changes().await,
            Check::UnknownMembers => self.unknown_members().await,
            Check::Updates => self.updates().await,
            Check::UpdateTwice => self.update_twice().await,
            Check::TypeChange => self.type_change().await,
            Check::NoChanges => self.no_changes().await,
            Check::BadChanges => self.bad_body("records").await,
            Check::MarkMoves => self.mark_moves().await,
            Check::ApplyOutcomes => self.apply_outcomes().await,
            Check::ZonedWrites => self.zoned_writes().await,
            Check::Deletes => self.deletes().await,
            Check::DeleteTwice => self.delete_twice().await,
            Check::CleansUp => self.cleans_up().await,
            Check::RetryAfter => self.retry_after(),
        }
    }

    /// Returns the name below which everything lies.
    fn base(&self) -> String {
        let zone = match &self.extent {
            Extent::Writes(zone) | Extent::Reads(Some(zone)) => zone.as_str().to_owned(),
            Extent::Reads(None) => self.guessed_zone(),
        };
        format!("{LABEL}.{zone}")
    }
}

fn failed<T>(why: impl Into<String>) -> Result<T, CheckFailure> {
    Err(CheckFailure::Failed(why.into()))
}

fn skipped<T>(why: impl Into<String>) -> Result<T, CheckFailure> {
    Err(CheckFailure::Skipped(why.into()))
}
