//! What there should be: zones, what objects want, and what others wrote by hand.
//!
//! Plain facts, as the steps of an episode set them. Nothing of the product's code is used here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use route53_emulator::ResourceRecordSet;

use super::oracle::ownership;

/// Who we are in ownership records.
pub(crate) const OWNER: &str = "me";

/// A hosted zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZoneFacts {
    /// Its id.
    pub(crate) id: &'static str,
    /// Its name, without a final dot.
    pub(crate) name: &'static str,
    /// Whether only VPCs see it.
    pub(crate) private: bool,
}

/// What tells the record sets of one zone apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The name in lower case, without a final dot.
    pub(crate) name: String,
    /// The type, such as `A`.
    pub(crate) record_type: String,
    /// The set identifier; empty for none.
    pub(crate) set_id: String,
}

/// A record set that an object wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// Which.
    pub(crate) key: Key,
    /// Its TTL in seconds.
    pub(crate) ttl: u32,
    /// Its values.
    pub(crate) values: BTreeSet<String>,
    /// Its weight, if there is a set identifier.
    pub(crate) weight: Option<u32>,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A `DNSEndpoint`.
    Endpoint,
    /// A `Service` of type `LoadBalancer`.
    Service,
    /// An `Ingress`.
    Ingress,
}

/// An object and everything that it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its name, in the namespace `default`.
    pub(crate) name: String,
    /// Of two that want a record set, the one with more gets it.
    pub(crate) priority: u32,
    /// What it wants.
    pub(crate) wants: Vec<Want>,
}

/// What there should be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// The zones.
    pub(crate) zones: Vec<ZoneFacts>,
    /// The objects of the cluster, by what ownership records call them.
    pub(crate) objects: BTreeMap<String, Object>,
    /// What others have in each zone, exactly as they wrote it.
    pub(crate) foreign: BTreeMap<&'static str, BTreeMap<Key, ResourceRecordSet>>,
}

/// What is wanted of one record set.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Who may have made it so, and how: several where nothing says which of some objects gets it.
    pub(crate) candidates: Vec<(String, &'a Want)>,
    /// Whether it may as well not be there: another owner holds the name in another type, or has
    /// announced this record set with an ownership record of theirs.
    pub(crate) is_optional: bool,
}

/// What should be in a zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents<'a> {
    /// The record sets.
    pub(crate) wanted: BTreeMap<Key, Wanted<'a>>,
    /// Names where something wanted cannot be made because of others: what we had there before may
    /// stay, rather than go without anything in its place.
    pub(crate) obstructed: BTreeSet<String>,
}

impl Key {
    /// Returns the key of a record set.
    pub(crate) fn of(set: &ResourceRecordSet) -> Self {
        Self {
            name: plain(&set.name),
            record_type: set.r#type.clone(),
            set_id: set.set_identifier.clone().unwrap_or_default(),
        }
    }

    /// Returns the key of a simple record set.
    pub(crate) fn simple(name: &str, record_type: &str) -> Self {
        Self { name: name.to_owned(), record_type: record_type.to_owned(), set_id: String::new() }
    }

    /// Tells whether two record sets exclude each other in one zone, as DNS (RFC 1034, 3.6.2) and
    /// Route 53 (one routing policy for the sets of a name and type) have it.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        if self.name != other.name {
            return false;
        }
        if self.record_type != other.record_type {
            return self.record_type == "CNAME" || other.record_type == "CNAME";
        }
        self.set_id.is_empty() || other.set_id.is_empty() || self.set_id == other.set_id
    }
}

impl Object {
    /// Returns what ownership records call it.
    pub(crate) fn resource(&self) -> String {
        let kind = match self.kind {
            Kind::Endpoint => "crd",
            Kind::Service => "service",
            Kind::Ingress => "ingress",
        };
        format!("{kind}/default/{}", self.name)
    }
}

