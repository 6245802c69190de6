//! Puts the parts together: zones, provider, servers, and their common end.

mod check;
mod logging;
mod settings;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use daemon::{Contents, FlagValues, Limits, Listener, Reloader, ServeOptions, Signals};
use external_dns_webhook::server::{self, Hosts, PROBES, ProgramName};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::args::{self, Args, Command};
use crate::metrics::Metrics;
use crate::provider::{Rfc2136, Zoned};

/// How long the end may take, whatever hangs: orchestrators give a process 30 seconds, and the Pod
/// has another one to end.
const LONGEST_END: Duration = Duration::from_secs(8);

/// Does what the command line asks for, until it is done or a signal asks to end.
///
/// `values` is how the flags were given, to tell what changes when they are read again.
///
/// # Errors
///
/// Returns an error that names the thing that is in the way.
pub async fn run(args: Args, values: FlagValues) -> anyhow::Result<()> {
    match args.command {
        None => Box::pin(serve(args, values)).await,
        Some(Command::Check) => Box::pin(check::run(&args)).await,
    }
}

async fn serve(args: Args, values: FlagValues) -> anyhow::Result<()> {
    let log = logging::start(&args.serve);
    let contents = Contents::of(&args);
    let limits = Limits::within(daemon::raise_file_limit());
    let metrics = Metrics::default();
    let zones = settings::zones(&args, &metrics)?;
    let provider = Rfc2136::new(zones, settings::records(&args.records), metrics.clone());
    let provider = Arc::new(provider);
    let end = CancellationToken::new();

    let (of_webhook, of_admin) = args.serve.access()?;
    // Before anyone is answered: what begins from here on is finished.
    let Signals { hangup, end: asked_to_end } =
        Signals::catch().context("signals cannot be waited for")?;
    let admin = Listener::bind("--metrics-address", &args.serve.metrics_address).await?;
    let webhook = Listener::bind("--listen", &args.serve.listen).await?;
    let metrics_address = admin.address().to_owned();
    if !of_webhook.is_guarded() && Hosts::at(webhook.address()) == Hosts::Any {
        tracing::warn!(
            listen = webhook.address(),
            "Anyone who reaches --listen may write every zone: set --listen-token-file or \
             --listen-client-ca-file, or listen on 127.0.0.1 or a unix:// socket"
        );
    }
    tracing::info!(
        listen = webhook.address(),
        metrics = metrics_address,
        dry_run = args.records.dry_run,
        zones = provider.served().len(),
        "Serving name servers"
    );
    if args.serve.announce {
        let addresses = json!({ "listen": webhook.address(), "metrics": metrics_address });
        writeln!(std::io::stdout(), "{addresses}")
            .context("standard output cannot be written to")?;
    }

    let changed = Arc::clone(&provider);
    let (reloader, is_problem) =
        Reloader::new((values, contents), args::reloaded(), hangup, move |args: &Args| {
            let zones = settings::zones(args, &metrics).map_err(|error| format!("{error:#}"))?;
            logging::change(&log, &args.serve);
            changed.change(zones, settings::records(&args.records));
            Ok(())
        });
    let options = server::ServerOptions {
        max_body_size_bytes: args.serve.webhook_provider_max_body_size,
        hosts: Hosts::at(webhook.address()),
    };
    let ending = || end.clone().cancelled_owned();
    let program = ProgramName { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    let hosts = Hosts::at(&metrics_address);
    let routes = server::admin_router(Arc::clone(&provider), program, hosts, is_problem);
    let unguarded = ServeOptions { limits, ..ServeOptions::default() };
    let probed = ServeOptions { probes: PROBES, access: of_admin, ..unguarded.clone() };
    let admin = daemon::serve(admin, routes, probed, ending());
    let webhook = async {
        let (zoned, writes) = (Arc::new(Zoned(Arc::clone(&provider))), TaskTracker::new());
        let routes = server::zoned_router(Arc::clone(&provider), zoned, options, writes.clone());
        let options = ServeOptions { access: of_webhook, ..unguarded };
        daemon::serve(webhook, routes, options, ending()).await;
        // What has begun is finished, whether anything waits for it or not.
        writes.close();
        writes.wait().await;
    };
    let signals = async {
        asked_to_end.asked().await;
        tracing::info!("Ending after the requests that have begun");
        end.cancel();
    };
    let reloader = reloader.run(args.serve.config, end.clone());
    let all = async { tokio::join!(webhook, admin, reloader, signals) };
    let too_late = async {
        ending().await;
        tokio::time::sleep(LONGEST_END).await;
    };
    tokio::select! {
        ((), (), (), ()) = all => {}
        () = too_late => tracing::warn!("Ended before every request was answered"),
    }
    Ok(())
}
