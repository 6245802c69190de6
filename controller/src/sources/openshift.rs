//! `openshift-route`: the host that a router admitted, answered by the router's own name.

use std::collections::BTreeSet;

use controller_core::verdict::Reason;

use super::asking::Asking;
use super::each::Conversion;
use crate::objects::openshift::{Route, RouteIngress};

/// `openshift-route`.
pub(super) struct OpenShift;

impl Conversion for OpenShift {
    type Object = Route;
    const SOURCE: &'static str = "openshift-route";
    const LABEL: &'static str = "route";

    fn convert<'a>(route: &'a Route, asking: &mut Asking<'a>) {
        let router = &asking.context.options.openshift_router_name;
        let counts = |ingress: &&RouteIngress| router.is_empty() || *router == ingress.router_name;
        let admits = |ingress: &&RouteIngress| {
            let admitted = ingress.conditions.iter().any(|condition| {
                condition.condition_type == "Admitted" && condition.status == "True"
            });
            admitted && !ingress.router_canonical_hostname.is_empty()
        };
        let mut routers = route.status.ingress.iter().filter(counts);
        let admitted = routers.clone().find(admits);
        let host = admitted.map(|ingress| ingress.host.clone()).filter(|host| !host.is_empty());
        let names = asking.names(host.into_iter().collect(), &[]);
        let canonical =
            || admitted.iter().map(|ingress| ingress.router_canonical_hostname.clone()).collect();
        let targets = asking.targets_or(canonical);
        asking.ask_all(&names, &targets);
        if admitted.is_none() {
            let others = !router.is_empty() && routers.next().is_none();
            not_admitted(route, others.then_some(router.as_str()), asking);
        }
        asking.ask_template(|asking, names| asking.ask_all(&names, &targets));
    }
}

/// Says what becomes of the hosts of a route that no router which counts has admitted.
///
/// `router` is the one that would have to, when it does not know the route at all.
fn not_admitted(route: &Route, router: Option<&str>, asking: &mut Asking<'_>) {
    let mut hosts: BTreeSet<&str> =
        route.status.ingress.iter().map(|ingress| ingress.host.as_str()).collect();
    if hosts.is_empty() {
        hosts.insert(&route.spec.host);
    }
    hosts.retain(|host| !host.is_empty() && !asking.asks_for(host));
    for host in hosts {
        match router {
            Some(router) => {
                let parent = format!("router/{router}");
                let why = "it has not admitted the Route".to_owned();
                asking.refuse(host, Reason::NotServed { parent, why });
            }
            // A router that takes its word back is not a wish to have no record.
            None => asking.lose(host, Reason::NoTargets),
        }
    }
}
