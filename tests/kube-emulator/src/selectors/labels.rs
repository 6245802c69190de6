//! Label selectors, in their full grammar ([labels]).
//!
//! [labels]: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api

use std::collections::BTreeMap;

use crate::status::Status;

/// Every requirement must hold; none selects everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    /// Also holds where the label is missing.
    NotIn(Vec<String>),
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    pub(crate) fn parse(text: &str) -> Result<Self, Status> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        requirements(text)
            .into_iter()
            .map(|expression| {
                requirement(expression).ok_or_else(|| {
                    Status::bad_request(format!(
                        "unable to parse requirement: found '{}', expected: !, identifier, or a \
                         condition with '=', '==', '!=', 'in', 'notin', '>' or '<'",
                        expression.trim()
                    ))
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = || value.and_then(|text| text.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
                Test::LessThan(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_empty()
    }
}

/// Splits at the commas that are not inside parentheses.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let text = text.trim();
    if let Some(key) = text.strip_prefix('!') {
        return keyed(key, Test::Missing);
    }
    if let Some((key, value)) = text.split_once("!=") {
        return keyed(key, Test::NotIn(vec![word(value)?]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return keyed(key, Test::In(vec![word(value)?]));
    }
    if let Some((key, value)) = text.split_once('>') {
        return keyed(key, Test::GreaterThan(value.trim().parse().ok()?));
    }
    if let Some((key, value)) = text.split_once('<') {
        return keyed(key, Test::LessThan(value.trim().parse().ok()?));
    }
    let Some((key, rest)) = text.split_once(char::is_whitespace) else {
        return keyed(text, Test::Exists);
    };
    let rest = rest.trim();
    if let Some(set) = rest.strip_prefix("notin") {
        return keyed(key, Test::NotIn(values(set)?));
    }
    keyed(key, Test::In(values(rest.strip_prefix("in")?)?))
}

fn keyed(key: &str, test: Test) -> Option<Requirement> {
    let key = key.trim();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let sound = !key.is_empty() && key.chars().all(allowed);
    sound.then(|| Requirement { key: key.to_owned(), test })
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    text.chars().all(allowed).then(|| text.to_owned())
}

fn values(text: &str) -> Option<Vec<String>> {
    text.trim().strip_prefix('(')?.strip_suffix(')')?.split(',').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn selects(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        LabelSelector::parse(selector).unwrap().matches(&labels)
    }

    #[test]
    fn every_operator_selects_as_documented() {
        let web = [("app", "web"), ("tier", "3")];
        for selector in [
            "",
            "app",
            "!gone",
            "app=web",
            "app==web",
            "app!=db",
            "gone!=db",
            "app in (db, web)",
            "app notin (db)",
            "gone notin (db)",
            "tier>2",
            "tier<4",
            "app in (db,web),tier",
            " app = web ",
        ] {
            assert!(selects(selector, &web), "{selector}");
        }
        for selector in [
            "gone",
            "!app",
            "app=db",
            "app!=web",
            "app in (db)",
            "app notin (web)",
            "tier>3",
            "app,gone",
            "app=",
        ] {
            assert!(!selects(selector, &web), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_a_bad_request() {
        for selector in ["a b", "app in web", "=web", "a,,b", "app in (web", "tier>x"] {
            assert_eq!(LabelSelector::parse(selector).unwrap_err().code, 400, "{selector}");
        }
    }
}
