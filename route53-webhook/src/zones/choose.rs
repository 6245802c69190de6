//! Which zones a name goes to.

use std::sync::Arc;

use external_dns_webhook::{Properties, RefusalCode};

use super::Zone;
use crate::name::WireName;
use crate::properties::{HOSTED_ZONE_ID, InvalidProperty, ZONE};
use crate::record_set::bare_zone_id;

/// Which of the zones that could have a name its object wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// The longest public match and the longest private match.
    #[default]
    Default,
    /// The longest public match.
    Public,
    /// The longest private match.
    Private,
    /// The zones with these ids, whatever others match.
    Ids(Vec<String>),
    /// The zones with these ids, which must all be of one kind.
    Typed {
        /// Their ids.
        ids: Vec<String>,
        /// Whether they must be private, not public.
        private: bool,
    },
}

/// The zones that a name goes to, public ones first, then by id.
pub type Choice = Vec<Arc<Zone>>;

/// Why a name goes nowhere.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoZone {
    /// No zone that we serve has the name.
    #[error("no served zone holds `{0}`; check the zone filters and whether the zone exists")]
    NoneMatches(String),
    /// The name itself is left out; a parent of its zone must not have it instead.
    #[error("`{0}` is left out by `--exclude-domains`, so it is written to no zone")]
    Excluded(String),
    /// A kind and an id are given that do not go together.
    #[error(
        "`{ZONE}` asks for {} zones, and `{HOSTED_ZONE_ID}` for zone `{zone}`, which is {}; keep one of \
         them",
        if *private { "private" } else { "public" },
        if *private { "public" } else { "private" }
    )]
    OtherKind {
        /// The id that is given.
        zone: String,
        /// Whether private zones are desired, not public ones.
        private: bool,
    },
    /// A zone is given that cannot have the name.
    #[error("`{name}` was asked to go to zone `{zone}`, which is not served or does not hold it")]
    NotServed {
        /// The name.
        name: String,
        /// The id, or the kind, that is given.
        zone: String,
    },
}

impl Selection {
    /// Reads what properties in canonical spelling want.
    ///
    /// # Errors
    ///
    /// Returns an error when `zone` is neither a kind nor a list of ids, when `hosted-zone-id` names
    /// no id, or when both name ids that differ. An empty value wants something, too: the default
    /// in its place could publish a private name.
    pub fn from_properties(properties: &Properties) -> Result<Self, InvalidProperty> {
        let ids = |value: &str| {
            let ids = value.split(',').map(|id| bare_zone_id(id.trim()));
            let mut ids: Vec<_> = ids.filter(|id| !id.is_empty()).map(str::to_owned).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        let pinned = match properties.get(HOSTED_ZONE_ID) {
            Some(value) if ids(value).is_empty() => {
                let problem = "give zone ids separated by commas, or remove the property";
                return Err(InvalidProperty::new(HOSTED_ZONE_ID, value, problem));
            }
            pinned => pinned.map(ids),
        };
        let selection = match properties.get(ZONE) {
            None | Some("all") => Self::Default,
            Some("public") => Self::Public,
            Some("private") => Self::Private,
            Some(value) if are_zone_ids(&ids(value)) => Self::Ids(ids(value)),
            Some(value) => {
                let problem = "use `public`, `private`, or zone ids separated by commas";
                return Err(InvalidProperty::new(ZONE, value, problem));
            }
        };
        let Some(pinned) = pinned else {
            return Ok(selection);
        };
        match selection {
            Self::Public => Ok(Self::Typed { ids: pinned, private: false }),
            Self::Private => Ok(Self::Typed { ids: pinned, private: true }),
            Self::Ids(ids) if ids != pinned => {
                let (value, pinned) = (ids.join(","), pinned.join(","));
                let problem = format!("`{HOSTED_ZONE_ID}` is `{pinned}`; keep one of them");
                Err(InvalidProperty::new(ZONE, &value, problem))
            }
            Self::Default | Self::Ids(_) | Self::Typed { .. } => Ok(Self::Ids(pinned)),
        }
    }

    /// Returns the zones among `zones` that `name` goes to.
    ///
    /// # Errors
    ///
    /// Returns an error when there is none, or one that is given by its id is not among them.
    pub fn choose<'a>(
        &self,
        name: &WireName,
        zones: impl IntoIterator<Item = &'a Arc<Zone>>,
    ) -> Result<Choice, NoZone> {
        let matching = zones.into_iter().filter(|zone| name.is_within(&zone.name));
        let mut matching: Vec<_> = matching.map(Arc::clone).collect();
        matching.sort_by(|a, b| (a.private, &a.id).cmp(&(b.private, &b.id)));
        let not_served =
            |zone: &str| NoZone::NotServed { name: name.to_text(), zone: zone.to_owned() };
        let chosen = match self {
            Self::Default => {
                let mut both = longest(&matching, Kind::Public);
                both.extend(longest(&matching, Kind::Private));
                both
            }
            Self::Public => longest(&matching, Kind::Public),
            Self::Private => longest(&matching, Kind::Private),
            Self::Ids(ids) | Self::Typed { ids, .. } => {
                let found = |id: &&String| matching.iter().any(|zone| *zone.id == ***id);
                if let Some(missing) = ids.iter().find(|id| !found(id)) {
                    return Err(not_served(missing));
                }
                matching.into_iter().filter(|zone| ids.iter().any(|id| **id == *zone.id)).collect()
            }
        };
        if let Self::Typed { private, .. } = self
            && let Some(zone) = chosen.iter().find(|zone| zone.private != *private)
        {
            return Err(NoZone::OtherKind { zone: zone.id.to_string(), private: *private });
        }
        match (chosen.is_empty(), self) {
            (false, _) => Ok(chosen),
            (true, Self::Default | Self::Ids(_) | Self::Typed { .. }) => {
                Err(NoZone::NoneMatches(name.to_text()))
            }
            (true, Self::Public) => Err(not_served("public")),
            (true, Self::Private) => Err(not_served("private")),
        }
    }
}

impl NoZone {
    /// Returns the kind of refusal, in one word, as controllers show it.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::NoneMatches(_) | Self::Excluded(_) | Self::NotServed { .. } => {
                RefusalCode::NoZone
            }
            Self::OtherKind { .. } => RefusalCode::InvalidProperty,
        }
    }
}

/// Tells whether these are ids of zones, and at least one.
fn are_zone_ids(ids: &[String]) -> bool {
    !ids.is_empty() && ids.iter().all(|id| id.starts_with('Z'))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
}

/// Returns the zones of one kind with the longest name: more than one only when they share it.
///
/// Of several public zones with one name, only one is delegated to, and nothing here can tell which,
/// so all of them get the record set; `--zone-id-filter` picks one.
fn longest(zones: &[Arc<Zone>], kind: Kind) -> Choice {
    let of_kind = |zone: &&Arc<Zone>| zone.private == (kind == Kind::Private);
    let most = zones.iter().filter(of_kind).map(|zone| zone.name.as_str().len()).max();
    let longest = |zone: &&Arc<Zone>| Some(zone.name.as_str().len()) == most;
    zones.iter().filter(of_kind).filter(longest).map(Arc::clone).collect()
}
