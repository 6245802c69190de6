//! Which of several objects that ask for a name gets it.
//!
//! Among objects of one namespace the higher priority comes first. Then, and between namespaces: the
//! object whose record set is there already; the object whose record set changes its type or routing;
//! the older object; an address before a CNAME; then the spelling, so that the answer never depends
//! on the order of the input. An object that gets a name gets it alone: targets of different
//! objects are not merged.
//!
//! An object that comes first in its namespace by priority stands in for those that it came before:
//! what they hold is not lost to another namespace by handing it over. A record set that several
//! objects ask for alike is wanted as much as the one of them that comes first wants it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use external_dns_webhook::{Endpoint, RecordType, Targets};

use super::routing::clash;
use crate::desired::{Repeated, SourceObject};
use crate::precedence::{PriorityReach, by_priority, created};

/// The candidates of one name after the conflicts among them are resolved.
#[derive(Debug, Default)]
pub(crate) struct Resolution<'a> {
    /// At most one for each type and set identifier, all able to stand together; best first.
    pub(crate) winners: Vec<&'a Endpoint>,
    /// The others, each with the winner in its way.
    pub(crate) losers: Vec<(&'a Endpoint, &'a Endpoint)>,
}

/// What decides who comes first.
#[derive(Clone, Copy)]
pub(crate) struct Precedence<'a> {
    /// Our record sets under the name, and which objects they are for.
    pub(crate) incumbents: &'a [(&'a Endpoint, &'a str)],
    /// What is known of the objects, by `resource` label.
    pub(crate) source_objects: &'a BTreeMap<String, SourceObject>,
    /// What is desired again, alike, under the name.
    pub(crate) repeated: &'a [&'a Repeated],
    /// Among which objects priorities count.
    pub(crate) reach: PriorityReach,
}

/// That one object asks for a record set.
#[derive(Clone, Debug)]
struct Bid<'a, 'b> {
    endpoint: &'a Endpoint,
    resource: Option<&'b str>,
    /// Objects that it came before by priority, and that still ask.
    stands_in_for: Vec<&'b str>,
}

/// Decides who gets what under one name.
pub(crate) fn resolve_conflicts<'a>(
    mut candidates: Vec<&'a Endpoint>,
    precedence: Precedence<'_>,
) -> Resolution<'a> {
    if candidates.len() > 1 {
        candidates.sort_by(|a, b| precedence.within_circle(&Bid::of(a, a), &Bid::of(b, b)));
    }
    let Some((first, others)) = candidates.split_first() else { return Resolution::default() };
    if others.is_empty() {
        return Resolution { winners: vec![first], losers: Vec::new() };
    }
    let mut again: BTreeMap<&str, Vec<&Repeated>> = BTreeMap::new();
    for repeated in precedence.repeated {
        again.entry(repeated.first.as_str()).or_default().push(repeated);
    }
    let again = |first: &Endpoint| again.get(first.labels.resource().unwrap_or_default());
    let of_object = |first: &Endpoint| {
        let object = first.labels.resource().unwrap_or_default().to_owned();
        (object, first.record_type.clone(), first.set_identifier.clone())
    };
    let mut wishes: BTreeMap<_, usize> = BTreeMap::new();
    for first in candidates.iter().filter(|first| again(first).is_some()) {
        *wishes.entry(of_object(first)).or_default() += 1;
    }
    let is_only = |first: &Endpoint| wishes.get(&of_object(first)) == Some(&1);
    let has_cname = |first: &Endpoint| {
        let (object, _, set_identifier) = of_object(first);
        wishes.contains_key(&(object, RecordType::Cname, set_identifier))
    };
    let mut bids: Vec<Bid<'_, '_>> = candidates
        .iter()
        .flat_map(|first| {
            let is_again = again(first).is_some();
            let is_alias = is_again && !has_cname(first);
            bids(first, again(first), is_again && is_only(first), is_alias)
        })
        .collect();
    let mut winners: Vec<&Endpoint> = Vec::new();
    // Who lost to one that loses in the end has its turn again.
    while !bids.is_empty() {
        let mut best = precedence.best_of_each_circle(&bids);
        best.sort_by(|a, b| precedence.between_circles(a, b));
        for bid in best {
            if obstacle(&winners, bid.endpoint).is_none() {
                winners.push(bid.endpoint);
            } else if !bid.stands_in_for.is_empty() {
                // Those have their turn before anyone who comes after it.
                break;
            }
        }
        bids.retain(|bid| obstacle(&winners, bid.endpoint).is_none());
    }
    let is_winner =
        |candidate: &&Endpoint| winners.iter().any(|won| std::ptr::eq(*won, *candidate));
    let losers = candidates.iter().copied().filter(|candidate| !is_winner(candidate));
    let losers = losers.filter_map(|loser| Some((loser, obstacle(&winners, loser)?))).collect();
    Resolution { winners, losers }
}

