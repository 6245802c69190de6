//! Ownership records of names at the top of a zone, at the longest, with a star, and
//! look-alikes.

use crate::objects::{service, wanting};
use crate::records::{a, ownership_record};
use crate::scenario::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn an_ownership_record_on_the_top_of_a_zone_stays_inside_the_zone() {
    let mut world = Setup::default()
        .objects([wanting(&service("top", "192.0.2.1"), "example.com")])
        .flags(&["--txt-prefix=externaldns."])
        .start()
        .await;
    world.settle().await;
    let zone = world.zone();
    assert_eq!(zone.len(), 2, "{zone:?}");
    assert!(zone.contains(&"@ A 192.0.2.1".to_owned()), "{zone:?}");
    world.full_syncs(2).await;
    assert_eq!(world.written().len(), 1, "one write, and then nothing");
    world.remove(&service("top", "192.0.2.1")).await;
    world.settle().await;
    assert!(world.zone().is_empty(), "{:?}", world.zone());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_label_is_published_with_an_ownership_record_that_fits() {
    let long = "x".repeat(63);
    let object = wanting(&service("long", "192.0.2.1"), &format!("{long}.example.com"));
    let mut world = Setup::default().objects([object.clone()]).start().await;
    world.settle().await;
    let zone = world.zone();
    assert_eq!(zone.len(), 2, "{zone:?}");
    assert!(zone.iter().any(|line| line.ends_with("TXT c1:service/default/long")), "{zone:?}");
    assert_eq!(world.written().len(), 1);
    world.writes_nothing().await;
    world.remove(&object).await;
    world.settle().await;
    assert!(world.zone().is_empty(), "{:?}", world.zone());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_and_the_name_that_stands_for_its_star_are_owned_apart() {
    let star = wanting(&service("star", "192.0.2.1"), "*.example.com");
    let any = wanting(&service("any", "192.0.2.2"), "any.example.com");
    let mut world = Setup::default()
        .objects([star.clone(), any.clone()])
        .flags(&["--txt-wildcard-replacement=any"])
        .start()
        .await;
    world.settle().await;
    let zone = world.zone();
    assert_eq!(zone.len(), 4, "two records and two ownership records: {zone:?}");
    assert_eq!(world.written().len(), 1);
    world.writes_nothing().await;
    world.remove(&any).await;
    world.settle().await;
    let zone = world.zone();
    assert_eq!(zone.len(), 2, "the other one and its ownership record: {zone:?}");
    assert!(zone.iter().any(|line| line.contains("TXT c1:service/default/star")), "{zone:?}");
    world.remove(&star).await;
    world.settle().await;
    assert!(world.zone().is_empty(), "{:?}", world.zone());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_only_looks_owned_is_not_ours() {
    let foo = a("foo", "198.51.100.1");
    let mut world = Setup::default()
        .records([
            a("a-foo", "192.0.2.1"),
            ownership_record("a-foo", "c1", "service/default/a-foo"),
            foo.clone(),
        ])
        .objects([service("a-foo", "192.0.2.1")])
        .start()
        .await;
    world.writes_nothing().await;

    // Nor when someone here would like to have it.
    world.put(&service("foo", "192.0.2.9")).await;
    world.writes_nothing().await;
    assert!(world.route53.record_sets(crate::scenario::PUBLIC).contains(&foo));
}
