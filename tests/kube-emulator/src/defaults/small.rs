//! Defaults of kinds that need only a few.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::json::{default, is_set, object, text};
use crate::kinds::TableKey;
use crate::store::Store;

/// The label that every namespace carries with its own name ([labels]).
///
/// [labels]: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The annotation that makes a class the one for ingresses that name none.
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

pub(crate) fn namespace(fields: &mut Map<String, Value>, name: &str) {
    let labels = object(object(fields, "metadata"), "labels");
    labels.insert(NAME_LABEL.to_owned(), name.into());
    default(object(fields, "spec"), "finalizers", json!(["kubernetes"]));
    default(object(fields, "status"), "phase", "Active");
}

/// `stringData` is a way to write `data`; it is never kept.
pub(crate) fn secret(fields: &mut Map<String, Value>) {
    default(fields, "type", "Opaque");
    let Some(Value::Object(plain)) = fields.remove("stringData") else { return };
    let data = object(fields, "data");
    for (key, value) in plain {
        data.insert(key, STANDARD.encode(value.as_str().unwrap_or("")).into());
    }
}

pub(crate) fn endpoints(fields: &mut Map<String, Value>) {
    for subset in fields.get_mut("subsets").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(subset) = subset.as_object_mut() {
            fill_ports(subset);
        }
    }
}

pub(crate) fn endpoint_slice(fields: &mut Map<String, Value>) {
    fill_ports(fields);
    for endpoint in fields.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if let Some(endpoint) = endpoint.as_object_mut() {
            object(endpoint, "conditions");
        }
    }
    for port in fields.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.entry("name".to_owned()).or_insert_with(|| "".into());
        }
    }
}

fn fill_ports(holder: &mut Map<String, Value>) {
    for port in holder.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            default(port, "protocol", "TCP");
        }
    }
}

/// A new ingress that names no class gets the default class, if the cluster has one ([classes]).
///
/// [classes]: https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
pub(crate) fn ingress(store: &Store, fields: &mut Map<String, Value>, old: Option<&Value>) {
    object(object(fields, "status"), "loadBalancer");
    let view = Value::Object(fields.clone());
    let annotated = view.pointer("/metadata/annotations/kubernetes.io~1ingress.class").is_some();
    if old.is_some() || annotated || is_set(&view, "/spec/ingressClassName") {
        return;
    }
    let table =
        TableKey { group: "networking.k8s.io".to_owned(), plural: "ingressclasses".to_owned() };
    let class = store.objects(&table, "").find(|class| {
        class.read().is_ok_and(|class| {
            let annotations = class.pointer("/metadata/annotations");
            annotations.is_some_and(|all| all.get(DEFAULT_CLASS) == Some(&json!("true")))
                && !text(&class, "/spec/controller").is_empty()
        })
    });
    if let Some(class) = class {
        object(fields, "spec").insert("ingressClassName".to_owned(), class.name.clone().into());
    }
}
