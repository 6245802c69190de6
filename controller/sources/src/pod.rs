//! `pod`: names in annotations of pods, answered by the pod or by its node.

use std::net::Ipv6Addr;

use controller_core::status::Reason;

use super::Affected;
use super::annotations::key;
use super::endpoint_builder::EndpointBuilder;
use super::options::{Compatibility, SourceOptions};
use super::per_object::ObjectSource;
use super::service::legacy::{KOPS_EXTERNAL, KOPS_INTERNAL, names};
use crate::objects::core::{Node, Pod as Object};
use crate::objects::{Change, ObjectKey, Objects, Resource};

pub(super) struct PodSource;

impl ObjectSource for PodSource {
    type Object = Object;
    const SOURCE: &'static str = "pod";
    const LABEL: &'static str = "pod";
    const TARGETS_AT: &'static str = "the addresses of the Pod or its node";

    fn convert<'a>(pod: &'a Object, builder: &mut EndpointBuilder<'a>) {
        builder.without_properties();
        let options = builder.context.options;
        if pod.spec.host_network || !options.ignore_non_host_network_pods {
            annotated(pod, builder);
        } else if builder.annotations.names(key::HOSTNAME).is_some()
            || builder.annotations.names(key::INTERNAL_HOSTNAME).is_some()
        {
            builder.tell(Reason::LeftOut {
                why: "the pod is not in its node's network, and --ignore-non-host-network-pods \
                      is set"
                    .to_owned(),
            });
        }
        builder.add_pairs();
        let all = pod.addresses();
        builder.add_from_template(|builder, names| builder.add_all(&names, &all));
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        if change.key.kind != Node::ID {
            return Affected::default();
        }
        let pods = objects.list::<Object>();
        pods.filter(|pod| pod.spec.node_name == change.key.name).map(ObjectKey::of).collect()
    }
}

fn annotated(pod: &Object, builder: &mut EndpointBuilder<'_>) {
    let own = pod.addresses();
    let given = builder.annotations.targets();
    let or_given = |other: &[String]| if given.is_empty() { other.to_vec() } else { given.clone() };
    // Compat: the flag that ignores hostname annotations was never obeyed here.
    let internal = builder.listed(key::INTERNAL_HOSTNAME);
    builder.add_all(&internal, &or_given(&own));
    let external = builder.listed(key::HOSTNAME);
    if given.is_empty() {
        on_node(pod, &external, builder);
    } else {
        builder.add_all(&external, &given);
    }
    if builder.context.options.compatibility == Compatibility::KopsDnsController {
        builder.add_all(&names(pod.meta.annotations.get(KOPS_INTERNAL)), &own);
        on_node(pod, &names(pod.meta.annotations.get(KOPS_EXTERNAL)), builder);
    }
    let domain = &builder.context.options.pod_source_domain;
    if !domain.is_empty() {
        let name = format!("{}.{}", pod.meta.name, domain.strip_prefix('.').unwrap_or(domain));
        builder.add(&name, &or_given(&own));
    }
}

/// Adds `names` with the addresses of the pod's node.
fn on_node(pod: &Object, names: &[String], builder: &mut EndpointBuilder<'_>) {
    if names.is_empty() || !builder.needs_in::<Node>("") {
        return;
    }
    let node = match builder.context.objects.find::<Node>("", &pod.spec.node_name) {
        Ok(node) => node,
        Err(reason) => {
            let waits = pod.spec.node_name.is_empty();
            let reason = if waits { builder.no_targets() } else { reason };
            for name in names {
                builder.mark_unknown(name, reason.clone());
            }
            return;
        }
    };
    let external = node.addresses("ExternalIP");
    let ipv6 = node.addresses("InternalIP").filter(|address| address.parse::<Ipv6Addr>().is_ok());
    let targets: Vec<_> = external.chain(ipv6).map(str::to_owned).collect();
    builder.add_all(names, &targets);
}
