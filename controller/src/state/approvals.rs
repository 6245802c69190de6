//! Whether the user asks, by an annotation on the ConfigMap, that held deletions go.
//!
//! `kubectl annotate configmap NAME external-dns.kubernetes.io/approve=HASH` does what `signpost
//! approve` does, for users that reach the API server and not the controller. Each annotation is
//! taken once: it is removed and answered by another one before anything is approved, so the user
//! that puts it there sees what came of it, and it cannot approve anything later.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, ObjectMeta, Patch, PatchParams, WatchEvent, WatchParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::config_map::Place;
use crate::api_server;

/// The annotation with the hash, after the prefix.
const APPROVE: &str = "approve";

/// The annotation with the answer, after the same prefix.
const ANSWER: &str = "approve-answer";

/// How long the server keeps one watch open, in seconds.
const WATCH_SECONDS: u32 = 290;

/// How long nothing may arrive on a watch: the server ends it before, unless it is gone.
const WATCH_IDLE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(5);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// That the user approves held deletions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// The hash, as the user wrote it.
    pub hash: String,
    key: String,
    answer_key: String,
    version: String,
}

/// What is approved on one ConfigMap.
pub struct Approvals {
    api: Api<ConfigMap>,
    place: Place,
    request: watch::Receiver<Option<ApprovalRequest>>,
}

impl Approvals {
    /// Returns what tells of annotations that begin with one of `prefixes`, and the task behind it,
    /// which ends only when `stop` is cancelled.
    pub fn watch(
        client: Client,
        place: Place,
        prefixes: Vec<String>,
        stop: CancellationToken,
    ) -> (Self, BoxFuture<'static, anyhow::Result<()>>) {
        let api: Api<ConfigMap> = Api::namespaced(client, &place.namespace);
        let (sender, request) = watch::channel(None);
        let watcher = Watcher { api: api.clone(), place: place.clone(), prefixes, request: sender };
        let task = Box::pin(async move {
            tokio::select! {
                never = watcher.run() => match never {},
                () = stop.cancelled() => Ok(()),
            }
        });
        (Self { api, place, request }, task)
    }

    /// Returns what goes on telling of the annotations that `metadata` has, whatever becomes of them.
    #[cfg(test)]
    pub(crate) fn frozen(api: Api<ConfigMap>, place: Place, metadata: &ObjectMeta) -> Self {
        let seen = requested(metadata, &["external-dns.kubernetes.io/".to_owned()]);
        Self { api, place, request: watch::channel(seen).1 }
    }

    /// Returns what wakes whenever something is requested.
    pub fn subscribe(&self) -> watch::Receiver<Option<ApprovalRequest>> {
        self.request.clone()
    }

    /// Returns what is requested right now.
    pub fn requested(&self) -> Option<ApprovalRequest> {
        self.request.borrow().clone()
    }

    /// Returns where the request comes from.
    pub fn by(&self) -> String {
        format!("the annotation on the ConfigMap `{}`", self.place)
    }

    /// Tells whether the annotation has been replaced by `answer`, as the ConfigMap is now.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read.
    pub async fn is_answered(
        &self,
        request: &ApprovalRequest,
        answer: &str,
    ) -> anyhow::Result<bool> {
        let metadata = self.api.get_metadata_opt(&self.place.name);
        let found = tokio::time::timeout(REQUEST, metadata)
            .await
            .context("no answer")
            .and_then(|value| Ok(value?))
            .with_context(|| format!("the ConfigMap `{}` cannot be read", self.place))?;
        let annotations = found.and_then(|found| found.metadata.annotations).unwrap_or_default();
        Ok(annotations.get(&request.answer_key).is_some_and(|found| found == answer))
    }

    /// Puts `now` in the place of the answer `before`, if that still stands there.
    ///
    /// # Errors
    ///
    /// Returns an error when the ConfigMap cannot be read or written.
    pub async fn correct(
        &self,
        request: &ApprovalRequest,
        before: &str,
        now: &str,
    ) -> anyhow::Result<()> {
        if !self.is_answered(request, before).await? {
            return Ok(());
        }
        let patch = json!({ "metadata": { "annotations": { request.answer_key.as_str(): now } } });
        self.patch(&patch).await
    }

