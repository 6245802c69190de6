//! What is written before everything was read: no more than a sync that knows everything would write,
//! and nothing goes by it.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, Scope, Unknown};
use controller_core::early::{self, ByName, Early};
use controller_core::name_sharing::NameSharing;
use controller_core::plan::Planner;
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use controller_core::status::Reason;
use external_dns_webhook::{Endpoint, RecordType};
use proptest::prelude::*;

use crate::laws::config;
use crate::ownership::{a, mine, theirs, with_prefix};
use crate::strangers::{foreign, heritage, ways, wishes};
use crate::world::{With as _, World, desired, full, memory, options, planner, record, zones};

/// Writes what can be written of `desired` by one who knows only the names that decide over it.
fn early(world: &mut World, planner: &Planner, way: &TxtOptions, desired: &Desired) -> Early {
    let registry = TxtRegistry::new(way.clone()).unwrap();
    let lookups = registry.lookup_names(&desired.endpoints, &planner.managed);
    let names: BTreeSet<_> = lookups.values().flatten().collect();
    let mut read = world.records.clone();
    read.retain(|record| names.contains(record.dns_name.canonical()));
    let inventory = registry.read(read, &zones());
    let known = ByName { inventory: &inventory, lookups: &lookups };
    let early = early::plan((planner, &memory()), &registry, known, desired);
    world.take(&early.changes);
    early
}

/// Returns what the zone answers, ownership records left out.
fn answers(world: &World) -> Vec<String> {
    let records = world.records.iter();
    let records = records.filter(|record| {
        record.record_type != RecordType::Txt
            || record.targets.iter().any(|target| target.starts_with("\"text-"))
    });
    World::new(records.cloned()).lines()
}

proptest! {
    #![proptest_config(config())]

    /// Reviewed by leaving out what an ownership record can mean for a host.
    #[test]
    fn what_is_written_early_is_what_one_who_knows_everything_would_write(
        strangers in foreign(), left in heritage(), is_left in any::<bool>(),
        first in wishes(), then in wishes(), way in ways(),
    ) {
        let mut world = if is_left { left } else { strangers };
        world.sync(&planner(), &way, &first);
        let (before, current) = (world.clone(), world.read(&way));
        let early = early(&mut world, &planner(), &way, &then);
        prop_assert!(early.changes.delete.is_empty(), "{:#?}", early.changes);
        let not_ours = current.records().filter(|held| held.owner() != Some("me"));
        for held in not_ours {
            prop_assert!(world.records.contains(held.endpoint), "{:?} was touched", held.endpoint);
        }
        let scope = Scope::Names(early.names.clone());
        let mut targeted = then.clone();
        targeted.only(&scope);
        let registry = TxtRegistry::new(way.clone()).unwrap();
        let plan = planner().plan(&memory(), &current, &targeted, &scope);
        let whole = registry.write(&current, &plan);
        let bare = |mut endpoint: Endpoint| {
            // What is sealed is sealed anew each time.
            if way.encrypt && endpoint.record_type == RecordType::Txt {
                endpoint.targets = ["sealed"].into_iter().collect();
            }
            endpoint
        };
        let created: Vec<_> = whole.create.into_iter().map(bare).collect();
        for new in early.changes.create {
            prop_assert!(created.contains(&bare(new.clone())), "{new:?} in {before:#?}: {created:#?}");
        }
        for update in early.changes.update {
            prop_assert!(whole.update.contains(&update), "{update:?} in {before:#?}");
        }
        for status in &early.plan.statuses {
            prop_assert!(plan.statuses.contains(status), "{status:?}");
        }
    }

    /// Reviewed by leaving out record sets of another type and of another identifier.
    #[test]
    fn a_full_sync_after_an_early_one_comes_to_the_same_as_one_alone(
        foreign in foreign(), first in wishes(), then in wishes(), way in ways(),
    ) {
        let mut alone = foreign;
        alone.sync(&planner(), &way, &first);
        let mut both = alone.clone();
        early(&mut both, &planner(), &way, &then);
        let mut is_told = false;
        for world in [&mut alone, &mut both] {
            for _ in 0..3 {
                let (plan, _) = world.sync(&planner(), &way, &then);
                is_told |= plan.statuses.iter().any(|status| matches!(
                    status.reason,
                    Reason::OwnershipRecordInTheWay | Reason::AmbiguousOwnershipRecord { .. }
                ));
            }
        }
        // Which of two look-alike names gets which ownership record name may depend on who came first.
        if !is_told {
            prop_assert_eq!(answers(&both), answers(&alone));
        }
    }
}

