//! How much one object may want: a user who may write objects must not be able to stop the
//! controller for everyone else.

use std::collections::HashSet;

use controller_core::status::Reason;
use external_dns_webhook::{Endpoint, Properties};

/// How many values an object may want for each name that it may have.
///
/// Names and values can be multiplied with each other: a list of names in one annotation with a
/// list of targets in another.
const VALUES_PER_NAME: usize = 100;

/// How many bytes the record sets of an object may take for each name that it may have.
///
/// A hundred addresses with their settings and labels take less.
const BYTES_PER_NAME: usize = 8 << 10;

/// How many settings for a provider a record set may have.
const MOST_PROPERTIES: usize = 64;

/// How long a setting for a provider, and a set identifier, may be, in bytes.
///
/// They are told with every record set of the object. Of those that Route 53 knows the longest are
/// set identifiers of 128 characters:
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>.
const MOST_SETTING_BYTES: usize = 1 << 10;

/// What one object wants, as far as it was counted.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Most names; 0 for no bound.
    most: usize,
    /// Names that are desired, in lower case; all of them are counted, also those beyond.
    names: HashSet<Box<str>>,
    /// Names with a set identifier: a name counts once for each.
    sets: HashSet<(Box<str>, Box<str>)>,
    values: usize,
    bytes: usize,
}

impl Bounds {
    /// Returns a count of nothing; `most` names are allowed, or any number with 0.
    pub(super) fn new(most: usize) -> Self {
        Self { most, names: HashSet::new(), sets: HashSet::new(), values: 0, bytes: 0 }
    }

    /// Counts that `name` is desired with so many `values`; tells whether all that was counted is
    /// within bounds.
    ///
    /// A name counts once, in whatever case and with or without its final dot.
    pub(super) fn admit(&mut self, name: &str, values: usize) -> bool {
        if self.most == 0 {
            return true;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        if !is_lower || !self.names.contains(name) {
            self.names.insert(name.to_ascii_lowercase().into());
        }
        self.values = self.values.saturating_add(values);
        self.are_kept()
    }

    /// Counts a record set of `name`, which counts once for each set identifier.
    pub(super) fn admit_set(&mut self, name: &str, set_identifier: &str, values: usize) -> bool {
        if self.most != 0 && !set_identifier.is_empty() {
            self.sets.insert((name.to_ascii_lowercase().into(), set_identifier.into()));
        }
        self.admit(name, values)
    }

    /// Counts what a record set takes; tells whether all that was counted is within bounds.
    pub(super) fn weigh(&mut self, endpoint: &Endpoint) -> bool {
        let settings = endpoint.properties.iter().chain(endpoint.labels.iter());
        let settings: usize = settings.map(|(name, value)| name.len() + value.len()).sum();
        let targets: usize = endpoint.targets.iter().map(str::len).sum();
        let own = endpoint.dns_name.as_str().len() + endpoint.set_identifier.len();
        self.weigh_bytes(own + settings + targets)
    }

    /// Counts that a record set takes so many bytes more.
    pub(super) fn weigh_bytes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.are_kept()
    }

    /// Tells whether all that was counted is within bounds.
    pub(super) fn are_kept(&self) -> bool {
        self.most == 0
            || (self.names() <= self.most
                && self.values <= self.most_values()
                && self.bytes <= self.most_bytes())
    }

    /// Returns the reason not to take what is desired; `None` when it is within bounds.
    pub(super) fn broken(&self) -> Option<Reason> {
        if self.are_kept() {
            return None;
        }
        let (names, most) = (self.names(), self.most);
        Some(if names > most {
            Reason::TooManyNames { names, most }
        } else if self.values > self.most_values() {
            Reason::TooManyTargets { targets: self.values, most: self.most_values() }
        } else {
            Reason::TooManyBytes { bytes: self.bytes, most: self.most_bytes() }
        })
    }

    fn names(&self) -> usize {
        self.names.len().max(self.sets.len())
    }

    fn most_values(&self) -> usize {
        self.most.saturating_mul(VALUES_PER_NAME)
    }

    fn most_bytes(&self) -> usize {
        self.most.saturating_mul(BYTES_PER_NAME)
    }
}

