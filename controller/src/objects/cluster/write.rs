//! Writes the status of objects: the only thing that is written to a cluster's objects.

use std::time::Duration;

use futures::StreamExt;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use serde_json::Value;

use super::session::raw;
use crate::objects::{ObjectKey, Store, kind};

/// How many statuses are written at a time.
const AT_A_TIME: usize = 8;

/// How long writing one status may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes `patches` as merge patches of the status, and puts what the API server made of them into
/// `store`, so that they are not written again.
///
/// A status that cannot be written is told and left for the next time: it changes no record.
pub async fn write_statuses(client: &Client, store: &Store, patches: Vec<(ObjectKey, Value)>) {
    let writes = patches.into_iter().map(|(key, patch)| async move {
        let result = tokio::time::timeout(PATIENCE, write(client, store, &key, &patch)).await;
        let error = match result {
            Ok(Ok(())) => return,
            // It is gone, and so is the need to say anything about it.
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {} s", PATIENCE.as_secs()),
        };
        tracing::warn!(object = %key, error, "Cannot write a status; it is tried again later");
    });
    let writes: Vec<_> = writes.collect();
    futures::stream::iter(writes).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
}

async fn write(
    client: &Client,
    store: &Store,
    key: &ObjectKey,
    patch: &Value,
) -> Result<(), kube::Error> {
    let Some(kind) = kind(&key.kind) else { return Ok(()) };
    // As it is read, so it is written: another version need not be there.
    let read_as = store.read().version(&key.kind).map(str::to_owned);
    let preferred = || kind.versions.first().map(ToString::to_string).unwrap_or_default();
    let version = read_as.unwrap_or_else(preferred);
    let resource = ApiResource {
        group: kind.group.to_string(),
        api_version: format!("{}/{version}", kind.group),
        version,
        kind: kind.kind.to_string(),
        plural: kind.plural.to_string(),
    };
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &key.namespace, &resource);
    let written =
        api.patch_status(&key.name, &PatchParams::default(), &Patch::Merge(patch)).await?;
    store.apply(&key.kind, raw(kind, written));
    Ok(())
}
