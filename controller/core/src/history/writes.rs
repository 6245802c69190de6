//! A write, record set by record set, as people are told of it.

use external_dns_webhook::{Changes, Endpoint, Labels, ObjectRef, Update};

use super::HistoryRow;
use crate::plan::Action;

/// What was done to one record set; ownership records are no record sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordWrite<'a> {
    /// It was made.
    Created(&'a Endpoint),
    /// It was changed.
    Updated(&'a Update),
    /// It was removed.
    Deleted(&'a Endpoint),
}

impl<'a> RecordWrite<'a> {
    /// Iterates over what `changes` do to record sets, ownership records left out.
    pub fn all(changes: &'a Changes) -> impl Iterator<Item = Self> {
        let Changes { create, update, delete } = changes;
        let created = create.iter().map(Self::Created);
        let updated = update.iter().map(Self::Updated);
        let all = created.chain(updated).chain(delete.iter().map(Self::Deleted));
        all.filter(|write| write.about().labels.get(Labels::OWNED_RECORD).is_none())
    }

    /// Returns the record set as it is now, or was last.
    pub fn about(self) -> &'a Endpoint {
        match self {
            Self::Created(endpoint) | Self::Deleted(endpoint) => endpoint,
            Self::Updated(update) => &update.new,
        }
    }

    /// Returns what was there before; `None` when there was nothing.
    pub fn before(self) -> Option<&'a Endpoint> {
        match self {
            Self::Created(_) => None,
            Self::Updated(update) => Some(&update.old),
            Self::Deleted(endpoint) => Some(endpoint),
        }
    }

    /// Returns what is there now; `None` when there is nothing.
    pub fn after(self) -> Option<&'a Endpoint> {
        match self {
            Self::Created(endpoint) => Some(endpoint),
            Self::Updated(update) => Some(&update.new),
            Self::Deleted(_) => None,
        }
    }

    /// Returns what was done.
    pub fn action(self) -> Action {
        match self {
            Self::Created(_) => Action::Create,
            Self::Updated(_) => Action::Update,
            Self::Deleted(_) => Action::Delete,
        }
    }

    /// Returns the object that wants it, or did when it was last written; `None` when its
    /// ownership record does not say.
    pub fn object(self) -> Option<&'a ObjectRef> {
        self.about().labels.resource()
    }
}

impl HistoryRow {
    /// Iterates over what was done to record sets, ownership records left out.
    pub fn writes(&self) -> impl Iterator<Item = RecordWrite<'_>> {
        RecordWrite::all(&self.changes)
    }
}
