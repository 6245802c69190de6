//! The file that `--config` names: flags by their names, as further arguments.
//!
//! A key is a flag without its dashes, a list is for a flag that can be repeated, and a scalar means
//! what its text means on the command line: `0123` is those four characters, and `1m` is a minute.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// One key of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The flag, without dashes.
    pub(super) flag: String,
    values: Vec<String>,
    is_list: bool,
}

/// Reads the file's text; a key without a value counts as left out.
///
/// # Errors
///
/// Returns what is wrong with the text.
pub(super) fn settings(text: &str) -> Result<Vec<Setting>, String> {
    let said = text.lines().any(|it| !it.trim().is_empty() && !it.trim_start().starts_with('#'));
    if !said {
        return Ok(Vec::new());
    }
    let wrong = |error: serde_saphyr::Error| error.without_snippet().to_string();
    let shape: Value = serde_saphyr::from_str(text).map_err(wrong)?;
    let Value::Object(shape) = shape else {
        return Err("it is not a list of `flag: value`".to_owned());
    };
    let mut shapes = BTreeMap::new();
    for (key, value) in shape {
        let shape = match value {
            Value::Null => Shape::Nothing,
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Shape::One,
            Value::Array(values) if values.iter().all(is_scalar) => Shape::List,
            Value::Array(_) | Value::Object(_) => {
                return Err(format!("`{key}` must be a value or a list of values"));
            }
        };
        shapes.insert(key, shape);
    }
    // Read again, for the texts as they stand: a number's text says more than the number.
    serde_saphyr::with_deserializer_from_str(text, |it| Texts(&shapes).deserialize(it))
        .map_err(wrong)
}

/// Returns the arguments that the file adds to those of the command line and the variables, which
/// `matches` has.
///
/// # Errors
///
/// Returns what is wrong with a key.
pub(super) fn arguments(
    command: &clap::Command,
    matches: &ArgMatches,
    settings: &[Setting],
) -> Result<Vec<OsString>, String> {
    let mut added = Vec::new();
    for Setting { flag, values, is_list } in settings {
        if ["config", "help", "version"].contains(&flag.as_str()) {
            return Err(format!("`{flag}` cannot be set in the file"));
        }
        let Some(argument) = command.get_arguments().find(|it| it.get_long() == Some(flag)) else {
            // The grammar's own complaint names the nearest flag.
            added.push(format!("--{flag}").into());
            continue;
        };
        if *is_list && !matches!(argument.get_action(), clap::ArgAction::Append) {
            return Err(format!("`{flag}` takes one value and not a list"));
        }
        let is_given = matches!(
            matches.value_source(argument.get_id().as_str()),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        );
        if !is_given {
            added.extend(values.iter().map(|value| format!("--{flag}={value}").into()));
        }
    }
    Ok(added)
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Array(_) | Value::Object(_))
}

#[derive(Clone, Copy)]
enum Shape {
    Nothing,
    One,
    List,
}

/// Reads the values of a map as texts, one or a list as `Shape` says.
struct Texts<'a>(&'a BTreeMap<String, Shape>);

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = Vec<Setting>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = Vec<Setting>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flags and their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut settings = Vec::new();
        while let Some(flag) = map.next_key::<String>()? {
            let (values, is_list) = match self.0.get(&flag) {
                Some(Shape::One) => (vec![map.next_value()?], false),
                Some(Shape::List) => (map.next_value()?, true),
                Some(Shape::Nothing) | None => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            settings.push(Setting { flag, values, is_list });
        }
        Ok(settings)
    }
}
