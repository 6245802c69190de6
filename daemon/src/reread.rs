//! Files that are read again when they change, such as certificates and tokens.
//!
//! Anyone who writes them, cert-manager or the kubelet, tells nobody. They are small, so they are read
//! when they are needed, and not more than once a second. What was read before stays in use for as
//! long as something else cannot be used: half a rotation must not shut the door. Where that would keep
//! one open for whom it was to be shut, it counts for a while only. A file that gives no answer is no such
//! thing: nobody has taken anything away, and what was read before counts until there is one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use input_files::BadFile;
use tokio::time::Instant;

/// How long what was read counts as new.
const FRESH: Duration = Duration::from_secs(1);

/// After how long it is said that a file gives no answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// One cannot be read.
    #[error("cannot read `{path}` ({flag})")]
    Unreadable {
        /// The flag that names it.
        flag: &'static str,
        /// Its path.
        path: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What one is on gives no answer.
    #[error("`{path}` ({flag}) {}", BadFile::NoAnswer { since: *.since })]
    NoAnswer {
        /// The flag that names it.
        flag: &'static str,
        /// Its path.
        path: String,
        /// For how long none has come.
        since: Duration,
    },
    /// What stands in one cannot be used; what it is, is not shown.
    #[error("`{path}` ({flag}) {problem}")]
    Unusable {
        /// The flag that names it.
        flag: &'static str,
        /// Its path.
        path: String,
        /// What is wrong, as the rest of a sentence.
        problem: String,
    },
}

/// A file and the flag that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    pub(crate) flag: &'static str,
    pub(crate) path: PathBuf,
}

impl NamedFile {
    /// Returns the file at `path`, which `flag` names.
    pub fn new(flag: &'static str, path: &Path) -> Self {
        Self { flag, path: path.to_owned() }
    }

    pub(crate) fn read(&self) -> Result<Vec<u8>, FilesError> {
        input_files::read(&self.path).map_err(|bad| match bad {
            BadFile::Unreadable(source) => {
                let path = self.path.display().to_string();
                FilesError::Unreadable { flag: self.flag, path, source }
            }
            BadFile::NoAnswer { since } => {
                let path = self.path.display().to_string();
                FilesError::NoAnswer { flag: self.flag, path, since }
            }
            bad @ (BadFile::NoFile(_) | BadFile::TooLarge { .. } | BadFile::NoText) => {
                self.unusable(bad.to_string())
            }
        })
    }

    pub(crate) fn unusable(&self, problem: impl Into<String>) -> FilesError {
        let path = self.path.display().to_string();
        FilesError::Unusable { flag: self.flag, path, problem: problem.into() }
    }
}

/// Other contents than before, and what they make.
type Changed<T> = (Vec<Vec<u8>>, T);

/// Makes something of the contents of files.
type Make<T> = dyn Fn(&[Vec<u8>]) -> Result<T, FilesError> + Send + Sync;

/// Something that is made of files, and anew when they change.
pub(crate) struct Reread<T> {
    files: Vec<NamedFile>,
    make: Box<Make<T>>,
    /// After how long nothing counts any more that was read before, and what does then.
    lapses: Option<(Duration, Arc<T>)>,
    state: Mutex<State<T>>,
}

struct State<T> {
    looked: Option<Instant>,
    /// Since when nothing can be used.
    unusable_since: Option<Instant>,
    contents: Vec<Vec<u8>>,
    made: Arc<T>,
    complained: String,
}

impl<T> Reread<T> {
    /// Reads the files for the first time.
    pub(crate) fn new(
        files: Vec<NamedFile>,
        make: impl Fn(&[Vec<u8>]) -> Result<T, FilesError> + Send + Sync + 'static,
    ) -> Result<Self, FilesError> {
        let contents = files.iter().map(NamedFile::read).collect::<Result<Vec<_>, _>>()?;
        let made = Arc::new(make(&contents)?);
        let complained = String::new();
        let state = State { looked: None, unusable_since: None, contents, made, complained };
        Ok(Self { files, make: Box::new(make), lapses: None, state: Mutex::new(state) })
    }

