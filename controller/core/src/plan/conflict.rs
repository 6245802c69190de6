//! Which of several objects that ask for a name gets it.
//!
//! In this order: the higher priority; the object whose record set is there already; the object whose
//! record set changes its type or routing; the older object; an address before a CNAME; then the
//! spelling, so that the answer never depends on the order of the input. Whoever gets a name gets it
//! alone: targets of different objects are not merged.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use webhook_api::{Endpoint, RecordType, Targets};

use super::routing::clash;
use crate::desired::SourceObject;

/// The candidates of one name after the conflicts among them are resolved.
#[derive(Debug, Default)]
pub(crate) struct Resolution<'a> {
    /// At most one for each type and set identifier, all able to stand together; best first.
    pub(crate) winners: Vec<&'a Endpoint>,
    /// The others, each with the winner in its way.
    pub(crate) losers: Vec<(&'a Endpoint, &'a Endpoint)>,
}

/// Decides who gets what under one name; `incumbents` are our record sets and who asked for them.
pub(crate) fn resolve_conflicts<'a>(
    mut candidates: Vec<&'a Endpoint>,
    incumbents: &[(&Endpoint, &str)],
    askers: &BTreeMap<String, SourceObject>,
) -> Resolution<'a> {
    if candidates.len() > 1 {
        candidates.sort_by(|a, b| rank(a, b, incumbents, askers));
    }
    let mut resolution = Resolution::default();
    for candidate in candidates {
        let same_set = |it: &Endpoint| {
            it.record_type == candidate.record_type && it.set_identifier == candidate.set_identifier
        };
        let in_the_way = |it: &&&Endpoint| same_set(it) || clash(it, candidate).is_some();
        match resolution.winners.iter().find(in_the_way) {
            Some(winner) => resolution.losers.push((candidate, winner)),
            None => resolution.winners.push(candidate),
        }
    }
    resolution
}

fn rank(
    a: &Endpoint,
    b: &Endpoint,
    incumbents: &[(&Endpoint, &str)],
    askers: &BTreeMap<String, SourceObject>,
) -> Ordering {
    let asker = |it: &Endpoint| it.labels.resource().and_then(|it| askers.get(it));
    let priority = |it: &Endpoint| asker(it).map_or(0, |it| it.priority);
    let is_incumbents = |it: &Endpoint, object: &str| {
        it.labels.resource().is_some_and(|it| it.eq_ignore_ascii_case(object))
    };
    let has_it = |it: &Endpoint| {
        let same = |held: &Endpoint| {
            held.record_type == it.record_type && held.set_identifier == it.set_identifier
        };
        incumbents.iter().any(|(held, object)| same(held) && is_incumbents(it, object))
    };
    // Only what would have to go for it: having one type of a name is no title to the others.
    let had_it = |it: &Endpoint| {
        incumbents
            .iter()
            .any(|(held, object)| clash(held, it).is_some() && is_incumbents(it, object))
    };
    // An object that does not say when it was created comes after those that do.
    let created = |it: &Endpoint| asker(it).and_then(|it| it.created).unwrap_or(i64::MAX);
    let is_cname = |it: &Endpoint| it.record_type == RecordType::Cname;
    priority(b)
        .cmp(&priority(a))
        .then_with(|| has_it(b).cmp(&has_it(a)))
        // An object keeps its name through a change of type or routing.
        .then_with(|| had_it(b).cmp(&had_it(a)))
        .then_with(|| created(a).cmp(&created(b)))
        .then_with(|| is_cname(a).cmp(&is_cname(b)))
        .then_with(|| a.record_type.cmp(&b.record_type))
        .then_with(|| a.set_identifier.cmp(&b.set_identifier))
        .then_with(|| a.labels.resource().cmp(&b.labels.resource()))
        .then_with(|| less(&a.targets, &b.targets))
        .then_with(|| a.ttl.cmp(&b.ttl))
        .then_with(|| a.properties.iter().cmp(b.properties.iter()))
}

/// Orders target lists as ExternalDNS does: fewer first, then addresses by number before names.
fn less(a: &Targets, b: &Targets) -> Ordering {
    let sorted = |targets: &Targets| {
        let mut all: Vec<_> = targets
            .iter()
            .map(|it| match it.parse::<IpAddr>() {
                Ok(address) => (Some(address), String::new()),
                Err(_) => (None, it.to_owned()),
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
            let targets = |it: &[&str]| it.iter().copied().collect::<Targets>();
            assert_eq!(less(&targets(a), &targets(b)).is_lt(), expected, "{a:?} < {b:?}");
        }
    }
}
