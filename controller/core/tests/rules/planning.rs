//! The numbered cases of planning, in the words of their plans.
//!
//! The numbers are those of ExternalDNS's cases. Where it does something else, the test says what and why.

use controller_core::desired::{Desired, Scope};
use controller_core::plan::{Plan, Planner, Step, Values};
use controller_core::registry::{Noop, Registry};
use external_dns_webhook::{DomainFilter, Endpoint, RecordType};

use crate::world::{
    With, World, desired, memory, options, ownership_record, planner, record, zones,
};

/// One of our record sets with its ownership record.
pub(crate) fn own(record: Endpoint) -> [Endpoint; 2] {
    owned_by("me", record)
}

fn owned_by(owner: &str, record: Endpoint) -> [Endpoint; 2] {
    let resource = record.labels.get("resource").unwrap_or_default().to_owned();
    let name = record.dns_name.as_str().trim_end_matches(".example.com");
    let kind = record.record_type.as_str().to_lowercase();
    let ownership_record =
        ownership_record(&format!("{kind}-{name}"), owner, &resource).set(&record.set_identifier);
    [bare(record), ownership_record]
}

pub(crate) fn bare(mut record: Endpoint) -> Endpoint {
    record.labels = external_dns_webhook::Labels::default();
    record
}

fn planner_of_addresses() -> Planner {
    Planner { managed: Planner::default().managed, ..planner() }
}

pub(crate) fn run_with(planner: &Planner, current: Vec<Endpoint>, asked: &Desired) -> Plan {
    World::new(current).sync(planner, &options(), asked).0
}

pub(crate) fn run(current: Vec<Endpoint>, asked: Vec<Endpoint>) -> Vec<String> {
    lines(&run_with(&planner_of_addresses(), current, &desired(asked)))
}

/// Returns the steps as `update foo A 192.0.2.1 → 192.0.2.2`, held ones with their code.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    let line = |step: &Step| {
        let values = |v: &Option<Values>| v.as_ref().map(|values| values.targets.join(" "));
        let values = match (values(&step.old), values(&step.new)) {
            (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
            (Some(only), _) | (None, Some(only)) => only,
            (None, None) => String::new(),
        };
        let name = step.name.as_str().trim_end_matches(".example.com");
        let set = &step.set_identifier;
        let set = if set.is_empty() { String::new() } else { format!(" ({set})") };
        let reason = step.reason.as_ref().map(|reason| format!(": {}", reason.code()));
        let action = step.action.as_str();
        format!("{action} {name} {}{set} {values}{}", step.record_type, reason.unwrap_or_default())
    };
    plan.steps().iter().map(line).collect()
}

pub(crate) fn none() -> Vec<String> {
    vec![]
}

pub(crate) fn c1() -> Endpoint {
    record("foo", "CNAME", "v1.example.net").of("service/ns/foo-v1")
}
pub(crate) fn c2() -> Endpoint {
    record("foo", "CNAME", "v2.example.net").of("service/ns/foo-v2")
}
pub(crate) fn a5() -> Endpoint {
    record("foo", "A", "5.5.5.5").of("service/ns/foo-a5")
}
fn aaaa() -> Endpoint {
    record("foo", "AAAA", "2001:DB8::1").of("service/ns/foo-aaaa")
}
pub(crate) fn b127() -> Endpoint {
    record("bar", "A", "127.0.0.1").of("service/ns/bar-127")
}
fn b192() -> Endpoint {
    record("bar", "A", "192.168.0.1").of("service/ns/bar-192")
}
fn multiple(target: &str, set: &str) -> Endpoint {
    record("multiple", "A", target).set(set)
}

#[test]
fn case_1_of_two_objects_one_gets_the_new_name() {
    assert_eq!(
        run(vec![], vec![c1(), c2(), b127()]),
        ["create bar A 127.0.0.1", "create foo CNAME v1.example.net"]
    );
}

