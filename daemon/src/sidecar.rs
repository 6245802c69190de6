//! Runs a process that answers those it works for on one listener, and people and probes on another:
//! from its first line in the log to the end of what it has begun.

mod apart;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::Duration;

use hyper::body::{Body, Bytes};
use hyper::{Request, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing_subscriber::filter::Targets;

use self::apart::ListenerApart;
use crate::{
    CommandLine, Contents, FilesError, FlagValues, Flags, Limits, ListenError, Listener, Log,
    LogLevel, OutputError, Reloader, RequestBody, ServeArgs, ServeOptions, Show, Signals,
    log_targets, print,
};

/// How long the end may take, whatever hangs: orchestrators give a process 30 seconds, and the Pod
/// has another one to end.
const LONGEST_END: Duration = Duration::from_secs(8);

/// What such a process does of its own.
pub trait Sidecar: Sized {
    /// Its flags.
    type Args: CommandLine;
    /// What answers requests.
    type Routes: Service<
            Request<RequestBody>,
            Response = Response<Self::Body>,
            Error = Infallible,
            Future: Send,
        > + Clone
        + Send
        + 'static;
    /// What answers are made of.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;
    /// Why it cannot begin.
    type Error: From<SidecarError>;

    /// Its modules, and those of the libraries that are ours, by which the log knows them.
    const MODULES: &'static [&'static str];
    /// How values are written in the log.
    const SHOW: Show;
    /// What anyone may do who reaches `--listen` where nothing guards it, to end a sentence.
    const AT_RISK: &'static str;
    /// Paths that are answered on `--metrics-address` whatever there is to do, and to anyone.
    const PROBES: &'static [&'static str];

    /// Returns the flags about serving.
    fn serving(args: &Self::Args) -> &ServeArgs;

    /// Returns the flags that can change while the process runs; others need a restart.
    fn reloaded() -> Flags;

    /// Returns what of the log is written.
    fn targets(level: LogLevel) -> Targets {
        log_targets(level, Self::MODULES)
    }

    /// Begins, before anything is listened on; once `end` is cancelled, nothing more is to be asked of
    /// anyone.
    ///
    /// # Errors
    ///
    /// Returns an error that names the thing that is in the way.
    fn start(
        args: &Self::Args,
        end: &CancellationToken,
    ) -> impl Future<Output = Result<Self, Self::Error>>;

    /// Behaves as `args` say from now on.
    ///
    /// # Errors
    ///
    /// Returns why it cannot, after which everything is as it was.
    fn change(&self, args: &Self::Args) -> Result<(), String>;

    /// Returns what answers on `--listen`, and what on `--metrics-address`; says in the log that it
    /// serves, and what.
    fn routes(&self, args: &Self::Args, doors: Doors) -> (Self::Routes, Self::Routes);

    /// Does what there is to do besides answering, until `end` is cancelled.
    fn work(&self, end: CancellationToken) -> impl Future<Output = ()> {
        async move { end.cancelled().await }
    }
}

/// What is known when listeners are bound, before anyone is answered.
#[derive(Debug)]
pub struct Doors {
    /// Where `--listen` is, as a socket address or `unix://…`.
    pub listen: String,
    /// Where `--metrics-address` is.
    pub metrics: String,
    /// Largest request body in bytes; zero means no limit.
    pub max_body_size_bytes: usize,
    /// How many requests are answered at a time.
    pub requests: usize,
    /// Takes what must be finished once it has begun, whether anything waits for it or not.
    pub begun: TaskTracker,
    /// Why the configuration was not taken; `None` when it was.
    pub problem: watch::Receiver<Option<String>>,
}

/// Why such a process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// A file that guards a listener cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Nothing can listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is no thread for probes.
    #[error("the thread that answers probes cannot be started")]
    Thread(#[source] io::Error),
    /// The system will not have signals caught.
    #[error("signals cannot be waited for")]
    Signals(#[source] io::Error),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Serves until a signal asks to end.
///
/// `values` is how the flags were given, to tell what changes when they are read again.
///
/// # Errors
///
/// Returns an error that names the thing that is in the way.
pub async fn serve_sidecar<S: Sidecar>(args: S::Args, values: FlagValues) -> Result<(), S::Error> {
    let serving = S::serving(&args);
    let log = Log::start(serving.log_format, S::targets(serving.log_level), S::SHOW);
    for odd in crate::program::slips::<S::Args>().into_iter().chain(values.blank_guards()) {
        tracing::warn!("{odd}");
    }
    let contents = Contents::of(&args);
    let limits = Limits::within(crate::raise_file_limit());
    let end = CancellationToken::new();
    let sidecar = S::start(&args, &end).await?;

    let (of_webhook, of_admin) = serving.access().map_err(SidecarError::from)?;
    // Before anyone is answered: what begins from here on is finished.
    let Signals { hangup, end: asked_to_end } = Signals::catch().map_err(SidecarError::Signals)?;
    // A page of a large zone, or a flood on `--listen`, keeps this thread and no probe.
    let admin = ListenerApart::bind("--metrics-address", &serving.metrics_address).await?;
    let webhook = Listener::bind("--listen", &serving.listen).await.map_err(SidecarError::from)?;
    if !of_webhook.is_guarded() && !webhook.is_local() {
        tracing::warn!(
            listen = webhook.address(),
            "Anyone who reaches --listen {}: set --listen-token-file or --listen-client-ca-file, or \
             listen on 127.0.0.1 or a unix:// socket",
            S::AT_RISK
        );
    }

    let (reloader, problem) =
        Reloader::new((values, contents), S::reloaded(), hangup, |args: &S::Args| {
            sidecar.change(args)?;
            let ServeArgs { log_format, log_level, .. } = S::serving(args);
            log.change(*log_format, S::targets(*log_level));
            Ok(())
        });
    let begun = TaskTracker::new();
    let addresses = json!({ "listen": webhook.address(), "metrics": admin.address() });
    let doors = Doors {
        listen: webhook.address().to_owned(),
        metrics: admin.address().to_owned(),
        max_body_size_bytes: serving.webhook_provider_max_body_size,
        requests: limits.requests,
        begun: begun.clone(),
        problem,
    };
    let (routes, admin_routes) = sidecar.routes(&args, doors);
    if serving.announce {
        print(addresses).map_err(SidecarError::from)?;
    }

    let ending = || end.clone().cancelled_owned();
    let unguarded = ServeOptions { limits, ..ServeOptions::default() };
    let probed = ServeOptions { probes: S::PROBES, access: of_admin, ..unguarded.clone() };
    let until = ending();
    let served = admin.serve(move |listener| crate::serve(listener, admin_routes, probed, until));
    let admin = async {
        if served.await.is_err() {
            tracing::error!("What answers probes has failed");
            end.cancel();
        }
    };
    let webhook = async {
        let options = ServeOptions { access: of_webhook, ..unguarded };
        crate::serve(webhook, routes, options, ending()).await;
        // What has begun is finished, whether anything waits for it or not.
        begun.close();
        begun.wait().await;
    };
    let signals = async {
        asked_to_end.asked().await;
        tracing::info!("Ending after the requests that have begun");
        end.cancel();
    };
    let reloader = reloader.run(serving.config.clone(), end.clone());
    let work = sidecar.work(end.clone());
    let all = async { tokio::join!(webhook, admin, reloader, work, signals) };
    let too_late = async {
        ending().await;
        tokio::time::sleep(LONGEST_END).await;
    };
    tokio::select! {
        ((), (), (), (), ()) = all => {}
        () = too_late => tracing::warn!("Ended before every request was answered"),
    }
    Ok(())
}
