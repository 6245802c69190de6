//! `signpost run`: keeps DNS true until told to stop.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use webhook_api::{DomainFilter, Provider};

use super::print;
use crate::admin::{self, Admin};
use crate::app::{self, Feed};
use crate::args::{LoopArgs, RunArgs};
use crate::metrics::{Action, Metrics};
use crate::page::Page;
use crate::provider::{Counted, ReadOnly};
use crate::reconcile::{PassError, Reconciler, Report, Writing};
use crate::schedule::{Kind, Pace, Schedule};
use crate::tasks::Tasks;
use crate::verdicts::VerdictLog;

/// Runs passes until a signal, an error that no later pass can mend, or the end of `--once`.
///
/// # Errors
///
/// Returns an error when something cannot be set up, and with `--once` when the pass fails.
pub async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let RunArgs {
        sources,
        templates,
        transforms,
        manifests,
        kubernetes,
        domains,
        provider,
        ownership,
        safety,
        pace,
        admin,
        log: _,
    } = args;
    let ownership = app::ownership(ownership, &safety, &transforms)?;
    let metrics = Arc::new(Metrics::new());
    let page = Arc::new(Page::default());
    let client = app::client(&provider)?;
    let feed = Arc::new(Feed::new(sources, templates, transforms, manifests, kubernetes)?);
    let mut tasks = Tasks::default();
    let stop = tasks.stop();

    let address = app::admin_address(&admin.metrics_address);
    if let Some(address) = address {
        let listener = TcpListener::bind(&address).await.with_context(|| {
            format!("cannot listen on `{address}`; choose another `--metrics-address`")
        })?;
        if admin.announce {
            let bound = listener.local_addr()?;
            print::text(&format!("{}\n", serde_json::json!({ "metrics": bound.to_string() })))?;
        }
        let stale_after = pace.interval.0.saturating_mul(3).max(Duration::from_secs(60));
        let admin = Admin { page: Arc::clone(&page), metrics: Arc::clone(&metrics), stale_after };
        tasks.spawn("serve health and metrics", admin::serve(listener, admin, ended(&stop)));
    }
    tasks.spawn("wait for signals", wait_for_signals(stop.clone()));
    let problem = feed.start(&mut tasks).await?;

    let writing = if pace.dry_run { Writing::DryRun } else { Writing::Yes };
    if pace.dry_run {
        tracing::info!("Dry run: changes are planned and shown, and nothing is written");
    }
    let filter = DomainFilter::from(domains);
    let client = Counted::new(client, Arc::clone(&metrics));
    let once = pace.once;
    let dry_run = pace.dry_run;
    let shared = Shared { feed, metrics, page, pace, stop: stop.clone() };
    let (registry, planner) = (ownership.registry, ownership.planner);
    // A dry run gets a provider that cannot write, whatever the rest of the program does.
    if dry_run {
        let provider = ReadOnly(client);
        let reconciler = Reconciler::new(provider, registry, planner, filter, writing);
        tasks.spawn("run passes", Loop::new(reconciler, shared).run());
    } else {
        let reconciler = Reconciler::new(client, registry, planner, filter, writing);
        tasks.spawn("run passes", Loop::new(reconciler, shared).run());
    }

    let first = tasks.first_end().await;
    let stopped = stop.is_cancelled();
    let finished = tasks.finish().await;
    first.result.with_context(|| format!("cannot {}", first.name))?;
    finished?;
    match (once, stopped, problem) {
        (true, _, Some(problem)) => bail!(problem),
        (false, false, _) => bail!("`{}` ended although nothing asked it to", first.name),
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn wait_for_signals(stop: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stop.cancelled() => return Ok(()),
    }
    tracing::info!("Stopping: the pass in hand is finished first");
    stop.cancel();
    Ok(())
}

fn ended(stop: &CancellationToken) -> impl Future<Output = ()> + Send + 'static {
    stop.clone().cancelled_owned()
}

/// What the loop shares with the rest of the program.
struct Shared {
    feed: Arc<Feed>,
    metrics: Arc<Metrics>,
    page: Arc<Page>,
    pace: LoopArgs,
    stop: CancellationToken,
}

/// Passes, one after the other.
struct Loop<P> {
    reconciler: Reconciler<P>,
    shared: Shared,
    verdicts: VerdictLog,
}

impl<P: Provider> Loop<P> {
    fn new(reconciler: Reconciler<P>, shared: Shared) -> Self {
        Self { reconciler, shared, verdicts: VerdictLog::default() }
    }

