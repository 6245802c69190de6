//! The flags about what is written into the cluster itself.

use daemon::{GoDuration, toggle};
use external_dns_webhook::Shard;

use super::values::namespace;

/// What objects are told of their names.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Events")]
#[group(skip)]
pub struct EventArgs {
    /// Kind of Kubernetes Events that are made on the objects that want names; repeatable.
    /// `ActionNeeded` is what stays wrong until a person acts, `RecordError` all that is not as desired,
    /// `RecordReady` and `RecordDeleted` what is done; `None` alone turns them off.
    /// With `--once` or `--manifests`, `ActionNeeded` alone makes none.
    #[arg(long, value_name = "KIND", default_values = ["ActionNeeded"], value_delimiter = ',')]
    pub events_emit: Vec<String>,
}

/// Which of several replicas writes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "High availability")]
#[group(skip)]
pub struct ElectionArgs {
    /// Write only while holding a Lease, so that several replicas can run; the others stand by.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub leader_elect: bool,
    /// How long a leader that died is waited for; in whole seconds.
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    pub leader_elect_lease_duration: GoDuration,
    /// Namespace of the Lease; default: the Pod's, or that of the kubeconfig.
    #[arg(long, value_name = "NAMESPACE", default_value = "", value_parser = namespace)]
    pub leader_elect_namespace: String,
    /// Name of the Lease; replicas with the same one take turns.
    /// With --shard each part has one of its own, named after it.
    #[arg(long, value_name = "NAME", default_value = "signpost")]
    pub leader_elect_name: String,
}

impl ElectionArgs {
    /// Returns the election of a shard: the replicas of each take turns by themselves.
    #[must_use]
    pub fn of_shard(mut self, shard: Option<Shard>) -> Self {
        if let Some(shard) = shard {
            self.leader_elect_name = shard.own(&self.leader_elect_name);
        }
        self
    }
}
