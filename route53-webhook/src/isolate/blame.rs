//! Which changes of a refused batch the words of AWS are about.
//!
//! AWS lists what is wrong with a batch in prose, one sentence for each problem. The grammar of the
//! sentences is known from its documentation and from public reports (`blame/texts.tsv` has them
//! all), so a name counts only where a sentence has the name of what is wrong: after `DNS name`, in
//! `[name='…']` and so on. The name of the zone, the identifiers and the values that AWS repeats are
//! the words of others, and blame no change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::batch::{self, Action, Group};
use crate::name::WireName;
use crate::record_set::{Data, RecordSet};
use crate::routing::Routing;

mod scan;

use self::scan::{Piece, Subject};

/// What AWS found wrong with one group of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError {
    /// What AWS said: every sentence about this group, whole.
    pub text: String,
    /// Whether some of it says that the zone is not as we believe, rather than that we ask for
    /// nonsense.
    pub is_stale: bool,
}

/// Returns what AWS said of each group that it blames, by the place of the group.
///
/// Empty when the messages name none of the groups: then any of them may be to blame.
pub fn blamed_groups(messages: &[String], groups: &[Group]) -> BTreeMap<usize, ChangeError> {
    let sent = Sent::new(groups);
    let mut blamed: BTreeMap<usize, ChangeError> = BTreeMap::new();
    for message in messages {
        for piece in scan::pieces(message, |text, foreign| sent.length(text, foreign)) {
            for index in sent.blamed_by(&piece) {
                let is_stale = is_stale(piece.text);
                blamed
                    .entry(index)
                    .and_modify(|error| {
                        error.text.push_str(", ");
                        error.text.push_str(piece.text);
                        error.is_stale |= is_stale;
                    })
                    .or_insert_with(|| ChangeError { text: piece.text.to_owned(), is_stale });
            }
        }
    }
    blamed
}

fn is_stale(problem: &str) -> bool {
    ["but it already exists", "but it was not found", "do not match the current values"]
        .iter()
        .any(|words| problem.contains(words))
}

/// What was sent, by everything that a sentence of AWS can name.
struct Sent<'a> {
    groups: &'a [Group],
    by_name: HashMap<&'a WireName, Vec<Place<'a>>>,
    by_target: HashMap<&'a WireName, Vec<Place<'a>>>,
    by_value: HashMap<&'a str, Vec<Place<'a>>>,
    by_id: HashMap<&'a str, BTreeSet<usize>>,
}

/// A record set, and the place of its group.
#[derive(Clone, Copy)]
struct Place<'a> {
    index: usize,
    set: &'a RecordSet,
}

/// What AWS repeats of what it was sent, whatever that contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoted<'a> {
    /// The set identifier of a record set with this name.
    SetIdentifier(&'a str),
    /// A value of a record set.
    Value,
}

impl<'a> Sent<'a> {
    fn new(groups: &'a [Group]) -> Self {
        let mut sent = Self {
            groups,
            by_name: HashMap::new(),
            by_target: HashMap::new(),
            by_value: HashMap::new(),
            by_id: HashMap::new(),
        };
        for (index, group) in groups.iter().enumerate() {
            for Action { set, .. } in &group.actions {
                let place = Place { index, set };
                sent.by_name.entry(&set.name).or_default().push(place);
                match &set.data {
                    Data::Alias(alias) => {
                        sent.by_target.entry(&alias.name).or_default().push(place);
                    }
                    Data::Values { values, .. } => {
                        for value in values {
                            sent.by_value.entry(value).or_default().push(place);
                        }
                    }
                }
                let collection = match set.routing.as_deref() {
                    Some(Routing::Cidr(cidr)) => Some(&*cidr.collection),
                    _ => None,
                };
                for id in set.health_check.as_deref().into_iter().chain(collection) {
                    sent.by_id.entry(id).or_default().insert(index);
                }
            }
        }
        sent
    }

    /// Returns how long the words of others at the start of `text` are, as far as they are known
    /// from what was sent; the longest that fits.
    fn length(&self, text: &str, foreign: Quoted<'_>) -> Option<usize> {
        let fits = |words: &&str| text.starts_with(*words);
        match foreign {
            Quoted::SetIdentifier(name) => {
                let places = self.by_name.get(&WireName::from_api(name))?;
                let ids = places.iter().filter_map(|place| place.set.set_identifier.as_deref());
                ids.filter(fits).map(str::len).max()
            }
            Quoted::Value => {
                let ends = |value: &&str| text.get(value.len()..).is_some_and(ends_value);
                self.by_value.keys().copied().filter(fits).filter(ends).map(str::len).max()
            }
        }
    }