#[test]
fn case_2_the_object_that_has_the_name_keeps_it() {
    assert_eq!(run(own(c1()).to_vec(), vec![c2(), c1(), b127()]), ["create bar A 127.0.0.1"]);
}

#[test]
fn case_3_a_record_that_does_not_say_who_asked_goes_to_the_first() {
    let unlabelled = record("foo", "CNAME", "v2.example.net");
    assert_eq!(
        run(own(unlabelled).to_vec(), vec![c2(), c1(), b127()]),
        ["create bar A 127.0.0.1", "update foo CNAME v2.example.net → v1.example.net"]
    );
}

#[test]
fn case_4_a_ttl_that_is_asked_for_is_written() {
    let asked = b127().ttl(300);
    assert_eq!(run(own(b127()).to_vec(), vec![asked]), ["update bar A 127.0.0.1"]);
    assert_eq!(run(own(b127().ttl(300)).to_vec(), vec![b127()]), none());
}

#[test]
fn case_5_a_property_that_changes_comes_or_goes_is_written() {
    let on = || b127().with("aws/evaluate", "true");
    let off = || b127().with("aws/evaluate", "false");
    assert_eq!(run(own(on()).to_vec(), vec![off()]), ["update bar A 127.0.0.1"]);
    assert_eq!(run(own(on()).to_vec(), vec![b127()]), ["update bar A 127.0.0.1"]);
    assert_eq!(run(own(b127()).to_vec(), vec![on()]), ["update bar A 127.0.0.1"]);
    assert_eq!(run(own(on()).to_vec(), vec![on()]), none());
}

#[test]
fn case_6_a_record_that_changes_hands_names_its_new_object() {
    let mut world = World::new(own(c1()));
    let (plan, changes) = world.sync(&planner(), &options(), &desired([c2()]));
    assert_eq!(lines(&plan), ["update foo CNAME v1.example.net → v2.example.net"]);
    let new = &changes.update[0].new;
    assert_eq!(new.labels.resource(), Some(&"service/ns/foo-v2".into()));
    assert_eq!(new.labels.owner(), Some("me"));
    // Upstream leaves the ownership record as it is, so the record would still be read as the first
    // object's.
    let text =
        "\"heritage=external-dns,external-dns/owner=me,external-dns/resource=service/ns/foo-v2\"";
    assert_eq!(changes.update[1].new.targets.first(), Some(text));
}

#[test]
fn case_7_what_is_there_as_asked_is_left_alone() {
    // Upstream's case holds two CNAMEs under one name, which no provider does.
    assert_eq!(run(own(c1()).to_vec(), vec![c1(), c2()]), none());
}

#[test]
fn cases_8_to_10_a_change_of_type_is_one_replacement() {
    assert_eq!(
        run(own(c1()).to_vec(), vec![a5()]),
        ["replace foo CNAME v1.example.net", "replace foo A 5.5.5.5"]
    );
    assert_eq!(
        run(own(c1()).to_vec(), vec![a5(), aaaa()]),
        [
            "replace foo CNAME v1.example.net",
            "replace foo A 5.5.5.5",
            "replace foo AAAA 2001:DB8::1"
        ]
    );
    assert_eq!(
        run([own(a5()), own(aaaa())].concat(), vec![c2()]),
        [
            "replace foo A 5.5.5.5",
            "replace foo AAAA 2001:DB8::1",
            "replace foo CNAME v2.example.net"
        ]
    );
}

#[test]
fn case_11_a_record_that_nobody_owns_is_in_the_way_and_says_so() {
    // Upstream drops the create without a word.
    assert_eq!(run(vec![bare(a5())], vec![c2()]), ["hold foo CNAME v2.example.net: ForeignOwner"]);
}

