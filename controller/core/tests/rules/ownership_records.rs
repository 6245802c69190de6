//! Zones in which others took the names that our ownership records would have.

use controller_core::desired::{Desired, Scope};
use controller_core::plan::{Action, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use controller_core::status::{Reason, Verb};
use external_dns_webhook::{Changes, Endpoint, Labels, RecordType};
use proptest::prelude::*;

use crate::laws::config;
use crate::strangers::{foreign, ways, wishes};
use crate::world::{
    With, World, desired, memory, options, ownership_record, planner, record, zones,
};

/// How many names one record set's ownership record can have at most; see `place.rs`.
const NAMES: usize = 6;

fn planned(world: &World, planner: &Planner, way: &TxtOptions, desired: &Desired) -> Changes {
    let registry = TxtRegistry::new(way.clone()).unwrap();
    let current = registry.read(world.records.clone(), &zones());
    let plan = planner.plan(&memory(), &current, desired, &Scope::All);
    registry.write(&current, &plan)
}

/// Returns the record set that an ownership record travels with; `None` for a record set.
fn about(endpoint: &Endpoint) -> Option<String> {
    endpoint.labels.get(Labels::OWNED_RECORD).map(str::to_lowercase)
}

/// Has others take the names of the ownership records that would be made, as often as ownership
/// records move on.
fn occupy(
    world: &mut World,
    planner: &Planner,
    way: &TxtOptions,
    desired: &Desired,
    takes: impl Fn(&Endpoint) -> bool,
) {
    for _ in 0..NAMES {
        let ownership_records = planned(world, planner, way, desired).create;
        for ownership_record in ownership_records
            .iter()
            .filter(|ownership_record| about(ownership_record).is_some() && takes(ownership_record))
        {
            let name = ownership_record.dns_name.as_str();
            let mut taken = Endpoint::new(name, RecordType::Txt, ["\"taken\""]);
            taken.ttl = external_dns_webhook::Ttl::from_seconds(300);
            world.records.push(taken);
        }
    }
}

#[test]
fn a_record_set_without_a_name_for_its_ownership_record_is_not_made_and_says_so() {
    let mut world = World::default();
    let wanted = desired([record("www", "A", "192.0.2.1").of("service/ns/www")]);
    occupy(&mut world, &planner(), &options(), &wanted, |_| true);
    assert_eq!(world.records.len(), NAMES);
    let (plan, changes) = world.sync(&planner(), &options(), &wanted);
    assert!(changes.is_empty());
    assert!(plan.is_empty());
    let told: Vec<_> = plan.statuses.iter().map(|status| &status.reason).collect();
    assert_eq!(told, [&Reason::OwnershipRecordImpossible]);
    let held: Vec<_> = plan.steps().iter().map(|step| step.action).collect();
    assert_eq!(held, [Action::Hold]);
}

#[test]
fn what_it_would_have_replaced_goes_on_answering() {
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([record("www", "A", "192.0.2.1").of("o")]));
    let before = world.clone();
    let cname = desired([record("www", "CNAME", "t.example.net").of("o")]);
    occupy(&mut world, &planner(), &options(), &cname, |_| true);
    let (plan, changes) = world.sync(&planner(), &options(), &cname);
    assert!(changes.is_empty(), "{changes:#?}");
    for record in &before.records {
        assert!(world.records.contains(record));
    }
    assert!(
        plan.statuses.iter().any(|status| status.reason == Reason::OwnershipRecordImpossible),
        "{plan}"
    );
}

#[test]
fn other_names_are_published_in_the_same_sync() {
    let mut world = World::default();
    let www = record("www", "A", "192.0.2.1").of("o");
    let wanted = desired([www.clone(), record("app", "A", "192.0.2.2").of("o")]);
    let of_www = |endpoint: &Endpoint| about(endpoint).is_some_and(|name| name.starts_with("www"));
    occupy(&mut world, &planner(), &options(), &wanted, of_www);
    let (_, changes) = world.sync(&planner(), &options(), &wanted);
    assert_eq!(changes.create.len(), 2, "the record set and its ownership record");
    assert!(world.holds(&record("app", "A", "192.0.2.2")));
    assert!(!world.holds(&www));
}

