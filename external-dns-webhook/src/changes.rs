//! What a controller asks a provider to do to its zones.
//!
//! The wire form pairs `updateOld[i]` with `updateNew[i]`. We pair them once, at the edge, so no
//! other code can get the pairing wrong.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::Endpoint;

/// Writes that move a provider from what it holds to what is wanted.
///
/// ```
/// use external_dns_webhook::{Changes, Endpoint, RecordType, wire};
///
/// let create = vec![Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"])];
/// let changes = Changes { create, ..Changes::default() };
/// assert!(wire::encode(&changes).starts_with(b"{\"create\":[{"));
/// assert_eq!(wire::encode(&Changes::default()), b"{}\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Record sets that do not exist yet.
    pub create: Vec<Endpoint>,
    /// Record sets that exist and must change.
    pub update: Vec<Update>,
    /// Record sets that must go.
    pub delete: Vec<Endpoint>,
}

/// One record set before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What the provider holds now.
    pub old: Endpoint,
    /// What it should hold.
    pub new: Endpoint,
}

/// The two halves of the update list did not line up.
#[derive(Debug, thiserror::Error)]
#[error(
    "`updateOld` has {old} elements and `updateNew` has {new}; the lists are read in pairs, so \
     send one old record set for each new one"
)]
pub struct UnpairedUpdates {
    old: usize,
    new: usize,
}

impl Changes {
    /// Tells whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        let Self { create, update, delete } = self;
        create.is_empty() && update.is_empty() && delete.is_empty()
    }

    /// Iterates over every record set that is created, updated or deleted, as it will be or was.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let Self { create, update, delete } = self;
        create.iter().chain(update.iter().map(|update| &update.new)).chain(delete)
    }

    /// Iterates over every record set that is mentioned, before and after.
    pub fn endpoints_mut(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        let Self { create, update, delete } = self;
        let updates = update.iter_mut().flat_map(|Update { old, new }| [old, new]);
        create.iter_mut().chain(updates).chain(delete)
    }

    /// Returns the number of record sets that are created, updated or deleted.
    pub fn len(&self) -> usize {
        let Self { create, update, delete } = self;
        create.len() + update.len() + delete.len()
    }
}

impl Update {
    /// Pairs old and new record sets by their place; pairs with a missing side are left out.
    pub(crate) fn pair(
        old: Vec<Option<Endpoint>>,
        new: Vec<Option<Endpoint>>,
    ) -> Result<Vec<Self>, UnpairedUpdates> {
        if old.len() != new.len() {
            return Err(UnpairedUpdates { old: old.len(), new: new.len() });
        }
        let both = |(old, new): (Option<_>, Option<_>)| Some(Self { old: old?, new: new? });
        Ok(old.into_iter().zip(new).filter_map(both).collect())
    }
}

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { create, update, delete } = self;
        let old: Vec<_> = update.iter().map(|update| &update.old).collect();
        let new: Vec<_> = update.iter().map(|update| &update.new).collect();
        let mut object = serializer.serialize_struct("Changes", 4)?;
        if create.is_empty() {
            object.skip_field("create")?;
        } else {
            object.serialize_field("create", create)?;
        }
        if update.is_empty() {
            object.skip_field("updateOld")?;
            object.skip_field("updateNew")?;
        } else {
            object.serialize_field("updateOld", &old)?;
            object.serialize_field("updateNew", &new)?;
        }
        if delete.is_empty() {
            object.skip_field("delete")?;
        } else {
            object.serialize_field("delete", delete)?;
        }
        object.end()
    }
}
