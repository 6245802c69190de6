//! What a person has to write before anything starts: where a filter could not be taken.
//!
//! Without it more would be published, which no policy holds back. So what cannot be taken of what says which
//! names there are, and where, leaves a word in its place with which neither the chart renders nor the program
//! starts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::{Remark, Weight, bitnami, flags, grammar};
use super::{Draft, Files};
use crate::args::{OPEN, is_of_sidecar};

/// How a setting narrows what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrows {
    /// By what it lets through: fewer values let less through, and none at all everything.
    Through,
    /// By each of its values, or by being on.
    Each,
}

use Narrows::{Each, Through};

/// Flags that say which objects are read, which names come of them, with which targets, and into which zones of
/// which account they go.
const NARROWING: [(&str, Narrows); 33] = [
    ("annotation-filter", Each),
    ("annotation-prefix", Through),
    ("aws-assume-role", Each),
    ("aws-profile", Each),
    ("aws-zone-tags", Each),
    ("aws-zone-type", Each),
    ("default-targets", Through),
    ("domain-filter", Through),
    ("dry-run", Each),
    ("exclude-domains", Each),
    ("exclude-record-types", Each),
    ("exclude-target-net", Each),
    ("exclude-unschedulable", Each),
    ("force-default-targets", Each),
    ("gateway-label-filter", Each),
    ("gateway-name", Each),
    ("gateway-namespace", Each),
    ("gloo-namespace", Through),
    ("ignore-hostname-annotation", Each),
    ("ignore-ingress-rules-spec", Each),
    ("ignore-ingress-tls-spec", Each),
    ("ignore-non-host-network-pods", Each),
    ("ingress-class", Through),
    ("label-filter", Each),
    ("managed-record-types", Through),
    ("namespace", Through),
    ("openshift-router-name", Each),
    ("regex-domain-exclusion", Each),
    ("regex-domain-filter", Each),
    ("service-type-filter", Through),
    ("target-net-filter", Through),
    ("traefik-disable-new", Each),
    ("zone-id-filter", Through),
];

/// Keys of charts that are none of a flag's, and the flag that is the same.
const KEYS: [(&str, &str); 8] = [
    ("aws.assumeRoleArn", "aws-assume-role"),
    ("aws.zoneTags", "aws-zone-tags"),
    ("aws.zoneType", "aws-zone-type"),
    ("managedRecordTypes", "managed-record-types"),
    ("namespaced", "namespace"),
    ("sourceNamespace", "namespace"),
    ("sourceNamespaces", "namespace"),
    ("watchReleaseNamespace", "namespace"),
];

/// What is said behind what could not be taken.
const SAID: &str = "`CHANGE-ME` stands in its place, with which nothing starts: without it more would be published";

/// What is said where a whole file of values is not known here.
const ELSEWHERE: &str = "a filter may stand in what is not in this text, so `CHANGE-ME` stands here, with which nothing starts: write what it \
     says, or take it out where there is none";

/// Writes [`OPEN`] wherever something was refused without which more would be published.
pub(super) fn hold(draft: &mut Draft) {
    let mut written: BTreeSet<&str> = BTreeSet::new();
    let mut said: BTreeMap<&str, bool> = BTreeMap::new();
    for at in 0..draft.remarks.len() {
        let Some(remark) = draft.remarks.get(at).filter(|remark| remark.weight == Weight::Refused)
        else {
            continue;
        };
        let Some((flag, how)) = narrowing(remark) else { continue };
        let path = path(draft, flag);
        // What was written is a value as well, of which one is enough.
        let is_said =
            how == Through && *said.entry(flag).or_insert_with(|| is_said(draft, flag, &path));
        if is_said {
            continue;
        }
        if written.insert(flag) {
            write(draft, flag, &path);
            said.insert(flag, true);
        }
        if let Some(remark) = draft.remarks.get_mut(at) {
            let text = remark.text.strip_suffix("; it is left out").unwrap_or(&remark.text);
            remark.text = format!("{text}; {SAID}");
        }
    }
    let is_held = match draft.files {
        Files::None | Files::Here => true,
        // An owner that is to be written holds the start as well, and says nothing of filters.
        Files::Unknown => is_open(&filters(draft)),
    };
    if !is_held {
        draft.push(&["domainFilters"], [json!(OPEN)]);
        draft.say(Weight::Refused, "domainFilters", ELSEWHERE);
    }
}

