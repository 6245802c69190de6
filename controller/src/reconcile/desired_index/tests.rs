//! Which names a change touches, and when that cannot be told from the change alone.

use controller_core::desired::Unknown;
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{CanonicalName, Labels, RecordType};
use proptest::prelude::*;

use super::*;

fn asks(object: &str, name: &str, target: &str) -> Endpoint {
    let mut endpoint = Endpoint::new(name, RecordType::A, [target]);
    endpoint.labels = Labels::default().with(Labels::RESOURCE, object);
    endpoint
}

fn desired(endpoints: &[Endpoint]) -> Desired {
    Desired { endpoints: endpoints.to_vec(), ..Desired::default() }
}

fn set<'a, T: Ord + From<&'a str>>(texts: &[&'a str]) -> BTreeSet<T> {
    texts.iter().map(|text| T::from(text)).collect()
}

fn names(touched: Option<Touched>) -> Option<BTreeSet<CanonicalName>> {
    touched.map(|touched| touched.names)
}

#[test]
fn a_change_touches_the_names_before_and_after() {
    let before = desired(&[asks("service/n/a", "a", "1"), asks("service/n/b", "b", "1")]);
    let mut index = DesiredIndex::of(&before);
    let now = desired(&[asks("service/n/a", "c", "1")]);
    let objects = set(&["service/n/a"]);
    assert_eq!(names(index.touched(&objects, &now)), Some(set(&["a", "c"])));
    index.replace(&objects, &now);
    let all =
        DesiredIndex::of(&desired(&[asks("service/n/a", "c", "1"), asks("service/n/b", "b", "1")]));
    assert_eq!(index.difference(&all).names, set(&[]), "the same as looking at everything");
    assert_eq!(all.difference(&index).names, set(&[]));
}

#[test]
fn a_change_that_asks_for_the_same_touches_nothing() {
    let all = [asks("service/n/a", "a", "1"), asks("service/n/a", "a2", "1")];
    let index = DesiredIndex::of(&desired(&all));
    assert_eq!(names(index.touched(&set(&["service/n/a"]), &desired(&all))), Some(set(&[])));
}

#[test]
fn a_name_that_someone_else_asks_for_needs_a_look_at_everything() {
    let before = desired(&[asks("service/n/a", "a", "1"), asks("service/n/b", "b", "1")]);
    let index = DesiredIndex::of(&before);
    let now = desired(&[asks("service/n/a", "b", "2")]);
    assert_eq!(names(index.touched(&set(&["service/n/a"]), &now)), None);
}

#[test]
fn an_object_that_asks_for_the_same_is_someone_else_who_asks() {
    let mut before = desired(&[asks("service/n/a", "a", "1")]);
    let again = asks("crd/n/b", "a", "1");
    before.endpoints.push(again);
    let mut index = DesiredIndex::of(&before);
    assert_eq!(names(index.touched(&set(&["service/n/a"]), &desired(&[]))), None);
    assert_eq!(names(index.touched(&set(&["crd/n/b"]), &desired(&[]))), None);
    index.replace(&set(&["service/n/a", "crd/n/b"]), &before);
    assert_eq!(index.difference(&DesiredIndex::of(&before)).names, set(&[]));
}

fn lost(object: &str, name: &str) -> Desired {
    let mut desired = desired(&[]);
    desired.unknown(Unknown::Name(name.into()), Reason::no_targets(""));
    desired.statuses.push(RecordStatus::on_name(name, object, Reason::no_targets("")));
    desired
}

#[test]
fn a_name_that_is_not_known_of_another_object_needs_a_look_at_everything() {
    let index = DesiredIndex::of(&lost("service/n/a", "A."));
    let now = desired(&[asks("service/n/c", "a", "1")]);
    assert_eq!(names(index.touched(&set(&["service/n/c"]), &now)), None);
    let other = desired(&[asks("service/n/b", "b", "1")]);
    assert_eq!(names(index.touched(&set(&["service/n/b"]), &other)), Some(set(&["b"])));
}

#[test]
fn an_object_that_goes_or_gets_an_answer_after_it_lost_its_targets_touches_its_name_alone() {
    let mut index = DesiredIndex::of(&desired(&[asks("service/n/a", "a", "1")]));
    let objects = set(&["service/n/a"]);
    let cleared = lost("service/n/a", "a");
    assert_eq!(names(index.touched(&objects, &cleared)), Some(set(&["a"])));
    index.replace(&objects, &cleared);
    assert_eq!(names(index.touched(&objects, &desired(&[]))), Some(set(&["a"])));
    let answered = desired(&[asks("service/n/a", "a", "1")]);
    assert_eq!(names(index.touched(&objects, &answered)), Some(set(&["a"])));
    index.replace(&objects, &answered);
    assert_eq!(index, DesiredIndex::of(&answered), "the gap is closed");
}

#[test]
fn a_gap_of_two_objects_is_not_closed_by_one_of_them() {
    let mut both = lost("service/n/a", "a");
    both.statuses.push(RecordStatus::on_name("a", "service/n/b", Reason::no_targets("")));
    let mut index = DesiredIndex::of(&both);
    let now = desired(&[asks("service/n/a", "a", "1")]);
    assert_eq!(names(index.touched(&set(&["service/n/a"]), &now)), None);
    index.replace(&set(&["service/n/a"]), &now);
    assert_eq!(names(index.touched(&set(&["service/n/a"]), &now)), None, "it is open still");
}

#[test]
fn a_gap_that_nobody_owns_up_to_may_be_anyones() {
    let mut before = desired(&[]);
    before.unknown(Unknown::Name("x".into()), Reason::no_targets(""));
    let now = desired(&[asks("service/n/a", "a", "1")]);
    assert_eq!(names(DesiredIndex::of(&before).touched(&set(&["service/n/a"]), &now)), None);
}

#[test]
fn a_sync_over_a_few_objects_knows_which_others_are_not_known() {
    let mut all = lost("service/n/a", "a");
    let wide = [Unknown::Resource("service/n/b".into()), Unknown::Kind("ingress".into())];
    for what in wide.clone() {
        all.unknown(what, Reason::no_targets(""));
    }
    let index = DesiredIndex::of(&all);
    let now = desired(&[asks("crd/m/c", "c", "1")]);
    assert_eq!(names(index.touched(&set(&["crd/m/c"]), &now)), Some(set(&["c"])));
    let kept: Vec<_> = index.wider_gaps().map(|gap| gap.what.clone()).collect();
    assert_eq!(kept, wide);
}

#[test]
fn every_part_of_what_is_asked_counts() {
    let one = asks("service/n/a", "a", "1");
    let mut others = vec![asks("service/n/a", "a", "2"), asks("service/n/b", "a", "1")];
    others.push(Endpoint { ttl: external_dns_webhook::Ttl::from_seconds(5), ..one.clone() });
    others.push(Endpoint { set_identifier: "x".into(), ..one.clone() });
    others.push(Endpoint { record_type: RecordType::Txt, ..one.clone() });
    let mut labelled = one.clone();
    labelled.labels.set("team", "web");
    others.push(labelled);
    let mut weighted = one.clone();
    weighted.properties.set("aws/weight", "1");
    others.push(weighted);
    let index = DesiredIndex::of(&desired(&[one]));
    for other in others {
        let now = DesiredIndex::of(&desired(std::slice::from_ref(&other)));
        assert_eq!(now.difference(&index).names, set(&["a"]), "{other:?}");
    }
}

/// What one object wants, and what it has lost.
#[derive(Clone, Debug, Default)]
struct Wishes {
    asks: BTreeSet<u8>,
    lost: BTreeSet<u8>,
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let names = || prop::collection::btree_set(0..4_u8, 0..3);
    (names(), names()).prop_map(|(asks, lost)| Wishes { asks, lost })
}

/// Returns what some objects desire together.
fn all_of<'a>(objects: impl IntoIterator<Item = (&'a u8, &'a Wishes)>) -> Desired {
    let mut all = desired(&[]);
    for (object, Wishes { asks: asked, lost: gone }) in objects {
        let (object, name) = (format!("service/n/{object}"), |name: &u8| format!("n{name}"));
        all.endpoints.extend(asked.iter().map(|text| asks(&object, &name(text), "1")));
        for text in gone {
            let lost = lost(&object, &name(text));
            all.unknown.extend(lost.unknown);
            all.statuses.extend(lost.statuses);
        }
    }
    all
}

