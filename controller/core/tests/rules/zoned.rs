//! Laws of a provider that tells record sets apart by their zone: each zone is right by itself, and
//! nothing that is not ours in a zone is changed there.

mod moves;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Inventory;
use controller_core::plan::{Action, Plan, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use controller_core::status::Reason;
use external_dns_webhook::memory::MemoryZones;
use external_dns_webhook::{
    CanonicalName, Changes, Endpoint, Provider, RecordType, Refusal, Ttl, Zone,
};
use proptest::prelude::*;

use crate::laws::config;
use crate::world::{With, memory, options, ownership_record, planner, record};

/// Everything of one name in several zones, as a provider holds it.
struct Horizons {
    provider: MemoryZones,
    zones: Vec<Zone>,
    /// What was known before, so that lost ownership records are written again.
    before: Option<Inventory>,
}

impl Horizons {
    fn new(zones: Vec<Zone>, records: Vec<Endpoint>) -> Self {
        let provider = MemoryZones::new(zones.clone());
        provider.hold(records);
        Self { provider, zones, before: None }
    }

    /// Says which zones can be used.
    fn serve(&mut self, usable: impl Fn(&str) -> bool) {
        for zone in &mut self.zones {
            zone.unavailable = (!usable(&zone.id)).then(|| "AccessDenied".to_owned());
        }
        self.provider.serve(self.zones.clone());
    }

    fn sync(&mut self, planner: &Planner, way: &TxtOptions, wanted: &[Endpoint]) -> (Plan, usize) {
        let registry = TxtRegistry::new(way.clone()).unwrap();
        let records = now(self.provider.records()).unwrap();
        let mut current = registry.read_zones(records, &self.zones);
        if let Some(before) = &self.before {
            current.recall(before, "me");
        }
        let desired = Desired { endpoints: wanted.to_vec(), ..Desired::default() };
        let desired = desired.adjusted(now(self.provider.adjust(wanted.to_vec())).unwrap());
        let mut plan = planner.plan(&memory(), &current, &desired, &Scope::All);
        let changes = registry.write(&current, &plan);
        let mut count = changes.len();
        assert!(changes.is_empty() == plan.is_empty(), "{plan}");
        let made = changes.create.clone();
        let refused = self.write(&mut current, changes);
        let then = registry.write(&current, &plan.then(&refused, &made));
        count += then.len();
        let refused = [refused, self.write(&mut current, then)].concat();
        plan.refuse(&refused);
        self.before = refused.is_empty().then_some(current);
        (plan, count)
    }

    /// Writes what the provider takes, and returns what it does not.
    fn write(&self, current: &mut Inventory, mut changes: Changes) -> Vec<Refusal> {
        let refused = now(self.provider.apply(changes.clone())).unwrap().refused;
        let is_denied = |refusal: &Refusal| refusal.code == "AccessDenied";
        assert!(refused.iter().all(is_denied), "{refused:#?} of {changes:#?}");
        let is_taken = |record: &Endpoint| !refused.iter().any(|refusal| refusal.is_about(record));
        changes.create.retain(is_taken);
        changes.update.retain(|update| is_taken(&update.new));
        changes.delete.retain(is_taken);
        current.apply(&changes);
        refused
    }

    /// Refuses every write in these zones from now on.
    fn seal(&self, zones: &[&str]) {
        self.provider.seal(zones.iter().map(|zone| (*zone).into()));
    }

    /// Returns whether a record set of ours or anyone's answers, by name and kind of question.
    fn answered(&self) -> BTreeSet<(CanonicalName, bool)> {
        let records = self.provider.dump().into_iter();
        let records = records
            .filter(|record| !record.targets.iter().any(|target| target.contains("heritage=")));
        records.map(|record| question(&record)).collect()
    }

    fn lines(&self) -> Vec<String> {
        let line = |record: &Endpoint| {
            let targets: Vec<_> = record.targets.iter().collect();
            format!("{} {}", record.key(), targets.join(" "))
        };
        self.provider.dump().iter().map(line).collect()
    }
}

/// Returns the name of a record set, and whether it answers where the name is.
fn question(record: &Endpoint) -> (CanonicalName, bool) {
    let is_text = record.record_type == RecordType::Txt;
    (record.dns_name.canonical().clone(), !is_text)
}

/// Returns what a provider in memory answers, which it does at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("memory does not wait"),
    }
}