/// Returns the flag that a remark is about, where that narrows: the place names it, its key, or its variable,
/// or is an item of a list of arguments, which the text shows.
fn narrowing(remark: &Remark) -> Option<(&'static str, Narrows)> {
    let is_list = ["extraArgs[", "args["].iter().any(|start| remark.place.starts_with(start));
    let place = match remark.text.split_once("`--") {
        Some((_, word)) if is_list => word,
        _ => &remark.place,
    };
    let starts = ["--no-", "--", "extraArgs.", "no-"];
    let bare = starts.iter().find_map(|start| place.strip_prefix(start)).unwrap_or(place);
    let key = bare.split(['[', ':', '=', ' ', '`']).next().unwrap_or_default();
    let variable =
        key.strip_prefix("EXTERNAL_DNS_").map(|name| name.to_lowercase().replace('_', "-"));
    let of_key = KEYS.iter().find(|(name, _)| *name == key).map(|(_, flag)| *flag);
    let name = variable.as_deref().or(of_key).or_else(|| bitnami::flag(key)).unwrap_or(key);
    NARROWING.into_iter().find(|(flag, _)| *flag == name || flags::key(flag) == Some(name))
}

/// Tells whether something is still to be written.
fn is_open(values: &Map<String, Value>) -> bool {
    Value::Object(values.clone()).to_string().contains(OPEN)
}

/// Returns the values without what is no filter and may be still to be written: an owner, and an image.
fn filters(draft: &Draft) -> Map<String, Value> {
    let mut values = draft.assembled();
    values.remove("txtOwnerId");
    if let Some(Value::Object(webhook)) =
        values.get_mut("provider").and_then(|provider| provider.get_mut("webhook"))
    {
        webhook.remove("image");
    }
    values
}

/// Returns where the value of a flag stands in our values.
fn path(draft: &Draft, flag: &'static str) -> Vec<&'static str> {
    if is_of_sidecar(flag) {
        return vec!["provider", "webhook", "args"];
    }
    match flag {
        "namespace" if draft.get(&["namespaced"]) == Some(&json!(true)) => vec!["sourceNamespace"],
        "namespace" => vec!["sourceNamespaces"],
        "managed-record-types" => vec!["managedRecordTypes"],
        _ => flags::key(flag).map_or_else(|| vec!["extraArgs", flag], |key| vec![key]),
    }
}

/// Tells whether a value is left of a flag.
fn is_said(draft: &Draft, flag: &str, path: &[&str]) -> bool {
    let found = match path {
        ["extraArgs", flag] => draft.extra.get(*flag),
        _ => draft.get(path),
    };
    let start = format!("--{flag}=");
    match found {
        Some(Value::Array(words)) if is_of_sidecar(flag) => {
            words.iter().any(|word| word.as_str().is_some_and(|word| word.starts_with(&start)))
        }
        Some(Value::Array(items)) => !items.is_empty(),
        Some(value) => !value.is_null() && value != "",
        None => false,
    }
}

/// Puts [`OPEN`] where the value of a flag stands.
fn write(draft: &mut Draft, flag: &'static str, path: &[&str]) {
    match path {
        ["extraArgs", flag] => {
            let many = !grammar::takes_one(flag);
            let before = draft.extra.remove(*flag).filter(|_| many);
            let mut all = match before {
                Some(Value::Array(items)) => items,
                Some(value) => vec![value],
                None => Vec::new(),
            };
            all.retain(|value| value != OPEN);
            all.push(json!(OPEN));
            let value = if all.len() == 1 { json!(OPEN) } else { Value::Array(all) };
            draft.extra.insert((*flag).to_owned(), value);
        }
        path if is_of_sidecar(flag) => draft.push(path, [json!(format!("--{flag}={OPEN}"))]),
        ["domainFilters" | "excludeDomains" | "sourceNamespaces" | "managedRecordTypes"] => {
            draft.push(path, [json!(OPEN)]);
        }
        path => draft.set(path, json!(OPEN)),
    }
}
