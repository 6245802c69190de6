//! The law of the sidecar, over random zones, neighbours, faults and restarts.
//!
//! Whatever happens: what has no ownership record of ours stays byte for byte as it is; what was
//! changed since the controller saw it stays as it is; what we create has its ownership record
//! beside it, in the same zone; and once the faults stop, everything that is not owned by another
//! client is as desired and stays so.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{Changes, Endpoint, Provider as _, RecordType, Update};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use route53_emulator::{Fault, FaultKind, Operation, ResourceRecordSet, Trigger};

use crate::harness::*;

const ZONES: [&str; 3] = ["example.com=ZPUB", "example.com:private=ZPRIV", "in.example.com=ZSUB"];
const IDS: [&str; 3] = ["ZPUB", "ZPRIV", "ZSUB"];
const OWNER: &str = "owner=c1";

#[derive(Clone, Debug)]
enum Step {
    /// The controller wants this address for a name; `None` for nothing.
    Want(u8, Option<u8>),
    /// Another client writes an address, or an alias, over whatever is there.
    Seize(usize, u8, u8),
    /// Another client removes the addresses of a name.
    Remove(usize, u8),
    /// The next calls fail in some way.
    Fail(u8),
    /// The sidecar is killed and started again.
    Restart,
    /// The controller reads, another client acts, and the controller writes what it planned.
    Sync(Option<(usize, u8, u8)>),
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0_u8..6;
    prop_oneof![
        3 => (name.clone(), proptest::option::weighted(0.8, 1_u8..4)).prop_map(|(n, a)| Step::Want(n, a)),
        1 => (0_usize..3, name.clone(), 1_u8..4).prop_map(|(z, n, a)| Step::Seize(z, n, a)),
        1 => (0_usize..3, name.clone()).prop_map(|(z, n)| Step::Remove(z, n)),
        2 => (0_u8..7).prop_map(Step::Fail),
        1 => Just(Step::Restart),
        4 => proptest::option::of((0_usize..3, name, 1_u8..4)).prop_map(Step::Sync),
    ]
}

fn name(index: u8) -> String {
    match index {
        0..3 => format!("n{index}.example.com"),
        _ => format!("n{index}.in.example.com"),
    }
}

type Zone = BTreeMap<(String, String), ResourceRecordSet>;

/// A controller in miniature, and the world that it acts on.
struct Case {
    world: World,
    desired: BTreeMap<String, Endpoint>,
}

