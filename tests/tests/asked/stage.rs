//! Where cases are played, and one sync of a controller over what is there.

use e2e::cluster::Cluster;
use e2e::kube_apiserver;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::recorder::Recorder;
use external_dns_webhook::Endpoint;
use tokio::sync::{Mutex, MutexGuard};

use crate::case::Case;
use crate::kinds;

/// What a controller asked for in its one sync, and how it ended.
#[derive(Debug)]
pub(crate) struct Sync {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) ended: Ended,
}

/// A Kubernetes API with every kind that a source reads.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) cluster: Cluster,
}

/// The case that plays holds this: the real API server is shared, and a case is all there is on a
/// stage.
static PLAYING: Mutex<()> = Mutex::const_new(());

/// Returns every stage there is on this machine, for as long as the guard lives.
pub(crate) async fn stages() -> (Vec<Stage>, MutexGuard<'static, ()>) {
    let playing = PLAYING.lock().await;
    let mut stages = vec![Stage { name: "emulator", cluster: Cluster::emulated().await.unwrap() }];
    if let Some(server) = kube_apiserver::shared().await.unwrap() {
        let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
        stages.push(Stage { name: "kube-apiserver", cluster });
    }
    for stage in &stages {
        kinds::install(&stage.cluster).await;
    }
    (stages, playing)
}

impl Stage {
    /// Applies the objects of a case, makes one sync over the cluster, and removes them again.
    pub(crate) async fn play(&self, case: &Case, more: &[&str]) -> Sync {
        for namespace in case.namespaces() {
            self.cluster.namespace(namespace).await.unwrap();
        }
        for object in &case.objects {
            let applied = self.cluster.apply(object, "").await;
            applied.unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
        }
        let kubeconfig = format!("--kubeconfig={}", self.cluster.kubeconfig.display());
        let sync = sync(case, &kubeconfig, more).await;
        // Namespaces stay: nothing here would finish their deletion.
        for object in case.objects.iter().filter(|object| object["kind"] != "Namespace") {
            self.cluster.delete(object, "").await.unwrap();
        }
        sync
    }
}

/// Makes one sync over the objects of a case as files.
pub(crate) async fn sync_over_files(case: &Case, more: &[&str]) -> Sync {
    let folder = tempfile::tempdir().unwrap();
    let manifests = format!("--manifests={}", case.manifests(&folder).display());
    sync(case, &manifests, more).await
}

async fn sync(case: &Case, objects: &str, more: &[&str]) -> Sync {
    let recorder = Recorder::start().await.unwrap();
    let provider = format!("--webhook-provider-url={}", recorder.url());
    let program = Program::new(SIGNPOST)
        .args(["run", "--once", "--registry=noop", "--policy=sync", "--metrics-address="])
        .args([objects, &provider])
        .args(case.flags.iter().map(String::as_str))
        .args(more.iter().copied());
    let ended = tokio::task::spawn_blocking(move || program.run()).await.unwrap().unwrap();
    let asked = recorder.asked();
    assert!(asked.len() <= 1, "{}: one sync asks once: {asked:#?}", case.name);
    Sync { endpoints: asked.into_iter().flatten().collect(), ended }
}
