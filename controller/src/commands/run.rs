//! `signpost run`: keeps DNS true until told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use controller_core::plan::Planner;
use controller_core::registry::Registry;
use daemon::{End, Hangup, Limits, Listener, ServeOptions, Signals};
use external_dns_webhook::client::{Client, Observer, WriteProgress, shown_url};
use external_dns_webhook::{DomainFilter, Provider};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::print;
use crate::admin::{self, Admin, Rights};
use crate::app::{self, Announcing, ClusterAccess, Config, DesiredState, FlagReader, Reloader};
use crate::args::{
    self, AdminArgs, ElectionArgs, LoopArgs, ManifestArgs, NoPolicy, ProviderArgs, RunArgs,
    StateArgs,
};
use crate::leader::{Fence, Fenced};
use crate::metrics::Metrics;
use crate::provider::{Counted, Interruptible, ReadOnly};
use crate::reconcile::{GivenUp, Reconciler, SyncConfig, Writing};
use crate::schedule::Pace;
use crate::state::State;
use crate::status::Status;
use crate::syncs::{Shared, Syncs};
use crate::tasks::Tasks;

/// Runs syncs until a signal, an error that no later sync can repair, or the end of `--once`.
///
/// `flag_reader` is how the flags are read again while it runs.
///
/// # Errors
///
/// Returns an error when something cannot be set up, and with `--once` when the sync fails.
pub async fn run(args: RunArgs, flag_reader: FlagReader) -> anyhow::Result<ExitCode> {
    tell_start(&args);
    let once = args.pace.once;
    let mut tasks = Tasks::default();
    let stop = tasks.stop();
    // Before anything that asks a cluster, which may not answer for long.
    let signals = Signals::catch().context("signals cannot be waited for")?;
    tasks.spawn("wait for signals", wait_for_signals(signals.end, stop.clone()));
    let started = tokio::select! {
        started = start(args, (flag_reader, signals.hangup), &mut tasks) => Some(started?),
        () = stop.cancelled() => None,
    };
    let Some(problem) = started else {
        tasks.finish().await?;
        return Ok(ExitCode::SUCCESS);
    };
    let (first, stopped) = end(tasks, &stop).await?;
    match (once, stopped, problem) {
        (true, _, Some(problem)) => bail!(problem),
        (false, false, _) => bail!("`{first}` ended although nothing asked it to"),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Starts everything; returns what could not be read of manifests, if anything.
async fn start(
    args: RunArgs,
    (flag_reader, hangup): (FlagReader, Hangup),
    tasks: &mut Tasks,
) -> anyhow::Result<Option<String>> {
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
    let (owner, prefixes) = (ownership.txt_owner_id.clone(), sources.annotation_prefix.clone());
    let policy = safety.policy.ok_or(NoPolicy)?;
    let ownership = (ownership, DomainFilter::from(domains));
    let ownership = app::ownership(ownership, &safety, &transforms, policy)?;
    let (metrics, status) = (Arc::new(Metrics::new()), Arc::new(Status::default()));
    let client = counted(&provider, &metrics, &status)?;
    let kubernetes = ClusterAccess::from(kubernetes);
    let rights = rights(&admin, &manifests, &kubernetes).await?;
    let told = (announcing(&manifests, &pace), owner);
    let access = kubernetes.clone();
    let desired_state = DesiredState::new(sources, templates, &transforms, manifests, access)?;
    let desired_state = Arc::new(desired_state);
    // A dry run takes nothing: what would be approved stays held.
    let taking = (!pace.dry_run).then_some(&state);
    let approvals = app::approvals(taking, &kubernetes, prefixes, tasks).await?;
    let event_recorder = app::event_recorder(events, &kubernetes, &state, told, tasks).await?;
    tell_way_back(&status, &flag_reader, (&state, &kubernetes)).await;
    let state = app::state(&state, &kubernetes).await?;
    let stop = tasks.stop();
    let (stale_after, is_stale_after) = watch::channel(app::stale_after(pace.interval.0));

    // A request from here on waits until there is something to say.
    let listening = listen(&admin).await?;
    let config = Config {
        desired_state: Arc::clone(&desired_state),
        planner: ownership.planner.clone(),
        on_target_loss: ownership.on_target_loss,
        pace: Pace::from(&pace),
        events: pace.events,
    };
    let (sender, config) = watch::channel(Arc::new(config));
    let changing = (sender, stale_after, Arc::clone(&status));
    let problem = bring_and_reload(&desired_state, (flag_reader, hangup), changing, tasks).await?;

    // The lease is given up when syncs have ended, however they do.
    let wrote = CancellationToken::new();
    let election = election.of_shard(provider.shard);
    let fence = fence(election, &kubernetes, pace.dry_run, wrote.clone(), tasks).await?;
    let shown = Admin {
        status: Arc::clone(&status),
        requests: Arc::default(),
        metrics: Arc::clone(&metrics),
        stale_after: is_stale_after,
        config: config.clone(),
        fence: fence.clone(),
        rights,
    };
    answer(listening, shown.clone(), tasks);
    let client = Fenced::new(Interruptible::new(client, stop.clone()), fence.clone());
    let over = wrote.drop_guard();
    let instance = if ownership.wants_instance { desired_state.instance().await } else { None };
    let shared = Shared {
        event_recorder,
        fence,
        metrics,
        status,
        requests: shown.requests,
        once: pace.once,
        config,
        approvals,
        stop: stop.clone(),
        stuck_after: app::stuck_after(&provider),
    };
    let parts = (ownership.registry(instance)?, ownership.planner, state);
    sync(client, pace.dry_run, parts, (shared, over), tasks);
    Ok(problem)
}

/// Starts what brings objects and what reads flags again; returns what could not be read of manifests, if
/// anything.
async fn bring_and_reload(
    desired_state: &DesiredState,
    (flag_reader, hangup): (FlagReader, Hangup),
    (config, stale_after, status): (
        watch::Sender<Arc<Config>>,
        watch::Sender<Duration>,
        Arc<Status>,
    ),
    tasks: &mut Tasks,
) -> anyhow::Result<Option<String>> {
    // Objects have tasks of their own, which end when others take their place.
    let mut bringing = Tasks::default();
    let problem = desired_state.start(&mut bringing).await?;
    let reloader = Reloader { flag_reader, hangup, status, stale_after, config, bringing };
    let stop = tasks.stop();
    tasks.spawn("bring objects and read flags again", reloader.run(stop));
    Ok(problem)
}

/// Returns what writes must pass: the lease, which is given up when `wrote` says so.
async fn fence(
    election: ElectionArgs,
    kubernetes: &ClusterAccess,
    dry_run: bool,
    wrote: CancellationToken,
    tasks: &mut Tasks,
) -> anyhow::Result<Fence> {
    // A dry run leads nobody: it would keep others from writing.
    if dry_run {
        return Ok(Fence::open());
    }
    app::election(election, kubernetes, tasks, wrote).await
}

/// Shows with which flags writes are taken back.
async fn tell_way_back(
    status: &Status,
    flag_reader: &FlagReader,
    (state, kubernetes): (&StateArgs, &ClusterAccess),
) {
    let namespace = app::state_namespace(state, kubernetes).await;
    status.history_at(args::way_back(&flag_reader.values, namespace.as_deref()));
    status.seen_with(args::flags_of_ownership(&flag_reader.values, namespace.as_deref()));
}

/// Returns which Events are made.
fn announcing(manifests: &ManifestArgs, pace: &LoopArgs) -> Announcing {
    if pace.dry_run {
        // Nothing happens.
        Announcing::Nothing
    } else if pace.once || !manifests.manifests.is_empty() {
        Announcing::WhatIsAskedFor
    } else {
        Announcing::All
    }
}

/// Says what was started, so that a log begins with whose it is.
fn tell_start(args: &RunArgs) {
    let RunArgs { sources, ownership, safety, provider, pace, .. } = args;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        sources = sources.source.join(","),
        owner = ownership.txt_owner_id.as_str(),
        policy = safety.policy.map(|policy| policy.to_string()).as_deref(),
        provider = shown_url(&provider.webhook_provider_url),
        shard = provider.shard.map(|shard| shard.to_string()),
        interval_seconds = pace.interval.0.as_secs(),
        dry_run = pace.dry_run,
        "Signpost starts"
    );
}

/// What a sync is made of.
type Parts = (Arc<dyn Registry>, Planner, State);

/// Starts the task that runs syncs with `provider`; the guard is dropped when they have ended.
fn sync<P: Provider + 'static>(
    provider: P,
    dry_run: bool,
    parts: Parts,
    shared: (Shared, DropGuard),
    tasks: &mut Tasks,
) {
    // A dry run gets a provider that cannot write, whatever the rest of the program does.
    if dry_run {
        tracing::info!("Dry run: changes are planned and shown, and nothing is written");
        sync_with(ReadOnly::new(provider), Writing::DryRun, parts, shared, tasks);
    } else {
        sync_with(provider, Writing::Yes, parts, shared, tasks);
    }
}