    fn blamed_by(&self, piece: &Piece<'_>) -> BTreeSet<usize> {
        if piece.subjects.is_empty() && !piece.is_foreign {
            return self.mentioned(piece.text);
        }
        piece.subjects.iter().flat_map(|subject| self.blamed(subject)).collect()
    }

    fn blamed(&self, subject: &Subject<'_>) -> BTreeSet<usize> {
        match *subject {
            Subject::Set { name, record_type, set_identifier } => {
                let places = self.by_name.get(&WireName::from_api(name));
                let places = places.map(Vec::as_slice).unwrap_or_default();
                let of_type = |place: &&Place<'_>| {
                    record_type
                        .is_none_or(|record_type| place.set.record_type.as_str() == record_type)
                };
                let of_identifier = |place: &&Place<'_>| {
                    set_identifier.is_none_or(|set_identifier| {
                        place.set.set_identifier.as_deref() == Some(set_identifier)
                    })
                };
                let all = || places.iter();
                // The words may be new to us: better the whole name than none.
                indexes(all().filter(of_type).filter(of_identifier))
                    .or_else(|| indexes(all().filter(of_type)))
                    .or_else(|| indexes(all()))
                    .unwrap_or_default()
            }
            Subject::Target { name, record_type } => {
                let places = self.by_target.get(&WireName::from_api(name));
                let places = places.map(Vec::as_slice).unwrap_or_default();
                let of_type = |place: &&Place<'_>| {
                    record_type
                        .is_none_or(|record_type| place.set.record_type.as_str() == record_type)
                };
                indexes(places.iter().filter(of_type))
                    .or_else(|| indexes(places.iter()))
                    .unwrap_or_default()
            }
            Subject::Change(number) => {
                number.checked_sub(1).and_then(|at| self.group_of_change(at)).into_iter().collect()
            }
            Subject::Value(value) => {
                let places = self.by_value.get(value).map(Vec::as_slice).unwrap_or_default();
                // Two types validate one text by different rules: it does not say which is broken.
                let types: BTreeSet<_> =
                    places.iter().map(|place| place.set.record_type.as_str()).collect();
                if types.len() == 1 {
                    indexes(places.iter()).unwrap_or_default()
                } else {
                    BTreeSet::new()
                }
            }
            Subject::Repeated(value) => {
                let places = self.by_value.get(value).map(Vec::as_slice).unwrap_or_default();
                let is_repeated = |place: &&Place<'_>| match &place.set.data {
                    Data::Values { values, .. } => {
                        values.iter().filter(|other| &***other == value).count() > 1
                    }
                    Data::Alias(_) => false,
                };
                indexes(places.iter().filter(is_repeated)).unwrap_or_default()
            }
        }
    }

    /// Returns the group of the change that was sent at that place.
    fn group_of_change(&self, at: usize) -> Option<usize> {
        let change = batch::ordered(self.groups).into_iter().nth(at)?;
        self.groups
            .iter()
            .position(|group| group.actions.iter().any(|action| std::ptr::eq(action, change)))
    }

    /// Returns the groups that a sentence of unknown form mentions: by name, by alias target, by
    /// health check or CIDR collection. The name of the zone is no mention.
    fn mentioned(&self, problem: &str) -> BTreeSet<usize> {
        let words = || scan::words_but_zones(problem);
        let named = |places: &HashMap<&WireName, Vec<Place<'a>>>| {
            let names = words().filter(|word| word.contains('.')).map(WireName::from_api);
            names
                .filter_map(|name| places.get(&name))
                .flatten()
                .map(|place| place.index)
                .collect::<BTreeSet<_>>()
        };
        let mut found = named(&self.by_name);
        if found.is_empty() {
            found = named(&self.by_target);
        }
        if found.is_empty() {
            found = words().filter_map(|word| self.by_id.get(word)).flatten().copied().collect();
        }
        found
    }
}

/// Returns the places of groups; `None` for none.
fn indexes<'p, 'a: 'p>(places: impl Iterator<Item = &'p Place<'a>>) -> Option<BTreeSet<usize>> {
    let found: BTreeSet<_> = places.map(|place| place.index).collect();
    (!found.is_empty()).then_some(found)
}

/// Tells whether a repeated value can end here.
fn ends_value(rest: &str) -> bool {
    rest.starts_with('\'') || rest.is_empty()
}

#[cfg(test)]
mod tests;
