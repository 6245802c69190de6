//! `contour-httpproxy`: the host of each `HTTPProxy`, answered by its load balancer.

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::contour::HttpProxy;

pub(super) struct ContourSource;

impl ObjectSource for ContourSource {
    type Object = HttpProxy;
    const SOURCE: &'static str = "contour-httpproxy";
    const LABEL: &'static str = "HTTPProxy";
    const TARGETS_AT: &'static str = "`status.loadBalancer`";
    const NAMES_AT: Option<&'static str> = Some("`spec.virtualhost.fqdn`");

    fn convert<'a>(proxy: &'a HttpProxy, builder: &mut EndpointBuilder<'a>) {
        let host = proxy.spec.virtualhost.iter().map(|virtual_host| virtual_host.fqdn.clone());
        let names = builder.names(host.collect(), &[]);
        let targets = builder.targets_or(|| proxy.status.load_balancer.targets());
        builder.add_all(&names, &targets);
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
    }
}
