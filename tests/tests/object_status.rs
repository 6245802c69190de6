//! What objects are told of their names: the status of `DNSEndpoint`s, Kubernetes Events, and what
//! `signpost check` says when they could not be told.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use axum::http::Method;
use e2e::cluster::Cluster;
use e2e::faulty::{FaultMode, Faulty};
use e2e::patience::eventually;
use e2e::process::Program;
use e2e::programs::SIGNPOST;
use e2e::world::Controller;
use external_dns_webhook::{Endpoint, RecordType};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

struct World {
    cluster: Cluster,
    provider: Faulty,
    namespace: &'static str,
    controller: Controller,
}

/// Returns a world for every cluster there is on this machine.
async fn worlds(namespace: &'static str) -> Vec<World> {
    let mut worlds = Vec::new();
    for cluster in Cluster::every().await.unwrap() {
        cluster.install_crd().await.unwrap();
        cluster.namespace(namespace).await.unwrap();
        let foreign = Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"]);
        let provider = Faulty::start(vec![foreign]).await.unwrap();
        let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
        let only = format!("--namespace={namespace}");
        let arguments = [
            "--source=service",
            "--source=crd",
            "--txt-owner-id=me",
            "--interval=500ms",
            "--events-emit=RecordReady",
            "--events-emit=RecordDeleted",
            "--events-emit=RecordError",
            &kubeconfig,
            &only,
        ];
        let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
        worlds.push(World { cluster, provider, namespace, controller });
    }
    worlds
}

fn endpoint(name: &str, address: &str) -> Value {
    json!({ "dnsName": name, "recordType": "A", "targets": [address] })
}

fn dns_endpoint(endpoints: &[Value]) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": "names" },
        "spec": { "endpoints": endpoints },
    })
}

fn service(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "annotations": { "external-dns.kubernetes.io/hostname": name },
        },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": address }] } },
    })
}

/// A condition: its status, its reason, and the generation it is about.
fn condition(object: &Value, name: &str) -> Option<(String, String, i64)> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == name)?;
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    Some((text("status"), text("reason"), found["observedGeneration"].as_i64()?))
}

fn says(object: &Value, name: &str, status: &str, reason: &str, generation: i64) -> bool {
    condition(object, name) == Some((status.to_owned(), reason.to_owned(), generation))
}

impl World {
    async fn apply(&self, manifest: &Value) {
        self.cluster.apply(manifest, self.namespace).await.unwrap();
    }

    async fn object(&self) -> Value {
        let kind = GroupVersionKind::gvk("externaldns.k8s.io", "v1alpha1", "DNSEndpoint");
        let resource = ApiResource::from_gvk_with_plural(&kind, "dnsendpoints");
        let api = Api::<DynamicObject>::namespaced_with(
            self.cluster.client().clone(),
            self.namespace,
            &resource,
        );
        serde_json::to_value(api.get("names").await.unwrap()).unwrap()
    }

