//! What becomes of each host of a route: answered, kept or refused, and what is told.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::status::Reason;

use super::hosts::Host;
use super::parents::{Parent, ParentState, Parents};
use crate::endpoint_builder::EndpointBuilder;

/// Adds each host with the answers of all parents whose listeners serve it.
///
/// A name that no parent answers for is kept while one of them may do so again. What keeps a parent
/// from answering is told once: with a name that is kept or refused for it, else with the route.
pub(super) fn publish(hosts: &[Host], parents: &Parents<'_>, builder: &mut EndpointBuilder<'_>) {
    let own = builder.annotations.targets();
    let mut answers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut unanswered: BTreeMap<&str, usize> = BTreeMap::new();
    // Names that have more answers than are known.
    let mut kept: BTreeMap<&str, &Reason> = BTreeMap::new();
    let mut served = BTreeSet::new();
    for (at, parent) in parents.known.iter().enumerate() {
        let pairs =
            parent.hosts.iter().flat_map(|listener| hosts.iter().map(move |host| (listener, host)));
        for (listener, host) in pairs {
            let Some(name) = listener.meet(host) else { continue };
            served.insert(host);
            match &parent.state {
                ParentState::Serves(targets) => {
                    answers.entry(name).or_default().extend(targets.iter().map(String::as_str));
                }
                ParentState::Pending(_) | ParentState::Invalid(_) if !own.is_empty() => {
                    answers.entry(name).or_default();
                }
                ParentState::Invalid(reason) => drop(kept.entry(name).or_insert(reason)),
                ParentState::Pending(_) | ParentState::No(_) | ParentState::Silent(_) => {
                    unanswered.entry(name).or_insert(at);
                }
            }
        }
    }
    for (name, targets) in answers.iter().filter(|_| own.is_empty()) {
        let mut unknown = parents.unknown.iter();
        if let Some(parent) =
            unknown.find(|parent| parent.may_add(targets) && parent.may_serve(name))
        {
            kept.entry(name).or_insert(&parent.reason);
        }
    }
    answers.retain(|name, _| !kept.contains_key(name));
    unanswered.retain(|name, _| !answers.contains_key(name) && !kept.contains_key(name));
    for (name, reason) in kept {
        builder.mark_unknown(name, reason.clone());
    }
    for (name, targets) in answers {
        if own.is_empty() {
            let targets: Vec<_> = targets.into_iter().map(str::to_owned).collect();
            builder.add(name, &targets);
        } else {
            builder.add(name, &own);
        }
    }
    let is_attached = parents.known.iter().any(Parent::is_attached);
    let mut told = BTreeSet::new();
    for (name, at) in unanswered {
        let Some(parent) = parents.known.get(at) else { continue };
        match &parent.state {
            ParentState::Serves(_) | ParentState::Invalid(_) => {}
            ParentState::Pending(_) => builder.mark_unknown(name, builder.no_targets()),
            // Then nothing is known of the whole route, and that is told instead.
            ParentState::Silent(_) if !is_attached => {}
            ParentState::No(reason) | ParentState::Silent(reason) => {
                builder.mark_unknown(name, reason.clone());
                told.insert(at);
            }
        }
    }
    let unserved: Vec<_> = hosts.iter().filter(|host| !served.contains(host)).collect();
    let has_patterns = hosts.iter().any(Host::is_pattern);
    explain(&unserved, has_patterns, parents, builder);
    tell(parents, (&told, has_patterns, !own.is_empty()), builder);
}

