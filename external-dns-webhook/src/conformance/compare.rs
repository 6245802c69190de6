//! When two descriptions of one record set mean the same, and if not, what differs.

use std::collections::BTreeSet;

use crate::Endpoint;

/// Says what differs between record sets that are expected and those that were found; others that
/// were found besides do not matter.
///
/// No TTL means "whatever the provider picks", so any is right then. Labels are no part of a record
/// set that is listed.
pub(super) fn difference(expected: &[Endpoint], found: &[Endpoint]) -> Option<String> {
    expected.iter().find_map(|wanted| {
        match found.iter().find(|endpoint| endpoint.key() == wanted.key()) {
            None => Some(format!("`{}` is missing", wanted.key())),
            Some(there) => of_one(wanted, there)
                .map(|difference| format!("`{}` has {difference}", wanted.key())),
        }
    })
}

fn of_one(wanted: &Endpoint, there: &Endpoint) -> Option<String> {
    let Endpoint {
        dns_name: _,
        targets,
        record_type,
        set_identifier: _,
        ttl,
        labels: _,
        properties,
        // Part of the key, by which the two were found.
        zone: _,
    } = wanted;
    if !targets.answers_like(&there.targets, record_type) {
        return Some(format!(
            "the targets {:?} in place of {:?}",
            there.targets.iter().collect::<Vec<_>>(),
            targets.iter().collect::<Vec<_>>(),
        ));
    }
    if ttl.is_some() && *ttl != there.ttl {
        let told = |ttl: Option<crate::Ttl>| ttl.map_or("none".to_owned(), |ttl| ttl.to_string());
        return Some(format!("the TTL {} in place of {}", told(there.ttl), told(*ttl)));
    }
    let set = |endpoint: &Endpoint| -> BTreeSet<(String, String)> {
        endpoint
            .properties
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    if set(wanted) != set(there) {
        return Some(format!(
            "the properties {:?} in place of {:?}",
            there.properties.iter().collect::<Vec<_>>(),
            properties.iter().collect::<Vec<_>>(),
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecordType, Ttl};

    #[test]
    fn a_ttl_that_nobody_asked_for_and_another_spelling_are_no_difference() {
        let wanted = Endpoint::new("a.example.com", RecordType::Cname, ["b.example.com"]);
        let mut there = Endpoint::new("A.example.com.", RecordType::Cname, ["B.example.com."]);
        there.ttl = Ttl::from_seconds(60);
        assert_eq!(difference(std::slice::from_ref(&wanted), &[there.clone()]), None);
        let other = there.clone();
        assert!(difference(&[there], &[wanted]).unwrap().contains("the TTL none in place of 60"));
        assert!(difference(&[other], &[]).unwrap().contains("is missing"));
    }
}
