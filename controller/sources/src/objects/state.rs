//! How well a kind of object is known.

use std::fmt;

/// How well the objects of a kind are known, in one namespace or in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KindState {
    /// They are being read for the first time.
    #[default]
    Pending,
    /// They are known and changes arrive.
    Synced,
    /// Something keeps them from being known; what was known is still there.
    Failed(Failure),
}

/// What keeps a kind of object from being known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was tried: `list`, `watch`, `discover` or `read`.
    pub verb: &'static str,
    /// On what: a kind, or a file.
    pub resource: String,
    /// What came of it, as the API server or the system tells it, and what to do.
    pub error: String,
    /// Since when, in seconds since 1970.
    pub since: i64,
}

impl KindState {
    /// Tells whether the objects are known.
    pub fn is_synced(&self) -> bool {
        matches!(self, Self::Synced)
    }

    /// Tells whether this is the same state, whenever it began.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Failed(a), Self::Failed(b)) => {
                (a.verb, &a.resource, &a.error) == (b.verb, &b.resource, &b.error)
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for KindState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("not read yet"),
            Self::Synced => f.write_str("known"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, resource, error, since: _ } = self;
        write!(f, "cannot {verb} {resource}: {error}")
    }
}
