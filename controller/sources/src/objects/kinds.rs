//! The kinds of objects that sources read, as data.
//!
//! One row gives what a watch, a manifest, the chart's RBAC and the documentation need to know.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::golang::Reading;
use super::meta::{Meta, Raw};
use super::misread::{self, Misread};
use super::{
    cis, contour, core, dns_endpoint, emissary, endpoint_slice, gateway, gloo, istio, kong,
    openshift, skipper, traefik, untyped,
};

/// A kind of object, as the API server names it.
#[derive(Clone)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Versions that can be read, the preferred one first.
    pub versions: Cow<'static, [Cow<'static, str>]>,
    /// Kind, such as `Service`; empty when only the API server can tell.
    pub kind: Cow<'static, str>,
    /// Name in URLs and in RBAC rules, such as `services`.
    pub plural: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    decode: fn(Raw, Reading) -> Result<Arc<dyn Stored>, Misread>,
}

/// A kind in the way `kubectl api-resources` writes it: `services`, `ingresses.networking.k8s.io`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(Cow<'static, str>);

/// One type of object that can be stored: a struct of the fields that are read.
pub trait Resource: Any + Send + Sync + Sized + PartialEq {
    /// Kind of the object: a row of [`KINDS`].
    const ID: KindId;

    /// Returns the metadata of the object.
    fn meta(&self) -> &Meta;

    /// Returns the object with `meta`, trimmed to what is read of this kind.
    #[must_use]
    fn with_meta(self, meta: Meta) -> Self;

    /// Returns the value that objects of this kind are looked up by, next to their name.
    fn indexed_by(&self) -> Option<&str> {
        None
    }

    /// Whether a status is written into objects of this kind.
    const HAS_OUR_STATUS: bool = false;

    /// Tells whether `other` says the same but for what we ourselves write into it.
    fn eq_ignoring_status(&self, other: &Self) -> bool {
        self == other
    }
}

/// Any stored object.
pub trait Stored: Any + Send + Sync {
    /// Returns the metadata of the object.
    fn meta(&self) -> &Meta;
    /// Returns the object for a downcast.
    fn as_any(&self) -> &dyn Any;
    /// Tells whether `other` says the same in everything that is read, but for what we ourselves
    /// write into it.
    fn eq_ignoring_status(&self, other: &dyn Stored) -> bool;
    /// Tells whether a status is written into the object.
    fn has_our_status(&self) -> bool;
    /// Returns the value that the object is looked up by, next to its name.
    fn indexed_by(&self) -> Option<&str>;
}

impl<T: Resource> Stored for T {
    fn meta(&self) -> &Meta {
        Resource::meta(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn eq_ignoring_status(&self, other: &dyn Stored) -> bool {
        other
            .as_any()
            .downcast_ref::<T>()
            .is_some_and(|other| Resource::eq_ignoring_status(self, other))
    }

    fn has_our_status(&self) -> bool {
        T::HAS_OUR_STATUS
    }

    fn indexed_by(&self) -> Option<&str> {
        Resource::indexed_by(self)
    }
}

impl KindId {
    /// Returns the id of a kind that is known when the program is built.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KindId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kind").field(&self.id()).finish()
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Kind {}

impl Kind {
    const fn row<T: Resource + DeserializeOwned>(
        group: &'static str,
        versions: &'static [Cow<'static, str>],
        kind: &'static str,
        plural: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            versions: Cow::Borrowed(versions),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
            namespaced,
            decode: decode::<T>,
        }
    }

    /// Returns a kind that was named when the program was started, such as `configmaps.v1` or
    /// `certificates.v1.cert-manager.io`, to be read as it is.
    ///
    /// # Errors
    ///
    /// A sentence about the right form.
    pub fn named(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '.');
        let plural = parts.next().unwrap_or_default();
        let version = parts.next().unwrap_or_default();
        let group = parts.next().unwrap_or_default();
        if plural.is_empty() || version.is_empty() {
            return Err(format!(
                "`{text}` is not `plural.version` or `plural.version.group`; \
                 write `configmaps.v1` or `certificates.v1.cert-manager.io`"
            ));
        }
        Ok(Self {
            group: Cow::Owned(group.to_owned()),
            versions: Cow::Owned(vec![Cow::Owned(version.to_owned())]),
            kind: Cow::Borrowed(""),
            plural: Cow::Owned(plural.to_owned()),
            namespaced: true,
            decode: untyped::decode,
        })
    }

