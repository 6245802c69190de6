//! `istio-gateway` and `istio-virtualservice`: hosts of Istio, answered by the Services or the
//! Ingress in front of its gateways.

mod hosts;

use std::collections::BTreeSet;

use controller_core::status::Reason;

use self::hosts::{EVERY_HOST, HostMatch, ServerHost};
use super::Affected;
use super::annotations::{Annotations, DEFAULT_PREFIXES, key};
use super::endpoint_builder::EndpointBuilder;
use super::options::SourceOptions;
use super::per_object::{IdleKey, ObjectSource, all_after};
use crate::objects::core::{Ingress, Service, ServiceType};
use crate::objects::istio::{IstioGateway, IstioVirtualService};
use crate::objects::{Change, Meta, Objects, Resource};

/// Value in `spec.gateways` that stands for traffic inside the mesh.
const MESH: &str = "mesh";

/// Why the hosts of a virtual service without another gateway are not published.
const IN_MESH: &str = "it is bound to the mesh only; name a Gateway in `spec.gateways`";

pub(super) struct IstioGatewaySource;

pub(super) struct IstioVirtualServiceSource;

impl ObjectSource for IstioGatewaySource {
    type Object = IstioGateway;
    const SOURCE: &'static str = "istio-gateway";
    const LABEL: &'static str = "gateway";
    const TARGETS_AT: &'static str =
        "the Services that its selector chooses, or the Ingress it names";
    const NAMES_AT: Option<&'static str> = Some("`spec.servers[].hosts`");

    fn convert<'a>(gateway: &'a IstioGateway, builder: &mut EndpointBuilder<'a>) {
        let hosts = published(gateway, builder);
        let names = builder.names(hosts, &[]);
        let targets = match targets(gateway, builder) {
            Ok(targets) => targets,
            Err(reason) => return builder.unknown(reason),
        };
        builder.add_all(&names, &targets);
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
    }

    fn idle_keys(_: &IstioGateway, builder: &EndpointBuilder<'_>) -> Vec<IdleKey> {
        let answers = !builder.annotations.targets().is_empty();
        let idle = answers.then_some((key::INGRESS, "the `target` annotation answers"));
        idle.into_iter().collect()
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        all_after::<IstioGateway>(objects, change, &[Service::ID, Ingress::ID])
    }
}

impl ObjectSource for IstioVirtualServiceSource {
    type Object = IstioVirtualService;
    const SOURCE: &'static str = "istio-virtualservice";
    const LABEL: &'static str = "virtualservice";
    const TARGETS_AT: &'static str = "its Gateways";
    const NAMES_AT: Option<&'static str> = Some("`spec.hosts`");

    fn convert<'a>(service: &'a IstioVirtualService, builder: &mut EndpointBuilder<'a>) {
        let mut hosts = service.spec.hosts.clone();
        hosts.retain(|host| host != EVERY_HOST);
        if hosts.len() < service.spec.hosts.len() {
            builder.passed_over(format!("`{EVERY_HOST}` is every host"));
        }
        let names = builder.names(hosts, &[]);
        let own = builder.annotations.targets();
        if own.is_empty() {
            add_from_gateways(service, &names, builder);
        } else {
            builder.add_all(&names, &own);
        }
        // Compat: the object's own targets never counted for names of templates.
        builder.add_from_template(|builder, names| add_from_gateways(service, &names, builder));
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        let kinds = [IstioGateway::ID, Service::ID, Ingress::ID];
        all_after::<IstioVirtualService>(objects, change, &kinds)
    }
}

/// Returns the hosts of a gateway that are names, each without the namespace in `ns/host`; one that
/// is not valid is as it stands, and is refused where names are.
fn published(gateway: &IstioGateway, builder: &mut EndpointBuilder<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for host in gateway.spec.servers.iter().flat_map(hosts::of_server) {
        match ServerHost::read(host) {
            Ok(server) if server.is_every() => {
                builder.passed_over(format!("`{host}` is every host"));
            }
            Ok(server) => names.push(server.name().to_owned()),
            Err(_) => names.push(host.to_owned()),
        }
    }
    names
}

