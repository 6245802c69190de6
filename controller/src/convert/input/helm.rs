//! The arguments of `helm` that set values.

use serde_json::{Map, Value};

use super::super::draft::Draft;
use super::super::{Weight, paths};

/// Flags of helm that take a value and say nothing of the release's values.
const OTHERS: [&str; 22] = [
    "--burst-limit",
    "--ca-file",
    "--cert-file",
    "--description",
    "--history-max",
    "--key-file",
    "--keyring",
    "--kube-apiserver",
    "--kube-ca-file",
    "--kube-context",
    "--kube-token",
    "--kubeconfig",
    "--labels",
    "--name-template",
    "--namespace",
    "--output",
    "--password",
    "--repo",
    "--timeout",
    "--username",
    "--version",
    "-n",
];

/// What becomes of the values of one release.
const COMMANDS: [&str; 3] = ["install", "template", "upgrade"];

/// Takes the words of a script that runs helm, from after the first `helm` on.
pub(super) fn values(draft: &mut Draft, words: &[String]) -> Map<String, Value> {
    let is_helm = |word: &String| word.rsplit('/').next() == Some("helm");
    let commands = words
        .split(is_helm)
        .filter(|words| words.iter().any(|word| COMMANDS.contains(&word.as_str())));
    let mentions = |words: &&[String]| words.iter().any(|word| word.contains("external"));
    let all: Vec<&[String]> = commands.collect();
    let ours: Vec<&[String]> = all.iter().copied().filter(mentions).collect();
    let chosen = if ours.is_empty() { all } else { ours };
    for second in chosen.iter().skip(1) {
        draft.unknown(
            &format!("helm {}", second.iter().take(3).cloned().collect::<Vec<_>>().join(" ")),
            "it is an installation of its own: convert it by itself, and give it a release of its own",
        );
    }
    // A line of flags alone is one, too.
    one(draft, chosen.first().copied().unwrap_or(words))
}

fn one(draft: &mut Draft, words: &[String]) -> Map<String, Value> {
    let mut values = Map::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (flag, inline) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(flag, text)| (flag, Some(text.to_owned())));
        match flag {
            "--set" | "--set-string" | "--set-json" | "--set-literal" => {
                let Some(text) = inline.or_else(|| rest.next().cloned()) else {
                    draft.unknown(flag, "nothing follows it");
                    continue;
                };
                if is_of_shell(&text) {
                    draft.unknown(&text, "a shell fills it in: write what it says");
                    continue;
                }
                set(draft, &mut values, flag, &text);
            }
            "--values" | "-f" | "--set-file" => {
                let name = inline.or_else(|| rest.next().cloned()).unwrap_or_default();
                draft.elsewhere(&name);
            }
            // Whatever the release that runs was given.
            "--reuse-values" | "--reset-then-reuse-values" => draft.elsewhere(word),
            "--post-renderer" | "--post-renderer-args" => {
                let program = inline.or_else(|| rest.next().cloned()).unwrap_or_default();
                draft.unknown(&format!("{flag} {program}"), super::RENDERED);
            }
            file if file.starts_with("-f") && !file.starts_with("--") => draft.elsewhere(word),
            other if OTHERS.contains(&other) && inline.is_none() => drop(rest.next()),
            _ => {}
        }
    }
    draft.say(
        Weight::Note,
        "helm",
        "name, namespace and waiting are as you say them to helm; give it `charts/signpost` and the values below",
    );
    values
}

/// Tells whether a shell makes something else of a text.
pub(super) fn is_of_shell(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_name = |next: &char| next.is_ascii_alphabetic() || "_{(".contains(*next);
        if letter == '`' || letter == '$' && letters.peek().is_some_and(is_name) {
            return true;
        }
    }
    false
}

fn set(draft: &mut Draft, values: &mut Map<String, Value>, flag: &str, text: &str) {
    let told = |draft: &mut Draft, text: &str| {
        draft.unknown(&format!("{flag} {text}"), "it is not `path=value`, which helm wants");
    };
    match flag {
        "--set-json" => match text.split_once('=') {
            Some((path, json)) => match serde_json::from_str::<Value>(json) {
                Ok(value) => paths::put_at(values, path, value),
                Err(_) => told(draft, text),
            },
            None => match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(map)) => super::merge(values, map),
                Ok(_) | Err(_) => told(draft, text),
            },
        },
        "--set-literal" => match text.split_once('=') {
            Some((path, value)) => paths::put_at(values, path, Value::String(value.to_owned())),
            None => told(draft, text),
        },
        _ => {
            for part in paths::assignments(text) {
                match part {
                    Ok((path, value)) => paths::set(values, &path, &value, flag != "--set"),
                    Err(part) => told(draft, &part),
                }
            }
        }
    }
}
