//! What is counted, and under which labels.

use std::time::Duration;

use crate::statuses::StatusStore;
use controller_core::desired::{Desired, Scope};
use controller_core::plan::{Plan, Planner};
use controller_core::registry::{Noop, Registry as _};
use controller_core::status::{Reason, RecordStatus};
use daemon::metrics::Exposition as _;
use external_dns_webhook::{DnsName, Endpoint, ProviderError, RecordType, Refusal};

use super::*;

fn a(name: &str) -> Endpoint {
    Endpoint::new(name, RecordType::A, ["192.0.2.1"])
}

fn sample(metrics: &Metrics, name: &str) -> Option<String> {
    let text = metrics.text();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
}

fn is(metrics: &Metrics, expected: &[(&str, Option<&str>)]) {
    for (name, number) in expected {
        assert_eq!(sample(metrics, name).as_deref(), *number, "{name}");
    }
}

/// A plan that creates two names of the zone `example.com`.
fn plan() -> Plan {
    let current = Noop.read(Vec::new(), &[DnsName::from("example.com")]);
    let endpoints = vec![a("a.example.com"), a("b.example.com")];
    let desired = Desired { endpoints, ..Desired::default() };
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    planner.plan(&controller_core::plan::memory::Memory::default(), &current, &desired, &Scope::All)
}

fn refusal(name: &str, code: &str) -> Refusal {
    Refusal {
        dns_name: name.into(),
        record_type: RecordType::A,
        set_identifier: String::new(),
        zone: None,
        resource: None,
        code: code.into(),
        message: String::new(),
        retryable: true,
    }
}

#[test]
fn changes_are_counted_by_what_became_of_them() {
    let (metrics, plan) = (Metrics::new(), plan());
    metrics.syncs.changed(&plan, WriteResult::Written(&[]));
    metrics.syncs.changed(&plan, WriteResult::Written(&[refusal("a.example.com", "NoZone")]));
    metrics.syncs.changed(&plan, WriteResult::Written(&[refusal("b.example.com", "Own words")]));
    metrics.syncs.changed(&plan, WriteResult::Failed { retryable: true });
    metrics.syncs.changed(&plan, WriteResult::Failed { retryable: false });
    for (result, reason, count) in [
        ("written", "Created", "4"),
        ("refused", "NoZone", "1"),
        ("refused", "Other", "1"),
        ("failed", "Unavailable", "2"),
        ("failed", "Refused", "2"),
    ] {
        let name = format!(
            "external_dns_controller_changes_total{{zone=\"example.com\",action=\"create\",\
             result=\"{result}\",reason=\"{reason}\"}}"
        );
        is(&metrics, &[(&name, Some(count))]);
        let is_told = CHANGE_REASONS.iter().any(|row| (row.0, row.1) == (result, reason));
        assert!(is_told || result == "refused", "the page of metrics has {reason}");
    }
    metrics.syncs.landed("example.com", "create");
    let landed = "external_dns_controller_changes_total{zone=\"example.com\",action=\"create\",\
                  result=\"written\",reason=\"Landed\"}";
    is(&metrics, &[(landed, Some("1"))]);
}

#[test]
fn names_that_are_served_as_desired_are_no_statuses_to_count() {
    let metrics = Metrics::new();
    let status = |reason| RecordStatus::on_name("a.example.com", "service/default/web", reason);
    let all = [
        status(Reason::UpToDate),
        status(Reason::Created),
        status(Reason::NoZone),
        status(Reason::NoZone),
    ];
    let mut store = StatusStore::default();
    store.note(&all, &Scope::All, 0);
    metrics.syncs.statuses(store.counts());
    let name =
        |reason: &str| format!("external_dns_controller_record_status{{reason=\"{reason}\"}}");
    is(
        &metrics,
        &[(&name("UpToDate"), None), (&name("Created"), None), (&name("NoZone"), Some("2"))],
    );
}

#[test]
fn the_guard_is_engaged_while_it_holds_anything() {
    let metrics = Metrics::new();
    let [held, engaged] =
        ["external_dns_controller_held_deletes", "external_dns_controller_deletion_guard_engaged"];
    is(&metrics, &[(held, Some("0")), (engaged, Some("0"))]);
    metrics.syncs.held(7);
    is(&metrics, &[(held, Some("7")), (engaged, Some("1"))]);
    metrics.syncs.held(0);
    is(&metrics, &[(held, Some("0")), (engaged, Some("0"))]);
}

