//! Which listeners of a parent are for a route.

use controller_core::verdict::Reason;

use super::hosts::Host;
use super::section::Section;
use super::status::is_accepted;
use crate::objects::Resource;
use crate::objects::core::Namespace;
use crate::objects::gateway::{
    AllowedRoutes, GROUP, Listener, ListenerSet, Namespaces, Route, RouteObject,
};
use crate::sources::asking::{Asking, source_unavailable};

/// Hosts of the listeners that are for a route.
#[derive(Default)]
pub(super) struct Fitting {
    /// Of those that work.
    pub(super) up: Vec<Host>,
    /// Of those of a listener set that the Gateway has not accepted.
    pub(super) down: Vec<Host>,
}

/// Why no listener is for a route.
pub(super) enum Misfit {
    /// None is where the route says.
    Section(String),
    /// Those that are there are for others.
    Rule(String),
}

/// Returns the hosts of those of `listeners` at `place` and at none `before` that `route` may attach
/// to.
///
/// # Errors
///
/// Why none is for it, in words; or else why that is not known.
pub(super) fn fitting<R: RouteObject>(
    route: &Route,
    (set, listeners, own): (Option<&ListenerSet>, &[Listener], &str),
    (place, before): (Section<'_>, &[Section<'_>]),
    asking: &Asking<'_>,
) -> Result<Result<Fitting, Misfit>, Reason> {
    let mut fitting = Fitting::default();
    // What is told is what kept out the listener that came closest.
    let mut closest: Option<(u8, String)> = None;
    let mut misfit = |steps, why| closest = closest.take().max(Some((steps, why)));
    let is_meant = |it: &&Listener| place.has(it) && !before.iter().any(|settled| settled.has(it));
    for listener in listeners.iter().filter(is_meant) {
        let Listener { name, protocol, hostname, allowed_routes, port: _ } = listener;
        let AllowedRoutes { namespaces, kinds: _ } = allowed_routes;
        let from = &route.meta.namespace;
        if !fits(R::PROTOCOL, protocol) {
            misfit(0, format!("its listener `{name}` is for {protocol}, not for {}s", R::KIND));
        } else if !admits_kind(allowed_routes, R::KIND) {
            misfit(1, format!("`allowedRoutes.kinds` of its listener `{name}` lacks {}", R::KIND));
        } else if !admits(namespaces, "Same", own, from, asking)? {
            misfit(2, format!("`allowedRoutes` of its listener `{name}` keeps out `{from}`"));
        } else if let Some(host) = Host::read(hostname) {
            let is_up = set.is_none_or(|set| is_up(set, listener));
            if is_up { fitting.up.push(host) } else { fitting.down.push(host) }
        } else {
            misfit(3, format!("its listener `{name}` serves `{hostname}`, which is no host name"));
        }
    }
    if !fitting.up.is_empty() || !fitting.down.is_empty() {
        return Ok(Ok(fitting));
    }
    Ok(Err(match closest {
        Some((_, why)) => Misfit::Rule(why),
        None => Misfit::Section(format!("it has no listener{}", place.listeners())),
    }))
}

/// Tells whether a listener of a set is accepted; each needs its own word.
fn is_up(set: &ListenerSet, listener: &Listener) -> bool {
    let mut about = set.status.listeners.iter().filter(|it| it.name == listener.name);
    about.any(|it| is_accepted(&it.conditions))
}

/// Tells whether routes of a protocol attach to listeners of another.
fn fits(route: &str, listener: &str) -> bool {
    fn plain(protocol: &str) -> &str {
        if protocol == "HTTPS" { "HTTP" } else { protocol }
    }
    plain(route) == plain(listener) || (route == "TCP" && listener == "TLS")
}

fn admits_kind(allowed: &AllowedRoutes, kind: &str) -> bool {
    allowed.kinds.is_empty()
        || allowed.kinds.iter().any(|it| {
            let group = it.group.as_deref().filter(|group| !group.is_empty()).unwrap_or(GROUP);
            group == GROUP && it.kind == kind
        })
}

/// Tells whether `allowed` of an object in `own` lets an object in `other` attach.
///
/// # Errors
///
/// Why that is not known.
pub(super) fn admits(
    allowed: &Namespaces,
    default: &str,
    own: &str,
    other: &str,
    asking: &Asking<'_>,
) -> Result<bool, Reason> {
    let from = if allowed.from.is_empty() { default } else { &allowed.from };
    match from {
        "All" => Ok(true),
        "Same" => Ok(own == other),
        "Selector" => {
            let Some(selector) = &allowed.selector else { return Ok(false) };
            let objects = asking.context.objects;
            if let Some(state) = objects.gap(&Namespace::ID, "") {
                return Err(source_unavailable(Namespace::ID.as_str(), state));
            }
            let missing = || Reason::MissingObject { object: format!("Namespace/{other}") };
            let namespace = objects.get::<Namespace>("", other).ok_or_else(missing)?;
            Ok(selector.covers(&namespace.meta.labels))
        }
        _ => Ok(false),
    }
}