    /// Has what was read before count for so long only while nothing can be used, and then `instead`.
    #[must_use]
    pub(crate) fn lapsing(self, after: Duration, instead: T) -> Self {
        Self { lapses: Some((after, Arc::new(instead))), ..self }
    }

    /// Returns what the files make at `now`.
    pub(crate) fn get(&self, now: Instant) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.is_some_and(|looked| now - looked < FRESH) {
            return Arc::clone(&state.made);
        }
        state.looked = Some(now);
        match self.again(&state.contents) {
            Ok(None) => {
                state.unusable_since = None;
                state.complained.clear();
            }
            Ok(Some((contents, made))) => {
                state.unusable_since = None;
                tracing::info!(files = self.flags(), "Changed files are in use");
                (state.contents, state.made) = (contents, Arc::new(made));
                state.complained.clear();
            }
            Err(FilesError::NoAnswer { since, .. }) if since < PATIENCE => {}
            Err(error) => {
                let cause = std::error::Error::source(&error);
                let text =
                    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
                if state.complained != text {
                    tracing::error!(error = text, "Changed files cannot be used; those before are");
                    state.complained = text;
                }
                if matches!(error, FilesError::NoAnswer { .. }) {
                    return Arc::clone(&state.made);
                }
                let since = *state.unusable_since.get_or_insert(now);
                if let Some((after, instead)) = &self.lapses
                    && now - since >= *after
                    && !Arc::ptr_eq(&state.made, instead)
                {
                    tracing::error!(
                        files = self.flags(),
                        after = ?after,
                        "Files could not be used for long: what they held counts no more"
                    );
                    // Whatever is there next is new.
                    (state.contents, state.made) = (Vec::new(), Arc::clone(instead));
                }
            }
        }
        Arc::clone(&state.made)
    }

    fn flags(&self) -> String {
        self.files.iter().map(|file| file.flag).collect::<Vec<_>>().join(", ")
    }

    fn again(&self, before: &[Vec<u8>]) -> Result<Option<Changed<T>>, FilesError> {
        let contents = self.files.iter().map(NamedFile::read).collect::<Result<Vec<_>, _>>()?;
        if contents == before {
            return Ok(None);
        }
        let made = (self.make)(&contents)?;
        Ok(Some((contents, made)))
    }
}

impl<T> std::fmt::Debug for Reread<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reread").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_within_a_second_and_what_cannot_be_used_never_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let file = NamedFile::new("--number", &path);
        let make = |file: NamedFile| {
            move |contents: &[Vec<u8>]| {
                let text = String::from_utf8_lossy(&contents[0]).into_owned();
                text.parse::<u32>().map_err(|_| file.unusable("is no number"))
            }
        };
        write("none");
        let error = Reread::new(vec![file.clone()], make(file.clone())).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` (--number) is no number", path.display()));
        write("1");
        let reread = Reread::new(vec![file.clone()], make(file)).unwrap();
        let start = Instant::now();
        let seconds = |count| start + Duration::from_secs(count);
        assert_eq!(*reread.get(start), 1);
        write("2");
        assert_eq!(*reread.get(start), 1, "it was just read");
        assert_eq!(*reread.get(seconds(1)), 2);
        write("");
        assert_eq!(*reread.get(seconds(2)), 2);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(*reread.get(seconds(3)), 2);
        // Nobody writes into it: who opened it would wait for ever.
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(*reread.get(seconds(4)), 2);
        let file = NamedFile::new("--number", &path);
        let error = Reread::new(vec![file], |_: &[Vec<u8>]| Ok(0)).unwrap_err().to_string();
        assert!(error.ends_with("(--number) is a pipe, and not a file; name a file"), "{error}");
        std::fs::remove_file(&path).unwrap();
        write("3");
        assert_eq!(*reread.get(seconds(5)), 3);
    }
}
