//! Sets the scene from manifests: files, folders, several documents, lists.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::clock;
use crate::emulator::served;
use crate::json::{object as member, text};
use crate::status::Status;
use crate::store::Store;
use crate::write::create::create;
use crate::write::update::update;
use crate::write::{Part, Persist, Request, UnknownFields, Written};

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
    /// A text is neither YAML nor JSON; the source says where.
    #[error("failed to parse the manifests as YAML or JSON")]
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

/// One object of a scene, read no earlier than it is applied where it is JSON: a scene of 100,000
/// objects never lies in memory as trees.
#[derive(Debug)]
pub(crate) enum Document<'a> {
    Json(&'a RawValue),
    Read(Value),
}

/// As much of a JSON text as says what to do with the rest.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default, borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    items: Option<Vec<&'a RawValue>>,
}

impl Document<'_> {
    /// Returns which objects come first: definitions, then namespaces, then the rest.
    fn rank(&self) -> u8 {
        let head: Option<Head<'_>>;
        let kind = match self {
            Self::Json(text) => {
                head = serde_json::from_str(text.get()).ok();
                head.as_ref().and_then(|head| head.kind.as_deref())
            }
            Self::Read(object) => Some(text(object, "/kind")),
        };
        match kind {
            Some("CustomResourceDefinition") => 0,
            Some("Namespace") => 1,
            _ => 2,
        }
    }

    fn read(self) -> Result<Value, ManifestError> {
        match self {
            Self::Json(text) => {
                serde_json::from_str(text.get()).map_err(|error| ManifestError::Parse(error.into()))
            }
            Self::Read(object) => Ok(object),
        }
    }
}

/// Returns the text of a file, or of the `*.yaml`, `*.yml`, `*.json` and `*.jsonl` files of a
/// folder in the order of their names.
pub(crate) fn texts(path: &Path) -> Result<Vec<String>, ManifestError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ManifestError::Read { path, source }
    };
    if !path.is_dir() {
        return Ok(vec![std::fs::read_to_string(path).map_err(failed(path))?]);
    }
    let mut files = Vec::new();
    for file in std::fs::read_dir(path).map_err(failed(path))? {
        let file = file.map_err(failed(path))?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json" | "jsonl")) {
            files.push(file);
        }
    }
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).map_err(failed(file))).collect()
}

/// Returns the objects of a text, which is JSON, one JSON after the other, or YAML; documents
/// without content are left out, lists are taken apart.
pub(crate) fn parse(manifests: &str) -> Result<Vec<Document<'_>>, ManifestError> {
    // JSON is YAML too, and a large scene is read far faster as what it is.
    let texts = serde_json::Deserializer::from_str(manifests).into_iter::<&RawValue>();
    match texts.collect::<Result<Vec<_>, _>>() {
        Ok(texts) => Ok(texts.into_iter().flat_map(json_objects).collect()),
        Err(_) => yaml_objects(manifests),
    }
}

fn json_objects(text: &RawValue) -> Vec<Document<'_>> {
    match serde_json::from_str(text.get()) {
        Ok(Head { kind: Some(kind), items: Some(items) }) if kind.ends_with("List") => {
            items.into_iter().map(Document::Json).collect()
        }
        _ if text.get() == "null" => Vec::new(),
        _ => vec![Document::Json(text)],
    }
}

/// Takes a text apart into documents, of which there may be any number: a scene is trusted.
fn yaml_objects<'a>(manifests: &str) -> Result<Vec<Document<'a>>, ManifestError> {
    let options = serde_saphyr::options! { budget: None };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(manifests, options)
        .map_err(|error| ManifestError::Parse(error.into()))?;
    let mut objects = Vec::new();
    for mut document in documents {
        let is_list = text(&document, "/kind").ends_with("List");
        let items = if is_list { document.get_mut("items") } else { None };
        match items.map(Value::take) {
            Some(Value::Array(items)) => objects.extend(items.into_iter().map(Document::Read)),
            _ if document.is_null() => {}
            _ => objects.push(Document::Read(document)),
        }
    }
    Ok(objects)
}

/// Applies texts, their definitions first, then their namespaces, then the rest in its order;
/// returns how many objects they held.
pub(crate) fn apply_all<'a>(
    store: &mut Store,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<usize, ManifestError> {
    let mut documents = Vec::new();
    for text in texts {
        documents.extend(parse(text)?);
    }
    // The sort keeps the order of equals.
    documents.sort_by_cached_key(Document::rank);
    let count = documents.len();
    for document in documents {
        let object = document.read()?;
        let name = ["/kind", "/metadata/namespace", "/metadata/name"]
            .map(|pointer| text(&object, pointer))
            .join("/");
        apply(store, object).map_err(|source| ManifestError::Refused { object: name, source })?;
    }
    Ok(count)
}

/// Creates or replaces one object as a whole.
pub(crate) fn apply(store: &mut Store, mut object: Value) -> Result<Written, Status> {
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
    if store.object(&kind, &namespace, &name).is_some() {
        update(store, &request, object)
    } else {
        create(store, &request, object)
    }
}
