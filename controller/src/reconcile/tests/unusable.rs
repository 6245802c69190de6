//! Zones that cannot be used while others can.

use controller_core::zone::ZoneInfo;
use external_dns_webhook::Elsewhere;
use external_dns_webhook::memory::MemoryZones;

use super::*;

fn zones(private_is_unavailable: bool) -> Vec<Zone> {
    let zone = |id: &str, private: bool| Zone {
        id: id.to_owned(),
        name: "example.com".into(),
        private,
        unavailable: (private && private_is_unavailable).then(|| "no answer".to_owned()),
    };
    vec![zone("Z1", false), zone("Z2", true)]
}

#[tokio::test]
async fn the_only_zone_that_holds_something_may_get_out_of_use_and_the_others_go_on() {
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let provider = MemoryZones::new(zones(false));
    let mut reconciler = Reconciler::new(
        provider,
        SyncConfig::new(registry, planner, Writing::Yes),
        State::nowhere(),
    );
    let mut private = web();
    for endpoint in &mut private.desired.endpoints {
        endpoint.properties.set("zone", "private");
    }
    for _ in 0..2 {
        reconciler.full(&private, 0).await.unwrap();
    }
    reconciler.provider.serve(zones(true));
    reconciler.full(&web(), 0).await.unwrap();
    let held = reconciler.provider.dump();
    let held: Vec<_> =
        held.iter().filter_map(|record| Some(record.zone.as_ref()?.as_str())).collect();
    assert_eq!(held, ["Z1", "Z2"], "what cannot be seen stays, and the rest goes on");
    let seen = reconciler.last_known.read();
    let told: Vec<_> = unusable(&seen.inventory).into_iter().map(|zone| zone.reason).collect();
    assert_eq!(told, ["no answer"]);
}

#[tokio::test]
async fn what_a_zone_held_stays_known_with_its_age_and_is_not_planned_with() {
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let provider = MemoryZones::new(zones(false));
    let mut reconciler = Reconciler::new(
        provider,
        SyncConfig::new(registry, planner, Writing::Yes),
        State::nowhere(),
    );
    let mut private = web();
    for endpoint in &mut private.desired.endpoints {
        endpoint.properties.set("zone", "private");
    }
    for now in [10, 20] {
        reconciler.full(&private, now).await.unwrap();
    }
    let name = private.desired.endpoints[0].dns_name.canonical().clone();
    assert_eq!(reconciler.last_known.read().at_name(&name).len(), 1);
    reconciler.provider.serve(zones(true));
    for now in [30, 40] {
        reconciler.forget();
        reconciler.full(&FixedDesired::default(), now).await.unwrap();
        let seen = reconciler.last_known.read();
        assert!(seen.inventory.at(&name).is_empty(), "a plan is made without it");
        let shown = seen.at_name(&name);
        assert_eq!(shown.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [Some(20)]);
        assert!(!seen.may_hide(&name, None), "all that could be there is known");
    }
    reconciler.provider.serve(zones(false));
    reconciler.forget();
    reconciler.full(&private, 50).await.unwrap();
    let seen = reconciler.last_known.read();
    assert_eq!(seen.at_name(&name).iter().map(|(_, at)| *at).collect::<Vec<_>>(), [None]);
}

#[test]
fn what_a_zone_held_that_is_not_listed_any_more_stays_known_until_it_is_listed_again() {
    let known = LastKnown::default();
    let mut record = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
    record.zone = Some("Z2".into());
    let listed = || Noop.read_zones(vec![record.clone()], &zones(false));
    let reduced = || Noop.read_zones(Vec::new(), &zones(false)[..1]);
    known.put(listed(), 10, &Elsewhere::default());
    for now in [20, 30] {
        known.put(reduced(), now, &Elsewhere::default());
        let seen = known.read();
        assert!(seen.inventory.at("a.example.com").is_empty(), "a plan is made without it");
        assert_eq!(seen.at_name("a.example.com")[0].1, Some(10), "when it was last read");
        assert_eq!(seen.unlisted().count(), 1);
        assert!(!seen.is_listed(&"Z2".into()) && seen.zone(&"Z2".into()).is_some());
        assert_eq!(
            seen.seen_empty("b.example.com", None),
            Some(10),
            "it may hold something by now"
        );
        assert_eq!(seen.listed().count(), 1);
    }
    known.put(listed(), 40, &Elsewhere::default());
    assert_eq!(known.read().unlisted().count(), 0);
    assert_eq!(known.read().at_name("a.example.com")[0].1, None);
    // One that held nothing is not missed.
    known.put(Noop.read_zones(vec![record.clone()], &zones(false)[1..]), 50, &Elsewhere::default());
    assert_eq!(known.read().unlisted().count(), 0);
}

/// Returns a private zone `example.com`.
fn private_zone(id: &str) -> Zone {
    Zone { id: id.to_owned(), private: true, ..zones(false).remove(0) }
}

