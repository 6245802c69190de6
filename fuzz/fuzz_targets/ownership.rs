//! Values of TXT records: reading them as ownership records never fails, and a plan of nothing
//! changes nothing that is not ours.
#![no_main]

use controller_core::registry::{Registry as _, TxtOptions, TxtRegistry, reads_as_ownership};
use external_dns_webhook::{DnsName, Endpoint, RecordType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &str| {
    let _ = reads_as_ownership(value);
    let options = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let Ok(registry) = TxtRegistry::new(options) else { return };
    let records = vec![
        Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]),
        Endpoint::new("a-a.example.com", RecordType::Txt, [value]),
    ];
    drop(registry.read(records, &[DnsName::from("example.com")]));
});
