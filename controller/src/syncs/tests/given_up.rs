//! Syncs that end before they send what they were to write: nothing went wrong.

use super::*;
use crate::status::PlanView;

#[tokio::test(start_paused = true)]
async fn a_config_that_comes_while_a_zone_is_read_counts_for_what_is_written_then() {
    let world = World::new(FaultMode::ListsIn(10_000)).await;
    world.later(Duration::from_secs(5)).await;
    let writes = "external_dns_webhook_provider_applychanges_requests_total";
    let wrote = || world.metrics.text().contains(&format!("{writes} 1"));
    let old = Arc::clone(&world.config.borrow());
    let domain_filter = external_dns_webhook::DomainFilter::lists(["example.org"], [""; 0]);
    let planner = Planner { domain_filter, ..old.planner.clone() };
    world.config.send_replace(Arc::new(Config { planner, ..(*old).clone() }));
    world.later(Duration::from_mins(2)).await;
    assert!(!wrote(), "{}", world.metrics.text());
    assert_eq!(
        (world.problem("sync"), world.number("external_dns_registry_errors_total")),
        (None, "0".to_owned())
    );
    world.config.send_replace(old);
    world.later(Duration::from_mins(1)).await;
    assert!(wrote());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_for_want_of_the_lead_is_no_outage_and_no_error() {
    let world = World::new(FaultMode::Fenced).await;
    world.later(Duration::from_secs(30)).await;
    assert_eq!(world.status.freshness(app::unix_seconds()).outage, None);
    world.status.statuses(|store| assert_eq!(store.counts().get("SyncFailed"), None));
    let text = world.metrics.text();
    let counted = |line: &str| {
        let metrics = ["registry_errors_total", "consecutive_soft_errors", "changes_total{"];
        metrics.into_iter().any(|metric| line.contains(metric)) && !line.starts_with('#')
    };
    let counted: Vec<_> = text.lines().filter(|line| counted(line)).collect();
    assert!(counted.iter().all(|line| line.ends_with(" 0")), "{counted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_first_read_of_the_provider_is_waited_for_and_is_a_failure_when_it_lasts_long() {
    let world = World::new(FaultMode::ReadsFirst).await;
    let soft = "external_dns_controller_consecutive_soft_errors";
    let code = || world.status.explain("www.example.com")[0]["code"].as_str().unwrap().to_owned();
    for _ in 0..9 {
        world.later(Duration::from_mins(1)).await;
        assert_eq!(world.status.freshness(app::unix_seconds()).outage, None);
        assert_eq!((world.number(soft), code()), ("0".to_owned(), "AwaitsFirstRead".to_owned()));
        let problem = world.problem("sync").unwrap();
        assert!(problem.ends_with("(Z1) 300 of 9000 record sets"), "{problem}");
        assert_eq!(world.problem("provider"), None, "it answered");
    }
    world.later(Duration::from_mins(2)).await;
    assert!(world.status.freshness(app::unix_seconds()).outage.is_some());
    assert_eq!(code(), "SyncFailed");
    assert_ne!(world.number(soft), "0");
    world.fault_mode.send_replace(FaultMode::Well);
    world.later(Duration::from_mins(1)).await;
    assert_eq!((world.problem("sync"), world.number(soft)), (None, "0".to_owned()));
    assert_ne!(code(), "SyncFailed");
}

#[test]
fn a_replica_that_lost_the_lead_tells_of_no_outage_and_has_nothing_to_approve() {
    let (status, metrics) = (Status::default(), Metrics::new());
    let view = PlanView { plan: "null".into(), held: "0123456789ab".parse().ok(), held_names: 7 };
    status.sync_went_well(Instant::now(), Some(view));
    status.sync_failed("no answer".to_owned(), 0);
    metrics.syncs.ended(SyncKind::Full, Duration::ZERO, SyncEnd::Failed, 0);
    assert!(status.freshness(9).outage.is_some() && status.freshness(9).held.is_some());
    status.lost_lead();
    metrics.syncs.lost_lead();
    assert!(status.freshness(9).outage.is_none() && status.freshness(9).held.is_none());
    let soft = "external_dns_controller_consecutive_soft_errors 0";
    assert!(metrics.text().lines().any(|line| line == soft), "{}", metrics.text());
}
