//! Splits changes into batches that Route 53 accepts.
//!
//! A record set and its ownership record always share a batch: Route 53 applies a batch whole or
//! not at all, so neither can exist without the other.

use std::collections::VecDeque;

use crate::record_set::{AliasZone, Data, RecordSet};

/// Most changes that Route 53 takes in one batch ([quota]).
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
pub const MAX_CHANGES: usize = 1_000;

/// Most characters in all values of one batch; an upsert counts twice.
pub const MAX_BYTES: usize = 32_000;

/// Most values in one batch; an upsert counts twice.
pub const MAX_VALUES: usize = 1_000;

/// A first batch of several is split when it has more than one of so many parts of a full one.
const LARGE_FIRST: usize = 5;

/// It has then one of so many parts of a full one at most, and one group at least.
const SMALL_FIRST: usize = 10;

/// How large a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most changes.
    pub changes: usize,
    /// Most characters in all values.
    pub bytes: usize,
    /// Most values.
    pub values: usize,
}

/// What is done to one record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What is done.
    pub verb: Verb,
    /// The record set: what it will be, or for a delete what it is.
    pub set: RecordSet,
}

/// What is done to a record set; in the order that a batch has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Write it, whatever is there.
    Upsert,
    /// Remove it; refused unless it is exactly as given.
    Delete,
    /// Write it; refused when it is there.
    Create,
}

/// What a group of changes is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The name, in canonical form.
    pub name: String,
    /// The set identifier; `None` when it is about everything that the name has.
    pub set_identifier: Option<String>,
}

impl GroupKey {
    /// Returns the key of all that a name has.
    pub fn whole(name: impl Into<String>) -> Self {
        Self { name: name.into(), set_identifier: None }
    }
}

impl std::fmt::Display for GroupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.set_identifier {
            Some(set_identifier) => write!(f, "{} ({set_identifier})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Actions that belong together, such as those on a record set and its ownership record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What the group is about.
    pub key: GroupKey,
    /// The actions.
    pub actions: Vec<Action>,
}

/// How much of a batch something takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Changes.
    pub changes: usize,
    /// Characters in all values.
    pub bytes: usize,
    /// Values.
    pub values: usize,
}

/// A group that fits in no batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the changes of `{key}` need {} changes, {} characters and {} values in one batch, and one \
     takes at most {}, {} and {}; {}", .size.changes, .size.bytes,
    .size.values, .limits.changes, .limits.bytes, .limits.values, self.way_out()
)]
pub struct TooLarge {
    /// What the group is about.
    pub key: GroupKey,
    /// How large it is.
    pub size: Size,
    /// How large it may be.
    pub limits: Limits,
}

impl TooLarge {
    /// Returns what to do: our own limits can be raised as far as AWS's.
    fn way_out(&self) -> String {
        let Self { size, limits, .. } = self;
        let all = [
            ("", size.changes, limits.changes, MAX_CHANGES),
            ("-bytes", size.bytes, limits.bytes, MAX_BYTES),
            ("-values", size.values, limits.values, MAX_VALUES),
        ];
        if all.iter().any(|(_, size, _, most)| size > most) {
            return "split its targets over several names".to_owned();
        }
        let low = all.iter().filter(|(_, size, limit, _)| size > limit);
        let flags = low.map(|(end, size, _, _)| format!("--aws-batch-change-size{end} to {size}"));
        format!("raise {} or more", flags.collect::<Vec<_>>().join(" and "))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { changes: MAX_CHANGES, bytes: MAX_BYTES, values: MAX_VALUES }
    }
}

impl Limits {
    /// Returns those of a batch that is so many times smaller.
    fn over(self, times: usize) -> Self {
        let Self { changes, bytes, values } = self;
        Self { changes: changes / times, bytes: bytes / times, values: values / times }
    }

    fn allow(&self, size: Size) -> bool {
        size.changes <= self.changes && size.bytes <= self.bytes && size.values <= self.values
    }
}

