//! The installation that is being made, and what there is to say about it.

mod finish;
mod lists;
mod open;
pub(super) mod places;
mod resolved;
mod variables;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use self::lists::Values;
use super::name_servers::NameServers;
use super::secrets::Secrets;
use super::{Remark, Weight, bitnami, keys};

/// Where the values say what the program would have done by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// A command line: the program's own defaults count.
    #[default]
    Program,
    /// A chart, whose defaults count.
    Chart,
}

/// Where files of values are that something names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Files {
    /// There are none.
    #[default]
    None,
    /// They came with what names them.
    Here,
    /// They are not in the text, or cannot be read there, and may hold any value.
    Unknown,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) origin: Origin,
    /// Whether the chart writes values as they are, and makes no templates of Helm of them.
    pub(super) is_verbatim: bool,
    /// Whether something is computed elsewhere, so that what is not here may be there.
    is_partly_unknown: bool,
    /// Whether no current records were read there, so that none was ever deleted.
    pub(super) reads_nothing: bool,
    /// Where files of values are that something names.
    pub(super) files: Files,
    values: Values,
    /// The values as they were given; nothing where there was no chart.
    pub(super) given: Map<String, Value>,
    remarks: Vec<Remark>,
    /// The same, so that each is there once.
    said: HashSet<Remark>,
    /// Flags of the controller that have no key of their own.
    extra: Map<String, Value>,
    /// Arguments of the provider.
    provider: Vec<String>,
    /// What provider the installation has; `None` while nothing said so.
    provider_name: Option<String>,
    /// References to variables that say the pod's own namespace.
    own_namespace: BTreeSet<String>,
    /// Values that stand in the same text beside what names them as a file.
    pub(super) layer: Map<String, Value>,
    /// The namespace of the pod, where it is said.
    pub(super) namespace: Option<String>,
    /// Where a webhook provider is, and where that stood.
    pub(super) url_of_provider: Option<(String, String)>,
    /// What is never printed.
    pub(super) secrets: Secrets,
    /// Where each flag of the controller stood.
    stood: BTreeMap<String, String>,
    /// What was said of name servers.
    pub(super) name_servers: NameServers,
}

impl Draft {
    /// Adds something to know.
    pub(super) fn say(&mut self, weight: Weight, place: &str, text: impl Into<String>) {
        let remark = Remark { weight, place: place.to_owned(), text: text.into() };
        if self.said.insert(remark.clone()) {
            self.remarks.push(remark);
        }
    }

    /// Adds that something decides on the installation and is not known: nothing is deleted by the rest.
    pub(super) fn unknown(&mut self, place: &str, why: &str) {
        self.is_partly_unknown = true;
        self.say(Weight::Refused, place, why);
    }

    /// Adds that something which may hold any value, and so a filter, is not known.
    pub(super) fn out_of_sight(&mut self, place: &str, why: &str) {
        self.files = Files::Unknown;
        self.unknown(place, why);
    }

    /// Tells whether something decides on the installation and is not known.
    pub(super) fn is_partly_unknown(&self) -> bool {
        self.is_partly_unknown
    }

    /// Adds that values stand elsewhere.
    pub(super) fn elsewhere(&mut self, place: &str) {
        let key = place.split(['.', '[', ':']).next().unwrap_or_default();
        let is_key = keys::is_known(key) || bitnami::belongs(key).is_some();
        if self.files == Files::None && (!is_key || key == "extraArgs") {
            self.files = Files::Unknown;
        }
        self.unknown(
            place,
            "it is not in this text, so it is not known here: add what it says, or give the values that are in use \
             (`helm get values external-dns`)",
        );
    }

