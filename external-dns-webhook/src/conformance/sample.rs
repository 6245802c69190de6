//! Record sets to ask for: addresses and names that are reserved for documentation.

use crate::{Endpoint, Labels, RecordType, Ttl};

/// A text longer than one DNS string: 255 bytes (RFC 1035, 3.3).
pub(super) fn long_text() -> String {
    format!("\"v=DKIM1; p={}\"", "MIGfMA0GCSqGSIb3DQEB".repeat(15))
}

/// Returns what a controller would ask for below `base`.
pub(super) fn desired(base: &str) -> Vec<Endpoint> {
    let labelled = |name: &str, record_type, targets: &[&str]| {
        let targets: Vec<String> = targets.iter().copied().map(str::to_owned).collect();
        let mut endpoint = Endpoint::new(format!("{name}.{base}"), record_type, targets);
        endpoint.labels =
            Labels::default().with(Labels::RESOURCE, format!("service/default/{name}"));
        endpoint
    };
    let mut timed = labelled("timed", RecordType::A, &["192.0.2.3"]);
    timed.ttl = Ttl::from_seconds(120);
    vec![
        labelled("address", RecordType::A, &["192.0.2.1", "192.0.2.2"]),
        labelled("name", RecordType::Cname, &["target.example.com"]),
        timed,
        labelled("address6", RecordType::Aaaa, &["2001:db8::1"]),
        labelled("text", RecordType::Txt, &["\"v=spf1 -all\""]),
    ]
}

/// How many of [`desired`] are written, from the first: the types that every provider has.
pub(super) const WRITTEN: usize = 3;

/// Returns an address record below `base`.
pub(super) fn address(name: &str, base: &str) -> Endpoint {
    Endpoint::new(format!("{name}.{base}"), RecordType::A, ["192.0.2.4"])
}

/// Returns a text record below `base`.
pub(super) fn text(name: &str, base: &str, text: &str) -> Endpoint {
    Endpoint::new(format!("{name}.{base}"), RecordType::Txt, [text])
}
