//! The Lease as others see it: what we write into it, and what we read from it.
//!
//! Every write but the first repeats the version that was read, so of two candidates one fails.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};

use super::Election;
use crate::api_server::told;

/// One Lease on an API server.
pub(super) struct Leases {
    api: Api<Lease>,
    name: String,
}

/// Why a step came to nothing.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another replica wrote the Lease since it was read.
    Overtaken,
    /// Anything else, in a sentence.
    Failed(String),
}

impl Refused {
    /// Returns that nothing was answered within `limit`.
    pub(super) fn late(limit: Duration) -> Self {
        Self::Failed(format!("the API server did not answer within {limit:?}"))
    }
}

impl From<kube::Error> for Refused {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 409 => Self::Overtaken,
            other => Self::Failed(told(&other)),
        }
    }
}

impl Leases {
    pub(super) fn new(client: Client, namespace: &str, name: &str) -> Self {
        Self { api: Api::namespaced(client, namespace), name: name.to_owned() }
    }

    /// Returns the Lease; `None` when there is none yet.
    pub(super) async fn read(&self) -> Result<Option<Lease>, Refused> {
        Ok(self.api.get_opt(&self.name).await?)
    }

    /// Writes the Lease if it is still as it was read, or creates it if it never was.
    pub(super) async fn write(&self, lease: &Lease) -> Result<Lease, Refused> {
        let params = PostParams::default();
        Ok(if lease.metadata.resource_version.is_none() {
            self.api.create(&params, lease).await?
        } else {
            self.api.replace(&self.name, &params, lease).await?
        })
    }
}

/// Returns the holder of the Lease; empty when it has none.
pub(super) fn holder(lease: &Lease) -> String {
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone());
    holder.unwrap_or_default()
}

/// Returns how long the Lease lasts after a renewal: what its holder wrote, or `ours`.
pub(super) fn duration(lease: &Lease, ours: Duration) -> Duration {
    let written = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    let written = written.and_then(|seconds| u64::try_from(seconds).ok());
    written.map_or(ours, Duration::from_secs)
}

/// Returns how often the Lease has changed hands.
pub(super) fn transitions(lease: &Lease) -> i32 {
    lease.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or_default()
}

/// Returns a new Lease that we hold.
pub(super) fn first(election: &Election, now: Timestamp) -> Lease {
    let metadata = ObjectMeta {
        name: Some(election.name.clone()),
        namespace: Some(election.namespace.clone()),
        ..ObjectMeta::default()
    };
    let spec = LeaseSpec {
        acquire_time: Some(MicroTime(now)),
        holder_identity: Some(election.identity.clone()),
        lease_duration_seconds: Some(seconds(election.timings.duration)),
        lease_transitions: Some(0),
        renew_time: Some(MicroTime(now)),
        ..LeaseSpec::default()
    };
    Lease { metadata, spec: Some(spec) }
}

/// Returns `lease` held by us from now on.
pub(super) fn taken(lease: Lease, election: &Election, now: Timestamp) -> Lease {
    let transitions = transitions(&lease).saturating_add(1);
    changed(lease, |spec| {
        spec.holder_identity = Some(election.identity.clone());
        spec.lease_duration_seconds = Some(seconds(election.timings.duration));
        spec.lease_transitions = Some(transitions);
        spec.acquire_time = Some(MicroTime(now));
        spec.renew_time = Some(MicroTime(now));
    })
}

/// Returns `lease` renewed.
pub(super) fn renewed(lease: Lease, now: Timestamp) -> Lease {
    changed(lease, |spec| spec.renew_time = Some(MicroTime(now)))
}

/// Returns `lease` without a holder.
pub(super) fn freed(lease: Lease, now: Timestamp) -> Lease {
    changed(lease, |spec| {
        spec.holder_identity = None;
        spec.renew_time = Some(MicroTime(now));
    })
}

fn changed(mut lease: Lease, change: impl FnOnce(&mut LeaseSpec)) -> Lease {
    change(lease.spec.get_or_insert_default());
    lease
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX).max(1)
}
