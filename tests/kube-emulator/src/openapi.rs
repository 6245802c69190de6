//! As much `OpenAPI` as `kubectl` looks at: which kinds exist and that the server validates.
//!
//! `kubectl apply` looks for the kind by `x-kubernetes-group-version-kind` and for a PATCH that
//! takes `fieldValidation`; having found both it leaves validation to the server. Schemas of
//! custom kinds are given in full, which also serves `kubectl explain`.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::{Map, Value, json};

use crate::json::put;
use crate::kinds::{Kind, Kinds, Shape};
use crate::patch;

/// Returns the index: one document a group and version, with a hash of what it says.
pub(crate) fn index(kinds: &Kinds) -> Value {
    let mut paths = Map::new();
    let mut add = |path: String, group: &str, version: &str| {
        let body = document(kinds, group, version).unwrap_or(Value::Null).to_string();
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(body);
        let url = format!("/openapi/v3/{path}?hash={hash:016X}");
        paths.insert(path, json!({ "serverRelativeURL": url }));
    };
    add("api/v1".to_owned(), "", "v1");
    for (group, versions) in kinds.groups() {
        for version in versions {
            add(format!("apis/{group}/{version}"), group, version);
        }
    }
    json!({ "paths": paths })
}

/// Returns the document of one group and version, if it is served.
pub(crate) fn document(kinds: &Kinds, group: &str, version: &str) -> Option<Value> {
    if !kinds.serves(group, version) {
        return None;
    }
    let (mut schemas, mut paths) = (Map::new(), Map::new());
    for kind in kinds.in_version(group, version) {
        schemas.insert(schema_name(kind), schema(kind));
        paths.insert(path(kind), path_item(kind));
    }
    Some(json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": "v1" },
        "paths": paths,
        "components": { "schemas": schemas },
    }))
}

fn schema_name(kind: &Kind) -> String {
    let group: Vec<&str> = kind.group.rsplit('.').filter(|part| !part.is_empty()).collect();
    let prefix = if group.is_empty() { "core".to_owned() } else { group.join(".") };
    format!("{prefix}.{}.{}", kind.version, kind.kind)
}

fn identity(kind: &Kind) -> Value {
    json!({ "group": kind.group, "version": kind.version, "kind": kind.kind })
}

fn schema(kind: &Kind) -> Value {
    let mut schema = match &kind.shape {
        Shape::Schema(schema) => Value::clone(schema),
        Shape::Typed(_) => json!({
            "type": "object",
            "properties": {
                "apiVersion": { "type": "string" },
                "kind": { "type": "string" },
                "metadata": { "type": "object" },
            },
            "x-kubernetes-preserve-unknown-fields": true,
        }),
    };
    put(&mut schema, "x-kubernetes-group-version-kind", json!([identity(kind)]));
    schema
}

fn path(kind: &Kind) -> String {
    let root = if kind.group.is_empty() { "api" } else { "apis" };
    let namespaces = if kind.is_namespaced() { "/namespaces/{namespace}" } else { "" };
    format!("/{root}/{}{namespaces}/{}/{{name}}", kind.api_version(), kind.plural)
}

fn path_item(kind: &Kind) -> Value {
    let reference = json!({ "$ref": format!("#/components/schemas/{}", schema_name(kind)) });
    // Strategic merge patch is left out even where it is taken: kubectl would then work out its
    // patches from these schemas, which say too little, rather than from the types it knows.
    let content: Map<String, Value> = patch::CUSTOM_MEDIA_TYPES
        .split(", ")
        .map(|media_type| (media_type.to_owned(), json!({ "schema": { "type": "object" } })))
        .collect();
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }))
        .collect();
    let responses = json!({
        "200": {
            "description": "OK",
            "content": { "application/json": { "schema": reference } },
        },
    });
    json!({
        "patch": {
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": identity(kind),
            "parameters": parameters,
            "requestBody": { "content": content },
            "responses": responses,
        },
    })
}
