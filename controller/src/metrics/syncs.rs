//! What syncs did: when, how long, with what result, and what they changed.

use std::collections::BTreeMap;
use std::time::Duration;

use controller_core::plan::{Action, Plan, Step};
use controller_core::status::Reason;
use external_dns_webhook::Refusal;

use crate::schedule::SyncKind;
use daemon::metrics::{Counter, Family, Gauge, Histogram, Metric, number};

/// Upper ends for how long syncs take, in seconds.
const SYNC_BOUNDS: &[f64] = &[0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// Upper ends for how long changes take to reach the provider, in seconds: from one quiet targeted
/// sync to an outage of an hour.
const LATENCY_BOUNDS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

/// What became of the changes of a plan.
#[derive(Clone, Copy, Debug)]
pub enum WriteResult<'a> {
    /// The provider took all but these.
    Written(&'a [Refusal]),
    /// It is not known what the provider took; `retryable` says whether the very same changes may
    /// succeed later.
    Failed {
        /// Whether trying again can help.
        retryable: bool,
    },
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncEnd {
    /// All that it wanted to write is written.
    Well,
    /// It went through, but a record was refused when it was to be written, or a source not read.
    InPart,
    /// It did not get to its end.
    Failed,
}

/// What is counted of syncs.
#[derive(Debug)]
pub struct SyncMetrics {
    last_reconcile: Family<Gauge>,
    last_sync: Family<Gauge>,
    last_completed: Family<Gauge>,
    no_op_runs: Family<Counter>,
    consecutive_errors: Family<Gauge>,
    duration: Family<Histogram>,
    changes: Family<Counter>,
    statuses: Family<Gauge>,
    held: Family<Gauge>,
    guard_engaged: Family<Gauge>,
    latency: Family<Histogram>,
    state_failing: Family<Gauge>,
}

impl SyncMetrics {
    pub(super) fn new() -> Self {
        let metrics = Self {
            last_reconcile: Family::new(
                "external_dns_controller_last_reconcile_timestamp_seconds",
                &[],
                "When a sync last started, in seconds since 1970; 0 before the first",
            ),
            last_sync: Family::new(
                "external_dns_controller_last_sync_timestamp_seconds",
                &[],
                "When a sync last went well, all it wanted to write written, in seconds since 1970; 0 \
                 before the first, and on a replica that never led",
            ),
            last_completed: Family::new(
                "external_dns_controller_last_completed_sync_timestamp_seconds",
                &[],
                "When a sync last went through to its end, whatever records the provider refused and \
                 whatever sources could not be read, in seconds since 1970; 0 before the first",
            ),
            no_op_runs: Family::new(
                "external_dns_controller_no_op_runs_total",
                &[],
                "Syncs that found nothing to change",
            ),
            consecutive_errors: Family::new(
                "external_dns_controller_consecutive_soft_errors",
                &[],
                "Syncs since one went well that failed, had a record refused or a source not read",
            ),
            duration: Family::with_bounds(
                SYNC_BOUNDS,
                "external_dns_controller_sync_duration_seconds",
                &["kind", "result"],
                "How long syncs take: `full` ones look at everything, `targeted` ones at a few names",
            ),
            changes: Family::new(
                "external_dns_controller_changes_total",
                &["zone", "action", "result", "reason"],
                "Record sets created, updated and deleted, ownership records left out; `result` \
                 is `written`, `refused` or `failed`",
            ),
            statuses: Family::new(
                "external_dns_controller_record_status",
                &["reason"],
                "Names that are not served as desired, by reason",
            ),
            held: Family::new(
                "external_dns_controller_held_deletes",
                &[],
                "Names whose deletion the deletion guard holds until it is approved",
            ),
            guard_engaged: Family::new(
                "external_dns_controller_deletion_guard_engaged",
                &[],
                "1 while the deletion guard holds deletions, else 0",
            ),
            latency: Family::with_bounds(
                LATENCY_BOUNDS,
                "external_dns_controller_publish_latency_seconds",
                &[],
                "Time from the watch bringing a change of an object until the provider took what \
                 follows from it, outages included; a provider that waits for its DNS servers takes \
                 it when they have it",
            ),
            state_failing: Family::new(
                "external_dns_controller_state_failing",
                &[],
                "1 while what --state-dir or --state-configmap keeps cannot be read or written, else 0",
            ),
        };
        metrics.state(true);
        metrics
    }

    /// Says whether what outlives the process is kept.
    pub fn state(&self, is_kept: bool) {
        self.state_failing.set(&[], if is_kept { 0.0 } else { 1.0 });
    }

    pub(super) fn all(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Self {
            last_reconcile,
            last_sync,
            last_completed,
            no_op_runs,
            consecutive_errors,
            duration,
            changes,
            statuses,
            held,
            guard_engaged,
            latency,
            state_failing,
        } = self;
        vec![
            last_reconcile,
            last_sync,
            last_completed,
            no_op_runs,
            consecutive_errors,
            duration,
            changes,
            statuses,
            held,
            guard_engaged,
            latency,
            state_failing,
        ]
    }

    /// Notes that a sync started, `now` in seconds since 1970.
    pub fn started(&self, now: i64) {
        self.last_reconcile.set(&[], seconds(now));
    }

    /// Notes how a sync ended, `now` in seconds since 1970.
    pub fn ended(&self, kind: SyncKind, took: Duration, end: SyncEnd, now: i64) {
        let kind = match kind {
            SyncKind::Full => "full",
            SyncKind::Targeted => "targeted",
        };
        let result = if end == SyncEnd::Failed { "error" } else { "success" };
        self.duration.observe(&[kind, result], took.as_secs_f64());
        if end != SyncEnd::Failed {
            self.last_completed.set(&[], seconds(now));
        }
        // Compat: ExternalDNS takes a record that is refused, and a source that cannot be read, for
        // a sync that failed.
        if end == SyncEnd::Well {
            self.last_sync.set(&[], seconds(now));
            self.consecutive_errors.set(&[], 0.0);
        } else {
            self.consecutive_errors.add(&[], 1.0);
        }
    }

    /// Notes that this replica makes no syncs any more: none of its is soft in error.
    pub fn lost_lead(&self) {
        self.consecutive_errors.set(&[], 0.0);
    }

    /// Notes that a sync found nothing to do.
    pub fn no_op(&self) {
        self.no_op_runs.add(&[], 1.0);
    }

    /// Notes what became of the changes of `plan`.
    pub fn changed(&self, plan: &Plan, written: WriteResult<'_>) {
        for step in plan.steps() {
            let action = match step.action {
                Action::Create => "create",
                Action::Update | Action::Replace => "update",
                Action::Delete => "delete",
                Action::Own | Action::Hold => continue,
            };
            let (result, reason) = outcome(step, written);
            let zone = step.zone.as_ref().map(ToString::to_string).unwrap_or_default();
            self.changes.add(&[&zone, action, result, reason], 1.0);
        }
    }

    /// Notes that a change in `zone` was taken, by a write that did not come to its end.
    pub fn written(&self, zone: &str, action: Action) {
        let done = action.verb().map(|verb| Reason::done(verb).code());
        if let (Some(reason), Action::Create | Action::Update | Action::Delete) = (done, action) {
            self.changes.add(&[zone, action.as_str(), "written", reason], 1.0);
        }
    }

    /// Notes that a change in `zone` that was counted as failed had been made.
    pub fn landed(&self, zone: &str, action: &str) {
        if matches!(action, "create" | "update" | "delete") {
            self.changes.add(&[zone, action, "written", "Landed"], 1.0);
        }
    }

    /// Notes of how many names the deletion guard holds deletions.
    pub fn held(&self, names: usize) {
        self.held.set(&[], number(names));
        self.guard_engaged.set(&[], if names > 0 { 1.0 } else { 0.0 });
    }

    /// Notes how many names and objects have each reason, by its code; those that are served as desired
    /// are not counted.
    pub fn statuses(&self, counts: &BTreeMap<&'static str, usize>) {
        let count = |(code, count): (&&str, &usize)| (vec![(*code).to_owned()], number(*count));
        self.statuses.replace(counts.iter().map(count));
    }

    /// Notes that what follows from a change of an object was taken, that long after the change.
    pub fn published(&self, after: Duration) {
        self.latency.observe(&[], after.as_secs_f64());
    }
}

/// Values of `result` and `reason` of `external_dns_controller_changes_total` with what they mean, but for
/// `refused`, whose reason is the label of a [refusal](external_dns_webhook::RefusalCode).
pub const CHANGE_REASONS: [(&str, &str, &str); 6] = [
    ("written", "Created", "the provider took it"),
    ("written", "Updated", "the provider took it"),
    ("written", "Deleted", "the provider took it"),
    (
        "written",
        "Landed",
        "there was no answer to it, so it was counted as `failed`; the records show that it was made. Known where a \
         history is kept (`--state-dir`, `--state-configmap`)",
    ),
    ("failed", "Unavailable", "the provider did not answer, or not now; `status` has `SyncFailed`"),
    ("failed", "Refused", "the provider refused the whole request; `status` has `SyncFailed`"),
];

/// Returns what became of a step, and the reason in one word.
fn outcome(step: &Step, written: WriteResult<'_>) -> (&'static str, &'static str) {
    let refused = match written {
        WriteResult::Written(refused) => refused,
        WriteResult::Failed { retryable: true } => return ("failed", "Unavailable"),
        WriteResult::Failed { retryable: false } => return ("failed", "Refused"),
    };
    let is_it = |refusal: &&Refusal| {
        refusal.dns_name == step.name
            && refusal.record_type == step.record_type
            && refusal.set_identifier == step.set_identifier
    };
    match refused.iter().find(is_it) {
        None => {
            let verb = step.action.verb();
            ("written", verb.map_or("UpToDate", |verb| Reason::done(verb).code()))
        }
        Some(refusal) => ("refused", refusal.code.label()),
    }
}

/// Returns a number of seconds as metrics have it.
#[expect(clippy::cast_precision_loss, reason = "exact for the next 285 million years")]
fn seconds(count: i64) -> f64 {
    count as f64
}