#[test]
fn a_record_set_that_cannot_be_owned_is_not_taken_over() {
    // The ownership record that is there is of the old form and someone else's, so it cannot become
    // ours.
    let record = record("www", "A", "192.0.2.1");
    let mut world = World::new([record.clone().ttl(300), ownership_record("www", "them", "")]);
    let planner = Planner { migrate_from: Some("them".into()), ..planner() };
    let wanted = desired([record.of("o")]);
    occupy(&mut world, &planner, &options(), &wanted, |_| true);
    let (plan, changes) = world.sync(&planner, &options(), &wanted);
    assert!(changes.is_empty(), "{changes:#?}");
    let told: Vec<_> = plan.statuses.iter().map(|status| &status.reason).collect();
    assert_eq!(
        told,
        [&Reason::OwnershipRecordImpossible],
        "it is not said to be owned, sync after sync"
    );
}

#[test]
fn a_record_set_of_ours_is_kept_up_to_date_although_its_ownership_record_cannot_be() {
    // Ours, by an ownership record of the old form that names another object.
    let old = record("www", "A", "192.0.2.1").ttl(300);
    let mut world = World::new([old, ownership_record("www", "me", "service/ns/before")]);
    let wanted = desired([record("www", "A", "192.0.2.2").of("service/ns/now")]);
    occupy(&mut world, &planner(), &options(), &wanted, |_| true);
    let (plan, changes) = world.sync(&planner(), &options(), &wanted);
    assert!(world.holds(&record("www", "A", "192.0.2.2")), "{plan}");
    assert_eq!(changes.len(), 1, "{changes:#?}");
    let (plan, changes) = world.sync(&planner(), &options(), &wanted);
    assert!(changes.is_empty());
    let told: Vec<_> = plan.statuses.iter().map(|status| &status.reason).collect();
    assert_eq!(
        told,
        [&Reason::OwnershipRecordImpossible],
        "what is still to be done, and why it is not"
    );
}

proptest! {
    // Each case is planned a dozen times.
    #![proptest_config(ProptestConfig { cases: 500, ..config() })]

    /// Reviewed by leaving out the obstacle of an impossible ownership record: record sets are then
    /// promised that are not made.
    #[test]
    fn no_record_set_is_made_or_promised_without_its_ownership_record(
        mut world in foreign(), first in wishes(), then in wishes(), way in ways(), seed in any::<u64>(),
    ) {
        world.sync(&planner(), &way, &first);
        let takes = |endpoint: &Endpoint| {
            let name = endpoint.dns_name.as_str().bytes();
            name.fold(seed, |sum, name| sum.wrapping_mul(31) ^ u64::from(name)) % 3 != 0
        };
        occupy(&mut world, &planner(), &way, &then, takes);
        let (plan, changes) = world.sync(&planner(), &way, &then);
        let owned: Vec<_> = changes.create.iter()
            .chain(changes.update.iter().map(|update| &update.new)).filter_map(about).collect();
        let current = world.read(&way);
        for made in changes.create.iter().filter(|endpoint| about(endpoint).is_none()) {
            let name = made.dns_name.canonical().clone();
            let record = current.at(&name).into_iter().find(|record| record.endpoint.key() == made.key());
            let owner = record.and_then(|record| record.owner().map(str::to_owned));
            prop_assert_eq!(owner.as_deref(), Some("me"), "{:?} of {:?}", made, owned);
        }
        for wish in &then.endpoints {
            let of = |endpoint: &Endpoint| {
                (endpoint.dns_name.clone(), endpoint.record_type.clone(), endpoint.labels.resource().cloned())
            };
            let told: Vec<_> = plan.statuses.iter().filter(|status| {
                let about = (status.name.clone(), status.record_type.clone().unwrap_or_default(), status.object.clone());
                about == of(wish) && status.reason != Reason::Deleted
            }).collect();
            let asked = then.endpoints.iter().filter(|endpoint| of(endpoint) == of(wish)).count();
            prop_assert!((1..=asked).contains(&told.len()), "{wish:?} is told {told:#?}");
            let promised = |value: &&controller_core::status::RecordStatus| {
                matches!(value.reason, Reason::Created | Reason::Updated { verb: Verb::Replace })
            };
            if asked == 1 && told.iter().any(promised) {
                prop_assert!(world.holds(wish), "{wish:?} was promised: {told:#?}");
            }
        }
        let before = world.clone();
        world.sync(&planner(), &way, &then);
        let (plan, changes) = world.sync(&planner(), &way, &then);
        prop_assert!(plan.is_empty() && changes.is_empty(), "{plan}\n{before:#?}");
    }
}
