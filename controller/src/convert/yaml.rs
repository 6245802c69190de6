//! YAML as the tools of Helm and Kubernetes read it: of a key that stands twice the last one counts.
//!
//! What they make of a number with a leading zero depends on where it goes, so it stays apart: it is read as
//! one with a fraction of nothing.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;

use super::Weight;
use super::draft::Draft;

/// How many values aliases may repeat.
const MOST_REPEATED: usize = 1_000_000;

/// Reads all documents of a text; keys that stand twice are told, under `place` if they are not at the top.
///
/// # Errors
///
/// Returns where the text is no YAML.
pub(super) fn documents(
    draft: &mut Draft,
    place: &str,
    text: &str,
) -> Result<Vec<Value>, serde_saphyr::Error> {
    // What there is of everything is bounded by the bytes that were read, and what aliases add by itself: a `kustomize
    // build` of all that a cluster has prints tens of thousands of documents.
    let most = text.len().saturating_mul(2).saturating_add(MOST_REPEATED);
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        budget: serde_saphyr::budget! {
            max_documents: most,
            max_events: most,
            max_nodes: most,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
        },
    };
    let read = serde_saphyr::from_multiple_with_options::<Read>(text, options)?;
    let mut values = Vec::new();
    for Read { value, twice } in read {
        for inner in twice {
            let at = if place.is_empty() { inner } else { format!("{place}: {inner}") };
            draft.say(
                Weight::Note,
                &at,
                "it stands there twice, and the last one counts, as Helm has it; take the other one out",
            );
        }
        draft.secrets.note(&value);
        values.push(value);
    }
    Ok(values)
}

/// A value, and where keys stand twice in it.
struct Read {
    value: Value,
    twice: Vec<String>,
}

impl From<Value> for Read {
    fn from(value: Value) -> Self {
        Self { value, twice: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadVisitor)
    }
}

struct ReadVisitor;

impl<'de> Visitor<'de> for ReadVisitor {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read, E> {
        Ok(Value::Bool(value).into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number).into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Read, E> {
        Ok(Value::from(value).into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Read, E> {
        Ok(Value::String(value).into())
    }

    fn visit_unit<E: Error>(self) -> Result<Read, E> {
        Ok(Value::Null.into())
    }

    fn visit_none<E: Error>(self) -> Result<Read, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        Read::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Read, D::Error> {
        Read::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
        let (mut values, mut twice) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element::<Read>()? {
            let at = values.len();
            twice.extend(item.twice.into_iter().map(|inner| match inner.strip_prefix('[') {
                Some(_) => format!("[{at}]{inner}"),
                None => format!("[{at}].{inner}"),
            }));
            values.push(item.value);
        }
        Ok(Read { value: Value::Array(values), twice })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Read, A::Error> {
        let (mut map, mut twice) = (Map::new(), Vec::new());
        let mut known = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let entry = entries.next_value::<Read>()?;
            twice.extend(entry.twice.into_iter().map(|inner| match inner.strip_prefix('[') {
                Some(_) => format!("{key}{inner}"),
                None => format!("{key}.{inner}"),
            }));
            if map.insert(key.clone(), entry.value).is_some() && known.insert(key.clone()) {
                twice.push(key);
            }
        }
        Ok(Read { value: Value::Object(map), twice })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> (Vec<Value>, Vec<String>) {
        let mut draft = Draft::default();
        let values = documents(&mut draft, "", text).unwrap();
        (values, draft.finish().remarks.into_iter().map(|remark| remark.place).collect())
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_one_counts_and_it_is_told() {
        let text =
            "a: 1\nb: {c: [{d: 1, d: 2}], c: [[{e: 1, e: 2}]]}\na: [x]\n---\nf: 1\nf: 2\nf: 3\n";
        let (values, places) = read(text);
        assert_eq!(values, [json!({"a": ["x"], "b": {"c": [[{"e": 2}]]}}), json!({"f": 3})]);
        for place in ["a", "b.c", "b.c[0].d", "b.c[0][0].e", "f"] {
            assert_eq!(
                places.iter().filter(|other| *other == place).count(),
                1,
                "{place} {places:?}"
            );
        }
    }

    #[test]
    fn as_many_documents_are_read_as_a_text_has() {
        let (values, _) = read(
            &"---\nmetadata: {name: a, labels: {b: c}}\nspec: {d: [1, 2, 3]}\n".repeat(30_000),
        );
        assert_eq!(values.len(), 30_000);
        assert_eq!(values.last(), values.first());
    }

    #[test]
    fn what_aliases_repeat_has_an_end() {
        let double = |number: usize| format!("a{number}: &a{number} [*a{0}, *a{0}]\n", number - 1);
        let doubled = (1..40).map(double).collect::<Vec<_>>().concat();
        let text = format!("a0: &a0 [x]\n{doubled}");
        assert!(documents(&mut Draft::default(), "", &text).is_err());
    }

    #[test]
    fn what_is_no_key_twice_is_read_as_ever() {
        let text = "base: &b {a: 1, b: x}\nmade: {<<: *b, a: 2}\n8080: ~\nno: 1.5\nlong: 18446744073709551615\n\
                    minus: -1\nmode: 0400\n";
        let (values, places) = read(text);
        assert_eq!(
            values,
            [json!({
                "base": {"a": 1, "b": "x"}, "made": {"a": 2, "b": "x"}, "8080": null, "no": 1.5,
                "long": u64::MAX, "minus": -1, "mode": 400.0,
            })]
        );
        assert!(!places.iter().any(|place| place.contains("made")), "{places:?}");
    }
}
