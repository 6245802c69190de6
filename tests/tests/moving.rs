//! What `signpost check --moving` lists before a move from ExternalDNS: the program, a cluster, and Route 53.
//!
//! It runs against the emulated API server and, where `KUBEBUILDER_ASSETS` names one, a real kube-apiserver.

use e2e::World;
use e2e::manifest;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::{Namespace, OWNER, Route53Webhook};
use serde_json::{Value, json};

fn record(name: &str, of: &str, value: &str) -> Value {
    json!({"Name": name, "Type": of, "TTL": 300, "ResourceRecords": [{"Value": value}]})
}

fn owned(object: &str) -> String {
    format!("\"heritage=external-dns,external-dns/owner=me,external-dns/resource={object}\"")
}

fn service(name: &str, address: &str) -> Value {
    manifest::service(name, &format!("{name}.example.com"), &[address])
}

fn weighted() -> Value {
    let element = json!({
        "dnsName": "blue.example.com", "recordType": "A", "targets": ["192.0.2.7"],
        "providerSpecific": [{"name": "aws/weight", "value": "10"}],
    });
    manifest::dns_endpoint("blue", &[element])
}

/// Returns a world for each API server that there is, with `objects` in a namespace of its own, and a
/// zone as an ExternalDNS left it whose policy was `upsert-only`. No controller runs.
async fn worlds(
    namespace: &str,
    objects: &[Value],
    records: &[Value],
) -> Vec<World<Namespace, Route53Webhook>> {
    let mut worlds = Vec::new();
    for namespace in Namespace::everywhere(namespace).await {
        for object in objects {
            namespace.apply(object).await;
        }
        let provider = Route53Webhook::start(records, &["--aws-requests-per-second=0"]).await;
        worlds.push(World::new(namespace, provider));
    }
    worlds
}

const CHECK: [&str; 5] = ["check", "--moving", OWNER, "--source=service", "--source=crd"];

fn check(world: &World<Namespace, Route53Webhook>, arguments: &[&str]) -> Ended {
    let cluster = world.objects.cluster.flag();
    world.run_on_provider(&[&CHECK[..], &[&cluster], arguments].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_a_move_would_change_is_listed_and_nothing_is_written() {
    let objects = [service("web", "192.0.2.3"), weighted()];
    let records = [
        record("web.example.com", "A", "192.0.2.2"),
        record("a-web.example.com", "TXT", &owned("service/moving/web")),
        record("old.example.com", "A", "192.0.2.1"),
        record("a-old.example.com", "TXT", &owned("service/elsewhere/gone")),
        record("untyped.example.com", "A", "192.0.2.4"),
        record("untyped.example.com", "TXT", &owned("service/moving/untyped")),
        record("hand.example.com", "A", "192.0.2.5"),
    ];
    for world in worlds("moving", &objects, &records).await {
        let before = world.provider.writes().await;
        let all = check(&world, &["--policy=sync"]);
        assert_eq!(all.status.code(), Some(2), "{}{}", all.stdout, all.stderr);
        for told in [
            "old.example.com A",
            "left it as it is: 192.0.2.1",
            "`service/elsewhere/gone` did",
            "web.example.com A",
            "makes it 192.0.2.3",
            "dnsendpoints.externaldns.k8s.io/moving/blue: `aws/weight` of `blue.example.com`",
            "untyped.example.com",
            "--normalise-ownership-records",
        ] {
            assert!(all.stdout.contains(told), "{told}: {}", all.stdout);
        }
        assert!(!all.stdout.contains("hand.example.com"), "{}", all.stdout);
        // Without deletions the orphans are no news, and one namespace leaves the other one's records out.
        let kept = check(&world, &["--policy=upsert-only", "--namespace=moving"]);
        assert!(!kept.stdout.contains("would delete"), "{}", kept.stdout);
        assert!(kept.stdout.contains("`--namespace=elsewhere`"), "{}", kept.stdout);
        let listed = check(&world, &["--policy=sync", "--output=json"]);
        let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
        let kinds = listed["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["kind"].as_str().unwrap());
        let kinds: std::collections::BTreeSet<_> = kinds.collect();
        for kind in ["removed", "changed", "ownership", "annotation"] {
            assert!(kinds.contains(kind), "{kind}: {listed:#}");
        }
        assert_eq!(world.provider.writes().await, before, "it only reads");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_tell_is_said_only_when_everything_was_looked_at() {
    let objects = [service("web", "192.0.2.2")];
    let records = [
        record("web.example.com", "A", "192.0.2.2"),
        record("a-web.example.com", "TXT", &owned("service/moved/web")),
    ];
    for world in worlds("moved", &objects, &records).await {
        let narrow = "--namespace=moved";
        let same = check(&world, &["--policy=sync", narrow]);
        assert_eq!(same.status.code(), Some(0), "{}{}", same.stdout, same.stderr);
        assert!(
            same.stdout.contains("Nothing that can be seen here means something else"),
            "{}",
            same.stdout
        );
        // A kind that the API server does not have cannot be listed, and may hold anything.
        let blind = check(&world, &["--policy=sync", narrow, "--source=skipper-routegroup"]);
        assert_eq!(blind.status.code(), Some(1), "{}{}", blind.stdout, blind.stderr);
        assert!(blind.stdout.contains("Could not be looked at"), "{}", blind.stdout);
        assert!(!blind.stdout.contains("Nothing that can be seen"), "{}", blind.stdout);
        let nowhere = ["--webhook-provider-url=http://127.0.0.1:9", &world.objects.cluster.flag()];
        let away = Program::new(SIGNPOST).args(CHECK).args(nowhere).run().unwrap();
        assert_eq!(away.status.code(), Some(1), "{}{}", away.stdout, away.stderr);
    }
}
