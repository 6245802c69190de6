//! Limits of a batch: record values, their characters, and the double weight of an UPSERT.

use aws_sdk_route53::types::{Change, ResourceRecordSet, RrType};

use super::{Case, page};
use crate::{
    probe::Step::{Attempt, Batch},
    record::{a, create, set, upsert},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "A batch of 1,000 values is accepted",
            page::LIMITS,
            vec![Batch(many(1_000, create))],
        )
        .aws("ok"),
        Case::new(
            "A batch of 1,001 values is refused",
            page::LIMITS,
            vec![Batch(many(1_001, create))],
        )
        .aws("InvalidChangeBatch")
        .ministack("ok"),
        Case::new(
            "A value of an UPSERT counts twice: 500 are accepted",
            page::LIMITS,
            vec![Batch(many(500, upsert))],
        )
        .aws("ok"),
        Case::new(
            "A value of an UPSERT counts twice: 501 are refused",
            page::LIMITS,
            vec![Batch(many(501, upsert))],
        )
        .aws("InvalidChangeBatch")
        .ministack("ok"),
        Case::new(
            "A batch of 32,000 characters is accepted",
            page::LIMITS,
            vec![Batch(long(32_000, create))],
        )
        .aws("ok"),
        Case::new(
            "A batch of more than 32,000 characters is refused",
            page::LIMITS,
            vec![Batch(long(32_200, create))],
        )
        .aws("InvalidChangeBatch")
        .others("ok"),
        Case::new(
            "A character of an UPSERT counts twice: more than 16,000 are refused",
            page::LIMITS,
            vec![Batch(long(16_200, upsert))],
        )
        .aws("InvalidChangeBatch")
        .others("ok"),
        Case::new(
            "A record set of 400 values is accepted",
            page::LIMITS,
            vec![Batch(vec![create(broad(400))])],
        )
        .aws("ok"),
        Case::new(
            "A record set of 401 values is refused",
            page::LIMITS,
            vec![Attempt(vec![create(broad(401))])],
        )
        .aws("refused")
        .others("ok"),
    ]
}

/// Returns changes of `count` record sets with one value each.
fn many(count: usize, change: fn(ResourceRecordSet) -> Change) -> Vec<Change> {
    (0..count).map(|index| change(a(&format!("n{index}"), "192.0.2.1"))).collect()
}

/// Returns changes of TXT record sets with 200 characters each, quotes included.
fn long(characters: usize, change: fn(ResourceRecordSet) -> Change) -> Vec<Change> {
    let value = format!("\"{}\"", "x".repeat(198));
    (0..characters / 200)
        .map(|index| change(set(&format!("n{index}"), RrType::Txt, &[&value])))
        .collect()
}

/// Returns one record set of `count` addresses.
fn broad(count: usize) -> ResourceRecordSet {
    let values =
        (0..count).map(|index| format!("10.0.{}.{}", index / 250, index % 250)).collect::<Vec<_>>();
    set("a", RrType::A, &values.iter().map(String::as_str).collect::<Vec<_>>())
}
