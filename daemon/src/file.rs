//! The file that `--config` names: flags by their names, as further arguments.
//!
//! A key is a flag without its dashes, a list is for a flag that can be repeated, and a scalar means
//! what its text means on the command line: `0123` is those four characters, and `1m` is a minute.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::guards::is_blank;

/// One key of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag, without dashes.
    pub flag: String,
    values: Vec<String>,
    is_list: bool,
}

/// What is wrong with a file without a key: taken, it would turn off every guard that was in it.
const NO_KEY: &str = "it sets no flag to a value, as a file does that was emptied or cut by mistake; write at least one \
                      `flag: value` into it, or leave `--config` out";

/// Reads the file's text; a key without a value [says nothing](Setting::says_nothing).
///
/// # Errors
///
/// Returns what is wrong with the text, such as that there is no key in it: that is no configuration.
pub fn settings(text: &str) -> Result<Vec<Setting>, String> {
    let said =
        text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    if !said {
        return Err(NO_KEY.to_owned());
    }
    // For people: what its own words advise is for programs that read YAML.
    let wrong = |error: serde_saphyr::Error| {
        error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter)
    };
    let shape: Value = serde_saphyr::from_str(text).map_err(wrong)?;
    let shape = match shape {
        Value::Object(shape) if shape.is_empty() => return Err(NO_KEY.to_owned()),
        Value::Object(shape) => shape,
        Value::Null => return Err(NO_KEY.to_owned()),
        _ => return Err("it is not a list of `flag: value`".to_owned()),
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
    let settings = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        Texts(&shapes).deserialize(deserializer)
    });
    let settings: Vec<Setting> = settings.map_err(wrong)?;
    // As of a file that was cut behind its first key.
    if settings.iter().all(Setting::says_nothing) {
        return Err(NO_KEY.to_owned());
    }
    Ok(settings)
}

impl Setting {
    /// Returns the argument of `command` that is set; `None` when the command has none of that name.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the key: some flags cannot stand in a file, some take no list.
    pub fn argument<'a>(
        &self,
        command: &'a clap::Command,
    ) -> Result<Option<&'a clap::Arg>, String> {
        let Self { flag, values: _, is_list } = self;
        let bare = flag.trim();
        if bare != flag {
            return Err(format!("the key `{flag}` has a blank around it; write `{bare}`"));
        }
        if ["config", "help", "version"].contains(&flag.as_str()) {
            return Err(format!("`{flag}` cannot be set in the file"));
        }
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(flag));
        let takes_list =
            |argument: &clap::Arg| matches!(argument.get_action(), clap::ArgAction::Append);
        match argument {
            Some(argument) if *is_list && !takes_list(argument) => {
                Err(format!("`{flag}` takes one value and not a list"))
            }
            argument => Ok(argument),
        }
    }

    /// Tells whether the key has no value, or a list of none: it counts as left out.
    pub fn says_nothing(&self) -> bool {
        self.values.is_empty()
    }

    /// Tells whether the key has no value, or none but [blank](is_blank) ones.
    pub(crate) fn is_blank(&self) -> bool {
        is_blank(&self.values)
    }

    /// Returns the words that say the same on a command line.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|value| format!("--{}={value}", self.flag))
    }

    /// Returns the flag as a word: for the grammar to complain of, which names the nearest flag.
    pub fn unknown(&self) -> String {
        format!("--{}", self.flag)
    }
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
                Some(Shape::Nothing) => {
                    map.next_value::<IgnoredAny>()?;
                    (Vec::new(), false)
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            settings.push(Setting { flag, values, is_list });
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_file_is_said_to_people() {
        for text in [
            "a: 1\na: 2",
            "a: 1\n---\nb: 2",
            "a: [b",
            "a: *b",
            "a: &a [*a]",
            "a: \"b",
            "a: b\n  c: d",
            "? [a]\n: b",
            "a: !!int b",
            "a: &x 1\n<<: *y",
            "a: {b: c}",
            "- a",
            "a: |\n\tb\n c",
            "@a: b",
            "a: 'b'c",
        ] {
            let Err(told) = settings(text) else { continue };
            println!("{told}");
            let is_for_programs = |word: &str| told.contains(word);
            assert!(
                !["_", "Policy", "Options", "recursion types"].into_iter().any(is_for_programs),
                "{text:?}: {told}"
            );
        }
    }

    #[test]
    fn a_file_that_sets_no_flag_is_no_configuration() {
        for text in [
            "",
            "\n",
            " \t\n\r\n",
            "# domain-filter: example.com\n",
            "---",
            "---\n",
            "---\n# only this\n...\n",
            "%YAML 1.2\n---\n",
            "null",
            "~\n",
            "!!null\n",
            "{}",
            "{ }\n",
            "--- {}\n",
            "\u{feff}",
            "\u{feff}---\n",
            "log-level:",
            "events: []\n\"\":\n",
            "doman-filter: ~\n",
        ] {
            let told = settings(text).expect_err(text);
            assert!(told.contains("sets no flag to a value"), "{text:?}: {told}");
        }
        // What is cut within a value makes no sense, either.
        for text in ["\0", "\0\0\0\0", "[]", "domain-filter", "domain-filter: [a", "a: 'b"] {
            assert!(settings(text).is_err(), "{text:?}");
        }
        assert_eq!(settings("---\n# some\npolicy: sync").unwrap().len(), 1);
    }
}
