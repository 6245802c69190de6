//! Adds the IPv4 addresses that IPv6 addresses behind a NAT64 stand for ([RFC 6052]).
//!
//! [RFC 6052]: https://datatracker.ietf.org/doc/html/rfc6052

use std::net::{Ipv4Addr, Ipv6Addr};

use external_dns_webhook::{Endpoint, RecordType, Targets};
use ipnet::Ipv6Net;

use crate::desired::Desired;

/// The only length of a prefix that leaves an IPv4 address at the end.
const PREFIX_LENGTH: u8 = 96;

/// Why a NAT64 prefix cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a NAT64 prefix; write an IPv6 network of length 96, such as `64:ff9b::/96`"
)]
pub struct InvalidPrefix {
    text: String,
}

/// Reads a NAT64 prefix.
///
/// # Errors
///
/// It is not an IPv6 network of length 96.
pub fn parse_prefix(text: &str) -> Result<Ipv6Net, InvalidPrefix> {
    let network = text.trim().parse::<Ipv6Net>().ok();
    let network = network.filter(|network| network.prefix_len() == PREFIX_LENGTH);
    network.ok_or_else(|| InvalidPrefix { text: text.to_owned() })
}

pub(super) fn apply(mut desired: Desired, prefixes: &[Ipv6Net]) -> Desired {
    if prefixes.is_empty() {
        return desired;
    }
    let ipv6 = desired.endpoints.iter().filter(|endpoint| endpoint.record_type == RecordType::Aaaa);
    let added = ipv6.filter_map(|endpoint| {
        let inside = endpoint.targets.iter().filter_map(|target| embedded(target, prefixes));
        let targets: Targets = inside.map(|address| address.to_string()).collect();
        (!targets.is_empty()).then(|| Endpoint {
            targets: targets.sorted(),
            record_type: RecordType::A,
            ..endpoint.clone()
        })
    });
    let added: Vec<_> = added.collect();
    desired.endpoints.extend(added);
    desired
}

fn embedded(target: &str, prefixes: &[Ipv6Net]) -> Option<Ipv4Addr> {
    let address: Ipv6Addr = target.parse().ok()?;
    prefixes.iter().any(|prefix| prefix.contains(&address)).then(|| {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    })
}
