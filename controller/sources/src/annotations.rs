//! What an object's annotations say: every key that is understood, read once.
//!
//! Several prefixes are read, and the first one that has a key wins it. Values are never guessed: one
//! that means nothing is left out and named.

use std::collections::BTreeMap;

use controller_core::status::Reason;
use controller_core::value::items;
use external_dns_webhook::{Properties, Ttl};

use super::duration::parse_go;
use crate::objects::Pairs;

/// Prefixes that are read unless others are configured, in order of precedence.
///
/// The second is what `ExternalDNS` read before v0.22 and objects in the field still carry.
pub const DEFAULT_PREFIXES: [&str; 2] =
    ["external-dns.kubernetes.io/", "external-dns.alpha.kubernetes.io/"];

/// The only value of the `controller` annotation that means us.
const CONTROLLER: &str = "dns-controller";

/// The longest time a resolver may keep a record, in seconds ([RFC 2181]).
///
/// [RFC 2181]: https://datatracker.ietf.org/doc/html/rfc2181#section-8
pub const MAX_TTL: u64 = 2_147_483_647;

/// Families of keys that become properties of a provider: `aws-weight` is `aws/weight`.
const FAMILIES: [&str; 4] = ["aws", "coredns", "scw", "webhook"];

/// For how many unknown keys of an object the one that is meant is looked for: it may have thousands.
const MOST_GUESSES: usize = 8;

/// Keys of Cloudflare, which keep their whole annotation as the name of the property.
const CLOUDFLARE: [&str; 5] = [
    "cloudflare-custom-hostname",
    "cloudflare-proxied",
    "cloudflare-region-key",
    "cloudflare-record-comment",
    "cloudflare-tags",
];

/// Keys after the prefix; each is spelled here and nowhere else.
#[expect(missing_docs, reason = "docs/annotations says what each does")]
pub mod key {
    pub const ACCESS: &str = "access";
    pub const ALIAS: &str = "alias";
    pub const AZURE_TAGS: &str = "azure-tags";
    pub const CONTROLLER: &str = "controller";
    pub const ENDPOINTS_TYPE: &str = "endpoints-type";
    pub const GATEWAY_HOSTNAME_SOURCE: &str = "gateway-hostname-source";
    pub const HOSTNAME: &str = "hostname";
    pub const HOSTNAME_SOURCE: &str = "hostname-source";
    pub const INGRESS: &str = "ingress";
    pub const INGRESS_HOSTNAME_SOURCE: &str = "ingress-hostname-source";
    pub const INTERNAL_HOSTNAME: &str = "internal-hostname";
    pub const PRIORITY: &str = "priority";
    pub const RECORD_TYPE: &str = "record-type";
    pub const SET_IDENTIFIER: &str = "set-identifier";
    pub const TARGET: &str = "target";
    pub const TTL: &str = "ttl";

    /// Keys that choose between the names in annotations and those that an object defines.
    pub(crate) const HOSTNAME_SOURCES: [&str; 3] =
        [HOSTNAME_SOURCE, INGRESS_HOSTNAME_SOURCE, GATEWAY_HOSTNAME_SOURCE];

    /// Keys that say how records are to be, not which.
    pub(super) const SETTINGS: [&str; 4] = [ALIAS, RECORD_TYPE, SET_IDENTIFIER, TTL];

    /// Every key that is one word for one thing.
    pub(crate) const ALL: [&str; 16] = [
        ACCESS,
        ALIAS,
        AZURE_TAGS,
        CONTROLLER,
        ENDPOINTS_TYPE,
        GATEWAY_HOSTNAME_SOURCE,
        HOSTNAME,
        HOSTNAME_SOURCE,
        INGRESS,
        INGRESS_HOSTNAME_SOURCE,
        INTERNAL_HOSTNAME,
        PRIORITY,
        RECORD_TYPE,
        SET_IDENTIFIER,
        TARGET,
        TTL,
    ];
}

/// What an object's annotations say.
#[derive(Clone, Debug, Default)]
pub struct Annotations<'a> {
    /// By key after the prefix: the whole key and the value.
    given: BTreeMap<&'a str, (&'a str, &'a str)>,
    conflicts: Vec<Reason>,
}

/// Which of an object's names count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostnameSource {
    /// Those in the annotation and those that the object defines.
    Both,
    /// Those in the annotation.
    AnnotationOnly,
    /// Those that the object defines.
    DefinedHostsOnly,
}

impl<'a> Annotations<'a> {
    /// Reads the annotations that begin with one of `prefixes`; the first prefix wins a key.
    pub fn read(pairs: &'a Pairs, prefixes: &[String]) -> Self {
        let mut read = Self::default();
        for prefix in prefixes {
            for (whole, value) in pairs.iter() {
                let Some(key) = whole.strip_prefix(prefix.as_str()) else { continue };
                let (used, kept) = *read.given.entry(key).or_insert((whole, value));
                if used != whole && kept != value {
                    read.conflicts.push(Reason::AnnotationConflict {
                        used: used.to_owned(),
                        ignored: whole.to_owned(),
                    });
                }
            }
        }
        read
    }