/// Reads these zones one after the other, each with a record; returns what stands for what in the end, and how
/// many zones are told as not listed any more.
fn successions(steps: &[&[Zone]]) -> (String, usize) {
    let record = |id: &str| {
        let mut record = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
        record.zone = Some(id.into());
        record
    };
    let known = LastKnown::default();
    for (now, zones) in (10..).zip(steps) {
        let records = zones.iter().map(|zone| record(&zone.id)).collect();
        known.put(Noop.read_zones(records, zones), now, &Elsewhere::default());
    }
    let seen = known.read();
    let ids = |zones: &[ZoneInfo]| {
        zones.iter().map(|zone| zone.id().unwrap().as_str()).collect::<Vec<_>>().join("+")
    };
    let each = |Succession { gone, now }: &Succession| format!("{} for {}", ids(now), ids(gone));
    let told: Vec<_> = seen.successions().map(each).collect();
    (told.join(", "), seen.unlisted().count())
}

#[test]
fn a_zone_of_the_same_name_and_kind_that_comes_when_one_has_gone_has_replaced_it() {
    let zone = |id: &str, private| Zone { private, ..private_zone(id) };
    let seen = successions;
    let [old, new, private] =
        [("Z1", false), ("Z2", false), ("Z3", true)].map(|(id, private)| vec![zone(id, private)]);
    let told = "Z2 for Z1".to_owned();
    assert_eq!(seen(&[&old, &new]), (told.clone(), 0), "in one step");
    assert_eq!(seen(&[&old, &[], &new]), (told.clone(), 0), "with a gap");
    assert_eq!(seen(&[&old, &new, &new]), (told, 0), "it stays known for as long as it is there");
    assert_eq!(
        seen(&[&old, &private]),
        (String::new(), 1),
        "a private zone replaces no public one"
    );
    let both = [&old[..], &private].concat();
    assert_eq!(seen(&[&both, &private]), (String::new(), 1), "the other half goes on");
    let beside = [&old[..], &new].concat();
    assert_eq!(seen(&[&beside, &new]), (String::new(), 1), "one that stood beside it is another");
    assert_eq!(seen(&[&old, &beside, &new]).0, "Z2 for Z1", "it was made before the old one went");
    let two_new = [&new[..], &[zone("Z4", false)]].concat();
    assert_eq!(seen(&[&old, &beside, &two_new]), ("Z2+Z4 for Z1".to_owned(), 0), "either of them");
}

#[test]
fn which_private_zone_of_a_name_stands_for_which_is_not_guessed() {
    let [z1, z2, z3, z4] = ["Z1", "Z2", "Z3", "Z4"];
    for (steps, told, unlisted) in [
        // Both are made anew between two readings.
        (&[&[z1, z2][..], &[z3, z4]][..], "Z3+Z4 for Z1+Z2", 0),
        // With a gap, and one after the other.
        (&[&[z1, z2], &[], &[z3], &[z3, z4]], "Z3+Z4 for Z1+Z2", 0),
        // One cannot stand for two.
        (&[&[z1, z2], &[z3]], "Z3 for Z1+Z2", 2),
        // The other goes on, and is none in the place of the first.
        (&[&[z1, z2], &[z2, z3]], "Z3 for Z1", 0),
        (&[&[z1, z2], &[z2]], "", 1),
        // What came earlier may be another network's.
        (&[&[z1], &[z1, z2], &[z2]], "", 1),
        // One after the other is two successions, of which the latest zone tells.
        (&[&[z1], &[z2], &[z3]], "Z3 for Z2", 0),
    ] {
        let steps: Vec<Vec<Zone>> =
            steps.iter().map(|ids| ids.iter().map(|id| private_zone(id)).collect()).collect();
        let steps: Vec<_> = steps.iter().map(Vec::as_slice).collect();
        assert_eq!(successions(&steps), (told.to_owned(), unlisted), "{steps:?}");
    }
}

#[test]
fn zones_that_come_and_go_do_not_fill_the_memory() {
    let known = LastKnown::default();
    for now in 0..300 {
        let mut zone = zones(false).remove(0);
        (zone.id, zone.name) = (format!("Z{now}"), format!("z{now}.example.com").as_str().into());
        let mut record =
            Endpoint::new(format!("a.z{now}.example.com"), RecordType::A, ["192.0.2.1"]);
        record.zone = Some(zone.id.as_str().into());
        known.put(Noop.read_zones(vec![record], &[zone]), now, &Elsewhere::default());
    }
    let seen = known.read();
    let latest: Vec<_> = seen.unlisted().map(|zone| zone.at).collect();
    assert_eq!(latest.len(), 100);
    assert!(latest.into_iter().all(|at| at >= 199), "the latest are kept");
}

#[test]
fn what_nobody_could_see_may_be_there() {
    let known = LastKnown::default();
    assert!(known.read().may_hide("a.example.com", None), "nothing was ever read");
    known.put(Noop.read_zones(Vec::new(), &zones(true)), 1, &Elsewhere::default());
    let seen = known.read();
    let hides = |name: &str, id: Option<&str>| seen.may_hide(name, id.map(Into::into).as_ref());
    assert!(hides("a.example.com", None) && hides("example.com", Some("Z2")));
    assert!(!hides("a.example.com", Some("Z1")), "this zone was read");
    assert!(!hides("a.example.org", None) && !hides("myexample.com", None));
}
