//! The sources: which objects want which names.
//!
//! A source is a pure function over the objects that are known. [`SOURCES`] says for each what it is
//! called, what it reads and how it is built; the values of `--source`, `docs/sources.md` and the
//! chart's permissions come from there.

pub mod annotations;
mod bounds;
mod cis;
mod context;
mod contour;
pub mod crd;
pub mod duration;
mod emissary;
mod endpoint_builder;
mod fake;
mod gateway;
mod gloo;
mod ingress;
mod istio;
pub mod keys;
mod kong;
mod left_out;
pub mod namespace_domains;
mod node;
pub mod objects;
mod openshift;
mod options;
mod per_object;
mod pod;
mod remarks;
pub mod selector;
mod service;
mod skipper;
mod slips;
mod table;
mod template;
mod traefik;
mod unread_prefix;
mod unstructured;
mod view;

use std::collections::BTreeSet;

use controller_core::desired::Desired;
use controller_core::status::RecordStatus;
use external_dns_webhook::{CanonicalName, ObjectRef};

pub use self::options::{Compatibility, SourceOptions};
pub use self::selector::{InvalidSelector, Selector};
pub use self::table::{
    BuildError, SOURCES, SourceSpec, WatchScope, WatchedKind, build, check_name, kinds_watched,
    meant,
};
pub use self::template::{InvalidTemplate, TemplateTexts};
pub use self::unread_prefix::UnreadPrefix;
pub use self::unstructured::NAME as UNSTRUCTURED;
use crate::objects::{Change, ObjectKey, Objects};

/// What finds the names that objects want.
pub trait Source: Send + Sync {
    /// Returns the name of the source, as in `--source`.
    fn name(&self) -> &'static str;

    /// Returns the `resource` label of an object that this source reads names from.
    ///
    /// `None` for an object of another kind, such as one that only tells addresses.
    fn resource(&self, key: &ObjectKey) -> Option<ObjectRef>;

    /// Returns the objects whose names may be others after `change`.
    fn affected(&self, objects: &Objects, change: &Change) -> Affected;

    /// Adds to `desired` what the objects within `scope` want.
    ///
    /// What is not known is added as such, never left out. Nothing is merged across objects: two
    /// objects that want one name are both in `desired`.
    fn collect(&self, objects: &Objects, scope: &ObjectScope, desired: &mut Desired);

    /// Returns why objects that have `name` somewhere where a name could stand do not want it: a status for
    /// each such object and reason. Nothing of an object that wants it.
    fn left_out(&self, objects: &Objects, name: &CanonicalName) -> Vec<RecordStatus>;

    /// Returns why one object does not want the names that it has, or is not seen at all: a status for each
    /// name and reason, or for the object. Nothing of an object of another kind.
    fn left_out_of(&self, objects: &Objects, key: &ObjectKey) -> Vec<RecordStatus>;
}

/// Which objects to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectScope {
    /// All of them.
    All,
    /// These, whether they still exist or not.
    Only(BTreeSet<ObjectKey>),
}

/// Which objects may want other names than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    /// These; it may be none.
    Objects(BTreeSet<ObjectKey>),
    /// More than can be told cheaply.
    Everything,
}

/// Returns the names of load balancers that are to be looked up, for
/// [`Objects::set_resolution`].
pub fn hosts_to_resolve(objects: &Objects, options: &SourceOptions) -> BTreeSet<String> {
    service::hosts_to_resolve(objects, options)
}

impl ObjectScope {
    /// Tells whether `key` is to be looked at.
    pub fn covers(&self, key: &ObjectKey) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

impl Default for Affected {
    fn default() -> Self {
        Self::Objects(BTreeSet::new())
    }
}

impl FromIterator<ObjectKey> for Affected {
    fn from_iter<I: IntoIterator<Item = ObjectKey>>(keys: I) -> Self {
        Self::Objects(keys.into_iter().collect())
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
