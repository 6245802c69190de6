//! Turns a `CustomResourceDefinition` into the kinds that it serves.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::json::{items, strings, text};
use crate::kinds::{Column, Kind, Missing, NameRule, Scope, Shape, TableKey};

/// Returns a kind for each served version of the definition, which has passed validation.
pub(crate) fn kinds(definition: &Value) -> Vec<Kind> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let (group, plural) = (text(spec, "/group"), text(names, "/plural"));
    let served = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"].as_bool().unwrap_or(false));
    served
        .map(|version| Kind {
            group: group.to_owned(),
            version: text(version, "/name").to_owned(),
            kind: text(names, "/kind").to_owned(),
            plural: plural.to_owned(),
            singular: text(names, "/singular").to_owned(),
            list_kind: text(names, "/listKind").to_owned(),
            short_names: strings(&names["shortNames"]),
            categories: strings(&names["categories"]),
            scope: match text(spec, "/scope") {
                "Cluster" => Scope::Cluster,
                _ => Scope::Namespaced,
            },
            status: version.pointer("/subresources/status").is_some_and(|status| !status.is_null()),
            generation: true,
            unconditional_update: false,
            missing: Missing::Refuse,
            selectable: selectable(spec),
            name_rule: NameRule::Subdomain,
            shape: Shape::Schema(Arc::new(
                version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_else(|| json!({})),
            )),
            table: TableKey { group: group.to_owned(), plural: plural.to_owned() },
            columns: columns(version),
        })
        .collect()
}

/// Returns the fields of all versions together: they share a table, so they must share an order.
fn selectable(spec: &Value) -> Vec<String> {
    let paths: BTreeSet<String> = items(spec, "/versions")
        .flat_map(|version| items(version, "/selectableFields"))
        .map(|field| text(field, "/jsonPath").trim_start_matches('.').to_owned())
        .filter(|path| !path.is_empty())
        .collect();
    paths.into_iter().collect()
}

fn columns(version: &Value) -> Vec<Column> {
    let columns = version["additionalPrinterColumns"].as_array().into_iter().flatten();
    columns
        .map(|column| Column {
            name: text(column, "/name").to_owned(),
            form: text(column, "/type").to_owned(),
            path: text(column, "/jsonPath").to_owned(),
            priority: column["priority"].as_u64().unwrap_or(0),
        })
        .collect()
}
