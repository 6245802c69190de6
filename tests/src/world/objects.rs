//! Where the objects of a world are: in a folder of manifests, or in a namespace of a cluster.

use std::path::Path;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use kube::{Api, Resource};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::manifest;

/// Where objects are.
pub trait Objects {
    /// Returns the flags that lead a program to them.
    fn flags(&self) -> Vec<String>;
}

/// A folder of manifests, removed at the end.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
}

/// A namespace of a cluster.
pub struct Namespace {
    /// The cluster, with our CRD.
    pub cluster: Cluster,
    /// What the namespace is called.
    pub name: String,
}

impl Folder {
    /// Returns an empty folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder on disk")]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, in a subfolder if it says so.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Removes a file.
    pub fn remove(&self, file: &str) {
        std::fs::remove_file(self.path().join(file)).unwrap();
    }

    /// Writes `NAME.yaml` with a Service that wants `NAME.example.com` with an address.
    pub fn service(&self, name: &str, address: &str) {
        self.write(&format!("{name}.yaml"), &manifest::service_yaml(name, address));
    }
}

impl Namespace {
    /// Returns a namespace of that name in every cluster there is on this machine: the emulator and,
    /// where `KUBEBUILDER_ASSETS` names one, a real kube-apiserver.
    pub async fn everywhere(name: &str) -> Vec<Self> {
        let mut namespaces = Vec::new();
        for cluster in Cluster::every().await.unwrap() {
            cluster.install_crd().await.unwrap();
            cluster.namespace(name).await.unwrap();
            namespaces.push(Self { cluster, name: name.to_owned() });
        }
        namespaces
    }

    /// Creates or changes an object, with its status.
    pub async fn apply(&self, manifest: &Value) {
        self.cluster.apply(manifest, &self.name).await.unwrap();
    }

    /// Deletes the object that a manifest names.
    pub async fn delete(&self, manifest: &Value) {
        self.cluster.delete(manifest, &self.name).await.unwrap();
    }

    /// Returns the object that a manifest names, as it is now.
    pub async fn read(&self, manifest: &Value) -> Value {
        self.cluster.read(manifest, &self.name).await.unwrap()
    }

    /// Returns the API of one kind of object.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.cluster.client().clone(), &self.name)
    }

    /// Returns the Events, oldest first.
    pub async fn events(&self) -> Vec<Event> {
        let mut events = self.api::<Event>().list(&ListParams::default()).await.unwrap().items;
        events.sort_by_key(|event| event.event_time.clone());
        events
    }
}

impl Objects for Folder {
    fn flags(&self) -> Vec<String> {
        vec![format!("--manifests={}", self.path().display())]
    }
}

impl Objects for Namespace {
    fn flags(&self) -> Vec<String> {
        vec![self.cluster.flag(), format!("--namespace={}", self.name)]
    }
}
