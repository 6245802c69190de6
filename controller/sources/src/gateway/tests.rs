//! Laws about routes: what one parent lacks takes nothing from another, and nothing is silent.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, Unknown};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::objects::gateway::{Gateway, HttpRoute, TcpRoute};
use crate::objects::{Change, KindId, Objects, Raw, Resource};
use crate::{Affected, ObjectScope, SourceOptions, build, kinds_watched};

/// What one controller says of the route under one parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Accepts,
    AcceptedBefore,
    Refuses,
    DoesNotKnow,
    SaysNothing,
}

/// One parent of the route.
#[derive(Clone, Debug)]
struct Parent {
    exists: bool,
    has_address: bool,
    entries: Vec<Entry>,
}

const SOURCES: [&str; 2] = ["gateway-httproute", "gateway-tcproute"];

fn entry() -> impl Strategy<Value = Entry> {
    prop::sample::select(vec![
        Entry::Accepts,
        Entry::AcceptedBefore,
        Entry::Refuses,
        Entry::DoesNotKnow,
        Entry::SaysNothing,
    ])
}

fn parent() -> impl Strategy<Value = Parent> {
    let exists = prop::bool::weighted(0.8);
    (exists, any::<bool>(), prop::collection::vec(entry(), 0..4))
        .prop_map(|(exists, has_address, entries)| Parent { exists, has_address, entries })
}

impl Parent {
    fn has_taken_it(&self) -> bool {
        self.exists && self.entries.contains(&Entry::Accepts)
    }

    fn answers(&self) -> bool {
        self.has_taken_it() && self.has_address
    }
}

/// Returns the address of the parent with this number.
fn address(number: usize) -> String {
    format!("192.0.2.{}", number + 1)
}

fn gateway(number: usize, parent: &Parent) -> Value {
    let addresses =
        if parent.has_address { json!([{"value": address(number)}]) } else { json!([]) };
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": format!("g{number}"), "namespace": "default"},
        "spec": {"gatewayClassName": "c",
            "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]},
        "status": {"addresses": addresses},
    })
}

fn status(number: usize, at: usize, entry: Entry) -> Value {
    let accepted = |status: &str, generation: u32| json!([{"type": "Accepted", "status": status, "observedGeneration": generation}]);
    let conditions = match entry {
        Entry::Accepts => accepted("True", 2),
        Entry::AcceptedBefore => accepted("True", 1),
        Entry::Refuses => accepted("False", 2),
        Entry::DoesNotKnow => accepted("Unknown", 2),
        Entry::SaysNothing => json!([{"type": "example.org/Limited", "status": "True"}]),
    };
    json!({
        "parentRef": {"name": format!("g{number}")},
        "controllerName": format!("example.org/{at}"),
        "conditions": conditions,
    })
}

/// Returns what a route wants whose status entries are in this order.
fn desired_by(parents: &[Parent], hosts: &[&str], order: impl Fn(&mut Vec<Value>)) -> Desired {
    let mut objects = objects();
    let (mut references, mut entries) = (Vec::new(), Vec::new());
    for (number, parent) in parents.iter().enumerate() {
        references.push(json!({"name": format!("g{number}")}));
        if parent.exists {
            apply(&mut objects, &Gateway::ID, gateway(number, parent));
        }
        for (at, said) in parent.entries.iter().enumerate() {
            entries.push(status(number, at, *said));
        }
    }
    order(&mut entries);
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": "default", "generation": 2},
        "spec": {"parentRefs": references, "hostnames": hosts},
        "status": {"parents": entries},
    });
    apply(&mut objects, &HttpRoute::ID, route);
    collect(&objects)
}

fn objects() -> Objects {
    let options = SourceOptions { gateway_listener_sets: true, ..SourceOptions::default() };
    let watches = kinds_watched(&SOURCES, &options).unwrap();
    let ids: Vec<_> = watches.iter().map(|watch| watch.kind.id()).collect();
    let mut objects = Objects::new(watches);
    for id in ids {
        objects.set_state(&id, "", crate::objects::KindState::Synced);
    }
    objects
}

fn apply(objects: &mut Objects, id: &KindId, object: Value) -> Vec<Change> {
    objects.apply(id, Raw::from_value(object).unwrap()).into_iter().collect()
}

fn collect(objects: &Objects) -> Desired {
    let options = SourceOptions { gateway_listener_sets: true, ..SourceOptions::default() };
    let mut desired = Desired::default();
    for source in build(&SOURCES, &options).unwrap() {
        source.collect(objects, &ObjectScope::All, &mut desired);
    }
    desired
}

