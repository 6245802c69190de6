//! A ConfigMap: what outlives the process where there is no disk.
//!
//! It stays below what Kubernetes takes ([1 MiB]), whatever happens: the history forgets its oldest
//! writes, and a single write that is larger than the whole history may be is not kept, which is
//! logged. Every write of ours names the version that was read, so of two writers one notices; it
//! reads again and adds to what is there. Keys, labels and annotations that are not ours stay.
//!
//! [1 MiB]: https://kubernetes.io/docs/concepts/configuration/configmap/#motivation

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use controller_core::history::{History, HistoryRow};
use controller_core::plan::memory::Kept;
use futures::future::BoxFuture;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

use super::rows::{Limits, Rows, TooLarge, compress, expand};
use super::store::StateStore;
use crate::api_server::told;

const HISTORY: &str = "history.jsonl.gz";
const LOSSES: &str = "losses.json.gz";
const RECORDS: &str = "records";

/// Most bytes of the history. With those of the losses it leaves room for keys of others.
const MAX_HISTORY_BYTES: usize = 640 << 10;

/// Most bytes of the losses; of more, the newest are left out, so that they start anew.
const MAX_LOSSES_BYTES: usize = 128 << 10;

/// How long one request may take: a sync waits for it.
const REQUEST: Duration = Duration::from_secs(5);

/// How often a write is tried when others write at the same time.
const ATTEMPTS: usize = 4;

/// Most bytes a second that are written on average: each write replaces the whole.
const BYTES_PER_SECOND: usize = 64 << 10;

/// Where a ConfigMap is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A ConfigMap with what outlives the process.
pub struct InConfigMap {
    api: Api<ConfigMap>,
    place: Place,
    limits: Limits,
    rows: Rows,
    /// The version that was last read or written; `None` when there is no ConfigMap.
    version: Option<String>,
    last_bytes: usize,
    /// Whether what others wrote was taken in, and not yet shown.
    has_news: bool,
}

/// Why a request came to nothing.
enum Refused {
    /// Another client wrote, made or deleted the ConfigMap.
    Overtaken,
    /// Anything else.
    Failed(anyhow::Error),
}

impl InConfigMap {
    /// Returns the store; nothing is asked of the cluster yet.
    ///
    /// Its history keeps `history_size` writes at most, and fewer when they are large.
    pub fn new(client: Client, place: Place, history_size: usize) -> Self {
        Self {
            api: Api::namespaced(client, &place.namespace),
            place,
            limits: Limits { rows: history_size.max(1), bytes: MAX_HISTORY_BYTES },
            rows: Rows::default(),
            version: None,
            last_bytes: 0,
            has_news: false,
        }
    }

    /// Tells whether the ConfigMap is there.
    ///
    /// # Errors
    ///
    /// Returns an error when the cluster does not tell.
    pub async fn is_there(client: &Client, place: &Place) -> anyhow::Result<bool> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), &place.namespace);
        let found = answered(api.get_opt(&place.name)).await;
        let found = found.with_context(|| format!("the ConfigMap `{place}` cannot be read"))?;
        Ok(found.is_some())
    }

    async fn look(&mut self) -> anyhow::Result<Kept> {
        let place = &self.place;
        let found = answered(self.api.get_opt(&place.name)).await;
        let found = found.with_context(|| format!("the ConfigMap `{place}` cannot be read"))?;
        let Some(found) = found else {
            // The user who deleted it did not mean what is not written yet.
            self.version = None;
            return Ok(Kept::default());
        };
        let nonsense = |key| {
            move || format!("`{key}` of the ConfigMap `{place}` makes no sense; remove it to go on")
        };
        let binary = found.binary_data.unwrap_or_default();
        let theirs = match binary.get(HISTORY) {
            Some(ByteString(packed)) => Rows::read(packed).with_context(nonsense(HISTORY))?,
            None => Rows::default(),
        };
        let losses = match binary.get(LOSSES) {
            Some(ByteString(packed)) => expand(packed)
                .and_then(|text| Ok(serde_json::from_str(&text)?))
                .with_context(nonsense(LOSSES))?,
            None => controller_core::target_loss::Losses::default(),
        };
        let records = match found.data.unwrap_or_default().get(RECORDS) {
            Some(text) => text.parse().with_context(nonsense(RECORDS))?,
            None => 0,
        };
        self.rows.rebase(theirs, self.limits)?;
        self.version = found.metadata.resource_version;
        Ok(Kept { losses, records })
    }

    /// Looks again if the ConfigMap is another version than the one that we know.
    async fn look_again(&mut self) -> anyhow::Result<bool> {
        let place = &self.place;
        let found = answered(self.api.get_metadata_opt(&place.name)).await;
        let found = found.with_context(|| format!("the ConfigMap `{place}` cannot be read"))?;
        let version = found.and_then(|found| found.metadata.resource_version);
        if version.is_none() || version == self.version {
            return Ok(false);
        }
        self.look().await?;
        Ok(true)
    }

    async fn put(&mut self, kept: &Kept) -> Result<(), Refused> {
        let Kept { losses, records } = kept;
        let losses = packed_losses(losses)?;
        let history = self.rows.packed()?;
        let bytes = losses.len() + history.len();
        let data = BTreeMap::from([(RECORDS.to_owned(), records.to_string())]);
        let binary = [(LOSSES, losses), (HISTORY, history)];
        let binary: BTreeMap<_, _> =
            binary.into_iter().map(|(key, bytes)| (key.to_owned(), ByteString(bytes))).collect();
        let name = self.place.name.as_str();
        let written = if let Some(version) = &self.version {
            let patch = json!({
                "metadata": { "resourceVersion": version },
                "data": data,
                "binaryData": binary,
            });
            let (parameters, patch) = (PatchParams::default(), Patch::Merge(&patch));
            answered(self.api.patch(name, &parameters, &patch)).await
        } else {
            let labels = [("app.kubernetes.io/managed-by", "signpost")];
            let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let metadata = ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some(labels.into()),
                ..ObjectMeta::default()
            };
            let (data, binary_data) = (Some(data), Some(binary));
            let fresh = ConfigMap { metadata, data, binary_data, ..ConfigMap::default() };
            answered(self.api.create(&PostParams::default(), &fresh)).await
        };
        match written {
            Ok(written) => {
                self.rows.kept();
                self.version = written.metadata.resource_version;
                self.last_bytes = bytes;
                Ok(())
            }
            // Where none was there, it is the namespace that is not.
            Err(error) if self.version.is_none() && is_not_found(&error) => {
                Err(Refused::Failed(anyhow!("there is no namespace `{}`", self.place.namespace)))
            }
            Err(error) => Err(Refused::from(error)),
        }
    }

    async fn put_until_alone(&mut self, kept: &Kept) -> anyhow::Result<()> {
        for _ in 0..ATTEMPTS {
            match self.put(kept).await {
                Ok(()) => return Ok(()),
                Err(Refused::Overtaken) => {
                    self.look().await?;
                    self.has_news = true;
                }
                Err(Refused::Failed(error)) => {
                    return Err(
                        error.context(format!("the ConfigMap `{}` cannot be written", self.place))
                    );
                }
            }
        }
        bail!("others keep writing the ConfigMap `{}`", self.place)
    }
}

