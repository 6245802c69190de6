//! Reads a value as the Go types of Kubernetes do, which say what a `null` is.
//!
//! In a struct a `null` is as if the key were not there. Where a text belongs it is the empty text, and
//! a flag is not set: so it is in a list and as the value of an annotation, where it must not vanish.
//! A map is never read from a list, whatever stands in it.
//!
//! What the user wrote is read with more care: a slip in a key that is read must not take
//! away what it says. The API server refuses or drops such a key, so from there it never comes.

use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Error as _, IntoDeserializer, Visitor};
use serde_json::{Error, Map, Value};

/// A value to be read as Go would.
pub(super) struct Golang {
    value: Value,
    reading: Reading,
}

/// How keys are read that mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// They are passed over.
    Served,
    /// One that is a slip of a key that is read, and stands in its place, is an error.
    Written,
}

/// Part of an object that programs write.
const STATUS: &str = "status";

impl Golang {
    /// Returns `value` to be read in this way.
    pub(super) fn new(value: Value, reading: Reading) -> Self {
        Self { value, reading }
    }
}

impl IntoDeserializer<'_, Error> for Golang {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn list<'de, V: Visitor<'de>>(
    list: Vec<Value>,
    reading: Reading,
    visitor: V,
) -> Result<V::Value, Error> {
    let list = list.into_iter().map(|value| Golang { value, reading });
    let mut list = SeqDeserializer::new(list);
    let value = visitor.visit_seq(&mut list)?;
    list.end()?;
    Ok(value)
}

fn map<'de, V: Visitor<'de>>(
    map: Map<String, Value>,
    reading: Reading,
    visitor: V,
) -> Result<V::Value, Error> {
    let members = map.into_iter().map(|(key, value)| {
        let reading = if key == STATUS { Reading::Served } else { reading };
        (key, Golang { value, reading })
    });
    let mut map = MapDeserializer::new(members);
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

/// Refuses a key that is a slip of one of `fields`, which is not there.
fn validate_keys(members: &Map<String, Value>, fields: &[&'static str]) -> Result<(), Error> {
    let is_missing = |field: &&'static str| !members.contains_key(*field);
    for key in members.keys().filter(|key| !fields.contains(&key.as_str())) {
        if let Some(meant) =
            external_dns_webhook::nearest(key, fields.iter().copied().filter(is_missing))
        {
            let error = format!("there is no `{key}` here; did you mean `{meant}`?");
            return Err(Error::custom(error));
        }
    }
    Ok(())
}

/// Says what stands where a map belongs.
fn no_map(found: &str) -> Error {
    Error::custom(format!("{found} stands where a map belongs"))
}

macro_rules! scalars {
    ($($method:ident)+) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.value {
                Value::Null => visitor.visit_u64(0),
                value => Self { value, ..self }.deserialize_any(visitor),
            }
        }
    )+ };
}

impl<'de> Deserializer<'de> for Golang {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(values) => list(values, self.reading, visitor),
            Value::Object(members) => map(members, self.reading, visitor),
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::String(text) => visitor.visit_string(text),
            Value::Number(number) => number.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self { value, ..self }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_bool(false),
            value => Self { value, ..self }.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_str(""),
            value => Self { value, ..self }.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    scalars! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => list(Vec::new(), self.reading, visitor),
            value => Self { value, ..self }.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(mut members) => {
                members.retain(|_, member| !member.is_null());
                if self.reading == Reading::Written {
                    validate_keys(&members, fields)?;
                }
                map(members, self.reading, visitor)
            }
            Value::Null => Err(no_map("a null")),
            Value::Array(_) => Err(no_map("a list")),
            value @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Self { value, ..self }.deserialize_any(visitor)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            text @ Value::String(_) => text.deserialize_enum(name, variants, visitor),
            value => Self { value, ..self }.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::objects::Pairs;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        names: Vec<String>,
        is_on: bool,
        count: i64,
        pairs: Pairs,
        below: Option<Box<Self>>,
        each: Vec<Self>,
    }

    fn read(value: Value) -> Result<Inner, Error> {
        Inner::deserialize(Golang::new(value, Reading::Served))
    }

    #[test]
    fn a_null_is_absent_in_a_struct_and_empty_elsewhere() {
        let nothing = json!({ "names": null, "is_on": null, "count": null, "pairs": null,
            "below": null, "each": null });
        assert_eq!(read(nothing).unwrap(), Inner::default());
        let inner =
            read(json!({ "names": ["a", null, ""], "pairs": { "a": null, "b": "2" } })).unwrap();
        assert_eq!(inner.names, ["a", "", ""]);
        assert_eq!(inner.pairs.iter().collect::<Vec<_>>(), [("a", ""), ("b", "2")]);
        let inner = read(json!({ "below": { "count": 3, "is_on": true } })).unwrap();
        assert_eq!(inner.below.map(|inner| (inner.count, inner.is_on)), Some((3, true)));
    }

    #[test]
    fn no_map_is_read_from_a_list_or_a_null_in_one() {
        for value in [
            json!([]),
            json!([["a"], true]),
            json!({ "below": [] }),
            json!({ "below": [["a"]] }),
            json!({ "each": [[]] }),
            json!({ "each": [{}, [["a"]]] }),
            json!({ "each": [null] }),
        ] {
            let error = read(value.clone()).unwrap_err().to_string();
            assert!(error.contains("stands where a map belongs"), "{value}: {error}");
        }
        for value in [
            json!("x"),
            json!({ "names": {} }),
            json!({ "pairs": [] }),
            json!({ "pairs": ["a", "b"] }),
            json!({ "names": "a" }),
            json!({ "count": "3" }),
        ] {
            let error = read(value.clone()).unwrap_err().to_string();
            assert!(error.contains("invalid type"), "{value}: {error}");
        }
    }

    #[test]
    fn a_slip_in_a_key_that_was_written_is_an_error_where_the_key_is_missing() {
        let read = |value: &Value, reading| Inner::deserialize(Golang::new(value.clone(), reading));
        for value in [
            json!({ "name": ["a"] }),
            json!({ "Names": ["a"] }),
            json!({ "below": { "cuont": 1 } }),
            json!({ "each": [{ "count": 1 }, { "Count": 1 }] }),
        ] {
            let error = read(&value, Reading::Written).unwrap_err().to_string();
            assert!(error.contains("did you mean `"), "{value}: {error}");
            read(&value, Reading::Served).unwrap();
        }
        for value in [
            json!({ "names": ["a"], "name": "b" }),
            json!({ "other": 1 }),
            json!({ "name": null }),
            json!({ "pairs": { "name": "b" } }),
            json!({ "status": 1 }),
        ] {
            read(&value, Reading::Written).unwrap();
        }
    }
}
