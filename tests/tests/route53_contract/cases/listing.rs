//! Listing: the spelling of names, their order, and pages.

use aws_sdk_route53::types::{Change, RrType};

use super::{Case, page};
use crate::{
    probe::{
        Answer, Refusal,
        Step::{Ask, Batch, Given, Show},
        Zone,
    },
    record::{a, create, delete, set, weighted},
};

pub(crate) fn cases() -> Vec<Case> {
    [names_and_order(), pages()].into_iter().flatten().collect()
}

fn names_and_order() -> Vec<Case> {
    vec![
        Case::new(
            "A wildcard comes back as \\052",
            page::NAMES,
            vec![Given(vec![create(a("*", "192.0.2.1"))]), Show],
        )
        .aws("\\052 A 192.0.2.1")
        .others("* A 192.0.2.1"),
        Case::new(
            "A wildcard and \\052 are one name",
            page::NAMES,
            vec![
                Given(vec![create(a("*", "192.0.2.1"))]),
                Batch(vec![delete(a("\\052", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("ok; nothing")
        .moto("InvalidInput; * A 192.0.2.1")
        .ministack("InvalidChangeBatch; * A 192.0.2.1"),
        Case::new(
            "A name comes back in lower case",
            page::NAMES,
            vec![Given(vec![create(a("UPPER", "192.0.2.1"))]), Show],
        )
        .aws("upper A 192.0.2.1")
        .others("UPPER A 192.0.2.1"),
        Case::new(
            "Other characters come back as octal codes",
            page::NAMES,
            vec![Given(vec![create(set("a/b", RrType::Txt, &["\"t\""]))]), Show],
        )
        .aws("a\\057b TXT \"t\"")
        .others("a/b TXT \"t\""),
        Case::new(
            "Names come in the order of their labels from the right, each with its dot",
            page::LIST_RECORD_SETS,
            vec![
                Given(vec![
                    create(a("a", "192.0.2.1")),
                    create(a("a-b", "192.0.2.1")),
                    create(a("b", "192.0.2.1")),
                    create(a("x.a", "192.0.2.1")),
                    create(a("x.a-b", "192.0.2.1")),
                ]),
                Ask(names),
            ],
        )
        .aws("a-b, x.a-b, a, x.a, b")
        .moto("a, a-b, x.a-b, x.a, b")
        .ministack("a, x.a, a-b, x.a-b, b"),
        Case::new(
            "Types of one name come in the order of the alphabet",
            page::LIST_RECORD_SETS,
            vec![
                Given(vec![
                    create(set("a", RrType::Txt, &["\"t\""])),
                    create(set("a", RrType::Aaaa, &["2001:db8::1"])),
                    create(a("a", "192.0.2.1")),
                ]),
                Show,
            ],
        )
        .aws("a A 192.0.2.1, a AAAA 2001:db8::1, a TXT \"t\""),
    ]
}

fn pages() -> Vec<Case> {
    vec![
        Case::new(
            "Pages of four show twelve record sets once each, through a group of eight",
            page::LIST_RECORD_SETS,
            vec![Given(group_and_neighbours()), Ask(walk_by_four)],
        )
        .aws("12 in 12 rows")
        .moto("the pages never end"),
        Case::new(
            "A page that ends inside a group names the next identifier",
            page::LIST_RECORD_SETS,
            vec![Given(group_and_neighbours()), Ask(cursor_in_group)],
        )
        .aws("g A [i1]")
        .moto("g A [none]"),
        Case::new(
            "A page holds at most 300 record sets",
            page::LIST_RECORD_SETS,
            vec![Given(many(310)), Ask(size_of_a_thousand)],
        )
        .aws("300 rows, more to come")
        .moto("312 rows, no more"),
        Case::new(
            "A page holds 300 record sets when nothing is said",
            page::LIST_RECORD_SETS,
            vec![Given(many(310)), Ask(size_of_default)],
        )
        .aws("300 rows, more to come"),
        Case::new(
            "A start between two names begins at the next",
            page::LIST_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.1")), create(a("c", "192.0.2.1"))]),
                Ask(start_between),
            ],
        )
        .aws("c A 192.0.2.1"),
        Case::new(
            "A start with a type and no name is refused",
            page::LIST_RECORD_SETS,
            vec![Ask(start_type_without_name)],
        )
        .aws("InvalidInput")
        .ministack("ok"),
    ]
}

fn many(count: usize) -> Vec<Change> {
    (0..count).map(|index| create(a(&format!("n{index:03}"), "192.0.2.1"))).collect()
}

/// Eight weighted record sets of `g` and one simple one on either side: twelve with NS and SOA.
fn group_and_neighbours() -> Vec<Change> {
    let group = (0..8).map(|index| create(weighted("g", &format!("i{index}"), 1, "192.0.2.1")));
    [create(a("f", "192.0.2.1")), create(a("h", "192.0.2.1"))].into_iter().chain(group).collect()
}

fn names<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.walk(None).await {
            Ok(sets) => {
                let suffix = format!(".{}", zone.name);
                let names = sets.iter().filter_map(|set| set.name.strip_suffix(&suffix));
                names.collect::<Vec<_>>().join(", ")
            }
            Err(error) => error,
        }
    })
}

fn walk_by_four<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.walk(Some(4)).await {
            Ok(sets) => {
                let rows = sets.len();
                let mut keys = sets
                    .into_iter()
                    .map(|set| (set.name, set.r#type, set.set_identifier))
                    .collect::<Vec<_>>();
                keys.sort();
                keys.dedup();
                format!("{} in {rows} rows", keys.len())
            }
            Err(error) => error,
        }
    })
}

fn cursor_in_group<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        // NS, SOA, `f` and the first of the group fill the page.
        let page = zone
            .client
            .list_resource_record_sets()
            .hosted_zone_id(&zone.id)
            .max_items(4)
            .send()
            .await;
        match page {
            Ok(page) => {
                let suffix = format!(".{}", zone.name);
                let name = page.next_record_name.unwrap_or_default().replace(&suffix, "");
                let kind = page.next_record_type.map(|kind| kind.to_string()).unwrap_or_default();
                let identifier = page.next_record_identifier.unwrap_or_else(|| "none".to_owned());
                format!("{name} {kind} [{identifier}]")
            }
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn size_of_a_thousand<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(size_of_page(zone, Some(1_000)))
}

fn size_of_default<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(size_of_page(zone, None))
}

async fn size_of_page(zone: &Zone<'_>, size: Option<i32>) -> String {
    let page = zone
        .client
        .list_resource_record_sets()
        .hosted_zone_id(&zone.id)
        .set_max_items(size)
        .send()
        .await;
    match page {
        Ok(page) => {
            let rest = if page.is_truncated { "more to come" } else { "no more" };
            format!("{} rows, {rest}", page.resource_record_sets.len())
        }
        Err(error) => Refusal::of(&error).code,
    }
}

fn start_between<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let page = zone
            .client
            .list_resource_record_sets()
            .hosted_zone_id(&zone.id)
            .start_record_name(format!("b.{}", zone.name))
            .send()
            .await;
        match page {
            Ok(page) => zone.describe(&page.resource_record_sets),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn start_type_without_name<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let page = zone
            .client
            .list_resource_record_sets()
            .hosted_zone_id(&zone.id)
            .start_record_type(RrType::A)
            .send()
            .await;
        match page {
            Ok(_) => "ok".to_owned(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}
