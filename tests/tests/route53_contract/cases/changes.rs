//! The life of a change: its id and its status.

use std::time::Duration;

use super::{Case, page};
use crate::{
    probe::{Answer, Refusal, Step::Ask, Zone},
    record::{a, upsert},
};

/// How often a change is asked whether it is in sync.
const QUESTIONS: usize = 20;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("Every change has an id of its own", page::GET_CHANGE, vec![Ask(two_changes)])
            .aws("different")
            .moto("equal"),
        Case::new("A change comes to be INSYNC", page::GET_CHANGE, vec![Ask(in_sync)])
            .aws("INSYNC"),
        Case::new(
            "A change that does not exist is refused",
            page::GET_CHANGE,
            vec![Ask(unknown_change)],
        )
        .aws("NoSuchChange")
        .moto("ok"),
    ]
}

fn two_changes<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let first = zone.send(vec![upsert(a("a", "192.0.2.1"))]).await;
        let second = zone.send(vec![upsert(a("a", "192.0.2.2"))]).await;
        match (first, second) {
            (Ok(first), Ok(second)) if first == second => "equal".to_owned(),
            (Ok(_), Ok(_)) => "different".to_owned(),
            (Err(refusal), _) | (_, Err(refusal)) => refusal.code,
        }
    })
}

fn in_sync<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let id = match zone.send(vec![upsert(a("a", "192.0.2.1"))]).await {
            Ok(id) => id,
            Err(refusal) => return refusal.code,
        };
        let mut status = String::new();
        for _ in 0..QUESTIONS {
            match zone.client.get_change().id(id.trim_start_matches("/change/")).send().await {
                Ok(answer) => {
                    let info = answer.change_info;
                    status = info.map(|info| info.status.to_string()).unwrap_or_default();
                }
                Err(error) => return Refusal::of(&error).code,
            }
            if status == "INSYNC" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        status
    })
}

fn unknown_change<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.client.get_change().id("C00000000000000000000").send().await {
            Ok(_) => "ok".to_owned(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}
