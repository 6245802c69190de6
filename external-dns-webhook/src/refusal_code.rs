//! Which kind of refusal a provider gives, in one word that programs can rely on.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which kind of refusal; on the wire its name, as the variants are called.
///
/// The known ones are those that more than one program has to tell apart. A provider may say any
/// other word: it is kept, shown to people, and counted with all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalCode {
    /// The record set is not what the controller saw any more.
    ChangedElsewhere,
    /// The name is none that the DNS, or the provider, has.
    InvalidName,
    /// A property has no value that the provider understands.
    InvalidProperty,
    /// The set identifier is missing, too long, or without a routing policy.
    InvalidSetIdentifier,
    /// A target is no value of the record set's type.
    InvalidTarget,
    /// The TTL is out of range.
    InvalidTtl,
    /// Another record set at the name forbids it, such as a CNAME.
    NameConflict,
    /// No zone that is served holds the name.
    NoZone,
    /// It was not tried yet: something before it came in the way.
    NotTried,
    /// The ownership record would lie in no zone that is served, or in another one.
    OwnershipRecordOutsideZone,
    /// It was refused before and is not tried again for a while.
    Quarantined,
    /// The DNS service refused it; the message has its words.
    RefusedByService,
    /// Record sets of the name follow another routing policy.
    RoutingPolicyConflict,
    /// It is too large for the provider or the way to it.
    TooLarge,
    /// The provider does not know the region, so it cannot tell the target's zone.
    UnknownRegion,
    /// The provider does not hold record sets of the type.
    UnsupportedType,
    /// The zone has as many record sets as it may; about the zone, not about the record set.
    ZoneFull,
    /// The zone cannot be read or written; about the zone, not about the record set.
    ZoneUnavailable,
    /// A word that only its provider knows.
    Other(String),
}

impl RefusalCode {
    /// All known ones, by name.
    pub const KNOWN: [Self; 18] = [
        Self::ChangedElsewhere,
        Self::InvalidName,
        Self::InvalidProperty,
        Self::InvalidSetIdentifier,
        Self::InvalidTarget,
        Self::InvalidTtl,
        Self::NameConflict,
        Self::NoZone,
        Self::NotTried,
        Self::OwnershipRecordOutsideZone,
        Self::Quarantined,
        Self::RefusedByService,
        Self::RoutingPolicyConflict,
        Self::TooLarge,
        Self::UnknownRegion,
        Self::UnsupportedType,
        Self::ZoneFull,
        Self::ZoneUnavailable,
    ];

    /// Returns the name that stands for it on the wire.
    pub fn as_str(&self) -> &str {
        match (self.known(), self) {
            (None, Self::Other(word)) => word,
            (known, _) => known.unwrap_or_default(),
        }
    }

    /// Returns one of a fixed number of words, so that no provider can make up labels of metrics
    /// without end: `Other` for a word that only its provider knows.
    pub fn label(&self) -> &'static str {
        self.known().unwrap_or("Other")
    }

    /// Tells whether it is about a whole zone, and no object is at fault.
    pub fn is_about_a_zone(&self) -> bool {
        matches!(self, Self::ZoneFull | Self::ZoneUnavailable)
    }

    /// Returns the name of a known one.
    fn known(&self) -> Option<&'static str> {
        Some(match self {
            Self::ChangedElsewhere => "ChangedElsewhere",
            Self::InvalidName => "InvalidName",
            Self::InvalidProperty => "InvalidProperty",
            Self::InvalidSetIdentifier => "InvalidSetIdentifier",
            Self::InvalidTarget => "InvalidTarget",
            Self::InvalidTtl => "InvalidTtl",
            Self::NameConflict => "NameConflict",
            Self::NoZone => "NoZone",
            Self::NotTried => "NotTried",
            Self::OwnershipRecordOutsideZone => "OwnershipRecordOutsideZone",
            Self::Quarantined => "Quarantined",
            Self::RefusedByService => "RefusedByService",
            Self::RoutingPolicyConflict => "RoutingPolicyConflict",
            Self::TooLarge => "TooLarge",
            Self::UnknownRegion => "UnknownRegion",
            Self::UnsupportedType => "UnsupportedType",
            Self::ZoneFull => "ZoneFull",
            Self::ZoneUnavailable => "ZoneUnavailable",
            Self::Other(_) => return None,
        })
    }
}

impl From<&str> for RefusalCode {
    fn from(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|code| code.as_str() == name);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<str> for RefusalCode {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for RefusalCode {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for RefusalCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RefusalCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_written() {
        for code in RefusalCode::KNOWN {
            assert_eq!(RefusalCode::from(code.as_str()), code);
            assert_eq!(code.label(), code.as_str());
        }
        let other = RefusalCode::from("LunarPhase");
        assert_eq!((other.as_str(), other.label()), ("LunarPhase", "Other"));
        let text = serde_json::to_string(&other).unwrap();
        assert_eq!(serde_json::from_str::<RefusalCode>(&text).unwrap(), other);
    }

    #[test]
    fn the_page_of_extensions_names_every_code() {
        let page = include_str!("../../proto-docs/extensions.md");
        for code in RefusalCode::KNOWN {
            assert!(page.contains(&format!("| `{code}` |")), "{code}");
        }
    }
}
