//! Which rules about names are about which namespace: `--namespace-domain`, as it is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use controller_core::name_right::{DomainRule, NameRight, WithoutRule};
use external_dns_webhook::DomainFilter;

use crate::objects::Pairs;
use crate::selector::Selector;

/// One `--namespace-domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceDomain {
    whose: Whose,
    rule: Arc<DomainRule>,
}

/// Which namespaces a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    /// Those whose name matches, with `*` for any letters.
    Named(String),
    /// Those with labels that match.
    Labelled(Selector),
}

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// There is no `=` between namespaces and domains.
    #[error(
        "write a namespace, `=` and its domains, such as `team-a=a.example.com`; `team-*=…` is for \
         every namespace that begins so, and `{{team=a}}=…` for those with the label"
    )]
    NoDomains,
    /// No namespace can be called so.
    #[error(
        "no namespace can match `{0}`: their names have small letters, digits and `-`, and `*` \
         stands for any of them"
    )]
    NoNamespace(String),
    /// The selector cannot be read.
    #[error("the labels of namespaces: {0}")]
    Labels(String),
    /// One of the domains is none.
    #[error("{0}; `*` stands for every name")]
    Domain(String),
}

impl NamespaceDomain {
    /// Reads `NAMESPACE=DOMAIN[,DOMAIN]`; the namespace may have `*` in it, or be a selector of labels
    /// in braces.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidRule> {
        let text = text.trim();
        let (whose, domains) = match text.strip_prefix('{') {
            Some(rest) => labelled(rest)?,
            None => named(text)?,
        };
        let rule = DomainRule { text: text.to_owned(), domains: filter(domains)? };
        Ok(Self { whose, rule: Arc::new(rule) })
    }
}

/// Reads `SELECTOR}=DOMAINS`.
fn labelled(text: &str) -> Result<(Whose, &str), InvalidRule> {
    let (labels, domains) = text.split_once('}').ok_or(InvalidRule::NoDomains)?;
    let selector =
        Selector::labels(labels).map_err(|error| InvalidRule::Labels(error.to_string()))?;
    if labels.trim().is_empty() {
        return Err(InvalidRule::Labels("name one, such as `{team=a}`".to_owned()));
    }
    let domains = domains.trim_start().strip_prefix('=').ok_or(InvalidRule::NoDomains)?;
    Ok((Whose::Labelled(selector), domains))
}

/// Reads `NAMESPACE=DOMAINS`.
fn named(text: &str) -> Result<(Whose, &str), InvalidRule> {
    let (namespace, domains) = text.split_once('=').ok_or(InvalidRule::NoDomains)?;
    let namespace = namespace.trim();
    let is_letter = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-*".contains(letter)
    };
    if namespace.is_empty() || !namespace.chars().all(is_letter) {
        return Err(InvalidRule::NoNamespace(namespace.to_owned()));
    }
    Ok((Whose::Named(namespace.to_owned()), domains))
}

/// Returns the filter of domains with commas between them; there is one at least.
fn filter(domains: &str) -> Result<DomainFilter, InvalidRule> {
    let domains: Vec<&str> = domains.split(',').map(str::trim).collect();
    if domains == ["*"] {
        return Ok(DomainFilter::All);
    }
    let read = |domain: &&str| {
        if domain.is_empty() || *domain == "." {
            return Err(InvalidRule::NoDomains);
        }
        DomainFilter::validate(domain).map_err(|error| InvalidRule::Domain(error.to_string()))
    };
    let domains = domains.iter().map(read).collect::<Result<Vec<String>, _>>()?;
    match DomainFilter::lists(&domains, &[] as &[&str]) {
        // A filter that would let everything through was not meant.
        DomainFilter::All | DomainFilter::Nothing | DomainFilter::Patterns { .. } => {
            Err(InvalidRule::NoDomains)
        }
        filter @ DomainFilter::Lists { .. } => Ok(filter),
    }
}

/// Which namespaces may have which names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceDomains {
    /// By the name of the namespace.
    exact: BTreeMap<String, Vec<Arc<DomainRule>>>,
    patterns: Vec<(String, Arc<DomainRule>)>,
    labelled: Vec<(Selector, Arc<DomainRule>)>,
    without_rule: WithoutRule,
}

