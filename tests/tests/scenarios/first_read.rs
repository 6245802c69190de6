//! Both programs start beside a zone that takes long to be read: what changes meanwhile.

use e2e::patience::eventually;
use route53_emulator::{Operation, ResourceRecordSet};

use crate::objects::{service, wanting};
use crate::scenario::{PUBLIC, Scenario, Setup};

/// How the sidecar starts again: it may make few calls, and reads the zone once.
const SLOW: [&str; 3] =
    ["--aws-requests-per-second=4", "--full-read-interval=1h", "--aws-zones-cache-duration=10m"];

fn is_read(world: &Scenario) -> bool {
    world.log().contains("The provider was read in full")
}

/// Adds so many record sets of others, and starts both programs as after a restart of the node.
fn restart_beside(world: &mut Scenario, others: usize) {
    drop(world.controller.take());
    let others = (0..others).map(|number| {
        ResourceRecordSet::new(&format!("n{number:05}.example.com"), "A", 300, &["192.0.2.1"])
    });
    world.route53.seed(PUBLIC, others.collect()).unwrap();
    world.route53.clear_calls();
    world.restart_sidecar(&SLOW);
    world.start_controller(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_a_large_zone_is_read_is_written_before_all_of_it_was_read() {
    let (web, gone) = (service("web", "192.0.2.1"), service("gone", "192.0.2.1"));
    let mut world = Setup::default().objects([web, gone.clone()]).start().await;
    world.settle().await;
    restart_beside(&mut world, 9_000);
    let lists = || async { world.route53.call_count(Operation::ListResourceRecordSets) };
    eventually("the first pages", lists, |count| *count > 6).await;

    world.remove(&gone).await;
    let taken = wanting(&service("taken", "192.0.2.9"), "n00001.example.com");
    world.put(&taken).await;
    world.put(&service("web", "192.0.2.7")).await;
    world.put(&service("new", "192.0.2.8")).await;
    let zone = || async { world.zone() };
    let is_there = |zone: &Vec<String>| {
        let wanted = ["web A 192.0.2.7", "new A 192.0.2.8", "a-new TXT c1:service/default/new"];
        wanted.iter().all(|wanted| zone.iter().any(|line| line == wanted))
    };
    eventually("both names", zone, is_there).await;
    assert!(!is_read(&world), "the zone was read before:\n{}", world.log());
    let deleted = |world: &Scenario| {
        let calls = world.route53.calls();
        let changes = calls.into_iter().flat_map(|call| call.changes);
        let names = changes
            .filter(|change| change.action == "DELETE")
            .map(|change| change.resource_record_set.name);
        names.collect::<Vec<_>>()
    };
    let names = deleted(&world);
    assert!(names.iter().all(|name| name.starts_with("web.")), "{names:?}: a value was replaced");

    eventually("all to be read", || async { is_read(&world) }, |is_read| *is_read).await;
    world.settle().await;
    let names = deleted(&world);
    assert!(names.iter().any(|name| name.starts_with("gone.")), "and then what is gone goes");
    assert!(names.iter().all(|name| !name.starts_with('n')), "{names:?}");
    world.is_told("ForeignOwner", "n00001.example.com").await;
    assert!(world.zone().iter().any(|line| line == "n00001 A 192.0.2.1"));
    world.written();
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_at_which_nothing_changes_reads_each_page_once() {
    let mut world = Setup::default().objects([service("web", "192.0.2.1")]).start().await;
    world.settle().await;
    restart_beside(&mut world, 1_500);
    world.is_ready().await;
    // Five pages of others, and those of ours with the two of the zone itself.
    assert_eq!(world.route53.call_count(Operation::ListResourceRecordSets), 6);
    assert!(world.written().is_empty());
}
