//! A Kubernetes API, the emulator's or a real one: manifests go in as `kubectl apply` sends them.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::{Api, Client, Config, Discovery};
use serde_json::{Value, json};

use crate::process::{Process, Program};
use crate::{kube_apiserver, programs};

/// Who applies, for the API server's bookkeeping.
const MANAGER: &str = "signpost-tests";

/// A Kubernetes API and how to reach it.
pub struct Cluster {
    /// What `--kubeconfig` takes.
    pub kubeconfig: PathBuf,
    client: Client,
    url: String,
    emulator: Option<Process>,
    /// Holds the kubeconfig of the emulator; removed with it.
    folder: Option<tempfile::TempDir>,
}

impl Cluster {
    /// Starts the emulator with our CRD installed.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn emulated() -> anyhow::Result<Self> {
        Self::emulated_with(None).await
    }

    /// Starts the emulator with our CRD and the objects of a manifest file, statuses too.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn emulated_with(manifests: Option<&Path>) -> anyhow::Result<Self> {
        let mut program = Program::new(programs::KUBERNETES)
            .args(["--listen", "127.0.0.1:0", "--crd"])
            .args([crd().display().to_string()]);
        if let Some(manifests) = manifests {
            program = program.args(["--manifests".to_owned(), manifests.display().to_string()]);
        }
        let mut emulator = program.start()?;
        let announced = emulator.announced()?;
        let url = announced.get("url").and_then(Value::as_str).context("no url")?.to_owned();
        let folder = tempfile::tempdir()?;
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(
            &kubeconfig,
            json!({
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{ "name": "c", "cluster": { "server": url } }],
                "users": [{ "name": "u", "user": {} }],
                "contexts": [{ "name": "x", "context": { "cluster": "c", "user": "u" } }],
                "current-context": "x",
            })
            .to_string(),
        )?;
        let mut cluster = Self::at(&kubeconfig).await?;
        cluster.emulator = Some(emulator);
        cluster.folder = Some(folder);
        Ok(cluster)
    }

    /// Returns every cluster there is on this machine: the emulator with our CRD, and the real API
    /// server that tests share where one is installed.
    ///
    /// # Errors
    ///
    /// When one does not start.
    pub async fn every() -> anyhow::Result<Vec<Self>> {
        let mut clusters = vec![Self::emulated().await?];
        if let Some(server) = kube_apiserver::shared().await? {
            clusters.push(Self::at(&server.kubeconfig).await?);
        }
        Ok(clusters)
    }

    /// Returns the cluster that a kubeconfig leads to.
    ///
    /// # Errors
    ///
    /// When the file makes no sense.
    pub async fn at(kubeconfig: &Path) -> anyhow::Result<Self> {
        let parsed = Kubeconfig::read_from(kubeconfig)?;
        let config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await?;
        let url = config.cluster_url.to_string();
        let client = Client::try_from(config)?;
        Ok(Self { kubeconfig: kubeconfig.to_owned(), client, url, emulator: None, folder: None })
    }

    /// Installs our CRD and waits until the API server serves it.
    ///
    /// # Errors
    ///
    /// When it is refused, or not served after a while.
    pub async fn install_crd(&self) -> anyhow::Result<()> {
        for manifest in documents(&std::fs::read_to_string(crd())?)? {
            self.apply(&manifest, "").await?;
        }
        for _ in 0..200 {
            let kind = GroupVersionKind::gvk("externaldns.k8s.io", "v1alpha1", "DNSEndpoint");
            if kube::discovery::pinned_kind(&self.client, &kind).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        bail!("the API server does not serve DNSEndpoints")
    }

    /// Returns the flag that leads a program to it.
    pub fn flag(&self) -> String {
        format!("--kubeconfig={}", self.kubeconfig.display())
    }

    /// Returns where the API listens.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Returns a client for the API.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the emulator's process; `None` for a real API server.
    pub fn emulator(&mut self) -> Option<&mut Process> {
        self.emulator.as_mut()
    }

    /// Creates a namespace.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn namespace(&self, name: &str) -> anyhow::Result<()> {
        let manifest =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.apply(&manifest, "").await
    }

    /// Applies a manifest; its `status`, which only controllers of the cluster write, comes after.
    ///
    /// `namespace` is for manifests that name none; empty means `default`.
    ///
    /// # Errors
    ///
    /// When the kind is not known or the API server refuses the object.
    pub async fn apply(&self, manifest: &Value, namespace: &str) -> anyhow::Result<()> {
        let (api, name) = self.api(manifest, namespace).await?;
        let mut object = manifest.clone();
        let status = object.as_object_mut().and_then(|object| object.remove("status"));
        let parameters = PatchParams::apply(MANAGER).force();
        api.patch(&name, &parameters, &Patch::Apply(&object))
            .await
            .with_context(|| format!("failed to apply `{name}`"))?;
        if let Some(status) = status {
            let patch = json!({ "status": status });
            api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&patch))
                .await
                .with_context(|| format!("failed to set the status of `{name}`"))?;
        }
        Ok(())
    }

    /// Applies every document of a YAML text.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply), and when the text is not YAML.
    pub async fn apply_yaml(&self, text: &str, namespace: &str) -> anyhow::Result<()> {
        for manifest in documents(text)? {
            self.apply(&manifest, namespace).await?;
        }
        Ok(())
    }

    /// Creates an object as it is, even one that makes no sense to us.
    ///
    /// # Errors
    ///
    /// When the API server refuses it.
    pub async fn create(&self, manifest: &Value, namespace: &str) -> anyhow::Result<()> {
        let (api, _) = self.api(manifest, namespace).await?;
        let object: DynamicObject = serde_json::from_value(manifest.clone())?;
        api.create(&PostParams::default(), &object).await?;
        Ok(())
    }

    /// Deletes the object that a manifest names, at once: no kubelet would end a Pod.
    ///
    /// # Errors
    ///
    /// When it is not there or the API server refuses.
    pub async fn delete(&self, manifest: &Value, namespace: &str) -> anyhow::Result<()> {
        let (api, name) = self.api(manifest, namespace).await?;
        api.delete(&name, &DeleteParams::default().grace_period(0)).await?;
        Ok(())
    }

    /// Returns the object that a manifest names, as it is now.
    ///
    /// # Errors
    ///
    /// When it is not there or the API server refuses.
    pub async fn read(&self, manifest: &Value, namespace: &str) -> anyhow::Result<Value> {
        let (api, name) = self.api(manifest, namespace).await?;
        Ok(serde_json::to_value(api.get(&name).await?)?)
    }

    async fn api(
        &self,
        manifest: &Value,
        namespace: &str,
    ) -> anyhow::Result<(Api<DynamicObject>, String)> {
        let text = |pointer| manifest.pointer(pointer).and_then(Value::as_str);
        let (version, kind) = (text("/apiVersion"), text("/kind"));
        let (version, kind) = version.zip(kind).context("no apiVersion or kind")?;
        let name = text("/metadata/name").context("no name")?.to_owned();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let wanted = GroupVersionKind::gvk(group, version, kind);
        let (resource, capabilities) = kube::discovery::pinned_kind(&self.client, &wanted)
            .await
            .with_context(|| format!("the API server does not serve `{kind}` of `{group}`"))?;
        let namespaced = capabilities.scope == kube::discovery::Scope::Namespaced;
        let namespace = text("/metadata/namespace").unwrap_or(namespace);
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        let api = if namespaced {
            Api::namespaced_with(self.client.clone(), namespace, &resource)
        } else {
            Api::all_with(self.client.clone(), &resource)
        };
        Ok((api, name))
    }

    /// Returns every resource that the API serves.
    ///
    /// # Errors
    ///
    /// When discovery fails.
    pub async fn discover(&self) -> anyhow::Result<Discovery> {
        Ok(Discovery::new(self.client.clone()).run().await?)
    }
}

/// Returns the documents of a YAML text; empty ones are left out.
///
/// # Errors
///
/// When the text is not YAML.
pub fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

fn crd() -> PathBuf {
    programs::workspace().join("charts/signpost/crds/dnsendpoints.yaml")
}
