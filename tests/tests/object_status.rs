//! What objects are told of their names: the status of `DNSEndpoint`s, Kubernetes Events, and what
//! `signpost check` says when they could not be told.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, object against
//! a real kube-apiserver.

use axum::http::Method;
use e2e::World;
use e2e::faulty::FaultMode;
use e2e::manifest;
use e2e::patience::eventually;
use e2e::world::Namespace;
use serde_json::Value;

/// Returns a running world for every cluster there is on this machine.
async fn worlds(namespace: &str) -> Vec<World<Namespace>> {
    let flags = [
        "--source=service",
        "--source=crd",
        "--interval=500ms",
        "--events-emit=RecordReady",
        "--events-emit=RecordDeleted",
        "--events-emit=RecordError",
    ];
    World::everywhere(namespace, &[manifest::foreign()], &flags).await
}

fn endpoint(name: &str, address: &str) -> Value {
    manifest::endpoint(name, "A", address)
}

fn dns_endpoint(endpoints: &[Value]) -> Value {
    manifest::dns_endpoint("names", endpoints)
}

fn service(host: &str, address: &str) -> Value {
    manifest::service("web", host, &[address])
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

/// Returns the `DNSEndpoint`.
async fn current(world: &World<Namespace>) -> Value {
    world.objects.read(&dns_endpoint(&[])).await
}

async fn becomes(world: &World<Namespace>, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || current(world), wanted).await
}

/// Returns the Events on objects of a kind: reason, action and note.
async fn events_on(world: &World<Namespace>, kind: &str) -> Vec<(String, String, String)> {
    let mut events = world.objects.events().await;
    events.retain(|event| {
        let regarding = event.regarding.as_ref().and_then(|regarding| regarding.kind.as_deref());
        regarding == Some(kind)
    });
    let text = |text: Option<String>| text.unwrap_or_default();
    events
        .into_iter()
        .map(|event| (text(event.reason), text(event.action), text(event.note)))
        .collect()
}

/// Waits until three more syncs have read what the provider holds.
async fn some_syncs(world: &World<Namespace>) {
    world.provider.until_asked(&Method::GET, "/records", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programmed_is_true_only_when_the_provider_has_confirmed_this_generation() {
    for world in worlds("status-programmed").await {
        world.objects.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.1")])).await;
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 1);
        let object = becomes(&world, "programmed", done).await;
        assert!(says(&object, "Accepted", "True", "Accepted", 1), "{object:#}");
        assert_eq!(object["status"]["observedGeneration"], 1);
        assert_eq!(object["status"]["endpoints"][0]["state"], "Programmed");

        // The provider is down: what is new is not done, and what was said is about the old.
        world.provider.be(FaultMode::Status(500));
        world.objects.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.2")])).await;
        world.provider.until_asked(&Method::GET, "/", 2).await;
        let object = current(&world).await;
        assert_eq!(object["metadata"]["generation"], 2);
        assert!(done(&object), "{object:#}");
        world.provider.be(FaultMode::Well);
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 2);
        becomes(&world, "programmed again", done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_done_says_why_record_set_by_record_set() {
    for world in worlds("status-why").await {
        world
            .objects
            .apply(&dns_endpoint(&[
                endpoint("a.example.com", "192.0.2.1"),
                endpoint("foreign.example.com", "192.0.2.2"),
            ]))
            .await;
        let held = |value: &Value| says(value, "Programmed", "False", "ForeignOwner", 1);
        let object = becomes(&world, "held", held).await;
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
        world.objects.apply(&dns_endpoint(&[address])).await;
        let refused = |value: &Value| says(value, "Accepted", "False", "InvalidTarget", 2);
        becomes(&world, "refused", refused).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_told_nothing_while_nothing_happens() {
    for world in worlds("status-quiet").await {
        world.objects.apply(&dns_endpoint(&[endpoint("a.example.com", "192.0.2.1")])).await;
        world.objects.apply(&service("foreign.example.com", "192.0.2.3")).await;
        let done = |value: &Value| says(value, "Programmed", "True", "Programmed", 1);
        becomes(&world, "programmed", done).await;
        // The Service is made before its status, so a sync in between may tell that, too.
        let foreign = |(_, _, note): &&(String, String, String)| note.contains("ForeignOwner");
        let is_told = |events: &Vec<_>| events.iter().any(|event| foreign(&event));
        eventually("an Event", || events_on(&world, "Service"), is_told).await;
        world.until_ready_is(true).await;
        some_syncs(&world).await;
        let before = current(&world).await;
        let told = (events_on(&world, "Service").await, events_on(&world, "DNSEndpoint").await);
        some_syncs(&world).await;
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        assert_eq!(version(&current(&world).await), version(&before));
        assert_eq!(
            (events_on(&world, "Service").await, events_on(&world, "DNSEndpoint").await),
            told
        );
        assert_eq!(told.0.iter().filter(foreign).count(), 1, "{told:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_what_was_done_on_the_object_that_asked() {
    for world in worlds("events").await {
        world.objects.apply(&service("web.example.com", "192.0.2.1")).await;
        // The Service is made before its status, so a sync in between may tell that, too.
        let seen = |done: &'static str| {
            move |events: &Vec<(String, String, String)>| {
                events.iter().any(|(_, action, _)| action == done)
            }
        };
        let events = eventually("created", || events_on(&world, "Service"), seen("Created")).await;
        let created = events.iter().find(|(_, action, _)| action == "Created");
        let (reason, _, note) = created.unwrap();
        assert_eq!(reason, "RecordReady");
        let expected =
            "(external-dns) record:web.example.com,owner:me,type:A,ttl:0,targets:192.0.2.1";
        assert_eq!(note, expected);
        world.objects.apply(&service("web.example.com", "192.0.2.2")).await;
        eventually("updated", || events_on(&world, "Service"), seen("Updated")).await;
        world.objects.apply(&service("foreign.example.com", "192.0.2.2")).await;
        let gone_and_refused = |events: &Vec<(String, String, String)>| {
            seen("Deleted")(events)
                && events.iter().any(|event| event.2.contains(" ForeignOwner: "))
        };
        let events =
            eventually("the rest", || events_on(&world, "Service"), gone_and_refused).await;
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
        let arguments = ["check", "--source=crd", "--leader-elect", &world.objects.cluster.flag()];
        let check = || world.run_on_provider(&arguments);
        let checked = check();
        assert_eq!(checked.status.code(), Some(0), "{}{}", checked.stdout, checked.stderr);
        assert!(checked.stdout.contains("provider: list records"), "{}", checked.stdout);
        world.provider.be(FaultMode::Status(500));
        let checked = check();
        assert_eq!(checked.status.code(), Some(1), "{}{}", checked.stdout, checked.stderr);
    }
}
