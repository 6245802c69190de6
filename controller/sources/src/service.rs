//! `service`: names of Services, answered by whatever way each type is reached.

mod headless;
pub(super) mod legacy;
mod nodes;

use std::collections::BTreeSet;

use controller_core::status::{Place, Reason};

use super::Affected;
use super::annotations::key;
use super::endpoint_builder::EndpointBuilder;
use super::options::{Compatibility, SourceOptions};
use super::per_object::{IdleKey, ObjectSource};
use super::view::{SourceView, View};
use crate::objects::core::{Node, Pod, Service as Object, ServiceType};
use crate::objects::endpoint_slice::EndpointSlice;
use crate::objects::{Change, ObjectKey, Objects, Resolution, Resource};

pub(super) struct ServiceSource;

/// Which of the hostname annotations a name stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HostnameKind {
    /// `hostname`: it is looked up from anywhere.
    External,
    /// `internal-hostname`: it is looked up inside the cluster's network.
    Internal,
}

impl ObjectSource for ServiceSource {
    type Object = Object;
    const SOURCE: &'static str = "service";
    const LABEL: &'static str = "service";

    fn convert<'a>(service: &'a Object, builder: &mut EndpointBuilder<'a>) {
        let types = &builder.context.options.service_types;
        if !types.is_empty() && !types.contains(&service.spec.service_type) {
            if builder.is_annotated() {
                let of_type = service.spec.service_type.as_str();
                let why = format!("--service-type-filter has no {of_type}");
                builder.tell(Reason::LeftOut { why });
            }
            return;
        }
        let names = builder.names(Vec::new(), &[]);
        for name in &names {
            publish(service, name, HostnameKind::External, builder);
        }
        if !builder.context.options.ignore_hostname_annotation {
            for name in builder.listed(key::INTERNAL_HOSTNAME) {
                publish(service, &name, HostnameKind::Internal, builder);
            }
        }
        if !names.is_empty() && is_hidden(service, builder) {
            builder.tell_ignored(key::HOSTNAME, HIDDEN);
        }
        if !builder.wants_any() {
            legacy::publish(service, builder);
        }
        builder.add_pairs();
        builder.add_from_template(|builder, names| {
            let hidden = is_hidden(service, builder);
            for name in names {
                if hidden {
                    builder.refuse(&name, Reason::LeftOut { why: HIDDEN.to_owned() });
                } else {
                    publish(service, &name, HostnameKind::External, builder);
                }
            }
        });
    }

    fn idle_keys(service: &Object, builder: &EndpointBuilder<'_>) -> Vec<IdleKey> {
        idle_keys(service, builder)
    }

    fn affected(objects: &Objects, options: &SourceOptions, change: &Change) -> Affected {
        let ObjectKey { kind, namespace, .. } = &change.key;
        let reads_slices = |object: &Object| object.is_headless() || nodes::is_local(object);
        if *kind == EndpointSlice::ID {
            let name = change.indexed_by.as_deref().unwrap_or_default();
            let service = objects.get::<Object>(namespace, name);
            let service =
                service.filter(|service| reads_slices(service) && may_want(service, options));
            return service.map(ObjectKey::of).into_iter().collect();
        }
        if *kind == Pod::ID {
            let services = objects.list_in::<Object>(namespace);
            let services =
                services.filter(|service| reads_slices(service) && may_want(service, options));
            return services.map(ObjectKey::of).collect();
        }
        if *kind == Node::ID {
            let by_node = |object: &&Object| {
                object.is_headless() || object.spec.service_type == ServiceType::NodePort
            };
            let services = objects.list::<Object>().filter(by_node);
            return services
                .filter(|service| may_want(service, options))
                .map(ObjectKey::of)
                .collect();
        }
        Affected::default()
    }
}

const HIDDEN: &str = "the Service is reached inside the cluster only; \
     set --publish-internal-services to publish it";

/// Returns the keys that say nothing to a Service of this type, and why.
fn idle_keys(service: &Object, builder: &EndpointBuilder<'_>) -> Vec<IdleKey> {
    let mut idle = Vec::new();
    let is_node_port = service.spec.service_type == ServiceType::NodePort;
    for (key, counts, why) in [
        (key::ACCESS, is_node_port, "it counts on Services of type NodePort"),
        (key::ENDPOINTS_TYPE, service.is_headless(), "it counts on headless Services"),
    ] {
        if !counts {
            idle.push((key, why));
        } else if !builder.annotations.targets().is_empty() {
            idle.push((key, "the `target` annotation answers"));
        }
    }
    idle
}

/// Tells whether a Service could want a name, whatever it depends on.
fn may_want(service: &Object, options: &SourceOptions) -> bool {
    let annotated = service.meta.annotations.iter().any(|(key, _)| {
        options.annotation_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    });
    // Older tools' annotations have prefixes of their own.
    annotated || !options.templates.is_empty() || options.compatibility != Compatibility::Off
}

