//! What is wrong with an object that cannot be read, and at which key.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::golang::{Golang, Reading};

/// One step of the way to a value inside an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of a list, counted from 0.
    Index(usize),
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The way to the value that is wrong; empty when it is about the whole object.
    pub path: Vec<Step>,
    /// What is wrong with it, and what to write instead where that is plain.
    pub error: String,
}

/// The way to a value as people write it: `spec.ports[0].port`.
pub struct KeyPath<'a>(pub &'a [Step]);

impl Misread {
    /// Returns an error about the whole object.
    pub fn whole(error: impl Into<String>) -> Self {
        Self { path: Vec::new(), error: error.into() }
    }

    /// Returns an error about the value of one key.
    pub fn at(path: &[&str], error: impl Into<String>) -> Self {
        let path = path.iter().map(|key| Step::Key((*key).to_owned())).collect();
        Self { path, error: error.into() }
    }
}

/// Reads `value` as a `T`; keys that lead to it are in `above`.
///
/// # Errors
///
/// The key whose value has another type than `T` wants there, or the map in which one is a slip.
pub(super) fn read<T: DeserializeOwned>(
    value: Value,
    above: &[&str],
    reading: Reading,
) -> Result<T, Misread> {
    serde_path_to_error::deserialize(Golang::new(value, reading)).map_err(|error| {
        let mut path: Vec<Step> = above.iter().map(|key| Step::Key((*key).to_owned())).collect();
        path.extend(error.path().iter().filter_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(Step::Key(key.clone())),
            serde_path_to_error::Segment::Seq { index } => Some(Step::Index(*index)),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => {
                None
            }
        }));
        let error = error.into_inner().to_string();
        let is_unquoted = error.contains("expected a string")
            && ["boolean", "integer", "floating"].iter().any(|word| error.contains(word));
        let next = if is_unquoted { "; put it in quotes" } else { "" };
        Misread { path, error: format!("{error}{next}") }
    })
}

impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                // A key with a dot in it would read as two.
                Step::Key(key) if key.contains(['.', '/', '[', ' ']) => write!(f, "[{key:?}]")?,
                Step::Key(key) if number == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl From<&str> for Misread {
    fn from(error: &str) -> Self {
        Self::whole(error)
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, error } = self;
        if path.is_empty() {
            return f.write_str(error);
        }
        write!(f, "`{}`: {error}", KeyPath(path))
    }
}

impl std::error::Error for Misread {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::objects::Raw;

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_its_key_and_the_next_step() {
        let object = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "web", "annotations": { "backup.example.org/enabled": true } },
        });
        let misread = Raw::from_value(object).unwrap_err().to_string();
        assert_eq!(
            misread,
            "`metadata.annotations[\"backup.example.org/enabled\"]`: invalid type: boolean `true`, \
             expected a string; put it in quotes"
        );
    }
}
