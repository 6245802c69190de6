//! Ownership records that share their TXT record set with values of others.

use controller_core::desired::Desired;
use controller_core::history::History;
use controller_core::plan::Planner;
use controller_core::registry::{TxtOptions, TxtRegistry};
use controller_core::status::Reason;
use external_dns_webhook::{CanonicalName, Endpoint, RecordType, Ttl};
use proptest::prelude::*;

use crate::laws::config;
use crate::ownership::{a, cname, mine, owners, theirs, with_prefix};
use crate::strangers::{names, ways, wishes};
use crate::world::{With, World, desired, full, options, ownership_record, planner, record};

const SPF: &str = "\"v=spf1 include:x -all\"";
const VERIFICATION: &str = "\"google-site-verification=abc\"";

/// Returns a TXT record set with more values than it has, and a TTL that nobody here would choose.
fn with_company(ownership_record: &Endpoint, before: &[&str], after: &[&str]) -> Endpoint {
    let ours = ownership_record.targets.iter();
    let targets = before.iter().copied().chain(ours).chain(after.iter().copied()).collect();
    Endpoint { targets, ttl: Ttl::from_seconds(86400), ..ownership_record.clone() }
}

fn by_hand(name: &str, values: &[&str]) -> Endpoint {
    let targets: external_dns_webhook::Targets = values.iter().copied().collect();
    Endpoint::new(full(name), RecordType::Txt, targets).ttl(86400)
}

#[test]
fn values_beside_an_ownership_record_stay_when_it_goes() {
    let places: [(&[&str], &[&str]); 3] =
        [(&[], &[SPF, VERIFICATION]), (&[SPF], &[VERIFICATION]), (&[SPF, VERIFICATION], &[])];
    for (before, after) in places {
        for place in ["o", "a-o"] {
            let mut world = World::new([a("o"), with_company(&mine(place), before, after)]);
            world.sync(&planner(), &options(), &Desired::default());
            assert_eq!(world, World::new([by_hand(place, &[SPF, VERIFICATION])]));
        }
    }
}

#[test]
fn values_beside_an_ownership_record_stay_when_it_moves_or_changes() {
    let whole = |owner| {
        with_company(&ownership_record("o", owner, "service/ns/o"), &[SPF], &[VERIFICATION])
    };
    let asked = || a("o").of("service/ns/o");
    let rest = || by_hand("o", &[SPF, VERIFICATION]);
    let normalise = Planner { normalise_ownership_records: true, ..planner() };
    let migrate = Planner { migrate_from: Some("old".into()), ..planner() };
    let aaaa = || record("o", "AAAA", "2001:db8::1").of("service/ns/o");
    let rows = [
        (normalise, "me", vec![a("o")], vec![asked()]),
        (migrate, "old", vec![a("o")], vec![asked()]),
        (planner(), "me", vec![a("o")], vec![a("o").of("service/ns/other")]),
        (planner(), "me", vec![], vec![asked()]),
        (planner(), "me", vec![], vec![aaaa()]),
        (planner(), "me", vec![a("o")], vec![asked(), aaaa()]),
    ];
    for (planner, owner, held, wishes) in rows {
        let mut world = World::new(held.into_iter().chain([whole(owner)]));
        let (plan, _) = world.sync(&planner, &options(), &desired(wishes.clone()));
        assert!(world.records.contains(&rest()), "{plan}{world:#?}");
        let (plan, changes) = world.sync(&planner, &options(), &desired(wishes));
        assert!(plan.is_empty() && changes.is_empty(), "{plan}");
        world.sync(&planner, &options(), &Desired::default());
        assert_eq!(world, World::new([rest()]));
    }
}

#[test]
fn an_ownership_record_in_company_changes_where_it_is() {
    let whole =
        |resource| with_company(&ownership_record("a-o", "me", resource), &[SPF], &[VERIFICATION]);
    let mut world = World::new([a("o"), whole("service/ns/o")]);
    world.sync(&planner(), &options(), &desired([a("o").of("service/ns/p")]));
    assert_eq!(world, World::new([a("o"), whole("service/ns/p")]));
}

#[test]
fn a_record_set_with_an_ownership_record_in_it_is_not_made_anything_else() {
    let whole = with_company(&mine("o"), &[], &[SPF]);
    for wish in [cname("o"), record("o", "TXT", "\"hello\"")] {
        let mut world = World::new([a("o"), whole.clone()]);
        let (plan, _) = world.sync(&planner(), &options(), &desired([wish, a("o")]));
        assert!(world.holds(&a("o")), "{plan}");
        let txt: Vec<_> =
            world.records.iter().filter(|record| record.dns_name == whole.dns_name).collect();
        assert!(txt.iter().any(|record| record.targets.iter().any(|value| value == SPF)), "{plan}");
    }
}

#[test]
fn a_text_record_of_ours_that_also_holds_an_ownership_record_waits() {
    let both = with_company(&mine("o"), &["\"text\""], &[]);
    let mut world = World::new([a("o"), both.clone(), mine("txt-o")]);
    let wish = [a("o"), record("o", "TXT", "\"other\"")];
    let (plan, _) = world.sync(&planner(), &options(), &desired(wish));
    assert!(world.records.contains(&both), "{plan}");
    assert!(
        plan.statuses.iter().any(|status| status.reason == Reason::OwnershipRecordInTheWay),
        "{plan}"
    );
}

