//! Whether a parent takes a route: what all entries of the route's `status.parents` say together.
//!
//! Several controllers may write an entry about one parent, each under its own name, and their order
//! means nothing ([`RouteParentStatus`]).
//!
//! [`RouteParentStatus`]: https://gateway-api.sigs.k8s.io/reference/spec/#routeparentstatus

use std::collections::{BTreeMap, BTreeSet};

use super::section::Section;
use crate::objects::gateway::{Condition, Route, RouteParentStatus};

/// How many different entries a message quotes.
const QUOTED: usize = 4;

/// What the entries about one parent say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// One says at the route's present generation that the route is accepted.
    Yes,
    /// One says at the present generation that it is not, and none that it is.
    No(String),
    /// What is said is about an older generation of the route.
    Behind(String),
    /// None says anything about acceptance; the words are empty when there is no entry at all.
    Silent(String),
}

/// What is said of a route, by what it is about.
pub(super) struct ParentStatus<'a> {
    entries: BTreeMap<Section<'a>, Vec<&'a RouteParentStatus>>,
    generation: i64,
}

/// What some entries say, in words.
#[derive(Default)]
struct Said {
    is_accepted: bool,
    no: BTreeSet<String>,
    behind: BTreeSet<String>,
    silent: BTreeSet<String>,
}

impl<'a> ParentStatus<'a> {
    pub(super) fn of(route: &'a Route) -> Self {
        let mut entries: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &route.status.parents {
            let place = Section::of(&entry.parent_ref, &route.meta.namespace);
            entries.entry(place).or_default().push(entry);
        }
        Self { entries, generation: route.meta.generation }
    }

    /// Tells whether the parent that one of `spec.parentRefs` names took the route, or a part of it did.
    pub(super) fn accepts(&self, parent: Section<'a>) -> bool {
        self.says(parent).iter().any(|(_, word)| *word == Word::Yes)
    }

    /// Returns what is said of the parent that one of `spec.parentRefs` names.
    ///
    /// Implementations repeat the reference, and one that leaves out listener and port speaks for all
    /// of them. Where it adds them, each part has its own word, and a listener has that of the first
    /// that it is in.
    pub(super) fn says(&self, parent: Section<'a>) -> Vec<(Section<'a>, Word)> {
        let about = self.entries.range(parent.whole()..);
        let about = about.take_while(|(place, _)| place.target == parent.target);
        let (mut said, mut parts) = (Said::default(), Vec::new());
        for (place, entries) in about {
            if place.covers(&parent) {
                said.add(entries, self.generation);
            } else if parent.covers(place) {
                let mut of_part = Said::default();
                of_part.add(entries, self.generation);
                parts.push((*place, of_part));
            }
        }
        if said.is_accepted || parts.iter().all(|(_, of_part)| !of_part.is_accepted) {
            for (_, of_part) in parts {
                said.join(of_part);
            }
            return vec![(parent, said.word(self.generation))];
        }
        parts.sort_by_key(|(place, of_part)| (!of_part.is_accepted, *place));
        parts.push((parent, said));
        parts.into_iter().map(|(place, said)| (place, said.word(self.generation))).collect()
    }
}

impl Said {
    fn word(self, generation: i64) -> Word {
        let Self { is_accepted, no, behind, silent } = self;
        if is_accepted {
            Word::Yes
        } else if !no.is_empty() {
            Word::No(quoted(&no))
        } else if !behind.is_empty() {
            Word::Behind(format!(
                "{}, and the route is at generation {generation}",
                quoted(&behind)
            ))
        } else {
            Word::Silent(quoted(&silent))
        }
    }

    fn join(&mut self, mut other: Self) {
        self.no.append(&mut other.no);
        self.behind.append(&mut other.behind);
        self.silent.append(&mut other.silent);
    }

    fn add(&mut self, entries: &[&RouteParentStatus], generation: i64) {
        for entry in entries {
            let who = match entry.controller_name.as_str() {
                "" => "a controller without a name".to_owned(),
                name => format!("`{name}`"),
            };
            let mut about =
                entry.conditions.iter().filter(|condition| condition.condition_type == ACCEPTED);
            let Some(first) = about.next() else {
                self.silent.insert(format!("{who} says nothing about `{ACCEPTED}`"));
                continue;
            };
            for condition in [first].into_iter().chain(about) {
                self.note(&who, condition, generation);
            }
        }
    }

    fn note(&mut self, who: &str, condition: &Condition, generation: i64) {
        let Condition { condition_type: _, status, observed_generation, reason } = condition;
        let value = match reason.as_str() {
            "" => format!("`{ACCEPTED}` is `{status}`"),
            reason => format!("`{ACCEPTED}` is `{status}` ({reason})"),
        };
        // 0 is a controller that does not say which generation it looked at.
        if *observed_generation != 0 && *observed_generation < generation {
            let words = format!("{who} said of generation {observed_generation} that {value}");
            self.behind.insert(words);
            return;
        }
        match status.as_str() {
            "True" => self.is_accepted = true,
            "False" => drop(self.no.insert(format!("{who} says that {value}"))),
            _ => drop(self.silent.insert(format!("{who} says that {value}"))),
        }
    }
}

/// The condition that a parent sets on what it takes.
const ACCEPTED: &str = "Accepted";

/// Tells whether one of `conditions` says that what they are about is accepted.
pub(super) fn is_accepted(conditions: &[Condition]) -> bool {
    conditions
        .iter()
        .any(|condition| condition.condition_type == ACCEPTED && condition.status == "True")
}

fn quoted(words: &BTreeSet<String>) -> String {
    let more = words.len().saturating_sub(QUOTED);
    let quoted: Vec<_> = words.iter().take(QUOTED).map(String::as_str).collect();
    let quoted = quoted.join("; ");
    if more == 0 { quoted } else { format!("{quoted}; and {more} more") }
}
