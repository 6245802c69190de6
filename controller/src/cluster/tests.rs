//! Laws of what is known and what is written, in whatever order watch and answers arrive.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use controller_core::status::{Reason, RecordStatus};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::store::{Changes, ObjectStore};
use controller_sources::crd::{Echoes, RecordStatuses, StatusWrite, statuses};
use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::{ObjectKey, Objects, Raw, Resource as _, Watch, kind};
use external_dns_webhook::{CanonicalName, ObjectRef};

/// Objects of the model, by name.
const NAMES: [&str; 2] = ["a", "b"];

#[derive(Clone, Debug)]
enum Step {
    /// A user makes the object, or changes its address.
    Edit(Index, u8),
    /// A user deletes the object.
    Delete(Index),
    /// The watch brings the next event.
    Watch,
    /// Statuses are told, and the API server decides on each.
    Tell,
    /// The answer to one of the writes arrives.
    Answer(Index),
    /// One of the answers is lost.
    LoseAnswer(Index),
    /// What is to be said of the names changes.
    Decide(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<Index>(), 1..4_u8).prop_map(|(at, address)| Step::Edit(at, address)),
        1 => any::<Index>().prop_map(Step::Delete),
        5 => Just(Step::Watch),
        4 => Just(Step::Tell),
        4 => any::<Index>().prop_map(Step::Answer),
        1 => any::<Index>().prop_map(Step::LoseAnswer),
        1 => any::<bool>().prop_map(Step::Decide),
    ]
}

/// An API server, what is on its way from it, and what a controller knows of it.
struct World {
    objects: BTreeMap<&'static str, Value>,
    revision: u64,
    events: VecDeque<(&'static str, Option<Value>)>,
    answers: Vec<(StatusWrite, String)>,
    decided: bool,
    /// What the store has to have: what the watch has brought, and nothing else.
    brought: BTreeMap<&'static str, Value>,
    store: ObjectStore,
    echoes: Echoes,
    /// Each state and status that was written: none is written twice.
    taken: BTreeSet<String>,
}

/// Every name of every object has this reason.
struct Same(Reason);

impl RecordStatuses for Same {
    fn is_elsewhere(&self, _: &CanonicalName) -> bool {
        false
    }

    fn writes(&self, _: &CanonicalName) -> bool {
        true
    }

    fn of_name(&self, name: &CanonicalName) -> Vec<RecordStatus> {
        let object = |object: &str| format!("crd/default/{object}");
        let each = NAMES.iter().filter(|object| name.starts_with(**object));
        each.map(|text| RecordStatus::on_name(name, object(text), self.0.clone())).collect()
    }

    fn of_object(&self, _object: &ObjectRef) -> Vec<RecordStatus> {
        Vec::new()
    }
}

impl World {
    fn new() -> Self {
        let watch = Watch {
            kind: kind(&DnsEndpoint::ID).unwrap().clone(),
            namespaces: BTreeSet::new(),
            label_selector: String::new(),
            keep_raw: false,
            sources: BTreeSet::new(),
            is_optional: false,
        };
        Self {
            objects: BTreeMap::new(),
            revision: 0,
            events: VecDeque::new(),
            answers: Vec::new(),
            decided: true,
            brought: BTreeMap::new(),
            store: ObjectStore::new(Objects::new([watch])),
            echoes: Echoes::default(),
            taken: BTreeSet::new(),
        }
    }

    fn put(&mut self, name: &'static str, mut object: Value) {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.objects.insert(name, object.clone());
        self.events.push_back((name, Some(object)));
    }

    fn edit(&mut self, name: &'static str, address: u8) {
        let object = self.objects.get(name).cloned().unwrap_or_else(|| {
            json!({
                "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
                "metadata": {"name": name, "namespace": "default", "generation": 0},
            })
        });
        let mut edited = object.clone();
        edited["spec"] = json!({"endpoints": [{"dnsName": format!("{name}.example.com"),
            "recordType": "A", "targets": [format!("192.0.2.{address}")]}]});
        if edited == object {
            return;
        }
        let generation = object["metadata"]["generation"].as_i64().unwrap();
        edited["metadata"]["generation"] = json!(generation + 1);
        self.put(name, edited);
    }

    fn delete(&mut self, name: &'static str) {
        if self.objects.remove(name).is_some() {
            self.revision += 1;
            self.events.push_back((name, None));
        }
    }

    fn watch(&mut self) {
        let Some((name, object)) = self.events.pop_front() else { return };
        if let Some(object) = object {
            let raw = Raw::from_value(object.clone()).unwrap();
            self.store.apply(&DnsEndpoint::ID, raw);
            self.brought.insert(name, object);
        } else {
            let (kind, namespace) = (DnsEndpoint::ID, "default".to_owned());
            self.store.delete(&ObjectKey { kind, namespace, name: name.to_owned() });
            self.brought.remove(name);
        }
    }

