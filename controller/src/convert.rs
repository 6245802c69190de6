//! What an installation of `ExternalDNS` is here: its values or command line in, ours out, and all that
//! cannot be taken or means something else.
//!
//! Nothing is read but the text, and nothing is guessed: what has no place is told with its next step,
//! never dropped unseen. What is printed is read by the flag parser itself before it is printed.

mod bitnami;
mod draft;
mod fields;
mod fit;
mod flags;
mod grammar;
mod hcl;
mod input;
mod keys;
mod known;
mod name_servers;
mod paths;
mod pod;
mod secrets;
mod shell;
mod shown;
mod start;
mod terraform;
mod values;
mod words;
mod yaml;

use serde_json::{Map, Value};

pub use self::keys::{ChartKey, KeyOutcome, PEER_KEYS};
pub use self::known::{foreign_keys, known};

/// What became of an installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversion {
    /// Values of our chart.
    pub values: Map<String, Value>,
    /// What the controller is started with.
    pub controller: Vec<String>,
    /// What the provider is started with; nothing for one that is not ours and has no arguments.
    pub provider: Vec<String>,
    /// All there is to know, in the order in which it was met.
    pub remarks: Vec<Remark>,
}

/// How much a remark matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It is as it was, only written otherwise.
    Note,
    /// It means something else here.
    Changed,
    /// It could not be taken.
    Refused,
}

/// One thing to know about a conversion.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// The flag, variable or key that it is about.
    pub place: String,
    /// What became of it, and the next step.
    pub text: String,
}

impl Conversion {
    /// Returns the program of ours that is the provider; `None` for one of others.
    pub fn provider_program(&self) -> Option<&'static str> {
        let name = self.values.get("provider").and_then(|provider| provider.get("name"));
        match name.and_then(Value::as_str) {
            None | Some("aws") => Some("route53-webhook"),
            Some("rfc2136") => Some("rfc2136-webhook"),
            Some(_) => None,
        }
    }

    /// Returns the heaviest remark; `None` when there is none.
    pub fn heaviest(&self) -> Option<Weight> {
        self.remarks.iter().map(|remark| remark.weight).max()
    }
}

/// Translates an installation of `ExternalDNS`: a command line, what holds one, an object of Kubernetes with
/// its pod, a values file of either chart, or what wraps one (Helm, Argo CD, Flux, Terraform, helmfile, kustomize).
///
/// Nothing that stands in the text is passed over unseen: each field is taken, or is told.
///
/// # Errors
///
/// Returns what to give instead when the text is none of these.
pub fn convert(text: &str) -> Result<Conversion, String> {
    let mut draft = draft::Draft::default();
    draft.secrets.note_words(words::split(text).iter().map(String::as_str));
    draft.secrets.note_text(text);
    match input::read(&mut draft, text)? {
        input::Installation::Words(words) => words::take(&mut draft, &words),
        input::Installation::Values(given) => {
            draft.secrets.note(&Value::Object(given.clone()));
            values::take(&mut draft, given);
        }
        input::Installation::Container(container) => {
            let container = Value::Object(container);
            draft.secrets.note(&container);
            pod::take_container(&mut draft, container);
        }
        input::Installation::Pod(object) => {
            draft.secrets.note(&object);
            pod::take(&mut draft, *object);
        }
    }
    Ok(draft.finish())
}

impl std::fmt::Display for Conversion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        shown::write(self, f)
    }
}

#[cfg(test)]
mod tests;
