//! Batches: all or nothing, and a DELETE repeats what is there.

use aws_sdk_route53::types::RrType;

use super::{Case, page};
use crate::{
    probe::Step::{Attempt, Batch, Explain, Given, Show},
    record::{
        LOAD_BALANCER, LOAD_BALANCERS, a, alias, create, delete, lasting, set, upsert, weighted,
    },
};

pub(crate) fn cases() -> Vec<Case> {
    [
        creating(),
        writing_again(),
        deleting_what_is_there(),
        deleting_what_is_not_there(),
        by_identifier(),
        in_one_batch(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn creating() -> Vec<Case> {
    vec![
        Case::new(
            "A CREATE of a record set that exists with other values is refused",
            page::CHANGE,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![create(a("a", "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1")
        .moto("ok; a A 192.0.2.1, a A 192.0.2.2"),
        Case::new(
            "A CREATE of a record set that exists with the same values is refused",
            page::CHANGE,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![create(a("a", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1"),
        Case::new(
            "The refusal of a CREATE names the record set",
            page::report::EXISTS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Explain(vec![create(a("a", "192.0.2.1"))]),
            ],
        )
        .aws(
            "[Tried to create resource record set [name='a.ZONE.', type='A'] but it already \
             exists]",
        )
        .moto(
            "Tried to create resource record set [name='a.ZONE.', type='A'] but it already exists",
        )
        .ministack("Tried to create resource record set a.ZONE. type A but it already exists."),
        Case::new(
            "The refusal of a CREATE names the identifier too",
            page::report::EXISTS_IN_GROUP,
            vec![
                Given(vec![create(weighted("a", "blue", 10, "192.0.2.1"))]),
                Explain(vec![create(weighted("a", "blue", 10, "192.0.2.1"))]),
            ],
        )
        .aws(
            "[Tried to create resource record set [name='a.ZONE.', type='A', \
             set-identifier='blue'] but it already exists]",
        )
        .moto(
            "Tried to create resource record set [name='a.ZONE.', type='A'] but it already exists",
        )
        .ministack("Tried to create resource record set a.ZONE. type A but it already exists."),
        Case::new(
            "The refusals of several changes stand in one list",
            page::report::EXISTS,
            vec![
                Given(vec![create(a("a", "192.0.2.1")), create(a("b", "192.0.2.1"))]),
                Explain(vec![create(a("a", "192.0.2.2")), create(a("b", "192.0.2.2"))]),
            ],
        )
        .aws(
            "[Tried to create resource record set [name='a.ZONE.', type='A'] but it already \
             exists, Tried to create resource record set [name='b.ZONE.', type='A'] but it already \
             exists]",
        )
        .moto("ok")
        .ministack("Tried to create resource record set a.ZONE. type A but it already exists."),
        Case::new(
            "One record set cannot be created twice in one batch",
            page::CHANGE,
            vec![Batch(vec![create(a("a", "192.0.2.1")), create(a("a", "192.0.2.2"))]), Show],
        )
        .aws("InvalidChangeBatch; nothing")
        .moto("ok; a A 192.0.2.1, a A 192.0.2.2"),
    ]
}

fn writing_again() -> Vec<Case> {
    vec![
        Case::new(
            "A record set that was deleted can be created again",
            page::CHANGE,
            vec![
                Given(vec![create(a("a", "192.0.2.1")), create(a("z", "192.0.2.1"))]),
                Given(vec![delete(a("a", "192.0.2.1"))]),
                Batch(vec![create(a("a", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("ok; a A 192.0.2.1, z A 192.0.2.1")
        .moto("InvalidChangeBatch; z A 192.0.2.1"),
        Case::new(
            "An UPSERT creates, and replaces what is there",
            page::CHANGE,
            vec![
                Batch(vec![upsert(a("a", "192.0.2.1"))]),
                Batch(vec![upsert(a("a", "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("ok; ok; a A 192.0.2.2"),
    ]
}

fn deleting_what_is_there() -> Vec<Case> {
    vec![
        Case::new(
            "A DELETE must repeat the current values",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![upsert(a("a", "192.0.2.1"))]),
                Given(vec![upsert(a("a", "192.0.2.2"))]),
                Batch(vec![delete(a("a", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.2").moto("ok; nothing"),
        Case::new(
            "The refusal of a DELETE says that the values differ",
            page::report::DIFFERS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Explain(vec![delete(a("a", "192.0.2.2"))]),
            ],
        )
        .aws(
            "[Tried to delete resource record set [name='a.ZONE.', type='A'] but the values \
             provided do not match the current values]",
        ).moto("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=DELETE, Name=a.ZONE., Type=A, SetIdentifier=null]").ministack("Tried to delete resource record set [name='a.ZONE.', type='A'] but the values provided do not match the current values"),
        Case::new(
            "A DELETE must repeat the time to live",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![delete(lasting(a("a", "192.0.2.1"), 300))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1").moto("InvalidInput; a A 192.0.2.1"),
        Case::new(
            "A DELETE must repeat the weight",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(weighted("a", "blue", 10, "192.0.2.1"))]),
                Batch(vec![delete(weighted("a", "blue", 20, "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A [blue] 192.0.2.1").moto("ok; nothing"),
        Case::new(
            "A DELETE of an alias must repeat its target",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(alias("a", LOAD_BALANCERS, LOAD_BALANCER))]),
                Batch(vec![delete(alias(
                    "a",
                    LOAD_BALANCERS,
                    "other-1234567890.us-east-1.elb.amazonaws.com.",
                ))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A -> web-1234567890.us-east-1.elb.amazonaws.com.").moto("ok; nothing"),
        Case::new(
            "A DELETE may name the values in another order",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(set("a", RrType::A, &["192.0.2.1", "192.0.2.2"]))]),
                Batch(vec![delete(set("a", RrType::A, &["192.0.2.2", "192.0.2.1"]))]),
                Show,
            ],
        )
        .aws("ok; nothing").moto("InvalidInput; a A 192.0.2.1 192.0.2.2"),
    ]
}

fn deleting_what_is_not_there() -> Vec<Case> {
    vec![
        Case::new(
            "A DELETE of what is not there is refused",
            page::report::NOT_FOUND,
            vec![Batch(vec![delete(a("a", "192.0.2.1"))])],
        )
        .aws("InvalidChangeBatch").moto("InvalidInput"),
        Case::new(
            "The refusal of a DELETE says that nothing was found",
            page::report::NOT_FOUND,
            vec![Explain(vec![delete(a("a", "192.0.2.1"))])],
        )
        .aws(
            "[Tried to delete resource record set [name='a.ZONE.', type='A'] but it was not found]",
        ).moto("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=DELETE, Name=a.ZONE., Type=A, SetIdentifier=null]").ministack("Tried to delete resource record set [name='a.ZONE.', type='A'] but it was not found"),
        Case::new(
            "A second DELETE is refused",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![delete(a("a", "192.0.2.1"))]),
                Batch(vec![delete(a("a", "192.0.2.1"))]),
            ],
        )
        .aws("ok; InvalidChangeBatch").moto("ok; ok"),
        Case::new(
            "One record set cannot be deleted twice in one batch",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![delete(a("a", "192.0.2.1")), delete(a("a", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1").moto("ok; nothing"),
    ]
}

fn by_identifier() -> Vec<Case> {
    vec![
        Case::new(
            "A DELETE takes only the record set of its name, type and identifier",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![
                    create(weighted("a", "blue", 10, "192.0.2.1")),
                    create(weighted("a", "green", 10, "192.0.2.2")),
                    create(weighted("b", "blue", 10, "192.0.2.3")),
                ]),
                Batch(vec![delete(weighted("a", "blue", 10, "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("ok; a A [green] 192.0.2.2, b A [blue] 192.0.2.3")
        .moto("ok; a A [green] 192.0.2.2"),
        Case::new(
            "An UPSERT touches only the record set of its identifier",
            page::CHANGE,
            vec![
                Given(vec![
                    create(weighted("a", "blue", 10, "192.0.2.1")),
                    create(weighted("a", "green", 10, "192.0.2.2")),
                ]),
                Batch(vec![upsert(weighted("a", "blue", 20, "192.0.2.9"))]),
                Show,
            ],
        )
        .aws("ok; a A [blue] 192.0.2.9, a A [green] 192.0.2.2"),
    ]
}

fn in_one_batch() -> Vec<Case> {
    vec![
        Case::new(
            "A DELETE and a CREATE of one record set in one batch replace it",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![delete(a("a", "192.0.2.1")), create(a("a", "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("ok; a A 192.0.2.2"),
        Case::new(
            "A DELETE of old values beside a CREATE of new ones is a compare-and-swap",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("a", "192.0.2.9"))]),
                Batch(vec![delete(a("a", "192.0.2.1")), create(a("a", "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.9")
        .moto("InvalidInput; a A 192.0.2.9"),
        Case::new(
            "A name outside the zone rolls back the changes before it",
            page::CHANGE_RECORD_SETS,
            vec![
                Batch(vec![create(a("a", "192.0.2.1")), create(a("a.example.net.", "192.0.2.1"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; nothing")
        .moto("InvalidChangeBatch; a A 192.0.2.1")
        .ministack("ok; a A 192.0.2.1, a.example.net. A 192.0.2.1"),
        Case::new(
            "A CREATE that exists rolls back the changes before it",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(a("b", "192.0.2.1"))]),
                Batch(vec![create(a("a", "192.0.2.1")), create(a("b", "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; b A 192.0.2.1")
        .moto("ok; a A 192.0.2.1, b A 192.0.2.1, b A 192.0.2.2"),
        Case::new(
            "An empty batch is refused",
            "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeBatch.html",
            vec![Attempt(Vec::new())],
        )
        .aws("refused")
        .others("ok"),
    ]
}