    /// Returns these annotations, completed by how `owner` wants its records where they say nothing.
    ///
    /// That is TTL, set identifier, record type, alias and properties, not names and targets.
    #[must_use]
    pub fn or_settings(&self, owner: &Self) -> Self {
        let mut both = self.clone();
        for (key, (whole, value)) in &owner.given {
            let is_setting = key::SETTINGS.contains(key) || property_name(key, whole).is_some();
            if is_setting {
                both.given.entry(key).or_insert((whole, value));
            }
        }
        both
    }

    /// Forgets what chooses between the names in annotations and those that the object defines.
    pub(crate) fn forget_hostname_sources(&mut self) {
        self.given.retain(|key, _| !key::HOSTNAME_SOURCES.contains(key));
    }

    /// Returns the value under `key`, which is given without its prefix; it may be empty.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.given.get(key).map(|(_, value)| *value)
    }

    /// Returns the names listed under `key`, none of them validated; `None` without the annotation.
    ///
    /// An empty annotation lists one empty name, which no record can have; see [`items`].
    pub fn names(&self, key: &str) -> Option<Vec<String>> {
        self.get(key).map(|list| items(list).into_iter().map(str::to_owned).collect())
    }

    /// Returns what the `target` annotation answers with, nothing of it validated; none without it.
    ///
    /// Compat: an empty annotation is none. One of blanks and commas is a mistake: it lists one empty
    /// target, which nothing can have.
    pub fn targets(&self) -> Vec<String> {
        let list = self.get(key::TARGET).filter(|list| !list.is_empty());
        list.map(|list| items(list).into_iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Returns `key` with its prefix, or as it is when there is no such annotation.
    pub fn whole<'k>(&self, key: &'k str) -> &'k str
    where
        'a: 'k,
    {
        self.given.get(key).map_or(key, |(whole, _)| whole)
    }

    /// Returns `key` with its prefix, if its list has this item.
    pub fn listing(&self, key: &str, item: &str) -> Option<&'a str> {
        let (whole, list) = self.given.get(key)?;
        items(list).contains(&item).then_some(*whole)
    }

    /// Returns the controller that the object is for, when that is not us.
    pub fn other_controller(&self) -> Option<&'a str> {
        self.get(key::CONTROLLER).map(str::trim).filter(|controller| *controller != CONTROLLER)
    }

    /// Returns the TTL; `None` without one or with one that means nothing.
    ///
    /// A Go duration or a number of seconds, from 1 to 2147483647.
    pub fn ttl(&self) -> Option<Ttl> {
        self.get(key::TTL).and_then(ttl)
    }

    /// Returns what tells the record sets apart under a routing policy; empty without.
    pub fn set_identifier(&self) -> &'a str {
        self.get(key::SET_IDENTIFIER).unwrap_or_default()
    }

    /// Returns how much this object wants its names; 0 unless annotated.
    pub fn priority(&self) -> i32 {
        self.get(key::PRIORITY).and_then(|priority| priority.parse().ok()).unwrap_or_default()
    }

    /// Returns the provider-specific settings, sorted by name after `alias` and `record-type`.
    pub fn properties(&self) -> Properties {
        self.settings().collect()
    }

    /// Iterates over the provider-specific settings, each of another name: none has to be looked for among
    /// the others, however many an object has.
    fn settings(&self) -> impl Iterator<Item = (String, &'a str)> {
        let alias = self.get(key::ALIAS).filter(|alias| is_bool(alias));
        let alias = alias.map(|alias| (Properties::ALIAS.to_owned(), alias));
        let record_type = self.get(key::RECORD_TYPE);
        let record_type = record_type.map(|value| (Properties::RECORD_TYPE.to_owned(), value));
        let own = self.given.iter().filter_map(|(key, (whole, value))| {
            property_name(key, whole).map(|name| (name, *value))
        });
        alias.into_iter().chain(record_type).chain(own)
    }

    /// Returns the reason that how the records are to be is not known; `None` when it is.
    ///
    /// A setting that is left out is one that is taken back, so a mistake in it leaves records as they
    /// are. Settings for a provider are validated by the provider.
    pub fn unclear_setting(&self) -> Option<Reason> {
        let alias = self.get(key::ALIAS)?;
        (!is_bool(alias)).then(|| self.invalid(key::ALIAS, "`true` or `false`"))
    }

    /// Returns which names count; `keys` are the annotations that may say so, the first one wins.
    ///
    /// # Errors
    ///
    /// The value means nothing.
    pub fn hostname_source(&self, keys: &[&str]) -> Result<HostnameSource, Reason> {
        let Some(key) = keys.iter().find(|key| self.given.contains_key(**key)) else {
            return Ok(HostnameSource::Both);
        };
        match self.get(key).unwrap_or_default().to_ascii_lowercase().as_str() {
            "annotation-only" => Ok(HostnameSource::AnnotationOnly),
            "defined-hosts-only" => Ok(HostnameSource::DefinedHostsOnly),
            _ => Err(self.invalid(key, "`annotation-only` or `defined-hosts-only`")),
        }
    }

    /// Returns the reason that the value under `key` means nothing, so that what is published stays.
    pub fn invalid(&self, key: &str, expected: &str) -> Reason {
        self.meaningless(key, expected, false)
    }

    fn meaningless(&self, key: &str, expected: &str, is_ignored: bool) -> Reason {
        let (annotation, value) = self.given.get(key).copied().unwrap_or((key, ""));
        Reason::InvalidAnnotation {
            annotation: annotation.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
            is_ignored,
        }
    }

    /// Returns the reason that `key` has no effect, when it is there.
    pub fn ignored(&self, key: &str, why: &str) -> Option<Reason> {
        let (annotation, _) = self.given.get(key)?;
        Some(Reason::IgnoredAnnotation {
            annotation: (*annotation).to_owned(),
            why: why.to_owned(),
        })
    }

    /// Returns the whole keys of those that become properties of a provider.
    pub(crate) fn property_keys(&self) -> Vec<Box<str>> {
        let properties =
            self.given.iter().filter(|(key, (whole, _))| property_name(key, whole).is_some());
        properties.map(|(_, (whole, _))| Box::from(*whole)).collect()
    }

    /// Iterates over the keys that are there, without their prefix, known or not.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.given.keys().copied()
    }

    /// Tells whether `key` is there and becomes a property of a provider.
    pub fn is_property(&self, key: &str) -> bool {
        self.given.get(key).is_some_and(|(whole, _)| property_name(key, whole).is_some())
    }

    /// Returns what is wrong with the annotations, whatever reads them.
    pub fn problems(&self) -> Vec<Reason> {
        let mut problems = self.conflicts.clone();
        let mut guesses = MOST_GUESSES;
        for (key, (whole, value)) in &self.given {
            let ignored = |expected| Some(self.meaningless(key, expected, true));
            problems.extend(match *key {
                key::TTL if ttl(value).is_none() => {
                    ignored("a number of seconds from 1 to 2147483647 or a duration such as `5m`")
                }
                key::ALIAS if !is_bool(value) => Some(self.invalid(key, "`true` or `false`")),
                key::PRIORITY if value.parse::<i32>().is_err() => ignored("a whole number"),
                known if key::ALL.contains(&known) || property_name(known, whole).is_some() => None,
                other => match in_lower_case(other) {
                    Some(right) => self.ignored(key, &format!("it is not known; write `{right}`")),
                    None if guesses > 0 => {
                        guesses -= 1;
                        let right = external_dns_webhook::nearest(other, key::ALL);
                        let guess = right.map(|right| format!("; did you mean `{right}`?"));
                        let why = format!("it is not known{}", guess.unwrap_or_default());
                        self.ignored(key, &why)
                    }
                    None => self.ignored(key, "it is not known"),
                },
            });
        }
        problems
    }
}

