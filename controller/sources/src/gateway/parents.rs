//! What a route is attached to, or would be, and what that answers with.

use std::collections::BTreeSet;

use controller_core::status::{Place, Reason};
use controller_core::value::{Flaw, Target};

use super::hosts::Host;
use super::listeners::{Fitting, Misfit, fitting};
use super::owner::{Refusal, owner};
use super::section::Section;
use super::status::{ParentStatus, Word};
use crate::annotations::{Annotations, key};
use crate::endpoint_builder::EndpointBuilder;
use crate::objects::Meta;
use crate::objects::gateway::{Gateway, GatewayAddress, Route, RouteObject};

/// What the `parentRefs` of a route lead to.
#[derive(Default)]
pub(super) struct Parents<'a> {
    /// Parents whose listeners are known, and what becomes of their hosts.
    pub(super) known: Vec<Parent<'a>>,
    /// What else may serve hosts.
    pub(super) unknown: Vec<UnknownParent>,
    /// Why others will never answer, as they are.
    pub(super) refused: Vec<Reason>,
    /// What else there is to say.
    pub(super) remarks: Vec<Reason>,
}

/// Listeners of one parent that are in the same state.
pub(super) struct Parent<'a> {
    /// The parent, as `kind/namespace/name`.
    pub(super) name: String,
    /// Hosts of the listeners; empty when it has none for the route, which it then did not take.
    pub(super) hosts: Vec<Host>,
    /// What becomes of them.
    pub(super) state: ParentState,
    /// Annotations of the listener set, if any, and of the Gateway.
    pub(super) owners: Vec<Owned<'a>>,
}

/// Something of which it is not known whether it serves a host.
pub(super) struct UnknownParent {
    pub(super) reason: Reason,
    /// Which hosts it may serve.
    host: Host,
    /// What it would answer with.
    adds: Adds,
}

/// What a name would be answered with besides.
#[derive(Clone)]
enum Adds {
    /// With nothing.
    Nothing,
    /// With these.
    Targets(BTreeSet<String>),
    /// With what is not known.
    Anything,
}

/// Annotations with the object that they stand on.
#[derive(Clone)]
pub(super) struct Owned<'a> {
    /// The object, as `kind/namespace/name`.
    by: String,
    pub(super) annotations: Annotations<'a>,
}

/// What becomes of the hosts of a parent.
#[derive(Clone)]
pub(super) enum ParentState {
    /// It took the route and answers with these; never empty.
    Serves(BTreeSet<String>),
    /// It took the route and has nothing to answer with yet.
    Pending(Reason),
    /// It took the route, and what it answers with is not valid.
    Invalid(Reason),
    /// It says no, which may change.
    No(Reason),
    /// It says nothing about the route as it is now.
    Silent(Reason),
}

/// What is said of a parent that no entry of the status is about.
const NO_ENTRY: &str = "no entry of the route's status is about it";

/// Keys that say nothing about the records of routes when they stand on a parent.
const ON_ROUTES_ONLY: [&str; 4] =
    [key::HOSTNAME, key::HOSTNAME_SOURCE, key::GATEWAY_HOSTNAME_SOURCE, key::PRIORITY];

impl Parent<'_> {
    /// Tells whether the parent took the route, with or without something to answer with.
    pub(super) fn is_attached(&self) -> bool {
        match self.state {
            ParentState::Serves(_) | ParentState::Pending(_) | ParentState::Invalid(_) => true,
            ParentState::No(_) | ParentState::Silent(_) => false,
        }
    }
}

impl UnknownParent {
    /// Tells whether it may serve `name`, which is in the form in which hosts are compared.
    pub(super) fn may_serve(&self, name: &str) -> bool {
        self.host.is_every() || Host::read(name).is_some_and(|host| self.host.meet(&host).is_some())
    }

    /// Tells whether an answer of `targets` may not be the whole of it.
    pub(super) fn may_add(&self, targets: &BTreeSet<&str>) -> bool {
        match &self.adds {
            Adds::Nothing => false,
            Adds::Targets(further) => {
                further.iter().any(|target| !targets.contains(target.as_str()))
            }
            Adds::Anything => true,
        }
    }
}

