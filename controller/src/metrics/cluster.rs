//! What is known of the cluster, how fresh that is, and whether this replica leads.

use std::time::Duration;

use daemon::metrics::{Counter, Family, Gauge, Metric, number};

/// How well one kind is known in one namespace when metrics are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSample {
    /// The kind, such as `services`.
    pub kind: String,
    /// The namespace; empty for all.
    pub namespace: String,
    /// Whether the objects are known and changes arrive.
    pub is_synced: bool,
    /// Since the API server last said anything; `None` when it never did, or nothing is watched.
    pub age: Option<Duration>,
    /// How many objects of the kind are known, in all namespaces.
    pub objects: usize,
}

/// What is counted of the cluster.
#[derive(Debug)]
pub struct ClusterMetrics {
    objects: Family<Gauge>,
    watch_age: Family<Gauge>,
    watch_synced: Family<Gauge>,
    leader: Family<Gauge>,
    transitions: Family<Counter>,
}

impl ClusterMetrics {
    pub(super) fn new() -> Self {
        let by_watch: &[&str] = &["kind", "namespace"];
        Self {
            objects: Family::new(
                "external_dns_source_objects",
                &["kind"],
                "Objects that are known, by kind",
            ),
            watch_age: Family::new(
                "external_dns_source_watch_age_seconds",
                by_watch,
                "Time since the API server last said anything about a kind; it does so each minute \
                 or so, if only that nothing changed",
            ),
            watch_synced: Family::new(
                "external_dns_source_watch_synced",
                by_watch,
                "1 when the objects of a kind are known and changes arrive, else 0",
            ),
            leader: Family::new(
                "external_dns_controller_leader",
                &[],
                "1 when this replica may write, else 0; always 1 without an election",
            ),
            transitions: Family::new(
                "external_dns_controller_leader_transitions_total",
                &[],
                "How often this replica began or ceased to lead",
            ),
        }
    }

    pub(super) fn all(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Self { objects, watch_age, watch_synced, leader, transitions } = self;
        vec![objects, watch_age, watch_synced, leader, transitions]
    }

    /// Says what is known of the cluster now.
    pub fn sample(&self, watches: &[WatchSample]) {
        let labels = |sample: &WatchSample| vec![sample.kind.clone(), sample.namespace.clone()];
        let ages =
            watches.iter().filter_map(|watch| Some((labels(watch), watch.age?.as_secs_f64())));
        self.watch_age.replace(ages);
        let synced = |sample: &WatchSample| if sample.is_synced { 1.0 } else { 0.0 };
        self.watch_synced.replace(watches.iter().map(|watch| (labels(watch), synced(watch))));
        let mut objects: Vec<_> =
            watches.iter().map(|watch| (vec![watch.kind.clone()], number(watch.objects))).collect();
        // A kind that is watched in several namespaces is counted once.
        objects.sort_by(|(a, _), (b, _)| a.cmp(b));
        objects.dedup_by(|(a, _), (b, _)| a == b);
        self.objects.replace(objects);
    }

    /// Says whether this replica leads, and whether that is news.
    pub fn leads(&self, leads: bool) {
        let before = self.leader.swap(&[], if leads { 1.0 } else { 0.0 });
        if (before > 0.0) != leads {
            self.transitions.add(&[], 1.0);
        }
    }
}