#[test]
fn cases_12_and_13_what_is_not_wanted_any_more_goes() {
    // Upstream's current state has a CNAME beside an A, which no provider does; AAAA stands for it.
    let both = || [own(aaaa()), own(a5())].concat();
    assert_eq!(run(both(), vec![a5()]), ["delete foo AAAA 2001:DB8::1"]);
    assert_eq!(run(both(), vec![]), ["delete foo A 5.5.5.5", "delete foo AAAA 2001:DB8::1"]);
}

#[test]
fn case_14_the_incumbent_wins_even_with_a_cname() {
    // Upstream gives a name to addresses whenever anyone wants some, so any object could take it.
    let plan = run_with(&planner(), own(c1()).to_vec(), &desired([c1(), a5(), aaaa()]));
    assert_eq!(lines(&plan), none());
    let losers: Vec<_> =
        plan.statuses.iter().map(|s| (s.object_label(), s.reason.code())).collect();
    assert_eq!(
        losers,
        [
            ("service/ns/foo-a5", "Conflict"),
            ("service/ns/foo-aaaa", "Conflict"),
            ("service/ns/foo-v1", "UpToDate"),
        ]
    );
}

#[test]
fn case_15_addresses_come_before_a_cname_where_nobody_was_first() {
    assert_eq!(
        run(vec![], vec![c1(), a5(), aaaa()]),
        ["create foo A 5.5.5.5", "create foo AAAA 2001:DB8::1"]
    );
}

#[test]
fn case_16_a_cname_beside_a_text_that_is_not_managed_is_not_even_tried() {
    // Upstream wants it in every sync, and every provider refuses it in every sync.
    let text = record("foo", "TXT", "\"hello\"");
    assert_eq!(
        run(vec![text.clone()], vec![c2()]),
        ["hold foo CNAME v2.example.net: CannotCoexist"]
    );
    let excluded = Planner { excluded: [RecordType::Txt].into(), ..planner() };
    let plan = run_with(&excluded, vec![text.clone()], &desired([c2()]));
    assert_eq!(lines(&plan), ["hold foo CNAME v2.example.net: CannotCoexist"]);
    assert_eq!(run(vec![text], vec![a5()]), ["create foo A 5.5.5.5"]);
}

#[test]
fn case_17_a_target_in_other_letters_is_the_same() {
    let upper = record("foo", "CNAME", "V2.example.net").of("service/ns/foo-v2");
    assert_eq!(run(own(c2()).to_vec(), vec![upper]), none());
}

#[test]
fn case_18_what_is_gone_is_deleted_if_the_policy_lets_it() {
    let current = || [own(c1()), own(b192())].concat();
    assert_eq!(run(current(), vec![c1()]), ["delete bar A 192.168.0.1"]);
    let upsert_only = Planner { policy: "upsert-only".parse().unwrap(), ..planner() };
    let plan = run_with(&upsert_only, current(), &desired([c1()]));
    assert_eq!(lines(&plan), ["hold bar A 192.168.0.1: PolicyForbids"]);
    assert!(plan.is_empty());
}

#[test]
fn cases_19_and_20_set_identifiers_are_record_sets_of_their_own() {
    let (one, two) = (multiple("192.0.2.1", "s1"), multiple("192.0.2.2", "s1"));
    let other = || multiple("192.0.2.2", "s2");
    assert_eq!(
        run(own(one).to_vec(), vec![two.clone(), other()]),
        ["update multiple A (s1) 192.0.2.1 → 192.0.2.2", "create multiple A (s2) 192.0.2.2"]
    );
    assert_eq!(
        run(own(two).to_vec(), vec![other()]),
        ["delete multiple A (s1) 192.0.2.2", "create multiple A (s2) 192.0.2.2"]
    );
}

