//! Sends Events one after the other, in the background.

use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::api::events::v1::Event;
use kube::api::PostParams;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::api_server::told;

/// Least time between two Events: twenty a second cost an API server nothing.
const PACE: Duration = Duration::from_millis(50);

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(10);

/// How often an Event is tried.
const ATTEMPTS: u32 = 4;

/// First wait before another attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the last Events may take after the controller was told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// What became of an attempt.
enum Attempt {
    Sent,
    /// Trying again would not help.
    Refused(Unsent),
    /// It may help.
    Failed(Unsent),
}

/// Why an Event was not written.
struct Unsent {
    error: String,
    /// Whether the account lacks the permission.
    is_forbidden: bool,
}

impl From<String> for Unsent {
    fn from(error: String) -> Self {
        Self { error, is_forbidden: false }
    }
}

/// Returns the next step.
fn hint(is_forbidden: bool) -> &'static str {
    if is_forbidden {
        "allow to create `events` of `events.k8s.io`, or turn them off with `--events-emit=None`"
    } else {
        "put right what the error says; records are not affected, and the next Events are tried again"
    }
}

/// Tells whether an answer says that the account lacks the permission: of a namespace that is about to go
/// the server says that it forbids, too, and no permission helps there.
fn lacks_permission(code: u16, message: &str) -> bool {
    code == 403 && !message.contains("being terminated")
}

/// Sends what is in `queue` until it is closed and empty, or a while after `stop`.
pub(super) async fn deliver(
    queue: Receiver<Event>,
    client: Client,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = send_all(queue, client) => {}
        () = late => tracing::warn!("Stopped before the last Events were sent"),
    }
    Ok(())
}

async fn send_all(mut queue: Receiver<Event>, client: Client) {
    let mut complained = false;
    while let Some(mut event) = queue.recv().await {
        identify(&client, &mut event).await;
        let namespace = event.metadata.namespace.clone().unwrap_or_default();
        let api = Api::<Event>::namespaced(client.clone(), &namespace);
        match send(&api, &event).await {
            Ok(()) => complained = false,
            // Once is enough: a missing permission is missing for all of them.
            Err(Unsent { error, is_forbidden }) if !complained => {
                complained = true;
                tracing::warn!(
                    error,
                    hint = hint(is_forbidden),
                    "Events cannot be written, and further failures are not logged until one is"
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Says which object an Event is about, where it is about what stands for the controller and only its name
/// is known: `kubectl describe` goes by that.
async fn identify(client: &Client, event: &mut Event) {
    let Some(regarding) = &mut event.regarding else { return };
    if regarding.uid.is_some() {
        return;
    }
    let namespace = regarding.namespace.as_deref().unwrap_or_default();
    let name = regarding.name.as_deref().unwrap_or_default();
    let found = match regarding.kind.as_deref() {
        Some("ConfigMap") => uid::<ConfigMap>(client, namespace, name).await,
        Some("Pod") => uid::<Pod>(client, namespace, name).await,
        _ => None,
    };
    regarding.uid = found;
}

/// Returns an object's uid; `None` when there is none, or we may not look: `kubectl get events` shows an
/// Event all the same.
async fn uid<K>(client: &Client, namespace: &str, name: &str) -> Option<String>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned,
{
    let api = Api::<K>::namespaced(client.clone(), namespace);
    let found = tokio::time::timeout(REQUEST, api.get_metadata_opt(name)).await;
    found.ok()?.ok()??.metadata.uid
}

async fn send(api: &Api<Event>, event: &Event) -> Result<(), Unsent> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        match try_send(api, event).await {
            Attempt::Sent => return Ok(()),
            Attempt::Refused(error) => return Err(error),
            Attempt::Failed(error) if attempt >= ATTEMPTS => return Err(error),
            Attempt::Failed(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}

async fn try_send(api: &Api<Event>, event: &Event) -> Attempt {
    let params = PostParams::default();
    match tokio::time::timeout(REQUEST, api.create(&params, event)).await {
        Ok(Ok(_)) => Attempt::Sent,
        Ok(Err(kube::Error::Api(status))) => {
            let message = status.message.clone();
            match status.code {
                // It was sent before, and the answer was lost.
                409 => Attempt::Sent,
                429 | 500.. => Attempt::Failed(message.into()),
                code => {
                    let is_forbidden = lacks_permission(code, &message);
                    Attempt::Refused(Unsent { error: message, is_forbidden })
                }
            }
        }
        Ok(Err(error)) => Attempt::Failed(told(&error).into()),
        Err(_) => Attempt::Failed(format!("no answer within {REQUEST:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_asked_for_where_one_is_missing_and_nowhere_else() {
        assert!(hint(lacks_permission(403, "cannot create resource \"events\"")).contains("allow"));
        for (code, message) in [(403, "namespace a is being terminated"), (404, "no"), (422, "no")]
        {
            assert!(!hint(lacks_permission(code, message)).contains("allow"), "{code} {message}");
        }
    }
}
