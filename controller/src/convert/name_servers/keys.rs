//! The key that signs: named by a Secret, never written into values.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Weight;
use super::super::draft::Draft;

/// The variable from which `rfc2136-webhook` takes the secret of a key.
const VARIABLE: &str = "EXTERNAL_DNS_RFC2136_TSIG_SECRET";

/// What was said of the key.
#[derive(Debug, Default)]
pub(super) struct Key {
    pub(super) name: Option<String>,
    /// Its secret, and where it stood.
    pub(super) secret: Option<(String, String)>,
    /// How it signs, and where that stood.
    pub(super) algorithm: Option<(String, String)>,
}

impl Key {
    /// Puts the key into the values; flags in `by_variable` stand elsewhere.
    pub(super) fn write(
        self,
        draft: &mut Draft,
        is_insecure: bool,
        by_variable: &BTreeSet<String>,
        is_partly_unseen: bool,
    ) {
        let Self { name, secret, algorithm } = self;
        if is_insecure {
            draft.set(&["provider", "rfc2136", "insecure"], json!(true));
            let places = name.is_some() || secret.is_some();
            // Both together are refused: here a key that is there signs.
            take_variable(draft, VARIABLE);
            take_variable(draft, "EXTERNAL_DNS_RFC2136_TSIG_KEYNAME");
            if places || by_variable.iter().any(|flag| flag.starts_with("rfc2136-tsig-")) {
                let text =
                    "with it nothing is signed, so the key has no effect there, and is left out";
                draft.say(Weight::Note, "--rfc2136-insecure", text);
            }
            return;
        }
        let name = name.filter(|name| !name.is_empty());
        let algorithm = algorithm.and_then(|(text, place)| self::algorithm(draft, &text, &place));
        let is_given = |flag: &str| is_partly_unseen || by_variable.contains(flag);
        let has_secret = match secret {
            Some((text, place)) if !text.is_empty() => {
                referred(draft, &text) || {
                    let told = format!(
                        "a key is no value: it would stand in the release and in Git. {}",
                        secret_of(name.as_deref(), algorithm)
                    );
                    draft.say(Weight::Refused, &place, told);
                    draft.set(&["provider", "rfc2136", "keys", "secretName"], json!("CHANGE-ME"));
                    false
                }
            }
            _ if is_given("rfc2136-tsig-secret") => true,
            _ => {
                let told = format!(
                    "there is no key to sign with. {}",
                    secret_of(name.as_deref(), algorithm)
                );
                draft.unknown("--rfc2136-tsig-secret", &told);
                draft.set(&["provider", "rfc2136", "keys", "secretName"], json!("CHANGE-ME"));
                false
            }
        };
        if let Some(name) = &name {
            draft.set(&["provider", "rfc2136", "keys", "name"], json!(name));
        } else if has_secret && !is_given("rfc2136-tsig-keyname") {
            draft.unknown(
                "--rfc2136-tsig-keyname",
                "a key has a name, and none is said; write it into `provider.rfc2136.keys.name`",
            );
            draft.set(&["provider", "rfc2136", "keys", "name"], json!("CHANGE-ME"));
        }
        // A file of keys says it of each.
        if let Some(algorithm) = algorithm.filter(|name| has_secret && *name != "hmac-sha256") {
            draft.push(
                &["provider", "webhook", "args"],
                [json!(format!("--rfc2136-tsig-secret-alg={algorithm}"))],
            );
        }
    }
}

/// Returns how to put a key into a Secret, for people.
fn secret_of(name: Option<&str>, algorithm: Option<&str>) -> String {
    format!(
        "Write a file `keys` with the line `{}:{}:SECRET`, make a Secret of it (`kubectl create secret generic dns-keys \
         --from-file=keys`), and name that in `provider.rfc2136.keys.secretName`",
        algorithm.unwrap_or("hmac-sha256"),
        name.unwrap_or("NAME"),
    )
}

/// Returns the algorithm, if `rfc2136-webhook` has it (RFC 8945, 6).
fn algorithm(draft: &mut Draft, text: &str, place: &str) -> Option<&'static str> {
    let bare = text.trim_end_matches('.').to_lowercase();
    let found =
        ["hmac-sha256", "hmac-sha384", "hmac-sha512"].into_iter().find(|name| *name == bare);
    if found.is_none() && !bare.is_empty() {
        draft.say(
            Weight::Refused,
            place,
            format!("`{text}` is not served (RFC 8945 calls it weak, or has no such): make a key with hmac-sha256, here and on the name server"),
        );
    }
    found
}

/// Lets a secret that is `$(NAME)` come from that variable's Secret; tells whether it does.
fn referred(draft: &mut Draft, text: &str) -> bool {
    let Some(name) = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) else {
        return false;
    };
    let Some(mut variable) = take_variable(draft, name) else { return false };
    if variable.get("valueFrom").is_none() {
        return false;
    }
    if let Some(named) = variable.get_mut("name") {
        *named = json!(VARIABLE);
    }
    draft.push(&["provider", "webhook", "env"], [variable]);
    true
}

/// Takes a variable out of those of the provider.
fn take_variable(draft: &mut Draft, name: &str) -> Option<Value> {
    let path = ["provider", "webhook", "env"];
    let mut variables = draft.get(&path).and_then(Value::as_array).cloned()?;
    let at = variables
        .iter()
        .position(|variable| variable.get("name").is_some_and(|given| *given == name))?;
    let found = variables.remove(at);
    draft.set(&path, Value::Array(variables));
    Some(found)
}
