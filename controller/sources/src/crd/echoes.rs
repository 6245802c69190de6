//! What was written into statuses, until the watch brings it back.
//!
//! The watch alone says what there is: the answer to a write is older than whatever the watch has
//! brought meanwhile, or will soon be. So an answer never touches the objects; it is remembered
//! here, and only for as long as the state that was written over is the one that is known.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::objects::dns_endpoint::{DnsEndpoint, DnsEndpointStatus};
use crate::objects::{ObjectKey, Objects};

/// A status that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusWrite {
    /// Into which object.
    pub key: ObjectKey,
    /// What the API server calls the state that the status is about, and that must still be the
    /// last one when it is written; empty when that is not known.
    pub over: String,
    /// In which version the API server has the kind; `None` when it has not been found yet.
    pub version: Option<String>,
    /// The status.
    pub status: DnsEndpointStatus,
}

/// Statuses that were written and have not come back over the watch.
#[derive(Debug, Default)]
pub struct Echoes {
    awaited: BTreeMap<ObjectKey, Echo>,
}

#[derive(Debug)]
struct Echo {
    /// What was written over, one write after the other: states that the watch may still show.
    over: Vec<String>,
    /// What the API server called the state that it made of the last write.
    revision: String,
    status: DnsEndpointStatus,
}

impl Echoes {
    /// Returns the status that `object` of `objects` has, and what the API server calls the state
    /// that has it; both as the watch says, or as it soon will.
    pub fn current<'a>(
        &'a self,
        objects: &Objects,
        object: &'a DnsEndpoint,
    ) -> (Cow<'a, DnsEndpointStatus>, String) {
        let key = ObjectKey::of(object);
        let known = objects.revision(&key);
        match self.awaited.get(&key).filter(|echo| echo.is_awaited(known)) {
            Some(echo) => (Cow::Borrowed(&echo.status), echo.revision.clone()),
            None => (Cow::Borrowed(&object.status), known.to_owned()),
        }
    }

    /// Takes note that the API server took `write` and calls what it made of it `revision`.
    pub fn written(&mut self, write: StatusWrite, revision: String) {
        let StatusWrite { key, over, version: _, status } = write;
        if over.is_empty() || revision.is_empty() {
            // Nothing would tell when it has come back.
            return;
        }
        let before = self.awaited.remove(&key).filter(|echo| echo.revision == over);
        let mut states = before.map(|echo| echo.over).unwrap_or_default();
        states.push(over);
        self.awaited.insert(key, Echo { over: states, revision, status });
    }

    /// Forgets what `objects` show to have come back, or to have been overtaken.
    pub fn forget_read(&mut self, objects: &Objects) {
        self.awaited.retain(|key, echo| echo.is_awaited(objects.revision(key)));
    }
}

impl Echo {
    fn is_awaited(&self, known: &str) -> bool {
        self.over.iter().any(|over| over == known)
    }
}