    async fn run(mut self) -> anyhow::Result<()> {
        let Shared { feed, pace, stop, .. } = &self.shared;
        let (events, once, stop) = (pace.events, pace.once, stop.clone());
        let mut changed = feed.subscribe();
        tokio::select! {
            () = feed.synced() => {}
            () = stop.cancelled() => return Ok(()),
        }
        changed.mark_unchanged();
        let mut schedule = Schedule::new(
            Pace {
                interval: self.shared.pace.interval.0,
                between_events: self.shared.pace.min_event_sync_interval.0,
                ..Pace::default()
            },
            now(),
        );
        loop {
            let (due, kind) = schedule.due();
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                alive = changed.changed(), if events => {
                    alive.context("nobody brings objects any more")?;
                    schedule.changed(now());
                    continue;
                }
                () = tokio::time::sleep_until(due) => {}
            }
            schedule.started(kind, now());
            let result = self.pass(kind).await;
            if once {
                return match result {
                    Ok(report) => finished(report.as_ref()),
                    Err(error) => Err(error.into()),
                };
            }
            match result {
                Ok(None) => schedule.succeeded(),
                Ok(Some(report)) if report.went_as_planned() => schedule.succeeded(),
                Ok(Some(_)) => {
                    schedule.succeeded();
                    schedule.surprised(now());
                }
                Err(error) => schedule.failed(now(), error.retry_after()),
            }
        }
    }

    async fn pass(&mut self, kind: Kind) -> Result<Option<Report>, PassError> {
        let start = now();
        self.shared.metrics.pass_started(unix_time());
        let result = match kind {
            Kind::Full => self.reconciler.full(&*self.shared.feed).await.map(Some),
            Kind::Focused => self.reconciler.focused(&*self.shared.feed).await,
        };
        let took = now().duration_since(start);
        if !matches!(result, Ok(None)) {
            self.shared.metrics.pass_ended(kind, took, result.is_ok(), unix_time());
        }
        self.show(kind, took, &result);
        result
    }

    fn show(&mut self, kind: Kind, took: Duration, result: &Result<Option<Report>, PassError>) {
        let Shared { feed, metrics, page, pace, .. } = &self.shared;
        page.problem("sources", feed.problem());
        let report = match result {
            Ok(Some(report)) => report,
            Ok(None) => return,
            Err(error) => {
                metrics.registry_failed();
                page.problem("pass", Some(chain(error)));
                tracing::error!(
                    error = chain(error),
                    "A pass failed; nothing is deleted, and it is tried again"
                );
                return;
            }
        };
        if feed.problem().is_some() {
            metrics.source_failed();
        }
        let Report { plan, desired, written, dropped, sent: _ } = report;
        self.verdicts.note(plan.verdicts.iter());
        if kind == Kind::Full {
            metrics.verdicts(plan.verdicts.iter().map(|it| it.reason.code()));
            metrics.asked(desired.endpoints.iter());
            if let Some(inventory) = self.reconciler.inventory() {
                metrics.holds(inventory.records().map(|it| it.endpoint));
            }
        }
        let problem = if report.provider_forgets() {
            tracing::error!(
                dropped,
                "The provider dropped every name it was asked to adjust; nothing is deleted"
            );
            Some(format!("the provider dropped all {dropped} names it was asked to adjust"))
        } else {
            if *dropped > 0 {
                tracing::warn!(dropped, "The provider dropped names it was asked to adjust");
            }
            None
        };
        page.problem("provider", problem);
        if plan.is_empty() {
            metrics.no_op();
            tracing::debug!("Nothing to change");
        } else if pace.dry_run {
            tracing::info!("Dry run: a pass would change this\n{plan}");
        } else {
            metrics.changed(Action::Create, written.create);
            metrics.changed(Action::Update, written.update);
            metrics.changed(Action::Delete, written.delete);
            tracing::info!(
                changes.create = written.create,
                changes.update = written.update,
                changes.delete = written.delete,
                duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "Records changed"
            );
        }
        let refused = written.refused.first().map(|first| {
            format!(
                "the provider did not take {} changes; the first: `{}` {}: {}",
                written.refused.len(),
                first.dns_name,
                first.record_type,
                first.message
            )
        });
        for refusal in &written.refused {
            tracing::warn!(
                record.name = %refusal.dns_name,
                record.r#type = %refusal.record_type,
                reason = refusal.code.as_str(),
                "The provider did not take a change: {}",
                refusal.message
            );
        }
        page.problem("pass", None);
        page.problem("changes", refused);
        let plan = serde_json::to_value(plan).unwrap_or_default();
        let records = self.reconciler.inventory().map(app::records_json);
        page.pass_went_well(now(), plan, records);
    }
}

fn finished(report: Option<&Report>) -> anyhow::Result<()> {
    let Some(report) = report else { return Ok(()) };
    if report.provider_forgets() {
        bail!("the provider dropped all {} names it was asked to adjust", report.dropped);
    }
    match report.written.refused.first() {
        None => Ok(()),
        Some(first) => Err(anyhow!(
            "the provider did not take {} changes; the first: `{}` {}: {}",
            report.written.refused.len(),
            first.dns_name,
            first.record_type,
            first.message
        )),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the loop is where the clock is read")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "metrics tell the time of day")]
fn unix_time() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |it| it.as_secs_f64())
}
