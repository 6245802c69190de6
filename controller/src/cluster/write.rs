//! Writes the status of objects: the only thing that is written to a cluster's objects.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use crate::api_server::told;
use controller_sources::crd::{Echoes, StatusWrite};
use controller_sources::objects::{Kind, kind};

/// How many statuses are written at a time.
const AT_A_TIME: usize = 8;

/// How long writing one status may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Writes each status over the state that it is about, and notes in `echoes` what was taken, so
/// that it is not written again while the watch is on its way.
///
/// What the API server answers is never taken for the object: only the watch says what there is.
/// An object that has changed meanwhile is left for the next time, and so is a status that cannot
/// be written, which is told: it changes no record.
pub async fn write_statuses(client: &Client, echoes: &Mutex<Echoes>, statuses: Vec<StatusWrite>) {
    let writes = statuses.into_iter().map(|status| async move {
        let result = tokio::time::timeout(TIMEOUT, write(client, &status)).await;
        let error = match result {
            Ok(Ok(revision)) => {
                let mut echoes = echoes.lock().unwrap_or_else(PoisonError::into_inner);
                echoes.written(status, revision);
                return;
            }
            // It is gone, and so is the need to say anything about it.
            Ok(Err(kube::Error::Api(answer))) if answer.code == 404 => return,
            Ok(Err(kube::Error::Api(answer))) if answer.code == 409 => {
                tracing::debug!(object = %status.key, "It has changed; its status is for the next time");
                return;
            }
            Ok(Err(error)) => told(&error),
            Err(_) => format!("no answer in {} s", TIMEOUT.as_secs()),
        };
        tracing::warn!(object = %status.key, error, "Cannot write a status; it is tried again later");
    });
    let writes: Vec<_> = writes.collect();
    futures::stream::iter(writes).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
}

/// Writes one status and returns what the API server calls the state that it made.
async fn write(client: &Client, status: &StatusWrite) -> Result<String, kube::Error> {
    let StatusWrite { key, version, .. } = status;
    let Some(kind) = kind(&key.kind) else { return Ok(String::new()) };
    let resource = resource(kind, version.as_deref());
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &key.namespace, &resource);
    let patch = Patch::Merge(patch(status));
    let written = api.patch_status(&key.name, &PatchParams::default(), &patch).await?;
    Ok(written.metadata.resource_version.unwrap_or_default())
}

/// Returns `kind` in the version that is served, or in the one that is preferred when none has been
/// found yet.
fn resource(kind: &Kind, served: Option<&str>) -> ApiResource {
    let preferred = || kind.versions.first().map(ToString::to_string).unwrap_or_default();
    let version = served.map_or_else(preferred, str::to_owned);
    ApiResource {
        group: kind.group.to_string(),
        api_version: format!("{}/{version}", kind.group),
        version,
        kind: kind.kind.to_string(),
        plural: kind.plural.to_string(),
    }
}

/// Returns the merge patch; with the state that it is about, an API server refuses it for another.
fn patch(status: &StatusWrite) -> Value {
    let StatusWrite { key: _, over, version: _, status } = status;
    if over.is_empty() {
        return json!({ "status": status });
    }
    json!({ "metadata": { "resourceVersion": over }, "status": status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use controller_sources::objects::dns_endpoint::DnsEndpoint;
    use controller_sources::objects::{ObjectKey, Resource as _};

    #[test]
    fn a_status_is_written_in_the_version_that_is_served() {
        let kind = kind(&DnsEndpoint::ID).unwrap();
        assert_eq!(resource(kind, Some("v1")).api_version, "externaldns.k8s.io/v1");
        assert_eq!(resource(kind, None).api_version, "externaldns.k8s.io/v1alpha1");
    }

    #[test]
    fn a_status_is_written_only_over_the_state_that_it_is_about() {
        let key =
            ObjectKey { kind: DnsEndpoint::ID, namespace: "default".into(), name: "web".into() };
        let mut status =
            StatusWrite { key, over: "7".to_owned(), version: None, status: <_>::default() };
        assert_eq!(patch(&status)["metadata"]["resourceVersion"], "7");
        status.over.clear();
        assert_eq!(patch(&status).get("metadata"), None);
    }
}
