//! How far the record sets of each `DNSEndpoint` have come, from the statuses of syncs.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{CanonicalName, ObjectRef, Refusal};

use super::status::{Progress, RecordProgress, status};
use super::{Echoes, StatusWrite};
use crate::objects::dns_endpoint::{DnsEndpoint, SpecEndpoint};
use crate::objects::{ObjectKey, Objects, Resource as _};

/// Source of `DNSEndpoint`s, as their `resource` labels have it.
const SOURCE: &str = "crd";

/// The latest statuses of syncs, to be looked up.
pub trait RecordStatuses {
    /// Returns those of a name.
    fn of_name(&self, name: &CanonicalName) -> Vec<RecordStatus>;

    /// Returns those that name no record set of an object, by its `resource` label.
    fn of_object(&self, object: &ObjectRef) -> Vec<RecordStatus>;

    /// Tells whether another shard decides over a name.
    fn is_elsewhere(&self, name: &CanonicalName) -> bool;

    /// Tells whether this process, and no other, writes the status of an object whose first name this is.
    fn writes(&self, name: &CanonicalName) -> bool;
}

/// Returns the `DNSEndpoint` that has a `resource` label; `None` for another object.
pub fn object_of(object: &ObjectRef) -> Option<ObjectKey> {
    let (namespace, name) = (object.namespace()?.to_owned(), object.name().to_owned());
    let key = ObjectKey { kind: DnsEndpoint::ID, namespace, name };
    (object.kind() == SOURCE).then_some(key)
}

/// Returns what is to be written into the status of `DNSEndpoint`s, of all or of those in `keys`.
///
/// `echoes` are what was written before and not read back since, `refused` is what the provider did
/// not take in the last sync, and `now` is RFC 3339. An object whose status would say the same is left
/// out: a cluster in which nothing happens is not written to.
pub fn statuses(
    objects: &Objects,
    echoes: &Echoes,
    keys: Option<&BTreeSet<ObjectKey>>,
    record_statuses: &impl RecordStatuses,
    refused: &[Refusal],
    now: &str,
) -> Vec<StatusWrite> {
    let refused = Refused::new(refused);
    let write = |object: &DnsEndpoint| {
        let first = object.spec.endpoints.iter().flatten().next().map(name).unwrap_or_default();
        if !record_statuses.writes(&first) {
            return None;
        }
        let told = of(object, record_statuses);
        // An object that no sync has looked at yet keeps what was said before.
        if told.is_empty() && !object.spec.endpoints.is_empty() {
            return None;
        }
        let records = match told.iter().find(|record_status| is_about_all(record_status)) {
            Some(record_status) => vec![of_all(&record_status.reason)],
            None => records(object, (&told, record_statuses), &refused),
        };
        let (before, over) = echoes.current(objects, object);
        let status = status(object, &before, &records, now)?;
        let version = objects.version(&DnsEndpoint::ID).map(str::to_owned);
        Some(StatusWrite { key: ObjectKey::of(object), over, version, status })
    };
    match keys {
        None => objects.list::<DnsEndpoint>().filter_map(write).collect(),
        Some(keys) => {
            let objects = keys.iter().filter_map(|key| objects.get(&key.namespace, &key.name));
            objects.filter_map(write).collect()
        }
    }
}

/// Returns the statuses of an object: those that name none of its record sets first.
fn of(object: &DnsEndpoint, record_statuses: &impl RecordStatuses) -> Vec<RecordStatus> {
    let resource = ObjectRef::new(SOURCE, &object.meta.namespace, &object.meta.name);
    let names: BTreeSet<_> = object.spec.endpoints.iter().flatten().map(name).collect();
    let mut all = record_statuses.of_object(&resource);
    for name in names {
        let theirs = |status: &RecordStatus| status.object.as_ref() == Some(&resource);
        all.extend(record_statuses.of_name(&name).into_iter().filter(theirs));
    }
    all
}

fn name(spec: &SpecEndpoint) -> CanonicalName {
    spec.dns_name.as_str().into()
}

/// What the provider did not take, by name and set identifier.
struct Refused<'a>(BTreeMap<(CanonicalName, &'a str), &'a Refusal>);

impl<'a> Refused<'a> {
    fn new(refused: &'a [Refusal]) -> Self {
        let mut first = BTreeMap::new();
        for refusal in refused {
            let name = refusal.dns_name.canonical().clone();
            first.entry((name, refusal.set_identifier.as_str())).or_insert(refusal);
        }
        Self(first)
    }
}

/// Tells whether a status of an object means that nothing of it is looked at.
fn is_about_all(record_status: &RecordStatus) -> bool {
    let is_too_much = matches!(
        record_status.reason,
        Reason::TooManyNames { .. } | Reason::TooManyTargets { .. } | Reason::TooManyBytes { .. }
    );
    is_too_much && record_status.name.is_empty()
}

fn of_all(reason: &Reason) -> RecordProgress {
    let (dns_name, record_type, set_identifier) = (String::new(), String::new(), String::new());
    RecordProgress { dns_name, record_type, set_identifier, progress: rejected_as(reason) }
}

