//! Values and names: what a record set may say.

use aws_sdk_route53::types::{ResourceRecordSet, RrType};

use super::{Case, page};
use crate::{
    probe::{
        Answer,
        Step::{Ask, Attempt, Batch, Explain, Given, Show},
        Zone,
    },
    record::{
        LOAD_BALANCER, LOAD_BALANCERS, THIS_ZONE, a, alias, bare, create, delete, lasting, set,
    },
};

pub(crate) fn cases() -> Vec<Case> {
    [by_type(), beside_a_cname(), aliases(), names()].into_iter().flatten().collect()
}

fn by_type() -> Vec<Case> {
    vec![
        refused("An A value must be an IPv4 address", a("a", "2001:db8::1")).others("ok"),
        refused("An AAAA value must be an IPv6 address", set("a", RrType::Aaaa, &["192.0.2.1"]))
            .others("ok"),
        refused("An MX value needs a priority", set("a", RrType::Mx, &["mail.example.net."]))
            .others("ok"),
        refused(
            "An SRV value needs four fields",
            set("a", RrType::Srv, &["10 5 web.example.net."]),
        )
        .others("ok"),
        refused(
            "A CAA value needs a quoted third field",
            set("a", RrType::Caa, &["0 issue ca.test"]),
        )
        .others("ok"),
        refused("A TXT value must be quoted", set("a", RrType::Txt, &["bare words"])).others("ok"),
        refused(
            "A quoted TXT string holds at most 255 characters",
            set("a", RrType::Txt, &[&format!("\"{}\"", "x".repeat(256))]),
        )
        .others("ok"),
        Case::new(
            "A TXT value may hold several quoted strings",
            page::TYPES,
            vec![Batch(vec![create(set("a", RrType::Txt, &[&split_in_two()]))])],
        )
        .aws("ok"),
        Case::new(
            "A TXT value comes back byte for byte",
            page::TYPES,
            vec![
                Given(vec![create(set("a", RrType::Txt, &[r#""<a&b> \"q\" \\ \303\251""#]))]),
                Show,
            ],
        )
        .aws(r#"a TXT "<a&b> \"q\" \\ \303\251""#),
        Case::new(
            "The same value twice in a record set is refused by name",
            page::report::DUPLICATE,
            vec![Explain(vec![create(set("a", RrType::A, &["192.0.2.1", "192.0.2.1"]))])],
        )
        .aws("[Duplicate Resource Record: '192.0.2.1']")
        .others("ok"),
        refused(
            "A CNAME has one value",
            set("a", RrType::Cname, &["b.example.net.", "c.example.net."]),
        )
        .others("ok"),
        refused("A CNAME cannot be at the apex", set("@", RrType::Cname, &["b.example.net."]))
            .others("ok"),
    ]
}

fn beside_a_cname() -> Vec<Case> {
    vec![
        Case::new(
            "A CNAME cannot stand beside another type",
            page::TYPES,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![create(set("a", RrType::Cname, &["b.example.net."]))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1")
        .others("ok; a A 192.0.2.1, a CNAME b.example.net."),
        Case::new(
            "Another type cannot come to stand beside a CNAME",
            page::TYPES,
            vec![
                Given(vec![create(set("a", RrType::Cname, &["b.example.net."]))]),
                Batch(vec![create(set("a", RrType::Txt, &["\"t\""]))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a CNAME b.example.net.")
        .others("ok; a CNAME b.example.net., a TXT \"t\""),
        Case::new(
            "The refusal of a type beside a CNAME names both",
            page::report::CONFLICT,
            vec![
                Given(vec![create(set("a", RrType::Cname, &["b.example.net."]))]),
                Explain(vec![create(set("a", RrType::Txt, &["\"t\""]))]),
            ],
        )
        .aws(
            "[RRSet of type TXT with DNS name a.ZONE. is not permitted because a conflicting RRSet \
             of type  CNAME with the same DNS name already exists in zone ZONE.]",
        )
        .others("ok"),
        Case::new(
            "A CNAME can give way to an A in one batch",
            page::CHANGE_RECORD_SETS,
            vec![
                Given(vec![create(set("a", RrType::Cname, &["b.example.net."]))]),
                Batch(vec![
                    delete(set("a", RrType::Cname, &["b.example.net."])),
                    create(a("a", "192.0.2.1")),
                ]),
                Show,
            ],
        )
        .aws("ok; a A 192.0.2.1"),
    ]
}

fn aliases() -> Vec<Case> {
    vec![
        Case::new(
            "A record set that is no alias needs a time to live",
            page::RECORD_SET,
            vec![Attempt(vec![create(without_ttl())])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "An alias has no time to live",
            page::RECORD_SET,
            vec![Attempt(vec![create(lasting(alias("a", LOAD_BALANCERS, LOAD_BALANCER), 60))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "A record set without values or a target is refused",
            page::RECORD_SET,
            vec![Attempt(vec![create(lasting(bare("a", RrType::A), 60))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "An alias to a load balancer comes back as it was sent",
            page::ALIAS_TARGET,
            vec![Given(vec![create(alias("a", LOAD_BALANCERS, LOAD_BALANCER))]), Show],
        )
        .aws("a A -> web-1234567890.us-east-1.elb.amazonaws.com."),
        Case::new(
            "An alias into its own zone needs a record set there",
            page::ALIAS_TARGET,
            vec![Attempt(vec![create(alias("a", THIS_ZONE, "missing"))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "An alias into another zone needs that service's zone id",
            page::ALIAS_TARGET,
            vec![Attempt(vec![create(alias("a", "Z00000000000000000000", LOAD_BALANCER))])],
        )
        .aws("refused")
        .others("ok"),
    ]
}

fn names() -> Vec<Case> {
    vec![
        Case::new(
            "A name outside the zone is refused",
            page::CHANGE_RECORD_SETS,
            vec![Batch(vec![create(a("a.example.net.", "192.0.2.1"))])],
        )
        .aws("InvalidChangeBatch")
        .ministack("ok"),
        Case::new(
            "The refusal of a name outside the zone names both",
            page::report::OUTSIDE,
            vec![Explain(vec![create(a("a.example.net.", "192.0.2.1"))])],
        )
        .aws("[RRSet with DNS name a.example.net. is not permitted in zone ZONE.]")
        .moto("RRSet with DNS name a.example.net is not permitted in zone ZONE.")
        .ministack("ok"),
        Case::new(
            "A name inside a zone begins at a dot",
            page::NAMES,
            vec![Batch(vec![create(a("evil@", "192.0.2.1"))])],
        )
        .aws("InvalidChangeBatch")
        .others("ok"),
        Case::new(
            "A label holds at most 63 characters",
            page::NAMES,
            vec![Attempt(vec![create(a(&"x".repeat(64), "192.0.2.1"))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "A name holds at most 255 characters",
            page::NAMES,
            vec![Attempt(vec![create(a(&vec!["x".repeat(60); 5].join("."), "192.0.2.1"))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "The NS record set of the apex cannot be deleted",
            page::APEX,
            vec![Ask(delete_apex_ns)],
        )
        .aws("InvalidChangeBatch")
        .moto("InvalidInput")
        .ministack("ok"),
    ]
}

/// A record set that the page about types and values does not allow.
fn refused(name: &'static str, set: ResourceRecordSet) -> Case {
    Case::new(name, page::TYPES, vec![Batch(vec![create(set)])]).aws("InvalidChangeBatch")
}

fn delete_apex_ns<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let sets = match zone.walk(None).await {
            Ok(sets) => sets,
            Err(error) => return error,
        };
        let Some(ns) = sets.into_iter().find(|set| set.r#type == RrType::Ns) else {
            return "no NS record set".to_owned();
        };
        match zone.send(vec![delete(ns)]).await {
            Ok(_) => "ok".to_owned(),
            Err(refusal) => refusal.code,
        }
    })
}

fn split_in_two() -> String {
    let half = "x".repeat(255);
    format!("\"{half}\" \"{half}\"")
}

fn without_ttl() -> ResourceRecordSet {
    let mut set = a("a", "192.0.2.1");
    set.ttl = None;
    set
}
