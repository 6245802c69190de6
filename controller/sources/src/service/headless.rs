//! Headless Services: one name for all that is behind them, and one for each pod with a host name.

use std::collections::BTreeMap;

use controller_core::status::Reason;

use crate::annotations::{Annotations, key};
use crate::endpoint_builder::EndpointBuilder;
use crate::objects::core::{Node, Pod, Service, ServiceType};
use crate::objects::endpoint_slice::{EndpointSlice, SliceEndpoint};

/// Why nothing is known of a Service that wants to answer with nodes.
const WITHOUT_NODES: &str = "`endpoints-type` wants nodes, and they are read only when \
     --service-type-filter has NodePort";

/// Whose addresses a headless Service answers with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Addresses {
    /// Those of the endpoints.
    Endpoint,
    /// That of the node under the pod.
    Host,
    /// The external ones of the node.
    NodeExternal,
}

/// Adds `name`, and the names of pods under it.
pub(super) fn publish(service: &Service, name: &str, builder: &mut EndpointBuilder<'_>) {
    let addresses = match addresses(builder) {
        Ok(addresses) => addresses,
        Err(reason) => {
            builder.mark_unknown(name, reason.clone());
            return builder.keep_all(reason);
        }
    };
    let from_pods = reads_pods(builder);
    if (addresses != Addresses::Endpoint && !from_pods && !builder.needs_in::<Node>(""))
        || (addresses == Addresses::NodeExternal && !builder.needs_in::<Node>(""))
        || (from_pods && !builder.needs::<Pod>())
    {
        return;
    }
    let found = match behind(service, name, addresses, builder) {
        Ok(found) => found,
        Err(reason) => return builder.unknown(reason),
    };
    if found.get(name).is_none_or(Vec::is_empty) {
        builder.mark_unknown(name, builder.no_targets());
        builder.keep_all(builder.no_targets());
    }
    for (name, mut targets) in found {
        targets.sort();
        targets.dedup();
        if !targets.is_empty() {
            builder.add(&name, &targets);
        }
    }
}

/// Returns what `name` and the names of pods under it answer with.
///
/// # Errors
///
/// Something behind the Service cannot be read: without it an answer would be another one.
fn behind(
    service: &Service,
    name: &str,
    addresses: Addresses,
    builder: &EndpointBuilder<'_>,
) -> Result<BTreeMap<String, Vec<String>>, Reason> {
    let options = builder.context.options;
    let objects = builder.context.objects;
    let namespace = &service.meta.namespace;
    let not_ready_too =
        service.spec.publish_not_ready_addresses || options.always_publish_not_ready_addresses;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for slice in objects.indexed::<EndpointSlice>(namespace, &service.meta.name)? {
        if addresses == Addresses::Endpoint && !slice.has_ip_addresses() {
            continue;
        }
        for endpoint in slice.endpoints() {
            if !not_ready_too && !endpoint.is_ready {
                continue;
            }
            let Some(pod_name) = endpoint.pod else { continue };
            let pod = if reads_pods(builder) {
                let pod = there(objects.find::<Pod>(namespace, pod_name))?;
                let pod = pod.filter(|pod| pod.meta.labels.contain(&service.spec.selector));
                let Some(pod) = pod else { continue };
                Some(pod)
            } else {
                None
            };
            let hostname = pod.map_or(endpoint.hostname, |pod| pod.spec.hostname.as_str());
            let targets = targets(&endpoint, pod, addresses, builder)?;
            // Nothing stands below a wildcard that could be looked up by itself.
            if !hostname.is_empty() && !name.starts_with("*.") {
                let own = format!("{hostname}.{name}");
                found.entry(own).or_default().extend(targets.iter().cloned());
            }
            found.entry(name.to_owned()).or_default().extend(targets);
        }
    }
    Ok(found)
}

/// Returns an object that is referred to; `None` when it is not there, as when it is on its way out.
///
/// # Errors
///
/// It is there and cannot be read, or whether it is there is not known.
fn there<T>(found: Result<&T, Reason>) -> Result<Option<&T>, Reason> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Reason::MissingObject { .. }) => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// Tells whether pods are looked at, not only what slices of endpoints say of them.
pub(super) fn reads_pods(builder: &EndpointBuilder<'_>) -> bool {
    builder.context.options.headless_from_pods || builder.context.options.publish_host_ip
}

/// Returns whose addresses the Service wants.
///
/// # Errors
///
/// Why that cannot be said, or not be done. A guess would publish addresses that are not desired.
fn addresses(builder: &EndpointBuilder<'_>) -> Result<Addresses, Reason> {
    let types = &builder.context.options.service_types;
    match builder.annotations.get(key::ENDPOINTS_TYPE) {
        None | Some("") if builder.context.options.publish_host_ip => Ok(Addresses::Host),
        None | Some("") => Ok(Addresses::Endpoint),
        Some("NodeExternalIP") if !types.is_empty() && !types.contains(&ServiceType::NodePort) => {
            Err(Reason::LeftOut { why: WITHOUT_NODES.to_owned() })
        }
        Some("NodeExternalIP") => Ok(Addresses::NodeExternal),
        Some("HostIP") => Ok(Addresses::Host),
        Some(_) => {
            let annotations = &builder.annotations;
            Err(annotations.invalid(key::ENDPOINTS_TYPE, "`NodeExternalIP` or `HostIP`"))
        }
    }
}

fn targets(
    endpoint: &SliceEndpoint<'_>,
    pod: Option<&Pod>,
    addresses: Addresses,
    builder: &EndpointBuilder<'_>,
) -> Result<Vec<String>, Reason> {
    let options = builder.context.options;
    if let Some(pod) = pod {
        let own = Annotations::read(&pod.meta.annotations, &options.annotation_prefixes).targets();
        if !own.is_empty() {
            return Ok(own);
        }
    }
    let node_name = pod.map_or(endpoint.node_name, |pod| pod.spec.node_name.as_str());
    let node = || there(builder.context.objects.find::<Node>("", node_name));
    Ok(match (addresses, pod) {
        (Addresses::Endpoint, _) => [endpoint.address]
            .into_iter()
            .filter(|address| !address.is_empty())
            .map(ToString::to_string)
            .collect(),
        (Addresses::Host, Some(pod)) => pod.host_addresses(),
        (Addresses::Host, None) => node()?.map_or_else(Vec::new, Node::host_addresses),
        (Addresses::NodeExternal, _) => node()?.map_or_else(Vec::new, |node| {
            let external = node.addresses("ExternalIP");
            let internal =
                node.addresses("InternalIP").filter(|address| super::nodes::is_ipv6(address));
            let internal = internal.filter(|_| options.expose_internal_ipv6);
            external.chain(internal).map(str::to_owned).collect()
        }),
    })
}