fn told(desired: &Desired) -> BTreeSet<String> {
    let endpoints = desired.endpoints.iter().map(|endpoint| format!("{endpoint:?}"));
    let statuses = desired.statuses.iter().map(|status| format!("{status:?}"));
    let unknown = desired.unknown.iter().map(|gap| format!("{gap:?}"));
    endpoints.chain(statuses).chain(unknown).collect()
}

proptest! {
    #[test]
    fn the_order_of_status_entries_means_nothing(
        parents in prop::collection::vec(parent(), 1..4),
        seed in any::<prop::sample::Index>(),
    ) {
        let hosts = ["www.example.org"];
        let one = desired_by(&parents, &hosts, |_| {});
        let reversed = desired_by(&parents, &hosts, |entries| entries.reverse());
        let turned = desired_by(&parents, &hosts, |entries| {
            let by = if entries.is_empty() { 0 } else { seed.index(entries.len()) };
            entries.rotate_left(by);
        });
        prop_assert_eq!(told(&one), told(&reversed));
        prop_assert_eq!(told(&one), told(&turned));
    }

    #[test]
    fn a_name_has_the_addresses_of_all_parents_that_answer_and_is_kept_without_one(
        parents in prop::collection::vec(parent(), 1..4),
    ) {
        let name = "www.example.org";
        let desired = desired_by(&parents, &[name], |_| {});
        let wanted: BTreeSet<_> = parents.iter().enumerate()
            .filter(|(_, parent)| parent.answers())
            .map(|(number, _)| address(number))
            .collect();
        let published: BTreeSet<String> =
            desired.endpoints.iter().flat_map(|endpoint| endpoint.targets.iter().map(ToString::to_string)).collect();
        prop_assert_eq!(&published, &wanted);
        let covered = desired.unknown.iter().any(|gap| match &gap.what {
            Unknown::Name(kept) => kept.as_str() == name,
            Unknown::Resource(kept) => kept == "httproute/default/web",
            Unknown::Kind(_) | Unknown::All => true,
            Unknown::RecordSet { .. } => false,
        });
        prop_assert_eq!(covered, wanted.is_empty());
        // Each parent that does not answer is told.
        for (number, parent) in parents.iter().enumerate().filter(|(_, parent)| !parent.answers()) {
            let named = format!("Gateway/default/g{number}");
            let is_told = desired.statuses.iter().any(|status| status.reason.to_string().contains(&named));
            prop_assert!(is_told, "{} {:?}", number, parent);
        }
    }

    #[test]
    fn a_route_that_is_read_is_never_silent(
        parents in prop::collection::vec(parent(), 0..3),
        hosts in prop::sample::subsequence(vec!["www.example.org", "*.example.org", "-x", "1.2.3.4"], 0..4),
    ) {
        let desired = desired_by(&parents, &hosts, |_| {});
        prop_assert!(desired.endpoints.len() + desired.statuses.len() > 0);
    }
}

#[test]
fn a_change_of_a_gateway_concerns_the_routes_of_its_listener_sets_too() {
    let mut objects = objects();
    let parent = Parent { exists: true, has_address: false, entries: Vec::new() };
    apply(&mut objects, &Gateway::ID, gateway(0, &parent));
    let set = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet",
        "metadata": {"name": "set", "namespace": "team"},
        "spec": {"parentRef": {"name": "g0", "namespace": "default"}},
    });
    apply(&mut objects, &crate::objects::gateway::ListenerSet::ID, set);
    let route = |kind: &str, name: &str, parent: Value| {
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind,
            "metadata": {"name": name, "namespace": "team"},
            "spec": {"parentRefs": [parent]},
        })
    };
    let direct = json!({"name": "g0", "namespace": "default", "sectionName": "http"});
    apply(&mut objects, &HttpRoute::ID, route("HTTPRoute", "direct", direct));
    apply(
        &mut objects,
        &TcpRoute::ID,
        route("TCPRoute", "through", json!({"kind": "ListenerSet", "name": "set"})),
    );
    apply(&mut objects, &HttpRoute::ID, route("HTTPRoute", "other", json!({"name": "g1"})));
    let parent = Parent { has_address: true, ..parent };
    let changes = apply(&mut objects, &Gateway::ID, gateway(0, &parent));
    assert_eq!(changes.len(), 1);
    let mut concerned = BTreeSet::new();
    for source in build(&SOURCES, &SourceOptions::default()).unwrap() {
        let Affected::Objects(keys) = source.affected(&objects, &changes[0]) else {
            panic!("everything")
        };
        concerned.extend(keys.iter().filter_map(|key| source.resource(key)));
    }
    let wanted = ["httproute/team/direct", "tcproute/team/through"];
    assert_eq!(concerned, wanted.map(Into::into).into());
}
