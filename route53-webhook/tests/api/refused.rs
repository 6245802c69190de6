//! Batches that AWS refuses without saying which record set is wrong: halved, in a bounded number
//! of calls, never between a record and its ownership record.

use std::collections::BTreeSet;

use external_dns_webhook::{Changes, Endpoint, RecordType, Refusal};
use route53_emulator::{Fault, FaultKind, ResourceRecordSet};
use route53_webhook::batch::Limits;
use route53_webhook::provider::Config;

use crate::harness::*;

/// Most refused batches of a zone that are searched for groups to blame in one request.
const MOST_SEARCHED: u64 = 24;

/// Starts a provider with an AWS that never says which record set is wrong.
async fn taciturn(config: Config) -> World {
    let world = World::with(emulator(&["example.com=Z1"]).await, config);
    world.records().await;
    world.emulator.set_faults(vec![Fault::new(FaultKind::Unnamed)]);
    world
}

fn name(index: usize) -> String {
    format!("n{index:03}.example.com")
}

/// Returns an alias to a record set that is not there, which only AWS can know.
fn blamed_record(name: &str) -> Endpoint {
    let alias = Endpoint::new(name, RecordType::A, ["missing.example.com"]);
    with(alias, &[("alias", "true")])
}

/// Returns the creation of that many record sets with their ownership records, some of them to
/// blame.
fn some_of(count: usize, is_blamed: impl Fn(usize) -> bool) -> Changes {
    owned((0..count).map(|number| {
        if is_blamed(number) { blamed_record(&name(number)) } else { a(&name(number), "192.0.2.1") }
    }))
}

/// Returns the names that have a record set with its ownership record; no name may have only one of
/// them.
fn published(world: &World) -> BTreeSet<String> {
    let records = world.records_in("Z1");
    let names = |wanted: &str| {
        let of_type = records.iter().filter(|line| line.split(' ').nth(1) == Some(wanted));
        let names = of_type.filter_map(|line| line.split(' ').next());
        names.map(|name| name.trim_start_matches("a-").to_owned()).collect::<BTreeSet<_>>()
    };
    let (records, ownership_records) = (names("A"), names("TXT"));
    assert_eq!(records, ownership_records);
    for batch in world.batches() {
        let (ownership_records, records): (Vec<_>, Vec<_>) =
            batch.iter().partition(|line| line.ends_with("TXT"));
        let owned: Vec<_> = ownership_records
            .iter()
            .map(|ownership_record| {
                ownership_record.replace("CREATE a-", "CREATE ").replace(" TXT", " A")
            })
            .collect();
        let mut records: Vec<_> = records.into_iter().cloned().collect();
        records.sort();
        assert_eq!(records, owned, "a batch was cut between a record and its ownership record");
    }
    records
}

fn told(refused: &[Refusal], code: &str) -> BTreeSet<String> {
    refused
        .iter()
        .filter(|refusal| refusal.code == code)
        .map(|refusal| refusal.dns_name.to_string())
        .collect()
}

/// Most calls that it takes to find that many blamed groups among that many names: on the way down to
/// each, every half is tried.
fn most_calls(names: usize, blamed: usize) -> u64 {
    let halvings = names.next_power_of_two().ilog2() as usize;
    (1 + 2 * blamed * halvings) as u64
}

#[tokio::test]
async fn bad_changes_without_a_name_are_found_by_halving_and_all_others_land() {
    let cases: [(usize, &[usize]); 7] = [
        (1, &[0]),
        (2, &[1]),
        (7, &[0, 6]),
        (64, &[37]),
        (64, &[31, 32]),
        (100, &[5, 50]),
        (100, &[99]),
    ];
    for (count, blamed) in cases {
        let world = taciturn(config()).await;
        let refused = world.apply(some_of(count, |number| blamed.contains(&number))).await.refused;
        let guilty: BTreeSet<_> = blamed.iter().map(|line| name(*line)).collect();
        assert_eq!(told(&refused, "RefusedByService"), guilty);
        assert_eq!(refused.len(), blamed.len(), "{refused:?}");
        assert!(
            refused
                .iter()
                .all(|refusal| refusal.message.contains("FATAL problem") && refusal.retryable)
        );
        let innocent: BTreeSet<_> =
            (0..count).map(name).filter(|name| !guilty.contains(name)).collect();
        assert_eq!(published(&world), innocent);
        let most = most_calls(count, blamed.len());
        assert!(world.writes() <= most, "{} calls of {most} for {blamed:?}", world.writes());
    }
}

