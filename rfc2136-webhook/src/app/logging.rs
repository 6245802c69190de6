//! What the log says of our parts and of the libraries below them.

use daemon::{Log, LogLevel, ServeArgs};
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Starts logging; a second call changes nothing.
pub(super) fn start(args: &ServeArgs) -> Log {
    Log::start(args.log_format, targets(args.log_level), external_dns_webhook::printable_debug)
}

/// Writes the log as `args` say from now on.
pub(super) fn change(log: &Log, args: &ServeArgs) {
    log.change(args.log_format, targets(args.log_level));
}

fn targets(level: LogLevel) -> Targets {
    let ours = LevelFilter::from(level);
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target("daemon", ours)
        .with_target("rfc2136_webhook", ours)
        .with_target("external_dns_webhook", ours)
}