/// Returns which of `winners` a candidate cannot stand beside; itself when it is one of them.
fn obstacle<'a>(winners: &[&'a Endpoint], candidate: &Endpoint) -> Option<&'a Endpoint> {
    winners.iter().find(|winner| contend(winner, candidate)).copied()
}

/// Tells whether two record sets of one name exclude each other.
fn contend(a: &Endpoint, b: &Endpoint) -> bool {
    is_same_set(a, b) || clash(a, b).is_some()
}

fn is_same_set(a: &Endpoint, b: &Endpoint) -> bool {
    a.record_type == b.record_type && a.set_identifier == b.set_identifier
}

/// Returns the bids for a record set: of its object, and of those that ask alike; `is_only` says that
/// its object wants no other values of it, `maybe_alias` that it may have been a CNAME, since the
/// object has no other one.
fn bids<'a: 'b, 'b>(
    first: &'a Endpoint,
    again: Option<&Vec<&'b Repeated>>,
    is_only: bool,
    maybe_alias: bool,
) -> impl Iterator<Item = Bid<'a, 'b>> {
    let is_alike = |again: &&Endpoint| {
        // A provider may have made an alias of a CNAME.
        let is_type = again.record_type == first.record_type
            || maybe_alias && again.record_type == RecordType::Cname;
        let is_value = is_only || again.targets == first.targets;
        is_type && is_value && again.set_identifier == first.set_identifier
    };
    let again = again.into_iter().flatten().map(|repeated| &repeated.endpoint).filter(is_alike);
    let objects: Vec<_> = std::iter::once(first).chain(again).collect();
    objects.into_iter().map(move |again| Bid::of(first, again))
}

impl<'b> Precedence<'b> {
    /// Returns those of `bids` that no other one of the same circle is before.
    fn best_of_each_circle<'a>(self, bids: &[Bid<'a, 'b>]) -> Vec<Bid<'a, 'b>> {
        let mut circles: BTreeMap<&str, Vec<&Bid<'a, 'b>>> = BTreeMap::new();
        for bid in bids {
            circles.entry(self.reach.circle(bid.resource)).or_default().push(bid);
        }
        let mut best: Vec<Bid<'a, 'b>> = Vec::new();
        for mut circle in circles.into_values() {
            circle.sort_by(|a, b| self.within_circle(a, b));
            let others = best.len();
            for bid in circle {
                let mut of_circle = best.iter_mut().skip(others);
                match of_circle.find(|winner| contend(winner.endpoint, bid.endpoint)) {
                    Some(winner) => winner.stands_in_for.extend(bid.resource),
                    None => best.push(bid.clone()),
                }
            }
        }
        best
    }

    fn within_circle(self, a: &Bid<'_, '_>, b: &Bid<'_, '_>) -> Ordering {
        by_priority(self.source_object(a), self.source_object(b))
            .then_with(|| self.between_circles(a, b))
    }

    fn between_circles(self, a: &Bid<'_, '_>, b: &Bid<'_, '_>) -> Ordering {
        let is_cname = |bid: &Bid<'_, '_>| bid.endpoint.record_type == RecordType::Cname;
        let (x, y) = (a.endpoint, b.endpoint);
        self.has_it(b)
            .cmp(&self.has_it(a))
            // An object keeps its name through a change of type or routing.
            .then_with(|| self.had_it(b).cmp(&self.had_it(a)))
            .then_with(|| created(self.source_object(a)).cmp(&created(self.source_object(b))))
            .then_with(|| is_cname(a).cmp(&is_cname(b)))
            .then_with(|| x.record_type.cmp(&y.record_type))
            .then_with(|| x.set_identifier.cmp(&y.set_identifier))
            .then_with(|| a.resource.cmp(&b.resource))
            .then_with(|| less(&x.targets, &y.targets))
            .then_with(|| x.ttl.cmp(&y.ttl))
            .then_with(|| x.properties.iter().cmp(y.properties.iter()))
    }

    fn source_object(self, bid: &Bid<'_, '_>) -> Option<&'b SourceObject> {
        bid.resource.and_then(|resource| self.source_objects.get(resource))
    }

    /// Tells whether the record set is there, for the object or one that it stands in for.
    fn has_it(self, bid: &Bid<'_, '_>) -> bool {
        let mut own = self.incumbents.iter().filter(|(_, object)| bid.is_for(object));
        own.any(|(held, _)| is_same_set(held, bid.endpoint))
    }

    /// Tells whether a record set would have to go for it that is there for the object, or for one
    /// that it stands in for: having one type of a name is no title to the others.
    fn had_it(self, bid: &Bid<'_, '_>) -> bool {
        let mut own = self.incumbents.iter().filter(|(_, object)| bid.is_for(object));
        own.any(|(held, _)| clash(held, bid.endpoint).is_some())
    }
}

