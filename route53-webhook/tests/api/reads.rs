//! What reading costs, and what waits for it.

use std::time::Duration;

use external_dns_webhook::{DnsName, Endpoint, Provider as _, ProviderError, RecordType, Targets};
use route53_emulator::{Fault, FaultKind, Operation, ResourceRecordSet, Trigger};
use route53_webhook::provider::Config;
use route53_webhook::records::MaxAge;

use crate::harness::*;

#[tokio::test]
async fn an_idle_hour_costs_nothing_but_the_clock() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let calls = world.emulator.calls().len();
    for _ in 0..60 {
        world.records().await;
        world.provider.negotiate().await.unwrap();
        world.provider.adjust(vec![a("x.example.com", "192.0.2.1")]).await.unwrap();
        world.provider.revision().await.unwrap();
    }
    assert_eq!(world.emulator.calls().len(), calls);
}

#[tokio::test]
async fn the_revision_changes_with_what_is_known_only() {
    let world = World::new(&["example.com=Z1"]).await;
    assert_eq!(world.provider.revision().await, None, "nothing is known yet");
    world.records().await;
    let before = world.provider.revision().await;
    assert!(before.is_some());
    assert_eq!(world.provider.revision().await, before);
    world.write(create([a("www.example.com", "192.0.2.1")])).await;
    let after = world.provider.revision().await;
    assert_ne!(after, before);
    let world = world.restarted(config());
    world.records().await;
    assert_ne!(world.provider.revision().await, after, "another process, another mark");
}

#[tokio::test]
async fn without_a_maximal_age_every_answer_is_read_anew() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { max_age, ..config() });
    assert!(world.records().await.is_empty());
    world.seed("Z1", ResourceRecordSet::new("www.example.com", "A", 60, &["192.0.2.1"]));
    assert_eq!(world.record("www.example.com").await.targets, Targets::from(["192.0.2.1"]));
}

#[tokio::test]
async fn a_read_that_a_request_waits_for_is_not_done_twice() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { max_age, ..config() });
    for questions in 1..=3 {
        world.records().await;
        assert_eq!(world.lists(), questions);
    }
}

#[tokio::test]
async fn a_changed_number_of_record_sets_is_noticed_when_zones_are_listed() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::from_hours(1) };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { max_age, ..config() });
    world.records().await;
    let lists = world.lists();
    world.records().await;
    assert_eq!(world.lists(), lists, "listing zones is enough when nothing changed");
    let theirs = ResourceRecordSet::new("www.example.com", "A", 60, &["192.0.2.1"]);
    world.seed("Z1", theirs.clone());
    until("the new record", async || world.records().await.len() == 1).await;
    world.unseed("Z1", theirs);
    until("the removal", async || world.records().await.is_empty()).await;
}

#[tokio::test]
async fn names_are_read_one_by_one() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.seed("Z1", ResourceRecordSet::new("www.example.com", "A", 60, &["192.0.2.1"]));
    let (lists, names) = (world.lists(), vec![DnsName::from("WWW.example.com.")]);
    let found = world.provider.records_named(names).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(world.lists(), lists + 1);
    assert_eq!(world.records().await.len(), 1, "and are known from then on");
}

#[tokio::test]
async fn a_question_does_not_wait_longer_than_its_patience() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let mut slow = Fault::new(FaultKind::Slow(Duration::from_secs(5)));
    slow.operation = Some(Operation::ListResourceRecordSets);
    emulator.set_faults(vec![slow]);
    let answer_within = Duration::from_millis(200);
    let world = World::with(emulator, Config { answer_within, ..config() });
    let begin = tokio::time::Instant::now();
    let error = world.provider.records().await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(3));
    let ProviderError::Unavailable { retry_after, source } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(5)));
    assert_eq!(source.to_string(), "the zones are still being read");
}

#[tokio::test]
async fn nothing_is_listed_twice_while_many_wait_for_the_first_read() {
    let world = World::new(&["example.com=Z1"]).await;
    let questions = (0..20).map(|_| world.provider.records());
    for answer in futures::future::join_all(questions).await {
        answer.unwrap();
    }
    assert_eq!(world.lists(), 1);
}

