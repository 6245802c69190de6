//! Which routes a listener lets in: yes, no by legal values only, or a value that is not valid.
//!
//! An API server keeps most of these values out; in manifests they are mistyped, or what a
//! template left of them, and none of them is a wish to have no record.

use controller_core::status::Reason;

use crate::endpoint_builder::{EndpointBuilder, source_unavailable};
use crate::objects::core::Namespace;
use crate::objects::gateway::{GROUP, LabelExpression, LabelSelector, Namespaces, RouteKind};
use crate::objects::{Pairs, Resource};
use crate::selector::{is_key, is_label_value};

/// Protocols of Gateway API ([ProtocolType]).
///
/// [ProtocolType]: https://gateway-api.sigs.k8s.io/reference/spec/#protocoltype
const PROTOCOLS: [&str; 5] = ["HTTP", "HTTPS", "TLS", "TCP", "UDP"];

/// The protocol of Istio's waypoints, which serve the mesh only.
const MESH_PROTOCOL: &str = "HBONE";

/// Kinds of routes of Gateway API.
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

/// Group of the kinds in the core of Kubernetes, as some spell it.
const CORE: [&str; 2] = ["", "core"];

/// Domain of the groups that are Kubernetes' own.
const KUBERNETES: &str = "k8s.io";

/// Tells whether routes of a protocol attach to listeners of another.
///
/// # Errors
///
/// What the listener has that is not valid. What a protocol beyond those of Gateway API is for is
/// known to its controller only.
pub(super) fn fits(route: &str, listener: &str) -> Result<bool, String> {
    fn plain(protocol: &str) -> &str {
        if protocol == "HTTPS" { "HTTP" } else { protocol }
    }
    if listener == MESH_PROTOCOL {
        return Ok(false);
    }
    if !PROTOCOLS.contains(&listener) {
        let known = PROTOCOLS.join(", ");
        return Err(format!("the `protocol` `{listener}`, which is none of {known}"));
    }
    Ok(plain(route) == plain(listener) || (route == "TCP" && listener == "TLS"))
}

/// Tells whether routes of `kind` may attach where `kinds` may; all may where there are none.
///
/// # Errors
///
/// What the listener has that is not valid, when nothing else lets the route in.
pub(super) fn admits_kind(kinds: &[RouteKind], kind: &str) -> Result<bool, String> {
    let mut flawed = None;
    for RouteKind { group, kind: allowed } in kinds {
        let group = group.as_deref().filter(|group| !group.is_empty()).unwrap_or(GROUP);
        if group == GROUP && allowed == kind {
            return Ok(true);
        }
        let is_legal = if group == GROUP {
            ROUTES.contains(&allowed.as_str())
        } else {
            is_other(group, allowed)
        };
        if !is_legal {
            flawed = flawed.or(Some((group, allowed)));
        }
    }
    match flawed {
        Some((group, allowed)) => {
            Err(format!("the kind `{allowed}` of `{group}` in its `allowedRoutes.kinds`"))
        }
        None => Ok(kinds.is_empty()),
    }
}

/// Tells whether a kind of a group is another project's: neither a slip in one of Gateway API's
/// own, nor what no group and no kind can be called.
pub(super) fn is_other(group: &str, kind: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    // Groups of others are domains; those below Kubernetes' own are a closed list.
    let is_group = group.contains('.') && group.split('.').all(is_label);
    let is_kind = kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_group && !group.ends_with(KUBERNETES) && is_kind
}

/// Tells whether routes of that kind of parent are for traffic inside the mesh ([GAMMA]).
///
/// [GAMMA]: https://gateway-api.sigs.k8s.io/mesh/
pub(super) fn is_in_mesh(group: &str, kind: &str) -> bool {
    (CORE.contains(&group) && kind == "Service")
        || (group == "multicluster.x-k8s.io" && kind == "ServiceImport")
}

/// Tells whether the choice `allowed`, which stands in `field`, of an object in `own` lets an object in
/// `other` attach.
///
/// # Errors
///
/// Why that is not known; `flawed` makes a reason of what is not valid.
pub(super) fn admits(
    (allowed, field): (&Namespaces, &str),
    default: &str,
    (own, other): (&str, &str),
    flawed: impl Fn(String) -> Reason,
    builder: &EndpointBuilder<'_>,
) -> Result<bool, Reason> {
    let from = if allowed.from.is_empty() { default } else { &allowed.from };
    match from {
        "All" => Ok(true),
        "Same" => Ok(own == other),
        "None" => Ok(false),
        "Selector" => {
            let missing = || flawed(format!("no selector in its `{field}`, which wants one"));
            let selector = allowed.selector.as_ref().ok_or_else(missing)?;
            let flaw = |why| flawed(format!("a selector in its `{field}` in which {why}"));
            validate(selector).map_err(flaw)?;
            let objects = builder.context.objects;
            if let Some(state) = objects.gap(&Namespace::ID, "") {
                return Err(source_unavailable(Namespace::ID.as_str(), state));
            }
            Ok(covers(selector, &objects.find::<Namespace>("", other)?.meta.labels))
        }
        _ => Err(flawed(format!(
            "`{from}` in its `{field}`, which is none of All, Same, Selector, None"
        ))),
    }
}

/// Validates a selector as Kubernetes does before it selects by it ([LabelSelectorRequirement]).
///
/// [LabelSelectorRequirement]: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
///
/// # Errors
///
/// What is wrong with it.
fn validate(selector: &LabelSelector) -> Result<(), String> {
    let LabelSelector { match_labels, match_expressions } = selector;
    let keys = match_labels.iter().map(|(key, _)| key);
    let mut keys = keys.chain(match_expressions.iter().map(|expression| expression.key.as_str()));
    if let Some(key) = keys.find(|key| !is_key(key)) {
        return Err(format!("`{key}` is no key of a label"));
    }
    let values = match_labels.iter().map(|(_, value)| value);
    let listed =
        match_expressions.iter().flat_map(|expression| &expression.values).map(String::as_str);
    if let Some(value) = values.chain(listed).find(|value| !is_label_value(value)) {
        return Err(format!("`{value}` is no value of a label"));
    }
    for LabelExpression { key, operator, values } in match_expressions {
        match (operator.as_str(), values.is_empty()) {
            ("In" | "NotIn", false) | ("Exists" | "DoesNotExist", true) => {}
            ("In" | "NotIn", true) => {
                return Err(format!("`{operator}` for `{key}` has no values"));
            }
            ("Exists" | "DoesNotExist", false) => {
                return Err(format!("`{operator}` for `{key}` has values"));
            }
            _ => {
                return Err(format!(
                    "the operator `{operator}` for `{key}` is none of In, NotIn, Exists, DoesNotExist"
                ));
            }
        }
    }
    Ok(())
}

/// Tells whether `labels` are chosen by a selector that has been validated.
fn covers(selector: &LabelSelector, labels: &Pairs) -> bool {
    let LabelSelector { match_labels, match_expressions } = selector;
    let matches = |expression: &LabelExpression| {
        let value = labels.get(&expression.key);
        let listed =
            value.is_some_and(|value| expression.values.iter().any(|other| other == value));
        match expression.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    };
    labels.contain(match_labels) && match_expressions.iter().all(matches)
}
