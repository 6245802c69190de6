//! Tells clients what is served: groups, versions, resources and their names ([discovery]).
//!
//! The aggregated form is not given; clients ask for the plain one when they see it.
//!
//! [discovery]: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api

use serde_json::{Value, json};

use crate::api::review;
use crate::json::put;
use crate::kinds::{Kind, Kinds, api_version};

const VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The Kubernetes version whose manners this server has.
const MINOR: &str = "33";

pub(crate) fn version() -> Value {
    json!({
        "major": "1",
        "minor": MINOR,
        "gitVersion": format!("v1.{MINOR}.0+emulator"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "rustc",
        "platform": "linux/amd64",
    })
}

pub(crate) fn core_versions(host: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": host }],
    })
}

pub(crate) fn groups(kinds: &Kinds) -> Value {
    let mut groups: Vec<Value> =
        kinds.groups().into_iter().map(|(group, versions)| group_json(group, &versions)).collect();
    groups.push(group_json(review::GROUP, &["v1"]));
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

pub(crate) fn group(kinds: &Kinds, group: &str) -> Option<Value> {
    let versions = match group {
        review::GROUP => vec!["v1"],
        _ => kinds.groups().remove(group)?,
    };
    let mut body = group_json(group, &versions);
    put(&mut body, "kind", "APIGroup");
    put(&mut body, "apiVersion", "v1");
    Some(body)
}

fn group_json(group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({ "groupVersion": api_version(group, version), "version": version }))
        .collect();
    json!({ "name": group, "preferredVersion": versions.first(), "versions": versions })
}

pub(crate) fn resources(kinds: &Kinds, group: &str, version: &str) -> Option<Value> {
    let resources: Vec<Value> = if group == review::GROUP && version == "v1" {
        vec![json!({
            "name": review::PLURAL,
            "singularName": "selfsubjectaccessreview",
            "namespaced": false,
            "kind": "SelfSubjectAccessReview",
            "verbs": ["create"],
        })]
    } else if kinds.serves(group, version) {
        let kinds = kinds.in_version(group, version);
        kinds.into_iter().flat_map(|kind| resource_json(kind)).collect()
    } else {
        return None;
    };
    Some(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version(group, version),
        "resources": resources,
    }))
}

/// Returns the resource and, if it has one, its status subresource.
fn resource_json(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.is_namespaced(),
        "kind": kind.kind,
        "verbs": VERBS,
    });
    for (key, list) in [("shortNames", &kind.short_names), ("categories", &kind.categories)] {
        if !list.is_empty() {
            put(&mut main, key, list.clone());
        }
    }
    let mut all = vec![main];
    if kind.status {
        all.push(json!({
            "name": format!("{}/status", kind.plural),
            "singularName": "",
            "namespaced": kind.is_namespaced(),
            "kind": kind.kind,
            "verbs": ["get", "patch", "update"],
        }));
    }
    all
}
