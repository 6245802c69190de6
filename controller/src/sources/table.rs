//! The sources, as data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::each::{Conversion, Each};
use super::gateway::GatewayRoute;
use super::gloo::Gloo;
use super::options::SourceOptions;
use super::template::InvalidTemplate;
use super::traefik::Traefik;
use super::{
    Source, cis, contour, crd, emissary, fake, ingress, istio, kong, node, openshift, pod, service,
    skipper, unstructured,
};
use crate::objects::cis::{TransportServer, VirtualServer};
use crate::objects::core::{EndpointSlice, Ingress, Namespace, Node, Pod, Service, ServiceType};
use crate::objects::dns_endpoint::DnsEndpoint;
use crate::objects::gateway::{
    Gateway, GrpcRoute, HttpRoute, ListenerSet, TcpRoute, TlsRoute, UdpRoute,
};
use crate::objects::traefik::{
    IngressRoute, IngressRouteTcp, IngressRouteUdp, LegacyIngressRoute, LegacyIngressRouteTcp,
    LegacyIngressRouteUdp,
};
use crate::objects::{self, Kind, KindId, Resource, Watch, kind};

/// One source.
pub struct SourceRow {
    /// Value of `--source`.
    pub name: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// What it reads, its own objects first.
    pub reads: &'static [Read],
    /// Whether templates are run on its objects.
    pub templates: bool,
    /// Whether the API server selects its objects by label.
    pub server_labels: bool,
    /// Whether it writes the status of its objects.
    pub writes_status: bool,
    build: Build,
}

/// Builds a source, which may read several kinds and so be several.
type Build = fn(&Arc<SourceOptions>) -> Result<Vec<Box<dyn Source>>, BuildError>;

/// One kind of object that a source reads.
pub struct Read {
    /// The kind.
    pub kind: KindId,
    /// First part of the `resource` label of objects that ask for names; `None` for helpers.
    pub label: Option<&'static str>,
    /// Where it is read.
    pub within: Within,
    /// Whether it is read.
    pub when: fn(&SourceOptions) -> bool,
    /// When it is read, for documentation; empty for always.
    pub when_doc: &'static str,
}

/// Where a kind is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In the namespaces of `--namespace`.
    Namespaces,
    /// Everywhere.
    Cluster,
    /// In the namespace of `--gateway-namespace`.
    GatewayNamespace,
    /// In the namespaces of `--gloo-namespace`.
    GlooNamespaces,
}

/// Why the sources cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// There is no such source.
    #[error("`{name}` is not a source; the sources are {}", names().join(", "))]
    Unknown {
        /// What was given.
        name: String,
    },
    /// The source exists elsewhere.
    #[error("the source `{name}` is not supported: {instead}")]
    NotSupported {
        /// What was given.
        name: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A template cannot be read.
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
    /// Two settings contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

const fn always(_: &SourceOptions) -> bool {
    true
}

const fn own<T: Resource>(label: &'static str) -> Read {
    Read { kind: T::ID, label: Some(label), within: Within::Namespaces, when: always, when_doc: "" }
}

const fn helper<T: Resource>() -> Read {
    Read { kind: T::ID, label: None, within: Within::Namespaces, when: always, when_doc: "" }
}

impl Read {
    const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }

    const fn when(mut self, when: fn(&SourceOptions) -> bool, when_doc: &'static str) -> Self {
        self.when = when;
        self.when_doc = when_doc;
        self
    }
}

fn one<S: Source + 'static>(
    source: Result<S, InvalidTemplate>,
) -> Result<Vec<Box<dyn Source>>, BuildError> {
    Ok(vec![Box::new(source?)])
}

macro_rules! route {
    ($route:ty, $name:literal, $doc:literal) => {
        SourceRow {
            name: $name,
            doc: $doc,
            reads: &[
                own::<$route>(<$route as crate::objects::gateway::RouteObject>::LABEL),
                helper::<Gateway>().within(Within::GatewayNamespace),
                helper::<Namespace>().within(Within::Cluster),
                helper::<ListenerSet>()
                    .within(Within::Cluster)
                    .when(|it| it.gateway_listener_sets, "with --gateway-listener-sets"),
            ],
            templates: true,
            server_labels: true,
            writes_status: false,
            build: |options| one(Each::<GatewayRoute<$route>>::new(options)),
        }
    };
}

