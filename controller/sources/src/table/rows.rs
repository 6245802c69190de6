//! One row for each source: its name, what it reads, and how it is built.

use crate::gateway::GatewayRouteSource;
use crate::gloo::GlooSource;
use crate::objects::cis::{TransportServer, VirtualServer};
use crate::objects::core::{Ingress, Namespace, Node, Pod, Service, ServiceType};
use crate::objects::dns_endpoint::DnsEndpoint;
use crate::objects::endpoint_slice::EndpointSlice;
use crate::objects::gateway::{
    Gateway, GrpcRoute, HttpRoute, ListenerSet, TcpRoute, TlsRoute, UdpRoute,
};
use crate::objects::traefik::{
    IngressRoute, IngressRouteTcp, IngressRouteUdp, LegacyIngressRoute, LegacyIngressRouteTcp,
    LegacyIngressRouteUdp,
};
use crate::objects::{self, Resource};
use crate::options::SourceOptions;
use crate::per_object::{ObjectSource, PerObject};
use crate::template::InvalidTemplate;
use crate::traefik::TraefikSource;
use crate::{
    Source, cis, contour, crd, emissary, fake, ingress, istio, kong, node, openshift, pod, service,
    skipper, unstructured,
};

use super::{BuildError, SourceSpec, WatchScope, WatchedKind};

const fn always(_: &SourceOptions) -> bool {
    true
}

const fn primary<T: Resource>(label: &'static str) -> WatchedKind {
    WatchedKind {
        kind: T::ID,
        label: Some(label),
        scope: WatchScope::Namespaces,
        when: always,
        when_doc: "",
    }
}

const fn auxiliary<T: Resource>() -> WatchedKind {
    WatchedKind {
        kind: T::ID,
        label: None,
        scope: WatchScope::Namespaces,
        when: always,
        when_doc: "",
    }
}

impl WatchedKind {
    const fn within(mut self, scope: WatchScope) -> Self {
        self.scope = scope;
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
        SourceSpec {
            name: $name,
            doc: $doc,
            reads: &[
                primary::<$route>(<$route as crate::objects::gateway::RouteObject>::LABEL),
                auxiliary::<Gateway>().within(WatchScope::GatewayNamespace),
                auxiliary::<Namespace>().within(WatchScope::Cluster),
                auxiliary::<ListenerSet>()
                    .within(WatchScope::Cluster)
                    .when(|options| options.gateway_listener_sets, "with --gateway-listener-sets"),
            ],
            templates: true,
            server_labels: true,
            writes_status: false,
            build: |options| one(PerObject::<GatewayRouteSource<$route>>::new(options)),
        }
    };
}

macro_rules! simple {
    ($name:literal, $doc:literal, $object:ty, $source:ty) => {
        SourceSpec {
            name: $name,
            doc: $doc,
            reads: &[primary::<$object>(<$source as ObjectSource>::LABEL)],
            templates: true,
            server_labels: false,
            writes_status: false,
            build: |options| one(PerObject::<$source>::new(options)),
        }
    };
}

