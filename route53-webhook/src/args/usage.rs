//! What is said about a command line that cannot be followed.

use std::io::Write as _;
use std::process::ExitCode;

/// Why a command line cannot be followed, or the text that it asks for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(#[from] clap::Error);

impl UsageError {
    pub(super) fn new(text: impl std::fmt::Display) -> Self {
        Self(clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{text}\n")))
    }

    /// Prints it, and returns the exit code: 0 for what was asked for, 1 for every error.
    ///
    /// Compat: ExternalDNS exits with 1 on a bad flag, where clap would with 2.
    pub fn report(&self) -> ExitCode {
        let text = self.0.render();
        if self.0.use_stderr() {
            // Nothing is left to do about a stream that cannot be written to.
            let _ = write!(std::io::stderr(), "{text}");
            return ExitCode::FAILURE;
        }
        let _ = write!(std::io::stdout(), "{text}");
        ExitCode::SUCCESS
    }
}
