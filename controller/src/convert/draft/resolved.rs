//! What `run` would refuse of all its flags together, found by the code with which it starts.
//!
//! What it refuses is told with where it stood, and is left out, so that what is printed starts; [`open`](super::open)
//! sees to what must not start without it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::{Weight, flags};
use super::{Draft, places};
use crate::app;
use crate::args::OPEN;

/// Flags without which nothing can be judged: they are told, and stay.
const KEPT: [&str; 4] = ["source", "policy", "registry", "txt-owner-id"];

/// How many words are left out to see whether they are to blame, and how often: each time all are read anew.
const MOST_TRIED: usize = 64;

/// A key of the length that is wanted, for one that is not seen here.
const ANY_KEY: &str = "--txt-encrypt-aes-key=0123456789abcdef0123456789abcdef";

/// Flags that make no sense without others, which may stand in variables that are not seen here.
const NEED_OTHERS: [&str; 3] = ["create-ptr", "ignore-hostname-annotation", "txt-encrypt-enabled"];

/// Takes out what `run` would refuse, and tells it.
pub(super) fn resolve(draft: &mut Draft) {
    // Each turn takes a word out, or is the last one.
    for turn in 0.. {
        let seen = Seen::of(draft);
        let refused = seen.refused(None);
        let Some(first) = refused.first() else { return };
        // Most often it is named; whether it is to blame shows without it.
        let is_named = |word: &&Word| first.contains(&format!("--{}", flag(&word.given)));
        let (named, others): (Vec<_>, Vec<_>) = seen.words.iter().partition(is_named);
        // Of many words of one flag that is not named none is to blame alone.
        let is_long = seen.words.len() > MOST_TRIED;
        let mut tried = BTreeSet::new();
        let others = others.into_iter().filter(|word| !is_long || tried.insert(flag(&word.given)));
        let candidates = named.into_iter().chain(others);
        let candidates = candidates.filter(|word| !KEPT.contains(&flag(&word.given)));
        let culprit = candidates
            .take(if turn < MOST_TRIED { MOST_TRIED } else { 0 })
            .find(|word| !seen.refused(Some(&word.given)).contains(first));
        let Some(word) = culprit.map(|word| word.given.clone()) else {
            for wrong in refused {
                draft.say(Weight::Refused, "all flags together", wrong);
            }
            return;
        };
        let name = flag(&word);
        let place = draft.stood.get(name).cloned().unwrap_or_else(|| place(name));
        draft.say(Weight::Refused, &place, format!("{first}; it is left out"));
        if !draft.leave_out(&word) {
            return;
        }
    }
}

/// Returns what a remark calls a flag of which nothing else is known: its key, if it has one.
fn place(name: &str) -> String {
    flags::key(name).map_or_else(|| format!("--{name}"), str::to_owned)
}

/// Returns the name of the flag that a word is.
fn flag(word: &str) -> &str {
    let bare = word.trim_start_matches('-');
    bare.split('=').next().unwrap_or_default()
}

/// A word of the controller's, and what is asked in its place; nothing when nobody can say.
struct Word {
    given: String,
    asked: Option<String>,
}

/// What of an installation is seen here.
struct Seen {
    words: Vec<Word>,
    /// Further words, for what variables say.
    more: Vec<String>,
    /// Flags of which a value is not seen.
    unseen: BTreeSet<String>,
}

impl Seen {
    fn of(draft: &Draft) -> Self {
        let (controller, _) = flags::arguments(&draft.assembled());
        let has_unseen_variables = draft.values.contains_key("envFrom");
        let mut unseen = BTreeSet::new();
        let mut words = Vec::new();
        for given in controller {
            let name = flag(&given);
            let is_template = !draft.takes_as_written(name, &given) && places::has_action(&given);
            let is_of_variables = has_unseen_variables && NEED_OTHERS.contains(&name);
            let asked = if is_template
                || places::has_place(&given)
                || given.contains("$(")
                || given.contains(OPEN)
            {
                stand_in(name)
            } else if name.ends_with("-file") || name == "manifests" {
                // The file is where the program runs.
                (name == "txt-encrypt-aes-key-file").then(|| ANY_KEY.to_owned())
            } else {
                (!is_of_variables).then(|| given.clone())
            };
            if asked.as_ref().is_none_or(|asked| *asked != given) {
                let _ = unseen.insert(name.to_owned());
            }
            words.push(Word { given, asked });
        }
        let given: BTreeSet<&str> = words.iter().map(|word| flag(&word.given)).collect();
        let mut more = Vec::new();
        let env = draft.values.get("env").and_then(Value::as_array);
        for variable in env.into_iter().flatten() {
            let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
            let Some(name) = name.strip_prefix("EXTERNAL_DNS_") else { continue };
            let name = name.to_lowercase().replace('_', "-");
            // A flag counts before its variable.
            if !given.contains(name.as_str()) && !unseen.contains(&name) {
                more.extend(stand_in(&name));
                let _ = unseen.insert(name);
            }
        }
        Self { words, more, unseen }
    }

    /// Returns what `run` refuses; `without` is a word that is left out.
    fn refused(&self, without: Option<&String>) -> Vec<String> {
        let words = self.words.iter().filter(|word| Some(&word.given) != without);
        let words: Vec<String> =
            words.filter_map(|word| word.asked.clone()).chain(self.more.iter().cloned()).collect();
        let mut told = flags::refused(&words, &app::rules);
        // What nobody sees here is not judged.
        told.retain(|text| !self.unseen.iter().any(|name| text.contains(&format!("`--{name}"))));
        told
    }
}

/// Returns a word that stands for one whose value is not seen, where something hangs on it.
fn stand_in(name: &str) -> Option<String> {
    match name {
        "policy" => Some("--policy=upsert-only".to_owned()),
        "source" => Some("--source=service".to_owned()),
        "txt-owner-id" => Some("--txt-owner-id=not-seen".to_owned()),
        "txt-encrypt-aes-key" => Some(ANY_KEY.to_owned()),
        _ => None,
    }
}

impl Draft {
    /// Leaves out the value that a word of the controller's says; tells whether it was there.
    fn leave_out(&mut self, word: &str) -> bool {
        let (name, value) = match word.trim_start_matches("--").split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.trim_start_matches("--"), None),
        };
        if name == "webhook-provider-url" {
            self.set(&["provider", "url"], json!("http://CHANGE-ME:8888"));
            return true;
        }
        let text =
            |value: &Value| value.as_str().map_or_else(|| value.to_string(), places::literal);
        let bare = name.strip_prefix("no-").unwrap_or(name);
        // Of a list only the value goes; `None` where there is no such key.
        let leave_out = |map: &mut Map<String, Value>, key: &str| match map.get_mut(key)? {
            Value::Array(items) if items.len() > 1 => {
                let before = items.len();
                items.retain(|item| value.is_none_or(|value| text(item) != value));
                Some(items.len() < before)
            }
            _ => Some(map.remove(key).is_some()),
        };
        for name in [name, bare] {
            if let Some(is_left_out) = leave_out(&mut self.extra, name) {
                return is_left_out;
            }
            let key = match name {
                "namespace" => Some("sourceNamespaces"),
                "managed-record-types" => Some("managedRecordTypes"),
                _ => flags::key(name),
            };
            let Some(key) = key else { continue };
            if let Some(is_left_out) = leave_out(&mut self.values, key) {
                return is_left_out;
            }
        }
        false
    }
}
