//! The log: to standard error, as text or JSON, and changed while the process runs.
//!
//! Standard output is for results.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};
use webhook_api::Printable;

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// The least important thing that is logged; the names are ExternalDNS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Only what ends the process.
    Panic,
    /// As `panic`.
    Fatal,
    /// What someone must act on.
    Error,
    /// Also what should not last.
    Warning,
    /// Also every write.
    Info,
    /// Also every read.
    Debug,
    /// Everything.
    Trace,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => Self::ERROR,
            LogLevel::Warning => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

/// Changes how the log of the running process is written.
#[derive(Clone)]
pub struct Log(reload::Handle<AnyLayer, Registry>);

impl Log {
    /// Starts the log; `targets` says what of it is written.
    ///
    /// A second call, as tests make, changes nothing.
    pub fn start(format: LogFormat, targets: Targets) -> Self {
        let (layer, handle) = reload::Layer::new(layer(format, targets));
        // An error only says that a log was started before, which is the one we then have.
        let _ = tracing_subscriber::registry().with(layer).try_init();
        Self(handle)
    }

    /// Returns the log of a process that writes none.
    pub fn nowhere() -> Self {
        Self(reload::Layer::new(layer(LogFormat::Text, Targets::new())).1)
    }

    /// Writes the log in this way from now on.
    pub fn change(&self, format: LogFormat, targets: Targets) {
        // An error only says that this is not the log in use.
        let _ = self.0.reload(layer(format, targets));
    }
}

fn layer(format: LogFormat, targets: Targets) -> AnyLayer {
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
    let lines: AnyLayer = match format {
        LogFormat::Text => {
            // Others write much of what is told: it shall neither break a line nor hide in one.
            let fields = format::debug_fn(|writer, field, value| {
                let shown = Printable(format_args!("{value:?}"));
                if field.name() == "message" {
                    write!(writer, "{shown}")
                } else {
                    write!(writer, "{field}={shown}")
                }
            });
            let lines = lines.fmt_fields(fields.delimited(" "));
            lines.with_ansi(std::io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // The filter comes last, so that it is asked first.
    lines.and_then(targets).boxed()
}