impl Case {
    fn zone(&self, id: &str) -> Zone {
        let sets = self.world.emulator.record_sets(id);
        sets.into_iter()
            .map(|set| ((set.name.trim_end_matches('.').to_owned(), set.r#type.clone()), set))
            .collect()
    }

    fn all(&self) -> BTreeMap<&'static str, Zone> {
        IDS.into_iter().map(|id| (id, self.zone(id))).collect()
    }

    fn seize(&self, (zone, index, address): (usize, u8, u8)) {
        let address = format!("203.0.113.{address}");
        let set = ResourceRecordSet::new(&name(index), "A", 77, &[&address]);
        // Not every zone can have every name; another client is told so, as we would be.
        let _ = self.world.emulator.seed(IDS[zone], vec![set]);
    }

    fn remove(&self, zone: usize, index: u8) {
        if let Some(set) = self.zone(IDS[zone]).get(&(name(index), "A".to_owned())) {
            self.world.unseed(IDS[zone], set.clone());
        }
    }

    fn fail(&self, kind: u8) {
        let (kind, operation) = match kind {
            0 => (FaultKind::Throttle, None),
            1 => (FaultKind::PriorRequest, Some(Operation::ChangeResourceRecordSets)),
            2 => (FaultKind::Error(503), None),
            3 => (FaultKind::Reset, None),
            4 => (FaultKind::ResetAfter, Some(Operation::ChangeResourceRecordSets)),
            5 => (FaultKind::Unnamed, Some(Operation::ChangeResourceRecordSets)),
            _ => (FaultKind::Error(500), Some(Operation::ChangeResourceRecordSets)),
        };
        let mut fault = Fault::new(kind);
        fault.operation = operation;
        fault.trigger = Trigger::Next(1);
        self.world.emulator.set_faults(vec![fault]);
    }

    /// Plans as a controller does that owns what it has an ownership record on.
    fn plan(records: &[Endpoint], desired: &[Endpoint]) -> Changes {
        let owned: BTreeMap<_, _> = records
            .iter()
            .filter(|record| record.targets.first().is_some_and(|target| target.contains(OWNER)))
            .map(|record| (record.dns_name.to_string(), record.clone()))
            .collect();
        let addresses = records.iter().filter(|record| matches!(record.record_type, RecordType::A));
        let current: BTreeMap<_, _> =
            addresses.map(|address| (address.dns_name.to_string(), address)).collect();
        let mut changes = Changes::default();
        for want in desired {
            let ownership_record_name = format!("a-{}", want.dns_name);
            let new_ownership_record = ownership_record(want, "c1");
            match (current.get(want.dns_name.as_str()), owned.get(&ownership_record_name)) {
                (None, _) => changes.create.extend([want.clone(), new_ownership_record]),
                (Some(_), None) => {}
                (Some(have), Some(_)) => {
                    let same = have.targets == want.targets && have.properties == want.properties;
                    if !same {
                        let old_ownership_record = ownership_record(have, "c1");
                        changes.update.extend([
                            Update { old: (*have).clone(), new: want.clone() },
                            Update { old: old_ownership_record, new: new_ownership_record },
                        ]);
                    }
                }
            }
        }
        for (name, have) in current {
            let is_desired = desired.iter().any(|endpoint| endpoint.dns_name.as_str() == name);
            if !is_desired && let Some(ownership) = owned.get(&format!("a-{name}")) {
                let mut ownership = ownership.clone();
                ownership.labels = ownership_record(have, "c1").labels;
                changes.delete.extend([have.clone(), ownership]);
            }
        }
        changes
    }

    /// Reads, lets another client act, and writes; returns how many changes were planned.
    async fn sync(&self, meanwhile: Option<(usize, u8, u8)>) -> Option<usize> {
        let records = self.world.provider.records().await.ok()?;
        let wanted: Vec<_> = self.desired.values().cloned().collect();
        let adjusted = self.world.provider.adjust(wanted).await.ok()?;
        assert_eq!(adjusted.refused, []);
        let read = self.all();
        let changes = Self::plan(&records, &adjusted.endpoints);
        if let Some(seized) = meanwhile {
            self.seize(seized);
        }
        let before = self.all();
        let planned = changes.len();
        let applied = self.world.provider.apply(changes.clone()).await;
        let after = self.all();
        for id in IDS {
            Self::check(&changes, [&read[id], &before[id], &after[id]]);
        }
        applied.is_ok().then_some(planned)
    }

    fn check(changes: &Changes, [read, before, after]: [&Zone; 3]) {
        let is_owned = |zone: &Zone, (name, record_type): &(String, String)| {
            let of = |name: &str| zone.get(&(format!("a-{name}"), "TXT".to_owned()));
            record_type == "A" && of(name).is_some()
                || record_type == "TXT" && name.starts_with("a-")
        };
        let mentioned: BTreeSet<_> = changes
            .create
            .iter()
            .chain(&changes.delete)
            .chain(changes.update.iter().flat_map(|update| [&update.old, &update.new]))
            .map(|endpoint| {
                (endpoint.dns_name.to_string(), endpoint.record_type.as_str().to_owned())
            })
            .collect();
        for (key, set) in before {
            if !is_owned(before, key) || !mentioned.contains(key) {
                assert_eq!(after.get(key), Some(set), "not ours, or not mentioned: {key:?}");
            }
            if read.get(key) != Some(set) {
                assert_eq!(after.get(key), Some(set), "changed since it was read: {key:?}");
            }
        }
        for key in after.keys().filter(|key| !before.contains_key(*key)) {
            assert!(mentioned.contains(key), "{key:?} is not desired");
            assert!(is_owned(after, key), "a record without its ownership record: {key:?}");
        }
    }

    /// Tells whether every zone that a name goes to is as desired, or owned by another client.
    fn has_converged(&self) -> bool {
        self.desired.iter().all(|(name, want)| {
            let ids = if name.contains(".in.") { ["ZSUB", "ZPRIV"] } else { ["ZPUB", "ZPRIV"] };
            let zones = ids.map(|id| self.zone(id));
            let of = |zone: &Zone, name: &str, record_type: &str| {
                zone.get(&(name.to_owned(), record_type.to_owned())).cloned()
            };
            let values = |set: ResourceRecordSet| {
                let records = set.resource_records.unwrap_or_default();
                records.into_iter().map(|record| record.value).collect::<Vec<_>>()
            };
            // One copy of another client is enough for the controller to leave the name alone.
            let foreign = zones.iter().any(|zone| {
                of(zone, name, "A").is_some() && of(zone, &format!("a-{name}"), "TXT").is_none()
            });
            foreign
                || zones.iter().all(|zone| {
                    of(zone, name, "A").map(values)
                        == Some(want.targets.iter().map(str::to_owned).collect())
                })
        })
    }
}

async fn run(steps: Vec<Step>) {
    let world = World::new(&ZONES).await;
    let mut case = Case { world, desired: BTreeMap::new() };
    for step in steps {
        match step {
            Step::Want(index, Some(address)) => {
                let address = format!("192.0.2.{address}");
                case.desired.insert(name(index), a(&name(index), &address));
            }
            Step::Want(index, None) => {
                case.desired.remove(&name(index));
            }
            Step::Seize(zone, index, address) => case.seize((zone, index, address)),
            Step::Remove(zone, index) => case.remove(zone, index),
            Step::Fail(kind) => case.fail(kind),
            Step::Restart => case.world = case.world.restarted(crate::harness::config()),
            Step::Sync(meanwhile) => {
                case.sync(meanwhile).await;
            }
        }
    }
    case.world.emulator.set_faults(Vec::new());
    case.world = case.world.restarted(crate::harness::config());
    for _ in 0..8 {
        case.sync(None).await;
    }
    assert!(case.has_converged(), "{:#?} {:#?}", case.desired, case.all());
    let writes = case.world.writes();
    case.sync(None).await;
    assert_eq!(case.world.writes(), writes, "what has converged is left alone");
}

/// The same worlds in every run; `PROPTEST_RNG_SEED=…` looks at others.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(20_261_120),
        chosen @ RngSeed::Fixed(_) => chosen,
    };
    ProptestConfig { cases: 48, failure_persistence: None, rng_seed, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_foreign_is_touched_and_everything_converges(
        steps in proptest::collection::vec(step(), 1..24)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run(steps));
    }
}
