//! What one object wants under a name, and before which others it comes.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use external_dns_webhook::{Endpoint, ObjectRef, RecordType, Targets};

use crate::alike::written;
use crate::desired::SourceObject;
use crate::desired::{created, priority};
use crate::plan::routing::SetKind;
use crate::precedence::PriorityScope;

/// What decides who comes first.
#[derive(Clone, Copy)]
pub(crate) struct Precedence<'a> {
    /// Our record sets under the name, and which objects they are for.
    pub(crate) incumbents: &'a [(&'a Endpoint, &'a ObjectRef)],
    /// What is known of the objects, by `resource` label.
    pub(crate) source_objects: &'a BTreeMap<ObjectRef, SourceObject>,
    /// Among which objects priorities count.
    pub(crate) reach: PriorityScope,
}

/// A type with a set identifier.
pub(in crate::plan) type PlaceKey<'a> = (&'a RecordType, &'a str);

pub(in crate::plan) fn place(endpoint: &Endpoint) -> PlaceKey<'_> {
    (&endpoint.record_type, &endpoint.set_identifier)
}

/// Our record sets under the name.
pub(super) struct Incumbents<'a> {
    /// Of which objects each is, and of which namespaces.
    places: BTreeMap<PlaceKey<'a>, Vec<Incumbent<'a>>>,
    /// What there is of each object.
    of_objects: BTreeMap<&'a ObjectRef, BTreeSet<SetKind<'a>>>,
    /// What there is of each namespace.
    of_circles: BTreeMap<String, BTreeSet<SetKind<'a>>>,
}

struct Incumbent<'a> {
    object: &'a ObjectRef,
    circle: String,
    kind: SetKind<'a>,
}

impl<'a> Incumbents<'a> {
    pub(super) fn new(precedence: Precedence<'a>) -> Self {
        let (places, of_objects, of_circles) = Default::default();
        let mut incumbents = Self { places, of_objects, of_circles };
        for (endpoint, object) in precedence.incumbents {
            let kind = SetKind::of(endpoint);
            let circle = circle(precedence.reach, Some(object));
            incumbents.of_objects.entry(object).or_default().insert(kind);
            incumbents.of_circles.entry(circle.clone()).or_default().insert(kind);
            incumbents.places.entry(place(endpoint)).or_default().push(Incumbent {
                object,
                circle,
                kind,
            });
        }
        incumbents
    }

    fn at<'b>(&'b self, place: PlaceKey<'b>) -> &'b [Incumbent<'b>] {
        let places: &BTreeMap<PlaceKey<'b>, Vec<Incumbent<'b>>> = &self.places;
        places.get(&place).map(Vec::as_slice).unwrap_or_default()
    }
}

fn circle(reach: PriorityScope, object: Option<&ObjectRef>) -> String {
    reach.circle(object).to_ascii_lowercase()
}

/// How much of what is there a bid is for, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Title {
    /// It is for what is there.
    Keeps,
    /// What is there would have to go for it: having one type of a name is no title to the others.
    Replaces,
    /// It is for something else.
    None,
}

/// That one object wants a record set.
pub(super) struct Bid<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) kind: SetKind<'a>,
    /// What priorities count within.
    pub(super) circle: String,
    priority: i32,
    created: i64,
    /// What its namespace holds.
    of_circle: Title,
    /// What its object holds.
    of_object: Title,
}

impl<'a> Bid<'a> {
    pub(super) fn new(
        endpoint: &'a Endpoint,
        precedence: Precedence<'_>,
        incumbents: &Incumbents<'_>,
    ) -> Self {
        let resource = endpoint.labels.resource();
        let circle = circle(precedence.reach, resource);
        let (kind, there) = (SetKind::of(endpoint), incumbents.at(place(endpoint)));
        let title = |keeps, kinds: Option<&BTreeSet<SetKind<'_>>>| {
            let replaces =
                || kinds.into_iter().flatten().any(|kind_there| kind_there.clash(kind).is_some());
            let less = || if replaces() { Title::Replaces } else { Title::None };
            if keeps { Title::Keeps } else { less() }
        };
        // What follows another policy than what is there cannot stand beside the rest of it.
        let of_circle =
            |incumbent: &Incumbent<'_>| incumbent.circle == circle && incumbent.kind == kind;
        let of_object = |incumbent: &Incumbent<'_>| Some(incumbent.object) == resource;
        let source_object = resource.and_then(|resource| precedence.source_objects.get(resource));
        Self {
            of_circle: title(there.iter().any(of_circle), incumbents.of_circles.get(&circle)),
            of_object: title(
                there.iter().any(of_object),
                resource.and_then(|object| incumbents.of_objects.get(object)),
            ),
            endpoint,
            kind,
            circle,
            priority: priority(source_object),
            created: created(source_object),
        }
    }

    /// Orders bids of several namespaces, as if no object had a priority.
    pub(super) fn between_namespaces(&self, other: &Self) -> Ordering {
        let key = |bid: &Self| (bid.of_circle, bid.created);
        key(self).cmp(&key(other)).then_with(|| self.by_name(other))
    }

    /// Orders bids of one namespace.
    pub(super) fn within_namespace(&self, other: &Self) -> Ordering {
        let key = |bid: &Self| (Reverse(bid.priority), bid.of_object, bid.created);
        key(self).cmp(&key(other)).then_with(|| self.by_name(other))
    }

    /// What is left to go by: an address before a CNAME, then the spelling, so that the answer never
    /// depends on the order of the input.
    fn by_name(&self, other: &Self) -> Ordering {
        let key = |bid: &Self| bid.endpoint.record_type == RecordType::Cname;
        let (x, y) = (self.endpoint, other.endpoint);
        key(self)
            .cmp(&key(other))
            .then_with(|| place(x).cmp(&place(y)))
            .then_with(|| x.labels.resource().cmp(&y.labels.resource()))
            .then_with(|| less(&x.targets, &y.targets))
            .then_with(|| x.ttl.cmp(&y.ttl))
            .then_with(|| x.properties.iter().cmp(y.properties.iter()))
    }

    /// Tells whether this bid gets what it wants where `winner` does, whatever TTL that has.
    pub(super) fn is_answered_by(&self, winner: &Endpoint) -> bool {
        self.endpoint.targets.answers_like(&winner.targets, &winner.record_type)
            && written(self.endpoint) == written(winner)
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
