//! What is written of TXT record sets that hold ownership records: an ownership record changes or
//! goes, and every other value stays as it is.
//!
//! People add values to a TXT record set that is there, since a name has one only. So nothing but
//! this file deletes or changes one that holds ownership records.

use std::collections::BTreeMap;
use std::sync::Arc;

use external_dns_webhook::{Changes, Endpoint, Labels, RecordKey, Targets, Update};

use crate::inventory::{OwnershipRecord, is_same_set};

/// Ownership records that change or go, by the record set that holds them.
#[derive(Debug, Default)]
pub(super) struct Edits<'a> {
    sets: Vec<Edit<'a>>,
    /// Where in `sets` the record sets with a key are: one, or all copies that a provider lists.
    places: BTreeMap<RecordKey, Vec<usize>>,
}

#[derive(Debug)]
struct Edit<'a> {
    /// The record set as it was read.
    set: &'a Arc<Endpoint>,
    /// Name of the record set that an ownership record in it is about.
    about: String,
    /// What becomes of its values, by their place; those that are not here stay.
    values: BTreeMap<usize, Written>,
}

/// What becomes of an ownership record.
#[derive(Debug)]
enum Written {
    /// It goes.
    Gone,
    /// It becomes the one value of this record set.
    Becomes(Endpoint),
}

impl<'a> Edits<'a> {
    /// Takes away an ownership record on a record set called `about`.
    pub(super) fn remove(&mut self, ownership_record: &'a OwnershipRecord, about: &str) {
        self.put(ownership_record, about, Written::Gone);
    }

    /// Puts the one value of `new` in the place of an ownership record on a record set called
    /// `about`.
    pub(super) fn change(
        &mut self,
        ownership_record: &'a OwnershipRecord,
        about: &str,
        new: Endpoint,
    ) {
        self.put(ownership_record, about, Written::Becomes(new));
    }

    /// Adds what is written to `changes`, each record set once.
    pub(super) fn write(self, changes: &mut Changes) {
        for Edit { set, about, mut values } in self.sets {
            let mut old = Endpoint::clone(set);
            old.labels.set(Labels::OWNED_RECORD, about.as_str());
            // The only value is all there is to a record set, its TTL included.
            let whole = if set.targets.len() == 1 { values.remove(&0) } else { None };
            if let Some(Written::Becomes(new)) = whole {
                changes.update.push(Update { old, new });
                continue;
            }
            let left: Targets = match whole {
                Some(_) => Targets::default(),
                None => set
                    .targets
                    .iter()
                    .enumerate()
                    .filter_map(|(at, value)| match values.get(&at) {
                        None => Some(value.to_owned()),
                        Some(Written::Gone) => None,
                        Some(Written::Becomes(new)) => new.targets.first().map(str::to_owned),
                    })
                    .collect(),
            };
            if left.is_empty() {
                changes.delete.push(old);
            } else {
                let new = Endpoint { targets: left, ..old.clone() };
                changes.update.push(Update { old, new });
            }
        }
    }

    fn put(&mut self, ownership_record: &'a OwnershipRecord, about: &str, written: Written) {
        let set = &ownership_record.endpoint;
        let places = self.places.entry(set.key()).or_default();
        let is_it = |at: &usize| {
            let edit = self.sets.get(*at);
            edit.is_some_and(|edit| is_same_set(edit.set, set))
        };
        let at = places.iter().copied().find(is_it).unwrap_or_else(|| {
            let edit = Edit { set, about: about.to_owned(), values: BTreeMap::new() };
            self.sets.push(edit);
            places.push(self.sets.len() - 1);
            self.sets.len() - 1
        });
        if let Some(edit) = self.sets.get_mut(at) {
            edit.values.entry(ownership_record.value).or_insert(written);
        }
    }
}
