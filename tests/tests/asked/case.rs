//! A case of `controller/tests/sources`, made fit for an API server that checks what it is given.

use std::path::PathBuf;

use e2e::cluster::documents;
use e2e::programs;
use serde_json::{Value, json};

/// Objects and the flags to read them with.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) objects: Vec<Value>,
    pub(crate) flags: Vec<String>,
}

impl Case {
    /// Reads a case, such as `service/a-sentence`.
    pub(crate) fn of(name: &'static str) -> Self {
        let folder = programs::workspace().join("controller/tests/sources");
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let flags = text.lines().map_while(|line| line.strip_prefix("# --"));
        let mut objects = documents(&text).unwrap();
        objects.iter_mut().for_each(make_valid);
        let flags = flags.map(|flag| format!("--{flag}")).collect();
        Self { name, objects, flags }
    }

    /// Returns the values of `--source`.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().filter_map(|flag| flag.strip_prefix("--source="))
    }

    /// Returns the namespaces that the objects are in.
    pub(crate) fn namespaces(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .objects
            .iter()
            .filter_map(|object| object.pointer("/metadata/namespace").and_then(Value::as_str))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Writes the objects to a file for `--manifests`.
    pub(crate) fn manifests(&self, folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("objects.json");
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": self.objects });
        std::fs::write(&path, list.to_string()).unwrap();
        path
    }
}

/// Adds what the server demands and no source reads: the cases hold the smallest manifests.
fn make_valid(object: &mut Value) {
    let (field, value) = match object["kind"].as_str() {
        Some("Service") if object["spec"]["type"] != "ExternalName" => {
            ("ports", json!([{ "name": "http", "port": 80 }]))
        }
        Some("Pod") => ("containers", json!([{ "name": "app", "image": "app.example.com/app:1" }])),
        Some("Ingress") if object["spec"]["rules"].is_null() => {
            let service = json!({ "name": "app", "port": { "number": 80 } });
            ("defaultBackend", json!({ "service": service }))
        }
        _ => return,
    };
    if object["spec"].is_null() {
        object["spec"] = json!({});
    }
    let held = &mut object["spec"][field];
    if held.as_array().is_none_or(Vec::is_empty) {
        *held = value;
    }
}
