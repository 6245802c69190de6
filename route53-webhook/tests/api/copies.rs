//! Which zones a change goes to, and what becomes of copies of a name in several of them.

use external_dns_webhook::{Endpoint, RecordType};
use route53_emulator::ResourceRecordSet;

use crate::harness::*;

#[tokio::test]
async fn changes_go_to_the_zones_of_their_names() {
    let zones = [
        "foo.example.org=ZFOO",
        "bar.example.org=ZBAR",
        "bar.example.org:private=ZBARP",
        "baz.example.org=ZBAZ",
    ];
    let world = World::new(&zones).await;
    let names = ["qux.foo", "qux.bar", "wambo.foo", "wambo.bar"];
    world.write(create(names.map(|name| a(&format!("{name}.example.org"), "192.0.2.1")))).await;
    assert_eq!(world.records_in("ZFOO").len(), 2);
    assert_eq!(world.records_in("ZBAR").len(), 2);
    assert_eq!(world.records_in("ZBARP").len(), 2);
    assert_eq!(world.records_in("ZBAZ").len(), 0);
}

// Q4 of docs/compatibility.md.
#[tokio::test]
async fn pinned_records_go_to_their_zones_only() {
    let world = World::new(&["my.com=ZPUB", "my.com:private=ZPRIV"]).await;
    world
        .write(owned([
            with(a("foo.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "/hostedzone/ZPRIV")]),
            with(a("bar.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZPUB")]),
            a("baz.my.com", "192.0.2.1"),
        ]))
        .await;
    let names = |zone| {
        let records = world.records_in(zone);
        records.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("ZPRIV"), ["a-baz.my.com", "a-foo.my.com", "baz.my.com", "foo.my.com"]);
    assert_eq!(names("ZPUB"), ["a-bar.my.com", "a-baz.my.com", "bar.my.com", "baz.my.com"]);

    // What is reported carries the pin, so deleting needs no other zone.
    let (foo, ownership_record) =
        (world.record("foo.my.com").await, world.record("a-foo.my.com").await);
    assert_eq!(pairs(&foo.properties), [("aws/hosted-zone-id", "ZPRIV")]);
    world.write(delete([foo, ownership_record])).await;
    assert_eq!(names("ZPRIV"), ["a-baz.my.com", "baz.my.com"]);
}

#[tokio::test]
async fn a_pin_to_an_unknown_zone_writes_nothing_and_says_so() {
    let world = World::new(&["my.com=ZPUB"]).await;
    let pinned = with(a("foo.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZNOWHERE")]);
    assert_eq!(world.refusals(create([pinned])).await, [("foo.my.com".into(), "NoZone".into())]);
    assert_eq!(world.writes(), 0);
}

// Q1 of docs/compatibility.md.
#[tokio::test]
async fn an_alias_into_its_own_zone_has_the_id_of_each_zone() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let own = Endpoint::new("own.example.com", RecordType::A, ["www.example.com"]);
    let own = with(own, &[("alias", "true")]);
    world.write(owned([a("www.example.com", "192.0.2.1"), own])).await;
    for zone in ["ZPUB", "ZPRIV"] {
        let expected = format!("own.example.com A -> www.example.com. ({zone})");
        assert!(world.records_in(zone).contains(&expected), "{:?}", world.records_in(zone));
        assert_eq!(world.records_in(zone).len(), 4);
    }
}

#[tokio::test]
async fn never_to_a_parent_and_a_child_of_one_kind() {
    let zones = ["example.com:private=ZP1", "in.example.com:private=ZP2", "example.com=ZPUB"];
    let world = World::new(&zones).await;
    let record = a("x.in.example.com", "192.0.2.1");
    world.write(owned([record.clone()])).await;
    assert_eq!(world.records_in("ZP1").len(), 0);
    assert_eq!(world.records_in("ZP2").len(), 2);
    assert_eq!(world.records_in("ZPUB").len(), 2);
    world.write(delete([record.clone(), ownership_record(&record, "c1")])).await;
    assert_eq!(world.records_in("ZP2").len() + world.records_in("ZPUB").len(), 0);
}

