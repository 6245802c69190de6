//! Which host a listener and a route have in common.

use std::net::IpAddr;

use external_dns_webhook::CanonicalName;

/// A host name, perhaps with a wildcard in front, as listeners and routes compare it; empty for every
/// host.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host(CanonicalName);

impl Host {
    /// Reads a host name: RFC 1123 as Gateway API has it, and what annotations may have, with
    /// underscores and in any script.
    ///
    /// `None` when it is none, such as an IP address.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        if text.contains(char::is_whitespace) {
            return None;
        }
        let host = CanonicalName::from(text);
        let name = host.strip_prefix("*.").unwrap_or(&host);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_host =
            name.parse::<IpAddr>().is_err() && host.len() <= 253 && name.split('.').all(is_label);
        is_host.then_some(Self(host))
    }

    /// Returns it as text, in the form in which names are compared.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether it stands for every host.
    pub(super) fn is_every(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether it stands for more than one host.
    pub(super) fn is_pattern(&self) -> bool {
        self.0.is_empty() || self.0.starts_with("*.")
    }

    /// Returns what both have in common; `None` when that is nothing, or every host.
    ///
    /// A wildcard covers any number of labels and not its own parent.
    pub(super) fn meet<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let common = match (self.0.as_str(), other.0.as_str()) {
            (a, "") => a,
            ("", b) => b,
            (a, b) if a == b => a,
            (a, b) => {
                // The shorter one is the pattern; of two that are as long, the one with the star.
                let a_is_pattern = a.len() < b.len() || (a.len() == b.len() && a.starts_with("*."));
                let (pattern, name) = if a_is_pattern { (a, b) } else { (b, a) };
                let suffix = pattern.strip_prefix('*').filter(|rest| rest.starts_with('.'))?;
                name.ends_with(suffix).then_some(name)?
            }
        };
        (!common.is_empty()).then_some(common)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(a: &str, b: &str) -> Option<String> {
        Host::read(a)?.meet(&Host::read(b)?).map(str::to_owned)
    }

    #[test]
    fn hosts_meet_where_both_agree() {
        for (a, b, common) in [
            ("1.2.3.4", "1.2.3.4", None),
            ("2001:db8::1", "", None),
            ("", "", None),
            ("example.net", "", Some("example.net")),
            ("Example.NET", "example.net", Some("example.net")),
            ("example.net.", "example.net", Some("example.net")),
            ("*.example.net", "test.example.net", Some("test.example.net")),
            ("*.example.net", "foo.bar.test.example.net", Some("foo.bar.test.example.net")),
            ("*.example.net", "example.net", None),
            ("*.example.net", "*.a.example.net", Some("*.a.example.net")),
            ("*example.net", "test.example.net", None),
            ("a.example.net", "b.example.net", None),
            ("*.example.net", "_sip._tcp.example.net", Some("_sip._tcp.example.net")),
            ("*.example.net", "bücher.example.net", Some("xn--bcher-kva.example.net")),
        ] {
            assert_eq!(meet(a, b).as_deref(), common, "{a} {b}");
            assert_eq!(meet(b, a).as_deref(), common, "{b} {a}");
        }
    }

    #[test]
    fn what_is_no_host_name_meets_nothing() {
        let label = "a".repeat(64);
        let long = format!("{}example.net", "abcdefg.".repeat(32));
        for bad in [
            label.as_str(),
            &long,
            "-a.example.net",
            "a-.example.net",
            "a+b.net",
            "[a].net",
            "a b.net",
            " a.net",
            "a..net",
            "*",
            "a.*.net",
        ] {
            assert_eq!(Host::read(bad), None, "{bad}");
        }
    }
}
