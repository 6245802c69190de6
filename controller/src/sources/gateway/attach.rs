//! Which listeners a route is attached to.

use controller_core::verdict::Reason;

use crate::objects::Resource;
use crate::objects::core::Namespace;
use crate::objects::gateway::{
    AllowedRoutes, Condition, GROUP, Gateway, Listener, ListenerSet, Namespaces, ParentRef, Route,
    RouteObject, RouteParentStatus,
};
use crate::sources::annotations::Annotations;
use crate::sources::asking::Asking;

/// What a route is attached to.
#[derive(Default)]
pub(super) struct Parents<'a> {
    /// The parents that took it.
    pub(super) attached: Vec<Attached<'a>>,
    /// Why other parents do not now, though they may have before.
    pub(super) lost: Vec<Reason>,
    /// Why other parents never will, as they are.
    pub(super) refused: Vec<Reason>,
}

/// One parent that took the route.
pub(super) struct Attached<'a> {
    /// The parent, as `kind/namespace/name`.
    pub(super) name: String,
    /// Hosts of the listeners that it is attached to; empty for every host.
    pub(super) listeners: Vec<&'a str>,
    /// What the parent answers with.
    pub(super) targets: Vec<String>,
    /// Annotations of the listener set, if any, and of the Gateway.
    pub(super) owners: Vec<Annotations<'a>>,
}

/// A parent that is known: a Gateway, perhaps through a listener set.
struct Owner<'a> {
    gateway: &'a Gateway,
    set: Option<&'a ListenerSet>,
}

/// What keeps a parent from counting.
enum Refusal {
    /// It is not for us, or by its own rules not for the route.
    Never(Reason),
    /// It says no, which may change.
    No(Reason),
    /// What it says is not known.
    Unknown(Reason),
}

/// What is said of a parent that the flags or its own annotation leave out.
const LEFT_OUT: &str = "it is left out by flags, or is for another controller";

/// Returns what `route` is attached to.
pub(super) fn parents<'a, R: RouteObject>(
    route: &'a Route,
    asking: &mut Asking<'a>,
) -> Parents<'a> {
    let mut parents = Parents::default();
    let gateways = asking.context.options.gateway_namespace.clone();
    if !asking.needs_in::<Gateway>(&gateways) {
        return parents;
    }
    let mut unheard = Vec::new();
    for spec in &route.spec.parent_refs {
        if !is_gateway_kind(spec) {
            continue;
        }
        match attach::<R>(route, spec, asking) {
            Ok(attached) => parents.attached.push(attached),
            Err(Refusal::Never(reason)) => parents.refused.push(reason),
            Err(Refusal::No(reason)) => parents.lost.push(reason),
            Err(Refusal::Unknown(reason)) => unheard.push(reason),
        }
    }
    for reason in unheard {
        match reason {
            // Another controller may never say anything; what the others say counts.
            Reason::ParentNotAccepted { .. } if !parents.attached.is_empty() => {}
            reason => asking.unknown(reason),
        }
    }
    parents
}

