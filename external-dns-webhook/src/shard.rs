//! Shards: several controllers, each with a provider of its own, that divide the zones among them.
//!
//! Who has which zone follows from names alone, so nobody has to be asked and nothing is kept. Zones
//! that lie in one another are in one shard, and so is every zone that a name can be in: no two shards
//! ever have the same name.

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::{CanonicalName, DnsName, DomainFilter};

/// Most shards that there can be: more than that is a slip.
const MOST: u32 = 1000;

/// One of several parts into which zones are divided.
///
/// ```
/// use external_dns_webhook::Shard;
///
/// let shard: Shard = "2/4".parse()?;
/// assert_eq!(shard.to_string(), "2/4");
/// assert!("5/4".parse::<Shard>().is_err());
/// # Ok::<(), external_dns_webhook::BadShard>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one it is, counted from 1.
    number: NonZeroU32,
    /// How many there are.
    of: NonZeroU32,
}

/// Why a text is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no shard; give which one it is and how many there are, from `1/1` to `{MOST}/{MOST}`, \
     such as `1/4` for the first of four"
)]
pub struct BadShard(String);

/// What a provider of one shard says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardScope {
    /// Which shard it serves.
    pub shard: Shard,
    /// Names of the zones that other shards serve: all that is at them and below is theirs. Of zones
    /// that lie in one another the outermost is enough.
    pub elsewhere: Vec<DnsName>,
}

/// The names that other shards have; none without shards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Which shard is not theirs; `None` without shards.
    here: Option<Shard>,
    zones: HashSet<CanonicalName>,
}

impl Shard {
    /// Tells whether the zones in and below `zone`, which lies in no other one, belong to this shard.
    ///
    /// The name's letters decide, as they are compared in the DNS, by the upper half of their 64-bit FNV-1a
    /// hash modulo the number of shards: the same for every program and every version.
    pub fn has(self, zone: &CanonicalName) -> bool {
        self.owner_of(zone) == self
    }

    /// Returns which of these shards has the zones in and below `zone`, which lies in no other one.
    fn owner_of(self, zone: &CanonicalName) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        let hash = zone.as_bytes().iter().copied().fold(OFFSET, mix);
        // The lower bits hang on few of the letters' bits.
        let before = (hash >> 32) % u64::from(self.of.get());
        let before = u32::try_from(before).unwrap_or_default();
        Self { number: NonZeroU32::MIN.saturating_add(before), ..self }
    }

    /// Returns a name for what each shard has of its own: `name` itself and which shard it is for.
    pub fn own(self, name: &str) -> String {
        format!("{name}-shard-{}-of-{}", self.number, self.of)
    }
}

impl ShardScope {
    /// Returns a name of another shard that `served` has, too, or that is around or below something in it: who
    /// decides over it cannot be told. `None` when each name is one shard's.
    pub fn contradiction(&self, served: &DomainFilter) -> Option<&DnsName> {
        let include = match served {
            // All names but some.
            DomainFilter::Lists { include, .. } if include.is_empty() => {
                return self.elsewhere.first();
            }
            DomainFilter::Lists { include, .. } => include,
            DomainFilter::Nothing => return None,
            // Of no expression can be told which names it is about.
            DomainFilter::All | DomainFilter::Patterns { .. } => return self.elsewhere.first(),
        };
        let own = include.iter().map(|name| name.trim_start_matches('.'));
        let own: HashSet<CanonicalName> = own.map(CanonicalName::from).collect();
        let others = Elsewhere::of(Some(self));
        let around =
            own.iter().flat_map(CanonicalName::upwards).find(|name| others.zones.contains(*name));
        let is_it = |name: &&DnsName| {
            around == Some(name.canonical().as_str())
                || name.canonical().upwards().any(|name| own.contains(name))
        };
        self.elsewhere.iter().find(is_it)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let bad = || BadShard(text.to_owned());
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<NonZeroU32>().ok().filter(|number| digits && number.get() <= MOST)
        };
        let (index, of) = text.trim().split_once('/').ok_or_else(bad)?;
        let (index, of) = (number(index).ok_or_else(bad)?, number(of).ok_or_else(bad)?);
        if index > of {
            return Err(bad());
        }
        Ok(Self { number: index, of })
    }
}

impl Elsewhere {
    /// Returns the names that a provider says are served by other shards.
    pub fn of(scope: Option<&ShardScope>) -> Self {
        let zones = scope.into_iter().flat_map(|scope| &scope.elsewhere);
        // The name of the root would be everything.
        let zones = zones.filter(|zone| !zone.is_empty());
        Self {
            here: scope.map(|scope| scope.shard),
            zones: zones.map(|zone| zone.canonical().clone()).collect(),
        }
    }

    /// Returns how many zones they are, as far as the provider tells them apart.
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// Tells whether another shard has `name`, at the cost of its labels, however many zones there are.
    pub fn has(&self, name: &CanonicalName) -> bool {
        !self.is_empty() && name.upwards().any(|suffix| self.zones.contains(suffix))
    }

