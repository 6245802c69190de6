//! Names, notes, and that nothing is said twice.

use std::sync::Arc;

use controller_core::desired::{Desired, SourceObject};
use controller_core::plan::Planner;
use controller_core::registry::{Noop, Registry, TxtOptions, TxtRegistry};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{Endpoint, ProviderError, RecordType};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::*;
use crate::reconcile::{
    ChangeSet, DesiredReader, RecentChanges, Reconciler, SyncConfig, SyncError, Writing,
};
use crate::schedule::Window;
use crate::state::State;
use controller_sources::objects::{Kind, KindId, Raw, Watch, kind};

fn named(object: &str) -> String {
    event_name(object, 0x17e8_0000_0000_0000).split_once(".17e8").unwrap().0.to_owned()
}

#[test]
fn names_of_events_are_names_that_the_api_server_takes() {
    for (object, expected) in [
        ("My.Resource_1", "my.resource-1"),
        ("!@#bad*chars", "a---bad-chars"),
        ("-start", "a-start"),
        ("end-", "end-z"),
        ("-both-", "a-both-z"),
        ("", "a"),
        ("ALLCAPS", "allcaps"),
        ("foo.bar", "foo.bar"),
    ] {
        assert_eq!(named(object), expected, "{object}");
    }
    let long = event_name(&"a".repeat(300), 0x17e8_0000_0000_0000);
    assert!(long.len() <= MAX_NAME, "{}", long.len());
}

#[test]
fn long_notes_are_cut_at_a_character() {
    let note = short(&"x".repeat(2_000));
    assert_eq!(note.len(), 1_024);
    assert!(note.ends_with("x..."));
    let note = short(&"ü".repeat(1_000));
    assert!(note.len() <= 1_024);
    assert!(note.ends_with("ü..."));
    assert_eq!(short("short"), "short");
}

