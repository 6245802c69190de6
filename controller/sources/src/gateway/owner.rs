//! Which Gateway a reference leads to, and whether it is one to answer from.

use controller_core::status::Reason;

use super::allowed::{admits, is_in_mesh, is_other};
use super::section::Target;
use super::status::is_accepted;
use crate::annotations::Annotations;
use crate::endpoint_builder::EndpointBuilder;
use crate::objects::Resource;
use crate::objects::gateway::{GROUP, Gateway, ListenerSet};

/// A parent that is known: a Gateway, perhaps through a listener set.
pub(super) struct Owner<'a> {
    pub(super) gateway: &'a Gateway,
    /// The listener set, when it is one that the route names.
    pub(super) set: Option<&'a ListenerSet>,
    /// Why the Gateway does not take the listener set, which may change.
    pub(super) no: Option<&'static str>,
}

/// What keeps a parent from being looked at.
pub(super) enum Refusal {
    /// It is not for us, or by its own rules not for the route.
    Never(Reason),
    /// It is not known: it is not there, or outside of what is read.
    Unknown(Reason),
    /// It is there, and what it says or how it is named is not valid.
    Unread(Reason),
}

/// Returns the Gateway that a reference leads to.
///
/// # Errors
///
/// It is not for us, or not known.
pub(super) fn owner<'a>(
    target: Target<'a>,
    builder: &EndpointBuilder<'a>,
) -> Result<Owner<'a>, Refusal> {
    let never = |why: &str| {
        Refusal::Never(Reason::NotServed { parent: target.to_string(), why: why.to_owned() })
    };
    let unread = |why: &str| {
        Refusal::Unread(Reason::ReferenceNotRead {
            object: target.to_string(),
            why: format!("cannot be judged: {why}"),
        })
    };
    let options = builder.context.options;
    match (target.group, target.kind) {
        (GROUP, "Gateway") => {
            return Ok(Owner { gateway: gateway(target, builder)?, set: None, no: None });
        }
        (GROUP, "ListenerSet") => {}
        (_, "XListenerSet") => {
            return Err(never(
                "it is the experimental form and is not read; make it a ListenerSet of \
                 `gateway.networking.k8s.io/v1`, which is with --gateway-listener-sets",
            ));
        }
        (group, kind) if is_in_mesh(group, kind) => {
            return Err(never(
                "routes of a Service are for traffic inside the mesh; names are those of routes \
                 with a Gateway or a ListenerSet among their parents",
            ));
        }
        ("", "Gateway" | "ListenerSet") => {
            return Err(unread(
                "the `group` of the reference is empty, which is the core group; leave it out",
            ));
        }
        (group, kind) if is_other(group, kind) && !is_ours(kind) => {
            return Err(never(
                "it is neither a Gateway nor a ListenerSet of `gateway.networking.k8s.io`, and no \
                 other parents are read",
            ));
        }
        (group, kind) => {
            return Err(unread(&format!(
                "the reference has the kind `{kind}` of the group `{group}`; a parent is a Gateway \
                 or a ListenerSet of `{GROUP}`"
            )));
        }
    }
    if !options.gateway_listener_sets {
        return Err(never("listener sets are read with --gateway-listener-sets only"));
    }
    let set: &ListenerSet = find(target, builder)?;
    let annotations = Annotations::read(&set.meta.annotations, &options.annotation_prefixes);
    if let Some(other) = annotations.other_controller() {
        return Err(never(&format!("its annotation gives it to the controller `{other}`")));
    }
    if !options.annotation_filter.covers(&set.meta.annotations) {
        return Err(never("--annotation-filter leaves it out"));
    }
    let parent = Target::of(&set.spec.parent_ref, &set.meta.namespace);
    if (parent.group, parent.kind) != (GROUP, "Gateway") {
        return Err(unread(&format!(
            "its own parent has the kind `{}` of the group `{}`, and is no Gateway",
            parent.kind, parent.group
        )));
    }
    let gateway = gateway(parent, builder)?;
    let allowed = &gateway.spec.allowed_listeners.namespaces;
    let (theirs, own) = (&gateway.meta.namespace, &set.meta.namespace);
    let flawed = |what: String| Reason::ReferenceNotRead {
        object: parent.to_string(),
        why: format!("cannot be judged: it has {what}"),
    };
    let allowed = (allowed, "allowedListeners");
    let is_admitted = admits(allowed, "None", (theirs, own), flawed, builder);
    let no = if !is_admitted.map_err(Refusal::Unread)? {
        Some("its Gateway does not allow listener sets from this namespace")
    } else if is_accepted(&set.status.conditions) {
        None
    } else {
        Some("its Gateway has not accepted it")
    };
    Ok(Owner { gateway, set: Some(set), no })
}

fn gateway<'a>(target: Target<'_>, builder: &EndpointBuilder<'a>) -> Result<&'a Gateway, Refusal> {
    let options = builder.context.options;
    let never = |why: String| Refusal::Never(Reason::NotServed { parent: target.to_string(), why });
    let is_other = |wanted: &str, name: &str| !wanted.is_empty() && wanted != name;
    if is_other(&options.gateway_namespace, target.namespace) {
        return Err(never(format!(
            "it is outside --gateway-namespace={}",
            options.gateway_namespace
        )));
    }
    if is_other(&options.gateway_name, target.name) {
        return Err(never(format!("it is not --gateway-name={}", options.gateway_name)));
    }
    let gateway: &Gateway = find(target, builder)?;
    let annotations = Annotations::read(&gateway.meta.annotations, &options.annotation_prefixes);
    if let Some(other) = annotations.other_controller() {
        return Err(never(format!("its annotation gives it to the controller `{other}`")));
    }
    if !options.gateway_label_filter.covers(&gateway.meta.labels) {
        return Err(never("--gateway-label-filter leaves it out".to_owned()));
    }
    Ok(gateway)
}

/// Returns the object that `target` names.
fn find<'a, T: Resource>(
    target: Target<'_>,
    builder: &EndpointBuilder<'a>,
) -> Result<&'a T, Refusal> {
    let objects = builder.context.objects;
    objects.find::<T>(target.namespace, target.name).map_err(|reason| match reason {
        Reason::MissingObject { .. } => Refusal::Unknown(reason),
        _ if !objects.covers::<T>(target.namespace) => Refusal::Unknown(reason),
        _ => Refusal::Unread(reason),
    })
}

/// Tells whether a kind is called like one of those that are read, or nearly so.
fn is_ours(kind: &str) -> bool {
    ["Gateway", "ListenerSet"].iter().any(|ours| ours.eq_ignore_ascii_case(kind))
}