fn sync_with<P: Provider + 'static>(
    provider: P,
    writing: Writing,
    (registry, planner, state): Parts,
    (shared, over): (Shared, DropGuard),
    tasks: &mut Tasks,
) {
    let reconciler = Reconciler::new(provider, SyncConfig::new(registry, planner, writing), state);
    tasks.spawn_thinking("run syncs", until(Syncs::new(reconciler, shared).run(), over));
}

/// Waits until a task ends, ends the others, and returns its name and whether it was told to.
async fn end(mut tasks: Tasks, stop: &CancellationToken) -> anyhow::Result<(&'static str, bool)> {
    let first = tasks.first_end().await;
    let stopped = stop.is_cancelled();
    let finished = tasks.finish().await;
    first.result.with_context(|| format!("cannot {}", first.name))?;
    finished?;
    Ok((first.name, stopped))
}

/// Returns a client for the provider whose calls are counted and whose answers are shown.
fn counted(
    provider: &ProviderArgs,
    metrics: &Arc<Metrics>,
    status: &Arc<Status>,
) -> anyhow::Result<Counted<Client>> {
    let (counting, shown, patience) =
        (Arc::clone(metrics), Arc::clone(status), app::stuck_after(provider));
    let observer = Observer::new(move |exchange| {
        if exchange.status.is_some_and(|status| (200..300).contains(&status)) {
            shown.went_on(Instant::now(), patience);
        }
        counting.provider.exchanged(exchange);
    });
    let shown = Arc::clone(status);
    let observer = observer.with_progress(move |WriteProgress { done, all }| {
        tracing::info!(changes.done = done, changes.all = all, "A large write goes on");
        shown.write_goes_on(done, Instant::now());
        if shown.superseded().is_so() { Err(GivenUp.into()) } else { Ok(()) }
    });
    let client = app::client_watched(provider, observer)?;
    status.provider_at(client.place());
    Ok(Counted::new(client, Arc::clone(metrics), Arc::clone(status)))
}