// Q12 of docs/compatibility.md.
#[tokio::test]
async fn a_copy_that_a_zone_lacks_is_put_back_and_one_too_many_is_left() {
    let zones = ["example.com=ZPUB", "example.com:private=ZP1", "in.example.com:private=ZP2"];
    let world = World::new(&zones).await;
    let set = || ResourceRecordSet::new("x.in.example.com", "A", 300, &["192.0.2.1"]);
    world.seed("ZPUB", set());
    world.seed("ZP1", set());
    let old = world.record("x.in.example.com").await;
    assert_eq!(pairs(&old.properties), [("aws/hosted-zone-id", "ZPUB")]);
    world.write(update([(old, a("x.in.example.com", "192.0.2.1"))])).await;
    for zone in ["ZPUB", "ZP1", "ZP2"] {
        assert_eq!(world.records_in(zone), ["x.in.example.com A 192.0.2.1"], "{zone}");
    }
    assert!(world.record("x.in.example.com").await.properties.is_empty());
    let misplaced = world.provider.misplaced();
    assert_eq!(
        misplaced,
        ["x.in.example.com A in example.com (ZP1), where another zone answers for it"]
    );
}

// Q12 of docs/compatibility.md.
#[tokio::test]
async fn a_copy_that_was_removed_is_put_back_by_the_next_update() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    world.unseed("ZPRIV", ResourceRecordSet::new("www.example.com", "A", 300, &["192.0.2.1"]));
    let world = world.restarted(config());
    let ownership_records = (ownership_record(&old, "c1"), ownership_record(&new, "c1"));
    world.write(update([(old, new), ownership_records])).await;
    for zone in ["ZPUB", "ZPRIV"] {
        assert!(
            world.records_in(zone).contains(&"www.example.com A 192.0.2.2".to_owned()),
            "{zone}"
        );
    }
}

// Q10 of docs/compatibility.md.
#[tokio::test]
async fn copies_that_differ_are_reported_and_made_alike_when_desired() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let wanted = a("www.example.com", "192.0.2.1");
    world.write(owned([wanted.clone()])).await;
    world.seed("ZPRIV", ResourceRecordSet::new("www.example.com", "A", 60, &["203.0.113.9"]));
    let world = world.restarted(config());
    let seen = world.record("www.example.com").await;
    assert!(seen.properties.get("aws/differing-copies").is_some());
    let ownership_records = (ownership_record(&wanted, "c1"), ownership_record(&wanted, "c1"));
    world.write(update([(seen, wanted), ownership_records])).await;
    assert_eq!(world.records_in("ZPUB"), world.records_in("ZPRIV"));
    assert!(world.record("www.example.com").await.properties.is_empty());
}

#[tokio::test]
async fn a_copy_of_another_client_is_not_taken_for_ours() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    // The public copy is theirs: it has no ownership record. The private one is ours.
    world.seed("ZPUB", ResourceRecordSet::new("www.example.com", "A", 300, &["203.0.113.9"]));
    let private = |endpoint| with(endpoint, &[("zone", "private")]);
    world.write(owned([private(a("www.example.com", "192.0.2.1"))])).await;
    let seen = world.record("www.example.com").await;
    let new = a("www.example.com", "192.0.2.2");
    let old_ownership_record = world.record("a-www.example.com").await;
    let ownership_records = (with(old_ownership_record, &[]), ownership_record(&new, "c1"));
    let changes = update([(seen, new), ownership_records]);
    world.apply(changes).await;
    assert!(world.records_in("ZPUB").contains(&"www.example.com A 203.0.113.9".to_owned()));
}

#[tokio::test]
async fn an_object_can_send_a_name_to_a_parent_zone_and_take_it_back() {
    let world = World::new(&["example.com=ZPUB", "in.example.com=ZSUB"]).await;
    let record = with(a("x.in.example.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZPUB")]);
    world.write(owned([record])).await;
    assert_eq!((world.records_in("ZPUB").len(), world.records_in("ZSUB").len()), (2, 0));
    let seen = world.record("x.in.example.com").await;
    let ownership_record = world.record("a-x.in.example.com").await;
    assert_eq!(pairs(&seen.properties), [("aws/hosted-zone-id", "ZPUB")]);
    world.write(delete([seen, ownership_record])).await;
    assert_eq!(world.records_in("ZPUB").len(), 0);
}

#[tokio::test]
async fn a_leftover_in_a_parent_zone_is_in_nobodys_way() {
    let world = World::new(&["example.com=ZPUB", "in.example.com=ZSUB"]).await;
    world.seed("ZPUB", ResourceRecordSet::new("x.in.example.com", "A", 60, &["203.0.113.9"]));
    assert!(world.records().await.is_empty());
    world.write(owned([a("x.in.example.com", "192.0.2.1")])).await;
    assert_eq!(world.records_in("ZPUB"), ["x.in.example.com A 203.0.113.9"]);
    assert_eq!(world.records_in("ZSUB").len(), 2);
    assert_eq!(world.provider.misplaced().len(), 1);
}
