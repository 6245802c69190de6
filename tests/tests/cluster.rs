//! Objects in a Kubernetes API become records, and only theirs.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use e2e::cluster::{Cluster, documents};
use e2e::faulty::Faulty;
use e2e::patience::eventually;
use e2e::process::Program;
use e2e::world::Controller;
use e2e::{kube_apiserver, programs};
use external_dns_webhook::{Endpoint, RecordType, wire};
use serde_json::Value;

const SOURCES: [&str; 3] = ["--source=service", "--source=ingress", "--source=crd"];

/// Returns every cluster there is on this machine, each with our CRD and a namespace of its own.
async fn clusters(namespace: &str) -> Vec<(&'static str, Cluster)> {
    let mut clusters = vec![("emulator", Cluster::emulated().await.unwrap())];
    if let Some(server) = kube_apiserver::shared().await.unwrap() {
        clusters.push(("kube-apiserver", Cluster::at(&server.kubeconfig).await.unwrap()));
    }
    for (_, cluster) in &clusters {
        cluster.install_crd().await.unwrap();
        cluster.namespace(namespace).await.unwrap();
    }
    clusters
}

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

struct World {
    cluster: Cluster,
    provider: Faulty,
    controller: Controller,
    namespace: &'static str,
}

impl World {
    async fn new(cluster: Cluster, namespace: &'static str) -> Self {
        let provider = Faulty::start(foreign()).await.unwrap();
        let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
        let only = format!("--namespace={namespace}");
        let types = ["A", "AAAA", "CNAME", "TXT"]
            .map(|record_type| format!("--managed-record-types={record_type}"));
        let mut arguments = vec!["--txt-owner-id=me", "--interval=1h", &kubeconfig, &only];
        arguments.extend(SOURCES);
        arguments.extend(types.iter().map(String::as_str));
        let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
        Self { cluster, provider, controller, namespace }
    }

    async fn apply(&self, manifest: &Value) {
        self.cluster.apply(manifest, self.namespace).await.unwrap();
    }

    /// Returns the names and types that are ours, without ownership records.
    fn published(&self) -> Vec<String> {
        let held = self.provider.memory.dump();
        let foreign = foreign();
        let ours = held.iter().filter(|endpoint| {
            !endpoint.targets.iter().any(|target| target.contains("heritage="))
                && !foreign.contains(endpoint)
        });
        ours.map(|endpoint| format!("{} {}", endpoint.dns_name, endpoint.record_type)).collect()
    }

