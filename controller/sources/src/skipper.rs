//! `skipper-routegroup`: hosts of `RouteGroup` objects, answered by their load balancer.

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::core::LoadBalancerStatus;
use crate::objects::skipper::RouteGroup;

pub(super) struct SkipperSource;

impl ObjectSource for SkipperSource {
    type Object = RouteGroup;
    const SOURCE: &'static str = "skipper-routegroup";
    const LABEL: &'static str = "routegroup";
    const TARGETS_AT: &'static str = "`status.loadBalancer`";
    const NAMES_AT: Option<&'static str> = Some("`spec.hosts`");

    fn convert<'a>(group: &'a RouteGroup, builder: &mut EndpointBuilder<'a>) {
        let names = builder.names(group.spec.hosts.clone(), &[]);
        let balancer = &group.status.load_balancer.route_group;
        let balancer = || LoadBalancerStatus { ingress: balancer.clone() }.targets();
        let targets = builder.targets_or(balancer);
        builder.add_all(&names, &targets);
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
    }
}