fn attach<'a, R: RouteObject>(
    route: &'a Route,
    spec: &'a ParentRef,
    asking: &mut Asking<'a>,
) -> Result<Attached<'a>, Refusal> {
    let name = name(spec, &route.meta.namespace);
    let owner = owner(route, spec, &name, asking)?;
    let not_accepted =
        |why: &str| Reason::ParentNotAccepted { parent: name.clone(), why: why.into() };
    let unheard = |why: &str| Refusal::Unknown(not_accepted(why));
    let status = status(route, spec).ok_or_else(|| unheard("it has not said anything yet"))?;
    let accepted = accepted(&status.conditions)
        .ok_or_else(|| unheard("it has not said whether it accepts the route"))?;
    if accepted.observed_generation != 0 && accepted.observed_generation < route.meta.generation {
        // Not a missing word but an old one: wait for the new one, whatever the others say.
        return Err(Refusal::Unknown(Reason::SourceUnavailable {
            what: format!("read what `{name}` says of the route"),
            error: format!(
                "its status is about generation {}, and the route is at {}",
                accepted.observed_generation, route.meta.generation
            ),
        }));
    }
    if accepted.status != "True" {
        let why = format!("`Accepted` is `{}` ({})", accepted.status, accepted.reason);
        return Err(Refusal::No(not_accepted(&why)));
    }
    let Owner { gateway, set } = owner;
    let (meta, listeners) = match set {
        Some(set) => (&set.meta, &set.spec.listeners),
        None => (&gateway.meta, &gateway.spec.listeners),
    };
    let mut hosts = Vec::new();
    let mut is_down = false;
    for listener in listeners {
        let named = spec.section_name.is_empty() || spec.section_name == listener.name;
        let ported = spec.port == 0 || spec.port == listener.port;
        if named
            && ported
            && fits(R::PROTOCOL, &listener.protocol)
            && admits_kind(&listener.allowed_routes, R::KIND)
            && admits(
                &listener.allowed_routes.namespaces,
                "Same",
                &meta.namespace,
                &route.meta.namespace,
                asking,
            )?
        {
            if set.is_none_or(|it| is_up(it, listener)) {
                hosts.push(listener.hostname.as_str());
            } else {
                is_down = true;
            }
        }
    }
    if hosts.is_empty() {
        return Err(if is_down {
            Refusal::No(not_accepted("its listener is not accepted"))
        } else {
            Refusal::Never(not_accepted("none of its listeners is for this route"))
        });
    }
    let prefixes = &asking.context.options.annotation_prefixes;
    let owners: Vec<_> = set
        .map(|it| &it.meta)
        .into_iter()
        .chain([&gateway.meta])
        .map(|it| Annotations::read(&it.annotations, prefixes))
        .collect();
    let annotated = owners.iter().map(Annotations::targets).find(|it| !it.is_empty());
    let addresses = || {
        let values = gateway.status.addresses.iter().map(|it| it.value.clone());
        values.filter(|it| !it.is_empty()).collect()
    };
    let targets = annotated.unwrap_or_else(addresses);
    Ok(Attached { name, listeners: hosts, targets, owners })
}

/// Returns the Gateway that `spec` leads to.
fn owner<'a>(
    route: &Route,
    spec: &ParentRef,
    name: &str,
    asking: &mut Asking<'a>,
) -> Result<Owner<'a>, Refusal> {
    let not_ours = |why: &str| {
        Refusal::Never(Reason::ParentNotAccepted { parent: name.to_owned(), why: why.to_owned() })
    };
    let objects = asking.context.objects;
    let options = asking.context.options;
    let namespace = namespace(spec, &route.meta.namespace);
    if spec.kind != "ListenerSet" {
        return Ok(Owner { gateway: gateway(namespace, &spec.name, asking)?, set: None });
    }
    if !options.gateway_listener_sets {
        return Err(not_ours("listener sets are read with --gateway-listener-sets only"));
    }
    if let Some(state) = objects.gap(&ListenerSet::ID, namespace) {
        let reason = crate::sources::asking::source_unavailable(ListenerSet::ID.as_str(), state);
        return Err(Refusal::Unknown(reason));
    }
    let Some(set) = objects.get::<ListenerSet>(namespace, &spec.name) else {
        let object = format!("ListenerSet/{namespace}/{}", spec.name);
        return Err(Refusal::Unknown(Reason::MissingObject { object }));
    };
    let annotations = Annotations::read(&set.meta.annotations, &options.annotation_prefixes);
    if annotations.other_controller().is_some()
        || !options.annotation_filter.covers(&set.meta.annotations)
    {
        return Err(not_ours(LEFT_OUT));
    }
    let parent = &set.spec.parent_ref;
    let gateway = gateway(self::namespace(parent, &set.meta.namespace), &parent.name, asking)?;
    let allowed = &gateway.spec.allowed_listeners.namespaces;
    let why = if !admits(allowed, "None", &gateway.meta.namespace, &set.meta.namespace, asking)? {
        Some("its Gateway does not allow listener sets from this namespace")
    } else if accepted(&set.status.conditions).is_none_or(|it| it.status != "True") {
        Some("its Gateway has not accepted it")
    } else {
        None
    };
    match why {
        None => Ok(Owner { gateway, set: Some(set) }),
        Some(why) => {
            let parent = format!("ListenerSet/{namespace}/{}", spec.name);
            Err(Refusal::No(Reason::ParentNotAccepted { parent, why: why.to_owned() }))
        }
    }
}