#[tokio::test]
async fn controllers_learn_what_is_offered() {
    let world = World::new(&["example.com=Z1"]).await;
    let offered = world.provider.negotiate().await.unwrap();
    assert_eq!(
        String::from_utf8(external_dns_webhook::wire::encode(&offered)).unwrap(),
        "{\"include\":[\".example.com\",\"example.com\"],\"extensions\":[\"records-by-name\",\
         \"conditional-records\",\"outcomes\",\"zones\",\"zoned-records\"],\
         \"propertyPrefixes\":[\"aws/\"]}\n"
    );
}

#[tokio::test]
async fn a_write_while_a_full_read_is_under_way_is_not_forgotten() {
    let max_age = MaxAge { zones: Duration::from_mins(10), records: Duration::ZERO };
    let emulator = emulator(&["example.com=Z1"]).await;
    let world = World::with(emulator, Config { max_age, ..config() });
    world.records().await;
    let mut slow = Fault::new(FaultKind::Slow(Duration::from_millis(400)));
    slow.operation = Some(Operation::ListResourceRecordSets);
    world.emulator.set_faults(vec![slow]);

    let (lists, changes) = (world.lists(), create([a("new.example.com", "192.0.2.1")]));
    let write = async {
        // The page that is under way was cut before the write.
        until("the read", async || world.lists() > lists).await;
        world.write(changes.clone()).await;
    };
    let (read, ()) = tokio::join!(world.records(), write);
    assert_eq!(read.len(), 1, "what was written meanwhile is reported");
    world.write(changes).await;
    assert_eq!(world.writes(), 1, "and known to be there");
}

#[tokio::test]
async fn what_others_changed_under_a_name_is_seen_also_when_we_write_there_while_it_is_read() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::from_hours(1) };
    let emulator = emulator(&["example.com=Z1"]).await;
    let world = World::with(emulator, Config { max_age, ..config() });
    let record = |name: &str, address: &str| ResourceRecordSet::new(name, "A", 60, &[address]);
    world.seed("Z1", record("www.example.com", "192.0.2.1"));
    world.records().await;
    // The one is an edit that no count tells, the other has the zone read again.
    world.unseed("Z1", record("www.example.com", "192.0.2.1"));
    world.seed("Z1", record("www.example.com", "198.51.100.1"));
    world.seed("Z1", record("other.example.com", "192.0.2.9"));
    let mut slow = Fault::new(FaultKind::Slow(Duration::from_millis(400)));
    slow.operation = Some(Operation::ListResourceRecordSets);
    slow.trigger = Trigger::Next(1);
    world.emulator.set_faults(vec![slow]);

    let lists = world.lists();
    let write = async {
        until("the read", async || world.lists() > lists).await;
        let aaaa = Endpoint::new("www.example.com", RecordType::Aaaa, ["2001:db8::1"]);
        world.write(create([aaaa])).await;
    };
    let (read, ()) = tokio::join!(world.records(), write);
    let shown = |records: &[Endpoint]| {
        let of_name = records.iter().filter(|record| record.dns_name.as_str() == "www.example.com");
        let mut values: Vec<_> =
            of_name.map(|record| record.targets.first().unwrap().to_owned()).collect();
        values.sort();
        values
    };
    assert_eq!(shown(&read), ["198.51.100.1", "2001:db8::1"]);
    assert_eq!(world.lists(), lists + 2, "one page, and one look at the name");
    assert_eq!(shown(&world.records().await), ["198.51.100.1", "2001:db8::1"]);
    assert_eq!(world.lists(), lists + 2);
}

#[tokio::test]
async fn adjusting_and_writing_wait_for_no_read() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    let emulator = emulator(&["example.com=Z1"]).await;
    let world = World::with(emulator, Config { max_age, ..config() });
    world.records().await;
    let lists = world.lists();
    world.provider.adjust(vec![a("www.example.com", "192.0.2.1")]).await.unwrap();
    world.provider.negotiate().await.unwrap();
    world.write(create([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(world.lists(), lists);
}
