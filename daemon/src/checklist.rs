//! Tells line by line whether what a set of flags needs is there.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write as _};

use crate::chain;

/// What was tried so far; each line is told as soon as it is known.
#[derive(Debug, Default)]
pub struct Checklist {
    problems: usize,
    unknown: usize,
}

/// Why a check is no success.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Something is missing.
    #[error("{problems} of the above must be fixed{next_step}")]
    Missing {
        /// How many lines say so.
        problems: usize,
        /// What helps with it, after a semicolon; empty for nothing.
        next_step: String,
    },
    /// Nothing is known to be missing, and not everything could be tried.
    #[error("{unknown} of the above could not be tried; check again when there is an answer")]
    Unknown {
        /// How many lines say so.
        unknown: usize,
    },
    /// It cannot be told.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Standard output is closed, or has no room.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written to")]
pub struct OutputError(#[source] io::Error);

/// Writes a result to standard output, in lines of its own.
///
/// # Errors
///
/// Returns an error when that cannot be.
pub fn print(text: impl Display) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(OutputError)
}

impl Checklist {
    /// Tells whether `what` could be done; returns what came of it.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be told, as all functions here do.
    pub fn tried<T>(
        &mut self,
        what: impl Display,
        result: Result<T, impl Error>,
    ) -> Result<Option<T>, OutputError> {
        match result {
            Ok(value) => {
                print(format_args!("ok       {what}"))?;
                Ok(Some(value))
            }
            Err(error) => {
                self.missing(format_args!("{what}: {}", chain(&error)))?;
                Ok(None)
            }
        }
    }

    /// Tells that something is missing.
    ///
    /// # Errors
    ///
    /// As [`tried`](Self::tried).
    pub fn missing(&mut self, what: impl Display) -> Result<(), OutputError> {
        self.problems += 1;
        print(format_args!("MISSING  {what}"))
    }

    /// Tells that something could not be tried, so that it may be there or not.
    ///
    /// # Errors
    ///
    /// As [`tried`](Self::tried).
    pub fn unknown(&mut self, what: impl Display) -> Result<(), OutputError> {
        self.unknown += 1;
        print(format_args!("UNKNOWN  {what}"))
    }

    /// Ends the list; `next_step` says what helps, and is empty where nothing does for all.
    ///
    /// # Errors
    ///
    /// Returns an error when something is missing, or could not be tried.
    pub fn end(self, next_step: &str) -> Result<(), CheckError> {
        let separator = if next_step.is_empty() { "" } else { "; " };
        match (self.problems, self.unknown) {
            (0, 0) => Ok(()),
            (0, unknown) => Err(CheckError::Unknown { unknown }),
            (problems, _) => {
                Err(CheckError::Missing { problems, next_step: format!("{separator}{next_step}") })
            }
        }
    }
}