#[test]
fn ownership_records_of_several_owners_in_one_record_set_are_each_their_own() {
    let (ours, others) = (mine("a-o"), theirs("a-o"));
    let targets = ours.targets.iter().chain(others.targets.iter());
    let both = Endpoint { targets: targets.collect(), ..ours.clone() };
    assert_eq!(owners(&options(), [a("o"), both.clone()]), ["o A them"]);
    let mut world = World::new([a("o"), both]);
    let before = world.clone();
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, before);
    // Only ours: all of it goes.
    let two = [
        ownership_record("a-o", "me", "service/ns/o"),
        ownership_record("a-o", "me", "service/ns/p"),
    ];
    let targets = two.iter().flat_map(|endpoint| endpoint.targets.iter());
    let both = Endpoint { targets: targets.collect(), ..ours };
    let mut world = World::new([a("o"), both]);
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn a_record_set_of_an_owner_that_leaves_keeps_the_values_of_others() {
    let whole = with_company(&mine("o"), &[SPF], &[VERIFICATION]);
    let registry = TxtRegistry::new(options()).unwrap();
    let mut world = World::new([a("o"), whole]);
    let changes = registry.disown(&world.read(&options()), &[full("o").into()]);
    world.take(&changes);
    assert_eq!(world, World::new([a("o"), by_hand("o", &[SPF, VERIFICATION])]));
}

#[test]
fn what_became_of_a_value_can_be_undone_and_is_known_without_another_read() {
    let whole = with_company(&mine("o"), &[SPF], &[VERIFICATION]);
    let mut world = World::new([a("o"), whole]);
    let before = world.clone();
    let mut current = world.read(&options());
    let (_, changes) = world.sync(&planner(), &options(), &Desired::default());
    current.apply(&changes);
    let held: Vec<_> = current.records().map(|held| held.endpoint.clone()).collect();
    assert_eq!(held, world.records);
    let mut history = History::default();
    let id = history.record(changes, 0, 1);
    let rollback = history.row(id).unwrap().rollback(&current);
    assert_eq!(rollback.skipped, []);
    world.take(&rollback.changes);
    assert_eq!(world.lines(), before.lines());
}

#[test]
fn a_set_identifier_keeps_the_company_of_an_ownership_record_apart() {
    let options = with_prefix("txt.");
    let routed = |endpoint: Endpoint| endpoint.set("s1").with("aws/weight", "10");
    let whole = routed(with_company(&mine("txt.a-o"), &[SPF], &[]));
    let mut world = World::new([routed(a("o")), whole]);
    world.sync(&planner(), &options, &Desired::default());
    assert_eq!(world, World::new([routed(by_hand("txt.a-o", &[SPF]))]));
}

/// TXT record sets that hold ownership records and other texts in any order, and addresses.
fn shared() -> impl Strategy<Value = World> {
    let owners = prop::sample::select(vec!["me", "me", "other"]);
    let text = (owners, 0u8..3).prop_map(|(owner, object)| {
        let text = ownership_record("x", owner, &format!("service/ns/o{object}"));
        text.targets.iter().collect::<String>()
    });
    let foreign = prop::sample::select(vec![SPF, VERIFICATION]).prop_map(str::to_owned);
    let values = prop::collection::btree_set(prop_oneof![text, foreign], 1..4);
    let values = values.prop_map(|value| value.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let forms = prop::sample::select(vec!["", "a-", "aaaa-", "cname-", "txt.", "txt.a-"]);
    let sets = prop::collection::vec((names(), forms, values, any::<bool>()), 1..5);
    sets.prop_map(|sets| {
        let mut world = World::default();
        for (name, form, values, with_address) in sets {
            let name = format!("{form}{name}");
            if name.ends_with(['.', '-']) || name.split('.').any(|label| label.len() > 63) {
                continue;
            }
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let text = by_hand(&name, &values);
            let address = a(name.trim_start_matches(form));
            for new in [Some(text), Some(address).filter(|_| with_address)].into_iter().flatten() {
                if world.records.iter().all(|record| record.key() != new.key()) {
                    world.records.push(new);
                }
            }
        }
        world
    })
}

/// Returns every value of a TXT record set that is not ours, with where it is and its TTL.
fn foreign_values(world: &World) -> Vec<(CanonicalName, Option<Ttl>, String)> {
    let texts = world.records.iter().filter(|record| record.record_type == RecordType::Txt);
    let values = texts.flat_map(|text| {
        let foreign = text.targets.iter().filter(|value| !value.contains("owner=me"));
        foreign.map(|value| (text.dns_name.canonical().clone(), text.ttl, value.to_owned()))
    });
    values.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..config() })]

    /// Reviewed by deleting the whole record set in `Edits::write`.
    #[test]
    fn whatever_becomes_of_ownership_records_every_other_value_stays(
        mut world in shared(), first in wishes(), then in wishes(), way in ways(),
        normalise in any::<bool>(),
    ) {
        let way = TxtOptions { encrypt: false, key: None, ..way };
        let planner = Planner { normalise_ownership_records: normalise, ..planner() };
        let before = foreign_values(&world);
        for desired in [&first, &then, &Desired::default(), &then, &Desired::default()] {
            let (plan, _) = world.sync(&planner, &way, desired);
            let after = foreign_values(&world);
            for value in &before {
                prop_assert!(after.contains(value), "{value:?} is lost\n{plan}\n{world:#?}");
            }
        }
    }
}