macro_rules! simple {
    ($name:literal, $doc:literal, $object:ty, $conversion:ty) => {
        SourceRow {
            name: $name,
            doc: $doc,
            reads: &[own::<$object>(<$conversion as Conversion>::LABEL)],
            templates: true,
            server_labels: false,
            writes_status: false,
            build: |options| one(Each::<$conversion>::new(options)),
        }
    };
}

/// Every source, in the order of the documentation.
pub static SOURCES: &[SourceRow] = &[
    SourceRow {
        name: "crd",
        doc: "Record sets that DNSEndpoint objects spell out",
        reads: &[own::<DnsEndpoint>("crd")],
        templates: false,
        server_labels: true,
        writes_status: true,
        build: |options| one(Each::<crd::Crd>::new(options)),
    },
    SourceRow {
        name: "ingress",
        doc: "Hosts of Ingresses, answered by their load balancers",
        reads: &[own::<Ingress>("ingress")],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| {
            if !options.ingress_classes.is_empty()
                && options.annotation_filter.mentions(ingress::CLASS_ANNOTATION)
            {
                return Err(BuildError::Contradiction(format!(
                    "--ingress-class and an --annotation-filter on `{}` choose the same thing \
                     twice; keep one of them",
                    ingress::CLASS_ANNOTATION
                )));
            }
            one(Each::<ingress::Ingress>::new(options))
        },
    },
    SourceRow {
        name: "service",
        doc: "Names of Services, answered by whatever way each type is reached",
        reads: &[
            own::<Service>("service"),
            helper::<EndpointSlice>().when(
                |it| allows(it, &ServiceType::NodePort) || allows(it, &ServiceType::ClusterIp),
                "unless --service-type-filter leaves out NodePort and ClusterIP",
            ),
            helper::<Node>().within(Within::Cluster).when(
                |it| allows(it, &ServiceType::NodePort),
                "unless --service-type-filter leaves out NodePort",
            ),
            helper::<Pod>().when(
                |it| it.headless_from_pods || it.publish_host_ip,
                "with --headless-from-pods or --publish-host-ip",
            ),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<service::Service>::new(options)),
    },
    SourceRow {
        name: "node",
        doc: "Names of nodes, answered by their addresses",
        reads: &[own::<Node>("node").within(Within::Cluster)],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<node::Node>::new(options)),
    },
    SourceRow {
        name: "pod",
        doc: "Names in annotations of pods, answered by the pod or by its node",
        reads: &[own::<Pod>("pod"), helper::<Node>().within(Within::Cluster)],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<pod::Pod>::new(options)),
    },
    route!(HttpRoute, "gateway-httproute", "Hosts of HTTPRoutes, answered by their Gateways"),
    route!(GrpcRoute, "gateway-grpcroute", "Hosts of GRPCRoutes, answered by their Gateways"),
    route!(TlsRoute, "gateway-tlsroute", "Hosts of TLSRoutes, answered by their Gateways"),
    route!(
        TcpRoute,
        "gateway-tcproute",
        "Names annotated on TCPRoutes, answered by their Gateways"
    ),
    route!(
        UdpRoute,
        "gateway-udproute",
        "Names annotated on UDPRoutes, answered by their Gateways"
    ),
    SourceRow {
        name: "istio-gateway",
        doc: "Hosts of Istio Gateways, answered by the Services or the Ingress in front",
        reads: &[
            own::<objects::istio::Gateway>("gateway"),
            helper::<Service>(),
            helper::<Ingress>(),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<istio::IstioGateway>::new(options)),
    },
    SourceRow {
        name: "istio-virtualservice",
        doc: "Hosts of Istio VirtualServices, answered by the Gateways that serve them",
        reads: &[
            own::<objects::istio::VirtualService>("virtualservice"),
            helper::<objects::istio::Gateway>(),
            helper::<Service>(),
            helper::<Ingress>(),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<istio::IstioVirtualService>::new(options)),
    },
    simple!(
        "contour-httpproxy",
        "Hosts of Contour's HTTPProxies, answered by their load balancers",
        objects::contour::HttpProxy,
        contour::Contour
    ),
    SourceRow {
        name: "traefik-proxy",
        doc: "Hosts in the rules of Traefik's routes, answered by the target annotation",
        reads: &[
            own::<IngressRoute>("ingressroute").when(|it| it.traefik_current, CURRENT),
            own::<IngressRouteTcp>("ingressroutetcp").when(|it| it.traefik_current, CURRENT),
            own::<IngressRouteUdp>("ingressrouteudp").when(|it| it.traefik_current, CURRENT),
            own::<LegacyIngressRoute>("ingressroute").when(|it| it.traefik_legacy, LEGACY),
            own::<LegacyIngressRouteTcp>("ingressroutetcp").when(|it| it.traefik_legacy, LEGACY),
            own::<LegacyIngressRouteUdp>("ingressrouteudp").when(|it| it.traefik_legacy, LEGACY),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| {
            let mut built: Vec<Box<dyn Source>> = Vec::new();
            if options.traefik_current {
                built.push(Box::new(Each::<Traefik<IngressRoute>>::new(options)?));
                built.push(Box::new(Each::<Traefik<IngressRouteTcp>>::new(options)?));
                built.push(Box::new(Each::<Traefik<IngressRouteUdp>>::new(options)?));
            }
            if options.traefik_legacy {
                built.push(Box::new(Each::<Traefik<LegacyIngressRoute>>::new(options)?));
                built.push(Box::new(Each::<Traefik<LegacyIngressRouteTcp>>::new(options)?));
                built.push(Box::new(Each::<Traefik<LegacyIngressRouteUdp>>::new(options)?));
            }
            Ok(built)
        },
    },
    SourceRow {
        name: "gloo-proxy",
        doc: "Domains of Gloo's Proxies, answered by the Service or the Ingress in front",
        reads: &[
            own::<objects::gloo::Proxy>("proxy").within(Within::GlooNamespaces),
            helper::<objects::gloo::VirtualService>().within(Within::Cluster),
            helper::<objects::gloo::Gateway>().within(Within::Cluster),
            helper::<Service>().within(Within::Cluster),
            helper::<Ingress>().within(Within::Cluster),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<Gloo>::new(options)),
    },
    SourceRow {
        name: "kong-tcpingress",
        doc: "Hosts of Kong's TCPIngresses, answered by their load balancers",
        reads: &[own::<objects::kong::TcpIngress>("tcpingress")],
        templates: false,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<kong::Kong>::new(options)),
    },
    simple!(
        "f5-virtualserver",
        "Hosts of F5 VirtualServers, answered by their addresses",
        VirtualServer,
        cis::F5<VirtualServer>
    ),
    simple!(
        "f5-transportserver",
        "Hosts of F5 TransportServers, answered by their addresses",
        TransportServer,
        cis::F5<TransportServer>
    ),
    SourceRow {
        name: "ambassador-host",
        doc: "Host names of Emissary's Hosts, answered by the Service that an annotation names",
        reads: &[own::<objects::emissary::Host>("host"), helper::<Service>()],
        templates: false,
        server_labels: false,
        writes_status: false,
        build: |options| one(Each::<emissary::Ambassador>::new(options)),
    },
    simple!(
        "skipper-routegroup",
        "Hosts of Skipper's RouteGroups, answered by their load balancers",
        objects::skipper::RouteGroup,
        skipper::Skipper
    ),
    simple!(
        "openshift-route",
        "Hosts that OpenShift's routers admitted, answered by the routers' names",
        objects::openshift::Route,
        openshift::OpenShift
    ),
    SourceRow {
        name: unstructured::NAME,
        doc: "Names annotated on objects of any kind, and templates over all their fields",
        reads: &[],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: unstructured::Unstructured::all,
    },
    SourceRow {
        name: "fake",
        doc: "One record set of each type, to try a provider with",
        reads: &[],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: fake::Fake::build,
    },
    SourceRow {
        name: "empty",
        doc: "Nothing, to see what a provider holds without wanting anything",
        reads: &[],
        templates: false,
        server_labels: false,
        writes_status: false,
        build: |_| Ok(vec![Box::new(fake::Empty)]),
    },
];

