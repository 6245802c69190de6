//! Sets the scene from manifests: files, folders, several documents, lists.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::clock;
use crate::emulator::served;
use crate::json::{object as member, text};
use crate::status::Status;
use crate::store::Store;
use crate::write::create::create;
use crate::write::update::update;
use crate::write::{Part, Persist, Request, UnknownFields};

/// Why manifests were not applied.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file or folder cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A text is no YAML; the source says where.
    #[error("failed to parse the manifests as YAML")]
    Parse(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server would not take an object.
    #[error("failed to apply `{object}`")]
    Refused {
        /// `Kind/namespace/name`.
        object: String,
        /// The server's answer.
        #[source]
        source: Status,
    },
}

/// Reads a file, or the `*.yaml`, `*.yml` and `*.json` files of a folder in the order of their
/// names.
pub(crate) fn read(path: &Path) -> Result<Vec<Value>, ManifestError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ManifestError::Read { path, source }
    };
    if !path.is_dir() {
        return parse(&std::fs::read_to_string(path).map_err(failed(path))?);
    }
    let mut files = Vec::new();
    for file in std::fs::read_dir(path).map_err(failed(path))? {
        let file = file.map_err(failed(path))?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(file);
        }
    }
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        objects.extend(parse(&std::fs::read_to_string(&file).map_err(failed(&file))?)?);
    }
    Ok(objects)
}

/// Returns the objects of a text; documents without content are left out, lists are taken apart.
pub(crate) fn parse(manifests: &str) -> Result<Vec<Value>, ManifestError> {
    let documents = documents(manifests)?;
    let mut objects = Vec::new();
    for mut document in documents {
        let is_list = text(&document, "/kind").ends_with("List");
        let items = if is_list { document.get_mut("items") } else { None };
        match items.map(Value::take) {
            Some(Value::Array(items)) => objects.extend(items),
            _ if document.is_null() => {}
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

/// Splits a text into documents, of which there may be any number: a scene is trusted.
fn documents(manifests: &str) -> Result<Vec<Value>, ManifestError> {
    // JSON is YAML too, and a large scene is read far faster as what it is.
    if let Ok(document) = serde_json::from_str(manifests) {
        return Ok(vec![document]);
    }
    let options = serde_saphyr::options! { budget: None };
    serde_saphyr::from_multiple_with_options(manifests, options)
        .map_err(|error| ManifestError::Parse(error.into()))
}

/// Applies objects: definitions first, then namespaces, then the rest in its order.
pub(crate) fn apply_all(
    store: &mut Store,
    mut objects: Vec<Value>,
) -> Result<Vec<Value>, ManifestError> {
    objects.sort_by_key(|object| match object["kind"].as_str() {
        Some("CustomResourceDefinition") => 0,
        Some("Namespace") => 1,
        _ => 2,
    });
    objects
        .into_iter()
        .map(|object| {
            let name = ["/kind", "/metadata/namespace", "/metadata/name"]
                .map(|pointer| text(&object, pointer))
                .join("/");
            apply(store, object).map_err(|source| ManifestError::Refused { object: name, source })
        })
        .collect()
}

/// Creates or replaces one object as a whole.
pub(crate) fn apply(store: &mut Store, mut object: Value) -> Result<Value, Status> {
    let kind = served(store, text(&object, "/apiVersion"), text(&object, "/kind"))?;
    let namespace = match (kind.is_namespaced(), text(&object, "/metadata/namespace")) {
        (false, _) => "",
        (true, "") => "default",
        (true, namespace) => namespace,
    }
    .to_owned();
    let name = text(&object, "/metadata/name").to_owned();
    if let Some(fields) = object.as_object_mut() {
        member(fields, "metadata").remove("resourceVersion");
        member(fields, "metadata").remove("uid");
    }
    let request = Request {
        kind: &kind,
        namespace: &namespace,
        name: &name,
        part: Part::Whole,
        persist: Persist::Store,
        unknown: UnknownFields::Drop,
        now: clock::now(),
    };
    let written = if store.object(&kind, &namespace, &name).is_some() {
        update(store, &request, object)?
    } else {
        create(store, &request, object)?
    };
    serde_json::from_slice(&written.body).map_err(Status::internal)
}