    async fn becomes(&self, expected: &[&str]) {
        eventually("what is published", || async { self.published() }, |found| found == expected)
            .await;
        let held = self.provider.memory.dump();
        for record in foreign() {
            assert!(held.contains(&record), "{record:?} is not ours to touch");
        }
        let ownership_records = held
            .iter()
            .filter(|endpoint| endpoint.targets.iter().any(|target| target.contains("heritage=")));
        assert_eq!(
            ownership_records.count(),
            expected.len(),
            "one ownership record for each record set: {held:#?}"
        );
    }
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
    for (name, cluster) in clusters("same").await {
        for manifest in quickstart() {
            cluster.apply(&manifest, "same").await.unwrap();
        }
        let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
        let manifests = programs::workspace().join("examples/quickstart");
        let endpoints = |argument: &str| {
            let ended = Program::new(programs::SIGNPOST)
                .args(["endpoints", "-o=json", argument])
                .args(SOURCES)
                .args(["--namespace=same"])
                .run()
                .unwrap();
            assert!(ended.status.success(), "{}", ended.stderr);
            let text = ended.stdout.replace("/same/", "/default/");
            wire::decode_endpoints(text.as_bytes()).unwrap()
        };
        let from_cluster = endpoints(&kubeconfig);
        // Manifests that name no namespace are in `default`, as for kubectl.
        let ended = Program::new(programs::SIGNPOST)
            .args(["endpoints", "-o=json", &format!("--manifests={}", manifests.display())])
            .args(SOURCES)
            .run()
            .unwrap();
        let from_files = wire::decode_endpoints(ended.stdout.as_bytes()).unwrap();
        assert_eq!(from_cluster, from_files, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_comes_changes_or_goes_moves_exactly_its_records() {
    for (name, cluster) in clusters("moves").await {
        eprintln!("against the {name}");
        let world = World::new(cluster, "moves").await;
        for manifest in quickstart() {
            world.apply(&manifest).await;
        }
        world.becomes(&ALL).await;

        let mut web =
            quickstart().into_iter().find(|object| title(object) == "Service web").unwrap();
        *web.pointer_mut("/status/loadBalancer/ingress/0/ip").unwrap() = "192.0.2.11".into();
        world.apply(&web).await;
        let target = || async {
            let held = world.provider.memory.dump();
            let web =
                held.into_iter().find(|endpoint| endpoint.dns_name.as_str() == "web.example.com");
            web.and_then(|web| web.targets.first().map(str::to_owned))
        };
        eventually("the new address", target, |target| target.as_deref() == Some("192.0.2.11"))
            .await;
        world.becomes(&ALL).await;

        world.cluster.delete(&web, "moves").await.unwrap();
        world.becomes(&ALL[..6]).await;
        let endpoint =
            quickstart().into_iter().find(|object| title(object) == "DNSEndpoint by-hand");
        world.cluster.delete(&endpoint.unwrap(), "moves").await.unwrap();
        world.becomes(&["app.example.com A", "shop.example.com CNAME"]).await;
        let (ready, says) = world.controller.ready().await.unwrap();
        assert!(ready, "{says}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_cleared_for_a_while_costs_no_record() {
    for (name, cluster) in clusters("lost").await {
        eprintln!("against the {name}");
        let world = World::new(cluster, "lost").await;
        let mut app =
            quickstart().into_iter().find(|object| title(object) == "Ingress app").unwrap();
        world.apply(&app).await;
        world.becomes(&["app.example.com A"]).await;
        *app.pointer_mut("/status/loadBalancer").unwrap() = serde_json::json!({ "ingress": null });
        world.apply(&app).await;
        // Something that comes after the loss shows that the loss was seen and cost nothing.
        let web = quickstart().into_iter().find(|object| title(object) == "Service web").unwrap();
        world.apply(&web).await;
        world.becomes(&["app.example.com A", "web.example.com A"]).await;
        world.cluster.delete(&app, "lost").await.unwrap();
        world.becomes(&["web.example.com A"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_two_objects_ask_for_outlives_either_of_them() {
    for (name, cluster) in clusters("twice").await {
        eprintln!("against the {name}");
        let world = World::new(cluster, "twice").await;
        let find =
            |wanted| quickstart().into_iter().find(|object| title(object) == wanted).unwrap();
        let (web, app) = (find("Service web"), find("Ingress app"));
        let targets = [web.pointer("/status/loadBalancer/ingress/0/ip").unwrap()];
        let same = serde_json::json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1",
            "kind": "DNSEndpoint",
            "metadata": { "name": "same" },
            "spec": { "endpoints": [
                { "dnsName": "web.example.com", "recordType": "A", "targets": targets },
            ] },
        });
        world.apply(&web).await;
        world.becomes(&["web.example.com A"]).await;
        world.apply(&same).await;
        // Both are told that the answer is there, whichever of them it is published for.
        let told = || async {
            let held = world.cluster.read(&same, "twice").await.unwrap();
            let conditions = held.pointer("/status/conditions").and_then(Value::as_array).cloned();
            let programmed = conditions
                .into_iter()
                .flatten()
                .find(|condition| condition["type"] == "Programmed");
            programmed.and_then(|condition| condition["status"].as_str().map(str::to_owned))
        };
        eventually("that it is programmed", told, |found| found.as_deref() == Some("True")).await;

        world.cluster.delete(&web, "twice").await.unwrap();
        // Something that comes after the loss shows that the loss was seen and cost nothing.
        world.apply(&app).await;
        world.becomes(&["app.example.com A", "web.example.com A"]).await;
        world.cluster.delete(&same, "twice").await.unwrap();
        world.becomes(&["app.example.com A"]).await;
    }
}

fn title(manifest: &Value) -> String {
    let text = |pointer| manifest.pointer(pointer).and_then(Value::as_str).unwrap();
    format!("{} {}", text("/kind"), text("/metadata/name"))
}
