//! How an emulator starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::faults::Fault;
use crate::name::{Name, NameProblem};

/// How an emulator starts; the default is an empty, fast and forgetful one on a free port.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the API listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where DNS listens, over UDP and TCP; `None` for no DNS.
    pub dns: Option<SocketAddr>,
    /// Zones to create, unless the state file holds them already.
    pub zones: Vec<ZoneSpec>,
    /// How long changes stay `PENDING`; zero for none.
    pub insync_delay: Duration,
    /// Requests per second and access key, above zero; `None` for no limit. AWS grants 5.
    pub rate: Option<f64>,
    /// Faults in force from the start.
    pub faults: Vec<Fault>,
    /// Loaded at the start, written at every change; `None` to forget everything at the end.
    pub state_file: Option<PathBuf>,
    /// Most record sets of one zone; `None` for no limit. AWS grants 10,000.
    pub max_record_sets: Option<usize>,
    /// Zones of AWS services besides those that the emulator knows.
    pub alias_zones: Vec<AliasZone>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dns: None,
            zones: Vec::new(),
            insync_delay: Duration::ZERO,
            rate: None,
            faults: Vec::new(),
            state_file: None,
            max_record_sets: None,
            alias_zones: Vec::new(),
        }
    }
}

/// A zone to create: `NAME[:private][=ID]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneSpec {
    /// The name.
    pub name: Name,
    /// Whether only VPCs see it.
    pub private: bool,
    /// The id; `None` derives one from the name.
    pub id: Option<String>,
}

/// The zone of an AWS service: `ID=SUFFIX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasZone {
    /// The zone's id.
    pub id: String,
    /// What the names of alias targets in it end with.
    pub suffix: Name,
}

/// Why a text is not a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadZone {
    /// The name is none.
    #[error("`{zone}` does not start with a domain name")]
    Name {
        /// The text.
        zone: String,
        /// Why.
        #[source]
        source: NameProblem,
    },
    /// What follows the name is neither `:private` nor `=ID`.
    #[error("`{0}` is not NAME, NAME:private or NAME=ID")]
    Suffix(String),
    /// There is no id or no suffix.
    #[error("`{0}` is not ID=SUFFIX")]
    Alias(String),
}

impl FromStr for ZoneSpec {
    type Err = BadZone;

    fn from_str(text: &str) -> Result<Self, BadZone> {
        let (rest, id) = match text.split_once('=') {
            Some((rest, id)) => (rest, Some(id.to_owned())),
            None => (text, None),
        };
        // The service's ids are capitals and digits, at most 32.
        let is_id = |id: &String| {
            (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !id.as_ref().is_none_or(is_id) {
            return Err(BadZone::Suffix(text.to_owned()));
        }
        let (name, private) = match rest.split_once(':') {
            Some((name, "private")) => (name, true),
            Some((name, "public")) => (name, false),
            Some(_) => return Err(BadZone::Suffix(text.to_owned())),
            None => (rest, false),
        };
        let name =
            name.parse().map_err(|source| BadZone::Name { zone: text.to_owned(), source })?;
        Ok(Self { name, private, id })
    }
}

impl FromStr for AliasZone {
    type Err = BadZone;

    fn from_str(text: &str) -> Result<Self, BadZone> {
        let (id, suffix) = text.split_once('=').ok_or_else(|| BadZone::Alias(text.to_owned()))?;
        let suffix =
            suffix.parse().map_err(|source| BadZone::Name { zone: text.to_owned(), source })?;
        Ok(Self { id: id.to_owned(), suffix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_name_that_may_be_private_and_may_fix_its_id() {
        let spec: ZoneSpec = "Example.com".parse().unwrap();
        assert_eq!(
            (spec.name.to_string().as_str(), spec.private, spec.id),
            ("example.com.", false, None)
        );
        let spec: ZoneSpec = "corp.internal:private=Z1".parse().unwrap();
        assert!(spec.private);
        assert_eq!(spec.id.as_deref(), Some("Z1"));
    }

    #[test]
    fn other_texts_are_refused() {
        assert!(matches!("a..b".parse::<ZoneSpec>(), Err(BadZone::Name { .. })));
        assert!(matches!("a.com:secret".parse::<ZoneSpec>(), Err(BadZone::Suffix(_))));
        assert!(matches!("a.com=".parse::<ZoneSpec>(), Err(BadZone::Suffix(_))));
        assert!(matches!("Z1".parse::<AliasZone>(), Err(BadZone::Alias(_))));
    }
}
