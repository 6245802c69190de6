//! Which listeners of a parent are for a route.

use controller_core::status::Reason;
use controller_core::value::HostName;

use super::allowed::{admits, admits_kind, fits};
use super::hosts::Host;
use super::section::Section;
use super::status::is_accepted;
use crate::endpoint_builder::EndpointBuilder;
use crate::objects::gateway::{AllowedRoutes, Listener, ListenerSet, Route, RouteObject};

/// Hosts of the listeners that are for a route.
#[derive(Default)]
pub(super) struct Fitting {
    /// Of those that work.
    pub(super) up: Vec<Host>,
    /// Of those of a listener set that the Gateway has not accepted.
    pub(super) down: Vec<Host>,
    /// Of those that may be for it, and why that is not known; every host where no host is known.
    pub(super) unknown: Vec<(Host, Reason)>,
}

/// Why no listener is for a route.
pub(super) enum Misfit {
    /// None is where the route says.
    Section(String),
    /// Those that are there are for others.
    Rule(String),
}

/// Whether a listener is for a route.
enum Fit {
    /// It is, and serves this host.
    Yes(Host),
    /// It is not, by a legal value. The number tells how close it came, the words what kept it out.
    No(u8, String),
    /// It may serve this host for it: a value that decides it is not valid.
    Unknown(Host, Reason),
}

/// Returns the hosts of those of `listeners` at `place` and at none `before` that `route` may attach
/// to.
///
/// # Errors
///
/// Why none is for it, in words.
pub(super) fn fitting<R: RouteObject>(
    route: &Route,
    (set, listeners, own): (Option<&ListenerSet>, &[Listener], &str),
    (place, before): (Section<'_>, &[Section<'_>]),
    builder: &EndpointBuilder<'_>,
) -> Result<Fitting, Misfit> {
    let mut fitting = Fitting::default();
    // What is told is what kept out the listener that came closest.
    let mut closest: Option<(u8, String)> = None;
    let is_meant = |listener: &&Listener| {
        place.has(listener) && !before.iter().any(|section| section.has(listener))
    };
    for listener in listeners.iter().filter(is_meant) {
        match fit::<R>(route, (listener, own), place, builder) {
            Fit::Yes(host) if set.is_none_or(|set| is_up(set, listener)) => fitting.up.push(host),
            Fit::Yes(host) => fitting.down.push(host),
            Fit::No(steps, why) => closest = closest.max(Some((steps, why))),
            Fit::Unknown(host, reason) => fitting.unknown.push((host, reason)),
        }
    }
    let Fitting { up, down, unknown } = &fitting;
    if !(up.is_empty() && down.is_empty() && unknown.is_empty()) {
        return Ok(fitting);
    }
    Err(match closest {
        Some((_, why)) => Misfit::Rule(why),
        None => Misfit::Section(format!("it has no listener{}", place.listeners())),
    })
}

/// Tells whether a listener of the object at `place`, which is in the namespace `own`, is for `route`.
///
/// One legal value that keeps the route out is enough, whatever the others are.
fn fit<R: RouteObject>(
    route: &Route,
    (listener, own): (&Listener, &str),
    place: Section<'_>,
    builder: &EndpointBuilder<'_>,
) -> Fit {
    let Listener { name, protocol, hostname, allowed_routes, port: _ } = listener;
    let AllowedRoutes { namespaces, kinds } = allowed_routes;
    let from = &route.meta.namespace;
    let flawed = |what: String| Reason::ReferenceNotRead {
        object: place.target.to_string(),
        why: format!("cannot be judged: the listener `{name}` has {what}"),
    };
    let answers = [
        (
            fits(R::PROTOCOL, protocol).map_err(flawed),
            format!("its listener `{name}` is for {protocol}, not for {}s", R::KIND),
        ),
        (
            admits_kind(kinds, R::KIND).map_err(flawed),
            format!("`allowedRoutes.kinds` of its listener `{name}` lacks {}", R::KIND),
        ),
        (
            admits((namespaces, "allowedRoutes"), "Same", (own, from), flawed, builder),
            format!("`allowedRoutes` of its listener `{name}` keeps out `{from}`"),
        ),
    ];
    let mut unknown = None;
    for (steps, (answer, why_not)) in (0..).zip(answers) {
        match answer {
            Ok(true) => {}
            Ok(false) => return Fit::No(steps, why_not),
            Err(reason) => unknown = unknown.or(Some(reason)),
        }
    }
    match (Host::read(hostname), unknown) {
        (Some(host), None) => Fit::Yes(host),
        (Some(host), Some(reason)) => Fit::Unknown(host, reason),
        (None, unknown) => {
            let flaw = HostName::validate(hostname).err();
            let flaw = flaw.map_or_else(|| "it is no host name".to_owned(), String::from);
            let reason = || flawed(format!("the `hostname` `{hostname}`, and {flaw}"));
            Fit::Unknown(Host::default(), unknown.unwrap_or_else(reason))
        }
    }
}

/// Tells whether a listener of a set is accepted; each needs its own word.
fn is_up(set: &ListenerSet, listener: &Listener) -> bool {
    let mut about = set.status.listeners.iter().filter(|other| other.name == listener.name);
    about.any(|listener| is_accepted(&listener.conditions))
}
