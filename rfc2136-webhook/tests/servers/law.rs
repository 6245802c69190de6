//! The law of every write: what is ours is as the controller wants it, its ownership record with it,
//! and what is another owner's is as they left it, in whatever order they write.

use std::collections::BTreeMap;

use external_dns_webhook::{Changes, Endpoint, Labels, RecordType, Update, ZoneId};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::harness::{Server, apply, listed, told};

/// How many names there are; few, so that both write the same.
const NAMES: u8 = 4;

/// One of the writers does something.
#[derive(Clone, Debug)]
enum Step {
    /// The controller reads what there is.
    Look,
    /// The controller wants these names to have this value, or to be gone.
    Want(Vec<(u8, Option<u8>)>),
    /// Another owner sets a name to a value, or removes it.
    Foreign(u8, Option<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop::option::weighted(0.7, 0..4_u8);
    prop_oneof![
        2 => Just(Step::Look),
        3 => prop::collection::vec((0..NAMES, value.clone()), 1..4).prop_map(Step::Want),
        2 => (0..NAMES, value).prop_map(|(name, value)| Step::Foreign(name, value)),
    ]
}

fn record(name: u8, value: u8) -> Endpoint {
    let name = format!("host-{name}.example.com");
    let mut record = match value {
        3 => Endpoint::new(name, RecordType::Cname, ["target.example.net"]),
        _ => Endpoint::new(name, RecordType::A, [format!("192.0.2.{value}")]),
    };
    record.zone = Some(ZoneId::from("example.com"));
    record.ttl = external_dns_webhook::Ttl::from_seconds(60);
    record
}

fn ownership(name: u8) -> Endpoint {
    let text = "\"heritage=external-dns,external-dns/owner=me\"";
    let mut record = Endpoint::new(format!("own-host-{name}.example.com"), RecordType::Txt, [text]);
    record.labels =
        Labels::default().with(Labels::OWNED_RECORD, format!("host-{name}.example.com"));
    record.zone = Some(ZoneId::from("example.com"));
    record
}

/// What both sides know.
#[derive(Default)]
struct World {
    /// What the controller has seen, by name.
    seen: BTreeMap<u8, Endpoint>,
    /// Which of those have its ownership record.
    owned: BTreeMap<u8, Endpoint>,
}

impl World {
    fn look(&mut self, all: &[Endpoint]) {
        let find =
            |name: String| all.iter().find(|record| record.dns_name.as_str() == name).cloned();
        for name in 0..NAMES {
            let seen = find(format!("host-{name}.example.com"));
            let owned = find(format!("own-host-{name}.example.com"));
            self.seen.remove(&name);
            self.owned.remove(&name);
            self.seen.extend(seen.map(|seen| (name, seen)));
            self.owned.extend(owned.map(|owned| (name, owned)));
        }
    }

    /// Returns the changes that a controller sends: it touches only what it owns, or what is free.
    fn changes(&self, wanted: &[(u8, Option<u8>)]) -> Changes {
        let mut changes = Changes::default();
        let wanted: BTreeMap<u8, Option<u8>> = wanted.iter().copied().collect();
        for (name, value) in wanted {
            match (self.seen.get(&name), self.owned.get(&name), value) {
                (None, None, Some(value)) => {
                    changes.create.extend([record(name, value), ownership(name)]);
                }
                (Some(old), Some(owned), Some(value)) => {
                    let new = record(name, value);
                    if new.record_type == old.record_type {
                        changes.update.push(Update { old: old.clone(), new });
                        changes
                            .update
                            .push(Update { old: labelled(owned, name), new: ownership(name) });
                    } else {
                        changes.delete.extend([old.clone(), labelled(owned, name)]);
                        changes.create.extend([new, ownership(name)]);
                    }
                }
                (Some(old), Some(owned), None) => {
                    changes.delete.extend([old.clone(), labelled(owned, name)]);
                }
                // Another owner's, or half of ours, which a controller repairs by other means.
                _ => {}
            }
        }
        changes
    }
}

fn labelled(owned: &Endpoint, name: u8) -> Endpoint {
    Endpoint { labels: ownership(name).labels, ..owned.clone() }
}

fn foreign(name: u8, value: Option<u8>) -> Vec<String> {
    let name = format!("host-{name}.example.com");
    let mut lines = vec![format!("del {name}")];
    lines.extend(value.map(|value| match value {
        3 => format!("add {name} 60 CNAME foreign.example.net"),
        _ => format!("add {name} 60 A 198.51.100.{value}"),
    }));
    lines
}

#[tokio::test]
async fn beside_other_writers_nothing_is_trampled_and_records_live_with_their_ownership() {
    let mut runner = TestRunner::deterministic();
    for server in Server::all(&["example.com"]).await {
        server.nsupdate("example.com", &["add other.example.com 60 TXT \"mine\""]);
        let provider = server.provider();
        for _ in 0..6 {
            let steps =
                prop::collection::vec(step(), 4..14).new_tree(&mut runner).unwrap().current();
            let mut world = World::default();
            world.look(&listed(&provider).await);
            for step in &steps {
                let before = told(&listed(&server.provider()).await);
                match step {
                    Step::Look => world.look(&listed(&provider).await),
                    Step::Foreign(name, value) => {
                        let lines = foreign(*name, *value);
                        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
                        server.nsupdate("example.com", &lines);
                    }
                    Step::Want(wanted) => {
                        let changes = world.changes(wanted);
                        let refused = apply(&provider, changes.clone()).await.refused;
                        check(&server, &changes, &refused, &before, &steps).await;
                        // As a controller, whose next sync begins with a look.
                        world.look(&listed(&provider).await);
                    }
                }
            }
            let now = told(&listed(&server.provider()).await);
            assert!(now.contains(&"other.example.com TXT \"mine\" 60".to_owned()), "{now:?}");
        }
    }
}

/// What was not refused is there, ownership and all; everything else is as it was.
async fn check(
    server: &Server,
    changes: &Changes,
    refused: &[external_dns_webhook::Refusal],
    before: &[String],
    steps: &[Step],
) {
    let context = || format!("{:?} {changes:#?} {refused:#?} of {steps:?}", server.kind);
    let now = listed(&server.provider()).await;
    let is_refused =
        |name: &str| refused.iter().any(|refusal| name.ends_with(refusal.dns_name.as_str()));
    let mut expected: BTreeMap<String, String> =
        before.iter().map(|line| (key(line), line.clone())).collect();
    let kept = |endpoint: &&Endpoint| !is_refused(endpoint.dns_name.as_str());
    let gone = changes.delete.iter().chain(changes.update.iter().map(|update| &update.old));
    for endpoint in gone.filter(kept) {
        expected.remove(&key(&told(std::slice::from_ref(endpoint))[0]));
    }
    let come = changes.create.iter().chain(changes.update.iter().map(|update| &update.new));
    for endpoint in come.filter(kept) {
        let there = now.iter().find(|other| other.key() == endpoint.key());
        let there =
            there.unwrap_or_else(|| panic!("{:?} is missing: {}", endpoint.key(), context()));
        let line = told(std::slice::from_ref(there))[0].clone();
        assert!(
            endpoint.targets.answers_like(&there.targets, &endpoint.record_type),
            "{line}: {}",
            context()
        );
        expected.insert(key(&line), line);
    }
    let mut expected: Vec<_> = expected.into_values().collect();
    expected.sort();
    assert_eq!(told(&now), expected, "{}", context());
}

fn key(line: &str) -> String {
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}
