//! How the log is written: to standard error, so that standard output is for results.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::args::{LogArgs, LogFormat, LogLevel};

/// Starts logging; a second call changes nothing.
pub fn start(args: LogArgs) {
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
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives))
        .with_timer(SystemTime)
        .with_target(false)
        .with_writer(std::io::stderr);
    let started = match log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("Logging was started before");
    }
}
