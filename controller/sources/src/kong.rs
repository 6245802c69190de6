//! `kong-tcpingress`: hosts of `TCPIngress` objects, answered by their load balancer.

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::kong::TcpIngress;

pub(super) struct KongSource;

impl ObjectSource for KongSource {
    type Object = TcpIngress;
    const SOURCE: &'static str = "kong-tcpingress";
    const LABEL: &'static str = "tcpingress";
    const TARGETS_AT: &'static str = "`status.loadBalancer`";
    const NAMES_AT: Option<&'static str> = Some("`spec.rules[].host`");

    fn convert<'a>(ingress: &'a TcpIngress, builder: &mut EndpointBuilder<'a>) {
        let hosts = ingress.spec.rules.iter().filter_map(|rule| rule.host.clone());
        let names = builder.names(hosts.collect(), &[]);
        let targets = builder.targets_or(|| ingress.status.load_balancer.targets());
        builder.add_all(&names, &targets);
    }
}
