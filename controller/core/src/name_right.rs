//! Which names the objects of a namespace may have: the one gate that every name passes.
//!
//! Rules give domains to namespaces. A namespace that a rule is about may have names in the domains
//! of its rules and no others; any other namespace has what is set for those without a rule. The
//! namespace is that of the object that wants the name, whatever it refers to. Objects of the whole
//! cluster, such as nodes, are in no namespace, and anyone who may write them is not bounded.

use std::sync::Arc;

use external_dns_webhook::{DnsName, DomainFilter};

use crate::status::Reason;

/// What is set for a namespace that no rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutRule {
    /// It may have any name.
    #[default]
    Allow,
    /// It may have none.
    Deny,
}

/// Some namespaces and the domains that they may have names in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRule {
    /// The rule as it was written.
    pub text: String,
    /// The names; [`DomainFilter::All`] for any.
    pub domains: DomainFilter,
}

/// Which names the objects of one namespace may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameRight {
    /// The namespace.
    pub namespace: String,
    /// The rules that are about it.
    pub rules: Vec<Arc<DomainRule>>,
    /// The rules of which it is not known whether they are.
    pub maybe: Vec<Arc<DomainRule>>,
    /// What holds when no rule is.
    pub without_rule: WithoutRule,
}

/// Why a name is not to be desired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barred {
    /// The namespace may not have it.
    NotAllowed(Reason),
    /// Whether it may is not known, since it is not known which rules are about the namespace.
    Unknown,
}

impl NameRight {
    /// Tells whether an object of the namespace may have `name`.
    ///
    /// # Errors
    ///
    /// It may not, or nobody knows.
    pub fn check(&self, name: &DnsName) -> Result<(), Barred> {
        let covers = |rule: &Arc<DomainRule>| rule.domains.covers(name);
        if self.rules.iter().any(covers) {
            return Ok(());
        }
        let (may_allow, may_bar) =
            (self.maybe.iter().any(covers), self.maybe.iter().any(|rule| !covers(rule)));
        match (self.rules.is_empty(), self.without_rule) {
            (true, WithoutRule::Allow) if !may_bar => Ok(()),
            (true, WithoutRule::Allow) => Err(Barred::Unknown),
            (true, WithoutRule::Deny) | (false, _) if may_allow => Err(Barred::Unknown),
            (true, WithoutRule::Deny) | (false, _) => Err(Barred::NotAllowed(self.reason())),
        }
    }

    fn reason(&self) -> Reason {
        let rules: Vec<_> =
            self.rules.iter().map(|rule| format!("--namespace-domain={}", rule.text)).collect();
        let rule = match rules.as_slice() {
            [] => "--namespace-domain-default=deny".to_owned(),
            rules => rules.join(" "),
        };
        Reason::NamespaceNotAllowed { namespace: self.namespace.clone(), rule }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(domains: &[&str]) -> Arc<DomainRule> {
        let none: [&str; 0] = [];
        let text = format!("team-a={}", domains.join(","));
        Arc::new(DomainRule { text, domains: DomainFilter::lists(domains, none) })
    }

    fn may(right: &NameRight, name: &str) -> Option<bool> {
        match right.check(&DnsName::from(name)) {
            Ok(()) => Some(true),
            Err(Barred::NotAllowed(_)) => Some(false),
            Err(Barred::Unknown) => None,
        }
    }

    fn right(rules: &[&[&str]]) -> NameRight {
        let rules = rules.iter().map(|domains| rule(domains)).collect();
        NameRight { namespace: "team-a".to_owned(), rules, ..NameRight::default() }
    }

    #[test]
    fn no_spelling_of_a_name_gets_past_the_domains_of_its_namespace() {
        let right = right(&[&["a.example.com", "bücher.example"]]);
        for name in [
            "a.example.com",
            "www.a.example.com",
            "WWW.A.EXAMPLE.COM",
            "www.a.example.com.",
            "*.a.example.com",
            "xn--bcher-kva.example",
            "www.BÜCHER.example",
        ] {
            assert_eq!(may(&right, name), Some(true), "{name}");
        }
        for name in [
            "b.example.com",
            "example.com",
            "*.example.com",
            "*",
            "xa.example.com",
            "a.example.com.evil.org",
            "A.EXAMPLE.COM.b.example.com.",
            "bucher.example",
        ] {
            assert_eq!(may(&right, name), Some(false), "{name}");
        }
    }

    #[test]
    fn a_namespace_without_a_rule_has_what_is_set_for_those() {
        let none = right(&[]);
        assert_eq!(may(&none, "www.example.com"), Some(true));
        let deny = NameRight { without_rule: WithoutRule::Deny, ..none };
        assert_eq!(may(&deny, "www.example.com"), Some(false));
        let Err(Barred::NotAllowed(reason)) = deny.check(&"www.example.com".into()) else {
            unreachable!()
        };
        assert!(reason.to_string().contains("--namespace-domain-default=deny"), "{reason}");
    }

    const DOMAINS: [&str; 4] =
        ["a.example.com", "b.example.com", ".example.com", "x.a.example.com"];

    fn rules() -> impl Strategy<Value = Vec<Arc<DomainRule>>> {
        let domains = prop::sample::subsequence(DOMAINS.to_vec(), 1..3);
        prop::collection::vec(domains.prop_map(|domains| rule(&domains)), 0..3)
    }

    proptest! {
        /// Reviewed by taking rules that may be about the namespace for ones that are not.
        #[test]
        fn what_is_not_known_is_decided_only_where_every_answer_decides_alike(
            rules in rules(), maybe in rules(), deny in any::<bool>(),
            name in prop::sample::select(vec!["a.example.com", "w.x.a.example.com", "example.com", "b.example.com"]),
        ) {
            let without_rule = if deny { WithoutRule::Deny } else { WithoutRule::Allow };
            let namespace = "team-a".to_owned();
            let right = NameRight { namespace, rules, maybe: maybe.clone(), without_rule };
            let worlds = (0..1_usize << maybe.len()).map(|chosen| {
                let about = maybe.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
                let about = about.map(|(_, rule)| Arc::clone(rule));
                let rules = right.rules.iter().cloned().chain(about).collect();
                may(&NameRight { rules, maybe: Vec::new(), ..right.clone() }, name)
            });
            let worlds: std::collections::BTreeSet<_> = worlds.collect();
            let certain = if worlds.len() == 1 { worlds.first().copied().flatten() } else { None };
            prop_assert_eq!(may(&right, name), certain);
        }
    }
}
