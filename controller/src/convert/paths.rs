//! Values that are given by path, as `helm --set` and Terraform's `set` have them.

use serde_json::{Map, Value, json};

/// Puts what `path=value` says into values; `is_text` leaves the value as it is written.
pub(super) fn set(values: &mut Map<String, Value>, path: &str, value: &str, is_text: bool) {
    let value = if is_text { json!(unescaped(value)) } else { read(value) };
    put_at(values, path, value);
}

/// Puts a value at a path.
pub(super) fn put_at(values: &mut Map<String, Value>, path: &str, value: Value) {
    let mut place = Value::Object(std::mem::take(values));
    put(&mut place, &steps(path), value);
    if let Value::Object(map) = place {
        *values = map;
    }
}

/// Splits the argument of one `--set`, in which commas stand between several; what is none is an error.
pub(super) fn assignments(text: &str) -> Vec<Result<(String, String), String>> {
    let mut parts = vec![String::new()];
    let (mut depth, mut is_escaped) = (0_usize, false);
    for letter in text.chars() {
        let part = match (letter, is_escaped, depth) {
            (',', false, 0) => {
                parts.push(String::new());
                continue;
            }
            ('{', false, _) => {
                depth = depth.saturating_add(1);
                parts.last_mut()
            }
            ('}', false, _) => {
                depth = depth.saturating_sub(1);
                parts.last_mut()
            }
            _ => parts.last_mut(),
        };
        is_escaped = letter == '\\' && !is_escaped;
        if let Some(part) = part {
            part.push(letter);
        }
    }
    let pair = |part: String| match part.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok((path.trim().to_owned(), value.to_owned()))
        }
        _ => Err(part),
    };
    // A comma at the end begins nothing.
    parts.into_iter().filter(|part| !part.trim().is_empty()).map(pair).collect()
}

/// Returns a text without the backslashes before what would mean something else.
fn unescaped(text: &str) -> String {
    text.replace("\\,", ",").replace("\\.", ".")
}

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

/// How many items a list may have that is made by its index, as in Helm.
const MAX_ITEMS: usize = 65_536;

/// How far behind its end an item may be put into a list: what lies between is made, for a few letters of a path.
const MOST_AHEAD: usize = 64;

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => key.extend(letters.next()),
            '.' => {
                if !key.is_empty() {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                }
            }
            '[' => {
                if !key.is_empty() {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                }
                let index: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                match index.parse::<usize>() {
                    Ok(index) if index < MAX_ITEMS => steps.push(Step::Item(index)),
                    Ok(_) | Err(_) => steps.push(Step::Key(index)),
                }
            }
            letter => key.push(letter),
        }
    }
    if !key.is_empty() {
        steps.push(Step::Key(key));
    }
    steps
}

fn put(place: &mut Value, steps: &[Step], value: Value) {
    match steps {
        [] => *place = value,
        [Step::Key(key), rest @ ..] => {
            if !place.is_object() {
                *place = json!({});
            }
            if let Value::Object(map) = place {
                put(map.entry(key.as_str()).or_insert(Value::Null), rest, value);
            }
        }
        [Step::Item(index), rest @ ..] => {
            let length = place.as_array().map_or(0, Vec::len);
            if *index > length.saturating_add(MOST_AHEAD) {
                // It stands apart, as a key that is not known.
                let apart = [Step::Key(index.to_string())];
                let mut inner = Value::Null;
                put(&mut inner, rest, value);
                return put(place, &apart, inner);
            }
            if !place.is_array() {
                *place = json!([]);
            }
            if let Value::Array(list) = place {
                if list.len() <= *index {
                    list.resize(index.saturating_add(1), Value::Null);
                }
                if let Some(item) = list.get_mut(*index) {
                    put(item, rest, value);
                }
            }
        }
    }
}

/// Reads a value: lists in braces, truth values, whole numbers, `null`, and texts.
fn read(text: &str) -> Value {
    if let Some(list) = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        return items.map(read).collect();
    }
    match text {
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        _ => match text.parse::<i64>() {
            Ok(number) if text == "0" || !text.starts_with('0') => json!(number),
            Ok(_) | Err(_) => json!(unescaped(text)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_helm_does() {
        let mut values = Map::new();
        for (path, value) in assignments(
            r"provider=aws,domainFilters={a.org,b.org},domainFilters[2]=c.org,a\.b.c=01,env[0].name=X,env[0].value=7,x=null,y=a\,b",
        )
        .into_iter()
        .map(Result::unwrap)
        {
            set(&mut values, &path, &value, false);
        }
        let expected = json!({
            "provider": "aws", "domainFilters": ["a.org", "b.org", "c.org"], "a.b": {"c": "01"},
            "env": [{"name": "X", "value": 7}], "x": null, "y": "a,b",
        });
        assert_eq!(Value::Object(values), expected);
    }

    #[test]
    fn what_is_no_assignment_is_given_back() {
        assert_eq!(
            assignments("a=1,b,=c,"),
            [Ok(("a".to_owned(), "1".to_owned())), Err("b".to_owned()), Err("=c".to_owned())]
        );
    }
}
