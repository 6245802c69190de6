//! `gloo-proxy`: domains of Gloo's proxies, answered by the Service or the Ingress before them.

use controller_core::status::Reason;

use super::Affected;
use super::annotations::{Annotations, key};
use super::endpoint_builder::EndpointBuilder;
use super::istio::place;
use super::options::SourceOptions;
use super::per_object::{ObjectSource, all_after};
use crate::objects::core::{Ingress, Service, ServiceType};
use crate::objects::gloo::{
    GlooGateway, GlooVirtualHost, GlooVirtualService, MetadataSource, MetadataStatic, Proxy,
    ProxyListener,
};
use crate::objects::{Change, Meta, Objects, Resource};

/// Kinds as the metadata of a proxy spells them.
const GATEWAY: &str = "*v1.Gateway";
const VIRTUAL_SERVICE: &str = "*v1.VirtualService";

pub(super) struct GlooSource;

impl ObjectSource for GlooSource {
    type Object = Proxy;
    const SOURCE: &'static str = "gloo-proxy";
    const LABEL: &'static str = "proxy";
    const TARGETS_AT: &'static str = "the Service of its proxy";
    const NAMES_AT: Option<&'static str> = Some("the `domains` of virtual hosts");

    fn convert<'a>(proxy: &'a Proxy, builder: &mut EndpointBuilder<'a>) {
        let targets = match targets(proxy, builder) {
            Ok(targets) => targets,
            Err(reason) => return builder.unknown(reason),
        };
        for host in proxy.spec.listeners.iter().flat_map(virtual_hosts) {
            match annotations(host, builder) {
                Ok(annotations) => builder.say(annotations),
                Err(reason) => return builder.unknown(reason),
            }
            for domain in &host.domains {
                match without_port(domain) {
                    "*" => builder.passed_over(format!("`{domain}` is every host")),
                    host => builder.add(host, &targets),
                }
            }
        }
        builder.add_pairs();
        builder.add_names_and_targets();
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        let kinds = [GlooGateway::ID, GlooVirtualService::ID, Service::ID, Ingress::ID];
        all_after::<Proxy>(objects, change, &kinds)
    }
}

/// Returns the host of a domain, which may have the port of requests after it, or `*` for any
/// ([VirtualHost]); one that has something else there is returned as it is.
///
/// [VirtualHost]: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
fn without_port(domain: &str) -> &str {
    let is_port = |port: &str| {
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        port == "*" || (is_number && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    match domain.rsplit_once(':') {
        Some((host, port)) if is_port(port) && !host.contains(':') => host,
        Some(_) | None => domain,
    }
}

fn virtual_hosts(listener: &ProxyListener) -> impl Iterator<Item = &GlooVirtualHost> {
    let ProxyListener { http_listener, aggregate_listener, hybrid_listener, metadata_static: _ } =
        listener;
    let chains = aggregate_listener.http_filter_chains.iter();
    let by_name = chains
        .flat_map(|chain| &chain.virtual_host_refs)
        .filter_map(|host_ref| aggregate_listener.http_resources.virtual_hosts.get(host_ref));
    let matched = hybrid_listener.matched_listeners.iter();
    let matched = matched.flat_map(|listener| &listener.http_listener.virtual_hosts);
    http_listener.virtual_hosts.iter().chain(matched).chain(by_name)
}

/// Returns what a proxy answers with.
fn targets(proxy: &Proxy, builder: &EndpointBuilder<'_>) -> Result<Vec<String>, Reason> {
    let own = builder.annotations.targets();
    if !own.is_empty() {
        return Ok(own);
    }
    let objects = builder.context.objects;
    let prefixes = &builder.context.options.annotation_prefixes;
    for listener in &proxy.spec.listeners {
        for (namespace, name) in sources(&listener.metadata_static, GATEWAY) {
            let gateway = objects.find::<GlooGateway>(namespace, name)?;
            let annotations = Annotations::read(&gateway.meta.annotations, prefixes);
            let Some(reference) = annotations.get(key::INGRESS) else { continue };
            let Some((namespace, name)) = place(reference, &gateway.meta) else {
                return Err(annotations.invalid(key::INGRESS, "`name` or `namespace/name`"));
            };
            let ingress = objects.find::<Ingress>(namespace, name)?;
            return Ok(ingress.status.load_balancer.addresses_or_names());
        }
    }
    let Meta { namespace, name, .. } = &proxy.meta;
    let service = objects.find::<Service>(namespace, name)?;
    let is_balanced = service.spec.service_type == ServiceType::LoadBalancer;
    Ok(if is_balanced { service.status.load_balancer.targets() } else { Vec::new() })
}

/// Returns the annotations of the virtual services that a host was made from; later ones win.
fn annotations<'a>(
    host: &GlooVirtualHost,
    builder: &EndpointBuilder<'a>,
) -> Result<Annotations<'a>, Reason> {
    let objects = builder.context.objects;
    let prefixes = &builder.context.options.annotation_prefixes;
    let mut found = Annotations::default();
    let former = sources(&host.metadata, VIRTUAL_SERVICE);
    for (namespace, name) in former.chain(sources(&host.metadata_static, VIRTUAL_SERVICE)) {
        let service = objects.find::<GlooVirtualService>(namespace, name)?;
        found = Annotations::read(&service.meta.annotations, prefixes).or_settings(&found);
    }
    Ok(found)
}

fn sources<'a>(
    metadata: &'a MetadataStatic,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    metadata.sources.iter().filter(move |source| source.kind() == kind).map(MetadataSource::object)
}