fn records(
    object: &DnsEndpoint,
    (told, record_statuses): (&[RecordStatus], &impl RecordStatuses),
    refused: &Refused<'_>,
) -> Vec<RecordProgress> {
    let mut by_name: BTreeMap<&CanonicalName, Vec<&RecordStatus>> = BTreeMap::new();
    for record_status in told.iter().filter(|record_status| !is_remark(&record_status.reason)) {
        by_name.entry(record_status.name.canonical()).or_default().push(record_status);
    }
    let each = object.spec.endpoints.iter().flatten();
    each.map(|spec| {
        let progress = if record_statuses.is_elsewhere(&name(spec)) {
            Progress::Pending {
                reason: "OtherShard".to_owned(),
                message: "another shard manages this name".to_owned(),
            }
        } else {
            progress(spec, &by_name, refused)
        };
        RecordProgress {
            dns_name: spec.dns_name.clone(),
            record_type: spec.record_type.clone(),
            set_identifier: spec.set_identifier.clone(),
            progress,
        }
    })
    .collect()
}

fn progress(
    spec: &SpecEndpoint,
    record_statuses: &BTreeMap<&CanonicalName, Vec<&RecordStatus>>,
    Refused(refused): &Refused<'_>,
) -> Progress {
    let name = name(spec);
    let told = record_statuses.get(&name).map(Vec::as_slice).unwrap_or_default();
    // A provider may have made another type of it, such as an alias of a CNAME.
    let of_type = |record_status: &&&RecordStatus| {
        record_status
            .record_type
            .as_ref()
            .is_none_or(|record_type| record_type.as_str() == spec.record_type)
    };
    let of_type: Vec<_> = told.iter().filter(of_type).collect();
    // Programmed is what every zone has that shall have it.
    let is_amiss = |record_status: &&&&RecordStatus| !record_status.reason.is_well();
    let amiss = of_type.iter().find(is_amiss);
    let record_status = amiss.or(of_type.first()).copied().or(told.first());
    let rejected = refused.get(&(name, spec.set_identifier.as_str()));
    match (record_status.map(|record_status| &record_status.reason), rejected) {
        (_, Some(refusal)) => rejected_as(&Reason::ProviderRejected {
            rejection: refusal.code.clone(),
            message: refusal.message.clone(),
        }),
        (Some(reason), None) if reason.is_well() => Progress::Programmed,
        (
            Some(
                reason @ (Reason::InvalidName { .. }
                | Reason::InvalidTarget { .. }
                | Reason::ProviderRejected { .. }),
            ),
            None,
        ) => rejected_as(reason),
        (Some(reason), None) => {
            Progress::Pending { reason: reason.code().to_owned(), message: reason.to_string() }
        }
        (None, None) => Progress::Pending {
            reason: "Pending".to_owned(),
            message: "no sync has decided about it yet".to_owned(),
        },
    }
}

fn rejected_as(reason: &Reason) -> Progress {
    Progress::Refused { reason: reason.code().to_owned(), message: reason.to_string() }
}