/// Adds `names` with the addresses of the gateways that serve them.
fn add_from_gateways<'a>(
    service: &'a IstioVirtualService,
    names: &[String],
    builder: &mut EndpointBuilder<'a>,
) {
    if names.is_empty() || !builder.needs_in::<IstioGateway>("") {
        return;
    }
    let objects = builder.context.objects;
    let mut gateways = Vec::new();
    let mut references = service.spec.gateways.iter().filter(|gateway| *gateway != MESH).peekable();
    if references.peek().is_none() {
        // A host inside the mesh is not published outside of it.
        for name in names {
            builder.refuse(name, Reason::LeftOut { why: IN_MESH.to_owned() });
        }
        return;
    }
    for reference in references {
        let Some((namespace, name)) = place(reference, &service.meta) else {
            let object = format!("Gateway/{reference}");
            return builder.unknown(Reason::MissingObject { object });
        };
        match objects.find::<IstioGateway>(namespace, name) {
            Ok(gateway) => gateways.push(gateway),
            Err(reason @ Reason::MissingObject { .. }) => builder.unknown(reason),
            // It is there and would answer with more.
            Err(reason) => return builder.unknown(reason),
        }
    }
    // What a gateway answers with is found out once, however many names it serves.
    let mut answers: Vec<Option<Vec<String>>> = vec![None; gateways.len()];
    for name in names {
        let (mut found, mut perhaps) = (Vec::new(), Vec::new());
        let mut unserved = Vec::new();
        for (gateway, answer) in gateways.iter().zip(&mut answers) {
            let unknown = match hosts::serves(service, gateway, name) {
                HostMatch::No(reason) => {
                    unserved.push(reason);
                    continue;
                }
                HostMatch::Yes => None,
                HostMatch::Unknown(reason) => Some(reason),
            };
            if answer.is_none() {
                match targets(gateway, builder) {
                    Ok(targets) => *answer = Some(targets),
                    Err(reason) => return builder.unknown(reason),
                }
            }
            let targets = answer.iter().flatten();
            match unknown {
                None => found.extend(targets.cloned()),
                Some(reason) => perhaps.push((reason, targets.collect::<Vec<_>>())),
            }
        }
        let adds = |targets: &[&String]| {
            found.is_empty() || targets.iter().any(|target| !found.contains(target))
        };
        if let Some((reason, _)) = perhaps.iter().find(|(_, targets)| adds(targets)) {
            builder.mark_unknown(name, reason.clone());
        } else if unserved.len() < gateways.len() {
            builder.add(name, &found);
        } else {
            for reason in unserved {
                builder.refuse(name, reason);
            }
        }
    }
}

/// Returns what a gateway answers with.
///
/// # Errors
///
/// What it refers to is not there, or not known.
fn targets(
    gateway: &IstioGateway,
    builder: &mut EndpointBuilder<'_>,
) -> Result<Vec<String>, Reason> {
    let prefixes = &builder.context.options.annotation_prefixes;
    let annotations = Annotations::read(&gateway.meta.annotations, prefixes);
    let own = annotations.targets();
    if !own.is_empty() {
        return Ok(own);
    }
    let objects = builder.context.objects;
    // Compat: this key was read under the default prefix whatever the configured one was.
    let [default, _] = DEFAULT_PREFIXES;
    let by_default = gateway.meta.annotations.get(&format!("{default}{}", key::INGRESS));
    if let Some(reference) = annotations.get(key::INGRESS).or(by_default) {
        let Some((namespace, name)) = place(reference, &gateway.meta) else {
            return Err(annotations.invalid(key::INGRESS, "`name` or `namespace/name`"));
        };
        let ingress = objects.find::<Ingress>(namespace, name)?;
        return Ok(ingress.status.load_balancer.addresses_or_names());
    }
    let mut found = BTreeSet::new();
    let mut waiting = None;
    for service in objects.every::<Service>()? {
        if !service.spec.selector.contain(&gateway.spec.selector) {
            continue;
        }
        let mut targets = service.spec.external_ips.clone();
        if targets.is_empty() {
            targets = service.status.load_balancer.addresses_or_names();
        }
        if targets.is_empty() && service.spec.service_type == ServiceType::LoadBalancer {
            waiting = waiting.or(Some(&service.meta));
        }
        found.extend(targets);
    }
    match waiting {
        // What the others answer with is not all that there is.
        Some(Meta { namespace, name, .. }) if !found.is_empty() => Err(Reason::ReferenceNotRead {
            object: format!("Service/{namespace}/{name}"),
            why: "has no address yet".to_owned(),
        }),
        Some(_) | None => Ok(found.into_iter().collect()),
    }
}

/// Returns namespace and name of a reference; `None` when it has more than one slash.
pub(super) fn place<'a>(reference: &'a str, meta: &'a Meta) -> Option<(&'a str, &'a str)> {
    match reference.split_once('/') {
        None => Some((&meta.namespace, reference)),
        Some((_, name)) if name.contains('/') => None,
        Some(pair) => Some(pair),
    }
}

#[cfg(test)]
mod tests;
