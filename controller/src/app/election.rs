//! Takes part in the election that the flags ask for.

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::access::ClusterAccess;
use crate::args::ElectionArgs;
use crate::leader::{Election, Fence, LeaseTimings, identity};
use crate::tasks::Tasks;

/// Returns the fence that writes stand behind; without an election it is always open.
///
/// `done` is to be cancelled after the last write: only then is the Lease given up.
///
/// # Errors
///
/// Returns an error when there is no way to a cluster, which an election needs.
pub async fn election(
    args: ElectionArgs,
    kubernetes: &ClusterAccess,
    tasks: &mut Tasks,
    done: CancellationToken,
) -> anyhow::Result<Fence> {
    if !args.leader_elect {
        return Ok(Fence::open());
    }
    let client = super::kubernetes(kubernetes)
        .await
        .context("`--leader-elect` needs a cluster to keep a Lease in")?;
    let namespace = super::lease_namespace(&args, &client);
    let ElectionArgs {
        leader_elect: _,
        leader_elect_lease_duration: duration,
        leader_elect_namespace: _,
        leader_elect_name: name,
    } = args;
    let election = Election {
        namespace,
        name,
        identity: identity(),
        timings: LeaseTimings::lasting(duration.0),
    };
    tracing::info!(
        identity = election.identity.as_str(),
        "Standing for election as `{}/{}`",
        election.namespace,
        election.name
    );
    let (fence, task) = election.stand(client, done);
    tasks.spawn("take part in the election", task);
    Ok(fence)
}