/// Returns the TTL that `value` means; see [`Annotations::ttl`].
pub fn ttl(value: &str) -> Option<Ttl> {
    let seconds = match parse_go(value) {
        Some((true, _)) => return None,
        Some((false, duration)) => duration.as_secs(),
        None => value.strip_prefix('+').unwrap_or(value).parse().ok()?,
    };
    if seconds > MAX_TTL {
        return None;
    }
    Ttl::from_seconds(i64::try_from(seconds).ok()?)
}

fn is_bool(value: &str) -> bool {
    matches!(value, "true" | "false")
}

/// Tells whether `key`, without its prefix, is one that is understood.
pub(crate) fn is_understood(key: &str) -> bool {
    key::ALL.contains(&key) || property_name(key, key).is_some()
}

/// Returns the key that is understood and written as `key` but for upper case; `None` when there is none.
pub(crate) fn in_lower_case(key: &str) -> Option<&'static str> {
    let is_same = |known: &&&str| key != **known && key.eq_ignore_ascii_case(known);
    key::ALL.iter().find(is_same).copied()
}

fn property_name(key: &str, whole: &str) -> Option<String> {
    if key == key::AZURE_TAGS {
        return Some("azure/tags".to_owned());
    }
    if CLOUDFLARE.contains(&key) {
        return Some(whole.to_owned());
    }
    let (family, name) = key.split_once('-')?;
    (FAMILIES.contains(&family) && !name.is_empty()).then(|| format!("{family}/{name}"))
}

#[cfg(test)]
mod tests;
