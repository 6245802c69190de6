//! What `signpost check --moving` lists before a move from ExternalDNS: the program, a cluster, and Route 53.
//!
//! It runs against the emulated API server and, where `KUBEBUILDER_ASSETS` names one, a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use e2e::cluster::Cluster;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::{Route53, Sidecar};
use serde_json::{Value, json};

/// A cluster, and a zone as an ExternalDNS left it whose policy was `upsert-only`.
struct World {
    cluster: Cluster,
    route53: Route53,
    sidecar: Sidecar,
}

fn record(name: &str, of: &str, value: &str) -> Value {
    json!({"Name": name, "Type": of, "TTL": 300, "ResourceRecords": [{"Value": value}]})
}

fn owned(object: &str) -> String {
    format!("\"heritage=external-dns,external-dns/owner=me,external-dns/resource={object}\"")
}

fn service(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "annotations": {"external-dns.kubernetes.io/hostname": format!("{name}.example.com")}},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    })
}

fn weighted() -> Value {
    let element = json!({
        "dnsName": "blue.example.com", "recordType": "A", "targets": ["192.0.2.7"],
        "providerSpecific": [{"name": "aws/weight", "value": "10"}],
    });
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "blue"}, "spec": {"endpoints": [element]},
    })
}

/// Returns a world for each API server that there is, with `objects` in a namespace of its own.
async fn worlds(namespace: &str, objects: &[Value], records: &[Value]) -> Vec<World> {
    let mut worlds = Vec::new();
    for cluster in Cluster::every().await.unwrap() {
        cluster.install_crd().await.unwrap();
        cluster.namespace(namespace).await.unwrap();
        for object in objects {
            cluster.apply(object, namespace).await.unwrap();
        }
        let route53 = Route53::start("example.com", None, None).unwrap();
        route53.put("example.com", &json!(records)).await.unwrap();
        let sidecar = Sidecar::start(&route53, &["--aws-requests-per-second=0"], None).unwrap();
        worlds.push(World { cluster, route53, sidecar });
    }
    worlds
}

impl World {
    fn check(&self, arguments: &[&str]) -> Ended {
        Program::new(SIGNPOST)
            .args(["check", "--moving", "--txt-owner-id=me", "--source=service", "--source=crd"])
            .args([format!("--kubeconfig={}", self.cluster.kubeconfig.display())])
            .args([format!("--webhook-provider-url={}", self.sidecar.url)])
            .args(arguments.iter().copied())
            .run()
            .unwrap()
    }

    async fn writes(&self) -> usize {
        self.route53.calls("ChangeResourceRecordSets").await.unwrap().len()
    }
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
        let before = world.writes().await;
        let all = world.check(&["--policy=sync"]);
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
        let kept = world.check(&["--policy=upsert-only", "--namespace=moving"]);
        assert!(!kept.stdout.contains("would delete"), "{}", kept.stdout);
        assert!(kept.stdout.contains("`--namespace=elsewhere`"), "{}", kept.stdout);
        let listed = world.check(&["--policy=sync", "--output=json"]);
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
        assert_eq!(world.writes().await, before, "it only reads");
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
        let same = world.check(&["--policy=sync", narrow]);
        assert_eq!(same.status.code(), Some(0), "{}{}", same.stdout, same.stderr);
        assert!(
            same.stdout.contains("Nothing that can be seen here means something else"),
            "{}",
            same.stdout
        );
        // A kind that the API server does not have cannot be listed, and may hold anything.
        let blind = world.check(&["--policy=sync", narrow, "--source=skipper-routegroup"]);
        assert_eq!(blind.status.code(), Some(1), "{}{}", blind.stdout, blind.stderr);
        assert!(blind.stdout.contains("Could not be looked at"), "{}", blind.stdout);
        assert!(!blind.stdout.contains("Nothing that can be seen"), "{}", blind.stdout);
        let away = Program::new(SIGNPOST)
            .args([
                "check",
                "--moving",
                "--txt-owner-id=me",
                "--source=service",
                "--webhook-provider-url=http://127.0.0.1:9",
            ])
            .args([format!("--kubeconfig={}", world.cluster.kubeconfig.display())])
            .run()
            .unwrap();
        assert_eq!(away.status.code(), Some(1), "{}{}", away.stdout, away.stderr);
    }
}