    /// Returns which other shard has `name`; `None` when none is known to.
    pub fn shard_of(&self, name: &CanonicalName) -> Option<Shard> {
        let outermost = name.upwards().filter(|suffix| self.zones.contains(*suffix)).last()?;
        let owner = |here: Shard| here.owner_of(&CanonicalName::from(outermost));
        self.here.map(owner).filter(|owner| Some(*owner) != self.here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn every_zone_belongs_to_one_shard_and_each_shard_has_about_as_many() {
        for of in [1, 2, 3, 7, 16] {
            let shards: Vec<_> = (1..=of).map(|at| shard(&format!("{at}/{of}"))).collect();
            let mut zones = vec![0_usize; shards.len()];
            for at in 0..4000 {
                let zone = CanonicalName::from(format!("team-{at}.example.com").as_str());
                let has: Vec<_> = (0..shards.len()).filter(|at| shards[*at].has(&zone)).collect();
                let [one] = has[..] else { panic!("{zone} belongs to {has:?} of {of}") };
                zones[one] += 1;
            }
            let fair = 4000 / shards.len();
            assert!(zones.iter().all(|zones| zones.abs_diff(fair) < fair / 2), "{zones:?}");
        }
    }

    #[test]
    fn which_shard_has_a_zone_never_changes() {
        let of_four = |zone: &str| {
            let zone = DnsName::from(zone);
            (1..=4).find(|at| shard(&format!("{at}/4")).has(zone.canonical())).unwrap()
        };
        let zones = ["example.com", "example.org", "example.net", "2.0.192.in-addr.arpa"];
        assert_eq!(zones.map(of_four), [4, 4, 4, 1]);
        assert_eq!(of_four("EXAMPLE.org."), of_four("example.org"));
    }

    #[test]
    fn what_is_no_shard_is_named() {
        for bad in ["", "1", "0/4", "5/4", "1/0", "+1/4", "1/4/4", "a/b", "1/1001", "-1/4", "1/ 4"]
        {
            let told = bad.parse::<Shard>().unwrap_err().to_string();
            assert!(told.starts_with(&format!("`{bad}` is no shard;")), "{told}");
        }
        assert_eq!(shard(" 1000/1000\n").to_string(), "1000/1000");
    }

    #[test]
    fn a_name_that_two_shards_have_is_found_whichever_lies_in_the_other() {
        let scope = ShardScope { shard: shard("1/2"), elsewhere: vec!["b.example.org".into()] };
        let with = |include: &[&str]| {
            let served = DomainFilter::lists(include, [""; 0]);
            scope.contradiction(&served).map(ToString::to_string)
        };
        assert_eq!(with(&["example.com", ".example.com", "c.example.org"]), None);
        for own in ["example.org", ".B.example.org", "a.b.example.org"] {
            assert_eq!(with(&["example.com", own]).as_deref(), Some("b.example.org"), "{own}");
        }
        assert!(scope.contradiction(&DomainFilter::All).is_some(), "a shard says what it serves");
        let pattern = |text| crate::Pattern::new(text).ok();
        assert_eq!(scope.contradiction(&DomainFilter::Nothing), None, "a shard may have no zone");
        for all_but_some in [
            DomainFilter::lists([""; 0], ["example.com"]),
            DomainFilter::patterns(pattern("www"), None),
            DomainFilter::patterns(None, pattern("^b[.]example[.]org$")),
        ] {
            assert!(scope.contradiction(&all_but_some).is_some(), "{all_but_some:?}");
        }
    }

    #[test]
    fn what_is_at_and_below_the_zone_of_another_shard_is_its_own() {
        let scope = ShardScope {
            shard: shard("1/2"),
            elsewhere: vec!["Example.org".into(), "a.b.example.com".into()],
        };
        let elsewhere = Elsewhere::of(Some(&scope));
        for name in ["example.org", "x.y.example.ORG.", "a.b.example.com", "*.a.b.example.com"] {
            assert!(elsewhere.has(DnsName::from(name).canonical()), "{name}");
        }
        for name in ["b.example.com", "anexample.org", "org", "example.org.uk", ""] {
            assert!(!elsewhere.has(DnsName::from(name).canonical()), "{name}");
        }
        assert!(!Elsewhere::of(None).has(DnsName::from("example.org").canonical()));
    }

    #[test]
    fn which_other_shard_has_a_name_follows_from_the_outermost_zone_around_it() {
        let elsewhere = ["example.org", "b.example.org", "2.0.192.in-addr.arpa"];
        let elsewhere = elsewhere.map(DnsName::from).to_vec();
        let elsewhere = Elsewhere::of(Some(&ShardScope { shard: shard("2/4"), elsewhere }));
        let told = |name: &str| {
            elsewhere.shard_of(DnsName::from(name).canonical()).map(|shard| shard.to_string())
        };
        assert_eq!(told("a.b.Example.org.").as_deref(), Some("4/4"), "`b.example.org` lies in it");
        assert_eq!(told("7.2.0.192.in-addr.arpa").as_deref(), Some("1/4"));
        assert_eq!((told("example.com"), told("org")), (None, None), "no other shard has them");
        assert_eq!(Elsewhere::default().shard_of(DnsName::from("a.org").canonical()), None);
    }
}
