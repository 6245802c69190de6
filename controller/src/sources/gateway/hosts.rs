//! Which host a listener and a route have in common.

use std::net::IpAddr;

/// Returns what `listener` and `host` have in common; empty stands for every host.
///
/// A wildcard covers any number of labels and not its own parent. `None` when they have nothing in
/// common, when both are empty, or when one is not a host name.
pub(super) fn intersect(listener: &str, host: &str) -> Option<String> {
    let (a, b) = (normalized(listener)?, normalized(host)?);
    let common = match (a.as_str(), b.as_str()) {
        (a, "") => a,
        ("", b) => b,
        (a, b) if a == b => a,
        (a, b) => {
            // The shorter one is the pattern; of two that are as long, the one with the star.
            let a_is_pattern = a.len() < b.len() || (a.len() == b.len() && a.starts_with("*."));
            let (pattern, name) = if a_is_pattern { (a, b) } else { (b, a) };
            let suffix = pattern.strip_prefix('*').filter(|it| it.starts_with('.'))?;
            name.ends_with(suffix).then_some(name)?
        }
    };
    (!common.is_empty()).then(|| common.to_owned())
}

/// Returns `host` in lower case, if it is empty or a host name by RFC 1123, perhaps with a wildcard.
fn normalized(host: &str) -> Option<String> {
    if host.is_empty() {
        return Some(String::new());
    }
    let name = host.strip_prefix("*.").unwrap_or(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let valid =
        name.parse::<IpAddr>().is_err() && name.len() <= 255 && name.split('.').all(is_label);
    valid.then(|| host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gw24_hosts_meet_where_both_agree() {
        for (a, b, common) in [
            ("1.2.3.4", "1.2.3.4", None),
            ("2001:db8::1", "", None),
            ("", "", None),
            ("example.net", "", Some("example.net")),
            ("Example.NET", "example.net", Some("example.net")),
            ("*.example.net", "test.example.net", Some("test.example.net")),
            ("*.example.net", "foo.bar.test.example.net", Some("foo.bar.test.example.net")),
            ("*.example.net", "example.net", None),
            ("*.example.net", "*.a.example.net", Some("*.a.example.net")),
            ("*example.net", "test.example.net", None),
            ("a.example.net", "b.example.net", None),
        ] {
            assert_eq!(intersect(a, b).as_deref(), common, "{a} {b}");
            assert_eq!(intersect(b, a).as_deref(), common, "{b} {a}");
        }
    }

    #[test]
    fn gw26_what_is_no_host_name_meets_nothing() {
        let label = "a".repeat(64);
        let long = format!("{}example.net", "abcdefg.".repeat(32));
        for bad in [
            label.as_str(),
            &long,
            "-a.example.net",
            "a-.example.net",
            "a_b.net",
            "a+b.net",
            "[a].net",
        ] {
            assert_eq!(intersect(bad, ""), None, "{bad}");
        }
    }
}
