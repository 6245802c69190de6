//! The contract: what each case asks, what AWS documents as the answer, and who answers otherwise.
//!
//! `aws` is what the page says and what our emulator must do. A deviation is recorded word for word
//! where moto or ministack answer otherwise, so a new version of either that behaves differently
//! fails the suite, for better or worse, and a person looks.

use crate::probe::Step;

mod batches;
mod changes;
mod limits;
mod listing;
mod routing;
mod tags;
mod values;
mod zones;

/// A question to a Route 53 API and the answers of all who are asked.
pub(crate) struct Case {
    /// The behaviour, as a sentence.
    pub(crate) name: &'static str,
    /// The page of AWS's documentation that says so, or a public report that quotes the service
    /// where the documentation gives no text.
    pub(crate) page: &'static str,
    /// What is asked, in order, in a zone of its own.
    pub(crate) steps: Vec<Step>,
    /// What AWS's page means for these steps.
    pub(crate) aws: String,
    /// What moto says instead.
    pub(crate) moto: Option<&'static str>,
    /// What ministack says instead.
    pub(crate) ministack: Option<&'static str>,
}

impl Case {
    fn new(name: &'static str, page: &'static str, steps: Vec<Step>) -> Self {
        Self { name, page, steps, aws: String::new(), moto: None, ministack: None }
    }

    fn aws(mut self, said: impl Into<String>) -> Self {
        self.aws = said.into();
        self
    }

    fn moto(mut self, said: &'static str) -> Self {
        self.moto = Some(said);
        self
    }

    fn ministack(mut self, said: &'static str) -> Self {
        self.ministack = Some(said);
        self
    }

    /// Both stand-ins deviate in the same way.
    fn others(self, said: &'static str) -> Self {
        self.moto(said).ministack(said)
    }
}

/// Returns every case, subject by subject.
pub(crate) fn all() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("Batches", batches::cases()),
        ("Limits of a batch", limits::cases()),
        ("Values", values::cases()),
        ("Routing policies", routing::cases()),
        ("Listing", listing::cases()),
        ("Zones", zones::cases()),
        ("Tags", tags::cases()),
        ("Changes", changes::cases()),
    ]
}

/// Pages that the cases lean on: AWS's documentation, and [`page::report`].
mod page {
    /// Public reports that quote the live service, for texts the documentation does not give.
    pub(crate) mod report {
        pub(crate) const EXISTS: &str =
            "https://github.com/kubernetes-sigs/external-dns/issues/5939";
        pub(crate) const EXISTS_IN_GROUP: &str = "https://github.com/barnybug/cli53/issues/317";
        pub(crate) const DIFFERS: &str =
            "https://github.com/kubernetes-sigs/external-dns/issues/732";
        pub(crate) const NOT_FOUND: &str = "https://github.com/boto/boto/issues/2887";
        pub(crate) const OUTSIDE: &str = "https://github.com/kcp-dev/kcp-glbc/issues/475";
        pub(crate) const CONFLICT: &str = "https://github.com/GSA-TTS/dns/pull/443";
        pub(crate) const DUPLICATE: &str =
            "https://github.com/kubernetes-sigs/external-dns/issues/1929";
    }

    pub(crate) const CHANGE_RECORD_SETS: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html";
    pub(crate) const CHANGE: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_Change.html";
    pub(crate) const RECORD_SET: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html";
    pub(crate) const ALIAS_TARGET: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html";
    pub(crate) const LIMITS: &str =
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html";
    pub(crate) const TYPES: &str =
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html";
    pub(crate) const NAMES: &str =
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html";
    pub(crate) const LIST_RECORD_SETS: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html";
    pub(crate) const CREATE_ZONE: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html";
    pub(crate) const ZONES_BY_NAME: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html";
    pub(crate) const LIST_ZONES: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html";
    pub(crate) const GET_ZONE: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html";
    pub(crate) const DELETE_ZONE: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html";
    pub(crate) const TAGS: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html";
    pub(crate) const GET_CHANGE: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html";
    pub(crate) const ZONE_LIMIT: &str =
        "https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZoneLimit.html";
    pub(crate) const APEX: &str =
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html";
}
