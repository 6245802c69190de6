//! What is read of Kubernetes' own kinds.

use serde::Deserialize;

use super::resource::resource;
use super::{KindId, Meta, Pairs, Resource, addresses};

/// Addresses that a load balancer got; the same in Services, Ingresses and several other kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    /// One element for each address.
    pub ingress: Vec<LoadBalancerIngress>,
}

/// One address of a load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LoadBalancerIngress {
    /// IP address; may be empty.
    #[serde(deserialize_with = "addresses::one")]
    pub ip: String,
    /// Host name; may be empty.
    pub hostname: String,
}

/// A status with a load balancer's and nothing else that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BalancedStatus {
    /// Addresses that the load balancer got.
    pub load_balancer: LoadBalancerStatus,
}

/// `v1` Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Service {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: ServiceSpec,
    /// Status of the object.
    pub status: BalancedStatus,
}

/// Spec of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    /// How it is reached.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Address inside the cluster; `None` in words for a headless Service.
    #[serde(rename = "clusterIP", deserialize_with = "addresses::one")]
    pub cluster_ip: String,
    /// Addresses inside the cluster, one of each family; the first is the one above.
    #[serde(rename = "clusterIPs", deserialize_with = "addresses::many")]
    pub cluster_ips: Vec<String>,
    /// Addresses that are routed here from outside.
    #[serde(rename = "externalIPs", deserialize_with = "addresses::many")]
    pub external_ips: Vec<String>,
    /// Name or address elsewhere.
    pub external_name: String,
    /// `Cluster` or `Local`.
    pub external_traffic_policy: String,
    /// Whether endpoints count before they are ready.
    pub publish_not_ready_addresses: bool,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// Labels of the pods behind it.
    pub selector: Pairs,
}

/// One port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// `TCP` when empty.
    pub protocol: String,
    /// Port on every node; 0 for none.
    pub node_port: i32,
}

/// How a Service is reached ([types]).
///
/// [types]: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum ServiceType {
    /// Inside the cluster, or by its endpoints when headless.
    #[default]
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// On a port of every node.
    NodePort,
    /// Through a load balancer.
    LoadBalancer,
    /// It is a name elsewhere.
    ExternalName,
    /// A type of a later Kubernetes.
    #[serde(other)]
    Other,
}

/// `v1` Node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Node {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: NodeSpec,
    /// Status of the object.
    pub status: NodeStatus,
}

/// What a Node is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// Whether it is cordoned.
    pub unschedulable: bool,
}

/// What a Node says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct NodeStatus {
    /// Its addresses.
    pub addresses: Vec<NodeAddress>,
}

/// One address of a Node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WireNodeAddress")]
pub struct NodeAddress {
    /// `ExternalIP`, `InternalIP`, `Hostname` or another.
    pub address_type: String,
    /// The address.
    pub address: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireNodeAddress {
    #[serde(rename = "type")]
    address_type: String,
    address: String,
}

impl TryFrom<WireNodeAddress> for NodeAddress {
    type Error = String;

    fn try_from(wire: WireNodeAddress) -> Result<Self, String> {
        let WireNodeAddress { address_type, address } = wire;
        if address_type.ends_with("IP") {
            addresses::validate(&address)?;
        }
        Ok(Self { address_type, address })
    }
}

/// `v1` Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Pod {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: PodSpec,
    /// Status of the object.
    pub status: PodStatus,
}

/// Spec of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// Whether it shares its node's addresses.
    pub host_network: bool,
    /// Host name inside the pod; empty when it has the pod's.
    pub hostname: String,
    /// Node it runs on.
    pub node_name: String,
}

/// Status of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Primary address; empty until it has one.
    #[serde(rename = "podIP", deserialize_with = "addresses::one")]
    pub pod_ip: String,
    /// All addresses.
    #[serde(rename = "podIPs")]
    pub pod_ips: Vec<PodIp>,
    /// Primary address of its node.
    #[serde(rename = "hostIP", deserialize_with = "addresses::one")]
    pub host_ip: String,
    /// All addresses of its node; the first is the one above.
    #[serde(rename = "hostIPs")]
    pub host_ips: Vec<PodIp>,
    /// States with a time, such as `Ready`.
    pub conditions: Vec<PodCondition>,
}

/// One address of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    #[serde(deserialize_with = "addresses::one")]
    pub ip: String,
}

/// One condition of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PodCondition {
    /// What it is about.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
}

/// Label with the name of a namespace, which the API server sets on each ([NamespaceDefaultLabelName]).
///
/// [NamespaceDefaultLabelName]: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
pub const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// `v1` Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Namespace {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
}

/// `networking.k8s.io/v1` Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Ingress {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: IngressSpec,
    /// Status of the object.
    pub status: BalancedStatus,
}

/// Spec of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressSpec {
    /// Class that serves it; empty when the annotation or the default says.
    pub ingress_class_name: String,
    /// Hosts it routes.
    pub rules: Vec<IngressRule>,
    /// Hosts it has certificates for.
    pub tls: Vec<IngressTls>,
}

