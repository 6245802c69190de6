//! Chooses objects and what they want, from few names, so that they meet.

use std::collections::BTreeSet;

use crate::faults::dice::Dice;
use crate::faults::layout::Layout;
use crate::faults::model::{Key, Kind, Object, Want, ZoneFacts};
use crate::faults::steps::Step;

/// Names that any object may want, as addresses.
pub(super) const SHARED: [&str; 9] = [
    "n0.example.com",
    "n1.example.com",
    "n2.example.com",
    "n3.example.com",
    "example.com",
    "s0.sub.example.com",
    "s1.sub.example.com",
    "sub.example.com",
    "*.wild.example.com",
];

/// Names that any `DNSEndpoint` may want, with a weight.
pub(super) const WEIGHTED: [&str; 2] = ["w0.example.com", "w1.sub.example.com"];

const SET_IDS: [&str; 3] = ["one", "two", "three"];

/// Names of `DNSEndpoint`s; each has a name in DNS that is its own.
pub(super) const ENDPOINTS: [&str; 5] = ["e0", "e1", "e2", "e3", "e4"];

const SERVICES: [&str; 3] = ["s0", "s1", "s2"];
const INGRESSES: [&str; 2] = ["i0", "i1"];
const TTLS: [u32; 3] = [60, 300, 3600];

/// Returns any object.
pub(super) fn object(dice: &mut Dice) -> Object {
    let (kind, name) = which(dice);
    match kind {
        Kind::Endpoint => endpoint(dice, &name),
        Kind::Service | Kind::Ingress => {
            let ttl = dice.pick(&TTLS);
            let values = addresses(dice);
            let mut names = BTreeSet::new();
            for _ in 0..dice.between(1, 3) {
                // Wildcards are for hosts of rules and annotations what any name is.
                names.insert(dice.pick(&SHARED));
            }
            let want = |name: &str| Want {
                key: Key::simple(name, "A"),
                ttl,
                values: values.clone(),
                weight: None,
            };
            let wants = names.into_iter().map(want).collect();
            Object { kind, name, priority: dice.below(4), wants }
        }
    }
}

/// Returns the deletion of any object.
pub(super) fn deletion(dice: &mut Dice) -> Step {
    let (kind, name) = which(dice);
    Step::Delete(kind, name)
}

fn which(dice: &mut Dice) -> (Kind, String) {
    match dice.below(10) {
        0..6 => (Kind::Endpoint, endpoint_name(dice)),
        6..8 => (Kind::Service, dice.pick(&SERVICES).to_owned()),
        _ => (Kind::Ingress, dice.pick(&INGRESSES).to_owned()),
    }
}

/// Returns the name of a `DNSEndpoint`.
pub(super) fn endpoint_name(dice: &mut Dice) -> String {
    dice.pick(&ENDPOINTS).to_owned()
}

/// Returns a `DNSEndpoint` that wants anything.
pub(super) fn endpoint(dice: &mut Dice, name: &str) -> Object {
    let mut wants: Vec<Want> = Vec::new();
    if dice.percent(60) {
        wants.extend(own(dice, name));
    }
    for _ in 0..dice.below(4) {
        let want = match dice.below(10) {
            0..6 => simple(dice, "A"),
            6..8 => simple(dice, "AAAA"),
            _ => weighted(dice),
        };
        if !wants.iter().any(|other| other.key == want.key) {
            wants.push(want);
        }
    }
    // The record sets of one name and weight are no use if it is the same one twice.
    Object { kind: Kind::Endpoint, name: name.to_owned(), priority: dice.below(4), wants }
}

/// Returns what an endpoint wants for the name that is its own: of any type, and changing.
fn own(dice: &mut Dice, endpoint: &str) -> Vec<Want> {
    let name = own_name(endpoint);
    let ttl = dice.pick(&TTLS);
    let want = |record_type, values| Want {
        key: Key::simple(&name, record_type),
        ttl,
        values,
        weight: None,
    };
    match dice.below(5) {
        0 | 1 => vec![want("A", addresses(dice))],
        2 => {
            let target = format!("t{}.elsewhere.test", dice.below(4));
            vec![want("CNAME", BTreeSet::from([target]))]
        }
        3 => vec![want("A", addresses(dice)), want("AAAA", addresses_v6(dice))],
        _ => {
            let mut one = want("A", addresses(dice));
            SET_IDS[0].clone_into(&mut one.key.set_id);
            one.weight = Some(dice.below(256));
            vec![one]
        }
    }
}

/// Returns the name that only this endpoint wants.
pub(super) fn own_name(endpoint: &str) -> String {
    format!("own-{endpoint}.example.com")
}

fn simple(dice: &mut Dice, record_type: &str) -> Want {
    let key = Key::simple(dice.pick(&SHARED), record_type);
    let values = if record_type == "A" { addresses(dice) } else { addresses_v6(dice) };
    Want { key, ttl: dice.pick(&TTLS), values, weight: None }
}

fn weighted(dice: &mut Dice) -> Want {
    let set_id = dice.pick(&SET_IDS).to_owned();
    let key = Key { set_id, ..Key::simple(dice.pick(&WEIGHTED), "A") };
    let weight = Some(dice.below(256));
    // Route 53 wants one TTL for all record sets of a name that have weights.
    Want { key, ttl: 300, values: addresses(dice), weight }
}

/// Returns an endpoint that wants one name of a pair that take turns: with the same object's next
/// form, as many record sets go as come.
pub(super) fn swapped(dice: &mut Dice, which: &str) -> Object {
    let want = Want {
        key: Key::simple(&format!("swap-{which}.example.com"), "A"),
        ttl: 300,
        values: addresses(dice),
        weight: None,
    };
    Object { kind: Kind::Endpoint, name: "swap".to_owned(), priority: 1, wants: vec![want] }
}

/// Returns an endpoint that wants the apex of a zone, a name in it, and another one.
pub(super) fn with_apex(dice: &mut Dice, zone: &str, deep: &str) -> Object {
    let names = [zone.to_owned(), deep.to_owned(), format!("fine.{zone}")];
    let want = |name: String| Want {
        key: Key::simple(&name, "A"),
        ttl: 300,
        values: addresses(dice),
        weight: None,
    };
    let wants = names.map(want).into();
    // More than any other object, so that the apex changes whatever had it before.
    Object { kind: Kind::Endpoint, name: "apex".to_owned(), priority: 9, wants }
}

/// Returns a name in a zone that was hardly ever there before.
pub(super) fn fresh_name(dice: &mut Dice, zone: &str) -> String {
    format!("deep{}.{zone}", dice.below(40))
}

/// Returns a zone of a world.
pub(super) fn zone(dice: &mut Dice, layout: &Layout) -> ZoneFacts {
    let none = ZoneFacts { id: "", name: "", private: false };
    dice.choose(&layout.zones).cloned().unwrap_or(none)
}

fn addresses(dice: &mut Dice) -> BTreeSet<String> {
    let count = dice.weighted(&[(6, 1), (2, 2), (1, 3)]);
    (0..count).map(|_| format!("192.0.2.{}", dice.between(1, 250))).collect()
}

fn addresses_v6(dice: &mut Dice) -> BTreeSet<String> {
    let count = dice.between(1, 2);
    (0..count).map(|_| format!("2001:db8::{:x}", dice.between(1, 250))).collect()
}