#[test]
fn a_new_name_and_a_changed_value_go_early_and_what_takes_something_away_waits() {
    let way = options();
    let old = |name: &str| record(name, "A", "192.0.2.1").of("service/ns/o1");
    let mut world = World::default();
    let two = record("two", "A", "192.0.2.1 192.0.2.2").of("service/ns/o1");
    let before = ["changed", "handed", "kind"].map(old).into_iter().chain([two]);
    world.sync(&planner(), &way, &desired(before));
    let wanted = desired([
        record("new", "A", "192.0.2.9").of("service/ns/o1"),
        record("changed", "A", "192.0.2.9").of("service/ns/o1"),
        record("handed", "A", "192.0.2.9").of("service/ns/o2"),
        record("kind", "CNAME", "www.example.net").of("service/ns/o1"),
        record("two", "A", "192.0.2.1").of("service/ns/o1"),
    ]);
    let early = early(&mut world, &planner(), &way, &wanted);
    assert_eq!(early.names, ["changed", "new"].map(full).map(Into::into).into());
    assert_eq!((early.changes.create.len(), early.changes.update.len()), (2, 1));
    assert!(early.plan.statuses.iter().all(|status| status.reason.is_well()));
}

#[test]
fn what_is_another_owners_or_nobodys_or_not_known_waits() {
    let way = with_prefix("txt.");
    let shop = || record("shop", "A", "192.0.2.9").of("service/ns/o1");
    let worlds = [
        vec![a("shop")],
        vec![a("shop"), theirs("txt.a-shop")],
        vec![theirs("txt.a-shop")],
        vec![theirs("txt.shop")],
        vec![record("shop", "CNAME", "www.example.net")],
        // It may as well be the old one on the host `a-shop`.
        vec![a("shop"), a("a-shop"), mine("txt.a-shop")],
        vec![a("shop"), mine("txt.a-shop"), mine("txt.a-a-shop")],
    ];
    for records in worlds {
        let mut world = World::new(records);
        let before = world.clone();
        let early = early(&mut world, &planner(), &way, &desired([shop()]));
        assert!(early.names.is_empty() && early.plan.steps().is_empty(), "{early:#?}");
        assert_eq!(world, before);
    }
    let mut gap = desired([shop()]);
    gap.unknown(Unknown::Name(full("shop").into()), Reason::AdjustDropped);
    assert!(early(&mut World::default(), &planner(), &way, &gap).changes.is_empty());
    let early = early(&mut World::default(), &planner(), &way, &desired([shop()]));
    assert_eq!(early.changes.create.len(), 2);
}

#[test]
fn few_names_decide_over_a_name() {
    let lookups = |way: TxtOptions, wish: Endpoint| {
        let registry = TxtRegistry::new(way).unwrap();
        registry
            .lookup_names(&[wish], &planner().managed)
            .remove(full("www").as_str())
            .unwrap()
            .len()
    };
    let www = |kind, target| record("www", kind, target);
    assert_eq!(lookups(options(), www("A", "192.0.2.1")), 7);
    assert_eq!(lookups(options(), www("CNAME", "www.example.net")), 7);
    assert_eq!(lookups(with_prefix("%{record_type}."), www("A", "192.0.2.1")), 3);
}

#[test]
fn what_leads_elsewhere_waits_until_what_is_below_it_was_read() {
    let types = ["A", "NS", "TXT"].map(RecordType::from);
    let planner = Planner { managed: types.into(), ..planner() };
    let cut = record("shop", "NS", "ns.example.net").of("service/b/x");
    for (sharing, made) in [(NameSharing::WithinNamespace, 0), (NameSharing::AcrossNamespaces, 1)] {
        let asked = Desired { sharing, ..desired([cut.clone()]) };
        let written = early(&mut World::default(), &planner, &options(), &asked);
        let cuts = written.changes.create.iter().filter(|new| new.record_type.as_str() == "NS");
        assert_eq!(cuts.count(), made, "{sharing:?}");
    }
}
