//! The values of a record set, and when two lists of them give the same answer.

use std::net::IpAddr;

use serde::Serialize;

use crate::RecordType;

/// Values of a record set, in the order they arrived in; `==` is exact.
///
/// Whether two lists answer the same is [`answers_like`](Self::answers_like).
///
/// ```
/// use external_dns_webhook::{RecordType, Targets};
///
/// let desired = Targets::from(["2001:db8::1"]);
/// let current = Targets::from(["2001:0DB8:0::1"]);
/// assert!(desired.answers_like(&current, &RecordType::Aaaa));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Targets(pub(crate) Vec<String>);

impl Targets {
    /// Iterates over the values in the order they arrived in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the first value, the only one that a CNAME or an alias can have.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the values sorted and without exact duplicates.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort();
        self.0.dedup();
        self
    }

    /// Tells whether both lists give the same answer for `record_type`, whatever their order.
    ///
    /// Addresses are compared as addresses. Names are compared without case and without one final
    /// dot. Text (TXT) is compared to the letter, but quotes around it and the places where it is
    /// split into strings do not count: DNS joins them (RFC 7208, 3.3). Types whose values hold
    /// expressions or foreign names (NAPTR, CAA) are compared to the letter.
    pub fn answers_like(&self, other: &Self, record_type: &RecordType) -> bool {
        let canonical = |targets: &Self| {
            let mut all: Vec<_> =
                targets.iter().map(|target| canonical(target, record_type)).collect();
            all.sort();
            all
        };
        self.len() == other.len() && (self == other || canonical(self) == canonical(other))
    }
}

fn canonical(target: &str, record_type: &RecordType) -> String {
    match record_type {
        RecordType::Txt => return text(target),
        RecordType::Naptr | RecordType::Caa => return target.to_owned(),
        RecordType::A
        | RecordType::Aaaa
        | RecordType::Cname
        | RecordType::Dname
        | RecordType::Mx
        | RecordType::Ns
        | RecordType::Ptr
        | RecordType::Srv
        | RecordType::Other(_) => {}
    }
    if let Ok(address) = target.parse::<IpAddr>() {
        return address.to_string();
    }
    target.strip_suffix('.').unwrap_or(target).to_lowercase()
}

/// Returns the text of a TXT value: its quoted strings joined, or the value itself if it has none.
fn text(target: &str) -> String {
    let Some(quoted) = target.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return target.to_owned();
    };
    let mut text = String::with_capacity(quoted.len());
    let mut inside = true;
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            // An escaped character stands for itself, a quote that ends no string above all.
            '\\' if inside => text.extend(characters.next()),
            '"' => inside = !inside,
            other if inside => text.push(other),
            // Blanks between two strings are no part of either.
            _ => {}
        }
    }
    text
}

impl From<Vec<String>> for Targets {
    fn from(targets: Vec<String>) -> Self {
        Self(targets)
    }
}

impl<const N: usize> From<[&str; N]> for Targets {
    fn from(targets: [&str; N]) -> Self {
        targets.into_iter().collect()
    }
}

impl<const N: usize> From<[String; N]> for Targets {
    fn from(targets: [String; N]) -> Self {
        Self(targets.into())
    }
}

impl<T: Into<String>> FromIterator<T> for Targets {
    fn from_iter<I: IntoIterator<Item = T>>(targets: I) -> Self {
        Self(targets.into_iter().map(Into::into).collect())
    }
}

impl IntoIterator for Targets {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<const N: usize, const M: usize>(a: [&str; N], b: [&str; M]) -> bool {
        Targets::from(a).answers_like(&Targets::from(b), &RecordType::default())
    }

    #[test]
    fn the_same_answers_in_other_spellings_are_the_same() {
        assert!(same([""], [""]));
        assert!(same(["example.org", "EXAMPLE.ORG"], ["EXAMPLE.ORG", "example.org"]));
        assert!(same(["::1", "dd:dd::01"], ["dd:00dd::0001", "::0001"]));
        assert!(same(["a", "B"], ["b", "A"]));
        assert!(same(
            ["::1", "1.1.1.1", "2600.com", "3.3.3.3"],
            ["2600.com", "::0001", "3.3.3.3", "1.1.1.1"]
        ));
    }

    #[test]
    fn a_difference_after_the_first_address_is_seen() {
        assert!(!same(["2001:db8::1", "2001:db8::2"], ["2001:0db8::1", "2001:db8::3"]));
        assert!(!same(["1.2.3.4"], ["4.3.2.1"]));
        assert!(!same(["1.2.3.4"], ["1.2.3.4", "4.3.2.1"]));
        assert!(!same(["1.2.3.4", "4.3.2.1"], ["1.2.3.4"]));
        assert!(!same(["1.2.3.4", "4.3.2.1"], ["8.8.8.8", "8.8.4.4"]));
        assert!(!same(["::1", "2600.com", "3.3.3.3"], ["2600.com", "3.3.3.3", "1.1.1.1"]));
    }

    #[test]
    fn text_is_compared_without_its_quotes_and_splits() {
        let same = |a: &str, b: &str| {
            Targets::from([a]).answers_like(&Targets::from([b]), &RecordType::Txt)
        };
        assert!(same("v=spf1 -all", "\"v=spf1 -all\""));
        assert!(same("\"v=DKIM1; p=AB\" \"CD\"", "\"v=DKIM1; p=ABCD\""));
        assert!(same("\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\""));
        assert!(!same("\"a b\"", "\"ab\""));
        assert!(!same("\"a\" \"b\"", "\"a b\""));
    }

    #[test]
    fn addresses_of_different_families_are_different() {
        assert!(!same(["::ffff:1.2.3.4"], ["1.2.3.4"]));
        assert!(same(["2001:db8::1"], ["2001:0DB8:0:0:0:0:0:1"]));
        assert!(same(["a."], ["a"]));
        assert!(Targets::default().answers_like(&Targets::default(), &RecordType::A));
    }

    #[test]
    fn the_final_dot_of_a_mail_host_does_not_matter_and_its_preference_does() {
        let same = |a: &str, b: &str| {
            Targets::from([a]).answers_like(&Targets::from([b]), &RecordType::Mx)
        };
        assert!(same("10 Mail.example.com.", "10 mail.example.com"));
        assert!(!same("10 mail.example.com", "20 mail.example.com"));
    }

    #[test]
    fn a_change_of_case_in_text_is_a_change() {
        let (upper, lower) = (Targets::from(["ABC"]), Targets::from(["abc"]));
        assert!(!upper.answers_like(&lower, &RecordType::Txt));
        assert!(upper.answers_like(&lower, &RecordType::Cname));
    }
}
