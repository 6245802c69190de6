//! Ownership records of ours that have lost their record set.

use controller_core::desired::{Desired, Scope, Unknown};
use controller_core::plan::{Action, DeletionGuard, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use controller_core::status::Reason;
use external_dns_webhook::{DomainFilter, Endpoint, Labels, RecordType};

use crate::ownership::{a, alias, cname, mine, theirs, with_prefix, with_suffix};
use crate::world::{
    With, World, desired, full, memory, options, ownership_record, planner, record, zones,
};

/// Returns an ownership record that spells out what it is about.
fn spelled_out(place: &str, about: &str) -> Endpoint {
    let record = format!("external-dns/record={about}");
    let text = format!("\"heritage=external-dns,external-dns/owner=me,{record}\"");
    Endpoint::new(full(place), RecordType::Txt, [text])
}

fn replacing(wildcard: &str) -> TxtOptions {
    TxtOptions { wildcard_replacement: wildcard.into(), ..options() }
}

fn managing(types: &[&str]) -> Planner {
    Planner { managed: types.iter().map(|value| RecordType::from(*value)).collect(), ..planner() }
}

#[test]
fn what_is_made_by_hand_after_a_record_was_lost_is_not_ours() {
    let spelled = spelled_out("a._owner.o", "o.example.com/A/");
    let routed = spelled_out("a.d0f631ca._owner.o", "o.example.com/A/c1");
    let rows = [
        (options(), mine("a-o"), a("o")),
        (with_prefix("txt."), mine("txt.a-o"), a("o")),
        (with_prefix("%{record_type}-"), mine("cname-o"), cname("o")),
        (with_suffix("-own"), mine("aaaa-o-own"), record("o", "AAAA", "2001:db8::1")),
        (replacing("any"), mine("a-any"), a("*")),
        (replacing("any"), mine("a-any"), a("any")),
        (options(), mine("cname-o"), alias("o", "A")),
        (options(), mine("a-o").set("s1").with("aws/weight", "1"), a("o").set("s1")),
        (options(), spelled, a("o")),
        (options(), routed, a("o").set("c1")),
    ];
    for (options, ownership_record, by_hand) in rows {
        let beside = [record("o", "MX", "10 mail.example.net"), theirs("a-p")];
        let mut world = World::new(beside.iter().cloned().chain([ownership_record.clone()]));
        let (plan, changes) = world.sync(&planner(), &options, &Desired::default());
        assert_eq!(world, World::new(beside.clone()), "{ownership_record:?}");
        let steps: Vec<_> = plan.steps().iter().map(|step| (step.action, &step.name)).collect();
        assert_eq!(steps, [(Action::Delete, &ownership_record.dns_name)]);
        assert!(changes.delete.iter().all(|item| item.labels.get(Labels::OWNED_RECORD).is_some()));
        world.records.push(by_hand);
        let before = world.clone();
        let (plan, _) = world.sync(&planner(), &options, &Desired::default());
        assert!(plan.is_empty() && world == before, "{plan}");
    }
}

#[test]
fn a_guess_goes_with_the_ownership_record_that_lost_its_record_set() {
    for typed in ["txt.aaaa-o", "txt.cname-o"] {
        let mut world = World::new([a("o"), mine(typed), mine("txt.o")]);
        for _ in 0..3 {
            world.sync(&planner(), &with_prefix("txt."), &Desired::default());
            assert_eq!(world, World::new([a("o")]));
        }
    }
}

#[test]
fn a_record_set_with_another_set_identifier_is_not_the_one_that_was_lost() {
    let by_hand = || a("o").set("s").with("aws/weight", "1");
    for left in [mine("a-o"), mine("a-o").set("t").with("aws/weight", "1")] {
        let mut world = World::new([by_hand(), left]);
        world.sync(&planner(), &options(), &Desired::default());
        assert_eq!(world, World::new([by_hand()]));
    }
}

#[test]
fn values_beside_an_ownership_record_that_lost_its_record_set_stay() {
    let spf = "\"v=spf1 -all\"";
    let mut whole = mine("a-o");
    whole.targets = [spf, whole.targets.first().unwrap()].into();
    let mut world = World::new([whole]);
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(
        world,
        World::new(
            [record("a-o", "TXT", "x").ttl(300)]
                .map(|ttl| Endpoint { targets: [spf].into(), ..ttl })
        )
    );
}

#[test]
fn an_ownership_record_stays_while_its_record_set_may_be_there_or_come() {
    let by_name = |name: &str| Unknown::Name(full(name).into());
    let of_object = Unknown::Resource("service/ns/o".into());
    let unknown = |what: Unknown| {
        let mut desired = Desired::default();
        desired.unknown(what, Reason::AdjustDropped);
        desired
    };
    let ours = || ownership_record("a-o", "me", "service/ns/o");
    let wish = |name: &str| desired([a(name).of("service/ns/o")]);
    let create_nothing = Planner { policy: "update,replace,delete".parse().unwrap(), ..planner() };
    let upsert = Planner { policy: "upsert-only".parse().unwrap(), ..planner() };
    let elsewhere =
        DomainFilter::Lists { include: vec!["other.example.com".into()], exclude: vec![] };
    let filtered = Planner { domain_filter: elsewhere, ..planner() };
    let empty = Endpoint { targets: [""; 0].into(), ..cname("o") };
    let rows = [
        (planner(), unknown(Unknown::All)),
        (planner(), unknown(of_object)),
        (planner(), unknown(by_name("o"))),
        (planner(), unknown(Unknown::Kind("service/ns".into()))),
        (planner(), desired([empty])),
        (create_nothing, wish("o")),
        (upsert, Desired::default()),
        (filtered, Desired::default()),
        (managing(&["AAAA", "CNAME"]), Desired::default()),
    ];
    for (planner, desired) in rows {
        let mut world = World::new([ours()]);
        let (plan, changes) = world.sync(&planner, &options(), &desired);
        assert_eq!(world, World::new([ours()]), "{plan}");
        assert!(plan.is_empty() && changes.is_empty(), "{plan}");
    }
}

#[test]
fn an_ownership_record_of_another_owner_or_instance_stays_without_its_record_set() {
    let with_instance = |instance: &str| {
        let mut endpoint = mine("a-o");
        let text = endpoint.targets.first().unwrap().trim_end_matches('"').to_owned();
        endpoint.targets = [format!("{text},external-dns/instance={instance}\"")].into();
        endpoint
    };
    let ours = TxtOptions { instance: Some("here".into()), ..options() };
    for (options, left) in [(options(), theirs("a-o")), (ours.clone(), with_instance("there"))] {
        let mut world = World::new([left.clone()]);
        let (plan, _) = world.sync(&planner(), &options, &Desired::default());
        assert!(plan.is_empty() && world == World::new([left]), "{plan}");
    }
    let mut world = World::new([with_instance("here")]);
    world.sync(&planner(), &ours, &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn an_ownership_record_stays_that_may_be_about_something_else() {
    let all = managing(&["A", "AAAA", "CNAME", "MX", "TXT"]);
    let ns = record("sub", "NS", "ns.example.net");
    let rows = [
        // Written with the prefix or suffix of another day.
        (mine("txt-a-o"), a("o")),
        (mine("cname-owner.a-o"), a("o")),
        (mine("a-o-own"), a("o")),
        (mine("a-o.own"), a("o")),
        (mine("a-any"), a("*")),
        // The name is another zone's.
        (mine("a-sub"), ns.clone()),
        (mine("a-x.sub"), ns),
        // Written without a type for a host of that name.
        (mine("a-o"), a("a-o")),
        (mine("o"), record("o", "AAAA", "2001:db8::1")),
    ];
    for (left, other) in rows {
        let mut world = World::new([left, other]);
        let before = world.clone();
        world.sync(&all, &options(), &Desired::default());
        assert_eq!(world, before);
    }
}

#[test]
fn ownership_records_wait_while_the_deletions_of_their_zone_are_held() {
    let names = ["p", "q", "r"];
    let held = names.iter().flat_map(|name| [a(name), mine(&format!("a-{name}"))]);
    let mut world = World::new(held.chain([mine("a-o")]));
    let before = world.clone();
    let guarded = Planner { guard: DeletionGuard::default(), ..planner() };
    let (plan, changes) = world.sync(&guarded, &options(), &Desired::default());
    assert!(plan.held().is_some() && changes.is_empty() && world == before, "{plan}");
}

#[test]
fn a_sync_of_a_few_names_leaves_ownership_records_without_record_sets() {
    let world = World::new([mine("a-o")]);
    let registry = TxtRegistry::new(options()).unwrap();
    let current = registry.read(world.records, &zones());
    let scope = Scope::Names([full("o").into()].into());
    assert!(planner().plan(&memory(), &current, &Desired::default(), &scope).is_empty());
}
