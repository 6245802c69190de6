//! Services of type `NodePort`: the addresses of nodes, and an SRV record for each port.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use controller_core::verdict::Reason;
use webhook_api::RecordType;

use super::headless::reads_pods;
use crate::objects::core::{Node, Pod, Service, ServiceType};
use crate::objects::endpoint_slice::EndpointSlice;
use crate::sources::annotations::key;
use crate::sources::asking::Asking;

/// Tells whether traffic reaches only the nodes that run a pod of the Service.
pub(super) fn is_local(service: &Service) -> bool {
    service.spec.service_type == ServiceType::NodePort
        && service.spec.external_traffic_policy == "Local"
}

/// Asks for `name` to answer with nodes, and for an SRV record under it for each port.
pub(super) fn publish(service: &Service, name: &str, asking: &mut Asking<'_>) {
    if !asking.needs_in::<Node>("") {
        return;
    }
    let chosen = if is_local(service) {
        let Some(chosen) = local_nodes(service, asking) else { return };
        Some(chosen)
    } else {
        None
    };
    let options = asking.context.options;
    let nodes = asking.context.objects.list::<Node>();
    let nodes = nodes.filter(|it| !(options.exclude_unschedulable && it.spec.unschedulable));
    let nodes =
        nodes.filter(|it| chosen.as_ref().is_none_or(|names| names.contains(&it.meta.name)));
    let (mut external, mut internal) = (Vec::new(), Vec::new());
    for node in nodes {
        external.extend(node.addresses("ExternalIP").map(str::to_owned));
        internal.extend(node.addresses("InternalIP").map(str::to_owned));
    }
    let ipv6 = internal.iter().filter(|it| options.expose_internal_ipv6 && is_ipv6(it));
    let ipv6: Vec<_> = ipv6.cloned().collect();
    let targets = match asking.annotations.get(key::ACCESS) {
        Some("private") => internal,
        Some("public") => external.into_iter().chain(ipv6).collect(),
        other => {
            if other.is_some() {
                let reason = asking.annotations.invalid(key::ACCESS, "`public` or `private`");
                asking.tell(reason);
            }
            if external.is_empty() { internal } else { external.into_iter().chain(ipv6).collect() }
        }
    };
    asking.ask(name, &targets);
    let name = name.strip_suffix('.').unwrap_or(name);
    for port in service.spec.ports.iter().filter(|it| it.node_port > 0) {
        let protocol = match port.protocol.to_ascii_lowercase() {
            none if none.is_empty() => "tcp".to_owned(),
            protocol => protocol,
        };
        let located = format!("_{}._{protocol}.{name}", service.meta.name);
        if targets.is_empty() {
            asking.lose(&located, Reason::NoTargets);
        } else {
            let target = format!("0 50 {} {name}.", port.node_port);
            asking.ask_record(&located, RecordType::Srv, &target);
        }
    }
}

pub(super) fn is_ipv6(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok()
}

/// How fit a node is to take traffic for a Service; the highest found counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fitness {
    /// It runs a pod that is not ready.
    NotReady,
    /// It runs a pod that is ready and on its way out.
    Leaving,
    /// It runs a pod that is ready.
    Ready,
}

/// Returns the names of the nodes that are fittest; `None` when that is not known.
fn local_nodes(service: &Service, asking: &mut Asking<'_>) -> Option<BTreeSet<String>> {
    let found =
        if reads_pods(asking) { by_pods(service, asking)? } else { by_slices(service, asking)? };
    let objects = asking.context.objects;
    let mut nodes: BTreeMap<String, Fitness> = BTreeMap::new();
    for (node, fitness) in found {
        if objects.get::<Node>("", &node).is_some() {
            nodes.entry(node).and_modify(|it| *it = fitness.max(*it)).or_insert(fitness);
        }
    }
    let best = nodes.values().max().copied();
    Some(nodes.into_iter().filter(|(_, it)| Some(*it) == best).map(|(name, _)| name).collect())
}

fn by_pods(service: &Service, asking: &mut Asking<'_>) -> Option<Vec<(String, Fitness)>> {
    if !asking.needs::<Pod>() {
        return None;
    }
    let pods = asking.context.objects.list_in::<Pod>(&service.meta.namespace);
    let pods = pods.filter(|it| it.meta.labels.contain(&service.spec.selector));
    let running = pods.filter(|it| it.status.phase == "Running");
    let fitness = |pod: &Pod| match (pod.is_ready(), pod.meta.deleting) {
        (false, _) => Fitness::NotReady,
        (true, true) => Fitness::Leaving,
        (true, false) => Fitness::Ready,
    };
    Some(running.map(|it| (it.spec.node_name.clone(), fitness(it))).collect())
}

fn by_slices(service: &Service, asking: &mut Asking<'_>) -> Option<Vec<(String, Fitness)>> {
    if !asking.needs::<EndpointSlice>() {
        return None;
    }
    let objects = asking.context.objects;
    let slices = objects.indexed::<EndpointSlice>(&service.meta.namespace, &service.meta.name);
    let endpoints = slices.flat_map(EndpointSlice::endpoints);
    let fit = endpoints.map(|it| {
        let fitness = match (it.is_serving, it.is_terminating) {
            (false, _) => Fitness::NotReady,
            (true, true) => Fitness::Leaving,
            (true, false) => Fitness::Ready,
        };
        (it.node_name.to_string(), fitness)
    });
    Some(fit.collect())
}
