//! How changes are split: never a record without its ownership record, never over a limit.

use external_dns_webhook::{Endpoint, RecordType};
use proptest::prelude::*;

use super::*;

fn action(verb: Verb, name: &str, record_type: RecordType, value: &str) -> Action {
    let endpoint = Endpoint::new(name, record_type, [value]);
    Action { verb, set: RecordSet::from_endpoint(&endpoint, true).unwrap() }
}

/// A record set and its ownership record; the values are 7 and 10 characters long.
fn group(index: usize, verb: Verb) -> Group {
    let name = format!("n{index:03}.example.com");
    let actions = vec![
        action(verb, &name, RecordType::A, "8.8.8.8"),
        action(verb, &format!("a-{name}"), RecordType::Txt, "\"12345678\""),
    ];
    Group { key: GroupKey::whole(name), actions }
}

fn groups(verb: Verb) -> Vec<Group> {
    (0..25).map(|index| group(index, verb)).collect()
}

fn sizes(groups: Vec<Group>, limits: Limits) -> Vec<usize> {
    let (batches, _) = split(groups, limits);
    batches.iter().map(|batch| batch.iter().map(|group| group.actions.len()).sum()).collect()
}

#[test]
fn a_record_and_its_ownership_record_share_a_batch() {
    let limits = Limits { changes: 11, ..Limits::default() };
    assert_eq!(sizes(groups(Verb::Create), limits), [2, 8, 10, 10, 10, 10]);
}

#[test]
fn a_group_that_fits_nowhere_is_named_with_the_limit() {
    let limits = Limits { changes: 1, ..Limits::default() };
    let (batches, too_large) = split(groups(Verb::Create), limits);
    assert!(batches.is_empty());
    assert_eq!(too_large.len(), 25);
    assert_eq!(
        too_large[0].to_string(),
        "the changes of `n000.example.com` need 2 changes, 17 characters and 2 values in one \
         batch, and one takes at most 1, 32000 and 1000; raise --aws-batch-change-size to 2 or more"
    );
}

#[test]
fn what_fits_in_no_batch_of_aws_is_to_be_split() {
    let size = Size { changes: 2, bytes: 40_000, values: 2 };
    let limits = Limits { changes: 1, ..Limits::default() };
    let text = TooLarge { key: GroupKey::whole("n.example.com"), size, limits }.to_string();
    assert!(text.ends_with("split its targets over several names"), "{text}");
}

#[test]
fn an_upsert_counts_its_characters_twice() {
    let limits = Limits { bytes: 100, ..Limits::default() };
    assert_eq!(sizes(groups(Verb::Create), limits).len(), 6);
    assert_eq!(sizes(groups(Verb::Upsert), limits).len(), 13, "the first has one group anyway");
}

#[test]
fn values_are_counted_over_the_whole_batch() {
    let limits = Limits { values: 100, ..Limits::default() };
    assert_eq!(sizes(groups(Verb::Create), limits), [50]);
}

#[test]
fn the_first_of_many_names_need_not_wait_for_a_full_batch() {
    let limits = Limits { changes: 20, ..Limits::default() };
    assert_eq!(sizes(groups(Verb::Create), limits), [2, 8, 20, 20], "what is left over is large");
    let few: Vec<_> = groups(Verb::Create).into_iter().take(12).collect();
    assert_eq!(sizes(few.clone(), limits), [4, 20], "what is left over is small");
    let few = few.into_iter().take(10).collect();
    assert_eq!(sizes(few, limits), [20], "one call is enough");
}

/// Returns how many batches there are when each is filled before the next.
fn least(groups: &[Group], limits: Limits) -> usize {
    let (mut count, mut taken) = (0, None::<Size>);
    for size in groups.iter().map(Group::size).filter(|size| limits.allow(*size)) {
        let both = taken.map(|taken| taken.plus(size)).filter(|both| limits.allow(*both));
        count += usize::from(both.is_none());
        taken = both.or(Some(size));
    }
    count
}

#[test]
fn a_batch_is_ordered_by_verb_name_and_type() {
    let actions = vec![
        action(Verb::Create, "a.example.com", RecordType::Txt, "x"),
        action(Verb::Create, "a.example.com", RecordType::A, "8.8.8.8"),
        action(Verb::Create, "b.example.com", RecordType::A, "8.8.8.8"),
        action(Verb::Delete, "d.example.com", RecordType::A, "8.8.8.8"),
        action(Verb::Upsert, "u.example.com", RecordType::A, "8.8.8.8"),
        action(Verb::Create, "v.example.com", RecordType::A, "8.8.8.8"),
        action(Verb::Delete, "v.example.com", RecordType::A, "8.8.4.4"),
    ];
    let groups = [Group { key: GroupKey::default(), actions }];
    let ordered = ordered(&groups);
    let shown: Vec<_> = ordered
        .iter()
        .map(|action| {
            format!(
                "{} {} {}",
                action.verb.as_str(),
                action.set.name.to_text(),
                action.set.record_type
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "UPSERT u.example.com A",
            "DELETE d.example.com A",
            "DELETE v.example.com A",
            "CREATE a.example.com A",
            "CREATE a.example.com TXT",
            "CREATE b.example.com A",
            "CREATE v.example.com A",
        ]
    );
}

proptest! {
    #[test]
    fn no_batch_exceeds_a_limit_and_nothing_is_lost(
        verbs in proptest::collection::vec(prop_oneof![Just(Verb::Create), Just(Verb::Upsert)], 0..60),
        (changes, bytes, values) in (1_usize..20, 10_usize..200, 1_usize..20),
    ) {
        let limits = Limits { changes, bytes, values };
        let groups: Vec<_> = verbs.iter().enumerate().map(|(i, verb)| group(i, *verb)).collect();
        let (batches, too_large) = split(groups.clone(), limits);
        for batch in &batches {
            let size = batch.iter().map(Group::size).fold(Size::default(), Size::plus);
            prop_assert!(limits.allow(size), "{size:?}");
        }
        let least = least(&groups, limits);
        prop_assert!((least..=least + 1).contains(&batches.len()), "{} for {least}", batches.len());
        if let [first, _, ..] = batches.as_slice() {
            let size = first.iter().map(Group::size).fold(Size::default(), Size::plus);
            prop_assert!(first.len() == 1 || limits.over(LARGE_FIRST).allow(size), "{size:?}");
        }
        let mut kept: Vec<_> = batches.into_iter().flatten().map(|batch| batch.key).collect();
        let too_large_count = too_large.len();
        kept.extend(too_large.into_iter().map(|too_large| too_large.key));
        if too_large_count == 0 {
            prop_assert!(kept.is_sorted(), "{kept:?}");
        }
        kept.sort();
        prop_assert_eq!(kept, groups.into_iter().map(|group| group.key).collect::<Vec<_>>());
    }
}