impl Model {
    /// Returns the zones that a name belongs to: the nearest public and the nearest private one.
    pub(crate) fn zones_of(&self, name: &str) -> impl Iterator<Item = &'static str> {
        let nearest = |private: bool| {
            let fits = self.zones.iter().filter(|zone| zone.private == private);
            let fits = fits.filter(|zone| is_within(name, zone.name));
            fits.max_by_key(|zone| zone.name.len()).map(|zone| zone.id)
        };
        [nearest(false), nearest(true)].into_iter().flatten()
    }

    /// Returns what should be in a zone, apart from what others have there.
    pub(crate) fn wanted_in(&self, zone: &str) -> Contents<'_> {
        let mut all: BTreeMap<&Key, Vec<(&Object, &Want)>> = BTreeMap::new();
        for object in self.objects.values() {
            for want in &object.wants {
                if self.zones_of(&want.key.name).any(|id| id == zone) {
                    all.entry(&want.key).or_default().push((object, want));
                }
            }
        }
        let none = BTreeMap::new();
        let foreign = self.foreign.get(zone).unwrap_or(&none);
        let is_free = |key: &Key| !foreign.keys().any(|theirs| theirs.excludes(key));
        let announced: Vec<_> =
            foreign.values().filter_map(ownership).map(|ownership| ownership.key).collect();
        let is_optional = |key: &Key| {
            let holds_name = |theirs: &Key| {
                theirs.name == key.name
                    && theirs.set_id == key.set_id
                    && matches!(theirs.record_type.as_str(), "A" | "AAAA")
            };
            announced.contains(key) || foreign.keys().any(holds_name)
        };
        let mut contents = Contents::default();
        for (key, candidates) in all {
            let is_optional = is_optional(key);
            if is_optional || !is_free(key) {
                contents.obstructed.insert(key.name.clone());
            }
            if is_free(key) {
                let most = candidates.iter().map(|(object, _)| object.priority).max();
                let best = candidates
                    .into_iter()
                    .filter(|(candidate, _)| Some(candidate.priority) == most);
                let candidates = best.map(|(object, want)| (object.resource(), want)).collect();
                contents.wanted.insert(key.clone(), Wanted { candidates, is_optional });
            }
        }
        contents
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, record_type, set_id } = self;
        write!(f, "{name} {record_type}")?;
        if set_id.is_empty() { Ok(()) } else { write!(f, " ({set_id})") }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, ttl, values, weight } = self;
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        write!(f, "{key} {ttl} {}", values.join(","))?;
        weight.map_or(Ok(()), |weight| write!(f, " weight={weight}"))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} priority={}", self.resource(), self.priority)?;
        self.wants.iter().try_for_each(|want| write!(f, "; {want}"))
    }
}

/// Returns a name of Route 53 as people write it.
pub(crate) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase().replace("\\052", "*")
}

fn is_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_the_nearest_zone_of_each_kind() {
        let zone = |id, name, private| ZoneFacts { id, name, private };
        let zones = vec![
            zone("A", "example.com", false),
            zone("B", "sub.example.com", false),
            zone("C", "example.com", true),
        ];
        let model = Model { zones, ..Model::default() };
        let zones = |name: &str| model.zones_of(name).collect::<Vec<_>>();
        assert_eq!(zones("a.sub.example.com"), ["B", "C"]);
        assert_eq!(zones("sub.example.com"), ["B", "C"]);
        assert_eq!(zones("asub.example.com"), ["A", "C"]);
        assert!(zones("anexample.com").is_empty());
    }

    #[test]
    fn record_sets_exclude_each_other_as_dns_and_route_53_say() {
        let key = |record_type: &str, set_id: &str| Key {
            set_id: set_id.to_owned(),
            ..Key::simple("a.test", record_type)
        };
        assert!(key("A", "").excludes(&key("CNAME", "")));
        assert!(key("A", "").excludes(&key("A", "s")));
        assert!(key("A", "s").excludes(&key("A", "s")));
        assert!(!key("A", "s").excludes(&key("A", "t")));
        assert!(!key("A", "").excludes(&key("TXT", "")));
        assert!(!key("A", "").excludes(&Key::simple("b.test", "A")));
    }
}
