//! Which objects a template would give, as far as it says so itself.

use super::super::documents::{self, Content};
use super::{Finding, Hides, Validated, Why};
use controller_sources::objects::{Kind, Misread, ObjectKey};

/// Marks between which a tool puts something else: how they open and close, and whether what comes
/// in their place is a value for sure. Go and Jinja, Jinja, ERB.
const MARKS: [(&str, &str, bool); 4] =
    [("{{", "}}", true), ("{%", "%}", false), ("<%=", "%>", true), ("<%", "%>", false)];

/// Stands for a value that a tool puts in its place.
const VALUE: &str = "$value";

/// Tells whether a text is rendered before anyone reads it.
pub(super) fn is_one(text: &str) -> bool {
    MARKS.iter().any(|(opens, ..)| text.contains(opens))
}

/// Returns what a template hides: the objects that say their kind and name, whatever else is filled
/// in; nothing when it says none.
pub(super) fn validate(text: &str, plain: Option<ObjectKey>, kinds: &[Kind]) -> Vec<Finding> {
    let finding = |hides| Finding {
        why: Why::Template,
        hides,
        misread: Misread::whole("it is a template, which is rendered before anyone can read it"),
    };
    let text = filled(text);
    let mut found: Vec<ObjectKey> = plain.into_iter().collect();
    for document in documents::parse(&text, false) {
        let Content::Values(items) = document.content else { continue };
        let objects = items.into_iter().filter_map(|item| {
            match super::validate(
                item.value,
                item.repeats.as_ref().map(|repeat| repeat.key.as_str()),
                kinds,
            ) {
                Validated::Object(key, _)
                | Validated::Not(Finding { hides: Hides::Object(key), .. }) => Some(key),
                Validated::Not(_) | Validated::Unread(_) => None,
            }
        });
        found.extend(objects);
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        return vec![finding(Hides::Nothing)];
    }
    found.into_iter().map(|key| finding(Hides::Object(key))).collect()
}

/// Returns a template with something in the place of each mark.
fn filled(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    // Whether nothing has been written on the line yet.
    let mut is_blank = true;
    while let Some(at) = rest.find(['{', '<']) {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        is_blank = match before.rsplit_once('\n') {
            Some((_, line)) => line.trim().is_empty(),
            None => is_blank && before.trim().is_empty(),
        };
        let mark = MARKS.iter().find(|(opens, ..)| from.starts_with(opens));
        let Some((opens, closes, is_value)) = mark else {
            let (one, after) = from.split_at(1);
            filled.push_str(one);
            (rest, is_blank) = (after, false);
            continue;
        };
        let inner = from.get(opens.len()..).unwrap_or_default();
        let Some((_, after)) = inner.split_once(closes) else {
            rest = from;
            break;
        };
        // What stands alone on its line may become any lines, or none.
        let next = after.trim_start_matches([' ', '\t', '\r']);
        let is_alone = is_blank && (next.is_empty() || next.starts_with('\n'));
        if *is_value && !is_alone {
            filled.push_str(VALUE);
            is_blank = false;
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_leaves_a_value_and_none_where_it_is_alone_on_its_line() {
        for (text, expected) in [
            ("a: b\n", "a: b\n"),
            (
                "a: {{ .A }}\n{{- if .B }}\nb: {c: {{ .C }}}\n  {{ end }}  ",
                "a: $value\n\nb: {c: $value}\n    ",
            ),
            ("{% if a %}a: {{ a }}{% endif %}", "a: $value"),
            ("a: <%= b %>\n<% c %>\nd: 1 < 2", "a: $value\n\nd: 1 < 2"),
            (r#"{"a": {{ .A }}, "b": {}}"#, r#"{"a": $value, "b": {}}"#),
            ("a: {{ .A\nb: c", "a: {{ .A\nb: c"),
        ] {
            assert_eq!(filled(text), expected);
        }
    }
}
