//! What a Go program would find in a field that an object does not set.
//!
//! For kinds of Kubernetes itself this follows from the types of its API; for kinds that others
//! define, the fields that templates use are listed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gotmpl::Value;
use k8s_openapi::api::core::v1::{
    NodeSpec, NodeStatus, PodSpec, PodStatus, ServiceSpec, ServiceStatus,
};
use k8s_openapi::api::networking::v1::{IngressSpec, IngressStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;

use super::probe::zero;

/// The zero value of a Go type, and what is under it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Zero {
    /// A pointer to nothing, or what has no zero value that could be shown.
    Nil,
    /// Text, a number, or a truth.
    Scalar(Value),
    /// No elements; each would be like this.
    List(Box<Self>),
    /// No entries; what is under it is data.
    Map,
    /// Fields of their own zero values; as a pointer, nothing unless it is there.
    Struct { fields: BTreeMap<String, Self>, is_pointer: bool },
}

impl Zero {
    /// Returns the fields of a struct.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&String, &Self)> {
        let fields = match self {
            Self::Struct { fields, is_pointer: _ } => Some(fields),
            Self::Nil | Self::Scalar(_) | Self::List(_) | Self::Map => None,
        };
        fields.into_iter().flatten()
    }

    /// Returns the field of a struct with this name in JSON.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct { fields, is_pointer: _ } => fields.get(name),
            Self::Nil | Self::Scalar(_) | Self::List(_) | Self::Map => None,
        }
    }

    /// Returns what each element of a list is like.
    pub(super) fn element(&self) -> Option<&Self> {
        match self {
            Self::List(element) => Some(element),
            Self::Nil | Self::Scalar(_) | Self::Map | Self::Struct { .. } => None,
        }
    }

    /// Reads a list of fields as it is written below: `{}` is a map, a list has its element.
    fn listed(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Array(list) => {
                Self::List(Box::new(list.first().map_or(Self::Nil, Self::listed)))
            }
            serde_json::Value::Object(map) if map.is_empty() => Self::Map,
            serde_json::Value::Object(map) => {
                let fields = map.iter().map(|(name, map)| (name.clone(), Self::listed(map)));
                Self::Struct { fields: fields.collect(), is_pointer: false }
            }
            scalar => Self::Scalar(super::view::plain(scalar)),
        }
    }
}

/// Returns the zero value of an object of this kind; `None` where nothing is known of it.
pub(super) fn of(kind: &str) -> Option<&'static Zero> {
    KINDS.get(kind)
}

/// Returns the zero value of the metadata of every object.
pub(super) fn metadata() -> &'static Zero {
    static METADATA: LazyLock<Zero> = LazyLock::new(zero::<ObjectMeta>);
    &METADATA
}

static KINDS: LazyLock<BTreeMap<String, Zero>> = LazyLock::new(|| {
    let whole = |spec, status| {
        let fields = [("spec".to_owned(), spec), ("status".to_owned(), status)];
        Zero::Struct { fields: fields.into(), is_pointer: false }
    };
    let own = [
        ("Service", whole(zero::<ServiceSpec>(), zero::<ServiceStatus>())),
        ("Ingress", whole(zero::<IngressSpec>(), zero::<IngressStatus>())),
        ("Node", whole(zero::<NodeSpec>(), zero::<NodeStatus>())),
        ("Pod", whole(zero::<PodSpec>(), zero::<PodStatus>())),
    ];
    let others = others();
    let others = others.as_object().into_iter().flatten();
    let others = others.map(|(kind, fields)| (kind.clone(), Zero::listed(fields)));
    own.into_iter().map(|(kind, zero)| (kind.to_owned(), zero)).chain(others).collect()
});

/// Fields that templates use of kinds that others define.
fn others() -> serde_json::Value {
    let route = json!({
        "spec": {"hostnames": [], "parentRefs": [{"name": "", "group": null, "kind": null,
            "namespace": null, "sectionName": null, "port": null}], "rules": []},
        "status": {"parents": []},
    });
    json!({
        "HTTPRoute": route,
        "GRPCRoute": route,
        "TLSRoute": route,
        "TCPRoute": route,
        "UDPRoute": route,
        "HTTPProxy": {
            "spec": {"virtualhost": null, "ingressClassName": "", "routes": []},
            "status": {"currentStatus": "", "description": "",
                "loadBalancer": {"ingress": [{"ip": "", "hostname": ""}]}},
        },
        "VirtualService": {"spec": {"hosts": [], "gateways": [], "exportTo": []}},
        "Gateway": {"spec": {"selector": {}, "servers": [{"hosts": [], "name": ""}]}},
        "RouteGroup": {"spec": {"hosts": []}, "status": {"loadBalancer": {"routegroup": []}}},
        "Route": {
            "spec": {"host": "", "path": "", "subdomain": "", "wildcardPolicy": ""},
            "status": {"ingress": []},
        },
        "VirtualServer": {
            "spec": {"host": "", "hostAliases": [], "hostGroup": "", "virtualServerAddress": ""},
            "status": {"vsAddress": "", "status": ""},
        },
        "TransportServer": {
            "spec": {"host": "", "virtualServerAddress": ""},
            "status": {"vsAddress": "", "status": ""},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_of_kubernetes_say_what_their_zero_values_are() {
        let service = of("Service").unwrap().field("spec").unwrap();
        let text = Zero::Scalar(Value::String("".into()));
        assert_eq!(service.field("clusterIP"), Some(&text));
        assert_eq!(service.field("healthCheckNodePort"), Some(&Zero::Scalar(Value::Int(0))));
        assert_eq!(service.field("externalIPs"), Some(&Zero::List(Box::new(text.clone()))));
        assert_eq!(service.field("selector"), Some(&Zero::Map));
        assert_eq!(service.field("trafficDistribution"), Some(&Zero::Nil), "a pointer");
        let port = service.field("ports").and_then(Zero::element).unwrap();
        assert_eq!(port.field("name"), Some(&text));
        assert_eq!(port.field("targetPort"), Some(&Zero::Nil), "a number or a text");
        let is_pointer = |zero: Option<&Zero>| match zero {
            Some(Zero::Struct { is_pointer, fields }) if !fields.is_empty() => *is_pointer,
            other => panic!("{other:?}"),
        };
        assert!(is_pointer(service.field("sessionAffinityConfig")));
        let status = of("Node").unwrap().field("status").unwrap();
        assert!(!is_pointer(status.field("nodeInfo")));
    }

    #[test]
    fn every_kind_of_kubernetes_tells_its_fields() {
        for kind in ["Service", "Ingress", "Node", "Pod"] {
            for member in ["spec", "status"] {
                let zero = of(kind).and_then(|zero| zero.field(member)).unwrap();
                assert!(zero.fields().count() > 0, "{kind}.{member}");
            }
        }
        assert!(metadata().fields().count() > 10);
    }
}
