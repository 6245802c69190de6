//! How the log is written: to standard error, as text or JSON, and changed while the process runs.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

use crate::args::{LogFormat, LogLevel};

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Changes how the log is written.
pub(super) struct Log(reload::Handle<AnyLayer, Registry>);

/// Starts the log. A second call, as tests make, changes nothing.
pub(super) fn start(format: LogFormat, level: LogLevel) -> Log {
    let (layer, handle) = reload::Layer::new(layer(format, level));
    // An error only says that a log was started before, which is the one we then have.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    Log(handle)
}

impl Log {
    /// Writes the log in this way from now on.
    pub(super) fn change(&self, format: LogFormat, level: LogLevel) {
        // An error only says that this is not the log in use.
        let _ = self.0.reload(layer(format, level));
    }
}

fn layer(format: LogFormat, level: LogLevel) -> AnyLayer {
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
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: AnyLayer = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // The filter comes last, so that it is asked first.
    lines.and_then(filter).boxed()
}
