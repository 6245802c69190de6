//! What the controller counts, under the names that `ExternalDNS` gave it.
//!
//! Names, types and labels of `ExternalDNS` are kept, gauges that only grow among them, because
//! dashboards use them; where its type is wrong there is a right one beside it. Names of records are
//! never labels: cardinality stays bounded by types, zones and reasons.

mod cluster;
mod provider;
mod records;
mod syncs;

use daemon::metrics::{Exposition, Family, Gauge, Metric, ProcessMetrics};

pub use self::cluster::{ClusterMetrics, WatchSample};
pub use self::provider::{Call, ProviderMetrics};
pub use self::records::RecordMetrics;
pub use self::syncs::{CHANGE_REASONS, SyncEnd, SyncMetrics, WriteResult};

/// Everything the controller counts.
#[derive(Debug)]
pub struct Metrics {
    /// What syncs did.
    pub syncs: SyncMetrics,
    /// What is desired and what there is.
    pub records: RecordMetrics,
    /// What the provider was asked.
    pub provider: ProviderMetrics,
    /// What is known of the cluster, and which replica leads.
    pub cluster: ClusterMetrics,
    process: ProcessMetrics,
    build: Family<Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Returns metrics that have counted nothing.
    pub fn new() -> Self {
        let build = Family::new(
            "external_dns_build_info",
            &["arch", "go_version", "os", "revision", "version"],
            "What is running; `go_version` says that it is not Go",
        );
        let arch = match std::env::consts::ARCH {
            // As Go, and so every image index, calls them.
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let revision = option_env!("SIGNPOST_REVISION").unwrap_or("unknown");
        let version = env!("CARGO_PKG_VERSION");
        build.set(&[arch, "none (rust)", std::env::consts::OS, revision, version], 1.0);
        Self {
            syncs: SyncMetrics::new(),
            records: RecordMetrics::new(),
            provider: ProviderMetrics::new(),
            cluster: ClusterMetrics::new(),
            process: ProcessMetrics::default(),
            build,
        }
    }
}

impl Exposition for Metrics {
    fn own(&self) -> Vec<&dyn Metric> {
        let Self { syncs, records, provider, cluster, process: _, build } = self;
        let mut all: Vec<&dyn Metric> = vec![build];
        all.extend(syncs.all());
        all.extend(records.all());
        all.extend(provider.all());
        all.extend(cluster.all());
        all
    }

    fn process(&self) -> &ProcessMetrics {
        &self.process
    }
}

#[cfg(test)]
mod tests;
