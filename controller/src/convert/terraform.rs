//! The values in Terraform's `helm_release`: `set` in both of its forms, and texts of YAML.

use serde_json::{Map, Value};

use super::paths;

/// Returns the values of a text of Terraform; `None` when it has none.
///
/// Only what is written out is read: `set {…}` and `set = [{…}]` with `set_list` and `set_sensitive`, and
/// texts between `<<NAME` and `NAME`. The second item names what is computed and so not known here.
pub(super) fn values(text: &str) -> Option<(Map<String, Value>, Vec<String>)> {
    let mut found = Map::new();
    let mut unknown = Vec::new();
    let mut is_any = false;
    for yaml in heredocs(text) {
        if let Ok(Value::Object(map)) = serde_saphyr::from_str::<Value>(&yaml) {
            is_any = true;
            if yaml.contains("${") {
                unknown.push("${…}".to_owned());
            }
            for (key, value) in map {
                if found.insert(key.clone(), value).is_some() {
                    unknown.push(format!("{key}, which two texts of values have"));
                }
            }
        }
    }
    for function in ["yamlencode", "templatefile", "file", "merge", "concat"] {
        let calls = text.split(&format!("{function}(")).count() - 1;
        let longer = function == "file" && text.contains("templatefile(") && calls == 1;
        if calls > 0 && !longer {
            is_any = true;
            unknown.push(format!("{function}(…)"));
        }
    }
    for Pair { name, value } in pairs(text) {
        is_any = true;
        match value {
            Written::Text(value) if value.contains("${") => unknown.push(name),
            Written::Text(value) => paths::set(&mut found, &name, &value, false),
            Written::List(list) => {
                for (index, value) in list.iter().enumerate() {
                    paths::set(&mut found, &format!("{name}[{index}]"), value, true);
                }
            }
            Written::Computed => unknown.push(name),
        }
    }
    is_any.then_some((found, unknown))
}

/// One `name` with its `value`.
struct Pair {
    name: String,
    value: Written,
}

enum Written {
    Text(String),
    List(Vec<String>),
    /// A variable, a function or the like.
    Computed,
}

fn pairs(text: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut name = None;
    for (key, rest) in attributes(text) {
        match key {
            "name" => name = string(rest).map(|(text, _)| text),
            "value" => {
                let value = match rest.chars().next() {
                    Some('"') => {
                        string(rest).map_or(Written::Computed, |(text, _)| Written::Text(text))
                    }
                    Some('[') => Written::List(strings(rest)),
                    _ => bare(rest),
                };
                pairs.extend(name.take().map(|name| Pair { name, value }));
            }
            _ => {}
        }
    }
    // The name of the release itself, such as `name = "external-dns"`, has no value.
    pairs
}

/// A number or a truth value, which need no quotes.
fn bare(text: &str) -> Written {
    let word: String =
        text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '.').collect();
    if ["true", "false"].contains(&word.as_str()) || word.parse::<i64>().is_ok() {
        Written::Text(word)
    } else {
        Written::Computed
    }
}

/// Returns each `name = …` and `value = …` with what follows, wherever they stand.
fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    text.match_indices('=').filter_map(move |(at, _)| {
        let (before, after) =
            (text.get(..at)?.trim_end(), text.get(at.checked_add(1)?..)?.trim_start());
        let start = before.rfind(|letter| !is_part(letter)).map_or(0, |at| at.saturating_add(1));
        let key = before.get(start..)?;
        ["name", "value"].contains(&key).then_some((key, after))
    })
}

/// Reads a quoted text, and returns what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('"')?;
    let mut read = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((read, rest.get(at.checked_add(1)?..)?)),
            '\\' => read.push(match letters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            letter => read.push(letter),
        }
    }
    None
}

fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('[').trim_start();
    while let Some((read, after)) = string(rest) {
        found.push(read);
        rest = after.trim_start_matches([',', ' ', '\n', '\t', '\r']);
    }
    found
}

/// Returns the texts between `<<NAME` or `<<-NAME` and `NAME`, without their common indentation.
fn heredocs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((_, name)) = line.split_once("<<") else { continue };
        let name: String = name
            .trim_start_matches('-')
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        if name.is_empty() {
            continue;
        }
        let body: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != name).collect();
        let indent = |line: &&str| line.len().saturating_sub(line.trim_start().len());
        let least = body
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(indent)
            .min()
            .unwrap_or_default();
        found.push(
            body.iter()
                .map(|line| line.get(least..).unwrap_or_default())
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    found
}
