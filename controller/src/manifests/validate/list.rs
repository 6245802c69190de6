//! What looks like a list of objects and is none: what it has must not be taken for gone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Finding, Hides, Why};
use controller_sources::objects::{Kind, KindId, Misread};

/// How the kind of every list ends.
pub(in super::super) const LIST: &str = "List";

/// Key of the objects of a list.
const ITEMS: &str = "items";

/// Returns what is wrong with a value that was meant as a list, and what it may have for sources that
/// read `kinds`; `None` for anything else.
pub(super) fn validate(object: &Map<String, Value>, kinds: &[Kind]) -> Option<Finding> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let is_called_so = is_list(kind, kinds);
    let like_items = object.iter().find(|(key, value)| {
        let is_near = key.eq_ignore_ascii_case(ITEMS)
            || external_dns_webhook::nearest(key, [ITEMS]).is_some();
        let looks_like_object =
            |value: &Value| value.get("kind").is_some() || value.get("metadata").is_some();
        is_near && value.as_array().is_some_and(|value| value.iter().any(looks_like_object))
    });
    let has_version = object.contains_key("apiVersion");
    let (key, items) = match like_items {
        Some((key, items)) => (key.as_str(), items.as_array().map(Vec::as_slice)),
        // A list of nothing is written with its key.
        None if is_called_so && has_version && !matches!(object.get(ITEMS), Some(Value::Null)) => {
            (ITEMS, None)
        }
        None => return None,
    };
    let hides = hidden(kind, items, kinds);
    if hides == Hides::Nothing {
        return None;
    }
    let misread = if key != ITEMS {
        Misread::at(&[key], "there is no such key in a list; write `items`")
    } else if kind.is_empty() {
        Misread::whole("it has `items` and no `kind`; write `kind: List`")
    } else if items.is_none() {
        Misread::whole("it is a list without `items`")
    } else {
        Misread::at(&["kind"], format!("`{kind}` is no kind of a list; write `List`"))
    };
    Some(Finding { why: Why::Nameless, hides, misread })
}

/// Tells whether a kind is one of lists of objects that are read, or a slip of one.
fn is_list(kind: &str, kinds: &[Kind]) -> bool {
    kind.eq_ignore_ascii_case(LIST)
        || kind.strip_suffix(LIST).is_some_and(|of| kinds.iter().any(|kind| kind.kind == of))
}

/// Returns what a list may have.
fn hidden(kind: &str, items: Option<&[Value]>, kinds: &[Kind]) -> Hides {
    let mut named = BTreeSet::new();
    let mut note = |word: &str| {
        let of = kinds.iter().filter(|kind| kind.kind.eq_ignore_ascii_case(word));
        named.extend(of.map(Kind::id));
    };
    if let Some(of) = kind.strip_suffix(LIST).filter(|rest| !rest.is_empty()) {
        note(of);
    }
    let mut is_open = items.is_none();
    for item in items.unwrap_or_default() {
        match item.get("kind").and_then(Value::as_str) {
            Some(kind) => note(kind),
            None => is_open = true,
        }
    }
    match named {
        some if !some.is_empty() => Hides::Kinds(some),
        _ if is_open => Hides::Kinds(kinds.iter().map(Kind::id).collect::<BTreeSet<KindId>>()),
        _ => Hides::Nothing,
    }
}
