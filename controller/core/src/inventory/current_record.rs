//! A record set as a provider holds it, with the ownership records that fit it.

use std::sync::Arc;

use external_dns_webhook::{Endpoint, ObjectRef, Properties, RecordKey, RecordType};

use super::facts::Facts;
use super::ownership_record;

/// One record set that a provider holds, and who owns it.
#[derive(Clone, Debug)]
pub struct CurrentRecord<'a> {
    /// The record set as the provider reports it.
    pub endpoint: &'a Endpoint,
    /// Ownership records on it, the one to believe first.
    pub(crate) ownership_records: Vec<(Fit, &'a OwnershipRecord)>,
    /// Whether the ownership record could just as well be about another record set.
    pub(crate) ambiguous: bool,
    /// Whether the ownership record has a form that is read but not written any more.
    pub(super) has_old_ownership_record: bool,
    /// What the ownership record said that was there when we last looked, if there is none now.
    pub(super) recalled: Option<&'a Facts>,
}

/// An ownership record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnershipRecord {
    /// The TXT record set, byte for byte as the provider holds it; it may have other values as well, and
    /// those that are ownership records share it.
    pub(crate) endpoint: Arc<Endpoint>,
    /// Which of its values says it, counted from 0.
    pub(crate) value: usize,
    /// What it says.
    pub(crate) labels: Facts,
    /// Type it is about; `None` in the old form without a type.
    pub(crate) record_type: Option<RecordType>,
    /// Set identifier it is about.
    pub(crate) set_identifier: String,
    /// Whether the text spells out what it is about, so that its own name does not matter.
    pub(crate) explicit: bool,
    /// Whether the text was encrypted.
    pub(crate) sealed: bool,
}

/// Tells whether two record sets are equal in everything. Those that ownership records share are told so
/// without a look at their values, of which there may be as many as ownership records.
pub(crate) fn is_same_set(a: &Arc<Endpoint>, b: &Arc<Endpoint>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// How closely an ownership record fits a record set; the lowest is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Explicit,
    Typed,
    /// `cname-` on an alias of type A, as ExternalDNS wrote it before v0.22.
    OldAlias,
    /// Without a type, as ExternalDNS wrote it before v0.12; see [`may_be_untyped`].
    Untyped,
    /// Through the replacement of a wildcard, which a plain name may have taken; whatever is about
    /// the wildcard itself is believed before.
    Wildcard,
}

impl OwnershipRecord {
    /// Returns the name of the instance that wrote the ownership record.
    pub(crate) fn instance(&self) -> Option<&str> {
        self.labels.get(ownership_record::INSTANCE)
    }

    /// Returns the value of the TXT record set that says it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.endpoint.targets.iter().nth(self.value)
    }

    /// Tells whether one controller may have written `other`, without a type, beside this one, about
    /// the same record set: with the same text, as ExternalDNS wrote them from v0.12 to v0.15.
    ///
    /// Nobody ever wrote one without a type beside one that spells out what it is about.
    pub(crate) fn may_have_come_with(&self, other: &Self) -> bool {
        self.record_type.is_some()
            && !self.explicit
            && self.set_identifier == other.set_identifier
            && self.labels == other.labels
    }

    /// Tells how closely the ownership record fits a record set of the name it is about.
    pub(crate) fn fit(&self, record: &Endpoint) -> Option<Fit> {
        if self.set_identifier != record.set_identifier {
            return None;
        }
        match &self.record_type {
            Some(record_type) if *record_type == record.record_type && self.explicit => {
                Some(Fit::Explicit)
            }
            Some(_) if self.explicit => None,
            Some(record_type) if *record_type == record.record_type => Some(Fit::Typed),
            Some(RecordType::Cname) if is_alias_a(record) => Some(Fit::OldAlias),
            None if may_be_untyped(&record.record_type) => Some(Fit::Untyped),
            Some(_) | None => None,
        }
    }
}

/// Tells whether an ownership record without a type can be about a record set of this type.
///
/// It was written for an address or a CNAME. What else is at the name may as well have
/// been made by hand, and a name holds one of the two at most.
pub(super) fn may_be_untyped(record_type: &RecordType) -> bool {
    matches!(record_type, RecordType::A | RecordType::Cname)
}

/// Tells whether an ownership record has the form that is written now: simple, and typed or spelled
/// out.
pub(crate) fn is_current(fit: Fit, ownership_record: &OwnershipRecord) -> bool {
    matches!(fit, Fit::Explicit | Fit::Typed | Fit::Wildcard)
        && ownership_record.record_type.is_some()
        && ownership_record.endpoint.set_identifier.is_empty()
}

/// Tells whether an ownership record on a type would fit a record set of the same name and set
/// identifier.
pub(crate) fn would_fit(owned: &RecordType, record: &Endpoint) -> bool {
    *owned == record.record_type || *owned == RecordType::Cname && is_alias_a(record)
}

fn is_alias_a(record: &Endpoint) -> bool {
    record.record_type == RecordType::A
        && matches!(record.properties.get(Properties::ALIAS), Some("true" | "A"))
}

impl CurrentRecord<'_> {
    /// Returns who owns the record set; `None` when nobody owns it.
    pub fn owner(&self) -> Option<&str> {
        self.labels()?.owner()
    }

    /// Returns the source object of the record set when it was last written.
    pub fn resource(&self) -> Option<&ObjectRef> {
        self.labels()?.resource()
    }

    /// Returns which instance wrote the record set last; `None` when its ownership record does not
    /// say.
    pub fn instance(&self) -> Option<&str> {
        self.labels()?.get(ownership_record::INSTANCE)
    }

    /// Tells whether anyone owns the record set.
    pub fn is_owned(&self) -> bool {
        !self.ownership_records.is_empty()
    }

    /// Returns the identity of the record set.
    pub fn key(&self) -> RecordKey {
        self.endpoint.key()
    }

    /// Returns the record set with what its ownership record says in its labels, as it travels.
    pub(crate) fn labelled(&self) -> Endpoint {
        let mut endpoint = self.endpoint.clone();
        for (key, value) in self.labels().into_iter().flat_map(Facts::iter) {
            endpoint.labels.set(key, value);
        }
        endpoint
    }

    /// Tells whether the ownership record is in a form that is read but not written any more.
    pub(crate) fn has_old_ownership_record(&self) -> bool {
        self.has_old_ownership_record
    }

    /// Tells whether the ownership record does not say which type it is about.
    pub(crate) fn has_untyped_ownership_record(&self) -> bool {
        self.ownership_records
            .first()
            .is_some_and(|(_, ownership_record)| ownership_record.record_type.is_none())
    }

    /// Tells whether the ownership record was there when we last looked and is not any more.
    pub(crate) fn lost_its_ownership_record(&self) -> bool {
        self.recalled.is_some()
    }

    pub(super) fn labels(&self) -> Option<&Facts> {
        self.ownership_records
            .first()
            .map(|(_, ownership_record)| &ownership_record.labels)
            .or(self.recalled)
    }
}
