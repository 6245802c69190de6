//! Everything that can be set about sources, with the values they have when nothing is set.

use std::collections::BTreeSet;

use controller_core::name_sharing::NameSharing;

use super::selector::Selector;
use super::template::TemplateTexts;
use crate::annotations::DEFAULT_PREFIXES;
use crate::namespace_domains::NamespaceDomains;
use crate::objects::core::ServiceType;

/// What is set about sources.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that users know by its name")]
pub struct SourceOptions {
    /// Prefixes of annotations, in order of precedence; never empty.
    pub annotation_prefixes: Vec<String>,
    /// Annotations that an object must have.
    pub annotation_filter: Selector,
    /// Labels that an object must have.
    pub label_filter: Selector,
    /// Namespaces that are read; empty for all.
    pub namespaces: BTreeSet<String>,
    /// Which namespaces may have which names.
    pub namespace_domains: NamespaceDomains,
    /// Whether objects of several namespaces can stand under one name.
    pub sharing: NameSharing,
    /// Most names of one object, of which none is published when it wants more; 0 for any number.
    pub max_names_per_object: usize,
    /// Templates that give names.
    pub templates: TemplateTexts,
    /// Whether names come from templates only, not from the hostname annotation.
    pub ignore_hostname_annotation: bool,

    /// service: whether Services that are reached inside the cluster only are published.
    pub publish_internal_services: bool,
    /// service: whether headless Services answer with the addresses of nodes.
    pub publish_host_ip: bool,
    /// service: whether endpoints of headless Services count before they are ready.
    pub always_publish_not_ready_addresses: bool,
    /// service: types that are read; empty for all.
    pub service_types: BTreeSet<ServiceType>,
    /// service: whether names of load balancers are looked up and their addresses published.
    pub resolve_load_balancer_hostname: bool,
    /// service: whether Pods are read for headless Services.
    ///
    /// Otherwise what is behind a Service, its host names and its nodes come from `EndpointSlice`s,
    /// which is the same except for a pod's own `target` annotation and for a host name under
    /// another subdomain than the Service's.
    pub headless_from_pods: bool,
    /// service, pod: annotations of older tools that count where ours are absent.
    pub compatibility: Compatibility,

    /// ingress: classes that are read; empty for all.
    pub ingress_classes: BTreeSet<String>,
    /// ingress: whether hosts of rules are left out.
    pub ignore_ingress_rules: bool,
    /// ingress: whether hosts of certificates are left out.
    pub ignore_ingress_tls: bool,

    /// node, service: whether cordoned nodes are left out.
    pub exclude_unschedulable: bool,
    /// node, service: whether internal IPv6 addresses are published next to external ones.
    pub expose_internal_ipv6: bool,

    /// pod: whether only pods in their node's network are read.
    pub ignore_non_host_network_pods: bool,
    /// pod: domain under which every pod gets a name; empty for none.
    pub pod_source_domain: String,

    /// gateway: namespace of the Gateways that count; empty for all.
    pub gateway_namespace: String,
    /// gateway: name of the Gateways that count; empty for all.
    pub gateway_name: String,
    /// gateway: labels of the Gateways that count.
    pub gateway_label_filter: Selector,
    /// gateway: whether routes may attach to listener sets.
    pub gateway_listener_sets: bool,
    /// gateway: whether a route without hosts gets those of its listeners.
    pub gateway_listener_hostnames: bool,

    /// gloo: namespaces of the proxies.
    pub gloo_namespaces: BTreeSet<String>,
    /// openshift: router whose answer counts; empty for the first that admits.
    pub openshift_router_name: String,
    /// traefik: whether `traefik.containo.us` is read.
    pub traefik_legacy: bool,
    /// traefik: whether `traefik.io` is read.
    pub traefik_current: bool,
    /// unstructured: kinds that are read, as `plural.version.group`.
    pub unstructured_resources: Vec<String>,
}

/// Annotations of older tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// None of them.
    #[default]
    Off,
    /// `zalando.org/dnsname`.
    Mate,
    /// `domainName` on objects labelled `dns=route53`.
    Molecule,
    /// `dns.alpha.kubernetes.io/external` and `/internal`.
    KopsDnsController,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            annotation_prefixes: DEFAULT_PREFIXES.map(str::to_owned).to_vec(),
            annotation_filter: Selector::default(),
            label_filter: Selector::default(),
            namespaces: BTreeSet::new(),
            namespace_domains: NamespaceDomains::default(),
            sharing: NameSharing::default(),
            max_names_per_object: 1_000,
            templates: TemplateTexts::default(),
            ignore_hostname_annotation: false,
            publish_internal_services: false,
            publish_host_ip: false,
            always_publish_not_ready_addresses: false,
            service_types: BTreeSet::new(),
            resolve_load_balancer_hostname: false,
            headless_from_pods: false,
            compatibility: Compatibility::Off,
            ingress_classes: BTreeSet::new(),
            ignore_ingress_rules: false,
            ignore_ingress_tls: false,
            exclude_unschedulable: true,
            expose_internal_ipv6: false,
            ignore_non_host_network_pods: false,
            pod_source_domain: String::new(),
            gateway_namespace: String::new(),
            gateway_name: String::new(),
            gateway_label_filter: Selector::default(),
            gateway_listener_sets: false,
            gateway_listener_hostnames: true,
            gloo_namespaces: ["gloo-system".to_owned()].into(),
            openshift_router_name: String::new(),
            traefik_legacy: false,
            traefik_current: true,
            unstructured_resources: Vec::new(),
        }
    }
}
