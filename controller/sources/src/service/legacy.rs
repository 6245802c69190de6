//! Annotations of the tools that came before, for Services that have none of ours.

use std::collections::BTreeSet;

use controller_core::status::Reason;
use controller_core::value::items;

use super::nodes::is_ipv6;
use crate::endpoint_builder::EndpointBuilder;
use crate::objects::core::{Node, Service, ServiceType};
use crate::options::Compatibility;

/// Annotation of Mate: one name.
const MATE: &str = "zalando.org/dnsname";

/// Annotation of Molecule: names, on objects with the label below.
const MOLECULE: &str = "domainName";

/// Annotations of kops' dns-controller.
pub(crate) const KOPS_EXTERNAL: &str = "dns.alpha.kubernetes.io/external";
/// See [`KOPS_EXTERNAL`].
pub(crate) const KOPS_INTERNAL: &str = "dns.alpha.kubernetes.io/internal";

/// Where the two count.
const KOPS_COUNTS: &str = "it counts on Services of type LoadBalancer, and alone on those of type \
     NodePort";

/// Label that kops gives to nodes that take traffic.
const KOPS_NODE: &str = "node-role.kubernetes.io/node";

/// Adds what the annotations of older tools say, when they count.
pub(super) fn publish(service: &Service, builder: &mut EndpointBuilder<'_>) {
    builder.bare(|builder| match builder.context.options.compatibility {
        Compatibility::Off => {}
        Compatibility::Mate => {
            if let Some(name) = service.meta.annotations.get(MATE) {
                builder.add(name, &service.status.load_balancer.targets());
            }
        }
        Compatibility::Molecule => {
            let names = names(service.meta.annotations.get(MOLECULE));
            if service.meta.labels.get("dns") == Some("route53") {
                builder.add_all(&names, &service.status.load_balancer.targets());
            } else if !names.is_empty() {
                let why = "it counts with the label `dns: route53`".to_owned();
                builder.tell(Reason::IgnoredAnnotation { annotation: MOLECULE.to_owned(), why });
            }
        }
        Compatibility::KopsDnsController => kops(service, builder),
    });
}

/// Returns the names in a list; none without one.
pub(crate) fn names(list: Option<&str>) -> Vec<String> {
    list.map(items).unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn kops(service: &Service, builder: &mut EndpointBuilder<'_>) {
    let annotations = &service.meta.annotations;
    let (external, internal) = (annotations.get(KOPS_EXTERNAL), annotations.get(KOPS_INTERNAL));
    match service.spec.service_type {
        ServiceType::LoadBalancer => {
            let targets = service.status.load_balancer.targets();
            let both: BTreeSet<_> = names(external).into_iter().chain(names(internal)).collect();
            for name in both {
                builder.add(&name, &targets);
            }
        }
        ServiceType::NodePort if external.is_some() != internal.is_some() => {
            let options = builder.context.options;
            let nodes = match builder.context.objects.every::<Node>() {
                Ok(nodes) => nodes,
                Err(reason) => return builder.unknown(reason),
            };
            let nodes = nodes.filter(|node| node.meta.labels.get(KOPS_NODE).is_some());
            let mut targets = Vec::new();
            for node in nodes {
                if internal.is_some() {
                    targets.extend(node.addresses("InternalIP").map(str::to_owned));
                } else {
                    targets.extend(node.addresses("ExternalIP").map(str::to_owned));
                    let ipv6 = node.addresses("InternalIP").filter(|address| is_ipv6(address));
                    let ipv6 = ipv6.filter(|_| options.expose_internal_ipv6);
                    targets.extend(ipv6.map(str::to_owned));
                }
            }
            builder.add_all(&names(external.or(internal)), &targets);
        }
        ServiceType::NodePort
        | ServiceType::ClusterIp
        | ServiceType::ExternalName
        | ServiceType::Other => {
            for (key, given) in [(KOPS_EXTERNAL, external), (KOPS_INTERNAL, internal)] {
                if given.is_some() {
                    builder.tell(Reason::IgnoredAnnotation {
                        annotation: key.to_owned(),
                        why: KOPS_COUNTS.to_owned(),
                    });
                }
            }
        }
    }
}