const CURRENT: &str = "unless --traefik-disable-new";
const LEGACY: &str = "with --traefik-enable-legacy";

fn allows(options: &SourceOptions, service_type: &ServiceType) -> bool {
    options.service_types.is_empty() || options.service_types.contains(service_type)
}

fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = SOURCES.iter().map(|it| it.name).collect();
    names.sort_unstable();
    names
}

fn row(name: &str) -> Result<&'static SourceRow, BuildError> {
    if name == "connector" {
        return Err(BuildError::NotSupported {
            name: "connector",
            instead: "it speaks Go's own encoding over TCP; use the source `crd` and let the \
                      connector create DNSEndpoint objects, or give their manifests with --manifests",
        });
    }
    let row = SOURCES.iter().find(|it| it.name == name);
    row.ok_or_else(|| BuildError::Unknown { name: name.to_owned() })
}

/// Builds the sources called `names`, in that order and each once.
///
/// # Errors
///
/// A name is not that of a source, or something set about it makes no sense.
pub fn build(
    names: &[impl AsRef<str>],
    options: &SourceOptions,
) -> Result<Vec<Box<dyn Source>>, BuildError> {
    let options = Arc::new(options.clone());
    let mut built = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        if seen.insert(name.as_ref()) {
            built.extend((row(name.as_ref())?.build)(&options)?);
        }
    }
    Ok(built)
}

