//! Which names a sync leaves to a later one, because what they would lose may come again.
//!
//! An object that is replaced is gone for a moment: by `kubectl replace --force`, by an upgrade of a
//! chart that renames it, by a rollout. So nobody loses a name, nor one of several answers, by a
//! change that is still [young](RecentChanges); what comes or changes is written at once. A name is written as
//! a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::Desired;
use controller_core::plan::Plan;
use external_dns_webhook::{CanonicalName, ObjectRef};
use tokio::time::Instant;

use super::desired_index::DesiredIndex;
use super::{DesiredReader, Reconciler, SyncError};
use crate::store::Changes;

/// Changes within whose window no sync may take anything away.
#[derive(Debug, Default)]
pub struct RecentChanges {
    /// Whose they are.
    pub whose: Whose,
    /// The changes as they were noted.
    pub changes: Changes,
    /// When none of them is young any more; `None` when there are none.
    pub until: Option<Instant>,
}

/// Which objects may have changed a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// These, by `resource` label; it may be none.
    Objects(BTreeSet<ObjectRef>),
    /// Any.
    Anyone,
}

/// A name that is left to a later sync, and one object whose change that sync must look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PutOff {
    pub(super) name: CanonicalName,
    /// `None` when it may be any.
    pub(super) object: Option<ObjectRef>,
}

/// Which objects wanted names so far.
pub(super) enum AskedBy {
    /// As the index has it.
    Index(DesiredIndex),
    /// By name.
    Names(BTreeMap<CanonicalName, Vec<Option<ObjectRef>>>),
}

/// What decides that a sync comes too early for some names.
pub(super) struct Early<'a> {
    pub(super) young: &'a RecentChanges,
    pub(super) asked_by: AskedBy,
}

impl<P> Reconciler<P> {
    /// Notes what a sync left to a later one, which then finds it among the changes.
    pub(super) fn put_off(
        &mut self,
        reader: &impl DesiredReader,
        young: &mut RecentChanges,
        put_off: BTreeSet<PutOff>,
        index: &mut DesiredIndex,
    ) {
        if put_off.is_empty() {
            return;
        }
        for PutOff { name, object } in put_off {
            index.owe(name, object);
        }
        self.put_off_until = young.until;
        reader.put_back(std::mem::take(young));
    }
}

/// Has the sync after one that failed find what is young, too: it may come within the window.
pub(super) fn after<T>(
    result: Result<T, SyncError>,
    reader: &impl DesiredReader,
    young: RecentChanges,
) -> Result<T, SyncError> {
    if result.is_err() && !young.is_empty() {
        reader.put_back(young);
    }
    result
}

impl RecentChanges {
    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.until.is_none()
    }

    /// Puts off a name for one of `objects` that is among those that have changed, for the first of
    /// these when nobody knows whose the name is; `None` when there is none.
    fn put_off<'a>(
        &self,
        name: &CanonicalName,
        objects: impl Iterator<Item = Option<&'a ObjectRef>>,
    ) -> Option<PutOff> {
        let name = name.clone();
        let young = match &self.whose {
            Whose::Anyone => return Some(PutOff { name, object: None }),
            Whose::Objects(young) => young,
        };
        let mut objects = objects.flatten().peekable();
        let one = match objects.peek() {
            None => young.first(),
            Some(_) => objects.find_map(|object| young.get(object)),
        };
        one.map(|object| PutOff { name, object: Some(object.clone()) })
    }
}

impl AskedBy {
    /// Returns which objects wanted `names` so far, as far as it matters.
    pub(super) fn of(
        names: &BTreeSet<CanonicalName>,
        before: &DesiredIndex,
        young: &RecentChanges,
    ) -> Self {
        if young.is_empty() {
            return Self::default();
        }
        let objects =
            |name: &CanonicalName| before.asked_by(name).map(Option::<&_>::cloned).collect();
        Self::Names(names.iter().map(|name| (name.clone(), objects(name))).collect())
    }

    fn name(&self, name: &CanonicalName) -> Vec<Option<&ObjectRef>> {
        match self {
            Self::Index(index) => index.asked_by(name).collect(),
            Self::Names(names) => {
                names.get(name).into_iter().flatten().map(Option::as_ref).collect()
            }
        }
    }
}

impl Early<'_> {
    /// Returns the names that would lose something by `plan` to a change that is young, or whose
    /// answer would become another object's while the one that asked may come again.
    pub(super) fn put_off(&self, plan: &Plan, desired: &Desired) -> BTreeSet<PutOff> {
        if self.young.is_empty() {
            return BTreeSet::new();
        }
        let asking: BTreeSet<_> = desired
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.dns_name.canonical(), endpoint.labels.resource()))
            .collect();
        let put_off = plan.steps().iter().filter_map(|step| {
            let name = step.name.canonical();
            let before = self.asked_by.name(name);
            if step.loses_answers() {
                return self.young.put_off(name, before.into_iter().chain([step.object.as_ref()]));
            }
            if step.old.is_none() || step.action.verb().is_none() {
                return None;
            }
            let is_gone =
                |object: Option<&ObjectRef>| object.is_some() && !asking.contains(&(name, object));
            let mut gone = before.into_iter().filter(|object| is_gone(*object)).peekable();
            gone.peek()?;
            self.young.put_off(name, gone)
        });
        put_off.collect()
    }
}

impl Default for Whose {
    fn default() -> Self {
        Self::Objects(BTreeSet::new())
    }
}

impl Default for AskedBy {
    fn default() -> Self {
        Self::Names(BTreeMap::new())
    }
}