impl NamespaceDomains {
    /// Returns what `rules` say, and what applies to namespaces that none of them is about.
    pub fn new(rules: Vec<NamespaceDomain>, without_rule: WithoutRule) -> Self {
        let mut domains = Self { without_rule, ..Self::default() };
        for NamespaceDomain { whose, rule } in rules {
            match whose {
                Whose::Named(name) if name.contains('*') => domains.patterns.push((name, rule)),
                Whose::Named(name) => domains.exact.entry(name).or_default().push(rule),
                Whose::Labelled(selector) => domains.labelled.push((selector, rule)),
            }
        }
        domains
    }

    /// Tells whether any namespace is bounded: then some do not trust each other.
    pub fn is_in_use(&self) -> bool {
        *self != Self::default()
    }

    /// Tells whether the labels of namespaces matter.
    pub fn need_labels(&self) -> bool {
        !self.labelled.is_empty()
    }

    /// Returns which names the objects of `namespace` may have; `labels` are its labels, `None` when
    /// they are not known.
    pub fn right(&self, namespace: &str, labels: Option<&Pairs>) -> NameRight {
        let exact = self.exact.get(namespace).into_iter().flatten();
        let patterns = self.patterns.iter().filter(|(pattern, _)| matches(pattern, namespace));
        let mut right = NameRight {
            namespace: namespace.to_owned(),
            rules: exact.chain(patterns.map(|(_, rule)| rule)).cloned().collect(),
            maybe: Vec::new(),
            without_rule: self.without_rule,
        };
        for (selector, rule) in &self.labelled {
            match labels {
                None => right.maybe.push(Arc::clone(rule)),
                Some(labels) if selector.covers(labels) => right.rules.push(Arc::clone(rule)),
                Some(_) => {}
            }
        }
        right
    }
}

/// Tells whether `text` is of the form of `pattern`, in which `*` stands for any letters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The first place is as good as any later one.
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(rules: &[&str]) -> NamespaceDomains {
        let rules = rules.iter().map(|rule| NamespaceDomain::parse(rule).unwrap()).collect();
        NamespaceDomains::new(rules, WithoutRule::Allow)
    }

    #[test]
    fn a_pattern_is_about_the_namespaces_that_look_like_it() {
        for (pattern, text) in [
            ("team-*", "team-a"),
            ("team-*", "team-"),
            ("*", "any"),
            ("*-prod", "a-prod"),
            ("a*b*c", "a1b2c"),
            ("a*b*c", "abbc"),
            ("**", "x"),
            ("a*a", "aa"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("team-*", "team"),
            ("*-prod", "prod"),
            ("a*b*c", "acb"),
            ("a*a", "a"),
            ("a*b", "abc"),
            ("team-a", "team-ab"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_rule_that_could_let_more_through_than_was_meant_is_refused() {
        for text in [
            "",
            "team-a",
            "=a.example.com",
            "team-a=",
            "team-a=,",
            "team-a=.",
            "team-a=a.example.com,",
            "Team=a.example.com",
            "{}=a.example.com",
            "{team=a=a.example.com",
            "{team=a}a.example.com",
            "{=}=a.example.com",
            "a b=a.example.com",
            "team-a=*.example.com",
            "team-a=http://a.example.com",
            "team-a=a.example.com b.example.com",
            "team-a=*,a.example.com",
        ] {
            assert!(NamespaceDomain::parse(text).is_err(), "{text}");
        }
        for text in ["team-a=a.example.com", "*=*", " team-* = a.example.com , .b.example.com "] {
            NamespaceDomain::parse(text).unwrap();
        }
    }

    #[test]
    fn all_rules_about_a_namespace_count_together() {
        let domains = domains(&[
            "team-a=a.example.com",
            "team-*=shared.example.com",
            "{team=a}=labelled.example.com",
        ]);
        let labels: Pairs = [("team".to_owned(), "a".to_owned())].into_iter().collect();
        let may = |labels: Option<&Pairs>, name: &str| {
            domains.right("team-a", labels).check(&name.into()).is_ok()
        };
        for name in ["a.example.com", "x.shared.example.com", "labelled.example.com"] {
            assert!(may(Some(&labels), name), "{name}");
        }
        assert!(!may(Some(&Pairs::default()), "labelled.example.com"));
        assert!(!may(None, "labelled.example.com"));
        assert!(may(None, "a.example.com"), "labels can only give more");
        assert!(domains.right("other", Some(&labels)).check(&"b.example.com".into()).is_err());
    }
}
