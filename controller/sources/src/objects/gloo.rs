//! What is read of [Gloo]'s proxies and of the objects they were made from.
//!
//! [Gloo]: https://docs.solo.io/gloo-edge/latest/reference/api/

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Meta;
use super::resource::resource;

/// `gloo.solo.io/v1` Proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Proxy {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: ProxySpec,
}

/// Spec of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProxySpec {
    /// Where it listens.
    pub listeners: Vec<ProxyListener>,
}

/// One listener of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProxyListener {
    /// A listener with its hosts in place.
    pub http_listener: HttpListener,
    /// A listener that refers to its hosts.
    pub aggregate_listener: AggregateListener,
    /// A listener that is several, chosen by what a connection looks like.
    pub hybrid_listener: HybridListener,
    /// Objects it was made from.
    pub metadata_static: MetadataStatic,
}

/// Hosts in place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpListener {
    /// The hosts.
    pub virtual_hosts: Vec<GlooVirtualHost>,
}

/// Several listeners in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HybridListener {
    /// The listeners, each with what chooses it.
    pub matched_listeners: Vec<MatchedListener>,
}

/// One of the listeners in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MatchedListener {
    /// Hosts in place; none for a listener of TCP.
    pub http_listener: HttpListener,
}

/// Hosts by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AggregateListener {
    /// What is referred to.
    pub http_resources: HttpResources,
    /// The filter chains that refer to it.
    pub http_filter_chains: Vec<HttpFilterChain>,
}

/// What filter chains refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpResources {
    /// Hosts by name.
    pub virtual_hosts: BTreeMap<String, GlooVirtualHost>,
}

/// One filter chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpFilterChain {
    /// Names of hosts.
    pub virtual_host_refs: Vec<String>,
}

/// One group of hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GlooVirtualHost {
    /// The hosts.
    pub domains: Vec<String>,
    /// Objects it was made from, in the older form.
    pub metadata: MetadataStatic,
    /// Objects it was made from.
    pub metadata_static: MetadataStatic,
}

/// Objects that something was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MetadataStatic {
    /// The objects.
    pub sources: Vec<MetadataSource>,
}

/// One object that something was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MetadataSource {
    /// Kind in the older form, such as `*v1.VirtualService`.
    pub kind: String,
    /// Kind, such as `*v1.VirtualService`.
    pub resource_kind: String,
    /// Name and namespace in the older form.
    pub name: String,
    /// Namespace in the older form.
    pub namespace: String,
    /// Name and namespace.
    pub resource_ref: MetadataRef,
}

/// Name and namespace of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MetadataRef {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
}

/// `gateway.solo.io/v1` `VirtualService`, of which only the annotations are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GlooVirtualService {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
}

/// `gateway.solo.io/v1` Gateway, of which only the annotations are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GlooGateway {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
}

resource!(Proxy, "proxies.gloo.solo.io");
resource!(GlooVirtualService, "virtualservices.gateway.solo.io");
resource!(GlooGateway, "gateways.gateway.solo.io");

impl MetadataSource {
    /// Returns the kind, in whichever form it was given.
    pub fn kind(&self) -> &str {
        if self.resource_kind.is_empty() { &self.kind } else { &self.resource_kind }
    }

    /// Returns the namespace and the name, in whichever form they were given.
    pub fn object(&self) -> (&str, &str) {
        if self.resource_ref.name.is_empty() {
            (&self.namespace, &self.name)
        } else {
            (&self.resource_ref.namespace, &self.resource_ref.name)
        }
    }
}
