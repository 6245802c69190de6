//! What is read of the [Gateway API].
//!
//! [Gateway API]: https://gateway-api.sigs.k8s.io/reference/spec/

use serde::Deserialize;

use super::resource::resource;
use super::{Meta, Pairs};

/// Group of the Gateway API, which references leave out.
pub const GROUP: &str = "gateway.networking.k8s.io";

/// `Gateway`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Gateway {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: GatewaySpec,
    /// Status of the object.
    pub status: GatewayStatus,
}

/// Spec of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewaySpec {
    /// Which controller is to serve it.
    pub gateway_class_name: String,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// Which listener sets may attach.
    pub allowed_listeners: AllowedListeners,
}

/// Which listener sets may attach to a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AllowedListeners {
    /// Namespaces they may come from; none unless said.
    pub namespaces: Namespaces,
}

/// Status of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GatewayStatus {
    /// Where it is reached.
    pub addresses: Vec<GatewayAddress>,
    /// Its states.
    pub conditions: Vec<Condition>,
}

/// One address of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GatewayAddress {
    /// `IPAddress`, `Hostname`, or what only the Gateway's controller knows; empty for an IP address.
    #[serde(rename = "type")]
    pub address_type: String,
    /// IP address or host name.
    pub value: String,
}

/// One listener, of a Gateway or of a listener set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Listener {
    /// Name that routes may refer to.
    pub name: String,
    /// Host it serves; empty for every host ([Listener]).
    ///
    /// [Listener]: https://gateway-api.sigs.k8s.io/reference/spec/#listener
    pub hostname: String,
    /// Port it listens on.
    pub port: i32,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.
    pub protocol: String,
    /// Which routes may attach.
    pub allowed_routes: AllowedRoutes,
}

/// Which routes may attach to a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AllowedRoutes {
    /// Namespaces they may come from; the listener's own unless said.
    pub namespaces: Namespaces,
    /// Kinds they may have; empty for those that fit the protocol.
    pub kinds: Vec<RouteKind>,
}

/// A choice of namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Namespaces {
    /// `All`, `Same`, `Selector` or `None`; empty for the default.
    pub from: String,
    /// Labels of the namespaces, for `Selector`.
    pub selector: Option<LabelSelector>,
}

/// A choice by labels ([LabelSelector]).
///
/// [LabelSelector]: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must be there.
    pub match_labels: Pairs,
    /// Conditions that must be met.
    pub match_expressions: Vec<LabelExpression>,
}

/// One condition on a label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LabelExpression {
    /// Label it is about.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values, for `In` and `NotIn`.
    pub values: Vec<String>,
}

/// A kind of route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RouteKind {
    /// Group; absent for the Gateway API's own.
    pub group: Option<String>,
    /// Kind.
    pub kind: String,
}

/// `ListenerSet`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ListenerSet {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: ListenerSetSpec,
    /// Status of the object.
    pub status: ListenerSetStatus,
}

/// Spec of a listener set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListenerSetSpec {
    /// Gateway it wants to attach to.
    pub parent_ref: ParentRef,
    /// Where it listens.
    pub listeners: Vec<Listener>,
}

/// Status of a listener set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ListenerSetStatus {
    /// States of the set.
    pub conditions: Vec<Condition>,
    /// States of each listener.
    pub listeners: Vec<ListenerStatus>,
}

/// States of one listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ListenerStatus {
    /// Which listener.
    pub name: String,
    /// Its states.
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Generation it was said about; 0 when the implementation does not say.
    pub observed_generation: i64,
    /// One word for machines.
    pub reason: String,
}

/// What routes refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentRef {
    /// Group; absent for the Gateway API's own, empty for the core group.
    pub group: Option<String>,
    /// Kind; empty for `Gateway`.
    pub kind: String,
    /// Namespace; empty for that of the object that refers.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Listener; empty for all.
    pub section_name: String,
    /// Port; 0 for all.
    pub port: i32,
}

/// The common part of all routes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: RouteSpec,
    /// Status of the object.
    pub status: RouteStatus,
}

/// Spec of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteSpec {
    /// What it wants to attach to.
    pub parent_refs: Vec<ParentRef>,
    /// Hosts it routes, none of them empty; without any, those of its listeners ([HTTPRouteSpec]).
    /// Routes of TCP and UDP have none.
    ///
    /// [HTTPRouteSpec]: https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
    pub hostnames: Vec<String>,
}

/// Status of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RouteStatus {
    /// What each parent says.
    pub parents: Vec<RouteParentStatus>,
}

/// What one parent says of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteParentStatus {
    /// Which parent.
    pub parent_ref: ParentRef,
    /// The controller that says it.
    pub controller_name: String,
    /// States of the route under it.
    pub conditions: Vec<Condition>,
}

/// One of the five kinds of routes.
pub trait RouteObject: super::Resource {
    /// Kind as listeners name it.
    const KIND: &'static str;
    /// Protocol of the listeners it attaches to.
    const PROTOCOL: &'static str;
    /// Whether it can list hosts itself.
    const HAS_HOSTS: bool;
    /// First part of the `resource` label.
    const LABEL: &'static str;

    /// Returns what all routes have in common.
    fn route(&self) -> &Route;
}

macro_rules! route {
    ($(#[$doc:meta] $name:ident, $kind:literal, $protocol:literal, $label:literal, $id:literal;)+) => { $(
        #[$doc]
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Route);

        impl super::Resource for $name {
            const ID: super::KindId = super::KindId::new($id);

            fn meta(&self) -> &Meta {
                &self.0.meta
            }

            fn with_meta(self, meta: Meta) -> Self {
                Self(Route { meta, ..self.0 })
            }
        }

        impl RouteObject for $name {
            const KIND: &'static str = $kind;
            const PROTOCOL: &'static str = $protocol;
            const HAS_HOSTS: bool = !matches!($protocol.as_bytes(), b"TCP" | b"UDP");
            const LABEL: &'static str = $label;

            fn route(&self) -> &Route {
                &self.0
            }
        }
    )+ };
}

route! {
    /// `HTTPRoute`.
    HttpRoute, "HTTPRoute", "HTTP", "httproute", "httproutes.gateway.networking.k8s.io";
    /// `GRPCRoute`.
    GrpcRoute, "GRPCRoute", "HTTPS", "grpcroute", "grpcroutes.gateway.networking.k8s.io";
    /// `TLSRoute`.
    TlsRoute, "TLSRoute", "TLS", "tlsroute", "tlsroutes.gateway.networking.k8s.io";
    /// `TCPRoute`.
    TcpRoute, "TCPRoute", "TCP", "tcproute", "tcproutes.gateway.networking.k8s.io";
    /// `UDPRoute`.
    UdpRoute, "UDPRoute", "UDP", "udproute", "udproutes.gateway.networking.k8s.io";
}

resource!(Gateway, "gateways.gateway.networking.k8s.io");
resource!(ListenerSet, "listenersets.gateway.networking.k8s.io");
