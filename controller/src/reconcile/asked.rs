//! What was asked for under each name, so that a change is known by the names it touches.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::{Desired, Gap, Unknown};
use webhook_api::Endpoint;

/// What the cluster asked for, by name.
#[derive(Debug, Default)]
pub(super) struct Asked {
    names: BTreeMap<String, Vec<Endpoint>>,
    gaps: Vec<Gap>,
}

impl Asked {
    /// Returns what `desired` asks for.
    pub(super) fn of(desired: &Desired) -> Self {
        let mut names: BTreeMap<String, Vec<Endpoint>> = BTreeMap::new();
        for endpoint in &desired.endpoints {
            let name = endpoint.dns_name.normalized().into_owned();
            names.entry(name).or_default().push(endpoint.clone());
        }
        Self { names, gaps: desired.unknown.clone() }
    }

    /// Returns the names that are asked for in another way than `before`.
    pub(super) fn difference(&self, before: &Self) -> BTreeSet<String> {
        let changed = |(name, endpoints): (&String, &Vec<Endpoint>)| {
            (before.names.get(name) != Some(endpoints)).then(|| name.clone())
        };
        let gone = before.names.keys().filter(|it| !self.names.contains_key(*it)).cloned();
        let mut names: BTreeSet<String> =
            self.names.iter().filter_map(changed).chain(gone).collect();
        // A gap that opened or closed is about its name; one about an object or a kind shows in
        // the names of its objects, which are here or gone by the same change.
        let differing = |ours: &[Gap], theirs: &[Gap]| {
            ours.iter()
                .filter(|it| !theirs.contains(it))
                .filter_map(|it| match &it.what {
                    Unknown::Name(name) => Some(name.normalized().into_owned()),
                    Unknown::Resource(_) | Unknown::Kind(_) | Unknown::All => None,
                })
                .collect::<Vec<_>>()
        };
        names.extend(differing(&self.gaps, &before.gaps));
        names.extend(differing(&before.gaps, &self.gaps));
        names
    }
}
