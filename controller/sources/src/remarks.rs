//! What is remarked on the annotations of one object: a few lines, however many annotations there are.
//!
//! An object may have thousands, and each line goes to the page, `status`, `endpoints`, the log and Events.

use std::collections::BTreeMap;

use controller_core::status::{Reason, RecordStatus};

/// How many remarks of one kind have a line each, and how many further annotations are named in one that
/// stands for more.
const FEW: usize = 3;

/// How many remarks of one code there are at most, whatever they say.
const MOST: usize = 8;

/// The most of a key that is named beside others, in characters.
const SHOWN: usize = 100;

/// A remark that stands for others, too.
struct Line {
    reason: Reason,
    /// How many others it stands for.
    others: usize,
    /// The first few of them.
    named: Vec<String>,
}

impl Line {
    fn add(&mut self, other: &Reason) {
        self.others += 1;
        if self.named.len() < FEW
            && let Some(key) = key(other)
        {
            self.named.push(key.chars().take(SHOWN).collect());
        }
    }

    fn told(self) -> Reason {
        let Self { reason, others, named } = self;
        if others == 0 {
            return reason;
        }
        let (annotation, why) = match reason {
            Reason::IgnoredAnnotation { annotation, why } => (annotation, why),
            Reason::AnnotationConflict { used, ignored } => {
                (ignored, format!("`{used}` is set, too, and counts"))
            }
            Reason::InvalidAnnotation { annotation, value: _, expected, is_ignored: _ } => {
                (annotation, format!("its value means nothing; expected {expected}"))
            }
            other => return other,
        };
        let named: Vec<_> = named.iter().map(|key| format!("`{key}`")).collect();
        let such_as = named.join(", ");
        let others = match others {
            1 => format!("another one, {such_as}"),
            others => format!("{others} others, such as {such_as}"),
        };
        Reason::IgnoredAnnotation { annotation, why: format!("{why}; so it is with {others}") }
    }
}

/// Returns the statuses of one object with a few of those that remark on its annotations.
///
/// Remarks that say the same of more than a few annotations are one, with how many and which first; so
/// are those beyond a bound that each say something else.
pub(super) fn few(statuses: Vec<RecordStatus>) -> Vec<RecordStatus> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for what in statuses.iter().filter_map(what_of) {
        *counts.entry(what).or_default() += 1;
    }
    if counts.values().all(|count| *count <= FEW) && counts.len() <= MOST {
        return statuses;
    }
    let mut kept: Vec<(RecordStatus, Option<Line>)> = Vec::new();
    let mut by_what: BTreeMap<String, usize> = BTreeMap::new();
    let mut by_code: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for status in statuses {
        let Some(what) = what_of(&status) else {
            kept.push((status, None));
            continue;
        };
        let is_many = counts.get(&what).is_some_and(|count| *count > FEW);
        let (lines, last) = by_code.entry(status.reason.code()).or_default();
        let known = by_what.get(&what).copied().filter(|_| is_many);
        let full = (*lines >= MOST).then_some(*last);
        if let Some((_, Some(line))) = known.or(full).and_then(|at| kept.get_mut(at)) {
            line.add(&status.reason);
            continue;
        }
        (*lines, *last) = (*lines + 1, kept.len());
        by_what.insert(what, kept.len());
        let line = Line { reason: status.reason.clone(), others: 0, named: Vec::new() };
        kept.push((status, Some(line)));
    }
    let told = kept.into_iter().map(|(status, line)| match line {
        Some(line) => RecordStatus { reason: line.told(), ..status },
        None => status,
    });
    told.collect()
}

/// Returns what is said of an annotation, without which it is; `None` when nothing is.
fn what_of(status: &RecordStatus) -> Option<String> {
    if !status.name.is_empty() {
        return None;
    }
    match &status.reason {
        Reason::IgnoredAnnotation { annotation: _, why } => Some(why.clone()),
        Reason::InvalidAnnotation { annotation: _, value: _, expected, is_ignored: _ } => {
            Some(format!("invalid: {expected}"))
        }
        Reason::AnnotationConflict { .. } => Some("conflict".to_owned()),
        _ => None,
    }
}

fn key(reason: &Reason) -> Option<&str> {
    match reason {
        Reason::IgnoredAnnotation { annotation, .. }
        | Reason::InvalidAnnotation { annotation, .. } => Some(annotation),
        Reason::AnnotationConflict { ignored, .. } => Some(ignored),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reasons: impl IntoIterator<Item = Reason>) -> Vec<String> {
        let statuses =
            reasons.into_iter().map(|reason| RecordStatus::on_object("service/a/b", reason));
        few(statuses.collect()).iter().map(|status| status.reason.to_string()).collect()
    }

    fn ignored(annotation: impl Into<String>, why: impl Into<String>) -> Reason {
        Reason::IgnoredAnnotation { annotation: annotation.into(), why: why.into() }
    }

    #[test]
    fn thousands_of_annotations_of_which_the_same_is_said_are_one_line_with_a_count() {
        let unknown =
            |count: usize| (0..count).map(|n| ignored(format!("x/{n}"), "it is not known"));
        assert_eq!(told(unknown(3)).len(), 3, "a few have a line each");
        assert_eq!(
            told(unknown(5_000)),
            [
                "`x/0` has no effect: it is not known; so it is with 4999 others, such as `x/1`, `x/2`, `x/3`"
            ]
        );
        // What is said of others stays.
        let mixed = [ignored("x/a", "one"), ignored("x/b", "two")];
        let both = told(mixed.into_iter().chain(unknown(4)));
        assert_eq!(both.len(), 3);
        assert!(both[2].ends_with("with 3 others, such as `x/1`, `x/2`, `x/3`"), "{both:?}");
        let conflicts = (0..5_000).map(|n| Reason::AnnotationConflict {
            used: format!("x/{n}"),
            ignored: format!("y/{n}"),
        });
        assert_eq!(
            told(conflicts),
            [
                "`y/0` has no effect: `x/0` is set, too, and counts; so it is with 4999 others, such as \
              `y/1`, `y/2`, `y/3`"
            ]
        );
    }

    #[test]
    fn remarks_that_each_say_something_else_have_a_bound_as_well() {
        let slips = (0..5_000).map(|n| ignored(format!("x/{n}"), format!("write `y/{n}`")));
        let lines = told(slips);
        assert_eq!(lines.len(), MOST);
        assert!(lines[MOST - 1].contains("so it is with 4992 others, such as `x/8`"), "{lines:?}");
    }

    #[test]
    fn a_long_key_is_not_named_whole() {
        let long = (0..9).map(|n| ignored(format!("{n}{}", "k".repeat(9_000)), "it is not known"));
        let lines = told(long);
        assert!(lines.len() == 1 && lines[0].chars().count() < 1_500, "{lines:?}");
    }

    #[test]
    fn what_is_no_remark_on_an_annotation_is_left() {
        let others = (0..50).map(|n| Reason::Unreadable { error: n.to_string() });
        assert_eq!(told(others).len(), 50);
        let on_name = |n: usize| {
            RecordStatus::on_name("a.example.com", "service/a/b", ignored(n.to_string(), "x"))
        };
        assert_eq!(few((0..50).map(on_name).collect()).len(), 50);
    }
}
