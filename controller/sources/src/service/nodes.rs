//! Services of type `NodePort`: the addresses of nodes, and an SRV record for each port.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use controller_core::status::Reason;
use external_dns_webhook::RecordType;

use super::headless::reads_pods;
use crate::annotations::key;
use crate::endpoint_builder::{EndpointBuilder, source_unavailable};
use crate::objects::Resource;
use crate::objects::core::{Node, Pod, Service, ServiceType};
use crate::objects::endpoint_slice::EndpointSlice;

/// Tells whether traffic reaches only the nodes that run a pod of the Service.
pub(super) fn is_local(service: &Service) -> bool {
    service.spec.service_type == ServiceType::NodePort
        && service.spec.external_traffic_policy == "Local"
}

/// Adds `name` with nodes, and an SRV record under it for each port.
pub(super) fn publish(service: &Service, name: &str, builder: &mut EndpointBuilder<'_>) {
    let options = builder.context.options;
    let nodes = match taking_traffic(service, builder) {
        Ok(nodes) => nodes.into_iter(),
        Err(reason) => return builder.unknown(reason),
    };
    let nodes = nodes.filter(|node| !(options.exclude_unschedulable && node.spec.unschedulable));
    let (mut external, mut internal) = (Vec::new(), Vec::new());
    for node in nodes {
        external.extend(node.addresses("ExternalIP").map(str::to_owned));
        internal.extend(node.addresses("InternalIP").map(str::to_owned));
    }
    let ipv6 = internal.iter().filter(|address| options.expose_internal_ipv6 && is_ipv6(address));
    let ipv6: Vec<_> = ipv6.cloned().collect();
    let targets = match builder.annotations.get(key::ACCESS) {
        Some("private") => internal,
        None | Some("") if external.is_empty() => internal,
        Some("public" | "") | None => external.into_iter().chain(ipv6).collect(),
        // A guess could publish addresses that were meant to stay private.
        Some(_) => {
            let reason = builder.annotations.invalid(key::ACCESS, "`public` or `private`");
            builder.mark_unknown(name, reason.clone());
            return builder.keep_all(reason);
        }
    };
    builder.add(name, &targets);
    let name = name.strip_suffix('.').unwrap_or(name);
    for port in service.spec.ports.iter().filter(|port| port.node_port > 0) {
        let protocol = match port.protocol.to_ascii_lowercase() {
            none if none.is_empty() => "tcp".to_owned(),
            protocol => protocol,
        };
        let located = format!("_{}._{protocol}.{name}", service.meta.name);
        if targets.is_empty() {
            builder.mark_unknown(&located, builder.no_targets());
        } else {
            let target = format!("0 50 {} {name}.", port.node_port);
            builder.add_record(&located, RecordType::Srv, &target);
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

/// Returns the nodes that take traffic for a Service.
///
/// # Errors
///
/// Why not all of them are known.
fn taking_traffic<'a>(
    service: &Service,
    builder: &EndpointBuilder<'a>,
) -> Result<Vec<&'a Node>, Reason> {
    let objects = builder.context.objects;
    if !is_local(service) {
        return Ok(objects.every::<Node>()?.collect());
    }
    if let Some(state) = objects.gap(&Node::ID, "") {
        return Err(source_unavailable(Node::ID.as_str(), state));
    }
    let found =
        if reads_pods(builder) { by_pods(service, builder)? } else { by_slices(service, builder)? };
    let mut nodes: BTreeMap<String, (Fitness, &Node)> = BTreeMap::new();
    for (name, fitness) in found {
        if let Some((best, _)) = nodes.get_mut(&name) {
            *best = fitness.max(*best);
            continue;
        }
        match objects.find::<Node>("", &name) {
            Ok(node) => drop(nodes.insert(name, (fitness, node))),
            // One that is gone takes no traffic.
            Err(Reason::MissingObject { .. }) => {}
            Err(reason) => return Err(reason),
        }
    }
    let best = nodes.values().map(|(fitness, _)| *fitness).max();
    let fittest = nodes.into_values().filter(|(fitness, _)| Some(*fitness) == best);
    Ok(fittest.map(|(_, node)| node).collect())
}

fn by_pods(
    service: &Service,
    builder: &EndpointBuilder<'_>,
) -> Result<Vec<(String, Fitness)>, Reason> {
    let pods = builder.context.objects.every_in::<Pod>(&service.meta.namespace)?;
    let pods = pods.filter(|pod| pod.meta.labels.contain(&service.spec.selector));
    let running = pods.filter(|pod| pod.status.phase == "Running");
    let fitness = |pod: &Pod| match (pod.is_ready(), pod.meta.deleting) {
        (false, _) => Fitness::NotReady,
        (true, true) => Fitness::Leaving,
        (true, false) => Fitness::Ready,
    };
    Ok(running.map(|pod| (pod.spec.node_name.clone(), fitness(pod))).collect())
}

fn by_slices(
    service: &Service,
    builder: &EndpointBuilder<'_>,
) -> Result<Vec<(String, Fitness)>, Reason> {
    let objects = builder.context.objects;
    let slices = objects.indexed::<EndpointSlice>(&service.meta.namespace, &service.meta.name)?;
    let endpoints = slices.flat_map(EndpointSlice::endpoints);
    let fit = endpoints.map(|endpoint| {
        let fitness = match (endpoint.is_serving, endpoint.is_terminating) {
            (false, _) => Fitness::NotReady,
            (true, true) => Fitness::Leaving,
            (true, false) => Fitness::Ready,
        };
        (endpoint.node_name.to_string(), fitness)
    });
    Ok(fit.collect())
}