    async fn becomes(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || self.object(), wanted).await
    }

    /// Returns the Events on an object: reason, action and note.
    async fn events(&self, kind: &str) -> Vec<(String, String, String)> {
        let api = Api::<Event>::namespaced(self.cluster.client().clone(), self.namespace);
        let mut events = api.list(&ListParams::default()).await.unwrap().items;
        events.retain(|event| {
            let regarding =
                event.regarding.as_ref().and_then(|regarding| regarding.kind.as_deref());
            regarding == Some(kind)
        });
        events.sort_by_key(|event| event.event_time.clone());
        let text = |text: Option<String>| text.unwrap_or_default();
        events
            .into_iter()
            .map(|event| (text(event.reason), text(event.action), text(event.note)))
            .collect()
    }

    /// Waits until three more syncs have read what the provider holds.
    async fn some_syncs(&self) {
        let reads = || async { self.provider.requests(&Method::GET, "/records") };
        let before = reads().await;
        eventually("three syncs", reads, |count| *count >= before + 3).await;
    }

    async fn ready(&self) {
        let ready = || async { self.controller.ready().await.unwrap() };
        eventually("readiness", ready, |ready| ready.0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programmed_is_true_only_when_the_provider_has_confirmed_this_generation() {
    for world in worlds("status-programmed").await {
        world.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.1")])).await;
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 1);
        let object = world.becomes("programmed", done).await;
        assert!(says(&object, "Accepted", "True", "Accepted", 1), "{object:#}");
        assert_eq!(object["status"]["observedGeneration"], 1);
        assert_eq!(object["status"]["endpoints"][0]["state"], "Programmed");

        // The provider is down: what is new is not done, and what was said is about the old.
        world.provider.be(FaultMode::Status(500));
        world.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.2")])).await;
        let reads = || async { world.provider.requests(&Method::GET, "/") };
        eventually("two attempts", reads, |count| *count >= 2).await;
        let object = world.object().await;
        assert_eq!(object["metadata"]["generation"], 2);
        assert!(done(&object), "{object:#}");
        world.provider.be(FaultMode::Well);
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 2);
        world.becomes("programmed again", done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_done_says_why_record_set_by_record_set() {
    for world in worlds("status-why").await {
        world
            .apply(&dns_endpoint(&[
                endpoint("a.example.com", "192.0.2.1"),
                endpoint("foreign.example.com", "192.0.2.2"),
            ]))
            .await;
        let held = |value: &Value| says(value, "Programmed", "False", "ForeignOwner", 1);
        let object = world.becomes("held", held).await;
        assert!(says(&object, "Accepted", "True", "Accepted", 1), "{object:#}");
        let states: Vec<_> =
            (0..2).map(|number| object["status"]["endpoints"][number]["state"].clone()).collect();
        assert_eq!(states, ["Programmed", "Pending"]);
        assert_eq!(
            world.provider.memory.dump().len(),
            3,
            "a record, its ownership record, and the foreign one"
        );

        let address = endpoint("b.example.com", "192.0.2.1.");
        world.apply(&dns_endpoint(&[address])).await;
        let refused = |value: &Value| says(value, "Accepted", "False", "InvalidTarget", 2);
        world.becomes("refused", refused).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_told_nothing_while_nothing_happens() {
    for world in worlds("status-quiet").await {
        world.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.1")])).await;
        world.apply(&service("foreign.example.com", "192.0.2.3")).await;
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 1);
        world.becomes("programmed", done).await;
        // The Service is made before its status, so a sync in between may tell that, too.
        let foreign = |(_, _, note): &&(String, String, String)| note.contains("ForeignOwner");
        let is_told = |events: &Vec<_>| events.iter().any(|event| foreign(&event));
        eventually("an Event", || world.events("Service"), is_told).await;
        world.ready().await;
        world.some_syncs().await;
        let before = world.object().await;
        let told = (world.events("Service").await, world.events("DNSEndpoint").await);
        world.some_syncs().await;
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        assert_eq!(version(&world.object().await), version(&before));
        assert_eq!((world.events("Service").await, world.events("DNSEndpoint").await), told);
        assert_eq!(told.0.iter().filter(foreign).count(), 1, "{told:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_what_was_done_on_the_object_that_asked() {
    for world in worlds("events").await {
        world.apply(&service("web.example.com", "192.0.2.1")).await;
        // The Service is made before its status, so a sync in between may tell that, too.
        let seen = |done: &'static str| {
            move |events: &Vec<(String, String, String)>| {
                events.iter().any(|(_, action, _)| action == done)
            }
        };
        let events = eventually("created", || world.events("Service"), seen("Created")).await;
        let created = events.iter().find(|(_, action, _)| action == "Created");
        let (reason, _, note) = created.unwrap();
        assert_eq!(reason, "RecordReady");
        let expected =
            "(external-dns) record:web.example.com,owner:me,type:A,ttl:0,targets:192.0.2.1";
        assert_eq!(note, expected);
        world.apply(&service("web.example.com", "192.0.2.2")).await;
        eventually("updated", || world.events("Service"), seen("Updated")).await;
        world.apply(&service("foreign.example.com", "192.0.2.2")).await;
        let gone_and_refused = |events: &Vec<(String, String, String)>| {
            seen("Deleted")(events)
                && events.iter().any(|event| event.2.contains(" ForeignOwner: "))
        };
        let events = eventually("the rest", || world.events("Service"), gone_and_refused).await;
        let told: Vec<_> =
            events.iter().map(|event| (event.0.as_str(), event.1.as_str())).collect();
        for expected in
            [("RecordReady", "Updated"), ("RecordDeleted", "Deleted"), ("RecordError", "Refused")]
        {
            assert!(told.contains(&expected), "{events:#?}");
        }
        assert!(events.iter().any(|event| event.2.contains(" ForeignOwner: ")), "{events:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_with_every_permission_finds_nothing_missing() {
    for world in worlds("check").await {
        let kubeconfig = format!("--kubeconfig={}", world.cluster.kubeconfig.display());
        let url = format!("--webhook-provider-url={}", world.provider.url());
        let arguments = ["check", "--source=crd", "--leader-elect", &kubeconfig, &url];
        let checked = Program::new(SIGNPOST).args(arguments).run().unwrap();
        assert_eq!(checked.status.code(), Some(0), "{}{}", checked.stdout, checked.stderr);
        assert!(checked.stdout.contains("provider: list records"), "{}", checked.stdout);
        world.provider.be(FaultMode::Status(500));
        let checked = Program::new(SIGNPOST).args(arguments).run().unwrap();
        assert_eq!(checked.status.code(), Some(1), "{}{}", checked.stdout, checked.stderr);
    }
}