    /// Returns the id of the kind.
    pub fn id(&self) -> KindId {
        if self.group.is_empty() {
            return KindId(self.plural.clone());
        }
        KindId(Cow::Owned(format!("{}.{}", self.plural, self.group)))
    }

    /// Tells whether an object that calls itself `kind` in `group` and `version` is of this kind.
    ///
    /// A kind that was named by its plural matches by the usual plural of `kind`.
    pub fn reads(&self, group: &str, version: &str, kind: &str) -> bool {
        let same = if self.kind.is_empty() {
            let lower = kind.to_ascii_lowercase();
            let plurals = match lower.strip_suffix('y') {
                Some(stem) => [format!("{stem}ies"), format!("{lower}s")],
                None => [format!("{lower}es"), format!("{lower}s")],
            };
            plurals.iter().any(|plural| *plural == self.plural) || lower == self.plural
        } else {
            self.kind == kind
        };
        same && self.group == group && self.versions.iter().any(|other| other == version)
    }

    /// Tells whether what objects of the kind want stands under `spec`.
    pub fn has_spec(&self) -> bool {
        !matches!(self.kind.as_ref(), "EndpointSlice" | "Namespace")
    }

    /// Gives `raw` its meaning.
    ///
    /// # Errors
    ///
    /// A field that is read has another type than the kind defines.
    pub fn decode(&self, raw: Raw) -> Result<Arc<dyn Stored>, Misread> {
        (self.decode)(raw, Reading::Served)
    }

    /// Gives `raw` its meaning, which the user wrote.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), and a key is a slip of one that is read.
    pub fn decode_written(&self, raw: Raw) -> Result<Arc<dyn Stored>, Misread> {
        (self.decode)(raw, Reading::Written)
    }
}

fn decode<T: Resource + DeserializeOwned>(
    raw: Raw,
    reading: Reading,
) -> Result<Arc<dyn Stored>, Misread> {
    let object: T = misread::read(Value::Object(raw.data), &[], reading)?;
    Ok(Arc::new(object.with_meta(raw.meta)))
}

/// Returns the row of [`KINDS`] called `id`.
pub fn kind(id: &KindId) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id() == *id)
}

macro_rules! versions {
    ($($version:literal),+) => { &[$(Cow::Borrowed($version)),+] };
}

