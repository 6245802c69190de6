//! DNS names: the canonical form of a name is its own, and equal names have one.
#![no_main]

use external_dns_webhook::DnsName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let name = DnsName::from(text);
    let again = DnsName::from(name.canonical().as_str());
    assert_eq!(again.canonical(), name.canonical());
});