#[test]
fn case_21_names_outside_the_filter_are_left_alone_and_say_so() {
    let filtered = Planner {
        domain_filter: DomainFilter::lists(["example.com"], ["ex.example.com"]),
        ..planner()
    };
    let inside = |name: &str| record(name, "A", "192.0.2.1").of("service/ns/a");
    let plan = run_with(
        &filtered,
        own(inside("old.ex")).to_vec(),
        &desired([inside("new.ex"), inside("ex"), inside("www")]),
    );
    assert_eq!(lines(&plan), ["create www A 192.0.2.1"]);
    let told: Vec<_> =
        plan.statuses.iter().map(|status| (status.name.as_str(), status.reason.code())).collect();
    assert_eq!(
        told,
        [
            ("ex.example.com", "FilteredDomain"),
            ("new.ex.example.com", "FilteredDomain"),
            ("www.example.com", "Created")
        ]
    );
}

#[test]
fn case_22_dual_stack_grows_and_shrinks() {
    assert_eq!(run(vec![], vec![aaaa()]), ["create foo AAAA 2001:DB8::1"]);
    assert_eq!(
        run(vec![], vec![a5(), aaaa()]),
        ["create foo A 5.5.5.5", "create foo AAAA 2001:DB8::1"]
    );
    assert_eq!(run([own(a5()), own(aaaa())].concat(), vec![a5()]), ["delete foo AAAA 2001:DB8::1"]);
}

fn migrating() -> Planner {
    Planner { migrate_from: Some("them".into()), ..planner() }
}

#[test]
fn cases_23_and_24_taking_over_an_owner_writes_ownership_records_and_then_nothing() {
    let mut world =
        World::new([owned_by("them", a5().ttl(300)), owned_by("them", b127())].concat());
    let before = world.clone();
    // Upstream forces an update of every record in every sync, except of those with equal TTLs,
    // which it never moves at all.
    let (plan, changes) = world.sync(&migrating(), &options(), &desired([a5().ttl(300)]));
    assert_eq!(lines(&plan), ["own foo A 5.5.5.5"]);
    assert!(!plan.is_empty());
    assert_eq!((changes.create.len(), changes.update.len(), changes.delete.len()), (0, 1, 0));
    assert_eq!(changes.update[0].old, {
        let mut old = before.records[1].clone();
        old.labels.set("ownedRecord", "foo.example.com");
        old
    });
    // What is not desired here is not ours to delete.
    assert_eq!(world.records.iter().filter(|record| before.records.contains(record)).count(), 3);
    let (plan, changes) = world.sync(&migrating(), &options(), &desired([a5().ttl(300)]));
    assert!(plan.is_empty() && changes.is_empty());
}

#[test]
fn taking_over_a_record_that_differs_writes_it_with_its_ownership_record() {
    let mut world = World::new(owned_by("them", a5()));
    let moved = record("foo", "A", "192.0.2.9").of("service/ns/foo-a5");
    let (plan, changes) = world.sync(&migrating(), &options(), &desired([moved]));
    assert_eq!(lines(&plan), ["update foo A 5.5.5.5 → 192.0.2.9"]);
    assert_eq!(changes.update.len(), 2);
}

#[test]
fn case_25_taking_over_one_owner_leaves_the_others_alone() {
    let strangers = [owned_by("third", a5()).to_vec(), vec![bare(b127())]].concat();
    let moved = |endpoint: Endpoint| Endpoint { targets: ["192.0.2.9"].into(), ..endpoint };
    let plan = run_with(&migrating(), strangers, &desired([moved(a5()), moved(b127())]));
    assert_eq!(
        lines(&plan),
        [
            "hold bar A 127.0.0.1 → 192.0.2.9: ForeignOwner",
            "hold foo A 5.5.5.5 → 192.0.2.9: ForeignOwner"
        ]
    );
}

