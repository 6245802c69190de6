//! Objects in a Kubernetes API become records, and only theirs.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use e2e::World;
use e2e::cluster::documents;
use e2e::faulty::Faulty;
use e2e::manifest::{self, endpoint};
use e2e::patience::eventually;
use e2e::process::Program;
use e2e::programs;
use e2e::world::{Namespace, Objects as _};
use external_dns_webhook::{Endpoint, RecordType, wire};
use serde_json::Value;

const SOURCES: [&str; 3] = ["--source=service", "--source=ingress", "--source=crd"];

fn quickstart() -> Vec<Value> {
    let folder = programs::workspace().join("examples/quickstart");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| documents(&std::fs::read_to_string(file).unwrap()).unwrap())
        .collect()
}

fn foreign() -> Vec<Endpoint> {
    let a = Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"]);
    let txt = Endpoint::new("a-web.example.org", RecordType::Txt, ["\"not an ownership record\""]);
    vec![a, txt]
}

/// Returns a running world for every cluster there is on this machine.
async fn worlds(namespace: &str) -> Vec<World<Namespace>> {
    let types = ["A", "AAAA", "CNAME", "TXT"]
        .map(|record_type| format!("--managed-record-types={record_type}"));
    let types = types.iter().map(String::as_str);
    let flags: Vec<_> = ["--interval=1h"].into_iter().chain(SOURCES).chain(types).collect();
    World::everywhere(namespace, &foreign(), &flags).await
}

/// Waits until exactly these names and types are published, beside ownership records and foreign
/// ones.
async fn becomes(provider: &Faulty, expected: &[&str]) {
    let is_ownership_record =
        |endpoint: &&Endpoint| endpoint.targets.iter().any(|target| target.contains("heritage="));
    let published = || async {
        let held = provider.memory.dump();
        let ours = held
            .iter()
            .filter(|endpoint| !is_ownership_record(endpoint) && !foreign().contains(endpoint));
        ours.map(|endpoint| format!("{} {}", endpoint.dns_name, endpoint.record_type))
            .collect::<Vec<_>>()
    };
    eventually("what is published", published, |found| found == expected).await;
    let held = provider.memory.dump();
    for record in foreign() {
        assert!(held.contains(&record), "{record:?} is not ours to touch");
    }
    assert_eq!(
        held.iter().filter(is_ownership_record).count(),
        expected.len(),
        "one ownership record for each record set: {held:#?}"
    );
}

/// Returns one object of the quickstart, by its kind and name.
fn of_quickstart(title: &str) -> Value {
    let text = |manifest: &Value, pointer| {
        manifest.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    };
    let is_it = |manifest: &Value| {
        format!("{} {}", text(manifest, "/kind"), text(manifest, "/metadata/name")) == title
    };
    quickstart().into_iter().find(is_it).unwrap()
}

const ALL: [&str; 7] = [
    "app.example.com A",
    "docs.example.com CNAME",
    "multi.example.com A",
    "multi.example.com AAAA",
    "shop.example.com CNAME",
    "verify.example.com TXT",
    "web.example.com A",
];

#[tokio::test(flavor = "multi_thread")]
async fn manifests_give_the_same_records_from_a_cluster_as_from_files() {
    for objects in Namespace::everywhere("same").await {
        for manifest in quickstart() {
            objects.apply(&manifest).await;
        }
        let manifests = programs::workspace().join("examples/quickstart");
        let endpoints = |flags: Vec<String>| {
            let program = Program::new(programs::SIGNPOST).args(["endpoints", "-o=json"]);
            let ended = program.args(SOURCES).args(flags).run().unwrap();
            assert!(ended.status.success(), "{}", ended.stderr);
            // Manifests that name no namespace are in `default`, as for kubectl.
            let text = ended.stdout.replace("/same/", "/default/");
            wire::decode_endpoints(text.as_bytes()).unwrap()
        };
        let from_files = endpoints(vec![format!("--manifests={}", manifests.display())]);
        assert_eq!(endpoints(objects.flags()), from_files, "{}", objects.cluster.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_comes_changes_or_goes_moves_exactly_its_records() {
    for world in worlds("moves").await {
        eprintln!("against {}", world.objects.cluster.url());
        for manifest in quickstart() {
            world.objects.apply(&manifest).await;
        }
        becomes(&world.provider, &ALL).await;

        let mut web = of_quickstart("Service web");
        *web.pointer_mut("/status/loadBalancer/ingress/0/ip").unwrap() = "192.0.2.11".into();
        world.objects.apply(&web).await;
        let target = || async { world.provider.addresses().remove("web.example.com") };
        eventually("the new address", target, |target| target.as_deref() == Some("192.0.2.11"))
            .await;
        becomes(&world.provider, &ALL).await;

        world.objects.delete(&web).await;
        becomes(&world.provider, &ALL[..6]).await;
        world.objects.delete(&of_quickstart("DNSEndpoint by-hand")).await;
        becomes(&world.provider, &["app.example.com A", "shop.example.com CNAME"]).await;
        let (ready, says) = world.controller().ready().await.unwrap();
        assert!(ready, "{says}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_cleared_for_a_while_costs_no_record() {
    for world in worlds("lost").await {
        eprintln!("against {}", world.objects.cluster.url());
        let mut app = of_quickstart("Ingress app");
        world.objects.apply(&app).await;
        becomes(&world.provider, &["app.example.com A"]).await;
        *app.pointer_mut("/status/loadBalancer").unwrap() = serde_json::json!({ "ingress": null });
        world.objects.apply(&app).await;
        // Something that comes after the loss shows that the loss was seen and cost nothing.
        let web = of_quickstart("Service web");
        world.objects.apply(&web).await;
        becomes(&world.provider, &["app.example.com A", "web.example.com A"]).await;
        world.objects.delete(&app).await;
        becomes(&world.provider, &["web.example.com A"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_two_objects_ask_for_outlives_either_of_them() {
    for world in worlds("twice").await {
        eprintln!("against {}", world.objects.cluster.url());
        let (web, app) = (of_quickstart("Service web"), of_quickstart("Ingress app"));
        let address = web.pointer("/status/loadBalancer/ingress/0/ip").unwrap().as_str().unwrap();
        let same = manifest::dns_endpoint("same", &[endpoint("web.example.com", "A", address)]);
        world.objects.apply(&web).await;
        becomes(&world.provider, &["web.example.com A"]).await;
        world.objects.apply(&same).await;
        // Both are told that the answer is there, whichever of them it is published for.
        let told = || async {
            let held = world.objects.read(&same).await;
            let conditions = held.pointer("/status/conditions").and_then(Value::as_array).cloned();
            let programmed = conditions
                .into_iter()
                .flatten()
                .find(|condition| condition["type"] == "Programmed");
            programmed.and_then(|condition| condition["status"].as_str().map(str::to_owned))
        };
        eventually("that it is programmed", told, |found| found.as_deref() == Some("True")).await;

        world.objects.delete(&web).await;
        // Something that comes after the loss shows that the loss was seen and cost nothing.
        world.objects.apply(&app).await;
        becomes(&world.provider, &["app.example.com A", "web.example.com A"]).await;
        world.objects.delete(&same).await;
        becomes(&world.provider, &["app.example.com A"]).await;
    }
}