/// Says of hosts that no listener serves whether they are kept or refused.
fn explain(
    unserved: &[&Host],
    has_patterns: bool,
    parents: &Parents<'_>,
    builder: &mut EndpointBuilder<'_>,
) {
    let mut attached = parents.known.iter().filter(|parent| parent.is_attached());
    let first = attached.next();
    let others: BTreeSet<_> = attached.map(|parent| &parent.name).collect();
    let others =
        others.iter().filter(|name| first.is_some_and(|parent| parent.name != ***name)).count();
    let is_unknown = !parents.unknown.is_empty()
        || parents.known.iter().any(|parent| leaves_unknown(parent, first.is_some(), has_patterns));
    let refusal = refusal(parents);
    for host in unserved.iter().filter(|host| !host.is_every()) {
        let name = host.as_str();
        let outcome = match first {
            Some(Parent { name: parent, .. }) => {
                may_serve(parents, name).cloned().ok_or_else(|| {
                    let why = match others {
                        0 => format!("no listener serves `{name}`"),
                        _ => format!(
                            "no listener serves `{name}`, nor does one of {others} more parents"
                        ),
                    };
                    Reason::NotServed { parent: parent.clone(), why }
                })
            }
            // Nothing is known of the whole route, which is told instead.
            None if is_unknown => continue,
            None => match (refusal, parents.refused.first()) {
                (Some(reason), _) => Ok(reason.clone()),
                (None, Some(reason)) => Err(reason.clone()),
                (None, None) => continue,
            },
        };
        match outcome {
            Ok(reason) => builder.mark_unknown(name, reason),
            Err(reason) => builder.refuse(name, reason),
        }
    }
}

/// Tells whether a parent leaves more unknown than the hosts of its listeners: all of a route that no
/// parent has taken, or all names that a pattern of the route may become.
fn leaves_unknown(parent: &Parent<'_>, is_attached: bool, has_patterns: bool) -> bool {
    let may_serve_any = parent.hosts.is_empty() && has_patterns;
    match parent.state {
        ParentState::Serves(_) | ParentState::Pending(_) | ParentState::Invalid(_) => false,
        ParentState::No(_) => may_serve_any,
        ParentState::Silent(_) => may_serve_any || !is_attached,
    }
}

/// Returns why a parent does not take the route, which may change.
fn refusal<'a>(parents: &'a Parents<'_>) -> Option<&'a Reason> {
    parents.known.iter().find_map(|parent| match &parent.state {
        ParentState::No(reason) => Some(reason),
        ParentState::Silent(_)
        | ParentState::Serves(_)
        | ParentState::Pending(_)
        | ParentState::Invalid(_) => None,
    })
}

/// Returns why the host `name` may be served, which no listener is known to serve.
fn may_serve<'a>(parents: &'a Parents<'_>, name: &str) -> Option<&'a Reason> {
    let open = parents.known.iter().find_map(|parent| match &parent.state {
        ParentState::No(reason) | ParentState::Silent(reason) => {
            parent.hosts.is_empty().then_some(reason)
        }
        ParentState::Serves(_) | ParentState::Pending(_) | ParentState::Invalid(_) => None,
    });
    let unknown = || parents.unknown.iter().find(|parent| parent.may_serve(name));
    open.or_else(|| unknown().map(|parent| &parent.reason))
}

/// Tells what the names did not tell, and what is not known.
fn tell(
    parents: &Parents<'_>,
    (told, has_patterns, has_own): (&BTreeSet<usize>, bool, bool),
    builder: &mut EndpointBuilder<'_>,
) {
    let is_attached = parents.known.iter().any(Parent::is_attached);
    let mut remarks: Vec<&Reason> = Vec::new();
    for (at, parent) in parents.known.iter().enumerate() {
        match &parent.state {
            ParentState::Serves(_) => {}
            ParentState::Pending(_) | ParentState::Invalid(_) if has_own => {}
            ParentState::Pending(reason) | ParentState::Invalid(reason) => remarks.push(reason),
            ParentState::No(reason) | ParentState::Silent(reason) => {
                if leaves_unknown(parent, is_attached, has_patterns) {
                    builder.unknown(reason.clone());
                } else if !told.contains(&at) {
                    remarks.push(reason);
                }
            }
        }
    }
    for reason in parents.unknown.iter().map(|parent| &parent.reason) {
        if is_attached && !has_patterns {
            remarks.push(reason);
        } else {
            builder.unknown(reason.clone());
        }
    }
    for reason in remarks.into_iter().chain(&parents.refused).chain(&parents.remarks) {
        if !builder.has_told(reason) {
            builder.tell(reason.clone());
        }
    }
}