    /// Returns the value at a path of keys; `None` when nothing is there.
    pub(super) fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.values.get(*first)?, |value, key| value.get(*key))
    }

    /// Returns all values, to be changed where they stand.
    pub(super) fn values_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.values
    }

    /// Takes a value that stands at the top.
    pub(super) fn remove(&mut self, key: &str) -> Option<Value> {
        self.values.remove(key)
    }

    /// Puts a value at a path of keys.
    pub(super) fn set(&mut self, path: &[&str], value: Value) {
        self.values.set(path, value);
    }

    /// Adds items to a list at a path of keys, each once.
    pub(super) fn push(&mut self, path: &[&str], items: impl IntoIterator<Item = Value>) {
        self.values.push(path, items);
    }

    /// Adds Secrets with which images are pulled; Bitnami's chart has their names alone.
    pub(super) fn push_secrets(&mut self, path: &[&str], secrets: Vec<Value>) {
        let secret = |secret: Value| match secret {
            Value::String(name) => json!({ "name": name }),
            other => other,
        };
        if !secrets.is_empty() {
            self.push(path, secrets.into_iter().map(secret));
        }
    }

    /// Tells whether the value of a flag was no template of Helm where it came from.
    pub(super) fn takes_as_written(&self, flag: &str, text: &str) -> bool {
        let is_verbatim = self.origin == Origin::Program || self.is_verbatim;
        is_verbatim || places::is_of_the_program(flag, text)
    }

    /// Adds a flag that has no key of its own; several values become a list.
    pub(super) fn extra(&mut self, flag: &str, value: Value) {
        // The chart reads these texts as templates, as the other chart does.
        let value = match value {
            Value::String(text) if self.takes_as_written(flag, &text) => {
                json!(places::as_written(&text))
            }
            value => value,
        };
        let together = match (self.extra.remove(flag), value) {
            (None, value) => value,
            (Some(Value::Array(mut list)), value) => {
                list.push(value);
                Value::Array(list)
            }
            (Some(first), value) => json!([first, value]),
        };
        self.extra.insert(flag.to_owned(), together);
    }

    /// Notes which variables say the pod's own namespace.
    pub(super) fn note_variables_of_the_pod(&mut self, env: Option<&Value>) {
        let says_namespace = |variable: &&Value| {
            let path = variable.pointer("/valueFrom/fieldRef/fieldPath");
            path.is_some_and(|path| path == "metadata.namespace")
        };
        let variables = env.and_then(Value::as_array).into_iter().flatten().filter(says_namespace);
        let names = variables.filter_map(|variable| variable.get("name")?.as_str());
        self.own_namespace.extend(names.map(|name| format!("$({name})")));
    }

    /// Tells whether a text is a reference to a variable that says the pod's own namespace.
    pub(super) fn is_own_namespace(&self, text: &str) -> bool {
        self.own_namespace.contains(text)
    }

    /// Notes where a flag of the controller stood.
    pub(super) fn stood_at(&mut self, flag: &str, place: &str) {
        self.stood.insert(flag.to_owned(), place.to_owned());
    }

    /// Returns where a flag of the controller stood.
    pub(super) fn place_of(&self, flag: &str) -> String {
        self.stood.get(flag).cloned().unwrap_or_else(|| format!("--{flag}"))
    }

    /// Returns the flags that have no key of their own.
    pub(super) fn extra_flags(&self) -> Vec<String> {
        self.extra.keys().cloned().collect()
    }

    /// Returns the text of a flag that has no key of its own.
    pub(super) fn extra_text(&self, flag: &str) -> Option<String> {
        self.extra.get(flag).and_then(Value::as_str).map(str::to_owned)
    }

    /// Takes a flag out that has no key of its own.
    pub(super) fn remove_extra(&mut self, flag: &str) {
        self.extra.remove(flag);
    }

    /// Tells whether a flag without a key of its own was given.
    pub(super) fn has_extra(&self, flag: &str) -> bool {
        self.extra.contains_key(flag)
    }

    /// Adds a word of the provider's command line.
    pub(super) fn provider_argument(&mut self, word: String) {
        self.provider.push(word);
    }

    /// Returns the provider, which is `ExternalDNS`'s chart's unless something else was said.
    pub(super) fn provider_name(&self) -> Option<&str> {
        self.provider_name.as_deref()
    }

    /// Takes the name of the provider.
    pub(super) fn set_provider(&mut self, name: &str) {
        self.provider_name = Some(name.to_owned());
    }

    /// Tells whether the provider is Route 53.
    pub(super) fn is_aws(&self) -> bool {
        self.provider_name.as_deref().is_none_or(|name| name == "aws")
    }

    /// Tells whether the provider is a program of ours, which has its settings in a container of its own.
    pub(super) fn is_split(&self) -> bool {
        self.provider_name.as_deref().is_none_or(|name| ["aws", "rfc2136"].contains(&name))
    }

    /// Turns a toggle of the controller on that has no key of its own.
    pub(super) fn toggle_extra(&mut self, flag: &str) {
        self.extra.insert(flag.to_owned(), json!(true));
    }

    /// Adds a type of records to those that are managed, beside what is by default.
    pub(super) fn manage(&mut self, record_type: &str) {
        let flag = "managed-record-types";
        if let Some(given) = self.extra.get(flag) {
            let all = given.as_array().cloned().unwrap_or_else(|| vec![given.clone()]);
            if !all
                .iter()
                .any(|given| given.as_str().is_some_and(|text| text.contains(record_type)))
            {
                self.extra(flag, json!(record_type));
            }
            return;
        }
        let path = ["managedRecordTypes"];
        if self.get(&path).is_none() {
            self.push(&path, ["A", "AAAA", "CNAME"].map(|usual| json!(usual)));
        }
        self.push(&path, [json!(record_type)]);
    }
}
