//! How much one object may ask for: whoever may write objects must not be able to stop the
//! controller for everyone else.

use std::collections::HashSet;

use controller_core::verdict::Reason;

/// How many values an object may ask for to each name that it may have.
///
/// Names and values can be multiplied with each other: a list of names in one annotation with a
/// list of targets in another.
const VALUES_PER_NAME: usize = 100;

/// What one object has asked for so far.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Most names; 0 for no bound.
    most: usize,
    /// Names as they were asked for, in lower case; all of them are counted, also those beyond.
    names: HashSet<Box<str>>,
    /// Names with a set identifier: a name counts once for each.
    sets: HashSet<(Box<str>, Box<str>)>,
    values: usize,
}

impl Bounds {
    /// Returns a count of nothing; `most` names are allowed, or any number with 0.
    pub(super) fn new(most: usize) -> Self {
        Self { most, names: HashSet::new(), sets: HashSet::new(), values: 0 }
    }

    /// Counts that `name` is asked for with so many `values`; tells whether all that was counted is
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

    /// Tells whether all that was counted is within bounds.
    pub(super) fn are_kept(&self) -> bool {
        self.most == 0 || (self.names() <= self.most && self.values <= self.most_values())
    }

    /// Returns the reason not to take what was asked for; `None` when it is within bounds.
    pub(super) fn broken(&self) -> Option<Reason> {
        if self.are_kept() {
            return None;
        }
        let (names, most) = (self.names(), self.most);
        Some(if names > most {
            Reason::TooManyNames { names, most }
        } else {
            Reason::TooManyTargets { targets: self.values, most: self.most_values() }
        })
    }

    fn names(&self) -> usize {
        self.names.len().max(self.sets.len())
    }

    fn most_values(&self) -> usize {
        self.most.saturating_mul(VALUES_PER_NAME)
    }
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
    use super::*;

    #[test]
    fn a_name_counts_once_however_it_is_spelled() {
        let mut bounds = Bounds::new(2);
        for name in ["a.example.com", "A.Example.com", "a.example.com.", "b.example.com"] {
            assert!(bounds.admit(name, 1), "{name}");
        }
        assert_eq!(bounds.broken(), None);
        assert!(!bounds.admit("c.example.com", 1));
        assert!(!bounds.admit("a.example.com", 1), "what is asked again does not mend it");
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
