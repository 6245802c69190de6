//! How ownership records change: with their record sets, and from older forms.

use controller_core::desired::Desired;
use controller_core::plan::Planner;
use external_dns_webhook::{Endpoint, Labels, RecordType};

use crate::ownership::{a, alias, cname, mine, theirs, with_prefix, written};
use crate::world::{With, World, desired, full, options, planner, record};

#[test]
fn cases_22_to_28_old_ownership_records_suffice_and_are_brought_up_to_date_when_asked() {
    /// Ownership records, the record set, and what bringing the ownership records up to date
    /// creates, updates, deletes.
    type Row = (Vec<Endpoint>, Endpoint, [&'static [&'static str]; 3]);
    let mut planner = planner();
    planner.managed.insert(RecordType::Ns);
    let normalise = Planner { normalise_ownership_records: true, ..planner.clone() };
    let long = "l".repeat(63);
    let ns = || record("foo", "NS", "ns1.example.net");
    let rows: Vec<Row> = vec![
        (vec![mine("foo")], a("foo"), [&["a-foo TXT"], &[], &["foo TXT"]]),
        (vec![mine("foo")], cname("foo"), [&["cname-foo TXT"], &[], &["foo TXT"]]),
        (vec![mine("ns-foo"), mine("foo")], ns(), [&[], &[], &[]]),
        (vec![theirs("foo")], a("foo"), [&[], &[], &[]]),
        (vec![], a("foo"), [&[], &[], &[]]),
        (vec![mine("a-foo"), mine("cname-foo")], alias("foo", "A"), [&[], &[], &[]]),
        (vec![mine("a-foo"), mine("foo")], a("foo"), [&[], &[], &[]]),
        (vec![mine("a-foo")], a("foo"), [&[], &[], &[]]),
        (vec![mine("cname-foo")], alias("foo", "A"), [&["a-foo TXT"], &[], &["cname-foo TXT"]]),
    ];
    for (ownership_records, record, expected) in rows {
        let mut world = World::new([ownership_records, vec![record.clone()]].concat());
        // Upstream writes the record and its ownership record anew in the first sync, asked or not.
        let (plan, _) = world.clone().sync(&planner, &options(), &desired([record.clone()]));
        assert!(plan.is_empty(), "{plan}");
        let (_, changes) = world.sync(&normalise, &options(), &desired([record.clone()]));
        assert_eq!(
            written(&changes),
            expected.map(|expected| expected.iter().map(ToString::to_string).collect::<Vec<_>>())
        );
        let (plan, _) = world.sync(&normalise, &options(), &desired([record]));
        assert!(plan.is_empty(), "{plan}");
    }
    // A label of 63 bytes leaves no room for a type; upstream gives up on its ownership record.
    let record = Endpoint::new(full(&long), RecordType::A, ["192.0.2.1"]);
    let mut world = World::new([mine("x.txt"), record.clone()]);
    world.records[0].dns_name = full(&long).into();
    let (_, changes) = world.sync(&normalise, &options(), &desired([record]));
    assert_eq!(changes.create[0].dns_name.as_str(), full(&format!("a._owner.{long}")));
}

#[test]
fn case_27_an_old_ownership_record_is_brought_up_to_date_although_a_text_stands_there() {
    let (text, address) = (|| record("foo", "TXT", "\"x\""), || record("foo", "A", "192.0.2.1"));
    let mut world = World::new([text(), address(), mine("txt.foo")]);
    let normalise = Planner { normalise_ownership_records: true, ..planner() };
    let (_, changes) = world.sync(&normalise, &with_prefix("txt."), &desired([address()]));
    let [created, _, deleted] = written(&changes);
    assert_eq!([created, deleted], [["txt.a-foo TXT"], ["txt.foo TXT"]]);
}

#[test]
fn case_29_an_ownership_record_changes_with_the_object_and_goes_with_the_record() {
    let options = with_prefix("txt.");
    let of = |target: &str, object: &str| {
        desired([record("new-1", "CNAME", target).of(&format!("ingress/ns/{object}"))])
    };
    let text = |object: &str| {
        let text = "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/ns";
        external_dns_webhook::Targets::from([format!("\"{text}/{object}\"")])
    };
    let mut world = World::default();
    world.sync(&planner(), &options, &of("a.example.net", "r"));
    // Upstream writes the ownership record anew with every change of its record.
    let (_, changes) = world.sync(&planner(), &options, &of("b.example.net", "r"));
    assert_eq!(written(&changes), [vec![], vec!["new-1 CNAME".to_owned()], vec![]]);
    let (_, changes) = world.sync(&planner(), &options, &of("c.example.net", "s"));
    let [_, updated, _] = written(&changes);
    assert_eq!(updated, ["new-1 CNAME", "txt.cname-new-1 TXT"]);
    assert_eq!(changes.update[1].old.targets, text("r"));
    assert_eq!(changes.update[1].new.targets, text("s"));
    let (_, changes) = world.sync(&planner(), &options, &Desired::default());
    let [_, _, deleted] = written(&changes);
    assert_eq!(deleted, ["new-1 CNAME", "txt.cname-new-1 TXT"]);
    assert_eq!(changes.delete[1].targets, text("s"));
    assert_eq!(changes.delete[1].labels.get(Labels::OWNED_RECORD), Some("new-1.example.com"));
}