fn gateway<'a>(namespace: &str, name: &str, asking: &Asking<'a>) -> Result<&'a Gateway, Refusal> {
    let options = asking.context.options;
    let not_ours = || {
        let parent = format!("Gateway/{namespace}/{name}");
        Refusal::Never(Reason::ParentNotAccepted { parent, why: LEFT_OUT.to_owned() })
    };
    let elsewhere = !options.gateway_namespace.is_empty() && options.gateway_namespace != namespace;
    if elsewhere || (!options.gateway_name.is_empty() && options.gateway_name != name) {
        return Err(not_ours());
    }
    let Some(gateway) = asking.context.objects.get::<Gateway>(namespace, name) else {
        let object = format!("Gateway/{namespace}/{name}");
        return Err(Refusal::Unknown(Reason::MissingObject { object }));
    };
    let annotations = Annotations::read(&gateway.meta.annotations, &options.annotation_prefixes);
    if annotations.other_controller().is_some()
        || !options.gateway_label_filter.covers(&gateway.meta.labels)
    {
        return Err(not_ours());
    }
    Ok(gateway)
}

/// Returns what the parent that `spec` names says of the route.
///
/// Implementations repeat the reference; one that leaves out listener and port speaks for all.
fn status<'a>(route: &'a Route, spec: &ParentRef) -> Option<&'a RouteParentStatus> {
    let own = &route.meta.namespace;
    let same_object = |it: &&RouteParentStatus| {
        group(&it.parent_ref) == group(spec)
            && kind(&it.parent_ref) == kind(spec)
            && namespace(&it.parent_ref, own) == namespace(spec, own)
            && it.parent_ref.name == spec.name
    };
    let exact = |it: &&RouteParentStatus| {
        it.parent_ref.section_name == spec.section_name && it.parent_ref.port == spec.port
    };
    let whole =
        |it: &&RouteParentStatus| it.parent_ref.section_name.is_empty() && it.parent_ref.port == 0;
    let parents = || route.status.parents.iter().filter(same_object);
    parents().find(exact).or_else(|| parents().find(whole))
}

fn accepted(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|it| it.condition_type == "Accepted")
}

/// Tells whether a listener of a set is accepted; each needs its own word.
fn is_up(set: &ListenerSet, listener: &Listener) -> bool {
    let status = set.status.listeners.iter().find(|it| it.name == listener.name);
    status.and_then(|it| accepted(&it.conditions)).is_some_and(|it| it.status == "True")
}

/// Tells whether routes of a protocol attach to listeners of another.
fn fits(route: &str, listener: &str) -> bool {
    let plain =
        |protocol: &str| if protocol == "HTTPS" { "HTTP".to_owned() } else { protocol.to_owned() };
    plain(route) == plain(listener) || (route == "TCP" && listener == "TLS")
}

fn admits_kind(allowed: &AllowedRoutes, kind: &str) -> bool {
    allowed.kinds.is_empty()
        || allowed.kinds.iter().any(|it| {
            let group = it.group.as_deref().filter(|it| !it.is_empty()).unwrap_or(GROUP);
            group == GROUP && it.kind == kind
        })
}

/// Tells whether `allowed` of an object in `own` lets an object in `other` attach.
fn admits(
    allowed: &Namespaces,
    default: &str,
    own: &str,
    other: &str,
    asking: &Asking<'_>,
) -> Result<bool, Refusal> {
    let from = if allowed.from.is_empty() { default } else { &allowed.from };
    match from {
        "All" => Ok(true),
        "Same" => Ok(own == other),
        "Selector" => {
            let Some(selector) = &allowed.selector else { return Ok(false) };
            let objects = asking.context.objects;
            if let Some(state) = objects.gap(&Namespace::ID, "") {
                let reason =
                    crate::sources::asking::source_unavailable(Namespace::ID.as_str(), state);
                return Err(Refusal::Unknown(reason));
            }
            let namespace = objects.get::<Namespace>("", other);
            Ok(namespace.is_some_and(|it| selector.covers(&it.meta.labels)))
        }
        _ => Ok(false),
    }
}

fn is_gateway_kind(reference: &ParentRef) -> bool {
    group(reference) == GROUP && matches!(kind(reference), "Gateway" | "ListenerSet")
}

fn group(reference: &ParentRef) -> &str {
    if reference.group.is_empty() { GROUP } else { &reference.group }
}

fn kind(reference: &ParentRef) -> &str {
    if reference.kind.is_empty() { "Gateway" } else { &reference.kind }
}

fn namespace<'a>(reference: &'a ParentRef, own: &'a str) -> &'a str {
    if reference.namespace.is_empty() { own } else { &reference.namespace }
}

fn name(reference: &ParentRef, own: &str) -> String {
    format!("{}/{}/{}", kind(reference), namespace(reference, own), reference.name)
}
