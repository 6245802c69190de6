//! Spelling of the properties we understand, and what their values may be.
//!
//! Controllers send them as `aws/weight` (ours), `webhook/aws-weight` (ExternalDNS's, which drops
//! every other prefix) or plain `aws-weight` and `weight`. Whatever came in, we answer with the one
//! spelling that [`Provider::records`](external_dns_webhook::Provider::records) reports: `aws/weight`. It
//! cannot know how a caller spells, and both answers must be equal or every sync would update.

use external_dns_webhook::Properties;

/// Asks for a Route 53 alias: `true`, `false`, `A` or `AAAA`.
pub const ALIAS: &str = Properties::ALIAS;
/// Which zones get the record set: `public`, `private`, or zone ids separated by commas.
pub const ZONE: &str = "zone";
/// Prefix of every property that only Route 53 gives a meaning to.
pub const PREFIX: &str = "aws/";
/// Whether an alias answers according to the health of its target.
pub const EVALUATE_TARGET_HEALTH: &str = "aws/evaluate-target-health";
/// Zone id of an alias target that the built-in table does not know.
pub const TARGET_HOSTED_ZONE: &str = Properties::TARGET_HOSTED_ZONE;
/// Zones that have the record set, when they are not the ones its name goes to by itself.
pub const HOSTED_ZONE_ID: &str = "aws/hosted-zone-id";
/// Fingerprint of copies in several zones that differ; reported, never desired.
pub const COPIES: &str = "aws/differing-copies";
/// Health check that decides whether the record set answers.
pub const HEALTH_CHECK_ID: &str = "aws/health-check-id";
/// Weight of a weighted record set: 0 to 255.
pub const WEIGHT: &str = "aws/weight";
/// Region of a latency record set.
pub const REGION: &str = "aws/region";
/// `PRIMARY` or `SECONDARY`.
pub const FAILOVER: &str = "aws/failover";
/// Marks a multivalue answer record set; its value is empty.
pub const MULTI_VALUE_ANSWER: &str = "aws/multi-value-answer";
/// Continent of a geolocation record set.
pub const CONTINENT: &str = "aws/geolocation-continent-code";
/// Country of a geolocation record set; `*` for all others.
pub const COUNTRY: &str = "aws/geolocation-country-code";
/// State of a geolocation record set, within a country.
pub const SUBDIVISION: &str = "aws/geolocation-subdivision-code";
/// AWS region of a geoproximity record set.
pub const PROXIMITY_REGION: &str = "aws/geoproximity-region";
/// Local zone group of a geoproximity record set.
pub const PROXIMITY_LOCAL_ZONE_GROUP: &str = "aws/geoproximity-local-zone-group";
/// `latitude,longitude` of a geoproximity record set.
pub const PROXIMITY_COORDINATES: &str = "aws/geoproximity-coordinates";
/// Bias of a geoproximity record set: -99 to 99.
pub const PROXIMITY_BIAS: &str = "aws/geoproximity-bias";
/// Collection of an IP-based record set.
pub const CIDR_COLLECTION: &str = "aws/cidr-collection-id";
/// Location of an IP-based record set within its collection; `*` for all others.
pub const CIDR_LOCATION: &str = "aws/cidr-location-name";

const KNOWN: [&str; 21] = [
    ALIAS,
    ZONE,
    EVALUATE_TARGET_HEALTH,
    TARGET_HOSTED_ZONE,
    HOSTED_ZONE_ID,
    COPIES,
    HEALTH_CHECK_ID,
    WEIGHT,
    REGION,
    FAILOVER,
    MULTI_VALUE_ANSWER,
    CONTINENT,
    COUNTRY,
    SUBDIVISION,
    PROXIMITY_REGION,
    PROXIMITY_LOCAL_ZONE_GROUP,
    PROXIMITY_COORDINATES,
    PROXIMITY_BIAS,
    CIDR_COLLECTION,
    CIDR_LOCATION,
    "aws/zone",
];

/// A property whose value cannot be what its author meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("property `{name}` is `{value}`: {problem}")]
pub struct InvalidProperty {
    /// Canonical spelling of the name.
    pub name: &'static str,
    /// The value that was sent.
    pub value: String,
    /// What it should be, in a few words.
    pub problem: String,
}

impl InvalidProperty {
    /// Returns the complaint that `name` must not be `value`.
    pub fn new(name: &'static str, value: &str, problem: impl Into<String>) -> Self {
        Self { name, value: value.to_owned(), problem: problem.into() }
    }
}