/// Tells whether the Service is reached inside the cluster only and that is not published.
fn is_hidden(service: &Object, builder: &EndpointBuilder<'_>) -> bool {
    service.spec.service_type == ServiceType::ClusterIp
        && !service.is_headless()
        && !builder.context.options.publish_internal_services
        && builder.annotations.targets().is_empty()
}

/// Adds `name` with what the Service is reached by.
fn publish(service: &Object, name: &str, kind: HostnameKind, builder: &mut EndpointBuilder<'_>) {
    // What it is reached by may be long, and is found out for each name.
    if builder.is_too_much() {
        return;
    }
    let targets = builder.annotations.targets();
    if !targets.is_empty() {
        return annotated(service, name, &targets, builder);
    }
    builder.look_at(targets_at(service, kind));
    match service.spec.service_type {
        ServiceType::LoadBalancer if kind == HostnameKind::Internal => {
            builder.add(name, &service.cluster_addresses());
        }
        ServiceType::LoadBalancer => load_balancer(service, name, builder),
        ServiceType::ClusterIp if service.is_headless() => {
            headless::publish(service, name, builder);
        }
        ServiceType::ClusterIp => {
            if kind == HostnameKind::Internal || builder.context.options.publish_internal_services {
                builder.add(name, &service.cluster_addresses());
            }
        }
        ServiceType::NodePort => nodes::publish(service, name, builder),
        ServiceType::ExternalName => {
            let elsewhere = [service.spec.external_name.clone()];
            match &service.spec.external_ips {
                none if none.is_empty() && service.spec.external_name.is_empty() => {
                    builder.mark_unknown(name, builder.no_targets());
                }
                none if none.is_empty() => builder.add(name, &elsewhere),
                addresses => builder.add(name, addresses),
            }
        }
        ServiceType::Other => builder.mark_unknown(name, builder.no_targets()),
    }
}

/// Returns where the targets of a Service stand.
fn targets_at(service: &Object, kind: HostnameKind) -> &'static str {
    match service.spec.service_type {
        ServiceType::LoadBalancer if kind == HostnameKind::Internal => "`spec.clusterIPs`",
        ServiceType::LoadBalancer => "`status.loadBalancer`",
        ServiceType::ClusterIp if service.is_headless() => "the addresses of its ready endpoints",
        ServiceType::ClusterIp => "`spec.clusterIPs`",
        ServiceType::NodePort => "the addresses of the nodes",
        ServiceType::ExternalName => "`spec.externalName`",
        ServiceType::Other => "a Service of its type",
    }
}

/// Adds `name` with what the `target` annotation says.
///
/// Without the annotation some Services have further names, of their ports and their pods. One that
/// is not valid does not say that those are not wanted.
fn annotated(service: &Object, name: &str, targets: &[String], builder: &mut EndpointBuilder<'_>) {
    builder.add(name, targets);
    let has_further = service.is_headless() || service.spec.service_type == ServiceType::NodePort;
    if let Some(flawed) = builder.first_flawed(targets).filter(|_| has_further) {
        builder.keep_all(flawed);
    }
}

fn load_balancer(service: &Object, name: &str, builder: &mut EndpointBuilder<'_>) {
    if !service.spec.external_ips.is_empty() {
        return builder.add(name, &service.spec.external_ips);
    }
    if !builder.context.options.resolve_load_balancer_hostname {
        return builder.add(name, &service.status.load_balancer.targets());
    }
    let mut addresses = Vec::new();
    for balancer in &service.status.load_balancer.ingress {
        if !balancer.ip.is_empty() {
            addresses.push(balancer.ip.clone());
        }
        if balancer.hostname.is_empty() {
            continue;
        }
        match builder.context.objects.resolution(&balancer.hostname) {
            Some(Resolution::Addresses(found)) => {
                addresses.extend(found.iter().map(ToString::to_string));
            }
            // One address missing would take traffic away from the others: the name stays as it is.
            failed => {
                let why = match failed {
                    Some(Resolution::Failed(error)) => format!("it does not resolve: {error}"),
                    Some(Resolution::Addresses(_)) | None => {
                        "it has not been looked up yet".to_owned()
                    }
                };
                let target = balancer.hostname.clone();
                let place = Place::Object;
                return builder.mark_unknown(name, Reason::InvalidTarget { target, place, why });
            }
        }
    }
    builder.add(name, &addresses);
}

/// Returns the names of load balancers that are to be looked up.
pub(super) fn hosts_to_resolve(objects: &Objects, options: &SourceOptions) -> BTreeSet<String> {
    if !options.resolve_load_balancer_hostname {
        return BTreeSet::new();
    }
    let of_type = |object: &&Object| object.spec.service_type == ServiceType::LoadBalancer;
    let sight = SourceView::of(ServiceSource::SOURCE, options);
    let services = View::new(objects, &sight).list::<Object>();
    let services = services.filter(of_type).filter(|service| may_want(service, options));
    let balancers = services.flat_map(|service| &service.status.load_balancer.ingress);
    balancers
        .map(|balancer| &balancer.hostname)
        .filter(|hostname| !hostname.is_empty())
        .cloned()
        .collect()
}
