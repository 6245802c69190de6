//! Finding what a refused batch was refused for, and keeping it apart from then on.
//!
//! AWS refuses a batch as a whole and says in prose why. The prose names the record sets, so their
//! groups are taken out and the rest is sent again. Only when no name is found is the batch halved.

mod quarantine;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::quarantine::{FIRST_PAUSE, LONGEST_PAUSE, Quarantine};
use crate::batch::{self, Group};
use crate::name::WireName;
use crate::record_set::Data;

/// One thing that AWS found wrong with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What AWS said, this problem only.
    pub text: String,
    /// Whether it says that the zone is not as we believe, rather than that we ask for nonsense.
    pub is_stale: bool,
}

/// Returns the problems that AWS named, by the place of the group that they are about.
pub fn culprits(messages: &[String], groups: &[Group]) -> BTreeMap<usize, Complaint> {
    let (mut own, mut targets): (HashMap<&WireName, BTreeSet<usize>>, _) = Default::default();
    let targets: &mut HashMap<&WireName, BTreeSet<usize>> = &mut targets;
    for (index, group) in groups.iter().enumerate() {
        for action in &group.actions {
            own.entry(&action.set.name).or_default().insert(index);
            if let Data::Alias(alias) = &action.set.data {
                targets.entry(&alias.name).or_default().insert(index);
            }
        }
    }
    let mut found = BTreeMap::new();
    for problem in messages.iter().flat_map(|it| problems(it)) {
        let names: Vec<_> = names(problem).collect();
        let among = |places: &HashMap<&WireName, BTreeSet<usize>>| {
            names.iter().filter_map(|it| places.get(it)).flatten().copied().collect::<Vec<_>>()
        };
        // Problems with an alias name its target, which may be a record set of its own.
        let is_about_target = problem.contains("alias that targets");
        let (first, second) = if is_about_target { (&*targets, &own) } else { (&own, &*targets) };
        let mut blamed = among(first);
        if blamed.is_empty() {
            blamed = among(second);
        }
        if blamed.is_empty() {
            blamed.extend(place(problem).and_then(|at| group_of_change(at, groups)));
        }
        for index in blamed {
            found.entry(index).or_insert_with(|| Complaint {
                text: problem.to_owned(),
                is_stale: is_stale(problem),
            });
        }
    }
    found
}

fn is_stale(problem: &str) -> bool {
    ["but it already exists", "but it was not found", "do not match the current values"]
        .iter()
        .any(|it| problem.contains(it))
}

/// Returns the place that a problem gives by number: `changes.3.member` is the third change.
fn place(problem: &str) -> Option<usize> {
    let (_, rest) = problem.split_once("changes.")?;
    let (number, _) = rest.split_once(".member")?;
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// Returns the group of the change that was sent at that place.
fn group_of_change(at: usize, groups: &[Group]) -> Option<usize> {
    let change = batch::ordered(groups).into_iter().nth(at)?;
    groups.iter().position(|group| group.actions.iter().any(|it| std::ptr::eq(it, change)))
}

/// Splits a message at the commas between problems: outside of brackets, and before a capital letter,
/// since some problems have commas of their own.
fn problems(message: &str) -> Vec<&str> {
    let message = message.trim();
    let inner = message.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(message);
    let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
    for (at, character) in inner.char_indices() {
        match character {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth <= 0 && begins_problem(inner.get(at + 1..).unwrap_or_default()) => {
                found.extend(inner.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.extend(inner.get(start..));
    found.into_iter().map(str::trim).filter(|it| !it.is_empty()).collect()
}

fn begins_problem(text: &str) -> bool {
    text.trim_start().starts_with(|it: char| it.is_ascii_uppercase())
}

/// Iterates over everything in a problem that could be a name.
fn names(problem: &str) -> impl Iterator<Item = WireName> {
    let between = |it: char| {
        it.is_whitespace() || matches!(it, '\'' | '"' | '[' | ']' | ',' | '=' | '(' | ')')
    };
    problem.split(between).filter(|it| it.contains('.')).map(WireName::from_api)
}

#[cfg(test)]
mod tests {
    use webhook_api::{Endpoint, RecordType};

    use super::*;
    use crate::batch::{Action, Verb};
    use crate::record_set::RecordSet;

    fn group(name: &str) -> Group {
        let endpoint = Endpoint::new(name, RecordType::A, ["192.0.2.1"]);
        let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
        Group { key: name.to_owned(), actions: vec![Action { verb: Verb::Create, set }] }
    }

    fn found(message: &str) -> Vec<(usize, bool)> {
        let groups = [group("a.example.com"), group("b.example.com"), group("*.example.com")];
        let found = culprits(&[message.to_owned()], &groups);
        found.into_iter().map(|(index, complaint)| (index, complaint.is_stale)).collect()
    }

    #[test]
    fn the_names_in_a_complaint_are_found() {
        assert_eq!(
            found(
                "[Tried to create resource record set [name='b.example.com.', type='A'] but it already exists]"
            ),
            [(1, true)]
        );
        assert_eq!(
            found(
                "[Tried to delete resource record set [name='a.example.com.', type='A'] but it was not found, Tried to create resource record set [name='\\052.example.com.', type='A'] but it already exists]"
            ),
            [(0, true), (2, true)]
        );
        assert_eq!(
            found("[RRSet with DNS name b.example.com. is not permitted in zone example.org.]"),
            [(1, false)]
        );
        assert_eq!(
            found(
                "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address' encountered with 'x']"
            ),
            []
        );
    }

    #[test]
    fn a_complaint_with_commas_of_its_own_is_told_whole() {
        let lies = "Tried to create an alias that targets b.example.com., type A in zone Z1, but \
                    the alias target name does not lie within the target zone";
        let found = "Tried to create an alias that targets b.example.com., type A in zone Z1, but \
                     that target was not found";
        let exists = "Tried to create resource record set [name='a.example.com.', type='A'] but it already exists";
        assert_eq!(problems(&format!("[{lies}, {found}, {exists}]")), [lies, found, exists]);
        let told = culprits(&[format!("[{found}]")], &[group("b.example.com")]);
        assert_eq!(told[&0].text, found);
    }

    #[test]
    fn a_complaint_can_also_give_the_place_of_the_change() {
        assert_eq!(
            found(
                "1 validation error detected: Value 'x' at 'changeBatch.changes.3.member.resourceRecordSet.region' failed to satisfy constraint: Member must satisfy enum value set"
            ),
            [(1, false)],
            "the wildcard comes first, so the third change is the second group"
        );
    }
}