#[tokio::test]
async fn a_blamed_change_and_its_ownership_record_are_refused_together_and_then_set_aside() {
    let world = taciturn(config()).await;
    let bad = blamed_record("bad.example.com");
    let text = ownership_record(&bad, "c1");
    let changes =
        create([a("ok.example.com", "192.0.2.1"), bad, text, a("ok2.example.com", "192.0.2.1")]);
    let refused = world.refusals(changes.clone()).await;
    assert_eq!(refused, [("bad.example.com".to_owned(), "RefusedByService".to_owned())]);
    assert_eq!(
        world.records_in("Z1"),
        ["ok.example.com A 192.0.2.1", "ok2.example.com A 192.0.2.1"]
    );
    let writes = world.writes();
    let refused = world.refusals(changes).await;
    assert_eq!(refused, [("bad.example.com".to_owned(), "Quarantined".to_owned())]);
    assert_eq!(world.writes(), writes, "it is not tried again for a while");
}

#[tokio::test]
async fn what_aws_says_about_an_alias_is_told_whole() {
    let world = World::new(&["example.com=Z1"]).await;
    let refused = world.apply(owned([blamed_record("bad.example.com")])).await.refused;
    assert_eq!(
        refused[0].message,
        "Tried to create an alias that targets missing.example.com., type A in zone Z1, but that \
         target was not found"
    );
}

#[tokio::test]
async fn what_too_many_bad_changes_leave_untried_is_told_and_written_later() {
    let world = taciturn(config()).await;
    let is_blamed = |number: usize| number % 16 == 3;
    let all: BTreeSet<_> = (0..256).map(name).collect();
    let innocent: BTreeSet<_> = (0..256).filter(|number| !is_blamed(*number)).map(name).collect();
    let (mut syncs, mut untried) = (0, all.clone());
    while !untried.is_empty() {
        syncs += 1;
        assert!(syncs <= 16, "every sync finds at least one of them: {untried:?}");
        let writes = world.writes();
        let refused = world.apply(some_of(256, is_blamed)).await.refused;
        assert!(world.writes() - writes <= 1 + 2 * MOST_SEARCHED, "{}", world.writes() - writes);
        let mut accounted = published(&world);
        accounted.extend(refused.iter().map(|refusal| refusal.dns_name.to_string()));
        assert_eq!(accounted, all, "nothing is lost");
        assert!(refused.iter().all(|refusal| refusal.retryable));
        let left = told(&refused, "NotTried");
        assert!(left.len() < untried.len());
        untried = left;
    }
    assert!(syncs > 1, "there were too many for one");
    assert_eq!(published(&world), innocent);
}

#[tokio::test]
async fn batches_behind_one_that_is_full_of_bad_changes_are_written_all_the_same() {
    let limits = Limits { changes: 64, ..Limits::default() };
    let world = taciturn(Config { limits, ..config() }).await;
    let refused = world.apply(some_of(96, |number| number < 32)).await.refused;
    assert!(!told(&refused, "NotTried").is_empty(), "there were too many");
    assert_eq!(published(&world), (32..96).map(name).collect());
    assert!(world.writes() <= 3 + 2 * MOST_SEARCHED, "{}", world.writes());
}

#[tokio::test]
async fn a_change_by_another_client_is_told_apart_from_a_bad_change_without_a_name() {
    let world = taciturn(config()).await;
    let gone = a("gone.example.com", "192.0.2.1");
    world.write(owned([gone.clone()])).await;
    let theirs = |address| ResourceRecordSet::new("n001.example.com", "A", 60, &[address]);
    world.seed("Z1", theirs("203.0.113.9"));
    world.unseed("Z1", ResourceRecordSet::new("gone.example.com", "A", 300, &["192.0.2.1"]));
    let changes =
        Changes { delete: vec![ownership_record(&gone, "c1"), gone], ..some_of(3, |_| false) };
    let refused = world.refusals(changes.clone()).await;
    assert_eq!(refused, [("n001.example.com".to_owned(), "ChangedElsewhere".to_owned())]);
    world.unseed("Z1", theirs("203.0.113.9"));
    let refused = world.refusals(changes).await;
    assert_eq!(refused, [], "nothing was set aside");
    assert_eq!(world.records_in("Z1").len(), 6, "{:?}", world.records_in("Z1"));
}