    /// Replaces the annotation by an answer.
    ///
    /// # Errors
    ///
    /// Returns an error when the ConfigMap has changed since, or cannot be written. The request may
    /// have been carried out nevertheless: see [`is_answered`](Self::is_answered).
    pub async fn answer(&self, request: &ApprovalRequest, answer: &str) -> anyhow::Result<()> {
        let ApprovalRequest { hash: _, key, answer_key, version } = request;
        let patch = json!({ "metadata": {
            "resourceVersion": version,
            "annotations": { key: null, answer_key: answer },
        } });
        self.patch(&patch).await
    }

    async fn patch(&self, patch: &serde_json::Value) -> anyhow::Result<()> {
        let (parameters, patch) = (PatchParams::default(), Patch::Merge(patch));
        let request = self.api.patch_metadata(&self.place.name, &parameters, &patch);
        tokio::time::timeout(REQUEST, request)
            .await
            .context("no answer")
            .and_then(|value| Ok(value?))
            .with_context(|| format!("the ConfigMap `{}` cannot be annotated", self.place))?;
        Ok(())
    }
}

struct Watcher {
    api: Api<ConfigMap>,
    place: Place,
    prefixes: Vec<String>,
    request: watch::Sender<Option<ApprovalRequest>>,
}

impl Watcher {
    async fn run(self) -> Infallible {
        let mut told = String::new();
        loop {
            let Err(error) = self.look_and_follow(&mut told).await else { continue };
            let error = daemon::chain(error.as_ref());
            if error != told {
                tracing::warn!(
                    error = error.as_str(),
                    "Annotations that approve deletions are not seen for now"
                );
                told = error;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads the ConfigMap and then follows its changes until that cannot go on.
    async fn look_and_follow(&self, told: &mut String) -> anyhow::Result<()> {
        let only = format!("metadata.name={}", self.place.name);
        let parameters = ListParams::default().fields(&only);
        let list = self.api.list_metadata(&parameters);
        let list = tokio::time::timeout(REQUEST, list).await.context("no answer")?;
        let list = list.map_err(|error| {
            anyhow!("the ConfigMap `{}` cannot be listed: {}", self.place, api_server::told(&error))
        })?;
        self.tell(list.items.first().map(|item| &item.metadata));
        let mut version = list.metadata.resource_version.unwrap_or_default();
        let parameters = WatchParams::default().fields(&only).timeout(WATCH_SECONDS);
        loop {
            let events = self.api.watch_metadata(&parameters, &version);
            let events = tokio::time::timeout(REQUEST, events).await.context("no answer")?;
            let mut events = events
                .map_err(|error| {
                    anyhow!(
                        "the ConfigMap `{}` cannot be watched: {}",
                        self.place,
                        api_server::told(&error)
                    )
                })?
                .boxed();
            told.clear();
            let mut seen = false;
            while let Ok(Some(event)) = tokio::time::timeout(WATCH_IDLE, events.next()).await {
                seen = true;
                match event? {
                    WatchEvent::Added(it) | WatchEvent::Modified(it) => {
                        version = it.metadata.resource_version.clone().unwrap_or_default();
                        self.tell(Some(&it.metadata));
                    }
                    WatchEvent::Deleted(deleted) => {
                        version = deleted.metadata.resource_version.unwrap_or_default();
                        self.tell(None);
                    }
                    WatchEvent::Bookmark(bookmark) => version = bookmark.metadata.resource_version,
                    // The version is too old: it is read again.
                    WatchEvent::Error(status) if status.code == 410 => return Ok(()),
                    WatchEvent::Error(status) => anyhow::bail!(status.message),
                }
            }
            if !seen {
                // A server that ends watches at once is not asked again at once.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    fn tell(&self, metadata: Option<&ObjectMeta>) {
        let request = metadata.and_then(|metadata| requested(metadata, &self.prefixes));
        self.request.send_if_modified(|before| {
            let differs = *before != request;
            *before = request;
            differs
        });
    }
}

/// Returns what the annotations request; the first prefix wins.
fn requested(metadata: &ObjectMeta, prefixes: &[String]) -> Option<ApprovalRequest> {
    let annotations = metadata.annotations.as_ref()?;
    prefixes.iter().find_map(|prefix| {
        let key = format!("{prefix}{APPROVE}");
        let hash = annotations.get(&key)?.trim().to_owned();
        let version = metadata.resource_version.clone()?;
        Some(ApprovalRequest { hash, key, answer_key: format!("{prefix}{ANSWER}"), version })
    })
}