fn zone(id: &str, name: &str, private: bool) -> Zone {
    Zone { id: id.to_owned(), name: name.into(), private, unavailable: None }
}

fn split_horizon() -> Vec<Zone> {
    vec![zone("Z1", "example.com", false), zone("Z2", "example.com", true)]
}

fn in_zone(mut record: Endpoint, zone: &str) -> Endpoint {
    record.zone = Some(zone.into());
    record.ttl = record.ttl.or(Ttl::from_seconds(300));
    record
}

fn told(plan: &Plan) -> Vec<(String, &'static str)> {
    let zone = |status: &controller_core::status::RecordStatus| {
        status.zone.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    plan.statuses.iter().map(|status| (zone(status), status.reason.code())).collect()
}

const PUBLIC: &str = "example.com (Z1, public)";
const PRIVATE: &str = "example.com (Z2, private)";

fn www(target: &str) -> Endpoint {
    record("www", "A", target).of("service/ns/www").ttl(300)
}

#[test]
fn a_record_that_someone_made_in_one_zone_stays_while_its_namesake_is_ours() {
    let by_hand = in_zone(record("www", "A", "10.0.0.9").ttl(60), "Z2");
    let ours =
        [in_zone(www("192.0.2.1"), "Z1"), in_zone(ownership_record("a-www", "me", ""), "Z1")];
    let mut zones = Horizons::new(split_horizon(), [ours.to_vec(), vec![by_hand.clone()]].concat());
    let (plan, _) = zones.sync(&planner(), &options(), &[www("192.0.2.2")]);
    let expected = [(PUBLIC.to_owned(), "Updated"), (PRIVATE.to_owned(), "ForeignOwner")];
    assert_eq!(told(&plan), expected);
    assert!(plan.to_string().contains(PRIVATE), "{plan}");
    assert!(zones.lines().contains(&"www.example.com A in Z1 192.0.2.2".to_owned()));
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.provider.dump(), [by_hand]);
}

#[test]
fn a_copy_that_is_missing_in_one_zone_is_made_with_its_ownership_record() {
    let mut zones = Horizons::new(split_horizon(), vec![]);
    zones.serve(|id| id == "Z1");
    let wanted = [www("192.0.2.1")];
    let (plan, count) = zones.sync(&planner(), &options(), &wanted);
    assert_eq!(count, 2);
    let expected = [(PUBLIC.to_owned(), "Created"), (PRIVATE.to_owned(), "ProviderRejected")];
    assert_eq!(told(&plan), expected);
    zones.serve(|_| true);
    assert_eq!(zones.sync(&planner(), &options(), &wanted).1, 2);
    assert_eq!(zones.sync(&planner(), &options(), &wanted).1, 0);
    // Someone deletes record and ownership record in one zone; both come back, and in the end all
    // go.
    let left =
        zones.provider.dump().into_iter().filter(|endpoint| endpoint.zone == Some("Z1".into()));
    zones.provider.hold(left.collect::<Vec<_>>());
    assert_eq!(zones.sync(&planner(), &options(), &[www("192.0.2.2")]).1, 3);
    assert_eq!(zones.provider.dump().len(), 4);
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.provider.dump(), []);
}

#[test]
fn another_routing_policy_in_one_zone_is_no_obstacle_in_another() {
    let weighted = record("www", "A", "10.0.0.1").set("h0").with("aws/weight", "1");
    let records = vec![
        in_zone(www("192.0.2.1"), "Z1"),
        in_zone(ownership_record("a-www", "me", "service/ns/www"), "Z1"),
        in_zone(weighted, "Z2"),
    ];
    let mut zones = Horizons::new(split_horizon(), records);
    let (plan, count) = zones.sync(&planner(), &options(), &[www("192.0.2.2")]);
    assert_eq!(count, 1);
    let expected = [(PUBLIC.to_owned(), "Updated"), (PRIVATE.to_owned(), "RoutingPolicyConflict")];
    assert_eq!(told(&plan), expected);
}

