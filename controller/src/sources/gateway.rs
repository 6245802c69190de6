//! `gateway-*route`: hosts of Gateway API routes, answered by the Gateways they are attached to.
//!
//! A route is attached where its `spec.parentRefs` say and the parent has accepted it at the
//! route's present generation. A status that lags, or a parent that takes the acceptance back, is
//! not a wish to have no record: the names stay as they are.

mod attach;
mod hosts;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use controller_core::verdict::Reason;

use self::attach::{Attached, Parents};
use self::hosts::intersect;
use super::Affected;
use super::annotations::{HostnameSource, key};
use super::asking::Asking;
use super::each::Conversion;
use super::options::SourceOptions;
use crate::objects::gateway::{
    Gateway, GrpcRoute, HttpRoute, ListenerSet, Route, RouteObject, TcpRoute, TlsRoute, UdpRoute,
};
use crate::objects::{Change, ObjectKey, Objects, Resource};

/// `gateway-*route`, for one kind of route.
pub(super) struct GatewayRoute<R>(PhantomData<R>);

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

impl<R: RouteSource> Conversion for GatewayRoute<R> {
    type Object = R;
    const SOURCE: &'static str = R::SOURCE;
    const LABEL: &'static str = R::LABEL;

    fn convert<'a>(object: &'a R, asking: &mut Asking<'a>) {
        let route = object.route();
        let hosts = candidates(route, asking);
        if hosts.is_empty() {
            return;
        }
        if route.spec.parent_refs.is_empty() {
            return asking.tell(Reason::NoTargets);
        }
        let parents = attach::parents::<R>(route, asking);
        inherit(&parents, asking);
        publish(&hosts, &parents, asking);
        for (host, reason) in parents.lost.iter().flat_map(|it| hosts.iter().map(move |h| (h, it)))
        {
            // Only where no other parent answers for the host already.
            if !host.is_empty() && !asking.asks_for(host) {
                asking.lose(host, reason.clone());
            }
        }
        explain(&hosts, &parents, asking);
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
            .filter(|it| *kind == Gateway::ID && it.spec.parent_ref.name == *name);
        let names: BTreeSet<&str> =
            sets.map(|it| it.meta.name.as_str()).chain([name.as_str()]).collect();
        let refers = |route: &Route| {
            route.spec.parent_refs.iter().any(|it| names.contains(it.name.as_str()))
        };
        objects.list::<R>().filter(|it| refers(it.route())).map(ObjectKey::of).collect()
    }
}

/// Returns the hosts that a route asks for; the empty one stands for those of its listeners.
fn candidates(route: &Route, asking: &mut Asking<'_>) -> Vec<String> {
    let options = asking.context.options;
    let mut hosts: Vec<String> =
        route.spec.hostnames.iter().filter(|it| !it.is_empty()).cloned().collect();
    hosts = asking.judged(hosts);
    if hosts.is_empty() || asking.context.templates.combine() {
        hosts.extend(asking.template_names());
    }
    let keys = [key::GATEWAY_HOSTNAME_SOURCE, key::HOSTNAME_SOURCE];
    let mut hosts: Vec<String> = match asking.hostname_source(&keys) {
        HostnameSource::AnnotationOnly => asking.hostnames(),
        HostnameSource::DefinedHostsOnly => hosts,
        HostnameSource::Both => {
            if route.spec.hostnames.is_empty() && options.gateway_listener_hostnames {
                hosts.push(String::new());
            }
            hosts.extend(asking.hostnames());
            hosts
        }
    };
    let mut seen = BTreeSet::new();
    hosts.retain(|it| seen.insert(it.clone()));
    hosts
}

/// Takes TTL and properties from the listener set and the Gateway where the route says nothing.
fn inherit<'a>(parents: &Parents<'a>, asking: &mut Asking<'a>) {
    let mut annotations = asking.annotations.clone();
    for owner in parents.attached.iter().flat_map(|it| &it.owners) {
        annotations = annotations.or_settings(owner);
    }
    asking.say(annotations);
}

/// Asks for each host with the addresses of all parents whose listeners serve it.
fn publish(hosts: &[String], parents: &Parents<'_>, asking: &mut Asking<'_>) {
    let own = asking.annotations.targets();
    let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut without = BTreeSet::new();
    for Attached { listeners, targets: answers, .. } in &parents.attached {
        for listener in listeners {
            for host in hosts.iter().filter_map(|host| intersect(listener, host)) {
                if answers.is_empty() && own.is_empty() {
                    without.insert(host.clone());
                }
                targets.entry(host).or_default().extend(answers.iter().cloned());
            }
        }
    }
    for (host, answers) in targets {
        let answers: Vec<_> =
            if own.is_empty() { answers.into_iter().collect() } else { own.clone() };
        if without.contains(&host) {
            asking.lose(&host, Reason::NoTargets);
        } else {
            asking.ask(&host, &answers);
        }
    }
}

/// Says why hosts that nobody answers for are not published.
fn explain(hosts: &[String], parents: &Parents<'_>, asking: &mut Asking<'_>) {
    for host in hosts.iter().filter(|it| !it.is_empty()) {
        if is_served(host, parents) || asking.asks_for(host) {
            continue;
        }
        for Attached { name, .. } in &parents.attached {
            let why = format!("no listener serves `{host}`");
            asking.refuse(host, Reason::ParentNotAccepted { parent: name.clone(), why });
        }
        for reason in &parents.refused {
            asking.refuse(host, reason.clone());
        }
    }
}

fn is_served(host: &str, parents: &Parents<'_>) -> bool {
    let listeners = parents.attached.iter().flat_map(|it| &it.listeners);
    listeners.into_iter().any(|it| intersect(it, host).is_some())
}