#[test]
fn case_26_a_change_of_type_is_an_update_where_updates_are_allowed() {
    // Upstream creates the A beside the CNAME, which every provider refuses in every sync.
    let upsert_only = Planner { policy: "upsert-only".parse().unwrap(), ..planner() };
    let plan = run_with(&upsert_only, own(c1()).to_vec(), &desired([a5()]));
    assert_eq!(lines(&plan), ["replace foo CNAME v1.example.net", "replace foo A 5.5.5.5"]);
    let create_only = Planner { policy: "create-only".parse().unwrap(), ..planner() };
    let plan = run_with(&create_only, own(c1()).to_vec(), &desired([a5()]));
    assert_eq!(
        lines(&plan),
        ["hold foo CNAME v1.example.net: PolicyForbids", "hold foo A 5.5.5.5: PolicyForbids"]
    );
    assert!(plan.is_empty());
}

#[test]
fn case_27_a_record_set_reported_twice_is_deleted_once() {
    // Without an owner id upstream deletes it twice.
    let [record, ownership_record] = own(a5());
    let registry = Noop;
    let twice = registry.read(vec![record.clone(), record.clone()], &zones());
    let planner = Planner { owner: None, allow_unowned: true, ..planner() };
    let plan = planner.plan(&memory(), &twice, &Desired::default(), &Scope::All);
    assert_eq!(lines(&plan), ["delete foo A 5.5.5.5"]);
    let mut world = World::new([record, ownership_record]);
    let (plan, _) = world.sync(&planner_of_addresses(), &options(), &Desired::default());
    assert_eq!(lines(&plan), ["delete foo A 5.5.5.5"]);
    assert_eq!(world, World::default());
}

#[test]
fn two_copies_that_differ_are_both_brought_up_to_date() {
    // Upstream looks at the last copy only, so what differs in the other is missed.
    let registry = Noop;
    let copies = vec![bare(a5()), record("foo", "A", "192.0.2.9")];
    let current = registry.read(copies, &zones());
    let planner = Planner { owner: None, allow_unowned: true, ..planner() };
    let plan = planner.plan(&memory(), &current, &desired([a5()]), &Scope::All);
    assert_eq!(lines(&plan), ["update foo A 192.0.2.9 → 5.5.5.5"]);
}

#[test]
fn case_28_who_has_the_name_in_one_type_has_it_in_that_type_only() {
    let foreign = owned_by("them", a5()).to_vec();
    assert_eq!(
        run(foreign, vec![a5(), aaaa()]),
        ["hold foo A 5.5.5.5: ForeignOwner", "create foo AAAA 2001:DB8::1"]
    );
}

#[test]
fn only_a_cname_and_its_company_exclude_each_other_and_nobody_is_told_to_delete_the_other() {
    let types = ["A", "CNAME", "MX", "NS", "SOA", "TXT", "CAA", "SRV"].map(RecordType::from);
    for managed in [planner().managed, types.clone().into()] {
        let planner = Planner { managed, ..planner() };
        for other in types.iter().filter(|r| !matches!(r, RecordType::A | RecordType::Cname)) {
            let there = || vec![record("foo", other.as_str(), "x.example.net")];
            let plan = run_with(&planner, there(), &desired([a5()]));
            assert_eq!(lines(&plan), ["create foo A 5.5.5.5"], "beside {other}");
            let cname = record("foo", "CNAME", "y.example.net");
            let plan = run_with(&planner, there(), &desired([cname]));
            assert_eq!(lines(&plan), ["hold foo CNAME y.example.net: CannotCoexist"], "{other}");
            assert!(plan.statuses.iter().all(|status| !status.reason.hint().contains("delete")));
        }
    }
}

#[test]
fn cases_29_and_30_between_strangers_the_lesser_targets_win() {
    let a = |targets: &str| record("foo", "A", targets);
    assert_eq!(run(vec![], vec![a("1.1.1.1 1.1.1.2"), a("9.9.9.9")]), ["create foo A 9.9.9.9"]);
    let c = |target: &str| record("foo", "CNAME", target);
    assert_eq!(run(vec![], vec![c("y.org"), c("x.org")]), ["create foo CNAME x.org"]);
}

