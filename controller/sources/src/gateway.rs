//! `gateway-*route`: hosts of Gateway API routes, answered by the Gateways they are attached to.
//!
//! A route is attached where its `spec.parentRefs` say and the parent has accepted it at the
//! route's present generation. A status that lags, or a parent that takes the acceptance back, is
//! not a wish to have no record: the names stay as they are. Parents do not speak for each other:
//! a name is answered by all that have something to answer with, whatever the others lack.

mod allowed;
mod hosts;
mod listeners;
mod owner;
mod parents;
mod publish;
mod section;
mod status;

use std::collections::BTreeSet;
use std::marker::PhantomData;

use controller_core::status::{Place as WrittenAt, Reason};

use self::hosts::Host;
use self::parents::Parents;
use self::publish::publish;
use super::Affected;
use super::annotations::{HostnameSource, key};
use super::endpoint_builder::EndpointBuilder;
use super::options::SourceOptions;
use super::per_object::ObjectSource;
use crate::objects::gateway::{
    Gateway, GrpcRoute, HttpRoute, ListenerSet, Route, RouteObject, TcpRoute, TlsRoute, UdpRoute,
};
use crate::objects::{Change, ObjectKey, Objects, Resource};

/// `gateway-*route`, for one kind of route.
pub(super) struct GatewayRouteSource<R>(PhantomData<R>);

/// A kind of route with the name of its source.
pub(super) trait RouteSource: RouteObject {
    /// Name of the source.
    const SOURCE: &'static str;
}

impl RouteSource for HttpRoute {
    const SOURCE: &'static str = "gateway-httproute";
}

impl RouteSource for GrpcRoute {
    const SOURCE: &'static str = "gateway-grpcroute";
}

impl RouteSource for TlsRoute {
    const SOURCE: &'static str = "gateway-tlsroute";
}

impl RouteSource for TcpRoute {
    const SOURCE: &'static str = "gateway-tcproute";
}

impl RouteSource for UdpRoute {
    const SOURCE: &'static str = "gateway-udproute";
}

impl<R: RouteSource> ObjectSource for GatewayRouteSource<R> {
    type Object = R;
    const SOURCE: &'static str = R::SOURCE;
    const LABEL: &'static str = R::LABEL;
    const TARGETS_AT: &'static str = "the addresses of its Gateways";

    fn convert<'a>(object: &'a R, builder: &mut EndpointBuilder<'a>) {
        let route = object.route();
        let hosts = candidates(route, builder);
        if route.spec.parent_refs.is_empty() {
            return builder.tell(Reason::NotServed {
                parent: "spec.parentRefs".to_owned(),
                why: "it is empty; name a Gateway there".to_owned(),
            });
        }
        if let Some(parents) = parents::parents::<R>(route, builder) {
            inherit(&parents, builder);
            publish(&hosts, &parents, builder);
        }
        if !builder.wants_any() && !builder.has_spoken() {
            let how = if R::HAS_HOSTS { "`spec.hostnames` or " } else { "" };
            builder.tell(Reason::NoNames { from: format!("{how}the `hostname` annotation") });
        }
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        let ObjectKey { kind, namespace: _, name } = &change.key;
        if ![Gateway::ID, ListenerSet::ID].contains(kind) {
            // Labels of a namespace may let routes in or keep them out.
            return if *kind == crate::objects::core::Namespace::ID {
                Affected::Everything
            } else {
                Affected::default()
            };
        }
        // Routes name a listener set, and it names the Gateway.
        let sets = objects
            .list::<ListenerSet>()
            .filter(|set| *kind == Gateway::ID && set.spec.parent_ref.name == *name);
        let names: BTreeSet<&str> =
            sets.map(|set| set.meta.name.as_str()).chain([name.as_str()]).collect();
        let refers = |route: &Route| {
            route.spec.parent_refs.iter().any(|parent| names.contains(parent.name.as_str()))
        };
        objects.list::<R>().filter(|route| refers(route.route())).map(ObjectKey::of).collect()
    }
}

/// What is said of a name that no listener can serve.
const NO_HOST: &str = "a listener serves host names only";

/// Returns the hosts that a route wants; the empty one stands for those of its listeners.
fn candidates(route: &Route, builder: &mut EndpointBuilder<'_>) -> Vec<Host> {
    let options = builder.context.options;
    let mut defined = builder.validated(route.spec.hostnames.clone());
    if defined.is_empty() || builder.context.templates.combine() {
        defined.extend(builder.template_names());
    }
    let keys = [key::GATEWAY_HOSTNAME_SOURCE, key::HOSTNAME_SOURCE];
    let source = builder.hostname_source(&keys);
    let takes_listeners = source == HostnameSource::Both
        && route.spec.hostnames.is_empty()
        && options.gateway_listener_hostnames;
    let names = match source {
        HostnameSource::AnnotationOnly => builder.hostnames(),
        HostnameSource::DefinedHostsOnly => defined,
        HostnameSource::Both => defined.into_iter().chain(builder.hostnames()).collect(),
    };
    let mut hosts = BTreeSet::new();
    for name in names {
        // An empty name means something else here, and has been refused.
        if let Some(host) = Host::read(&name).filter(|host| !host.is_every()) {
            hosts.insert(host);
        } else {
            let (place, why) = (WrittenAt::Object, NO_HOST.to_owned());
            builder.mark_unknown(&name, Reason::InvalidName { name: name.clone(), place, why });
        }
    }
    hosts.extend(takes_listeners.then(Host::default));
    hosts.into_iter().collect()
}

/// Takes TTL and properties from the listener set and the Gateway where the route says nothing.
fn inherit<'a>(parents: &Parents<'a>, builder: &mut EndpointBuilder<'a>) {
    let mut annotations = builder.annotations.clone();
    let attached = parents.known.iter().filter(|parent| parent.is_attached());
    for owner in attached.flat_map(|parent| &parent.owners) {
        annotations = annotations.or_settings(&owner.annotations);
    }
    builder.say(annotations);
}

#[cfg(test)]
mod tests;
