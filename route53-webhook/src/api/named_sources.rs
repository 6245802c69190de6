//! What the environment and the profiles name as sources of credentials: what the SDK says of them has no names in it.

use std::path::PathBuf;

use super::{files, keys};

/// Where credentials are to come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedSources {
    /// Of the two variables of a key, the one that is set and the one that is not; `None` when both are, or neither.
    pub(super) half_key: Option<(&'static str, &'static str)>,
    /// The files with the token of a web identity, each with what names it.
    token_files: Vec<(PathBuf, String)>,
}

impl NamedSources {
    /// Returns what the environment, and the profiles that it leads to, name.
    pub fn of(lookup: impl Fn(&'static str) -> Option<String>) -> Self {
        Self { half_key: keys::half(&lookup), token_files: files::token_files(&lookup) }
    }

    /// Returns the file with the token of a web identity that cannot be read now, with what names it.
    pub(super) fn unreadable_token(&self) -> Option<String> {
        let is_unreadable = |path: &PathBuf| input_files::read(path).is_err();
        let (path, named) = self.token_files.iter().find(|(path, _)| is_unreadable(path))?;
        Some(format!("`{}`, which {named} names,", path.display()))
    }
}