#[test]
fn a_record_set_is_verified_by_name_and_type() {
    let metrics = Metrics::new();
    let current = [a("A.example.com"), a("b.example.com")];
    let desired = [
        a("a.example.com."),
        a("c.example.com"),
        Endpoint::new("b.example.com", RecordType::Aaaa, ["2001:db8::1"]),
    ];
    metrics.records.current(current.iter(), desired.iter());
    is(
        &metrics,
        &[
            ("external_dns_controller_verified_records{record_type=\"a\"}", Some("1")),
            ("external_dns_controller_verified_records{record_type=\"aaaa\"}", None),
            ("external_dns_registry_endpoints_total", Some("2")),
            ("external_dns_registry_records{record_type=\"a\"}", Some("2")),
        ],
    );
}

/// What is to be created is not there yet, and what is to be deleted is not desired.
#[test]
fn of_what_is_created_updated_and_deleted_only_the_updated_is_verified() {
    let metrics = Metrics::new();
    let both =
        |name: &str| [a(name), Endpoint::new(name, RecordType::Aaaa, ["2001:db8::1"])].into_iter();
    let current: Vec<_> = both("update.example.com").chain(both("delete.example.com")).collect();
    let desired: Vec<_> = both("create.example.com").chain(both("update.example.com")).collect();
    metrics.records.current(current.iter(), desired.iter());
    is(
        &metrics,
        &[
            ("external_dns_controller_verified_records{record_type=\"a\"}", Some("1")),
            ("external_dns_controller_verified_records{record_type=\"aaaa\"}", Some("1")),
            ("external_dns_registry_records{record_type=\"a\"}", Some("2")),
            ("external_dns_registry_records{record_type=\"aaaa\"}", Some("2")),
        ],
    );
}

#[test]
fn requests_to_the_provider_are_counted_by_what_they_ask_and_how_they_end() {
    let metrics = Metrics::new();
    let (took, down) = (Duration::from_millis(30), ProviderError::unavailable("reset"));
    let refused = ProviderError::refused("no");
    metrics.provider.called(Call::Apply, took, None);
    metrics.provider.called(Call::Apply, took, Some(&down));
    metrics.provider.called(Call::Records, took, Some(&refused));
    metrics.provider.called(Call::Negotiate, took, Some(&down));
    let ours = |operation: &str, result: &str| {
        format!(
            "external_dns_provider_calls_total{{operation=\"{operation}\",result=\"{result}\"}}"
        )
    };
    is(
        &metrics,
        &[
            ("external_dns_webhook_provider_applychanges_requests_total", Some("2")),
            ("external_dns_webhook_provider_applychanges_errors_total", Some("1")),
            ("external_dns_webhook_provider_records_requests_total", Some("1")),
            ("external_dns_webhook_provider_records_errors_total", Some("1")),
            ("external_dns_webhook_provider_adjustendpoints_requests_total", Some("0")),
            ("external_dns_provider_cache_apply_changes_calls", Some("2")),
            (&ours("applychanges", "ok"), Some("1")),
            (&ours("applychanges", "unavailable"), Some("1")),
            (&ours("records", "refused"), Some("1")),
            (&ours("negotiate", "unavailable"), Some("1")),
            (
                "external_dns_provider_call_duration_seconds_count{operation=\"applychanges\"}",
                Some("2"),
            ),
        ],
    );
}

#[test]
fn a_kind_that_is_watched_in_two_namespaces_is_counted_once() {
    let metrics = Metrics::new();
    let watch = |namespace: &str, age: Option<u64>| WatchSample {
        kind: "services".to_owned(),
        namespace: namespace.to_owned(),
        is_synced: age.is_some(),
        age: age.map(Duration::from_secs),
        objects: 5,
    };
    metrics.cluster.sample(&[watch("a", Some(3)), watch("b", None)]);
    let by = |name: &str, namespace: &str| {
        format!("external_dns_source_watch_{name}{{kind=\"services\",namespace=\"{namespace}\"}}")
    };
    is(
        &metrics,
        &[
            ("external_dns_source_objects{kind=\"services\"}", Some("5")),
            (&by("age_seconds", "a"), Some("3")),
            (&by("age_seconds", "b"), None),
            (&by("synced", "a"), Some("1")),
            (&by("synced", "b"), Some("0")),
        ],
    );
}

#[test]
fn a_change_of_hands_is_counted_when_it_is_one() {
    let metrics = Metrics::new();
    for leads in [true, true, false, false, true] {
        metrics.cluster.leads(leads);
    }
    is(
        &metrics,
        &[
            ("external_dns_controller_leader", Some("1")),
            ("external_dns_controller_leader_transitions_total", Some("3")),
        ],
    );
}
