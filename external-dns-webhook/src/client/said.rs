//! What a provider says of a failure, as a sentence: neither JSON nor a page has a place in one.

use serde_json::{Deserializer, Value};

/// Members of an object that say what is wrong, as they are read: `title` and `detail` are those of RFC 9457.
const TELLING: [&str; 6] = ["error", "title", "message", "msg", "detail", "description"];

/// How many texts of a list are told.
const MOST: usize = 3;

/// How often JSON may stand as a text in JSON.
const DEPTH: usize = 4;

/// Returns the text of a failure's body.
pub(super) fn said(body: &[u8]) -> String {
    sentence(&String::from_utf8_lossy(body), DEPTH)
}

/// Returns `text` with what its JSON says in the place of the JSON, and of a page the title.
fn sentence(text: &str, depth: usize) -> String {
    let text = text.trim();
    let Some(depth) = depth.checked_sub(1) else { return String::new() };
    if text.starts_with('<') {
        return of_page(text);
    }
    let begin = if text.starts_with(['[', '"']) { Some(0) } else { text.find('{') };
    let Some((before, json)) = begin.and_then(|begin| text.split_at_checked(begin)) else {
        return text.to_owned();
    };
    let mut values = Deserializer::from_str(json).into_iter::<Value>();
    let Some(Ok(value)) = values.next() else { return text.to_owned() };
    let after = json.get(values.byte_offset()..).unwrap_or_default();
    let told = of_value(&value, depth);
    [before, &told, after].map(str::trim).into_iter().filter(|part| !part.is_empty()).fold(
        String::new(),
        |all, part| if all.is_empty() { part.to_owned() } else { format!("{all} {part}") },
    )
}

fn of_value(value: &Value, depth: usize) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
        Value::String(text) => sentence(text, depth),
        Value::Array(values) => joined(values.iter(), "; ", depth),
        Value::Object(members) => {
            let named =
                |name: &&str| members.iter().find(|(member, _)| member.eq_ignore_ascii_case(name));
            let telling = TELLING.iter().filter_map(named).map(|(_, value)| value);
            match joined(telling, ": ", depth) {
                nothing if nothing.is_empty() => joined(members.values(), ", ", depth),
                told => told,
            }
        }
    }
}

/// Returns what `values` say, and nothing twice.
fn joined<'a>(values: impl Iterator<Item = &'a Value>, between: &str, depth: usize) -> String {
    let mut all = String::new();
    let said = values.map(|value| of_value(value, depth)).filter(|text| !text.is_empty());
    for text in said.take(MOST) {
        if all.is_empty() {
            all = text;
        } else if !all.contains(&text) {
            all = format!("{all}{between}{text}");
        }
    }
    all
}

/// Returns the title of an HTML page, or its text.
fn of_page(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = || {
        let begin = lower.find("<title>")? + "<title>".len();
        let length = lower.get(begin..)?.find("</title>")?;
        page.get(begin..begin + length)
    };
    let shown = title().filter(|title| !title.trim().is_empty()).unwrap_or(page);
    let mut text = String::new();
    let mut is_tag = false;
    for char in shown.chars() {
        match char {
            '<' => {
                is_tag = true;
                text.push(' ');
            }
            '>' => is_tag = false,
            _ if is_tag => {}
            _ => text.push(char),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_provider_says_is_a_sentence_whatever_form_it_has() {
        for (body, text) in [
            ("", ""),
            (" slow down \n", "slow down"),
            (r#"{"error":"no such zone"}"#, "no such zone"),
            (r#"{"error":"no such zone","refused":[{"name":"a"}]}"#, "no such zone"),
            (r#"{"status":403,"error":"Forbidden","message":"not yours"}"#, "Forbidden: not yours"),
            (r#"{"error":{"code":403,"message":"denied","status":"DENIED"}}"#, "denied"),
            (r#"{"errors":[{"Message":"first"},{"message":"second"}]}"#, "first; second"),
            (r#"{"type":"about:blank","title":"Late","detail":"Too late"}"#, "Late: Too late"),
            (r#"{"error":"{\"message\":\"inside\"}"}"#, "inside"),
            (r#"upstream said {"message":"no"} (code 7)"#, "upstream said no (code 7)"),
            (r#"{"code":7,"why":"because","ok":false}"#, "because"),
            (r#""quoted""#, "quoted"),
            ("null", "null"),
            ("{not json}", "{not json}"),
            (r#"{"code":7}"#, ""),
            (
                "<html><head><title>502 Bad Gateway</title></head><body>x</body></html>",
                "502 Bad Gateway",
            ),
            ("<!DOCTYPE html><p>Be\nright back</p>", "Be right back"),
        ] {
            assert_eq!(said(body.as_bytes()), text, "{body}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            "[a-z ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("error|message|[a-z]{1,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_is_left_of_an_answer_in_json(answer in json()) {
            let bare = !answer.is_object() && !answer.is_array();
            let text = said(answer.to_string().as_bytes());
            prop_assert!(bare || !text.contains(['{', '}', '[', ']', '"']), "{text}");
        }
    }
}
