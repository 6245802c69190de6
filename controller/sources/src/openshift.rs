//! `openshift-route`: the host that a router admitted, answered by the router's own name.

use std::collections::BTreeSet;

use controller_core::status::Reason;

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::openshift::{OpenShiftRoute, RouteIngress};

pub(super) struct OpenShiftSource;

impl ObjectSource for OpenShiftSource {
    type Object = OpenShiftRoute;
    const SOURCE: &'static str = "openshift-route";
    const LABEL: &'static str = "route";
    const TARGETS_AT: &'static str = "the status of a router that counts";
    const NAMES_AT: Option<&'static str> = Some("the host in the status");

    fn convert<'a>(route: &'a OpenShiftRoute, builder: &mut EndpointBuilder<'a>) {
        let router = &builder.context.options.openshift_router_name;
        let counts = |ingress: &&RouteIngress| router.is_empty() || *router == ingress.router_name;
        let admits = |ingress: &&RouteIngress| {
            let admitted = ingress.conditions.iter().any(|condition| {
                condition.condition_type == "Admitted" && condition.status == "True"
            });
            admitted && !ingress.router_canonical_hostname.is_empty()
        };
        let mut routers = route.status.ingress.iter().filter(counts);
        let admitted = routers.clone().find(admits);
        let host = host(route, admitted);
        let is_nameless = host.is_none() && !has_host(route);
        let names = builder.names(host.into_iter().collect(), &[]);
        let canonical =
            || admitted.iter().map(|ingress| ingress.router_canonical_hostname.clone()).collect();
        let targets = builder.targets_or(canonical);
        builder.add_all(&names, &targets);
        if admitted.is_none() {
            let others = !router.is_empty() && routers.next().is_none();
            not_admitted(route, others.then_some(router.as_str()), builder);
        }
        if is_nameless && !builder.wants_any() {
            // A router gives it a host, and may have given it one that is not to be seen now.
            builder.unknown(builder.no_targets());
        }
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
    }
}

/// Returns the host of a route: the one that a router admitted, or else the one it wants.
///
/// An empty one is a missing value, unless a router says which host it stands for.
fn host(route: &OpenShiftRoute, admitted: Option<&RouteIngress>) -> Option<String> {
    let wanted = route.spec.host.as_ref();
    match admitted.map(|ingress| &ingress.host).filter(|host| !host.is_empty()) {
        Some(host) => Some(host.clone()),
        None if admitted.is_some() => wanted.cloned(),
        None => wanted.filter(|host| host.is_empty() && !has_host(route)).cloned(),
    }
}

/// Tells whether a route says of any host that it has it or wants it.
fn has_host(route: &OpenShiftRoute) -> bool {
    let served = route.status.ingress.iter().map(|ingress| &ingress.host);
    served.chain(&route.spec.host).any(|host| !host.is_empty())
}

/// Says what becomes of the hosts of a route that no router which counts has admitted.
///
/// `router` is the one that would have to, when it does not know the route at all.
fn not_admitted(route: &OpenShiftRoute, router: Option<&str>, builder: &mut EndpointBuilder<'_>) {
    let mut hosts: BTreeSet<&str> =
        route.status.ingress.iter().map(|ingress| ingress.host.as_str()).collect();
    if hosts.is_empty() {
        hosts.extend(route.spec.host.as_deref());
    }
    hosts.retain(|host| !host.is_empty() && !builder.wants(host));
    for host in hosts {
        match router {
            Some(router) => {
                let parent = format!("router/{router}");
                let why = "it has not admitted the Route".to_owned();
                builder.refuse(host, Reason::NotServed { parent, why });
            }
            // A router that takes its word back is not a wish to have no record.
            None => builder.mark_unknown(host, builder.no_targets()),
        }
    }
}
