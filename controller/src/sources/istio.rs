//! `istio-gateway` and `istio-virtualservice`: hosts of Istio, answered by the Services or the
//! Ingress in front of its gateways.

use std::collections::BTreeSet;

use controller_core::verdict::Reason;

use super::Affected;
use super::annotations::{Annotations, DEFAULT_PREFIXES, key};
use super::asking::Asking;
use super::each::{Conversion, all_after};
use super::options::SourceOptions;
use crate::objects::core::{Ingress, Service};
use crate::objects::istio::{Gateway, VirtualService};
use crate::objects::{Change, Meta, Objects, Resource};

/// Value in `spec.gateways` that stands for traffic inside the mesh.
const MESH: &str = "mesh";

/// `istio-gateway`.
pub(super) struct IstioGateway;

/// `istio-virtualservice`.
pub(super) struct IstioVirtualService;

impl Conversion for IstioGateway {
    type Object = Gateway;
    const SOURCE: &'static str = "istio-gateway";
    const LABEL: &'static str = "gateway";

    fn convert<'a>(gateway: &'a Gateway, asking: &mut Asking<'a>) {
        let hosts = gateway.spec.servers.iter().flat_map(|it| &it.hosts);
        let hosts = hosts.filter_map(|it| published(it)).map(str::to_owned).collect();
        let names = asking.names(hosts, &[]);
        let targets = match targets(gateway, asking) {
            Ok(targets) => targets,
            Err(reason) => return asking.unknown(reason),
        };
        asking.ask_all(&names, &targets);
        asking.ask_template(|it, names| it.ask_all(&names, &targets));
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        all_after::<Gateway>(objects, change, &[Service::ID, Ingress::ID])
    }
}

impl Conversion for IstioVirtualService {
    type Object = VirtualService;
    const SOURCE: &'static str = "istio-virtualservice";
    const LABEL: &'static str = "virtualservice";

    fn convert<'a>(service: &'a VirtualService, asking: &mut Asking<'a>) {
        let hosts = service.spec.hosts.iter().filter_map(|it| published(it)).map(str::to_owned);
        let names = asking.names(hosts.collect(), &[]);
        let own = asking.annotations.targets();
        if own.is_empty() {
            ask_gateways(service, &names, asking);
        } else {
            asking.ask_all(&names, &own);
        }
        // Compat: the object's own targets never counted for names of templates.
        asking.ask_template(|it, names| ask_gateways(service, &names, it));
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        let kinds = [Gateway::ID, Service::ID, Ingress::ID];
        all_after::<VirtualService>(objects, change, &kinds)
    }
}

/// Returns the host in `ns/host` or `host`; `None` for every host and for none.
fn published(host: &str) -> Option<&str> {
    let host = match host.split_once('/') {
        Some((_, host)) if !host.contains('/') => host,
        Some(_) | None => host,
    };
    (!host.is_empty() && host != "*").then_some(host)
}

/// Asks for `names` with the addresses of the gateways that serve them.
fn ask_gateways<'a>(service: &'a VirtualService, names: &[String], asking: &mut Asking<'a>) {
    if names.is_empty() || !asking.needs_in::<Gateway>("") {
        return;
    }
    let objects = asking.context.objects;
    let mut gateways = Vec::new();
    for reference in &service.spec.gateways {
        if reference.is_empty() || reference == MESH {
            continue;
        }
        let Some((namespace, name)) = place(reference, &service.meta) else {
            let object = format!("Gateway/{reference}");
            return asking.unknown(Reason::MissingObject { object });
        };
        match objects.find::<Gateway>(namespace, name) {
            Ok(gateway) => gateways.push(gateway),
            Err(reason) => asking.unknown(reason),
        }
    }
    for name in names {
        let bound: Vec<_> = gateways.iter().filter(|it| binds(service, it, name)).collect();
        let mut found = Vec::new();
        for gateway in &bound {
            match targets(gateway, asking) {
                Ok(targets) => found.extend(targets),
                Err(reason) => return asking.unknown(reason),
            }
        }
        // A host inside the mesh is nobody's business outside of it.
        if !bound.is_empty() {
            asking.ask(name, &found);
        }
    }
}

/// Tells whether `gateway` serves `host` for a virtual service.
fn binds(service: &VirtualService, gateway: &Gateway, host: &str) -> bool {
    let (own, other) = (&service.meta.namespace, &gateway.meta.namespace);
    let exports = &service.spec.export_to;
    let is_visible = exports.is_empty()
        || exports.iter().any(|it| it == "*" || it == other || (it == "." && own == other));
    let serves = |server: &String| {
        let (namespace, pattern) = match server.split_once('/') {
            Some((_, pattern)) if pattern.contains('/') => return false,
            Some((namespace, pattern)) => (namespace, pattern),
            None => ("*", server.as_str()),
        };
        let from = namespace == "*" || namespace == own || (namespace == "." && own == other);
        let matches = match pattern.strip_prefix('*') {
            Some("") => true,
            Some(suffix) if suffix.starts_with('.') => host.ends_with(suffix),
            Some(_) | None => pattern == host,
        };
        from && matches
    };
    is_visible && gateway.spec.servers.iter().flat_map(|it| &it.hosts).any(serves)
}

/// Returns what a gateway answers with.
///
/// # Errors
///
/// What it refers to is not there, or not known.
fn targets(gateway: &Gateway, asking: &mut Asking<'_>) -> Result<Vec<String>, Reason> {
    let prefixes = &asking.context.options.annotation_prefixes;
    let annotations = Annotations::read(&gateway.meta.annotations, prefixes);
    let own = annotations.targets();
    if !own.is_empty() {
        return Ok(own);
    }
    let objects = asking.context.objects;
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
    if let Some(state) = objects.gap(&Service::ID, "") {
        return Err(super::asking::source_unavailable("services", state));
    }
    let mut found = BTreeSet::new();
    for service in objects.list::<Service>() {
        if !service.spec.selector.contain(&gateway.spec.selector) {
            continue;
        }
        if service.spec.external_ips.is_empty() {
            found.extend(service.status.load_balancer.addresses_or_names());
        } else {
            found.extend(service.spec.external_ips.iter().cloned());
        }
    }
    Ok(found.into_iter().collect())
}

/// Returns namespace and name of a reference; `None` when it has more than one slash.
pub(super) fn place<'a>(reference: &'a str, meta: &'a Meta) -> Option<(&'a str, &'a str)> {
    match reference.split_once('/') {
        None => Some((&meta.namespace, reference)),
        Some((_, name)) if name.contains('/') => None,
        Some(pair) => Some(pair),
    }
}