/// One host of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// The host; empty for every host ([IngressRule]).
    ///
    /// [IngressRule]: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/#IngressRule
    pub host: String,
}

/// One certificate of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IngressTls {
    /// Hosts in the certificate; none for the load balancer's own choice ([IngressTLS]).
    ///
    /// [IngressTLS]: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/#IngressTLS
    pub hosts: Vec<String>,
}

resource!(Service, "services");
resource!(Node, "nodes");
resource!(Pod, "pods");
resource!(Ingress, "ingresses.networking.k8s.io");

impl Resource for Namespace {
    const ID: KindId = KindId::new("namespaces");

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn with_meta(self, meta: Meta) -> Self {
        // The API server gives every namespace this label, so one in a file has it, too.
        let own = (NAMESPACE_LABEL.to_owned(), meta.name.clone());
        let others = meta.labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let labels = [own].into_iter().chain(others).collect();
        // Only labels are matched; annotations of namespaces are long and change often.
        Self { meta: Meta { annotations: Pairs::default(), labels, ..meta } }
    }
}

impl LoadBalancerStatus {
    /// Returns the address and then the host name of each element, where there is one.
    pub fn targets(&self) -> Vec<String> {
        let both = self.ingress.iter().flat_map(|ingress| [&ingress.ip, &ingress.hostname]);
        both.filter(|ip| !ip.is_empty()).cloned().collect()
    }

    /// Returns the address of each element, or its host name where it has no address.
    pub fn addresses_or_names(&self) -> Vec<String> {
        let one = self
            .ingress
            .iter()
            .map(|ingress| if ingress.ip.is_empty() { &ingress.hostname } else { &ingress.ip });
        one.filter(|address| !address.is_empty()).cloned().collect()
    }
}

impl ServiceType {
    /// Returns the type as Kubernetes spells it; `another type` for one of a later Kubernetes.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
            Self::ExternalName => "ExternalName",
            Self::Other => "another type",
        }
    }
}

impl Service {
    /// Tells whether it has no address of its own.
    pub fn is_headless(&self) -> bool {
        self.cluster_ips().next() == Some("None")
    }

    /// Returns its addresses inside the cluster, of both families; none when it is headless.
    pub fn cluster_addresses(&self) -> Vec<String> {
        self.cluster_ips().filter(|address| *address != "None").map(str::to_owned).collect()
    }

    fn cluster_ips(&self) -> impl Iterator<Item = &str> {
        let ServiceSpec { cluster_ip, cluster_ips, .. } = &self.spec;
        all_or_one(cluster_ips.iter().map(String::as_str), cluster_ip)
    }
}

/// Returns what a list has, or, where it is empty, the one in the older field beside it.
fn all_or_one<'a>(
    list: impl Iterator<Item = &'a str> + Clone,
    one: &'a str,
) -> impl Iterator<Item = &'a str> {
    let list = list.filter(|address| !address.is_empty());
    let alone = list.clone().next().is_none() && !one.is_empty();
    list.chain(alone.then_some(one))
}

impl Node {
    /// Returns its first internal address of each family, which a pod in its network has as well.
    pub fn host_addresses(&self) -> Vec<String> {
        let is_ipv6 = |address: &&str| address.parse::<std::net::Ipv6Addr>().is_ok();
        let ipv4 = self.addresses("InternalIP").find(|address| !is_ipv6(address));
        let ipv6 = self.addresses("InternalIP").find(is_ipv6);
        ipv4.into_iter().chain(ipv6).map(str::to_owned).collect()
    }

    /// Iterates over the addresses of one type, such as `ExternalIP`.
    pub fn addresses<'a>(&'a self, address_type: &'a str) -> impl Iterator<Item = &'a str> {
        let of_type = self
            .status
            .addresses
            .iter()
            .filter(move |address| address.address_type == address_type);
        of_type.map(|address| address.address.as_str()).filter(|text| !text.is_empty())
    }
}

impl Pod {
    /// Returns its addresses, of both families.
    pub fn addresses(&self) -> Vec<String> {
        let PodStatus { pod_ip, pod_ips, .. } = &self.status;
        all_or_one(pod_ips.iter().map(|pod_ip| pod_ip.ip.as_str()), pod_ip)
            .map(str::to_owned)
            .collect()
    }

    /// Returns the addresses of its node, of both families.
    pub fn host_addresses(&self) -> Vec<String> {
        let PodStatus { host_ip, host_ips, .. } = &self.status;
        all_or_one(host_ips.iter().map(|host_ip| host_ip.ip.as_str()), host_ip)
            .map(str::to_owned)
            .collect()
    }

    /// Tells whether it is ready for traffic.
    pub fn is_ready(&self) -> bool {
        self.status
            .conditions
            .iter()
            .any(|condition| condition.condition_type == "Ready" && condition.status == "True")
    }
}