/// Tells what is larger about a record set's settings than any DNS needs; `None` when nothing is.
pub(super) fn excess(properties: &Properties, set_identifier: &str) -> Option<String> {
    let most = MOST_SETTING_BYTES;
    if properties.len() > MOST_PROPERTIES {
        let count = properties.len();
        return Some(format!(
            "it has {count} settings for a provider, and a record set may have {MOST_PROPERTIES}"
        ));
    }
    if set_identifier.len() > most {
        let bytes = set_identifier.len();
        return Some(format!("its set identifier has {bytes} bytes, and one may have {most}"));
    }
    let (name, value) =
        properties.iter().find(|(name, value)| name.len() > most || value.len() > most)?;
    let bytes = name.len().max(value.len());
    let shown: String = name.chars().take(100).collect();
    Some(format!("its setting `{shown}` has {bytes} bytes, and one may have {most}"))
}

/// Returns `names` without those that come again; the first of each stays in its place.
pub(super) fn distinct(mut names: Vec<String>) -> Vec<String> {
    if names.len() > 1 {
        let mut seen = HashSet::with_capacity(names.len());
        let is_first: Vec<bool> = names.iter().map(|name| seen.insert(name.as_str())).collect();
        drop(seen);
        let mut is_first = is_first.into_iter();
        names.retain(|_| is_first.next().unwrap_or(true));
    }
    names
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::RecordType;

    use super::*;

    #[test]
    fn a_name_counts_once_however_it_is_spelled() {
        let mut bounds = Bounds::new(2);
        for name in ["a.example.com", "A.Example.com", "a.example.com.", "b.example.com"] {
            assert!(bounds.admit(name, 1), "{name}");
        }
        assert_eq!(bounds.broken(), None);
        assert!(!bounds.admit("c.example.com", 1));
        assert!(!bounds.admit("a.example.com", 1), "what is desired already does not repair it");
        assert_eq!(bounds.broken(), Some(Reason::TooManyNames { names: 3, most: 2 }));
    }

    #[test]
    fn names_times_targets_are_bounded_too() {
        let mut bounds = Bounds::new(2);
        assert!(bounds.admit("a.example.com", 200));
        assert!(!bounds.admit("b.example.com", usize::MAX));
        let broken = bounds.broken();
        assert_eq!(broken, Some(Reason::TooManyTargets { targets: usize::MAX, most: 200 }));
    }

    #[test]
    fn a_name_counts_once_for_each_set_identifier() {
        let mut bounds = Bounds::new(2);
        for set in ["", "a", "b", "a", ""] {
            assert!(bounds.admit_set("www.example.com", set, 1), "{set}");
        }
        assert!(!bounds.admit_set("www.example.com", "c", 1));
        assert_eq!(bounds.broken(), Some(Reason::TooManyNames { names: 3, most: 2 }));
    }

    #[test]
    fn settings_that_no_dns_needs_are_told() {
        let mut properties = Properties::default();
        properties.set("aws/weight", "10");
        assert_eq!(excess(&properties, &"s".repeat(128)), None);
        assert!(excess(&properties, &"s".repeat(1_025)).unwrap().contains("1025 bytes"));
        properties.set("webhook/note", "v".repeat(35_000));
        assert!(excess(&properties, "").unwrap().contains("`webhook/note` has 35000 bytes"));
        properties.set("webhook/note", "");
        for count in 0..63 {
            properties.set(format!("webhook/{count}"), "v");
        }
        assert!(excess(&properties, "").unwrap().contains("65 settings"));
    }

    #[test]
    fn what_a_name_brings_along_is_bounded_for_all_names_together() {
        let mut bounds = Bounds::new(2);
        let endpoint = Endpoint::new("a.example.com", RecordType::Txt, ["v".repeat(9_000)]);
        assert!(bounds.weigh(&endpoint));
        assert!(!bounds.weigh(&endpoint));
        let broken = bounds.broken();
        assert_eq!(broken, Some(Reason::TooManyBytes { bytes: 18_026, most: 16_384 }));
    }

    #[test]
    fn nothing_is_counted_without_a_bound() {
        let mut bounds = Bounds::new(0);
        for count in 0..5_000 {
            assert!(bounds.admit(&count.to_string(), usize::MAX));
        }
        assert_eq!(bounds.broken(), None);
        assert!(bounds.names.is_empty());
    }

    #[test]
    fn names_that_come_again_are_left_out_and_the_order_stays() {
        let names = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(distinct(names("b a b c a")), names("b a c"));
        assert_eq!(distinct(names("b")), names("b"));
        assert_eq!(distinct(Vec::new()), Vec::<String>::new());
    }
}
