//! A text without the secrets that are in it, all of which are looked for at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use aho_corasick::AhoCorasick;

use super::LONG;

/// The ellipsis behind what was cut.
pub(super) const CUT: char = '…';

/// Fewest letters of a secret of which a beginning that was cut is taken for one.
const FEWEST: usize = 4;

/// Returns a text without the beginnings of secrets that stand before the ellipsis of what was cut.
pub(super) fn without_beginnings(text: &str, all: &BTreeSet<String>) -> String {
    let is_beginning = |end: &str| {
        let bounds = (Bound::Included(end), Bound::Unbounded);
        all.range::<str, _>(bounds).next().is_some_and(|secret| secret.starts_with(end))
    };
    let mut made = String::new();
    let mut parts = text.split(CUT).peekable();
    while let Some(part) = parts.next() {
        let is_cut = parts.peek().is_some();
        let ends = part.char_indices().filter_map(|(at, _)| part.split_at_checked(at));
        let mut ends = ends.filter(|_| is_cut);
        let found =
            ends.find(|(_, end)| end.chars().nth(FEWEST - 1).is_some() && is_beginning(end));
        made.push_str(found.map_or(part, |(before, _)| before));
        if is_cut {
            made.push(CUT);
        }
    }
    made
}

/// Returns a text without secrets, where each is a word of its own, or too long to be a part of another by chance; of
/// two that overlap the longer one is taken out.
pub(super) fn without(text: &str, finder: &AhoCorasick) -> String {
    let mut found: Vec<(usize, usize)> =
        finder.find_overlapping_iter(text).map(|found| (found.start(), found.end())).collect();
    found.sort_unstable_by_key(|(start, end)| (Reverse(end.saturating_sub(*start)), *start));
    // Where what is taken out begins, and where it ends.
    let mut out: BTreeMap<usize, usize> = BTreeMap::new();
    for (start, end) in found {
        let before = out.range(..end).next_back().map(|(begin, end)| (*begin, *end));
        if before.is_some_and(|(_, end)| end > start) {
            continue;
        }
        let is_left_out = before.is_some_and(|(_, end)| end == start);
        let left = text.get(..start).and_then(|before| before.chars().next_back());
        let left = if is_left_out { Some(CUT) } else { left };
        let after = text.get(end..).unwrap_or_default();
        let after = if out.contains_key(&end) { "" } else { after };
        if is_apart(text.get(start..end).unwrap_or_default(), left, after) {
            out.insert(start, end);
        }
    }
    let (mut made, mut from) = (String::new(), 0);
    for (start, end) in out {
        made.push_str(text.get(from..start).unwrap_or_default());
        made.push(CUT);
        from = end;
    }
    made + text.get(from..).unwrap_or_default()
}

/// Tells whether a secret that was found between others is one.
fn is_apart(secret: &str, left: Option<char>, after: &str) -> bool {
    let is_inner = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    let is_long = secret.chars().nth(LONG - 1).is_some();
    let is_apart = is_long || !left.is_some_and(is_inner) && !after.starts_with(is_inner);
    // What a short one stands in for is most often another word.
    let is_shown_as_value = secret.len() >= 6 || left.is_some_and(|left| "=:`\"'".contains(left));
    is_apart && is_shown_as_value
}