/// Binds where people and probes ask; `None` when that is turned off.
async fn listen(args: &AdminArgs) -> anyhow::Result<Option<(Listener, ServeOptions)>> {
    let limits = Limits::within(daemon::raise_file_limit());
    let access = app::admin_access(args)?;
    let AdminArgs { metrics_address, announce, .. } = args;
    if metrics_address.is_empty() {
        return Ok(None);
    }
    let listener = Listener::bind("--metrics-address", metrics_address).await?;
    if *announce {
        print::text(&format!("{}\n", serde_json::json!({ "metrics": listener.address() })))?;
    }
    // A caller whom a file of tokens does not know may have one of the cluster.
    let options = ServeOptions {
        limits,
        probes: admin::PROBES,
        access,
        judges_tokens: true,
        ..ServeOptions::default()
    };
    Ok(Some((listener, options)))
}

/// Returns what decides who may do what from beyond this machine: nobody may anything, where there is
/// no cluster that could be asked whose a token is.
///
/// # Errors
///
/// Returns an error when there is no way to the cluster that the objects are in.
async fn rights(
    admin: &AdminArgs,
    manifests: &ManifestArgs,
    kubernetes: &ClusterAccess,
) -> anyhow::Result<Rights> {
    if !manifests.manifests.is_empty() {
        return Ok(Rights::new(None, admin.metrics_anyone_reads));
    }
    // It is asked from a thread of its own, whatever the others are busy with.
    let apart = kubernetes.apart();
    let cluster = Some(apart.client().await.context(app::NO_WAY)?);
    let rights = Rights::new(cluster, admin.metrics_anyone_reads);
    Ok(rights.with_credentials(move || apart.trouble()))
}

/// Serves health and metrics, if anything listens.
fn answer(listening: Option<(Listener, ServeOptions)>, admin: Admin, tasks: &mut Tasks) {
    let Some((listener, mut options)) = listening else { return };
    options.refusals = admin.rights.refusals.clone();
    let ended = tasks.stop().cancelled_owned();
    // Apart, so that probes are answered whatever is being worked on.
    tasks.spawn_apart("serve health and metrics", async move {
        let listener = listener.moved()?;
        let routes = admin::routes(&listener, admin);
        daemon::serve(listener, routes, options, ended).await;
        Ok(())
    });
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

/// Stops everything on a signal.
async fn wait_for_signals(end: End, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = end.asked() => {}
        () = stop.cancelled() => return Ok(()),
    }
    tracing::info!("Stopping: a write under way is finished first");
    stop.cancel();
    Ok(())
}