#[test]
fn case_31_a_cname_excludes_other_types_under_any_set_identifier() {
    // Upstream creates both, which Route 53 refuses.
    let cname = record("foo", "CNAME", "v1.example.net").set("s").of("service/ns/c");
    assert_eq!(run(vec![], vec![cname, a5()]), ["create foo A 5.5.5.5"]);
}

#[test]
fn case_32_names_in_other_letters_are_the_same() {
    let mut upper = a5();
    upper.dns_name = "FOO.Example.COM.".into();
    assert_eq!(run(own(a5()).to_vec(), vec![upper]), none());
}

#[test]
fn case_33_who_gets_a_contested_name() {
    assert_eq!(run(vec![], vec![b192(), b127()]), ["create bar A 127.0.0.1"]);
    assert_eq!(run(vec![], vec![c1(), a5()]), ["create foo A 5.5.5.5"]);
    assert_eq!(run(own(b192()).to_vec(), vec![b127(), b192()]), none());
    assert_eq!(
        run(
            own(record("bar", "A", "9.9.9.9").of("service/ns/gone")).to_vec(),
            vec![b192(), b127()]
        ),
        ["update bar A 9.9.9.9 → 127.0.0.1"]
    );
    let other = || record("bar", "A", "192.168.0.1").of("service/ns/a-other");
    assert_eq!(run(own(b192()).to_vec(), vec![other(), b192()]), none(), "same targets");
}

#[test]
fn case_34_each_policy_does_what_its_verbs_say() {
    let current = || [own(c1()), own(b192()), own(multiple("192.0.2.1", ""))].concat();
    let asked = || desired([a5(), multiple("192.0.2.2", ""), record("new", "A", "192.0.2.1")]);
    let actions = |policy: &str| {
        let planner = Planner { policy: policy.parse().unwrap(), ..planner() };
        let plan = run_with(&planner, current(), &asked());
        plan.steps()
            .iter()
            .map(|step| {
                format!(
                    "{} {}",
                    step.action.as_str(),
                    step.name.as_str().trim_end_matches(".example.com")
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        actions("sync"),
        ["delete bar", "replace foo", "replace foo", "update multiple", "create new"]
    );
    assert_eq!(
        actions("upsert-only"),
        ["hold bar", "replace foo", "replace foo", "update multiple", "create new"]
    );
    assert_eq!(
        actions("create-only"),
        ["hold bar", "hold foo", "hold foo", "hold multiple", "create new"]
    );
    assert_eq!(
        actions("create,delete"),
        ["delete bar", "hold foo", "hold foo", "hold multiple", "create new"]
    );
}

#[test]
fn case_40_every_listed_domain_is_managed_and_no_other() {
    let current = Noop.read(vec![Endpoint::new("u.used.tld", RecordType::A, ["8.8.8.8"])], &[]);
    let asked = ["u.used.tld", "n.other.tld", "n.unused.tld"];
    let asked = asked.map(|name| Endpoint::new(name, RecordType::A, ["1.1.1.1"]));
    let changed = |domains: &[&str]| {
        let domain_filter = DomainFilter::lists(domains.iter().copied(), [""; 0]);
        let planner = Planner { owner: None, allow_unowned: true, domain_filter, ..planner() };
        let plan = planner.plan(&memory(), &current, &desired(asked.clone()), &Scope::All);
        let changes = Noop.write(&current, &plan);
        // Upstream labels the new one with an owner that is empty, which says nothing.
        let labels = |endpoint: &Endpoint| endpoint.labels.iter().count();
        assert!(changes.update.iter().all(|u| (labels(&u.old), labels(&u.new)) == (0, 0)));
        lines(&plan)
    };
    let update = "update u.used.tld A 8.8.8.8 → 1.1.1.1";
    assert_eq!(changed(&["used.tld"]), [update]);
    assert_eq!(changed(&["used.tld", "other.tld"]), ["create n.other.tld A 1.1.1.1", update]);
}
