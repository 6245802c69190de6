//! `signpost run`: keeps DNS true until told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, DropGuard};
use webhook_api::DomainFilter;

use super::print;
use crate::admin::{self, Admin};
use crate::app::{self, Feed};
use crate::args::RunArgs;
use crate::leader::{Fence, Fenced};
use crate::metrics::Metrics;
use crate::page::Page;
use crate::passes::{Passes, Shared};
use crate::provider::{Counted, ReadOnly};
use crate::reconcile::{Reconciler, Writing};
use crate::state::State;
use crate::tasks::Tasks;

/// How many intervals without a good pass make the controller not ready.
const STALE_INTERVALS: u32 = 3;

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
        state,
        events,
        election,
        admin,
        log: _,
    } = args;
    let owner = ownership.txt_owner_id.clone();
    let ownership = app::ownership(ownership, &safety, &transforms)?;
    let metrics = Arc::new(Metrics::new());
    let page = Arc::new(Page::default());
    let client = app::client(&provider)?;
    let feed = Arc::new(Feed::new(sources, templates, &transforms, manifests, kubernetes.clone())?);
    let state = State::open(state.state_dir.as_deref(), state.journal_size)?;
    let mut tasks = Tasks::default();
    let stop = tasks.stop();

    if let Some(address) = app::admin_address(&admin.metrics_address) {
        let listener = TcpListener::bind(&address).await.with_context(|| {
            format!("cannot listen on `{address}`; choose another `--metrics-address`")
        })?;
        if admin.announce {
            let bound = listener.local_addr()?;
            print::text(&format!("{}\n", serde_json::json!({ "metrics": bound.to_string() })))?;
        }
        let stale_after =
            pace.interval.0.saturating_mul(STALE_INTERVALS).max(Duration::from_mins(1));
        let admin = Admin { page: Arc::clone(&page), metrics: Arc::clone(&metrics), stale_after };
        let ended = stop.clone().cancelled_owned();
        tasks.spawn("serve health and metrics", admin::serve(listener, admin, ended));
    }
    tasks.spawn("wait for signals", wait_for_signals(stop.clone()));
    let problem = feed.start(&mut tasks).await?;

    let (once, dry_run) = (pace.once, pace.dry_run);
    let writing = if dry_run { Writing::DryRun } else { Writing::Yes };
    if dry_run {
        tracing::info!("Dry run: changes are planned and shown, and nothing is written");
    }
    let filter = DomainFilter::from(domains);
    let client = Counted::new(client, Arc::clone(&metrics));
    // The lease is given up when passes have ended, however they do.
    let wrote = CancellationToken::new();
    // A dry run leads nobody: it would keep others from writing.
    let fence = if dry_run {
        Fence::open()
    } else {
        app::election(election, &kubernetes, &mut tasks, wrote.clone()).await?
    };
    // A dry run announces nothing: nothing happens.
    let announcer =
        if dry_run { None } else { app::announcer(events, &kubernetes, owner, &mut tasks).await? };
    let client = Fenced::new(client, fence.clone());
    let over = wrote.drop_guard();
    let shared = Shared { announcer, feed, fence, metrics, page, pace, state, stop: stop.clone() };
    let instance = if ownership.wants_instance { shared.feed.instance().await } else { None };
    let (registry, planner) = (ownership.registry(instance)?, ownership.planner);
    // A dry run gets a provider that cannot write, whatever the rest of the program does.
    if dry_run {
        let mut reconciler = Reconciler::new(ReadOnly(client), registry, planner, filter, writing);
        reconciler.on_target_loss = ownership.on_target_loss;
        tasks.spawn("run passes", until(Passes::new(reconciler, shared).run(), over));
    } else {
        let mut reconciler = Reconciler::new(client, registry, planner, filter, writing);
        reconciler.on_target_loss = ownership.on_target_loss;
        tasks.spawn("run passes", until(Passes::new(reconciler, shared).run(), over));
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

/// Does `work`, and tells that it is over.
async fn until(
    work: impl Future<Output = anyhow::Result<()>>,
    over: DropGuard,
) -> anyhow::Result<()> {
    let ended = work.await;
    drop(over);
    ended
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
