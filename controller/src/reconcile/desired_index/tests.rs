//! Which names a change touches, and when that cannot be told from the change alone.

use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{Labels, RecordType};

use super::*;

fn asks(object: &str, name: &str, target: &str) -> Endpoint {
    let mut endpoint = Endpoint::new(name, RecordType::A, [target]);
    endpoint.labels = Labels::default().with(Labels::RESOURCE, object);
    endpoint
}

fn desired(endpoints: &[Endpoint]) -> Desired {
    Desired { endpoints: endpoints.to_vec(), ..Desired::default() }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_change_touches_the_names_before_and_after() {
    let before = desired(&[asks("service/n/a", "a", "1"), asks("service/n/b", "b", "1")]);
    let mut index = DesiredIndex::of(&before);
    let now = desired(&[asks("service/n/a", "c", "1")]);
    let objects = set(&["service/n/a"]);
    assert_eq!(index.touched(&objects, &now), Some(set(&["a", "c"])));
    index.replace(&objects, &now);
    let all =
        DesiredIndex::of(&desired(&[asks("service/n/a", "c", "1"), asks("service/n/b", "b", "1")]));
    assert_eq!(index.difference(&all), set(&[]), "the same as looking at everything");
    assert_eq!(all.difference(&index), set(&[]));
}

#[test]
fn a_change_that_asks_for_the_same_touches_nothing() {
    let all = [asks("service/n/a", "a", "1"), asks("service/n/a", "a2", "1")];
    let index = DesiredIndex::of(&desired(&all));
    assert_eq!(index.touched(&set(&["service/n/a"]), &desired(&all)), Some(set(&[])));
}

#[test]
fn a_name_that_someone_else_asks_for_needs_a_look_at_everything() {
    let before = desired(&[asks("service/n/a", "a", "1"), asks("service/n/b", "b", "1")]);
    let index = DesiredIndex::of(&before);
    let now = desired(&[asks("service/n/a", "b", "2")]);
    assert_eq!(index.touched(&set(&["service/n/a"]), &now), None);
}

#[test]
fn an_object_that_asks_for_the_same_is_someone_else_who_asks() {
    let mut before = desired(&[asks("service/n/a", "a", "1")]);
    let again = asks("crd/n/b", "a", "1");
    before.endpoints.push(again);
    let mut index = DesiredIndex::of(&before);
    assert_eq!(index.touched(&set(&["service/n/a"]), &desired(&[])), None);
    assert_eq!(index.touched(&set(&["crd/n/b"]), &desired(&[])), None);
    index.replace(&set(&["service/n/a", "crd/n/b"]), &before);
    assert_eq!(index.difference(&DesiredIndex::of(&before)), set(&[]));
}

fn lost(object: &str, name: &str) -> Desired {
    let mut desired = desired(&[]);
    desired.unknown(Unknown::Name(name.into()), Reason::no_targets(""));
    desired.statuses.push(RecordStatus::on_name(name, object, Reason::no_targets("")));
    desired
}

#[test]
fn a_name_that_is_not_known_needs_a_look_at_everything() {
    let index = DesiredIndex::of(&lost("service/n/a", "A."));
    let now = desired(&[asks("service/n/c", "a", "1")]);
    assert_eq!(index.touched(&set(&["service/n/c"]), &now), None);
    let other = desired(&[asks("service/n/b", "b", "1")]);
    assert_eq!(index.touched(&set(&["service/n/b"]), &other), Some(set(&["b"])));
}

#[test]
fn an_object_that_goes_after_it_lost_its_targets_needs_a_look_at_everything() {
    let mut index = DesiredIndex::of(&desired(&[asks("service/n/a", "a", "1")]));
    let objects = set(&["service/n/a"]);
    let cleared = lost("service/n/a", "a");
    assert_eq!(index.touched(&objects, &cleared), Some(set(&["a"])));
    index.replace(&objects, &cleared);
    assert_eq!(index.touched(&objects, &desired(&[])), None);
}

#[test]
fn a_gap_that_nobody_owns_up_to_may_be_anyones() {
    let mut before = desired(&[]);
    before.unknown(Unknown::Name("x".into()), Reason::no_targets(""));
    let now = desired(&[asks("service/n/a", "a", "1")]);
    assert_eq!(DesiredIndex::of(&before).touched(&set(&["service/n/a"]), &now), None);
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
    assert_eq!(index.touched(&set(&["crd/m/c"]), &now), Some(set(&["c"])));
    let kept: Vec<_> = index.standing_gaps().map(|gap| gap.what.clone()).collect();
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
        assert_eq!(now.difference(&index), set(&["a"]), "{other:?}");
    }
}