/// Returns what is to be read for the sources called `names`: each kind once.
///
/// # Errors
///
/// A name is not that of a source, or a kind that was named makes no sense.
pub fn kinds_watched(
    names: &[impl AsRef<str>],
    options: &SourceOptions,
) -> Result<Vec<Watch>, BuildError> {
    let mut all: BTreeMap<KindId, Watch> = BTreeMap::new();
    for name in names {
        let row = row(name.as_ref())?;
        for read in row.reads.iter().filter(|it| (it.when)(options)) {
            let Some(kind) = kind(&read.kind) else { continue };
            add(&mut all, watch(kind.clone(), row, read, options));
        }
        if row.name == unstructured::NAME {
            for text in &options.unstructured_resources {
                let kind = Kind::named(text).map_err(BuildError::Contradiction)?;
                add(
                    &mut all,
                    Watch {
                        kind,
                        namespaces: options.namespaces.clone(),
                        label_selector: String::new(),
                        keep_raw: !options.templates.is_empty(),
                        sources: [row.name].into(),
                        is_optional: false,
                    },
                );
            }
        }
    }
    Ok(all.into_values().collect())
}

fn watch(kind: Kind, row: &SourceRow, read: &Read, options: &SourceOptions) -> Watch {
    let one = |it: &String| [it.clone()].into_iter().filter(|it| !it.is_empty()).collect();
    let namespaces = match read.within {
        Within::Namespaces => options.namespaces.clone(),
        Within::Cluster => BTreeSet::new(),
        Within::GatewayNamespace => one(&options.gateway_namespace),
        Within::GlooNamespaces => options.gloo_namespaces.clone(),
    };
    let is_own = read.label.is_some();
    let labels = is_own && row.server_labels;
    Watch {
        kind,
        namespaces,
        label_selector: if labels { options.label_filter.to_string() } else { String::new() },
        keep_raw: is_own && row.templates && !options.templates.is_empty(),
        sources: [row.name].into(),
        is_optional: !is_own && read.within == Within::Cluster && !options.namespaces.is_empty(),
    }
}

/// Adds `watch`, so that everyone who reads the kind finds what they need.
fn add(watches: &mut BTreeMap<KindId, Watch>, watch: Watch) {
    let Some(before) = watches.get_mut(&watch.kind.id()) else {
        watches.insert(watch.kind.id(), watch);
        return;
    };
    let Watch { kind: _, namespaces, label_selector, keep_raw, sources, is_optional } = watch;
    if before.namespaces.is_empty() || namespaces.is_empty() {
        before.namespaces.clear();
    } else {
        before.namespaces.extend(namespaces);
    }
    if before.label_selector != label_selector {
        before.label_selector.clear();
    }
    before.keep_raw |= keep_raw;
    before.is_optional &= is_optional;
    before.sources.extend(sources);
}
