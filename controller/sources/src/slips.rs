//! Keys that were meant for us and have no reader: a slip in the prefix, a label.

use controller_core::status::Reason;

use super::annotations::{self, DEFAULT_PREFIXES};
use crate::objects::Meta;

/// Domains in which projects of Kubernetes name their keys: no prefix is configured there.
const DOMAINS: [&str; 2] = ["kubernetes.io", "k8s.io"];

/// How many letters of a prefix are never wrong; it keeps the search short.
const SURE: usize = 3;

/// Returns what is told of the keys of an object that were meant to begin with one of `prefixes`.
pub(super) fn found(meta: &Meta, prefixes: &[String]) -> Vec<Reason> {
    let Some(first) = prefixes.first() else { return Vec::new() };
    let ignored = |annotation: &str, why: String| Reason::IgnoredAnnotation {
        annotation: annotation.to_owned(),
        why,
    };
    let mut found = Vec::new();
    for (given, _) in meta.annotations.iter() {
        if let Some(key) = meant(given, prefixes) {
            let why = format!("such a key is not read; write `{first}{key}`");
            found.push(ignored(given, why));
        }
    }
    let is_ours = |given: &str| {
        let key = prefixes.iter().find_map(|prefix| given.strip_prefix(prefix.as_str()));
        key.is_some_and(annotations::is_understood)
    };
    for (given, _) in meta.labels.iter().filter(|(given, _)| is_ours(given)) {
        let why = "it stands among the labels; put it under `metadata.annotations`".to_owned();
        found.push(ignored(given, why));
    }
    found
}

/// Returns the key, without prefix, that `given` is a slip of; `None` when it is none, or is read.
///
/// A key under the prefix that is read by default may be for another program, and so may one in a
/// domain of its own.
fn meant<'a>(given: &'a str, prefixes: &[String]) -> Option<&'a str> {
    let is_known = |prefix: &str| given.starts_with(prefix);
    if prefixes.iter().any(|prefix| is_known(prefix)) || DEFAULT_PREFIXES.into_iter().any(is_known)
    {
        return None;
    }
    let text = given.trim();
    let begins = |prefix: &str| {
        let sure = prefix.get(..SURE).unwrap_or(prefix);
        text.get(..sure.len()).is_some_and(|text| text.eq_ignore_ascii_case(sure))
    };
    let mut domains =
        prefixes.iter().map(|prefix| prefix.trim_end_matches('/')).filter(|prefix| begins(prefix));
    let mut sure = domains.clone().peekable();
    sure.peek()?;
    // A dot where the slash belongs.
    let (domain, key) = match text.split_once('/') {
        Some(parts) => parts,
        None => text.rsplit_once('.')?,
    };
    if !annotations::is_understood(key) {
        return None;
    }
    let bare = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let is_like = |prefix: &str| {
        let label = |text: &str| bare(text.split('.').next().unwrap_or_default());
        let is_theirs =
            DOMAINS.iter().any(|other| domain.ends_with(other)) || !domain.contains('.');
        domain == prefix
            || (is_theirs && label(prefix) == label(domain))
            || external_dns_webhook::nearest(domain, [prefix]).is_some()
    };
    domains.any(is_like).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(annotations: &[&str], labels: &[&str], prefixes: &[&str]) -> Vec<String> {
        let pairs = |keys: &[&str]| keys.iter().map(|key| (*key, "x")).collect();
        let meta =
            Meta { annotations: pairs(annotations), labels: pairs(labels), ..Meta::default() };
        let prefixes: Vec<_> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        found(&meta, &prefixes).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_key_with_a_slip_in_its_prefix_is_told_with_the_right_one() {
        for key in [
            "externaldns.kubernetes.io/hostname",
            "external-dns.kubernetes.io.hostname",
            "external-dns.beta.kubernetes.io/hostname",
            "external-dns/hostname",
            "external-dns.kubernets.io/hostname",
            "External-DNS.kubernetes.io/hostname",
            "external_dns.alpha.kubernetes.io/hostname",
            "external-dns.k8s.io/hostname",
            " external-dns.kubernetes.io/hostname",
        ] {
            let told = told(&[key], &[], &DEFAULT_PREFIXES);
            assert_eq!(told.len(), 1, "{key}");
            assert!(told[0].contains("write `external-dns.kubernetes.io/hostname`"), "{told:?}");
        }
    }

    #[test]
    fn keys_of_others_and_keys_that_are_read_are_not_told() {
        for key in [
            "external-dns.kubernetes.io/hostname",
            "external-dns.alpha.kubernetes.io/ttl",
            "external-dns.internal.example.com/hostname",
            "external-dns.kubernetes.io/other",
            "external-secrets.io/target",
            "example.com/hostname",
            "hostname",
            "",
        ] {
            assert!(told(&[key], &[], &DEFAULT_PREFIXES).is_empty(), "{key}");
        }
        // The keys that are read by default are for another program here.
        assert!(told(&["external-dns.kubernetes.io/hostname"], &[], &["acme.example/"]).is_empty());
        assert_eq!(told(&["acme.exmaple/hostname"], &[], &["acme.example/"]).len(), 1);
    }

    #[test]
    fn a_key_among_the_labels_is_told() {
        let told = told(&[], &["external-dns.kubernetes.io/hostname", "app"], &DEFAULT_PREFIXES);
        assert!(told.len() == 1 && told[0].contains("metadata.annotations"), "{told:?}");
    }
}
