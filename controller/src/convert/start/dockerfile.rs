//! Files from which an image is built ([reference]), of which the last stage is the image.
//!
//! [reference]: https://docs.docker.com/reference/dockerfile/

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Start, Wording, is_program};
use crate::convert::words;

/// What is said of a file whose image is not the program's.
pub(super) const NONE: &str = "the Dockerfile starts something else, or something that starts it: give what runs (`docker inspect CONTAINER`)";

/// Instructions that set nothing of the program.
const HARMLESS: [&str; 9] = [
    "ARG",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Tells whether a text is such a file.
pub(super) fn is_one(text: &str) -> bool {
    let mut lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_after = |line: &str, name: &str| {
        line.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(name))
    };
    lines
        .find(|line| !is_after(line, "ARG"))
        .is_some_and(|line| is_after(line, "FROM") && line.split_whitespace().count() > 1)
}

/// Reads such a file.
pub(super) fn read(text: &str) -> Vec<Start> {
    let mut start = Start::default();
    let (mut image, mut entrypoint, mut command) = (String::new(), None, None);
    let mut stages: BTreeSet<String> = BTreeSet::new();
    for (name, rest) in instructions(text) {
        match name.as_str() {
            "FROM" => {
                let words: Vec<&str> =
                    rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                words.first().copied().unwrap_or_default().clone_into(&mut image);
                start = Start::default();
                (entrypoint, command) = (None, None);
                if stages.contains(&image) || image.contains('$') {
                    start.beside(format!("FROM {image}"));
                }
                stages.extend(words.get(2).map(|name| (*name).to_owned()));
            }
            "ENTRYPOINT" => (entrypoint, command) = (Some(form(&rest)), None),
            "CMD" => command = Some(form(&rest)),
            "ENV" => environment(&mut start, &rest),
            name if HARMLESS.contains(&name) => {}
            // What stands behind it may be a secret.
            name => start.beside(name),
        }
    }
    // It may replace `CMD` and add variables.
    start.beside("docker run …");
    start.words = match (entrypoint, command) {
        (None, Some(Written::Shell(_))) if is_program(&image) => {
            start.beside("CMD");
            Vec::new()
        }
        // What is given besides is not used where a shell starts something.
        (Some(Written::Shell(line)), _) | (None, Some(Written::Shell(line))) => of_shell(&line),
        (Some(Written::Words(words)), Some(Written::Words(more))) => {
            words.into_iter().chain(more).collect()
        }
        (Some(Written::Words(words)), None) | (None, Some(Written::Words(words))) => words,
        (Some(Written::Words(words)), Some(Written::Shell(_))) => {
            start.beside("CMD");
            words
        }
        (None, None) => Vec::new(),
    };
    let is_it = is_program(&image)
        || start.words.iter().any(|word| word.written().split_whitespace().any(is_program));
    if is_it { vec![start] } else { Vec::new() }
}

/// The two forms in which a command is written.
enum Written {
    Words(Vec<Wording>),
    Shell(String),
}

fn form(rest: &str) -> Written {
    match serde_json::from_str::<Vec<Value>>(rest) {
        Ok(items) if items.iter().all(Value::is_string) => Written::Words(
            items
                .iter()
                .filter_map(Value::as_str)
                .map(|word| Wording::Known(word.to_owned()))
                .collect(),
        ),
        Ok(_) | Err(_) => Written::Shell(rest.to_owned()),
    }
}

fn of_shell(line: &str) -> Vec<Wording> {
    ["/bin/sh", "-c", line].map(|word| Wording::Known(word.to_owned())).into()
}

/// Takes the variables of one `ENV`, of the form `NAME=VALUE …` or `NAME VALUE`.
fn environment(start: &mut Start, rest: &str) {
    let before = &start.variables;
    let value = |text: &str| {
        let is_filled_in = text.contains('$');
        if !is_filled_in {
            return Wording::Known(text.to_owned());
        }
        let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let name = name.or_else(|| text.strip_prefix('$'));
        let known = name.and_then(|name| before.get(name)).and_then(Wording::known);
        known.map_or_else(|| Wording::Open(text.to_owned()), |text| Wording::Known(text.to_owned()))
    };
    let words = words::split(rest);
    let first = rest.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        let text = rest.strip_prefix(first).unwrap_or_default().trim();
        let value = value(text);
        return start.set(first, value);
    }
    let set: Vec<_> = words
        .iter()
        .map(|word| word.split_once('=').map(|(name, text)| (name, value(text))))
        .collect();
    for pair in set {
        match pair {
            Some((name, value)) => start.set(name, value),
            None => start.beside("ENV"),
        }
    }
}

/// Returns the instructions of a file, each with what stands behind it.
fn instructions(text: &str) -> Vec<(String, String)> {
    // The first line may say that another sign joins lines.
    let joins =
        if text.to_ascii_lowercase().replace(' ', "").contains("#escape=`") { '`' } else { '\\' };
    let mut found = Vec::new();
    let mut whole = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        match line.strip_suffix(joins) {
            Some(begin) => {
                whole.push_str(begin);
                whole.push(' ');
                continue;
            }
            None => whole.push_str(line),
        }
        let whole = std::mem::take(&mut whole);
        let (name, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
        found.push((name.to_ascii_uppercase(), rest.trim().to_owned()));
    }
    found
}
