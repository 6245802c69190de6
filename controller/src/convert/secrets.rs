//! What is a secret: it is never printed, and a reference to a Secret of Kubernetes stands in its place.

mod hidden;
mod shapes;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::draft::places::has_place;
use super::fields::each_text;
use super::{Remark, Weight, words};

/// The Secret that the values refer to.
const OBJECT: &str = "external-dns-secrets";

/// What a name ends with, word by word, that says a secret: settings of `ExternalDNS`'s providers and of
/// webhook providers.
#[rustfmt::skip]
const ENDS: [&[&str]; 53] = [
    &["password"], &["passwd"], &["passphrase"], &["pwd"], &["pass"], &["secret"], &["token"], &["credential"],
    &["credentials"], &["apikey"], &["apisecret"], &["apitoken"], &["dnsimple", "oauth"], &["api", "key"],
    &["aes", "key"], &["access", "key"], &["access", "key", "id"], &["secret", "key"], &["private", "key"],
    &["encryption", "key"], &["shared", "key"], &["account", "key"], &["application", "key"], &["consumer", "key"],
    &["auth", "key"], &["client", "key"], &["service", "key"], &["subscription", "key"], &["webhook", "key"],
    &["tsig", "key"], &["signing", "key"], &["session", "key"], &["master", "key"], &["license", "key"],
    &["hmac", "key"], &["passcode"], &["authorization"], &["basic", "auth"], &["bearer"], &["jwt"], &["pat"],
    &["connection", "string"], &["dsn"], &["auth"], &["auth", "header"], &["ssh", "key"], &["tokens"], &["secrets"],
    &["passwords"], &["apikeys"], &["api", "keys"], &["access", "keys"], &["private", "keys"],
];

/// Words behind those that say which of several it is, or how it is spelled.
const BEHIND: [&str; 7] = ["b64", "base64", "value", "json", "old", "new", "v2"];

/// Returns the words of a name, in small letters, however they are joined.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = None::<char>;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && before.is_some_and(char::is_lowercase);
        if !letter.is_alphanumeric() || begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| letter.is_alphanumeric()) {
            part.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Tells whether what has this name is a secret: a flag, a variable, or a key of values.
pub(super) fn is_secret(name: &str) -> bool {
    let parts = parts(name);
    let bare =
        |part: &String| part.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let mut parts: Vec<String> = parts.iter().map(bare).collect();
    let says = |part: &String| !part.is_empty() && !BEHIND.contains(&part.as_str());
    parts.truncate(parts.iter().rposition(says).map_or(0, |at| at.saturating_add(1)));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    ENDS.iter().any(|end| parts.ends_with(end))
}

/// Tells whether a text is itself, and not what something else fills in or finds.
fn is_literal(text: &str) -> bool {
    let text = text.trim();
    let is_reference = text.starts_with("$(") && text.ends_with(')') || text.contains("{{");
    !text.is_empty() && !is_reference && !has_place(text) && text != "CHANGE-ME" && text != "…"
}

/// Tells whether what has the name of a secret only says where one is: an object of Kubernetes, or a file.
fn is_of_an_object(name: &str, text: &str) -> bool {
    let parts = parts(name);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let names_object = parts.last() == Some(&"secret")
        && parts.iter().any(|part| ["existing", "vars", "account", "from"].contains(part));
    let is_file = parts.last().is_some_and(|part| part.starts_with("credential"));
    names_object || is_file && text.trim().starts_with('/')
}

/// Returns a value as a text; `None` for what is none.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Secrets that were met, so that none of them is printed.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    all: BTreeSet<String>,
    /// What finds all of them at once; it is made when it is first needed.
    finder: OnceCell<Option<AhoCorasick>>,
}

