//! The log: to standard error, as text or JSON, and changed while the process runs.
//!
//! Standard output is for results.

mod json;
mod logfmt;
mod short;

use std::fmt;

use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

use self::json::JsonLines;
use self::logfmt::Logfmt;
pub use self::short::shortened;

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of logfmt, for people and for what parses the log of ExternalDNS.
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

/// Writes a value for people, in one line and with nothing in it unseen: others write much of what
/// is told.
pub type Show = fn(&dyn fmt::Debug, &mut dyn fmt::Write) -> fmt::Result;

/// Changes how the log of the running process is written.
#[derive(Clone)]
pub struct Log {
    handle: reload::Handle<AnyLayer, Registry>,
    show: Show,
}

impl Log {
    /// Starts the log; `targets` says what of it is written, and `show` how values are in
    /// it: what it does not leave as it is has its number in JSON.
    ///
    /// A second call, as tests make, changes nothing.
    pub fn start(format: LogFormat, targets: Targets, show: Show) -> Self {
        let (layer, handle) = reload::Layer::new(layer(format, targets, show));
        // An error only says that a log was started before, which is the one we then have.
        let _ = tracing_subscriber::registry().with(layer).try_init();
        Self { handle, show }
    }

    /// Returns the log of a process that writes none.
    pub fn nowhere() -> Self {
        let show: Show = |value, writer| write!(writer, "{value:?}");
        let (_, handle) = reload::Layer::new(layer(LogFormat::Text, Targets::new(), show));
        Self { handle, show }
    }

    /// Writes the log in this way from now on.
    pub fn change(&self, format: LogFormat, targets: Targets) {
        // An error only says that this is not the log in use.
        let _ = self.handle.reload(layer(format, targets, self.show));
    }
}

/// Returns what of the log is written at `level`: all of this crate and of the modules that are
/// `ours`, and of the libraries below them what should not last.
pub fn log_targets(level: LogLevel, ours: &[&'static str]) -> Targets {
    let level = LevelFilter::from(level);
    let ours = ours.iter().map(|module| (*module, level));
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("daemon", level)
        .with_targets(ours)
}

fn layer(format: LogFormat, targets: Targets, show: Show) -> AnyLayer {
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
    let lines: AnyLayer = match format {
        LogFormat::Text => lines.event_format(Logfmt { show }).boxed(),
        LogFormat::Json => {
            lines.with_writer(move || JsonLines { show }).json().flatten_event(true).boxed()
        }
    };
    // The filter comes last, so that it is asked first.
    lines.and_then(targets).boxed()
}
