//! Which filter leaves a name out.

use external_dns_webhook::{DnsName, DomainFilter};
use serde::Serialize;

/// Which filter leaves a name out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilteredBy {
    /// `--domain-filter`.
    DomainFilter,
    /// `--exclude-domains`.
    ExcludeDomains,
    /// `--regex-domain-filter`.
    RegexDomainFilter,
    /// `--regex-domain-exclusion`.
    RegexDomainExclusion,
    /// That of the provider.
    Provider,
}

impl FilteredBy {
    /// Tells whether `name` is left out by what `filter` excludes, and not for want of what it includes.
    pub(crate) fn is_excluded(filter: &DomainFilter, name: &DnsName) -> bool {
        matches!(Self::flag_of(filter, name), Self::ExcludeDomains | Self::RegexDomainExclusion)
    }

    /// Returns which flag it is, of those that `filter` was made of, that leaves `name` out.
    pub(crate) fn flag_of(filter: &DomainFilter, name: &DnsName) -> Self {
        let without_exclusion = match filter {
            DomainFilter::All => return Self::DomainFilter,
            DomainFilter::Nothing => return Self::RegexDomainFilter,
            DomainFilter::Lists { include, .. } => {
                DomainFilter::Lists { include: include.clone(), exclude: Vec::new() }
            }
            DomainFilter::Patterns { include, .. } => {
                DomainFilter::Patterns { include: include.clone(), exclude: None }
            }
        };
        let is_included = without_exclusion.covers(name);
        match (filter, is_included) {
            (DomainFilter::Nothing | DomainFilter::Patterns { .. }, true) => {
                Self::RegexDomainExclusion
            }
            (DomainFilter::Nothing | DomainFilter::Patterns { .. }, false) => {
                Self::RegexDomainFilter
            }
            (DomainFilter::All | DomainFilter::Lists { .. }, true) => Self::ExcludeDomains,
            (DomainFilter::All | DomainFilter::Lists { .. }, false) => Self::DomainFilter,
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::DomainFilter => "widen --domain-filter, if the name is meant to be managed",
            Self::ExcludeDomains => "narrow --exclude-domains, if the name is meant to be managed",
            Self::RegexDomainFilter => {
                "widen --regex-domain-filter, if the name is meant to be managed"
            }
            Self::RegexDomainExclusion => {
                "narrow --regex-domain-exclusion, if the name is meant to be managed"
            }
            Self::Provider => {
                "widen the filter of the provider, if the name is meant to be managed"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::Pattern;

    use super::*;
    use crate::status::Reason;

    #[test]
    fn the_next_step_names_the_flag_that_decided() {
        let lists = |exclude: &str| DomainFilter::Lists {
            include: vec!["example.com".to_owned()],
            exclude: vec![exclude.to_owned()],
        };
        let patterns = |include: &str, exclude: &str| DomainFilter::Patterns {
            include: Some(Pattern::new(include).unwrap()),
            exclude: Some(Pattern::new(exclude).unwrap()),
        };
        let name = DnsName::from("a.secret.example.com");
        for (filter, flag) in [
            (lists("secret.example.com"), "narrow --exclude-domains"),
            (patterns("example", "secret"), "narrow --regex-domain-exclusion"),
            (patterns("other", "x"), "widen --regex-domain-filter"),
        ] {
            let by = FilteredBy::flag_of(&filter, &name);
            let reason = Reason::FilteredDomain { filter: filter.to_string(), by };
            assert!(reason.hint().starts_with(flag), "{}", reason.hint());
        }
        assert!(FilteredBy::is_excluded(&lists("secret.example.com"), &name));
        assert!(!FilteredBy::is_excluded(&patterns("other", "x"), &name));
        let elsewhere = FilteredBy::flag_of(&lists("x"), &"a.example.org".into());
        assert_eq!(elsewhere, FilteredBy::DomainFilter);
    }
}