impl Secrets {
    /// Notes each secret in a value.
    pub(super) fn note(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                let is_secret = map.get("kind").is_some_and(|kind| kind == "Secret");
                let data = map.get("data").filter(|_| is_secret);
                let all = [data, map.get("stringData")].into_iter().flatten();
                for value in all.filter_map(Value::as_object).flat_map(Map::values) {
                    self.note_called_secret(Some(value));
                }
                let text = |key: &str| map.get(key).and_then(scalar);
                if let (Some(name), Some(value)) = (text("name"), text("value")) {
                    self.note_named(&name, &value);
                }
                for (key, value) in map {
                    if let Some(text) = scalar(value) {
                        self.note_named(key, &text);
                    }
                    self.note(value);
                }
            }
            Value::Array(items) => {
                self.note_words(items.iter().filter_map(Value::as_str));
                for item in items {
                    self.note(item);
                }
            }
            Value::String(text) => {
                if text.contains("--") || text.starts_with('-') {
                    let words = words::split(text);
                    self.note_words(words.iter().map(String::as_str));
                }
                for held in shapes::held(text) {
                    self.add(held);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Notes each secret in a whole file, which may be told of before it is read as anything.
    pub(super) fn note_text(&mut self, text: &str) {
        for written in shapes::written(text) {
            self.add(written);
        }
    }

    /// Notes a text that is called a secret where it stands; a word of the chart's own is none.
    pub(super) fn note_called_secret(&mut self, value: Option<&Value>) {
        let text = value.and_then(Value::as_str).unwrap_or_default().trim();
        if text.len() >= LONG && is_literal(text) {
            self.add(text);
        }
    }

    /// Adds a secret as it is, and as JSON spells it.
    fn add(&mut self, secret: &str) {
        let spelled = Value::from(secret).to_string();
        let spelled = spelled.trim_matches('"');
        for secret in [secret, spelled].into_iter().filter(|secret| !secret.is_empty()) {
            if self.all.insert(secret.to_owned()) {
                self.finder = OnceCell::new();
            }
        }
    }

    fn note_named(&mut self, name: &str, text: &str) {
        if is_secret(name) && is_literal(text) && !is_of_an_object(name, text) {
            self.add(text.trim());
        }
    }

    /// Notes each secret in the words of a command line, in any of the forms `--flag=value`, `--flag value` and
    /// `NAME=value`.
    pub(super) fn note_words<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => {
                    self.note_named(name, value);
                    if value.is_empty() && is_secret(name) {
                        let next = words.next_if(|next| !next.starts_with('-'));
                        self.note_named(name, next.unwrap_or_default());
                    }
                    let inner = value.split_once('=').filter(|_| name.starts_with("--set"));
                    if let Some((name, value)) = inner {
                        self.note_named(name, value);
                    }
                }
                // A selector is written so, too.
                Some((name, value)) => {
                    let is_variable = !name.contains(char::is_lowercase);
                    for part in [word, value].into_iter().flat_map(|text| text.split(',')) {
                        let path = part.split_once('=').filter(|(name, _)| name.contains('.'));
                        if let Some((name, value)) = path {
                            self.note_named(name, value);
                        }
                    }
                    if is_variable {
                        self.note_named(name, value);
                    }
                }
                None if word.starts_with('-') && is_secret(word) => {
                    if let Some(value) = words.next_if(|next| !next.starts_with("--")) {
                        self.note_named(word, value);
                    }
                }
                None => {}
            }
        }
    }

    /// Returns a text in which each secret is shown as `…`.
    pub(super) fn hidden(&self, text: &str) -> String {
        let Self { all, finder } = self;
        let finder = finder.get_or_init(|| AhoCorasick::new(all).ok());
        let text = match finder {
            _ if all.is_empty() => return text.to_owned(),
            Some(finder) => hidden::without(text, finder),
            // More text than can be looked through is shown to nobody.
            None => hidden::CUT.to_string(),
        };
        hidden::without_beginnings(&text, all)
    }

    fn is_in(&self, text: &str) -> bool {
        self.hidden(text) != text
    }
}

/// From how many letters on a secret is taken out wherever it stands.
const LONG: usize = 8;

/// Puts a reference in the place of each secret, and says how the Secret is made.
pub(super) fn refer(draft: &mut Draft) {
    let mut told = Vec::new();
    let mut values = Value::Object(std::mem::take(draft.values_mut()));
    each_container(&mut values, &mut told);
    if let Value::Object(values) = values {
        *draft.values_mut() = values;
    }
    for flag in draft.extra_flags().into_iter().filter(|flag| is_secret(flag)) {
        let Some(text) = draft.extra_text(&flag).filter(|text| is_literal(text)) else { continue };
        draft.secrets.note(&json!({ "token": text }));
        draft.remove_extra(&flag);
        let name = format!("EXTERNAL_DNS_{}", variable(&flag));
        draft.push(&["env"], [reference(&name)]);
        told.push((draft.place_of(&flag), name));
    }
    for (place, key) in told {
        let text = format!(
            "a secret is no value: it would stand in the release and in Git. {}",
            step(&key)
        );
        draft.say(Weight::Refused, &place, text);
    }
    let mut left = Vec::new();
    let mut values = Value::Object(std::mem::take(draft.values_mut()));
    each_text(&mut values, "", &mut |place, text| {
        if draft.secrets.is_in(text) {
            "CHANGE-ME".clone_into(text);
            left.push(place.to_owned());
        }
    });
    if let Value::Object(values) = values {
        *draft.values_mut() = values;
    }
    for place in left {
        draft.say(
            Weight::Refused,
            &place,
            "a secret stands in it, which would be in the release and in Git: give it from a Secret; CHANGE-ME stands there now",
        );
    }
}

/// Hides what is secret in remarks.
pub(super) fn hide(draft: &Draft, remarks: &mut [Remark]) {
    for remark in remarks {
        remark.place = draft.secrets.hidden(&remark.place);
        remark.text = draft.secrets.hidden(&remark.text);
    }
}

/// Returns how a secret is put where the values refer to, for people.
pub(super) fn step(key: &str) -> String {
    format!(
        "The values refer to the key `{key}` of a Secret `{OBJECT}`, which is yours to make before the release starts: \
         `kubectl create secret generic {OBJECT} --from-literal={key}=…`, with all of its keys"
    )
}

