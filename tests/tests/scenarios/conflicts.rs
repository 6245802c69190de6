//! Two objects want one name.

use serde_json::{Value, json};

use crate::objects::{GA, annotated, service, wanting, with};
use crate::records::{a, ownership_record};
use crate::scenario::Setup;

const OLD: &str = "2024-01-01T00:00:00Z";
const NEW: &str = "2025-01-01T00:00:00Z";

fn source_object(namespace: &str, name: &str, address: &str, created: &str) -> Value {
    let object = wanting(&service(name, address), "dup.example.com");
    let object = with(&object, "/metadata/namespace", json!(namespace));
    with(&object, "/metadata/creationTimestamp", json!(created))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_object_that_has_a_name_keeps_it_until_it_goes() {
    // The incumbent is the younger one: having the name counts for more than age.
    let first = source_object("ns1", "a", "192.0.2.1", NEW);
    let second = source_object("ns2", "b", "192.0.2.2", OLD);
    let mut world = Setup::default()
        .records([a("dup", "192.0.2.1"), ownership_record("a-dup", "c1", "service/ns1/a")])
        .objects([first.clone(), second.clone()])
        .start()
        .await;
    world.full_syncs(10).await;
    world.writes_nothing().await;
    let told = world.is_told("Conflict", "dup.example.com").await;
    assert_eq!(told.get("object"), Some(&json!("service/ns2/b")));
    assert!(told.to_string().contains("service/ns1/a"), "{told}");

    world.remove(&first).await;
    world
        .writes(&[&[
            "CREATE a-dup TXT c1:service/ns2/b",
            "CREATE dup A 192.0.2.2",
            "DELETE a-dup TXT c1:service/ns1/a",
            "DELETE dup A 192.0.2.1",
        ]])
        .await;

    // A number takes no name from another namespace, unless the operator lets it.
    let preferred = annotated(&first, &format!("{GA}priority"), "10");
    world.put(&preferred).await;
    world.writes_nothing().await;
    world.restart_controller(&["--priority-across-namespaces"]);
    world
        .writes(&[&[
            "CREATE a-dup TXT c1:service/ns1/a",
            "CREATE dup A 192.0.2.1",
            "DELETE a-dup TXT c1:service/ns2/b",
            "DELETE dup A 192.0.2.2",
        ]])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_come_together_the_older_one_wins_whatever_its_target() {
    for (older, younger) in [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")] {
        let mut world = Setup::default()
            .objects([
                source_object("ns1", "a", younger, NEW),
                source_object("ns2", "b", older, OLD),
            ])
            .start()
            .await;
        world
            .writes(&[&["CREATE a-dup TXT c1:service/ns2/b", &format!("CREATE dup A {older}")]])
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_an_address_for_one_host_never_mix() {
    let named = annotated(
        &source_object("ns1", "a", "192.0.2.1", OLD),
        &format!("{GA}target"),
        "elsewhere.example.net",
    );
    let addressed = source_object("ns2", "b", "192.0.2.2", NEW);
    let mut world = Setup::default().objects([named, addressed]).start().await;
    world
        .writes(&[&[
            "CREATE cname-dup TXT c1:service/ns1/a",
            "CREATE dup CNAME elsewhere.example.net",
        ]])
        .await;
    let told = world.is_told("Conflict", "dup.example.com").await;
    assert_eq!(told.get("object"), Some(&json!("service/ns2/b")));
}
