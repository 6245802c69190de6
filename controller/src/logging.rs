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
    // The Kubernetes client says that a connection failed or a request was refused, but neither of what
    // nor for what, and as its values look to programmers; the watch that it failed says both.
    Targets::new()
        .with_default(others)
        .with_target("kube_client", LevelFilter::OFF)
        .with_target("kube_runtime", LevelFilter::OFF)
        .with_target("daemon", ours)
        .with_target("controller", ours)
        .with_target("signpost", ours)
        .with_target("external_dns_webhook", ours)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_kubernetes_client_has_no_lines_of_its_own_at_any_level() {
        use LogLevel::{Debug, Error, Fatal, Info, Panic, Trace, Warning};
        for level in [Panic, Fatal, Error, Warning, Info, Debug, Trace] {
            let targets = targets(level);
            for target in ["kube_client::client::builder", "kube_client", "kube_runtime::watcher"] {
                assert!(!targets.would_enable(target, &Level::ERROR), "{target} at {level:?}");
            }
            assert!(targets.would_enable("controller::cluster", &Level::ERROR), "{level:?}");
        }
    }
}
