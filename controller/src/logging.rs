//! What the log says of our parts and of the libraries below them.

use daemon::{Log, LogLevel};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::args::LogArgs;

/// Starts logging; a second call changes nothing.
pub fn start(args: LogArgs) -> Log {
    Log::start(args.log_format, targets(args.log_level), external_dns_webhook::printable_debug)
}

/// Writes the log as `args` say from now on.
pub fn change(log: &Log, args: LogArgs) {
    log.change(args.log_format, targets(args.log_level));
}

fn targets(level: LogLevel) -> Targets {
    let ours = LevelFilter::from(level);
    // Libraries are quiet unless everything is asked for, as ExternalDNS's users know it.
    let others = match level {
        LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warning | LogLevel::Info => LevelFilter::WARN,
        LogLevel::Debug => LevelFilter::INFO,
        LogLevel::Trace => LevelFilter::DEBUG,
    };
    let targets = Targets::new()
        .with_default(others)
        .with_target("daemon", ours)
        .with_target("controller", ours)
        .with_target("signpost", ours)
        .with_target("external_dns_webhook", ours);
    if level != LogLevel::Info {
        return targets;
    }
    // The Kubernetes client says that a connection failed, but neither of what nor for what; the
    // watch that it failed says both.
    targets
        .with_target("kube_client", LevelFilter::OFF)
        .with_target("kube_runtime", LevelFilter::OFF)
}