#[test]
fn an_object_that_is_told_something_else_is_touched_whatever_names_it_asks_for() {
    let wrong = |value: &str| Reason::InvalidAnnotation {
        annotation: "ttl".to_owned(),
        value: value.to_owned(),
        expected: "seconds".to_owned(),
        is_ignored: true,
    };
    let told = |value: &str| Desired {
        statuses: vec![
            RecordStatus::on_object("service/n/a", wrong(value)),
            RecordStatus::on_name("x", "service/n/a", wrong(value)),
        ],
        ..desired(&[asks("service/n/a", "a", "1")])
    };
    let objects = set(&["service/n/a"]);
    let (before, plain) =
        (DesiredIndex::of(&told("soon")), desired(&[asks("service/n/a", "a", "1")]));
    let touched = |now: &Desired| before.touched(&objects, now).unwrap();
    assert_eq!(touched(&told("soon")), Touched::default(), "nothing has changed");
    let changed = Touched { names: set(&["x"]), objects: objects.clone() };
    assert_eq!(touched(&told("later")), changed);
    assert_eq!(touched(&plain), changed, "what is taken away is told, too");
    assert_eq!(DesiredIndex::of(&plain).difference(&before), changed);
    let gone = before.touched(&objects, &desired(&[])).unwrap();
    assert_eq!(gone, Touched { names: set(&["a", "x"]), objects });
}

proptest! {
    #[test]
    fn looking_at_what_changed_finds_what_looking_at_everything_does(
        changes in prop::collection::vec((0..4_u8, wishes()), 1..12),
    ) {
        let (mut world, mut index) = (BTreeMap::new(), DesiredIndex::default());
        for (object, wishes) in changes {
            let before = DesiredIndex::of(&all_of(&world));
            world.insert(object, wishes.clone());
            let after = DesiredIndex::of(&all_of(&world));
            let (objects, now) = (set(&[&format!("service/n/{object}")]), all_of([(&object, &wishes)]));
            if let Some(touched) = names(index.touched(&objects, &now)) {
                index.replace(&objects, &now);
                prop_assert!(touched.is_superset(&after.difference(&before).names), "{:?}", touched);
            } else {
                index = DesiredIndex::of(&all_of(&world));
            }
            prop_assert_eq!(index.difference(&after).names, set(&[]));
            prop_assert_eq!(after.difference(&index).names, set(&[]));
            prop_assert_eq!(&index.gaps, &after.gaps);
        }
    }
}

#[test]
fn where_names_are_kept_apart_what_leads_elsewhere_is_looked_at_with_everything() {
    let mut cut = asks("service/n/a", "shop", "1");
    cut.record_type = RecordType::Ns;
    let (index, objects) = (DesiredIndex::default(), ["service/n/a".into()].into());
    let mut asked = desired(&[cut]);
    assert!(index.touched(&objects, &asked).is_some());
    asked.sharing = controller_core::name_sharing::NameSharing::WithinNamespace;
    assert_eq!(index.touched(&objects, &asked), None);
}
