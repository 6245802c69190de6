//! What is of name servers alone in a process that serves them: zones, keys, and the provider.

mod check;
mod settings;

use std::sync::Arc;

use daemon::{Doors, FlagValues, Flags, ServeArgs, Show, Sidecar};
use external_dns_webhook::printable_debug;
use external_dns_webhook::server::{self, Hosts, PROBES, ProgramName, Routes, RoutesBody};
use tokio_util::sync::CancellationToken;

use crate::args::{self, Args, Command};
use crate::metrics::Metrics;
use crate::provider::{Rfc2136, Zoned};

/// Does what the command line asks for, until it is done or a signal asks to end.
///
/// `values` is how the flags were given, to tell what changes when they are read again.
///
/// # Errors
///
/// Returns an error that names the thing that is in the way.
pub async fn run(args: Args, values: FlagValues) -> anyhow::Result<()> {
    match args.command {
        None => Box::pin(daemon::serve_sidecar::<App>(args, values)).await,
        Some(Command::Check) => Box::pin(check::run(&args)).await,
    }
}

/// The provider in its process.
struct App {
    provider: Arc<Rfc2136>,
    metrics: Metrics,
}

impl Sidecar for App {
    type Args = Args;
    type Routes = Routes;
    type Body = RoutesBody;
    type Error = anyhow::Error;

    const MODULES: &'static [&'static str] = &["rfc2136_webhook", "external_dns_webhook"];
    const SHOW: Show = printable_debug;
    const AT_RISK: &'static str = "may write every zone";
    const PROBES: &'static [&'static str] = PROBES;

    fn serving(args: &Args) -> &ServeArgs {
        &args.serve
    }

    fn reloaded() -> Flags {
        args::reloaded()
    }

    async fn start(args: &Args, _: &CancellationToken) -> anyhow::Result<Self> {
        let metrics = Metrics::default();
        let zones = settings::zones(args, &metrics)?;
        let records = settings::records(&args.records);
        let provider = Arc::new(Rfc2136::new(zones, records, metrics.clone()));
        Ok(Self { provider, metrics })
    }

    fn change(&self, args: &Args) -> Result<(), String> {
        let zones =
            settings::zones(args, &self.metrics).map_err(|error| daemon::chain(error.as_ref()))?;
        self.provider.change(zones, settings::records(&args.records));
        Ok(())
    }

    fn routes(&self, args: &Args, doors: Doors) -> (Routes, Routes) {
        let Doors { listen, metrics, max_body_size_bytes, requests, begun, problem } = doors;
        let zones = self.provider.served().len();
        let dry_run = args.records.dry_run;
        tracing::info!(listen, metrics, dry_run, zones, "Serving name servers");
        let hosts = Hosts::at(&listen);
        let options = server::ServerOptions { max_body_size_bytes, requests, hosts };
        let zoned = Arc::new(Zoned(Arc::clone(&self.provider)));
        let program =
            ProgramName { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
        let (provider, hosts) = (Arc::clone(&self.provider), Hosts::at(&metrics));
        (
            server::zoned_router(Arc::clone(&provider), zoned, options, begun),
            server::admin_router(provider, program, hosts, problem),
        )
    }
}