/// Properties that mean nothing, or two things at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProperties {
    /// A property that is for Route 53 and that we do not know.
    #[error("property `{name}` is not known: {hint}")]
    Unknown {
        /// The name that was sent.
        name: String,
        /// What it may have been meant to be.
        hint: String,
    },
    /// One property in two spellings, with different values.
    #[error(
        "properties `{one}` and `{other}` are two spellings of one, and say `{says}` and `{says_other}`; \
         keep one of them"
    )]
    Twofold {
        /// The spelling that came first.
        one: String,
        /// Its value.
        says: String,
        /// The other spelling.
        other: String,
        /// Its value.
        says_other: String,
    },
}

/// Checks that every property for Route 53 is one that we know and says one thing.
///
/// What a person has mistyped must not read as if it were not there: the record set would change to
/// what it is without it. Properties for others are no concern of ours.
///
/// # Errors
///
/// Returns the property that is wrong, and the one that it may have been meant to be.
pub fn check(properties: &Properties) -> Result<(), BadProperties> {
    let mut seen: Vec<(&str, &str, &str)> = Vec::new();
    for (name, value) in properties.iter() {
        let value = value.trim();
        let Some(known) = canonical_name(name) else {
            match bare_name(name) {
                Some(bare) => return Err(unknown(name, bare)),
                None => continue,
            }
        };
        match seen.iter().find(|(seen, ..)| *seen == known) {
            Some((_, one, says)) if *says != value => {
                return Err(BadProperties::Twofold {
                    one: (*one).to_owned(),
                    says: (*says).to_owned(),
                    other: name.to_owned(),
                    says_other: value.to_owned(),
                });
            }
            Some(_) => {}
            None => seen.push((known, name, value)),
        }
    }
    Ok(())
}

/// Returns a name without the prefix that makes it one for Route 53; `None` when it has none.
fn bare_name(name: &str) -> Option<&str> {
    let prefixes = ["webhook/aws-", "webhook/aws/", "webhook/", PREFIX, "aws-"];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))
}

fn unknown(name: &str, bare: &str) -> BadProperties {
    let can_be_desired = |known: &&&str| !["aws/zone", COPIES].contains(*known);
    let known = || {
        let known = KNOWN.iter().filter(can_be_desired);
        known.map(|known| known.strip_prefix(PREFIX).unwrap_or(known))
    };
    let lower = bare.to_ascii_lowercase();
    // `hosted-zone` is short for `hosted-zone-id`, however many letters that is away.
    let begins_so = || {
        let mut longer = known().filter(|known| lower.len() > 3 && known.starts_with(&lower));
        longer.next().filter(|_| longer.next().is_none())
    };
    let hint =
        if let Some(meant) = begins_so().or_else(|| external_dns_webhook::nearest(bare, known())) {
            let prefix = name.strip_suffix(bare).unwrap_or(PREFIX);
            format!("use `{prefix}{meant}`, or remove it")
        } else {
            let all: Vec<_> = known().collect();
            format!("remove it, or use one of {}", all.join(", "))
        };
    BadProperties::Unknown { name: name.to_owned(), hint }
}

/// Reads a property that is `true` or `false`; `None` when it is not there.
///
/// # Errors
///
/// Returns an error for every other value, in capitals or empty too: the user who wrote it meant
/// something, and a default could be the opposite.
pub fn flag(properties: &Properties, name: &'static str) -> Result<Option<bool>, InvalidProperty> {
    match properties.get(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(InvalidProperty::new(name, other, "use `true` or `false`")),
    }
}

/// Reads a property that names something; `None` when it is not there.
///
/// # Errors
///
/// Returns an error when it is empty.
pub fn named<'a>(
    properties: &'a Properties,
    name: &'static str,
) -> Result<Option<&'a str>, InvalidProperty> {
    match properties.get(name) {
        Some("") => Err(InvalidProperty::new(name, "", "give a value, or remove the property")),
        other => Ok(other),
    }
}

/// Reads a whole number without a sign other than a minus; `None` when it is none or out of range.
pub fn whole_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(is_digit).then(|| text.parse().ok()).flatten()
}

/// Returns the canonical spelling of a property; `None` when it is not one of ours.
pub fn canonical_name(name: &str) -> Option<&'static str> {
    let bare = bare_name(name).unwrap_or(name);
    let known = KNOWN.into_iter().find(|name| name.strip_prefix(PREFIX).unwrap_or(name) == bare)?;
    Some(if known == "aws/zone" { ZONE } else { known })
}