#[test]
fn two_objects_with_a_zone_each_have_the_name_in_their_zone() {
    let mut zones = Horizons::new(split_horizon(), vec![]);
    let wanted = [
        www("192.0.2.1").with("zone", "public"),
        record("www", "A", "10.0.0.1").of("service/ns/inside").with("zone", "private"),
    ];
    let (plan, _) = zones.sync(&planner(), &options(), &wanted);
    assert!(plan.steps().iter().all(|step| step.action == Action::Create), "{plan}");
    let lines = zones.lines();
    assert!(lines.contains(&"www.example.com A in Z1 192.0.2.1".to_owned()), "{lines:?}");
    assert!(lines.contains(&"www.example.com A in Z2 10.0.0.1".to_owned()), "{lines:?}");
    zones.sync(&planner(), &options(), &wanted[..1]);
    assert_eq!(zones.provider.dump().len(), 2);
}

#[test]
fn an_ownership_record_that_lost_its_record_set_in_one_zone_goes_there() {
    let copy = |zone| {
        [in_zone(www("192.0.2.1"), zone), in_zone(ownership_record("a-www", "me", ""), zone)]
    };
    let mut records: Vec<_> = [copy("Z1"), copy("Z2")].into_iter().flatten().collect();
    let by_hand = records.remove(2);
    let mut zones = Horizons::new(split_horizon(), records);
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.lines(), [""; 0]);
    // A copy in another zone that could hold the ownership record says nothing about it.
    zones.provider.hold(vec![by_hand, in_zone(ownership_record("a-www", "me", ""), "Z1")]);
    zones.sync(&planner(), &options(), &[]);
    let before = zones.lines();
    assert_eq!(before.len(), 1);
    let (plan, count) = zones.sync(&planner(), &options(), &[]);
    assert_eq!((count, zones.lines()), (0, before), "{plan}");
}

#[test]
fn an_ownership_record_stays_that_may_be_about_a_record_set_in_another_zone() {
    let apart = || vec![zone("Z1", "example.com", false), zone("Z2", "sub.example.com", false)];
    let ours = in_zone(ownership_record("a-sub", "me", "crd/default/a"), "Z1");
    let sub = in_zone(record("sub", "A", "192.0.2.1"), "Z2");
    let mut zones = Horizons::new(apart(), vec![ours.clone(), sub]);
    let whole = zones.lines();
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.lines(), whole);
    let mut zones = Horizons::new(apart(), vec![ours]);
    zones.serve(|zone| zone == "Z1");
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.lines().len(), 1, "what the other zone holds is not known");
    zones.serve(|_| true);
    zones.sync(&planner(), &options(), &[]);
    assert_eq!(zones.lines(), [""; 0]);
}

#[test]
fn copies_with_one_ownership_record_that_fits_only_the_parent_go_together_or_not_at_all() {
    let zones = vec![zone("Z1", "example.com", false), zone("Z2", "sub.example.com", true)];
    let sub = || record("sub", "A", "192.0.2.1").of("crd/default/a").ttl(300);
    let records = vec![
        in_zone(sub(), "Z1"),
        in_zone(ownership_record("a-sub", "me", "crd/default/a"), "Z1"),
        in_zone(sub(), "Z2"),
    ];
    let mut world = Horizons::new(zones, records.clone());
    let whole = world.lines();
    let (plan, _) = world.sync(&planner(), &options(), &[sub()]);
    assert!(told(&plan).iter().any(|(_, code)| *code == "ForeignOwner"), "{plan}");
    let (plan, count) = world.sync(&planner(), &options(), &[]);
    assert_eq!((count, world.lines()), (0, whole));
    let held: Vec<_> = plan.steps().iter().filter_map(|step| step.reason.as_ref()).collect();
    let zone = "sub.example.com (Z2, private)".to_owned();
    assert_eq!(held, [&Reason::UnownedCopy { zone }]);
    // The way out: it is taken over where it is desired, and goes with the rest.
    let adopting = Planner { adopt: ["sub.example.com".into()].into(), ..planner() };
    world.sync(&adopting, &options(), &[sub()]);
    world.sync(&planner(), &options(), &[]);
    assert_eq!(world.provider.dump(), []);
}

