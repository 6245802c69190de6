//! What is of Route 53 alone in a process that serves it: accounts, and the provider.

mod check;
mod config;
mod iam;

use std::sync::Arc;

use daemon::{Doors, FlagValues, Flags, LogLevel, ServeArgs, Show, Sidecar, log_targets};
use external_dns_webhook::printable_debug;
use external_dns_webhook::server::{self, Hosts, PROBES, ProgramName, Routes, RoutesBody};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::api;
use crate::args::{self, Args, Command};
use crate::metrics::Metrics;
use crate::provider::{Route53, Zoned};

/// Does what the command line asks for, until it is done or a signal asks to end.
///
/// `values` is how the flags were given, to tell what changes when they are read again.
///
/// # Errors
///
/// Returns an error that names the thing that is in the way.
pub async fn run(args: Args, values: FlagValues) -> anyhow::Result<()> {
    match &args.command {
        None => Box::pin(daemon::serve_sidecar::<App>(args, values)).await,
        Some(Command::IamPolicy { managed_record_types }) => {
            let profile =
                args.aws.aws_profile.iter().find(|aws_profile| !aws_profile.trim().is_empty());
            let region = api::region(profile.map(String::as_str)).await;
            Ok(daemon::print(iam::policy(&args, managed_record_types, &region))?)
        }
        Some(Command::Check) => Box::pin(check::run(&args)).await,
    }
}

/// The provider in its process.
struct App {
    provider: Arc<Route53>,
}

impl Sidecar for App {
    type Args = Args;
    type Routes = Routes;
    type Body = RoutesBody;
    type Error = anyhow::Error;

    const MODULES: &'static [&'static str] = &["route53_webhook", "external_dns_webhook"];
    const SHOW: Show = printable_debug;
    const AT_RISK: &'static str = "may write every zone";
    const PROBES: &'static [&'static str] = PROBES;

    fn serving(args: &Args) -> &ServeArgs {
        &args.serve
    }

    fn reloaded() -> Flags {
        args::reloaded()
    }

    /// The SDK and the HTTP stack log requests with their headers; those stay out of our log. Each try
    /// for credentials is a page of internals, with what a command of a profile printed, in which keys
    /// may be; our own error says what came of it.
    fn targets(level: LogLevel) -> Targets {
        log_targets(level, Self::MODULES).with_target("aws_config", LevelFilter::OFF)
    }

    async fn start(args: &Args, end: &CancellationToken) -> anyhow::Result<Self> {
        let metrics = Metrics::default();
        let accounts = config::accounts(&args.aws, &metrics, end).await?;
        let config = config::provider(args);
        let provider = Route53::new(config, accounts.listed, accounts.by_role, metrics);
        Ok(Self { provider: Arc::new(provider) })
    }

    fn change(&self, args: &Args) -> Result<(), String> {
        self.provider.change(config::provider(args));
        Ok(())
    }

    fn routes(&self, args: &Args, doors: Doors) -> (Routes, Routes) {
        let Doors { listen, metrics, max_body_size_bytes, requests, begun, problem } = doors;
        let dry_run = args.records.dry_run;
        tracing::info!(listen, metrics, dry_run, "Serving Route 53");
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

    async fn work(&self, end: CancellationToken) {
        self.provider.keep_fresh(end.cancelled_owned()).await;
    }
}
