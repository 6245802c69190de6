//! What our providers take on their command lines: words that they would refuse are told and left out.
//!
//! The flags are those of the chart's own `known.json`, which is generated from the programs.

mod written;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::draft::places::has_place;

/// The flags of our programs, each with what it takes.
static KNOWN: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../charts/signpost/known.json")).unwrap_or_default()
});

/// Returns the words that a program takes, and those that it does not, each with the reason.
pub(super) fn sorted(program: &str, words: Vec<String>) -> (Vec<String>, Vec<(String, String)>) {
    let flags = KNOWN.get("flags").and_then(|flags| flags.get(program));
    let mut seen = BTreeSet::new();
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for word in words {
        match wrong(flags, &word, &mut seen) {
            None => taken.push(word),
            Some(why) => refused.push((word, why)),
        }
    }
    (taken, refused)
}

/// Returns what is wrong with the value of a flag of a program; `None` when nothing is, or something fills it in.
pub(super) fn wrong_value(program: &str, flag: &str, text: &str) -> Option<String> {
    let flags = KNOWN.get("flags").and_then(|flags| flags.get(program));
    if has_place(text) {
        return None;
    }
    wrong(flags, &format!("--{flag}={text}"), &mut BTreeSet::new())
}

/// Takes out words that the program refuses because others are not there, and that change nothing; each with
/// the reason.
pub(super) fn alone(words: &mut Vec<String>) -> Vec<(String, &'static str)> {
    let given = words.clone();
    let mut found = Vec::new();
    words.retain(|word| {
        let name = word.strip_prefix("--").and_then(|bare| bare.split('=').next());
        let why = name.and_then(|name| written::alone(name, &given));
        found.extend(why.map(|why| (word.clone(), why)));
        why.is_none()
    });
    found
}

/// Tells whether the chart takes whatever text a flag of a program has.
pub(super) fn takes_any_text(program: &str, name: &str) -> bool {
    KNOWN
        .get("flags")
        .and_then(|flags| flags.get(program))
        .and_then(|flags| flags.get(name))
        .is_some_and(is_any_text)
}

/// Tells whether a flag of one of our programs may be given once only.
pub(super) fn takes_one(name: &str) -> bool {
    let programs = KNOWN.get("flags").and_then(Value::as_object).into_iter().flatten();
    let mut rows = programs.filter_map(|(_, flags)| flags.get(name)).peekable();
    rows.peek().is_some() && rows.all(|row| row.get("many").is_none())
}

fn is_any_text(row: &Value) -> bool {
    row.get("takes").is_some_and(|takes| takes == "text") && row.get("pattern").is_none()
}

/// Returns what is wrong with a word; `None` when nothing is.
fn wrong(flags: Option<&Value>, word: &str, seen: &mut BTreeSet<String>) -> Option<String> {
    let Some(bare) = word.strip_prefix("--") else {
        return Some("it is no flag; flags begin with two dashes".to_owned());
    };
    let (name, text) = bare.split_once('=').map_or((bare, None), |(name, text)| (name, Some(text)));
    let row = |name: &str| flags.and_then(|flags| flags.get(name));
    let takes =
        |row: &Value| row.get("takes").and_then(Value::as_str).unwrap_or_default().to_owned();
    let positive =
        name.strip_prefix("no-").filter(|name| row(name).is_some_and(|row| takes(row) == "toggle"));
    let name = positive.unwrap_or(name);
    let Some(row) = row(name) else { return Some("the provider has no such flag".to_owned()) };
    let is_many = row.get("many").is_some();
    if !seen.insert(name.to_owned()) && !is_many {
        return Some("it is there twice, and takes one value".to_owned());
    }
    let takes = takes(row);
    if text.is_some_and(has_place) {
        let why = "something fills it in, and the chart has to know what it is: write it";
        return (!is_any_text(row)).then(|| why.to_owned());
    }
    match (takes.as_str(), text) {
        ("toggle", Some(_)) if positive.is_some() => {
            Some("it takes no value after `no-`".to_owned())
        }
        ("toggle", Some(text)) => {
            daemon::toggle(text).err().map(|_| format!("it is on or off, and not `{text}`"))
        }
        ("toggle", None) => None,
        (_, None) => Some("it needs a value".to_owned()),
        ("duration", Some(text)) => {
            let is_wrong = daemon::duration(text).is_err();
            is_wrong.then(|| {
                format!("it takes a duration with a unit, such as `1m30s`, and not `{text}`")
            })
        }
        ("words", Some(text)) => {
            let words: Vec<&str> = row
                .get("words")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut given =
                if is_many { text.split(',').map(str::trim).collect() } else { vec![text] };
            given.retain(|word| !(words.contains(word) || is_many && word.is_empty()));
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            (!given.is_empty())
                .then(|| format!("it takes {}, and not `{}`", words.join(", "), given.join(", ")))
        }
        (_, Some(text)) => {
            // Kubernetes fills a variable in.
            let form = row.get("form").filter(|_| !text.contains("$("));
            let pattern = row.get("pattern").or(form).and_then(Value::as_str);
            let is_wrong =
                |pattern| !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
            let says = pattern.filter(|pattern| is_wrong(pattern)).map(|pattern| {
                let says = row.get("says").and_then(Value::as_str).unwrap_or(pattern);
                format!("it takes {says}, and not `{text}`")
            });
            says.or_else(|| if text.contains("$(") { None } else { written::wrong(name, text) })
        }
    }
}
