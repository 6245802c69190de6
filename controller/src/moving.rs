//! What means something else here than under `ExternalDNS`: seen in objects, flags, and the plan of a first sync.
//!
//! Nothing is read here. What `ExternalDNS` does is in docs/compatibility.md, and in the text of its own pages
//! about [flags] and [annotations].
//!
//! [flags]: https://kubernetes-sigs.github.io/external-dns/latest/docs/flags/
//! [annotations]: https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/

mod flags;
mod objects;
mod reasons;
mod records;

use std::fmt;

use controller_core::inventory::Inventory;
use controller_core::plan::{Plan, Policy};
use controller_sources::objects::Objects;
use external_dns_webhook::Printable;
use serde::Serialize;

/// All that is looked at.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The flags that matter.
    pub settings: &'a Settings,
    /// The objects that the sources read.
    pub objects: &'a Objects,
    /// What the zones hold.
    pub inventory: &'a Inventory,
    /// What a first sync would do.
    pub plan: &'a Plan,
}

/// The flags under which something means something else.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which changes are made.
    pub policy: Policy,
    /// Who we are; empty when nobody said.
    pub owner: String,
    /// Whose records are taken over; empty for nobody's.
    pub migrate_from: String,
    /// Whether ownership is kept at all.
    pub keeps_owners: bool,
    /// Whether records that nobody owns are changed.
    pub changes_unowned: bool,
    /// Namespaces that are read; none for all.
    pub namespaces: Vec<String>,
    /// What annotations begin with.
    pub prefixes: Vec<String>,
}

impl Settings {
    /// Returns whose records are ours: who nobody named is `default`, there and here.
    fn owner(&self) -> &str {
        if self.owner.is_empty() { "default" } else { &self.owner }
    }
}

/// What kind of thing differs; lines of one kind are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A flag or a setting.
    Setting,
    /// A record set that the first sync would remove.
    Removed,
    /// A record set that the first sync would change.
    Changed,
    /// A record set that the first sync would make.
    Made,
    /// An ownership record.
    Ownership,
    /// An annotation of an object.
    Annotation,
    /// An object of a version that is not read there.
    Version,
    /// What is wanted is judged otherwise.
    Judged,
}

/// One thing that means something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The object, record set or flag.
    pub about: String,
    /// What `ExternalDNS` does.
    pub external_dns: String,
    /// What we do.
    pub here: String,
    /// What to type, or to change, to have it as it was.
    pub next: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind: _, about, external_dns, here, next } = self;
        writeln!(f, "{}", Printable(about))?;
        for (who, what) in [("ExternalDNS", external_dns), ("Signpost", here), ("To do", next)] {
            writeln!(f, "        {who}: {}", Printable(what))?;
        }
        Ok(())
    }
}

/// Returns everything that means something else, what may take a record away first; each thing once.
pub fn differences(evidence: Evidence<'_>) -> Vec<Difference> {
    let mut all = Vec::new();
    flags::add(evidence, &mut all);
    records::add(evidence, &mut all);
    objects::add(evidence, &mut all);
    reasons::add(evidence, &mut all);
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