impl Action {
    fn size(&self) -> Size {
        let times = if self.verb == Verb::Upsert { 2 } else { 1 };
        let (bytes, values) = (times * self.set.value_bytes(), times * self.set.value_count());
        Size { changes: 1, bytes, values }
    }
}

impl Group {
    /// Returns how much of a batch the group takes up.
    pub fn size(&self) -> Size {
        self.actions.iter().map(Action::size).fold(Size::default(), Size::plus)
    }
}

impl Group {
    /// Returns how many record sets the zone has more afterwards; negative when it has fewer.
    pub fn growth(&self) -> i64 {
        let growth = |action: &Action| match action.verb {
            Verb::Create => 1,
            Verb::Delete => -1,
            // It replaces: what is not there is created.
            Verb::Upsert => 0,
        };
        self.actions.iter().map(growth).sum()
    }
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self {
            changes: self.changes + other.changes,
            bytes: self.bytes + other.bytes,
            values: self.values + other.values,
        }
    }
}

impl Verb {
    /// Returns the word that the API has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upsert => "UPSERT",
            Self::Delete => "DELETE",
            Self::Create => "CREATE",
        }
    }
}

/// Splits groups into batches, in the order of their keys, and names those that fit in none.
///
/// Of several batches the first is small, so that the first names of many are answered soon: there are
/// as few batches as can be, or one more.
pub fn split(mut groups: Vec<Group>, limits: Limits) -> (Vec<Vec<Group>>, Vec<TooLarge>) {
    groups.sort_by(|a, b| a.key.cmp(&b.key));
    let (mut batches, mut too_large) = (VecDeque::new(), Vec::new());
    let (mut batch, mut taken) = (VecDeque::new(), Size::default());
    // From the last to the first, so that what is left over when all others are full comes first.
    for group in groups.into_iter().rev() {
        let size = group.size();
        if !limits.allow(size) {
            too_large.push(TooLarge { key: group.key, size, limits });
            continue;
        }
        if !limits.allow(taken.plus(size)) {
            batches.push_front(Vec::from(std::mem::take(&mut batch)));
            taken = Size::default();
        }
        taken = taken.plus(size);
        batch.push_front(group);
    }
    too_large.reverse();
    let mut first = Vec::from(batch);
    if !batches.is_empty() && !limits.over(LARGE_FIRST).allow(taken) {
        batches.push_front(first.split_off(fitting(&first, limits.over(SMALL_FIRST)).max(1)));
    }
    batches.push_front(first);
    (batches.into_iter().filter(|batch| !batch.is_empty()).collect(), too_large)
}

/// Returns how many of the first groups fit into a batch together.
fn fitting(groups: &[Group], limits: Limits) -> usize {
    let sizes = groups.iter().scan(Size::default(), |taken, group| {
        *taken = taken.plus(group.size());
        Some(*taken)
    });
    sizes.take_while(|taken| limits.allow(*taken)).count()
}

/// Returns the actions of a batch in the order in which they are sent.
///
/// Upserts, deletes, creates; then by name and type. What an alias in the same zone points to may be
/// created by the same batch, so such aliases come last.
pub fn ordered(groups: &[Group]) -> Vec<&Action> {
    let mut actions: Vec<_> = groups.iter().flat_map(|group| &group.actions).collect();
    actions.sort_by(|a, b| {
        let key = |action: &Action| {
            (action.verb, action.verb != Verb::Delete && points_into_zone(&action.set))
        };
        let named = |action: &Action| {
            (action.set.name.to_api(), action.set.record_type.as_str().to_owned())
        };
        key(a).cmp(&key(b)).then_with(|| named(a).cmp(&named(b)))
    });
    actions
}

fn points_into_zone(set: &RecordSet) -> bool {
    matches!(&set.data, Data::Alias(alias) if alias.zone == AliasZone::Same)
}

#[cfg(test)]
mod tests;