impl StateStore for InConfigMap {
    fn read(&mut self) -> BoxFuture<'_, anyhow::Result<Kept>> {
        Box::pin(self.look())
    }

    fn catch_up(&mut self) -> BoxFuture<'_, anyhow::Result<bool>> {
        Box::pin(async {
            let looked = self.look_again().await?;
            Ok(std::mem::take(&mut self.has_news) || looked)
        })
    }

    fn history(&self) -> anyhow::Result<History> {
        self.rows.history()
    }

    fn add(&mut self, row: HistoryRow) -> anyhow::Result<bool> {
        let added = self.rows.add(row, self.limits)?;
        if let Err(TooLarge { id, bytes }) = added {
            tracing::warn!(
                write = id,
                size_bytes = bytes,
                max_bytes = MAX_HISTORY_BYTES,
                "A write is too large for the history in the ConfigMap and cannot be rolled back; \
                 a folder (--state-dir) has no such limit"
            );
        }
        Ok(added.is_ok())
    }

    fn open(&self) -> anyhow::Result<Vec<HistoryRow>> {
        self.rows.open()
    }

    /// What is not kept yet goes after what others write until it is.
    fn has_number(&self, id: u64) -> bool {
        self.rows.is_kept(id)
    }

    fn conclude(&mut self, row: HistoryRow) -> anyhow::Result<()> {
        self.rows.conclude(&row)
    }

    fn write<'a>(&'a mut self, kept: &'a Kept) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(self.put_until_alone(kept))
    }

    fn throttle(&self) -> Duration {
        let seconds = self.last_bytes.div_ceil(BYTES_PER_SECOND).max(1);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
    }
}

fn packed_losses(losses: &controller_core::target_loss::Losses) -> anyhow::Result<Vec<u8>> {
    let mut packed = compress(&serde_json::to_string(losses)?)?;
    let mut kept = losses.clone();
    while packed.len() > MAX_LOSSES_BYTES && !kept.is_empty() {
        kept = kept.older_half();
        packed = compress(&serde_json::to_string(&kept)?)?;
    }
    Ok(packed)
}

async fn answered<T>(request: impl Future<Output = kube::Result<T>>) -> anyhow::Result<T> {
    match tokio::time::timeout(REQUEST, request).await {
        // By these it is known that another was faster.
        Ok(Err(kube::Error::Api(status))) if matches!(status.code, 404 | 409) => {
            Err(kube::Error::Api(status).into())
        }
        Ok(Err(error)) => Err(anyhow!(told(&error))),
        Ok(Ok(answer)) => Ok(answer),
        Err(_) => Err(anyhow!("no answer within {} seconds", REQUEST.as_secs())),
    }
}

fn is_not_found(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(kube::Error::Api(status)) if status.code == 404)
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref::<kube::Error>() {
            // 409: changed, or made; 404: deleted.
            Some(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Self::Overtaken,
            _ => Self::Failed(error),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { namespace, name } = self;
        write!(f, "{namespace}/{name}")
    }
}