/// Every source, in the order of the documentation.
pub static SOURCES: &[SourceSpec] = &[
    SourceSpec {
        name: "crd",
        doc: "Record sets that DNSEndpoint objects spell out",
        reads: &[primary::<DnsEndpoint>("crd")],
        templates: false,
        server_labels: true,
        writes_status: true,
        build: |options| one(PerObject::<crd::CrdSource>::new(options)),
    },
    SourceSpec {
        name: "ingress",
        doc: "Hosts of Ingresses, answered by their load balancers",
        reads: &[primary::<Ingress>("ingress")],
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
            one(PerObject::<ingress::IngressSource>::new(options))
        },
    },
    SourceSpec {
        name: "service",
        doc: "Names of Services, answered by whatever way each type is reached",
        reads: &[
            primary::<Service>("service"),
            auxiliary::<EndpointSlice>().when(
                |options| {
                    allows(options, &ServiceType::NodePort)
                        || allows(options, &ServiceType::ClusterIp)
                },
                "unless --service-type-filter leaves out NodePort and ClusterIP",
            ),
            auxiliary::<Node>().within(WatchScope::Cluster).when(
                |options| allows(options, &ServiceType::NodePort),
                "unless --service-type-filter leaves out NodePort",
            ),
            auxiliary::<Pod>().when(
                |options| options.headless_from_pods || options.publish_host_ip,
                "with --headless-from-pods or --publish-host-ip",
            ),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<service::ServiceSource>::new(options)),
    },
    SourceSpec {
        name: "node",
        doc: "Names of nodes, answered by their addresses",
        reads: &[primary::<Node>("node").within(WatchScope::Cluster)],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<node::NodeSource>::new(options)),
    },
    SourceSpec {
        name: "pod",
        doc: "Names in annotations of pods, answered by the pod or by its node",
        reads: &[primary::<Pod>("pod"), auxiliary::<Node>().within(WatchScope::Cluster)],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<pod::PodSource>::new(options)),
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
    SourceSpec {
        name: "istio-gateway",
        doc: "Hosts of Istio Gateways, answered by the Services or the Ingress in front",
        reads: &[
            primary::<objects::istio::IstioGateway>("gateway"),
            auxiliary::<Service>(),
            auxiliary::<Ingress>(),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<istio::IstioGatewaySource>::new(options)),
    },
    SourceSpec {
        name: "istio-virtualservice",
        doc: "Hosts of Istio VirtualServices, answered by the Gateways that serve them",
        reads: &[
            primary::<objects::istio::IstioVirtualService>("virtualservice"),
            auxiliary::<objects::istio::IstioGateway>(),
            auxiliary::<Service>(),
            auxiliary::<Ingress>(),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<istio::IstioVirtualServiceSource>::new(options)),
    },
    simple!(
        "contour-httpproxy",
        "Hosts of Contour's HTTPProxies, answered by their load balancers",
        objects::contour::HttpProxy,
        contour::ContourSource
    ),
    SourceSpec {
        name: "traefik-proxy",
        doc: "Hosts in the rules of Traefik's routes, answered by the target annotation",
        reads: &[
            primary::<IngressRoute>("ingressroute")
                .when(|options| options.traefik_current, CURRENT),
            primary::<IngressRouteTcp>("ingressroutetcp")
                .when(|options| options.traefik_current, CURRENT),
            primary::<IngressRouteUdp>("ingressrouteudp")
                .when(|options| options.traefik_current, CURRENT),
            primary::<LegacyIngressRoute>("ingressroute")
                .when(|options| options.traefik_legacy, LEGACY),
            primary::<LegacyIngressRouteTcp>("ingressroutetcp")
                .when(|options| options.traefik_legacy, LEGACY),
            primary::<LegacyIngressRouteUdp>("ingressrouteudp")
                .when(|options| options.traefik_legacy, LEGACY),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| {
            let mut built: Vec<Box<dyn Source>> = Vec::new();
            if options.traefik_current {
                built.push(Box::new(PerObject::<TraefikSource<IngressRoute>>::new(options)?));
                built.push(Box::new(PerObject::<TraefikSource<IngressRouteTcp>>::new(options)?));
                built.push(Box::new(PerObject::<TraefikSource<IngressRouteUdp>>::new(options)?));
            }
            if options.traefik_legacy {
                built.push(Box::new(PerObject::<TraefikSource<LegacyIngressRoute>>::new(options)?));
                built.push(Box::new(PerObject::<TraefikSource<LegacyIngressRouteTcp>>::new(
                    options,
                )?));
                built.push(Box::new(PerObject::<TraefikSource<LegacyIngressRouteUdp>>::new(
                    options,
                )?));
            }
            Ok(built)
        },
    },
    SourceSpec {
        name: "gloo-proxy",
        doc: "Domains of Gloo's Proxies, answered by the Service or the Ingress in front",
        reads: &[
            primary::<objects::gloo::Proxy>("proxy").within(WatchScope::GlooNamespaces),
            auxiliary::<objects::gloo::GlooVirtualService>().within(WatchScope::Cluster),
            auxiliary::<objects::gloo::GlooGateway>().within(WatchScope::Cluster),
            auxiliary::<Service>().within(WatchScope::Cluster),
            auxiliary::<Ingress>().within(WatchScope::Cluster),
        ],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<GlooSource>::new(options)),
    },
    SourceSpec {
        name: "kong-tcpingress",
        doc: "Hosts of Kong's TCPIngresses, answered by their load balancers",
        reads: &[primary::<objects::kong::TcpIngress>("tcpingress")],
        templates: false,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<kong::KongSource>::new(options)),
    },
    simple!(
        "f5-virtualserver",
        "Hosts of F5 VirtualServers, answered by their addresses",
        VirtualServer,
        cis::F5Source<VirtualServer>
    ),
    simple!(
        "f5-transportserver",
        "Hosts of F5 TransportServers, answered by their addresses",
        TransportServer,
        cis::F5Source<TransportServer>
    ),
    SourceSpec {
        name: "ambassador-host",
        doc: "Host names of Emissary's Hosts, answered by the Service that an annotation names",
        reads: &[primary::<objects::emissary::EmissaryHost>("host"), auxiliary::<Service>()],
        templates: false,
        server_labels: false,
        writes_status: false,
        build: |options| one(PerObject::<emissary::AmbassadorSource>::new(options)),
    },
    simple!(
        "skipper-routegroup",
        "Hosts of Skipper's RouteGroups, answered by their load balancers",
        objects::skipper::RouteGroup,
        skipper::SkipperSource
    ),
    simple!(
        "openshift-route",
        "Hosts that OpenShift's routers admitted, answered by the routers' names",
        objects::openshift::OpenShiftRoute,
        openshift::OpenShiftSource
    ),
    SourceSpec {
        name: unstructured::NAME,
        doc: "Names annotated on objects of any kind, and templates over all their fields",
        reads: &[],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: unstructured::Unstructured::all,
    },
    SourceSpec {
        name: "fake",
        doc: "One record set of each type, to try a provider with",
        reads: &[],
        templates: true,
        server_labels: false,
        writes_status: false,
        build: fake::Fake::build,
    },
    SourceSpec {
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