const CORE: &str = "";
const GATEWAY: &str = "gateway.networking.k8s.io";
const V1: &[Cow<'static, str>] = versions!["v1"];

/// Every kind that a source of ours reads, in every version that a cluster may serve and whose fields
/// that are read mean the same, the newest first.
///
/// What is served is in the definitions that each project publishes. Gateway API: `v1alpha2` of
/// `Gateway` and `HTTPRoute` up to its release 0.8, of `GRPCRoute` up to 1.1, of `TLSRoute`,
/// `TCPRoute` and `UDPRoute` in the experimental channel; the standard channel has `TLSRoute` and
/// `ListenerSet` as `v1` from 1.5 on, `TCPRoute` and `UDPRoute` as `v1` only from 1.6 on. Istio serves
/// three versions of its networking kinds with one schema, Emissary three of `Host`, with a converter.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    Kind::row::<core::Service>(CORE, V1, "Service", "services", true),
    Kind::row::<core::Node>(CORE, V1, "Node", "nodes", false),
    Kind::row::<core::Pod>(CORE, V1, "Pod", "pods", true),
    Kind::row::<core::Namespace>(CORE, V1, "Namespace", "namespaces", false),
    Kind::row::<endpoint_slice::EndpointSlice>("discovery.k8s.io", V1, "EndpointSlice", "endpointslices", true),
    Kind::row::<core::Ingress>("networking.k8s.io", V1, "Ingress", "ingresses", true),
    Kind::row::<dns_endpoint::DnsEndpoint>("externaldns.k8s.io", versions!["v1alpha1"], "DNSEndpoint", "dnsendpoints", true),
    Kind::row::<gateway::Gateway>(GATEWAY, versions!["v1", "v1beta1", "v1alpha2"], "Gateway", "gateways", true),
    Kind::row::<gateway::ListenerSet>(GATEWAY, V1, "ListenerSet", "listenersets", true),
    Kind::row::<gateway::HttpRoute>(GATEWAY, versions!["v1", "v1beta1", "v1alpha2"], "HTTPRoute", "httproutes", true),
    Kind::row::<gateway::GrpcRoute>(GATEWAY, versions!["v1", "v1alpha2"], "GRPCRoute", "grpcroutes", true),
    Kind::row::<gateway::TlsRoute>(GATEWAY, versions!["v1", "v1alpha3", "v1alpha2"], "TLSRoute", "tlsroutes", true),
    Kind::row::<gateway::TcpRoute>(GATEWAY, versions!["v1", "v1alpha2"], "TCPRoute", "tcproutes", true),
    Kind::row::<gateway::UdpRoute>(GATEWAY, versions!["v1", "v1alpha2"], "UDPRoute", "udproutes", true),
    Kind::row::<istio::IstioGateway>("networking.istio.io", versions!["v1", "v1beta1", "v1alpha3"], "Gateway", "gateways", true),
    Kind::row::<istio::IstioVirtualService>("networking.istio.io", versions!["v1", "v1beta1", "v1alpha3"], "VirtualService", "virtualservices", true),
    Kind::row::<contour::HttpProxy>("projectcontour.io", V1, "HTTPProxy", "httpproxies", true),
    Kind::row::<traefik::IngressRoute>("traefik.io", versions!["v1alpha1"], "IngressRoute", "ingressroutes", true),
    Kind::row::<traefik::IngressRouteTcp>("traefik.io", versions!["v1alpha1"], "IngressRouteTCP", "ingressroutetcps", true),
    Kind::row::<traefik::IngressRouteUdp>("traefik.io", versions!["v1alpha1"], "IngressRouteUDP", "ingressrouteudps", true),
    Kind::row::<traefik::LegacyIngressRoute>("traefik.containo.us", versions!["v1alpha1"], "IngressRoute", "ingressroutes", true),
    Kind::row::<traefik::LegacyIngressRouteTcp>("traefik.containo.us", versions!["v1alpha1"], "IngressRouteTCP", "ingressroutetcps", true),
    Kind::row::<traefik::LegacyIngressRouteUdp>("traefik.containo.us", versions!["v1alpha1"], "IngressRouteUDP", "ingressrouteudps", true),
    Kind::row::<gloo::Proxy>("gloo.solo.io", V1, "Proxy", "proxies", true),
    Kind::row::<gloo::GlooVirtualService>("gateway.solo.io", V1, "VirtualService", "virtualservices", true),
    Kind::row::<gloo::GlooGateway>("gateway.solo.io", V1, "Gateway", "gateways", true),
    Kind::row::<kong::TcpIngress>("configuration.konghq.com", versions!["v1beta1"], "TCPIngress", "tcpingresses", true),
    Kind::row::<cis::VirtualServer>("cis.f5.com", V1, "VirtualServer", "virtualservers", true),
    Kind::row::<cis::TransportServer>("cis.f5.com", V1, "TransportServer", "transportservers", true),
    Kind::row::<emissary::EmissaryHost>("getambassador.io", versions!["v3alpha1", "v2", "v1"], "Host", "hosts", true),
    Kind::row::<skipper::RouteGroup>("zalando.org", V1, "RouteGroup", "routegroups", true),
    Kind::row::<openshift::OpenShiftRoute>("route.openshift.io", V1, "Route", "routes", true),
];
