//! Bodies of the protocol: what decodes is encoded and decoded to the same again.
#![no_main]

use external_dns_webhook::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(endpoints) = wire::decode_endpoints(body) {
        let again = wire::decode_endpoints(&wire::encode(&endpoints));
        assert_eq!(again.ok(), Some(endpoints));
    }
    drop(wire::decode_changes(body));
    drop(wire::decode_negotiation(body));
});