#[test]
fn a_record_stays_where_it_is_until_it_can_come_where_it_is_to_go() {
    let zones = vec![zone("Z1", "example.com", false), zone("Z2", "sub.example.com", false)];
    let app = || record("app.sub", "A", "192.0.2.1").of("service/ns/app").ttl(300);
    let delegation = in_zone(record("sub", "NS", "ns1.example.net"), "Z1");
    let mut world = Horizons::new(zones[..1].to_vec(), vec![delegation]);
    world.sync(&planner(), &options(), &[app()]);
    // A child zone has come, and cannot be used yet.
    world.zones = zones;
    world.serve(|id| id == "Z1");
    assert_eq!(world.sync(&planner(), &options(), &[app()]).1, 0);
    world.serve(|_| true);
    world.sync(&planner(), &options(), &[app()]);
    let ours = world.provider.dump().into_iter().filter(|held| held.record_type != RecordType::Ns);
    assert!(ours.into_iter().all(|endpoint| endpoint.zone == Some("Z2".into())));
}

fn names() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "www", "sub", "x.sub", "a-www"])
}

/// What an object wants; few values, so that they meet often.
fn wish() -> impl Strategy<Value = Endpoint> {
    let kinds = prop::sample::select(vec!["A", "A", "AAAA", "TXT"]);
    let sets = prop::sample::select(vec!["", "", "", "s1", "s2"]);
    let zones = prop::sample::select(vec!["", "", "", "public", "private", "Z1", "Z2,Z3"]);
    (names(), kinds, sets, zones, 1u8..4, 0u8..3).prop_map(
        |(name, kind, set, zone, target, object)| {
            let target = match kind {
                "A" => format!("192.0.2.{target}"),
                "AAAA" => format!("2001:db8::{target}"),
                _ => format!("\"text-{target}\""),
            };
            let wish = record(name, kind, &target).set(set).ttl(300);
            let wish = if set.is_empty() { wish } else { wish.with("aws/weight", "10") };
            let wish = if zone.is_empty() { wish } else { wish.with("zone", zone) };
            wish.of(&format!("service/ns/o{object}"))
        },
    )
}

fn wishes() -> impl Strategy<Value = Vec<Endpoint>> {
    prop::collection::vec(wish(), 0..6)
}

/// Up to four zones: public and private, parent and child.
fn some_zones() -> impl Strategy<Value = Vec<Zone>> {
    prop::sample::subsequence(four_zones(), 1..5)
}

fn four_zones() -> Vec<Zone> {
    vec![
        zone("Z1", "example.com", false),
        zone("Z2", "example.com", true),
        zone("Z3", "sub.example.com", false),
        zone("Z4", "sub.example.com", true),
    ]
}

/// What is in the zones without being ours, in any of them.
fn foreign() -> impl Strategy<Value = Vec<(Endpoint, &'static str)>> {
    let ownership_records =
        (names(), prop::sample::select(vec!["", "a-", "aaaa-"])).prop_map(|(name, kind)| {
            ownership_record(&format!("{kind}{name}"), "other", "service/x/y")
        });
    let wild = prop_oneof![3 => wish().boxed(), 1 => ownership_records.boxed()];
    prop::collection::vec((wild, prop::sample::select(vec!["Z1", "Z2", "Z3", "Z4"])), 0..7)
}

