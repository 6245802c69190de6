//! `openshift-route`: the host that a router admitted, answered by the router's own name.

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
        let admits = |it: &&RouteIngress| {
            let admitted = it.conditions.iter().any(|condition| {
                condition.condition_type == "Admitted" && condition.status == "True"
            });
            admitted
                && !it.router_canonical_hostname.is_empty()
                && (router.is_empty() || *router == it.router_name)
        };
        let admitted = route.status.ingress.iter().find(admits);
        let host = admitted.map(|it| it.host.clone()).filter(|it| !it.is_empty());
        let names = asking.names(host.into_iter().collect(), &[]);
        let canonical = || admitted.iter().map(|it| it.router_canonical_hostname.clone()).collect();
        let targets = asking.targets_or(canonical);
        asking.ask_all(&names, &targets);
        if admitted.is_none() {
            // A router that takes its word back is not a wish to have no record.
            for host in route.status.ingress.iter().map(|it| it.host.clone()) {
                if !host.is_empty() && !asking.asks_for(&host) && serves(route, router, &host) {
                    asking.lose(&host, controller_core::verdict::Reason::NoTargets);
                }
            }
        }
        asking.ask_template(|it, names| it.ask_all(&names, &targets));
    }
}

/// Tells whether a router that counts has `host`, admitted or not.
fn serves(route: &Route, router: &str, host: &str) -> bool {
    let mut ingress = route.status.ingress.iter();
    ingress.any(|it| it.host == host && (router.is_empty() || it.router_name == router))
}