/// Tells whether a reason remarks on something and decides nothing.
fn is_remark(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::IgnoredAnnotation { .. }
            | Reason::InvalidAnnotation { .. }
            | Reason::AnnotationConflict { .. }
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use controller_core::status::Place;

    use crate::objects::{Raw, Resource, Watch, kind};
    use external_dns_webhook::{Endpoint, RecordType, RefusalCode};
    use serde_json::json;

    fn objects() -> Objects {
        let watch = Watch {
            kind: kind(&DnsEndpoint::ID).unwrap().clone(),
            namespaces: BTreeSet::new(),
            label_selector: String::new(),
            keep_raw: false,
            sources: BTreeSet::new(),
            is_optional: false,
        };
        let mut objects = Objects::new([watch]);
        let object = json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"name": "a", "namespace": "default", "generation": 2},
            "spec": {"endpoints": [
                {"dnsName": "a.example.org", "recordType": "CNAME", "targets": ["b.example.org"]},
                {"dnsName": "c.example.org", "recordType": "A", "targets": ["1.2.3.4."]},
            ]},
        });
        objects.apply(&DnsEndpoint::ID, Raw::from_value(object).unwrap());
        objects
    }

    /// Statuses, and how often one was looked up.
    struct Counted(Vec<RecordStatus>, Cell<usize>);

    impl Counted {
        fn new(record_statuses: impl IntoIterator<Item = RecordStatus>) -> Self {
            Self(record_statuses.into_iter().collect(), Cell::new(0))
        }

        fn those(&self, is_wanted: impl Fn(&RecordStatus) -> bool) -> Vec<RecordStatus> {
            let Self(record_statuses, looked) = self;
            looked.set(looked.get() + 1);
            record_statuses.iter().filter(|status| is_wanted(status)).cloned().collect()
        }
    }

    impl RecordStatuses for Counted {
        fn is_elsewhere(&self, _: &CanonicalName) -> bool {
            false
        }

        fn writes(&self, _: &CanonicalName) -> bool {
            true
        }

        fn of_name(&self, name: &CanonicalName) -> Vec<RecordStatus> {
            self.those(|status| !status.name.is_empty() && status.name.canonical() == name)
        }

        fn of_object(&self, object: &ObjectRef) -> Vec<RecordStatus> {
            self.those(|status| status.name.is_empty() && status.object.as_ref() == Some(object))
        }
    }

    /// What all objects are told.
    fn all(
        objects: &Objects,
        record_statuses: impl IntoIterator<Item = RecordStatus>,
        refused: &[Refusal],
    ) -> Vec<StatusWrite> {
        let record_statuses = Counted::new(record_statuses);
        statuses(objects, &Echoes::default(), None, &record_statuses, refused, "now")
    }

    fn record_status(name: &str, reason: Reason) -> RecordStatus {
        RecordStatus::on_name(name, "crd/default/a", reason)
    }

    #[test]
    fn each_record_set_tells_what_became_of_it() {
        let wrong = Reason::InvalidTarget {
            target: "1.2.3.4.".into(),
            place: Place::Object,
            why: "a dot".into(),
        };
        let record_statuses = [
            record_status("a.example.org", Reason::UpToDate),
            record_status("c.example.org", wrong),
        ];
        let writes = all(&objects(), record_statuses, &[]);
        let status = serde_json::to_value(&writes[0].status).unwrap();
        assert_eq!(status["observedGeneration"], 2);
        assert_eq!(status["conditions"][0]["type"], "Accepted");
        assert_eq!(status["conditions"][0]["status"], "False");
        assert_eq!(status["conditions"][0]["reason"], "InvalidTarget");
        assert_eq!(status["endpoints"][0]["state"], "Programmed");
        assert_eq!(status["endpoints"][1]["state"], "Refused");
    }

    #[test]
    fn what_the_provider_refused_is_not_programmed() {
        let record_statuses = [record_status("a.example.org", Reason::UpToDate)];
        let endpoint = Endpoint::new("a.example.org", RecordType::Cname, ["b.example.org"]);
        let refused = Refusal::of(&endpoint, "NoZone", "no such zone");
        let writes = all(&objects(), record_statuses, &[refused]);
        let told = |write: &StatusWrite| {
            let endpoint = write.status.endpoints[0].clone();
            assert_eq!((&*endpoint.state, &*endpoint.reason), ("Refused", "ProviderRejected"));
            endpoint.message
        };
        let first = told(&writes[0]);
        assert!(first.contains("no such zone"), "{first}");
        // A sync that finds nothing new has nothing refused, and says the same.
        let reason = Reason::ProviderRejected {
            rejection: RefusalCode::NoZone,
            message: "no such zone".to_owned(),
        };
        let writes = all(&objects(), [record_status("a.example.org", reason)], &[]);
        assert_eq!(told(&writes[0]), first);
    }

    #[test]
    fn an_object_that_wants_too_much_says_so_once() {
        let reason = Reason::TooManyNames { names: 5_000, most: 1_000 };
        let record_statuses = [RecordStatus::on_object("crd/default/a", reason)];
        let writes = all(&objects(), record_statuses, &[]);
        let status = &writes[0].status;
        assert_eq!(status.endpoints, []);
        let accepted = &status.conditions[0];
        assert_eq!((&*accepted.status, &*accepted.reason), ("False", "TooManyNames"));
        assert_eq!(accepted.message, "the object wants 5000 names, and one may have 1000");
    }

    #[test]
    fn an_object_that_no_sync_looked_at_is_not_written_to() {
        assert_eq!(all(&objects(), [], &[]), []);
    }

    #[test]
    fn telling_a_few_objects_costs_the_same_however_many_there_are() {
        let looked = [10, 1_000].map(|count| {
            let mut objects = objects();
            for number in 0..count {
                let object = json!({
                    "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
                    "metadata": {"name": format!("n{number}"), "namespace": "default"},
                    "spec": {"endpoints": [{"dnsName": format!("n{number}.example.org")}]},
                });
                objects.apply(&DnsEndpoint::ID, Raw::from_value(object).unwrap());
            }
            let record_statuses = Counted::new([record_status("a.example.org", Reason::UpToDate)]);
            let keys = ["crd/default/a", "crd/default/gone"]
                .map(|label| object_of(&label.into()).unwrap());
            let keys = keys.into();
            let echoes = Echoes::default();
            let writes = statuses(&objects, &echoes, Some(&keys), &record_statuses, &[], "now");
            assert_eq!(writes.len(), 1);
            record_statuses.1.get()
        });
        assert_eq!(looked, [3, 3], "the object and its two names");
    }

    #[test]
    fn the_label_of_an_object_leads_back_to_it() {
        let key = object_of(&ObjectRef::new("crd", "default", "a")).unwrap();
        assert_eq!(key.to_string(), format!("{}/default/a", DnsEndpoint::ID));
        for other in ["service/default/a", "crd", "crd/a", ""] {
            assert_eq!(object_of(&other.into()), None, "{other}");
        }
    }
}
