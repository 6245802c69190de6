//! How the log is written: to standard error, so that standard output is for results.

use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::args::{LogArgs, LogFormat, LogLevel};

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Changes how the log of the running process is written.
#[derive(Clone)]
pub struct Log(reload::Handle<AnyLayer, Registry>);

/// Starts logging; a second call changes nothing.
pub fn start(args: LogArgs) -> Log {
    let (layer, handle) = reload::Layer::new(layer(args));
    let subscriber: Layered<_, Registry> = tracing_subscriber::registry().with(layer);
    if subscriber.try_init().is_err() {
        tracing::debug!("Logging was started before");
    }
    Log(handle)
}

impl Log {
    /// Writes the log as `args` say from now on.
    pub fn change(&self, args: LogArgs) {
        if self.0.reload(layer(args)).is_err() {
            tracing::debug!("The log that was to be changed is not the one in use");
        }
    }
}

fn layer(args: LogArgs) -> AnyLayer {
    let LogArgs { log_format, log_level } = args;
    // Libraries are quiet unless everything is asked for, as ExternalDNS's users know it.
    let directives = match log_level {
        LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => "error",
        LogLevel::Warning => "warn",
        // The Kubernetes client says that a connection failed, but neither of what nor for what; the
        // watch that it failed says both.
        LogLevel::Info => {
            "warn,controller=info,signpost=info,webhook_api=info,kube_client=off,kube_runtime=off"
        }
        LogLevel::Debug => "info,controller=debug,signpost=debug,webhook_api=debug",
        LogLevel::Trace => "debug,controller=trace,signpost=trace,webhook_api=trace",
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(SystemTime)
        .with_target(false)
        .with_writer(std::io::stderr);
    let lines: AnyLayer = match log_format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => {
            lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
        }
    };
    // The filter comes last, so that it is asked first.
    lines.and_then(EnvFilter::new(directives)).boxed()
}
