//! What has been asked of the server: counts, and the last requests one by one.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many requests are remembered one by one.
const REMEMBERED: usize = 10_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// The verb as RBAC names it, such as `list`.
    pub verb: String,
    /// The resource with its group and subresource: `services/status`,
    /// `ingresses.networking.k8s.io`.
    pub resource: String,
    /// Empty at the cluster scope.
    pub namespace: String,
    /// Empty for requests about many objects.
    pub name: String,
    /// The HTTP status code; of a watch, that of its start.
    pub code: u16,
}

/// All requests for resources since the start, or since they were last cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// How many requests, by `verb resource`.
    pub counts: BTreeMap<String, u64>,
    /// The last 10,000 requests, oldest first.
    pub log: VecDeque<RequestRecord>,
}

impl Requests {
    pub(crate) fn note(&mut self, request: RequestRecord) {
        let key = format!("{} {}", request.verb, request.resource);
        *self.counts.entry(key).or_default() += 1;
        if self.log.len() == REMEMBERED {
            self.log.pop_front();
        }
        self.log.push_back(request);
    }

    /// Returns how many requests of one verb were made on one resource.
    pub fn count(&self, verb: &str, resource: &str) -> u64 {
        self.counts.get(&format!("{verb} {resource}")).copied().unwrap_or(0)
    }
}
