//! Which of several objects that ask for a name gets it.
//!
//! In this order: the higher priority; the object whose record set is there already; the object whose
//! record set changes its type or routing; the older object; an address before a CNAME; then the
//! spelling, so that the answer never depends on the order of the input. Whoever gets a name gets it
//! alone: targets of different objects are not merged.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use external_dns_webhook::{Endpoint, RecordType, Targets};

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
        let same_set = |endpoint: &Endpoint| {
            endpoint.record_type == candidate.record_type
                && endpoint.set_identifier == candidate.set_identifier
        };
        let in_the_way =
            |endpoint: &&&Endpoint| same_set(endpoint) || clash(endpoint, candidate).is_some();
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
    let asker =
        |endpoint: &Endpoint| endpoint.labels.resource().and_then(|resource| askers.get(resource));
    let priority = |endpoint: &Endpoint| asker(endpoint).map_or(0, |asker| asker.priority);
    let is_incumbents = |endpoint: &Endpoint, object: &str| {
        endpoint.labels.resource().is_some_and(|resource| resource.eq_ignore_ascii_case(object))
    };
    let has_it = |endpoint: &Endpoint| {
        let same = |held: &Endpoint| {
            held.record_type == endpoint.record_type
                && held.set_identifier == endpoint.set_identifier
        };
        incumbents.iter().any(|(held, object)| same(held) && is_incumbents(endpoint, object))
    };
    // Only what would have to go for it: having one type of a name is no title to the others.
    let had_it = |endpoint: &Endpoint| {
        incumbents.iter().any(|(held, object)| {
            clash(held, endpoint).is_some() && is_incumbents(endpoint, object)
        })
    };
    // An object that does not say when it was created comes after those that do.
    let created =
        |endpoint: &Endpoint| asker(endpoint).and_then(|asker| asker.created).unwrap_or(i64::MAX);
    let is_cname = |endpoint: &Endpoint| endpoint.record_type == RecordType::Cname;
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