/// Returns what `route` is attached to; `None` when the Gateways are not known, which is told.
pub(super) fn parents<'a, R: RouteObject>(
    route: &'a Route,
    builder: &mut EndpointBuilder<'a>,
) -> Option<Parents<'a>> {
    let gateways = builder.context.options.gateway_namespace.clone();
    if !builder.needs_in::<Gateway>(&gateways) {
        return None;
    }
    let status = ParentStatus::of(route);
    let mut parents = Parents::default();
    let mut seen = BTreeSet::new();
    for reference in &route.spec.parent_refs {
        let place = Section::of(reference, &route.meta.namespace);
        if seen.insert(place) {
            let (reason, adds) = match parents.add::<R>(route, &status, place, builder) {
                Ok(()) => continue,
                Err(Refusal::Never(reason)) => {
                    parents.refused.push(reason);
                    continue;
                }
                Err(Refusal::Unread(reason)) if status.accepts(place) => (reason, Adds::Anything),
                Err(Refusal::Unknown(reason) | Refusal::Unread(reason)) => (reason, Adds::Nothing),
            };
            parents.unknown.push(UnknownParent { reason, host: Host::default(), adds });
        }
    }
    Some(parents)
}

impl<'a> Parents<'a> {
    fn add<R: RouteObject>(
        &mut self,
        route: &'a Route,
        status: &ParentStatus<'a>,
        place: Section<'a>,
        builder: &EndpointBuilder<'a>,
    ) -> Result<(), Refusal> {
        let owner = owner(place.target, builder)?;
        let name = place.target.to_string();
        let prefixes = &builder.context.options.annotation_prefixes;
        let read = |kind: &str, meta: &'a Meta| Owned {
            by: format!("{kind}/{}/{}", meta.namespace, meta.name),
            annotations: Annotations::read(&meta.annotations, prefixes),
        };
        let set = owner.set.map(|set| read("ListenerSet", &set.meta));
        let owners: Vec<_> =
            set.into_iter().chain([read("Gateway", &owner.gateway.meta)]).collect();
        let mut before = Vec::new();
        let mut misfits = Vec::new();
        let words = status.says(place);
        let is_whole = words.len() == 1;
        for (part, word) in words {
            let (meta, listeners) = match owner.set {
                Some(set) => (&set.meta, &set.spec.listeners),
                None => (&owner.gateway.meta, &owner.gateway.spec.listeners),
            };
            let listeners = (owner.set, listeners.as_slice(), meta.namespace.as_str());
            let found = fitting::<R>(route, listeners, (part, &before), builder);
            before.push(part);
            let mut no = owner.no.map(str::to_owned);
            let Fitting { up, down, unknown } = match (found, &word) {
                (Ok(fitting), _) => fitting,
                (Err(Misfit::Rule(why)), Word::Yes) => {
                    misfits.push(why);
                    continue;
                }
                // It took the route by a listener that is gone, so it has not looked again yet.
                (Err(Misfit::Section(why)), Word::Yes) => {
                    no = no.or(Some(format!("{why}, though it took the route")));
                    Fitting::default()
                }
                (Err(_), Word::No(_) | Word::Behind(_) | Word::Silent(_)) if is_whole => {
                    Fitting::default()
                }
                (Err(_), Word::No(_) | Word::Behind(_) | Word::Silent(_)) => continue,
            };
            let state = self.state(&name, owner.gateway, &owners, (no, word));
            let adds = match &state {
                ParentState::Serves(targets) => Adds::Targets(targets.clone()),
                ParentState::Invalid(_) => Adds::Anything,
                ParentState::Pending(_) | ParentState::No(_) | ParentState::Silent(_) => {
                    Adds::Nothing
                }
            };
            // One that took the route by a listener that is not valid is no parent without any.
            let is_missing = up.is_empty()
                && down.is_empty()
                && (unknown.is_empty()
                    || matches!(state, ParentState::No(_) | ParentState::Silent(_)));
            let parent = |(host, reason)| UnknownParent { reason, host, adds: adds.clone() };
            self.unknown.extend(unknown.into_iter().map(parent));
            if !down.is_empty() {
                let (name, owners) = (name.clone(), owners.clone());
                let why = "its listener is not accepted".to_owned();
                let state = ParentState::No(not_accepted(&name, why));
                self.known.push(Parent { name, hosts: down, state, owners });
            }
            if !up.is_empty() || is_missing {
                let (name, owners) = (name.clone(), owners.clone());
                self.known.push(Parent { name, hosts: up, state, owners });
            }
        }
        let refused =
            misfits.into_iter().map(|why| Reason::NotServed { parent: name.clone(), why });
        self.refused.extend(refused);
        Ok(())
    }

    /// Returns what becomes of listeners: why they refuse, if they do, and what the status says count.
    fn state(
        &mut self,
        name: &str,
        gateway: &Gateway,
        owners: &[Owned<'_>],
        (no, word): (Option<String>, Word),
    ) -> ParentState {
        match (no, word) {
            (Some(why), _) | (None, Word::No(why)) => ParentState::No(not_accepted(name, why)),
            (None, Word::Yes) => self.answers(name, gateway, owners),
            (None, Word::Behind(error)) => ParentState::Silent(Reason::SourceUnavailable {
                what: format!("read what `{name}` says of the route"),
                error,
            }),
            (None, Word::Silent(why)) => {
                let class = &gateway.spec.gateway_class_name;
                let why = if why.is_empty() { NO_ENTRY } else { &why };
                ParentState::Silent(not_accepted(
                    name,
                    format!("{why}; does the controller of the Gateway class `{class}` run?"),
                ))
            }
        }
    }

    /// Returns the addresses in the status of a Gateway that anyone can use.
    ///
    /// Only its own controller knows what a type other than `IPAddress` and `Hostname` names
    /// ([`AddressType`]): such an address is left out and told, unless it is an IP address.
    ///
    /// [`AddressType`]: https://gateway-api.sigs.k8s.io/reference/spec/#addresstype
    ///
    /// # Errors
    ///
    /// One of them is no address.
    fn validate_addresses(
        &mut self,
        name: &str,
        gateway: &Gateway,
    ) -> Result<BTreeSet<String>, Reason> {
        let mut targets = BTreeSet::new();
        for address in gateway.status.addresses.iter().filter(|address| !address.value.is_empty()) {
            let invalid = |why: String| {
                let target = address.value.clone();
                Reason::InvalidTarget { target, place: Place::Object, why }
            };
            match validate_address(address)
                .map_err(|flaw| invalid(format!("{flaw}; it is in the status of `{name}`")))?
            {
                Some(target) => drop(targets.insert(target.as_str().to_owned())),
                None => self.remarks.push(invalid(format!(
                    "it is an address of type `{}` of `{name}`; give that a `target` annotation",
                    address.address_type
                ))),
            }
        }
        Ok(targets)
    }

    /// Returns what a parent that took the route answers with.
    fn answers(&mut self, name: &str, gateway: &Gateway, owners: &[Owned<'_>]) -> ParentState {
        for Owned { by, annotations } in owners {
            let why = format!("it stands on `{by}`, and counts on the route only");
            let ignored = ON_ROUTES_ONLY.iter().filter_map(|key| annotations.ignored(key, &why));
            self.remarks.extend(ignored);
        }
        let annotated = owners.iter().find(|owner| !owner.annotations.targets().is_empty());
        let validated = match annotated {
            Some(Owned { by: _, annotations }) => annotations
                .targets()
                .iter()
                .map(|target| validate_annotated(target, annotations))
                .collect::<Result<BTreeSet<_>, _>>(),
            None => self.validate_addresses(name, gateway),
        };
        let targets = match validated {
            Ok(targets) => targets,
            // What is left without it would be another answer.
            Err(reason) => return ParentState::Invalid(reason),
        };
        if !targets.is_empty() {
            return ParentState::Serves(targets);
        }
        let conditions = gateway.status.conditions.iter();
        let mut not_ready = conditions.filter(|condition| condition.condition_type == "Programmed");
        let why = match not_ready.find(|condition| condition.status != "True") {
            Some(condition) => format!(
                "it has no address yet: its `Programmed` is `{}` ({})",
                condition.status, condition.reason
            ),
            None if gateway.status.addresses.is_empty() => "it has no address yet".to_owned(),
            None => "it has no address that can be published".to_owned(),
        };
        ParentState::Pending(Reason::NotServed { parent: name.to_owned(), why })
    }
}

fn not_accepted(parent: &str, why: String) -> Reason {
    Reason::ParentNotAccepted { parent: parent.to_owned(), why }
}

/// Validates one item of the `target` annotation of a parent.
fn validate_annotated(target: &str, annotations: &Annotations<'_>) -> Result<String, Reason> {
    let validated = Target::validate(target).map(|validated| validated.as_str().to_owned());
    validated.map_err(|flaw| Reason::InvalidTarget {
        target: target.to_owned(),
        place: Place::Annotation(annotations.whole(key::TARGET).to_owned()),
        why: flaw.to_string(),
    })
}

/// Validates one address in the status of a Gateway; `None` when it is of a type that only the Gateway's
/// own controller understands.
fn validate_address(address: &GatewayAddress) -> Result<Option<Target>, Flaw> {
    let GatewayAddress { address_type, value } = address;
    let validated = Target::validate(value);
    if matches!(address_type.as_str(), "" | "IPAddress" | "Hostname") {
        return validated.map(Some);
    }
    Ok(validated.ok().filter(|target| target.address().is_some()))
}
