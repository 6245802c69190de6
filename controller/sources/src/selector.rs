//! Selectors of labels and annotations, in the grammar of `kubectl --selector`.

use std::fmt;

use crate::objects::Pairs;

/// A conjunction of conditions on labels or annotations; empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    text: String,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

/// Why a selector cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a selector: {why}; write conditions such as `app=web,tier in (a, b),!old`"
)]
pub struct InvalidSelector {
    text: String,
    why: String,
}

impl Selector {
    /// Reads a selector of labels ([grammar]).
    ///
    /// # Errors
    ///
    /// A condition cannot be read.
    ///
    /// [grammar]: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    pub fn labels(text: &str) -> Result<Self, InvalidSelector> {
        let invalid = |why: String| InvalidSelector { text: text.to_owned(), why };
        let conditions = requirements(text)
            .into_iter()
            .map(condition)
            .collect::<Result<_, _>>()
            .map_err(invalid)?;
        Ok(Self { text: text.trim().to_owned(), conditions })
    }

    /// Reads a selector of annotations or Gateways: `!=`, `>` and `<` are not known there.
    ///
    /// Compat: the restriction is `ExternalDNS`'s, as is that the values must be ones that a label could
    /// have; lifting it would give old filters new meanings.
    ///
    /// # Errors
    ///
    /// A condition cannot be read, or is not known for annotations.
    pub fn annotations(text: &str) -> Result<Self, InvalidSelector> {
        let selector = Self::labels(text)?;
        for condition in &selector.conditions {
            let why = match &condition.test {
                Test::Above(_) | Test::Below(_) => {
                    Some("`>` and `<` are for labels only".to_owned())
                }
                Test::NotIn(_) if text.contains("!=") => {
                    Some(format!("use `{} notin (…)` instead of `!=`", condition.key))
                }
                Test::In(_) | Test::NotIn(_) | Test::Exists | Test::Absent => None,
            };
            if let Some(why) = why {
                return Err(InvalidSelector { text: text.to_owned(), why });
            }
        }
        Ok(selector)
    }

    /// Tells whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Tells whether the selector has a condition on `key`.
    pub fn mentions(&self, key: &str) -> bool {
        self.conditions.iter().any(|condition| condition.key == key)
    }

    /// Tells whether `pairs` meet every condition.
    pub fn covers(&self, pairs: &Pairs) -> bool {
        self.conditions.iter().all(|condition| condition.matches(pairs.get(&condition.key)))
    }
}

impl Condition {
    fn matches(&self, value: Option<&str>) -> bool {
        let listed = |values: &[String]| {
            value.is_some_and(|value| values.iter().any(|other| other == value))
        };
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => listed(values),
            Test::NotIn(values) => !listed(values),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Splits at commas outside of parentheses.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    });
    let parts: Vec<_> = parts.map(str::trim).collect();
    if parts == [""] { Vec::new() } else { parts }
}

fn condition(text: &str) -> Result<Condition, String> {
    let made = |key: &str, test| {
        let key = key.trim();
        if !is_key(key) {
            return Err(format!("`{key}` is not a key"));
        }
        // No object has such a label: the condition would select nothing, or everything.
        if let Test::In(values) | Test::NotIn(values) = &test
            && let Some(value) = values.iter().find(|value| !is_label_value(value))
        {
            return Err(format!(
                "`{value}` cannot be the value of a label, which has letters, digits, `-`, `_` and \
                 `.` only; test for existence, or leave quotes and placeholders out"
            ));
        }
        Ok(Condition { key: key.to_owned(), test })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = text.strip_prefix('!') {
        return made(key, Test::Absent);
    }
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, Test::NotIn(one(value)));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return made(key, Test::In(one(value)));
    }
    for (sign, test) in [('>', Test::Above as fn(i64) -> Test), ('<', Test::Below)] {
        if let Some((key, value)) = text.split_once(sign) {
            let value = value.trim();
            let limit = value.parse().map_err(|_| format!("`{value}` is not a whole number"))?;
            return made(key, test(limit));
        }
    }
    let Some((key, rest)) = text.split_once(char::is_whitespace) else {
        return made(text, Test::Exists);
    };
    let rest = rest.trim();
    // `notin` first: both begin a word, and only one of them is a prefix of what follows.
    let (test, list) = match (rest.strip_prefix("notin"), rest.strip_prefix("in")) {
        (Some(list), _) => (Test::NotIn as fn(Vec<String>) -> Test, list),
        (None, Some(list)) => (Test::In as fn(Vec<String>) -> Test, list),
        (None, None) => return Err(format!("`{rest}` is neither `in (…)` nor `notin (…)`")),
    };
    let list = list.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let list = list.ok_or_else(|| format!("`{rest}` needs its values in parentheses"))?;
    made(key, test(list.split(',').map(|part| part.trim().to_owned()).collect()))
}

/// Tells whether `key` could be the key of a label.
pub(super) fn is_key(key: &str) -> bool {
    let word =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let (prefix, name) = key.split_once('/').unwrap_or(("x", key));
    !prefix.is_empty()
        && prefix.chars().all(word)
        && (1..=63).contains(&name.len())
        && name.chars().all(word)
}

/// Tells whether `value` could be the value of a label.
pub(super) fn is_label_value(value: &str) -> bool {
    let edge =
        |character: Option<char>| character.is_none_or(|letter| letter.is_ascii_alphanumeric());
    value.len() <= 63
        && value.chars().all(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
        })
        && edge(value.chars().next())
        && edge(value.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(selector: &str, pairs: &[(&str, &str)]) -> bool {
        let pairs = pairs.iter().map(|(key, value)| (*key, *value)).collect();
        Selector::labels(selector).unwrap().covers(&pairs)
    }

    #[test]
    fn the_grammar_is_that_of_kubectl() {
        let web = [("app", "web"), ("n", "7")];
        for yes in ["", "app", "app=web", "app == web", "app in (api, web)", "!gone", "gone!=x"] {
            assert!(covers(yes, &web), "{yes}");
        }
        for no in ["gone", "app=api", "app!=web", "app notin (web)", "!app", "app,gone", "n>7"] {
            assert!(!covers(no, &web), "{no}");
        }
        assert!(covers("n>6,n<8,gone notin (x)", &web));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["app in web", "=x", "a b", "a,,b", "n>x", "a/b/c=1", ","] {
            Selector::labels(bad).unwrap_err();
        }
        // No label has such a value: what is meant is something else, and nothing would be selected.
        for bad in [
            "app=\"web\"",
            "app='web'",
            "app=${APP}",
            "app=$(APP)",
            "app=<no value>",
            "app=a b",
            "app=web;x=y",
            "app!={{ .Release.Name }}",
            "app in (web, WEB!)",
            "app notin (-web)",
        ] {
            let error = Selector::labels(bad).unwrap_err().to_string();
            assert!(error.contains("cannot be the value of a label"), "{bad}: {error}");
        }
        for good in ["app=", "app in ()", "app in (web,)", "a.b/c=Web_1.2-x"] {
            Selector::labels(good).unwrap();
        }
    }

    #[test]
    fn annotations_have_a_smaller_grammar() {
        Selector::annotations("kubernetes.io/ingress.class in (alb, nginx)").unwrap();
        Selector::annotations("a!=b").unwrap_err();
        Selector::annotations("a>1").unwrap_err();
        Selector::annotations("a=with space").unwrap_err();
    }
}