impl<'a, 'b> Bid<'a, 'b> {
    /// Returns the bid for a record set by the object that asks for it, or again.
    fn of(endpoint: &'a Endpoint, again: &'b Endpoint) -> Self {
        Self { endpoint, resource: again.labels.resource(), stands_in_for: Vec::new() }
    }

    fn is_for(&self, object: &str) -> bool {
        let mut objects = self.resource.iter().chain(&self.stands_in_for);
        objects.any(|resource| resource.eq_ignore_ascii_case(object))
    }
}

/// Orders target lists as ExternalDNS does: fewer first, then addresses by number before names.
fn less(a: &Targets, b: &Targets) -> Ordering {
    let sorted = |targets: &Targets| {
        let mut all: Vec<_> = targets
            .iter()
            .map(|target| match target.parse::<IpAddr>() {
                Ok(address) => (Some(address), String::new()),
                Err(_) => (None, target.to_owned()),
            })
            .collect();
        all.sort_by(|(a, a_text), (b, b_text)| {
            // `None` must come last: an address is less than a name.
            a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(b)).then_with(|| a_text.cmp(b_text))
        });
        all
    };
    a.len().cmp(&b.len()).then_with(|| {
        let (a, b) = (sorted(a), sorted(b));
        let pairs = a.iter().zip(&b).map(|((a, a_text), (b, b_text))| {
            a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(b)).then_with(|| a_text.cmp(b_text))
        });
        pairs.fold(Ordering::Equal, Ordering::then)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 9 of the endpoint rules.
    #[test]
    fn fewer_targets_come_first_and_addresses_before_names() {
        let rows: [(&[&str], &[&str], bool); 9] = [
            (&[""], &["", ""], true),
            (&["1.2.3.4"], &["1-2-3-4.example.org"], true),
            (&["1.2.3.4"], &["1.2.3.5"], true),
            (&["example.org", "example.com"], &["example.com", "examplea.org"], true),
            (&["8.8.8.8", "8.8.4.4"], &["8.8.8.8"], false),
            (&["1-2-3-4.example.org", "EXAMPLE.ORG"], &["1.2.3.4", "EXAMPLE.ORG"], false),
            (&["a", "b", "c"], &["a", "b"], false),
            (&["example.com", "example.org"], &["example.com", "example.org"], false),
            (&["9.9.9.9"], &["10.0.0.1"], true),
        ];
        for (a, b, expected) in rows {
            let targets = |addresses: &[&str]| addresses.iter().copied().collect::<Targets>();
            assert_eq!(less(&targets(a), &targets(b)).is_lt(), expected, "{a:?} < {b:?}");
        }
    }
}
