//! `node`: names of nodes, answered by their addresses.

use std::net::Ipv6Addr;

use controller_core::status::Reason;

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::core::Node as Object;

pub(super) struct NodeSource;

impl ObjectSource for NodeSource {
    type Object = Object;
    const SOURCE: &'static str = "node";
    const LABEL: &'static str = "node";
    const TARGETS_AT: &'static str = "the addresses of the node";

    fn convert<'a>(node: &'a Object, builder: &mut EndpointBuilder<'a>) {
        let options = builder.context.options;
        if options.exclude_unschedulable && node.spec.unschedulable {
            return builder.tell(Reason::LeftOut {
                why: "the node is cordoned; --no-exclude-unschedulable publishes it".to_owned(),
            });
        }
        builder.without_properties();
        let mut targets = builder.annotations.targets();
        if targets.is_empty() {
            targets = addresses(node, options.expose_internal_ipv6);
        }
        let templates = builder.context.templates;
        if !templates.gives_names() || templates.combine() {
            builder.add(&node.meta.name, &targets);
        }
        builder.add_pairs();
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
    }
}

/// Returns the external addresses of a node, or its internal ones when it has none.
fn addresses(node: &Object, expose_internal_ipv6: bool) -> Vec<String> {
    let mut external: Vec<_> = node.addresses("ExternalIP").map(str::to_owned).collect();
    let internal = node.addresses("InternalIP").map(str::to_owned);
    if external.is_empty() {
        return internal.collect();
    }
    let ipv6 = internal.filter(|address| address.parse::<Ipv6Addr>().is_ok());
    external.extend(ipv6.filter(|_| expose_internal_ipv6));
    external
}
