//! Fields of objects that have addresses, and what cannot stand in them.
//!
//! The name of a host there would be answered with, as if it had been meant: it is refused, and the
//! object cannot be read. All else that is no address is validated where it is added.

use controller_core::value::Target;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Reads an address.
pub(super) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    validate(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// Reads a list of addresses.
pub(super) fn many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    list.iter().try_for_each(|text| validate(text)).map_err(D::Error::custom)?;
    Ok(list)
}

/// Refuses the name of a host.
///
/// # Errors
///
/// A sentence that says what belongs there.
pub(super) fn validate(text: &str) -> Result<(), String> {
    match Target::validate(text) {
        Ok(target) if target.address().is_none() => {
            Err(format!("`{text}` is the name of a host, and an IP address belongs there"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::objects::{KINDS, Raw};

    fn read(object: serde_json::Value) -> Result<(), String> {
        let raw = Raw::from_value(object).unwrap();
        let kind =
            KINDS.iter().find(|kind| kind.reads(raw.group(), raw.version(), &raw.kind)).unwrap();
        kind.decode(raw).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn the_name_of_a_host_is_no_address() {
        let metadata = json!({ "name": "a", "namespace": "b" });
        for (api_version, kind, part, at) in [
            (
                "v1",
                "Service",
                json!({ "status": { "loadBalancer": { "ingress": [
                { "hostname": "lb.example.net" }, { "ip": "lb.example.net" }] } } }),
                "status.loadBalancer.ingress[1].ip",
            ),
            (
                "v1",
                "Service",
                json!({ "spec": { "externalIPs": ["192.0.2.1", "lb"] } }),
                "spec.externalIPs",
            ),
            (
                "v1",
                "Service",
                json!({ "spec": { "clusterIP": "lb.example.net" } }),
                "spec.clusterIP",
            ),
            ("v1", "Pod", json!({ "status": { "podIP": "lb.example.net" } }), "status.podIP"),
            (
                "v1",
                "Pod",
                json!({ "status": { "hostIPs": [{ "ip": "lb" }] } }),
                "status.hostIPs[0].ip",
            ),
            (
                "cis.f5.com/v1",
                "VirtualServer",
                json!({ "status": { "vsAddress": "lb" } }),
                "status.vsAddress",
            ),
            (
                "v1",
                "Node",
                json!({ "status": { "addresses": [
                { "type": "ExternalIP", "address": "lb" }] } }),
                "status.addresses[0]",
            ),
            (
                "discovery.k8s.io/v1",
                "EndpointSlice",
                json!({ "addressType": "IPv4", "endpoints": [
                { "addresses": ["lb"] }] }),
                "",
            ),
        ] {
            let mut object = part;
            object["apiVersion"] = json!(api_version);
            object["kind"] = json!(kind);
            object["metadata"] = metadata.clone();
            let error = read(object).unwrap_err();
            assert!(error.contains("is the name of a host"), "{error}");
            assert!(error.contains(at), "{error}");
        }
    }

    #[test]
    fn what_a_field_of_addresses_has_otherwise_is_read() {
        read(json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a" },
            "spec": { "clusterIP": "None", "externalIPs": ["2001:db8::1", "300.1.1.1", ""] },
            "status": { "loadBalancer": { "ingress": [{ "ip": "" }, { "ip": "192.0.2.1:80" }] } },
        }))
        .unwrap();
        read(json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "a" },
            "status": { "addresses": [{ "type": "Hostname", "address": "node-a" },
                { "type": "InternalIP", "address": "10.0.0.1" }] },
        }))
        .unwrap();
    }
}
