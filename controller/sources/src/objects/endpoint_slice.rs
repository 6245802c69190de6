//! What is behind Services, kept in as little memory as it takes.
//!
//! There are as many of these as pods, and most are never looked at: only headless Services and
//! those that pass traffic on within a node need them. So each is one text, and is taken apart when
//! it is read.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{KindId, Meta, Resource, addresses};

/// Label by which a slice of endpoints names its Service ([EndpointSlices]).
///
/// [EndpointSlices]: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// What ends a field; no name and no address has one.
const END: char = '\0';

/// `discovery.k8s.io/v1` `EndpointSlice`.
///
/// Its metadata is not kept; it is found by its Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WireSlice")]
pub struct EndpointSlice {
    /// Name of the Service, `1` for addresses or `0` for names, and then for each endpoint its
    /// states, address, host name, node and pod; each field with its end.
    packed: Box<str>,
}

/// One thing behind a Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliceEndpoint<'a> {
    /// The first of its addresses, which all mean the same; empty when it has none.
    pub address: &'a str,
    /// Host name, when the pod has one under the Service; else empty.
    pub hostname: &'a str,
    /// Node it runs on; may be empty.
    pub node_name: &'a str,
    /// Name of the pod it stands for; `None` when it stands for something else.
    pub pod: Option<&'a str>,
    /// Whether it takes traffic; what does not say so does.
    pub is_ready: bool,
    /// Whether it could take traffic, whatever else happens to it; as `is_ready` when not said.
    pub is_serving: bool,
    /// Whether it is on its way out; what does not say so is not.
    pub is_terminating: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireSlice {
    address_type: String,
    endpoints: Vec<WireEndpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireEndpoint {
    addresses: Vec<String>,
    conditions: WireConditions,
    hostname: String,
    node_name: String,
    target_ref: TargetRef,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireConditions {
    ready: Option<bool>,
    serving: Option<bool>,
    terminating: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TargetRef {
    api_version: String,
    kind: String,
    name: String,
}

impl EndpointSlice {
    /// Returns the name of the Service; empty when it belongs to none.
    pub fn service(&self) -> &str {
        self.fields().next().unwrap_or_default()
    }

    /// Tells whether its addresses are of IPv4 or IPv6, and not names.
    pub fn has_ip_addresses(&self) -> bool {
        self.fields().nth(1) == Some("1")
    }

    /// Iterates over what is behind the Service.
    pub fn endpoints(&self) -> impl Iterator<Item = SliceEndpoint<'_>> {
        let mut fields = self.fields().skip(2);
        std::iter::from_fn(move || {
            let states = fields.next()?;
            let mut field = || fields.next().unwrap_or_default();
            let (address, hostname, node_name, pod) = (field(), field(), field(), field());
            Some(SliceEndpoint {
                address,
                hostname,
                node_name,
                pod: Some(pod).filter(|pod| !pod.is_empty()),
                is_ready: states.contains('r'),
                is_serving: states.contains('s'),
                is_terminating: states.contains('t'),
            })
        })
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        self.packed.split_terminator(END)
    }
}

impl Resource for EndpointSlice {
    const ID: KindId = KindId::new("endpointslices.discovery.k8s.io");

    /// Returns nothing: see the type.
    fn meta(&self) -> &Meta {
        static NOTHING: LazyLock<Meta> = LazyLock::new(Meta::default);
        &NOTHING
    }

    fn with_meta(self, meta: Meta) -> Self {
        let service = meta.labels.get(SERVICE_NAME_LABEL).unwrap_or_default();
        let rest = self.packed.split_once(END).map_or("", |(_, rest)| rest);
        Self { packed: format!("{}{END}{rest}", plain(service)).into() }
    }

    fn indexed_by(&self) -> Option<&str> {
        Some(self.service()).filter(|service| !service.is_empty())
    }
}

impl TryFrom<WireSlice> for EndpointSlice {
    type Error = String;

    fn try_from(wire: WireSlice) -> Result<Self, String> {
        let WireSlice { address_type, endpoints } = wire;
        let is_ip = matches!(address_type.as_str(), "IPv4" | "IPv6");
        let mut packed = format!("{END}{}{END}", u8::from(is_ip));
        for WireEndpoint { addresses, conditions, hostname, node_name, target_ref } in endpoints {
            let WireConditions { ready, serving, terminating } = conditions;
            let is_ready = ready.unwrap_or(true);
            let states = [
                (is_ready, 'r'),
                (serving.unwrap_or(is_ready), 's'),
                (terminating.unwrap_or(false), 't'),
            ];
            packed.extend(states.into_iter().filter(|(is_so, _)| *is_so).map(|(_, state)| state));
            let TargetRef { api_version, kind, name } = target_ref;
            let is_pod = kind == "Pod" && matches!(api_version.as_str(), "" | "v1");
            let address = addresses.into_iter().next().unwrap_or_default();
            if is_ip {
                addresses::validate(&address)?;
            }
            let pod = if is_pod { name } else { String::new() };
            for field in [address, hostname, node_name, pod] {
                // Writing to memory cannot fail.
                let _ = write!(packed, "{END}{}", plain(&field));
            }
            packed.push(END);
        }
        Ok(Self { packed: packed.into() })
    }
}

/// Returns a field without what would end it.
fn plain(field: &str) -> std::borrow::Cow<'_, str> {
    if field.contains(END) {
        return field.replace(END, "").into();
    }
    field.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::Pairs;

    #[test]
    fn what_is_packed_is_read_again() {
        let slice: EndpointSlice = serde_json::from_value(json!({
            "addressType": "IPv6",
            "endpoints": [
                {
                    "addresses": ["2001:db8::1", "2001:db8::2"],
                    "hostname": "db-0",
                    "nodeName": "node-1",
                    "targetRef": { "kind": "Pod", "name": "db-0" },
                },
                {},
                {
                    "addresses": ["2001:db8::3"],
                    "conditions": { "ready": false, "serving": true, "terminating": true },
                    "targetRef": { "kind": "Node", "name": "node-2" },
                },
            ],
        }))
        .unwrap();
        let labels: Pairs = [(SERVICE_NAME_LABEL, "db")].into_iter().collect();
        let slice = slice.with_meta(Meta { labels, ..Meta::default() });
        assert_eq!((slice.service(), slice.has_ip_addresses()), ("db", true));
        let first = SliceEndpoint {
            address: "2001:db8::1",
            hostname: "db-0",
            node_name: "node-1",
            pod: Some("db-0"),
            is_ready: true,
            is_serving: true,
            is_terminating: false,
        };
        let empty = SliceEndpoint { is_ready: true, is_serving: true, ..SliceEndpoint::default() };
        let leaving = SliceEndpoint {
            address: "2001:db8::3",
            is_serving: true,
            is_terminating: true,
            ..SliceEndpoint::default()
        };
        assert_eq!(slice.endpoints().collect::<Vec<_>>(), [first, empty, leaving]);
    }

    #[test]
    fn what_is_not_ready_does_not_serve_unless_it_says_so() {
        let slice: EndpointSlice =
            serde_json::from_value(json!({ "endpoints": [{ "conditions": { "ready": false } }] }))
                .unwrap();
        let endpoint = slice.endpoints().next().unwrap();
        assert_eq!((endpoint.is_ready, endpoint.is_serving), (false, false));
        assert!(!slice.has_ip_addresses());
        assert_eq!(slice.indexed_by(), None);
    }
}