    /// Tells what there is to tell; returns how many writes that took.
    fn tell(&mut self) -> Result<usize, TestCaseError> {
        let reason = if self.decided { Reason::UpToDate } else { Reason::NoZone };
        let record_statuses = Same(reason);
        let writes = {
            let objects = self.store.read();
            self.echoes.forget_read(&objects);
            statuses(&objects, &self.echoes, None, &record_statuses, &[], "now")
        };
        let count = writes.len();
        for write in writes {
            let name = NAMES.into_iter().find(|name| *name == write.key.name).unwrap();
            let current = self.objects.get(name).cloned();
            let Some(mut object) = current else { continue };
            if object["metadata"]["resourceVersion"] != json!(write.over) {
                continue;
            }
            let said = serde_json::to_string(&write.status).unwrap();
            let is_new = self.taken.insert(format!("{} over {}", said, write.over));
            prop_assert!(is_new, "{} was written twice over {}", said, write.over);
            object["status"] = serde_json::to_value(&write.status).unwrap();
            self.put(name, object);
            self.answers.push((write, self.revision.to_string()));
        }
        Ok(count)
    }

    fn answer(&mut self, at: Index) {
        if !self.answers.is_empty() {
            let (write, revision) = self.answers.remove(at.index(self.answers.len()));
            self.echoes.written(write, revision);
        }
    }

    fn lose_answer(&mut self, at: Index) {
        if !self.answers.is_empty() {
            self.answers.remove(at.index(self.answers.len()));
        }
    }

    /// Checks that the store has what the watch has brought, to the letter.
    fn check(&self) -> Result<(), TestCaseError> {
        let objects = self.store.read();
        prop_assert_eq!(objects.count(&DnsEndpoint::ID), self.brought.len());
        for (name, object) in &self.brought {
            let known = objects.get::<DnsEndpoint>("default", name);
            let known = known.ok_or_else(|| TestCaseError::fail(format!("`{name}` is missing")))?;
            let mut brought: DnsEndpoint = serde_json::from_value(object.clone()).unwrap();
            brought.meta = Raw::from_value(object.clone()).unwrap().meta;
            prop_assert_eq!(known, &brought);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn only_the_watch_says_what_there_is_and_each_status_is_written_once(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Edit(at, address) => world.edit(NAMES[at.index(NAMES.len())], address),
                Step::Delete(at) => world.delete(NAMES[at.index(NAMES.len())]),
                Step::Watch => world.watch(),
                Step::Tell => drop(world.tell()?),
                Step::Answer(at) => world.answer(at),
                Step::LoseAnswer(at) => world.lose_answer(at),
                Step::Decide(decided) => world.decided = decided,
            }
            world.check()?;
        }
        // When all has arrived and nothing else happens, what is to be said is soon said for good.
        for _ in 0..3 {
            while !world.events.is_empty() {
                world.watch();
            }
            world.check()?;
            world.tell()?;
        }
        while !world.events.is_empty() {
            world.watch();
        }
        prop_assert_eq!(world.tell()?, 0);
        for (name, object) in &world.objects {
            let state = &object["status"]["endpoints"][0]["state"];
            let expected = if world.decided { "Programmed" } else { "Pending" };
            prop_assert_eq!(state, expected, "{}", name);
        }
    }

    #[test]
    fn what_we_wrote_ourselves_is_no_news(addresses in prop::collection::vec(1..9_u8, 1..5)) {
        let mut world = World::new();
        for address in addresses {
            world.edit("a", address);
            while !world.events.is_empty() {
                world.watch();
            }
            world.store.take_changes();
            let woken = world.store.subscribe();
            world.tell()?;
            while !world.events.is_empty() {
                world.watch();
            }
            prop_assert_eq!(world.store.take_changes(), Changes::default());
            prop_assert!(!woken.has_changed().unwrap());
            world.check()?;
        }
    }
}

#[test]
fn a_status_that_must_change_again_is_written_before_the_first_has_come_back() {
    let mut world = World::new();
    world.edit("a", 1);
    world.watch();
    world.decided = false;
    assert_eq!(world.tell().unwrap(), 1);
    let (write, revision) = world.answers.remove(0);
    world.echoes.written(write, revision);
    assert_eq!(world.tell().unwrap(), 0, "it is on its way");
    world.decided = true;
    assert_eq!(world.tell().unwrap(), 1);
    assert_eq!(world.objects["a"]["status"]["endpoints"][0]["state"], "Programmed");
}

#[tokio::test]
async fn nothing_of_a_kubeconfig_that_cannot_be_read_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    for text in [
        "users: [{name: u, user: {token: KUBESEKRIT, x: [}}]",
        "users:\n- name: u\n  user:\n    token: KUBESEKRIT\n\tclient-key-data: KUBESEKRIT\n",
        "users: [{name: u, user: {token: [KUBESEKRIT]}}]",
        "users: KUBESEKRIT",
        "clusters: [{name: c, cluster: {server: \"http://u:KUBESEKRIT@127.0.0.1:1\"}}]\nusers: {",
    ] {
        std::fs::write(&path, text).unwrap();
        let kubeconfig = path.display().to_string();
        let access = super::Access { kubeconfig, ..super::Access::default() };
        let error = super::client(&access).await.err().unwrap();
        let told = daemon::chain(&error);
        assert!(told.contains("cannot be used: it is no kubeconfig"), "{told}");
        assert!(!told.contains("KUBESEKRIT"), "{told}");
    }
}
