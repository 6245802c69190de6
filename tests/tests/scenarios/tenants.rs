//! Tenants who do not trust each other: whose names are whose, and whose deletions wait for whom.

use serde_json::{Value, json};

use crate::objects::{GA, annotated, service, wanting, with};
use crate::records::{a, ownership_record};
use crate::scenario::Setup;

fn of(team: &str, name: &str, host: &str, address: &str) -> Value {
    with(&wanting(&service(name, address), host), "/metadata/namespace", json!(team))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_namespace_gets_a_name_outside_of_its_domains_and_one_that_it_lost_goes() {
    let own = of("team-a", "own", "www.a.example.com", "192.0.2.1");
    // What the other team tries: the name, its spellings, a set of its own, a wildcard above it, an
    // older object, a higher priority, and a name without an answer that would hold it.
    let older = with(&own, "/metadata/creationTimestamp", json!("2001-01-01T00:00:00Z"));
    let theft = |name: &str, host: &str| {
        let object = with(&older, "/metadata/namespace", json!("team-b"));
        wanting(&with(&object, "/metadata/name", json!(name)), host)
    };
    let set = annotated(&theft("set", "www.a.example.com"), &format!("{GA}set-identifier"), "b");
    let loud = annotated(&theft("loud", "www.a.example.com"), &format!("{GA}priority"), "9999");
    let pending = with(&theft("pending", "www.a.example.com"), "/status", json!({}));
    let mut world = Setup::default()
        .records([
            a("gone.b", "192.0.2.9"),
            ownership_record("a-gone.b", "c1", "service/team-b/gone"),
        ])
        .objects([
            own,
            theft("plain", "www.a.example.com"),
            theft("spelled", "WWW.A.Example.COM."),
            theft("wild", "*.a.example.com"),
            theft("above", "*.example.com"),
            set,
            annotated(&loud, &format!("{GA}aws-weight"), "1"),
            pending,
            of("team-b", "gone", "gone.b.example.com", "192.0.2.9"),
            of("team-c", "free", "free.example.com", "192.0.2.3"),
        ])
        .flags(&[
            "--namespace-domain=team-a=a.example.com",
            "--namespace-domain=team-b=other.example.com",
            "--priority-across-namespaces",
        ])
        .start()
        .await;
    world
        .writes(&[&[
            "CREATE a-www.a TXT c1:service/team-a/own",
            "CREATE www.a A 192.0.2.1",
            "CREATE a-free TXT c1:service/team-c/free",
            "CREATE free A 192.0.2.3",
            "DELETE a-gone.b TXT c1:service/team-b/gone",
            "DELETE gone.b A 192.0.2.9",
        ]])
        .await;
    let told = world.is_told("NamespaceNotAllowed", "gone.b.example.com").await.to_string();
    assert!(told.contains("--namespace-domain=team-b=other.example.com"), "{told}");
    assert!(told.contains("service/team-b/gone"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_namespace_withdraws_in_bulk_waits_and_the_others_go_on() {
    let names: Vec<_> = (0..101).map(|number| format!("b{number}.example.com")).collect();
    let bulk = of("team-b", "bulk", &names.join(","), "192.0.2.2");
    let small = of("team-a", "small", "small.example.com", "192.0.2.1");
    let mut world = Setup::default().objects([bulk.clone(), small.clone()]).start().await;
    world.settle().await;
    world.written();
    world.remove(&bulk).await;
    world.settle().await;
    assert!(world.written().is_empty());
    let group = |plan: &Value| plan.pointer("/held/groups/0").cloned().unwrap_or_default();
    let held = group(&world.plan().await);
    assert_eq!(held.pointer("/namespace"), Some(&json!("team-b")), "{held}");
    world.remove(&small).await;
    world
        .writes(&[&["DELETE a-small TXT c1:service/team-a/small", "DELETE small A 192.0.2.1"]])
        .await;
    assert_eq!(group(&world.plan().await), held, "and its hash stays");
    assert_eq!(world.zone().len(), 202);
}