/// Puts those of `records` into the zones that a zone can hold together.
fn admitted(records: Vec<(Endpoint, &'static str)>, zones: &[Zone]) -> Vec<Endpoint> {
    let mut admitted: Vec<Endpoint> = Vec::new();
    for (mut record, id) in records {
        record.labels = external_dns_webhook::Labels::default();
        record.properties.remove("zone");
        let record = in_zone(record, id);
        let has_zone =
            zones.iter().any(|zone| zone.id == id && record.dns_name.is_within(&zone.name));
        let fits = admitted.iter().all(|there| {
            there.key() != record.key()
                && (there.dns_name != record.dns_name
                    || there.zone != record.zone
                    || there.record_type != record.record_type
                    || there.set_identifier.is_empty() == record.set_identifier.is_empty())
        });
        if has_zone && fits {
            admitted.push(record);
        }
    }
    admitted
}

/// Tells whether a record set is published as the plan says it is.
fn is_served(zones: &Horizons, plan: &Plan, wanted: &[Endpoint]) -> Result<(), TestCaseError> {
    let held: BTreeMap<_, _> =
        zones.provider.dump().into_iter().map(|record| (record.key(), record)).collect();
    let adjusted = now(zones.provider.adjust(wanted.to_vec())).unwrap();
    for wish in adjusted.endpoints.iter().filter(|wish| wish.zone.is_some()) {
        let about = plan.statuses.iter().filter(|status| {
            status.name == wish.dns_name
                && status.record_type.as_ref() == Some(&wish.record_type)
                && status.object.as_ref() == wish.labels.resource()
                && status.zone.as_ref().and_then(|zone| zone.id()) == wish.zone.as_ref()
        });
        let about: Vec<_> = about.collect();
        prop_assert!(!about.is_empty(), "nothing was said about {wish:?}");
        let is_done = Reason::is_well;
        let is_there = held.get(&wish.key()).is_some_and(|record| {
            // An object that asks for one record set twice gets one of the two.
            adjusted
                .endpoints
                .iter()
                .any(|wish| wish.key() == record.key() && wish.targets == record.targets)
        });
        let all_done = about.iter().all(|status| is_done(&status.reason));
        prop_assert!(!all_done || is_there, "{wish:?} is not there: {about:#?}");
    }
    Ok(())
}

fn is_untouched(zones: &Horizons, foreign: &[Endpoint]) -> Result<(), TestCaseError> {
    let held = zones.provider.dump();
    for record in foreign {
        prop_assert!(held.contains(record), "{record:?} was touched");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// Reviewed by planning all zones from the record sets of one.
    #[test]
    fn every_zone_is_as_desired_and_what_is_not_ours_in_it_stays(
        zones in some_zones(), foreign in foreign(), first in wishes(), then in wishes(),
        usable in prop::collection::vec(any::<bool>(), 4),
        lost in prop::collection::vec(any::<bool>(), 4),
        is_prefixed in any::<bool>(),
    ) {
        let way = if is_prefixed {
            TxtOptions { prefix: "txt.".into(), ..options() }
        } else {
            options()
        };
        let ids: Vec<_> = zones.iter().map(|zone| zone.id.clone()).collect();
        let foreign = admitted(foreign, &zones);
        let mut world = Horizons::new(zones, foreign.clone());
        let chosen = |list: &[bool], id: &str| {
            ids.iter().position(|other| other == id).is_some_and(|at| list[at])
        };
        // Some zones cannot be used at first.
        world.serve(|id| chosen(&usable, id));
        let (plan, _) = world.sync(&planner(), &way, &first);
        is_served(&world, &plan, &first)?;
        is_untouched(&world, &foreign)?;
        world.serve(|_| true);
        let (plan, _) = world.sync(&planner(), &way, &then);
        is_served(&world, &plan, &then)?;
        is_untouched(&world, &foreign)?;
        settle(&mut world, &way, &then);
        let (plan, count) = world.sync(&planner(), &way, &then);
        prop_assert_eq!(count, 0, "{}", plan);
        // Zones lose by hand what is ours; the next sync makes them whole.
        let left = world.provider.dump().into_iter().filter(|record| {
            foreign.contains(record)
                || !record.zone.as_ref().is_some_and(|zone| chosen(&lost, zone.as_str()))
        });
        world.provider.hold(left.collect::<Vec<_>>());
        let (plan, _) = world.sync(&planner(), &way, &then);
        is_served(&world, &plan, &then)?;
        settle(&mut world, &way, &then);
        let (plan, count) = world.sync(&planner(), &way, &then);
        prop_assert_eq!(count, 0, "{}", plan);
        is_served(&world, &plan, &then)?;
        is_untouched(&world, &foreign)?;
        // With all objects gone exactly the foreign record sets remain.
        let (plan, _) = world.sync(&planner(), &way, &[]);
        let is_held = plan.statuses.iter().any(|status| {
            matches!(status.reason, Reason::UnownedCopy { .. })
        });
        let mut remaining = world.provider.dump();
        let mut expected = foreign.clone();
        remaining.sort_by_key(Endpoint::key);
        expected.sort_by_key(Endpoint::key);
        if !is_held {
            prop_assert_eq!(remaining, expected);
        }
    }
}

/// Syncs until what was in the way of an ownership record has gone.
fn settle(world: &mut Horizons, way: &TxtOptions, wanted: &[Endpoint]) {
    for _ in 0..2 {
        world.sync(&planner(), way, wanted);
    }
}
