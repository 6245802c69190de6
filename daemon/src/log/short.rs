//! How long a value in the log may be: others choose many of them, and a record of 64 kB is no line.

use std::borrow::Cow;

use serde_json::Value;

/// Longest value in the log, in characters.
const LONGEST_VALUE: usize = 1_000;

/// Returns the beginning of a text, and how much was left out.
pub fn shortened(text: &str) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(LONGEST_VALUE) else { return text.into() };
    let (shown, cut) = text.split_at(end);
    format!("{shown}… ({} more)", cut.chars().count()).into()
}

/// Cuts every long value.
pub(super) fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => *text = shortened(text).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(values) => values.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_between_characters_and_says_by_how_much() {
        for text in [String::new(), "short".to_owned(), "ä".repeat(LONGEST_VALUE)] {
            assert_eq!(shortened(&text), text);
        }
        let long = "ä".repeat(LONGEST_VALUE + 3_000);
        assert_eq!(shortened(&long), "ä".repeat(LONGEST_VALUE) + "… (3000 more)");
        let mut value = serde_json::json!({ "a": [long], "n": 1 });
        shorten(&mut value);
        assert_eq!(value["a"][0], "ä".repeat(LONGEST_VALUE) + "… (3000 more)");
    }
}