/// Returns a variable that comes from the Secret.
pub(super) fn reference(name: &str) -> Value {
    json!({"name": name, "valueFrom": {"secretKeyRef": {"name": OBJECT, "key": name}}})
}

/// Returns the name of the variable that a flag's secret comes in.
fn variable(flag: &str) -> String {
    flag.to_uppercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

/// Refers to Secrets in all that has variables or arguments of a container.
fn each_container(value: &mut Value, told: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            container(map, told);
            map.values_mut().for_each(|value| each_container(value, told));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_container(item, told)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn container(map: &mut Map<String, Value>, told: &mut Vec<(String, String)>) {
    for variable in map.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(name) = variable.get("name").and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        let Some(text) = variable.get("value").and_then(scalar) else { continue };
        if is_secret(&name) && is_literal(&text) || !shapes::held(&text).is_empty() {
            *variable = reference(&name);
            told.push((name.clone(), name));
        }
    }
    let mut added = Vec::new();
    let mut refer = |flag: &str, text: &str| {
        (is_secret(flag) && is_literal(text) || !shapes::held(text).is_empty()).then(|| {
            let name = variable(flag);
            added.push(reference(&name));
            told.push((format!("--{flag}"), name.clone()));
            format!("$({name})")
        })
    };
    for key in ["command", "args"] {
        match map.get_mut(key) {
            Some(Value::Array(items)) => {
                let mut before = None::<String>;
                for item in items {
                    let Some(word) = item.as_str().map(str::to_owned) else { continue };
                    let flag = before.take();
                    match (word.strip_prefix("--"), word.split_once('=')) {
                        (Some(_), Some((flag, text))) => {
                            if let Some(new) = refer(flag.trim_start_matches('-'), text) {
                                *item = json!(format!("{flag}={new}"));
                            }
                        }
                        (Some(name), None) => before = Some(name.to_owned()),
                        (None, _) => {
                            if let Some(new) = flag.and_then(|flag| refer(&flag, &word)) {
                                *item = json!(new);
                            }
                        }
                    }
                }
            }
            Some(Value::Object(flags)) => {
                for (flag, value) in flags {
                    if let Some(new) = scalar(value).and_then(|text| refer(flag, &text)) {
                        *value = json!(new);
                    }
                }
            }
            _ => {}
        }
    }
    if added.is_empty() {
        return;
    }
    // A variable sees only what stands before it.
    let env = map.entry("env").or_insert_with(|| json!([]));
    if let Value::Array(env) = env {
        let names: HashSet<Value> =
            added.iter().filter_map(|new| new.get("name").cloned()).collect();
        env.retain(|variable| variable.get("name").is_none_or(|name| !names.contains(name)));
        env.splice(0..0, added);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_secret_that_was_cut_is_hidden_and_one_spelled_as_json() {
        let mut secrets = Secrets::default();
        secrets
            .note(&json!({"CF_API_TOKEN": "0123456789abcdefghijklmnop", "password": "a\"bcdefgh"}));
        for cut in ["is `{\"CF_API_TOKEN\":\"0123456789abcd…`", "`0123…`"] {
            let shown = secrets.hidden(cut);
            assert!(!shown.contains("0123") && shown.contains('…'), "{shown}");
        }
        let spelled = secrets.hidden(r#"is `{"password":"a\"bcdefgh"}`"#);
        assert!(!spelled.contains("bcdefgh"), "{spelled}");
        assert_eq!(secrets.hidden("0123456789 is shorter"), "0123456789 is shorter");
    }

    #[test]
    fn what_only_says_where_a_secret_is_is_none() {
        let mut secrets = Secrets::default();
        secrets.note(&json!({"existingSecret": "my-keys", "GOOGLE_APPLICATION_CREDENTIALS": "/etc/key.json"}));
        assert_eq!(secrets.hidden("my-keys and /etc/key.json"), "my-keys and /etc/key.json");
    }

    #[test]
    fn a_secret_is_known_by_its_name_and_what_only_names_one_is_none() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "AWS_SESSION_TOKEN",
            "CF_API_TOKEN",
            "CF_API_KEY",
            "DO_TOKEN",
            "EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY",
            "txt-encrypt-aes-key",
            "pdns-api-key",
            "apiToken",
            "aws.credentials.secretKey",
            "OVH_CONSUMER_KEY",
            "PIHOLE_PASSWORD",
            "rfc2136-tsig-secret",
            "NS1_APIKEY",
            "--godaddy-api-secret",
            "HCLOUD_TOKEN",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "webhook-provider-token-file",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "secretName",
            "rfc2136-tsig-keyname",
            "topologyKey",
            "tls-client-cert-key",
            "key",
            "bearerTokenFile",
            "aws-zone-tags",
            "rfc2136-tsig-secret-alg",
            "automountServiceAccountToken.x",
            "existingSecretPasswordKey",
            "secretKeyRef",
            "CF_API_EMAIL",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
