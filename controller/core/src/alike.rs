//! Which record sets are wanted alike, so that one of them says all that the others do.

use std::collections::BTreeMap;

use external_dns_webhook::{Endpoint, Properties, RecordKey, Targets, Ttl};

/// What is written of a record set, but for its TTL.
pub(crate) type Alike<'a> = (RecordKey, &'a Targets, Vec<(&'a str, &'a str)>);

/// Returns what `endpoint` wants to be written, but for its TTL: who names none is content with any.
pub(crate) fn alike(endpoint: &Endpoint) -> Alike<'_> {
    (endpoint.key(), &endpoint.targets, written(endpoint))
}

/// Returns the properties that change what is written, sorted.
pub(crate) fn written(endpoint: &Endpoint) -> Vec<(&str, &str)> {
    let properties = endpoint.properties.iter();
    let mut written: Vec<_> =
        properties.filter(|(name, _)| *name != Properties::RECORD_TYPE).collect();
    written.sort_unstable();
    written
}

/// Record sets that one of them speaks for.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// The one that speaks: it names a TTL if any of them does.
    pub(crate) speaker: &'a Endpoint,
    /// All of them, in the order that they came in.
    pub(crate) members: Vec<&'a Endpoint>,
}

impl<'a> Group<'a> {
    /// Returns those that the speaker speaks for.
    pub(crate) fn others(self) -> impl Iterator<Item = &'a Endpoint> {
        let Self { speaker, members } = self;
        members.into_iter().filter(move |member| !std::ptr::eq(*member, speaker))
    }
}

/// Returns what is wanted alike together, whichever object wants it and in whatever order it comes; the groups
/// are in the order of their first members.
pub(crate) fn groups(endpoints: &[Endpoint]) -> Vec<Group<'_>> {
    let mut ttls: BTreeMap<Alike<'_>, BTreeMap<Option<Ttl>, usize>> = BTreeMap::new();
    let alikes: Vec<_> = endpoints.iter().map(alike).collect();
    for (endpoint, alike) in endpoints.iter().zip(&alikes) {
        ttls.entry(alike.clone()).or_default().insert(endpoint.ttl, usize::MAX);
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (endpoint, alike) in endpoints.iter().zip(&alikes) {
        let Some(ttls) = ttls.get_mut(alike) else { continue };
        // `None` comes first. Where others name one, it goes with the first of those.
        let ttl = endpoint.ttl.or_else(|| ttls.keys().copied().find(Option::is_some).flatten());
        let Some(at) = ttls.get_mut(&ttl) else { continue };
        if *at == usize::MAX {
            *at = groups.len();
            groups.push(Group { speaker: endpoint, members: Vec::with_capacity(1) });
        }
        let Some(group) = groups.get_mut(*at) else { continue };
        group.members.push(endpoint);
        let rank =
            |endpoint: &Endpoint| (endpoint.ttl.is_none(), endpoint.labels.resource().cloned());
        if rank(endpoint) < rank(group.speaker) {
            group.speaker = endpoint;
        }
    }
    groups
}