#[test]
fn only_known_kinds_are_wanted() {
    let filter = |values: &[&str]| {
        EventFilter::parse(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    };
    let ready = EventFilter { ready: true, ..EventFilter::default() };
    assert_eq!(filter(&["RecordReady", "InvalidEvent"]), ready);
    assert!(filter(&["InvalidEvent"]).is_empty());
    assert!(filter(&[]).is_empty());
    assert!(filter(&["RecordDeleted"]).deleted);
    assert!(filter(&["None"]).is_empty() && EventFilter::is_kind("None"));
    assert!(filter(&["ActionNeeded"]).is_default() && EventFilter::is_kind("ActionNeeded"));
}

struct FixedDesired(Desired);

impl DesiredReader for FixedDesired {
    fn desired(&self, _prefixes: &[String]) -> Desired {
        self.0.clone()
    }

    fn take_changes(&self, _: &[String], _: Window, _: Instant) -> (ChangeSet, RecentChanges) {
        (ChangeSet::Everything, RecentChanges::default())
    }

    fn forget_changes(&self, _: Window, _: Instant) -> RecentChanges {
        RecentChanges::default()
    }

    fn put_back(&self, _: RecentChanges) {}
}

struct World {
    objects: Objects,
    reconciler: Reconciler<Memory>,
    recorder: EventRecorder,
    sent: Receiver<Event>,
}

fn web(address: &str) -> Endpoint {
    let mut endpoint = Endpoint::new("www.example.com", RecordType::A, [address]);
    endpoint.labels.set("resource", "service/default/web");
    endpoint
}

impl World {
    fn new() -> Self {
        Self::of(Arc::new(Noop), Planner { allow_unowned: true, ..Planner::default() })
    }

    fn of(registry: Arc<dyn Registry>, planner: Planner) -> Self {
        let services = kind(&KindId::new("services")).unwrap().clone();
        let mut objects = Objects::new([Watch {
            kind: services.clone(),
            namespaces: [].into(),
            label_selector: String::new(),
            keep_raw: false,
            sources: ["service"].into(),
            is_optional: false,
        }]);
        let mut raw = Raw::default();
        raw.meta.name = "web".into();
        raw.meta.namespace = "default".into();
        raw.meta.uid = "the-uid".into();
        objects.apply(&services.id(), raw);
        let memory = Memory::holding(Vec::new());
        let reconciler = Reconciler::new(
            memory,
            SyncConfig::new(registry, planner, Writing::Yes),
            State::nowhere(),
        );
        let (queue, sent) = mpsc::channel(10);
        let all = EventFilter { ready: true, deleted: true, error: true, action_needed: false };
        let recorder = EventRecorder::sending(all, "me".into(), queue);
        Self { objects, reconciler, recorder, sent }
    }

    async fn sync(&mut self, desired: Desired) -> Vec<Event> {
        let report = self.reconciler.full(&FixedDesired(desired), 0).await.unwrap().unwrap();
        self.recorder.record(&report, &Served::default(), &self.objects, 7);
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }
}

fn wanting(endpoints: Vec<Endpoint>) -> Desired {
    Desired { endpoints, ..Desired::default() }
}

#[tokio::test]
async fn what_is_written_is_told_once_on_the_source_object() {
    let mut world = World::new();
    let events = world.sync(wanting(vec![web("192.0.2.1")])).await;
    let [created] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(created.reason.as_deref(), Some("RecordReady"));
    assert_eq!(created.action.as_deref(), Some("Created"));
    assert_eq!(created.type_.as_deref(), Some("Normal"));
    assert_eq!(created.metadata.namespace.as_deref(), Some("default"));
    assert_eq!(created.reporting_instance.as_deref(), Some("external-dns/source/service"));
    let note = created.note.as_deref().unwrap();
    assert!(note.starts_with("(external-dns) record:www.example.com,owner:"), "{note}");
    assert!(note.ends_with(",type:A,ttl:0,targets:192.0.2.1"), "{note}");
    let regarding = created.regarding.as_ref().unwrap();
    assert_eq!(regarding.kind.as_deref(), Some("Service"));
    assert_eq!(regarding.api_version.as_deref(), Some("v1"));
    assert_eq!(regarding.uid.as_deref(), Some("the-uid"));
    assert_eq!(world.sync(wanting(vec![web("192.0.2.1")])).await, [], "nothing changed");
    let events = world.sync(wanting(vec![web("192.0.2.2")])).await;
    let actions: Vec<_> = events.iter().filter_map(|event| event.action.as_deref()).collect();
    assert_eq!(actions, ["Updated"]);
}

#[tokio::test]
async fn each_of_six_changes_is_told() {
    let both = |name: &str, number: u8| {
        let of = |record_type, target: String| {
            let mut endpoint = Endpoint::new(format!("{name}.example.com"), record_type, [target]);
            endpoint.labels.set("resource", "service/default/web");
            endpoint
        };
        [
            of(RecordType::A, format!("192.0.2.{number}")),
            of(RecordType::Aaaa, format!("2001:db8::{number}")),
        ]
    };
    // Whose a deleted record set was is in its ownership record.
    let ownership_records = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let registry = Arc::new(TxtRegistry::new(ownership_records).unwrap());
    let mut world =
        World::of(registry, Planner { owner: Some("me".to_owned()), ..Planner::default() });
    world.sync(wanting([both("update", 1), both("delete", 1)].concat())).await;
    let events = world.sync(wanting([both("create", 1), both("update", 2)].concat())).await;
    let told = |event: &Event| {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let note = part(&event.note);
        let kind = note.split(',').find_map(|part| part.strip_prefix("type:")).unwrap().to_owned();
        [part(&event.reason), part(&event.action), kind]
    };
    let mut told: Vec<_> = events.iter().map(told).collect();
    told.sort();
    let expected = [
        ["RecordDeleted", "Deleted", "A"],
        ["RecordDeleted", "Deleted", "AAAA"],
        ["RecordReady", "Created", "A"],
        ["RecordReady", "Created", "AAAA"],
        ["RecordReady", "Updated", "A"],
        ["RecordReady", "Updated", "AAAA"],
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_is_wrong_is_told_when_it_begins_and_again_when_it_comes_back() {
    let mut world = World::new();
    let refused = || {
        let reason = Reason::no_targets("");
        let statuses =
            vec![RecordStatus::on_name("api.example.com", "service/default/web", reason)];
        Desired { statuses, ..Desired::default() }
    };
    let events = world.sync(refused()).await;
    let [event] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(event.reason.as_deref(), Some("RecordError"));
    assert_eq!(event.type_.as_deref(), Some("Warning"));
    let note = event.note.as_deref().unwrap();
    assert!(note.contains("record:api.example.com,owner:me NoTargets: "), "{note}");
    assert_eq!(world.sync(refused()).await, []);
    assert_eq!(world.sync(Desired::default()).await, []);
    assert_eq!(world.sync(refused()).await.len(), 1, "it is back");
}

#[tokio::test]
async fn by_default_only_what_the_user_must_act_on_is_told() {
    let mut world = World::new();
    world.recorder.filter = EventFilter::parse(&["ActionNeeded".to_owned()]);
    assert_eq!(world.sync(wanting(vec![web("192.0.2.1")])).await, [], "it was written");
    let on_web = |reason| RecordStatus::on_name("api.example.com", "service/default/web", reason);
    let beside =
        |reason| Desired { statuses: vec![on_web(reason)], ..wanting(vec![web("192.0.2.1")]) };
    assert_eq!(world.sync(beside(Reason::no_targets(""))).await, [], "it may come");
    let events = world.sync(beside(Reason::NoZone)).await;
    let notes: Vec<_> = events.iter().filter_map(|event| event.note.as_deref()).collect();
    let [note] = notes.as_slice() else { panic!("{notes:#?}") };
    assert!(note.contains("NoZone: ") && note.contains("; next: "), "{note}");
    let waiting = [web("192.0.2.7")];
    assert_eq!(world.fails(&SyncError::Negotiate(down()), &waiting), [], "it comes back by itself");
}

#[tokio::test]
async fn the_loser_of_a_name_is_told_of_the_winner_only_where_namespaces_are_not_kept_apart() {
    let both = |winner: &str| {
        let mut first = web("192.0.2.1");
        first.labels.set("resource", winner);
        let mut desired = wanting(vec![web("192.0.2.2"), first]);
        let old = SourceObject { created: Some(1), priority: 0, ..SourceObject::default() };
        desired.source_objects.insert(winner.into(), old);
        desired
    };
    for (keeps_apart, winner, is_named) in [
        (false, "service/other/web", true),
        (true, "service/other/web", false),
        (true, "service/default/first", true),
    ] {
        let mut world = World::new();
        world.recorder.keep_apart(keeps_apart);
        let events = world.sync(both(winner)).await;
        let notes = events.iter().filter_map(|event| event.note.as_deref());
        let told: Vec<_> = notes.filter(|note| note.contains("Conflict")).collect();
        let [told] = told.as_slice() else { panic!("{events:#?}") };
        assert_eq!(told.contains(winner), is_named, "{told}");
        assert!(is_named || told.contains("another object holds the name"), "{told}");
    }
}

#[tokio::test]
async fn more_than_fits_is_left_out_and_delays_nothing() {
    let mut world = World::new();
    let endpoint = |number: usize| {
        let mut endpoint = web("192.0.2.1");
        endpoint.dns_name = format!("n{number}.example.com").into();
        endpoint
    };
    assert_eq!(world.sync(wanting((0..30).map(endpoint).collect())).await.len(), 10);
}

#[tokio::test]
async fn labels_of_unknown_objects_have_no_event() {
    let mut world = World::new();
    let mut stranger = web("192.0.2.1");
    stranger.labels.set("resource", "unheard/of");
    assert_eq!(world.sync(wanting(vec![stranger])).await, []);
}

fn down() -> ProviderError {
    ProviderError::unavailable("connection refused")
}

fn failed_write(objects: &[&str]) -> SyncError {
    let endpoint = |object: &&str| {
        let mut endpoint = web("192.0.2.1");
        endpoint.labels.set("resource", *object);
        endpoint.dns_name = format!("{}.example.com", object.replace('/', "-")).into();
        endpoint
    };
    let desired = wanting(objects.iter().map(endpoint).collect());
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let plan = planner.plan(
        &controller_core::plan::memory::Memory::default(),
        &Noop.read(Vec::new(), &[]),
        &desired,
        &Scope::All,
    );
    SyncError::Apply { count: objects.len(), plan: Box::new(plan), cause: down() }
}

impl World {
    fn fails(&mut self, error: &SyncError, waiting: &[Endpoint]) -> Vec<Event> {
        self.recorder.warn(error, waiting, &self.objects, 7);
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }
}

#[tokio::test]
async fn a_write_that_fails_as_a_whole_is_told_once_to_each_object_until_syncs_go_well() {
    let mut world = World::new();
    let error = failed_write(&["service/default/web", "service/default/web"]);
    let events = world.fails(&error, &[]);
    let [event] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(event.reason.as_deref(), Some("RecordError"));
    assert_eq!(event.type_.as_deref(), Some("Warning"));
    assert_eq!(event.action.as_deref(), Some("Created"));
    let note = event.note.as_deref().unwrap();
    assert!(note.starts_with("(external-dns) record:service-default-web.example.com,"), "{note}");
    assert!(note.contains("not written yet, and tried again: connection refused"), "{note}");
    assert!(note.ends_with("2 changes are not known to be written"), "{note}");
    assert_eq!(world.fails(&error, &[]), [], "it knows");
    assert_eq!(world.sync(Desired::default()).await, []);
    assert_eq!(world.fails(&error, &[]).len(), 1, "it is another outage");
}

#[tokio::test]
async fn a_provider_that_is_down_is_told_to_the_objects_that_wait_and_to_no_other() {
    let mut world = World::new();
    let error = SyncError::Negotiate(down());
    assert_eq!(world.fails(&error, &[]), []);
    let waits = || ["service/default/web".into()].into();
    assert_eq!(world.recorder.unwarned(waits()), waits());
    let events = world.fails(&error, &[web("192.0.2.7")]);
    let [event] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(event.action.as_deref(), Some("FailedSync"));
    let note = event.note.as_deref().unwrap();
    assert!(
        note.contains("record:www.example.com,owner:me,type:A,ttl:0,targets:192.0.2.7: "),
        "{note}"
    );
    assert!(world.recorder.unwarned(waits()).is_empty());
    world.recorder.filter = EventFilter { error: false, ..world.recorder.filter };
    world.sync(Desired::default()).await;
    assert!(world.recorder.unwarned(waits()).is_empty(), "no warnings are chosen");
    assert_eq!(world.fails(&error, &[web("192.0.2.7")]), []);
}

#[test]
fn an_object_is_referred_to_as_the_api_server_has_it() {
    let certificates = Kind::named("certificates.v1.cert-manager.io").unwrap();
    let routes = kind(&KindId::new("httproutes.gateway.networking.k8s.io")).unwrap().clone();
    let watch = |kind: &Kind| Watch {
        kind: kind.clone(),
        namespaces: [].into(),
        label_selector: String::new(),
        keep_raw: false,
        sources: [].into(),
        is_optional: false,
    };
    let mut objects = Objects::new([watch(&certificates), watch(&routes)]);
    let mut put = |kind: &Kind, api_version: &str, name: &str| {
        let mut raw = Raw::default();
        (raw.api_version, raw.kind) = (api_version.into(), "Certificate".into());
        (raw.meta.name, raw.meta.namespace) = (name.into(), "default".into());
        raw.meta.uid = format!("{name}-uid");
        objects.apply(&kind.id(), raw);
    };
    put(&certificates, "cert-manager.io/v1", "web");
    put(&routes, "gateway.networking.k8s.io/v1", "route");
    let found = |label: &str, objects: &Objects| {
        let ObjectLookup { source, reference } =
            ObjectLookup::find(&label.into(), objects).unwrap();
        let texts = [reference.api_version, reference.kind, reference.uid];
        (source, texts.map(Option::unwrap_or_default))
    };
    assert_eq!(
        found("certificate/default/web", &objects),
        ("unstructured", ["cert-manager.io/v1", "Certificate", "web-uid"].map(str::to_owned))
    );
    assert!(ObjectLookup::find(&"certificate/default/gone".into(), &objects).is_none());
    let route = |version: &str, uid: &str| {
        let version = format!("gateway.networking.k8s.io/{version}");
        ("gateway-httproute", [version, "HTTPRoute".into(), uid.to_owned()])
    };
    assert_eq!(found("httproute/default/route", &objects), route("v1", "route-uid"));
    assert_eq!(found("httproute/default/gone", &objects), route("v1", ""));
    objects.set_version(&routes.id(), "v1beta1");
    assert_eq!(found("httproute/default/route", &objects), route("v1beta1", "route-uid"));
}

#[test]
fn what_a_person_had_done_is_told_on_what_stands_for_the_controller() {
    let mut world = World::new();
    let hash = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let approval = OperatorAction::Approval { by: "jane", hash: &hash };
    world.recorder.tell_of(&approval, 7);
    assert!(world.sent.try_recv().is_err(), "there is nothing to tell it on");
    world.recorder.stand_for(ObjectReference {
        kind: Some("ConfigMap".to_owned()),
        namespace: Some("dns".to_owned()),
        name: Some("signpost-state".to_owned()),
        ..ObjectReference::default()
    });
    world.recorder.tell_of(&approval, 7);
    world.recorder.tell_of(&OperatorAction::Sync { by: "the annotation\u{1b}[2J" }, 7);
    let told: Vec<_> = std::iter::from_fn(|| world.sent.try_recv().ok()).collect();
    let lines: Vec<_> = told
        .iter()
        .map(|event| {
            let (reason, note) = (event.reason.as_deref(), event.note.as_deref());
            let on = event.regarding.as_ref().and_then(|object| object.name.as_deref());
            (reason.unwrap(), on.unwrap(), note.unwrap().to_owned())
        })
        .collect();
    let [approval, sync] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((approval.0, approval.1), ("DeletionsApproved", "signpost-state"));
    assert_eq!(approval.2, format!("jane approved the held deletions `{hash}`"));
    assert_eq!((sync.0, sync.1), ("SyncAskedFor", "signpost-state"));
    assert!(!sync.2.contains('\u{1b}'), "{sync:?}");
    assert_ne!(told[0].metadata.name, told[1].metadata.name);
    assert!(told.iter().all(|event| event.metadata.namespace.as_deref() == Some("dns")));
}
