//! The manifests of the demo's folder, and what changes in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use e2e::process::Program;
use e2e::{cluster, programs};
use serde_json::Value;

/// The manifests of a folder.
pub(crate) struct Manifests {
    folder: PathBuf,
    objects: BTreeMap<String, Value>,
    refused: Option<String>,
}

/// What has changed in a folder.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) applied: Vec<Value>,
    pub(crate) removed: Vec<Value>,
}

impl Manifests {
    /// Reads the folder.
    pub(crate) fn read(folder: PathBuf) -> anyhow::Result<Self> {
        let objects = read(&folder)?;
        Ok(Self { folder, objects, refused: None })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.strip_prefix(programs::workspace()).unwrap_or(&self.folder)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    /// Returns the names that the manifests ask for, as `signpost endpoints` sees them.
    pub(crate) fn names(&self) -> anyhow::Result<BTreeSet<String>> {
        let ended = Program::new(programs::SIGNPOST)
            .args(["endpoints", "--source=service", "--source=ingress", "--source=crd", "-o=json"])
            .args([format!("--manifests={}", self.folder.display())])
            .run()?;
        if !ended.status.success() {
            bail!("`signpost endpoints` failed:\n{}", ended.stderr);
        }
        let endpoints: Vec<Value> = serde_json::from_str(&ended.stdout)?;
        let name = |value: &Value| value.get("dnsName").and_then(Value::as_str).map(str::to_owned);
        Ok(endpoints.iter().filter_map(name).collect())
    }

    /// Returns what has changed since the last look; a file that makes no sense changes nothing.
    ///
    /// The same mistake is an error once only.
    pub(crate) fn changes(&mut self) -> anyhow::Result<Changes> {
        let now = match read(&self.folder) {
            Ok(now) => now,
            Err(error) => {
                let text = format!("{error:#}");
                if self.refused.as_ref() == Some(&text) {
                    return Ok(Changes::default());
                }
                self.refused = Some(text);
                return Err(error);
            }
        };
        self.refused = None;
        let before = std::mem::replace(&mut self.objects, now);
        let applied = self.objects.iter().filter(|(key, object)| before.get(*key) != Some(object));
        let removed = before.iter().filter(|(key, _)| !self.objects.contains_key(*key));
        Ok(Changes {
            applied: applied.map(|(_, object)| object.clone()).collect(),
            removed: removed.map(|(_, removed)| removed.clone()).collect(),
        })
    }
}

/// Returns what a manifest is about, such as `Service web`.
pub(crate) fn title(manifest: &Value) -> String {
    let text = |pointer| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut objects = BTreeMap::new();
    let files = std::fs::read_dir(folder)
        .with_context(|| format!("failed to read `{}`", folder.display()))?;
    for file in files {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        let documents = cluster::documents(&text)
            .with_context(|| format!("`{}` is not YAML", path.display()))?;
        objects.extend(documents.into_iter().map(|document| (title(&document), document)));
    }
    Ok(objects)
}
