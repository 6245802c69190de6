//! How the log is written: to standard error, as text or JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::{LogFormat, LogLevel};

/// Starts the log. A second call, as tests make, changes nothing.
pub(super) fn start(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // The SDK and the HTTP stack log requests with their headers; those stay out of our log.
    let others = level.min(LevelFilter::WARN);
    let filter = Targets::new()
        .with_default(others)
        .with_target("route53_webhook", level)
        .with_target("webhook_api", level)
        // Each try for credentials is a page of internals; our own error says what came of it.
        .with_target(
            "aws_config",
            if level >= LevelFilter::DEBUG { others } else { LevelFilter::OFF },
        );
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            let text = tracing_subscriber::fmt::layer().with_ansi(colours);
            registry.with(text.with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Json => {
            let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
            registry.with(json.with_writer(std::io::stderr)).try_init()
        }
    };
    // An error only says that a log was started before, which is the one we then have.
    let _ = started;
}
