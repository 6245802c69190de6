//! Keys and values in little memory: a large cluster has as many labels and annotations as it likes, and a
//! large zone as many ownership records as record sets.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// What ends each key and each value.
const END: char = '\0';

/// Texts by their keys, in byte order of the keys, in one piece of memory.
///
/// Nothing that is read by us holds a NUL; where one is, U+FFFD is kept in its place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Box<str>);

impl Pairs {
    /// Returns the value under `key`; it may be empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == key).map(|(_, value)| value)
    }

    /// Iterates over keys and values in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut texts = self.0.split_terminator(END);
        std::iter::from_fn(move || texts.next().zip(texts.next()))
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether every pair of `selector` is here.
    pub fn contain(&self, selector: &Self) -> bool {
        selector.iter().all(|(key, value)| self.get(key) == Some(value))
    }

    /// Returns the pairs whose key satisfies `keep`.
    #[must_use]
    pub fn filtered(self, mut keep: impl FnMut(&str) -> bool) -> Self {
        self.iter().filter(|(key, _)| keep(key)).collect()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Pairs {
    /// Of two pairs with one key the first is kept.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        pairs.dedup_by(|(a, _), (b, _)| a.as_ref() == b.as_ref());
        let mut text = String::new();
        for (key, value) in &pairs {
            for it in [key.as_ref(), value.as_ref()] {
                text.extend(
                    it.chars()
                        .map(|character| if character == END { '\u{FFFD}' } else { character }),
                );
                text.push(END);
            }
        }
        Self(text.into())
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    pairs.push((key, value));
                }
                Ok(pairs.into_iter().collect())
            }
        }

        deserializer.deserialize_any(PairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_by_their_keys_and_listed_in_their_order() {
        let pairs: Pairs = [("b", "2"), ("a", ""), ("", "0"), ("b", "later")].into_iter().collect();
        assert_eq!(pairs.iter().collect::<Vec<_>>(), [("", "0"), ("a", ""), ("b", "2")]);
        assert_eq!((pairs.get("a"), pairs.get("b"), pairs.get("c")), (Some(""), Some("2"), None));
        assert_eq!(pairs.get("2"), None, "a value is no key");
        let two: Pairs = [("a", ""), ("b", "2")].into_iter().collect();
        assert!(pairs.contain(&two) && !two.contain(&pairs));
        assert_eq!(pairs.filtered(|key| !key.is_empty()), two);
        assert!(Pairs::default().is_empty() && !two.is_empty());
    }

    #[test]
    fn a_nul_ends_nothing() {
        let pairs: Pairs = [("a\0b", "1\0"), ("c", "3")].into_iter().collect();
        let expected = [("a\u{FFFD}b", "1\u{FFFD}"), ("c", "3")];
        assert_eq!(pairs.iter().collect::<Vec<_>>(), expected);
    }
}
