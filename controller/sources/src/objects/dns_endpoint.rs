//! What is read of `DNSEndpoint` objects, which carry record sets as they are.

use serde::Deserialize;

use super::{KindId, Meta, Pairs, Resource};

/// `externaldns.k8s.io/v1alpha1` `DNSEndpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DnsEndpoint {
    #[serde(skip)]
    /// Metadata of the object.
    pub meta: Meta,
    /// Spec of the object.
    pub spec: DnsEndpointSpec,
    /// What was said about it before.
    pub status: DnsEndpointStatus,
}

/// Spec of a `DNSEndpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DnsEndpointSpec {
    /// The record sets; `None` for a `null`, which says nothing.
    pub endpoints: Vec<Option<SpecEndpoint>>,
}

/// One record set, in the spelling of the custom resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SpecEndpoint {
    /// Name the record answers for.
    pub dns_name: String,
    /// Values it answers with.
    pub targets: Vec<String>,
    /// Type of the record.
    pub record_type: String,
    /// Tells apart records under a routing policy; empty otherwise.
    pub set_identifier: String,
    /// Seconds; zero and negative mean "not configured".
    #[serde(rename = "recordTTL")]
    pub record_ttl: i64,
    /// Facts for the ownership record.
    pub labels: Pairs,
    /// Provider-specific settings.
    pub provider_specific: Vec<SpecProperty>,
}

/// One provider-specific setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SpecProperty {
    /// What is set.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What was said about a `DNSEndpoint` before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DnsEndpointStatus {
    /// Generation that was acted on.
    pub observed_generation: i64,
    /// Conditions as they stand.
    pub conditions: Vec<StatusCondition>,
    /// What became of each record set.
    pub endpoints: Vec<EndpointStatus>,
}

/// What became of one record set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointStatus {
    /// Its name.
    pub dns_name: String,
    /// Its type.
    pub record_type: String,
    /// Its set identifier; empty without a routing policy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// `Programmed`, `Pending` or `Refused`.
    pub state: String,
    /// One word for machines.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

/// One condition ([API conventions]).
///
/// [API conventions]: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusCondition {
    /// What it is about.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Generation it was said about.
    pub observed_generation: i64,
    /// When `status` last changed, as RFC 3339.
    pub last_transition_time: String,
    /// One word for machines.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

impl Resource for DnsEndpoint {
    const ID: KindId = KindId::new("dnsendpoints.externaldns.k8s.io");
    const HAS_OUR_STATUS: bool = true;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn with_meta(mut self, meta: Meta) -> Self {
        self.meta = meta;
        self
    }

    fn eq_ignoring_status(&self, other: &Self) -> bool {
        // No `..`: whether a new part counts has to be decided here.
        let Self { meta, spec, status: _ } = self;
        *meta == other.meta && *spec == other.spec
    }
}