/// Returns the properties we understand, in canonical spelling and in the order they came in.
///
/// When one is spelled in several ways, the first wins; [`check`] refuses what differs. Others are
/// left out, since we could never report them back.
pub fn canonical(properties: &Properties) -> Properties {
    let mut canonical = Properties::default();
    for (name, value) in properties.iter() {
        match canonical_name(name) {
            Some(known) if canonical.get(known).is_none() => canonical.set(known, value.trim()),
            Some(_) | None => {}
        }
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_means_the_same_property() {
        for name in ["aws/weight", "webhook/aws-weight", "webhook/weight", "aws-weight", "weight"] {
            assert_eq!(canonical_name(name), Some(WEIGHT), "{name}");
        }
        for name in ["alias", "aws/alias", "webhook/alias", "webhook/aws-alias"] {
            assert_eq!(canonical_name(name), Some(ALIAS), "{name}");
        }
        for name in ["zone", "aws/zone", "webhook/zone", "webhook/aws-zone"] {
            assert_eq!(canonical_name(name), Some(ZONE), "{name}");
        }
        assert_eq!(canonical_name("cloudflare/proxied"), None);
        assert_eq!(canonical_name("txt/force-update"), None);
    }

    #[test]
    fn a_property_that_is_not_known_is_told_with_the_one_that_was_meant() {
        for (sent, meant) in [
            ("aws/zones", "`aws/zone`"),
            ("aws/Zone", "`aws/zone`"),
            ("webhook/aws-zones", "`webhook/aws-zone`"),
            ("aws/hosted-zone", "`aws/hosted-zone-id`"),
            ("aws/evaluate-target-helath", "`aws/evaluate-target-health`"),
            ("aws/wieght", "`aws/weight`"),
            ("aws-wieght", "`aws-weight`"),
            ("aws/", "one of "),
            ("webhook/junk", "one of alias, zone, evaluate-target-health"),
        ] {
            let error = check(&Properties::from_iter([(sent, "x")])).unwrap_err().to_string();
            assert!(error.contains(&format!("`{sent}`")) && error.contains(meant), "{error}");
        }
    }

    #[test]
    fn every_property_that_we_know_or_that_is_for_others_is_fine() {
        let bare = KNOWN.iter().map(|known| known.strip_prefix(PREFIX).unwrap_or(known));
        for bare in bare {
            for prefix in ["aws/", "webhook/aws-", "webhook/aws/", "webhook/", "aws-", ""] {
                let name = format!("{prefix}{bare}");
                assert_eq!(check(&Properties::from_iter([(name.as_str(), "x")])), Ok(()), "{name}");
            }
        }
        for name in ["record-type", "cloudflare/proxied", "txt/force-update", "scw/x", "wieght"] {
            assert_eq!(check(&Properties::from_iter([(name, "x")])), Ok(()), "{name}");
        }
    }

    #[test]
    fn every_property_that_can_be_desired_is_on_the_page_of_annotations() {
        let page = include_str!("../../proto-docs/annotations.md");
        for known in KNOWN.iter().filter(|known| **known != COPIES) {
            let bare = known.strip_prefix(PREFIX).unwrap_or(known);
            assert!(page.contains(&format!("`aws-{bare}`")) || *known == ALIAS, "{known}");
        }
    }

    #[test]
    fn two_spellings_of_one_property_must_agree() {
        let sent = Properties::from_iter([("aws/weight", "1"), ("weight", " 1 ")]);
        assert_eq!(check(&sent), Ok(()));
        for (one, other) in [("aws/weight", "weight"), ("zone", "webhook/aws-zone")] {
            let sent = Properties::from_iter([(one, "1"), (other, "2")]);
            let error = check(&sent).unwrap_err().to_string();
            for words in [format!("`{one}`"), format!("`{other}`"), "`1` and `2`".to_owned()] {
                assert!(error.contains(&words), "{error}");
            }
        }
    }

    #[test]
    fn the_first_of_two_spellings_wins_and_strangers_are_left_out() {
        let sent = Properties::from_iter([
            ("webhook/aws-weight", " 10 "),
            ("aws/weight", "20"),
            ("record-type", "A"),
        ]);
        assert_eq!(canonical(&sent), Properties::from_iter([(WEIGHT, "10")]));
    }
}
