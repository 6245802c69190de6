//! Routing policies: one per name and type, each with an identifier of its own.

use aws_sdk_route53::types::{
    Coordinates, GeoLocation, GeoProximityLocation, ResourceRecordSet, ResourceRecordSetFailover,
    ResourceRecordSetRegion, RrType,
};

use super::{Case, page};
use crate::{
    probe::{
        Answer,
        Step::{Ask, Attempt, Batch, Given, Show},
        Zone,
    },
    record::{a, create, identified, weighted},
};

pub(crate) fn cases() -> Vec<Case> {
    [alone(), beside_others()].into_iter().flatten().collect()
}

fn alone() -> Vec<Case> {
    vec![
        Case::new(
            "Every policy comes back as it was sent",
            page::RECORD_SET,
            vec![
                Given(vec![
                    create(weighted("weighted", "i", 0, "192.0.2.1")),
                    create(latency("latency", "i")),
                    create(country("country", "i", "DE")),
                    create(multivalue("multivalue", "i")),
                    create(failover("failover", "i", ResourceRecordSetFailover::Secondary)),
                ]),
                Ask(policies),
            ],
        )
        .aws(
            "country: country DE, failover: SECONDARY, latency: eu-west-1, multivalue: true, \
             weighted: weight 0",
        ),
        Case::new(
            "A geoproximity location comes back as it was sent",
            page::RECORD_SET,
            vec![Given(vec![create(geoproximity("near", "i"))]), Ask(policies)],
        )
        .aws("near: 49.22,-74.01 bias 10")
        .others("near: no policy"),
        Case::new(
            "A weight is at most 255",
            page::RECORD_SET,
            vec![Attempt(vec![create(weighted("a", "blue", 256, "192.0.2.1"))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "A policy needs an identifier",
            page::RECORD_SET,
            vec![Attempt(vec![create(unidentified(weighted("a", "blue", 1, "192.0.2.1")))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "An identifier needs a policy",
            page::RECORD_SET,
            vec![Attempt(vec![create(identified(a("a", "192.0.2.1"), "blue"))])],
        )
        .aws("refused")
        .others("ok"),
    ]
}

fn beside_others() -> Vec<Case> {
    vec![
        Case::new(
            "A simple record set cannot stand beside a weighted one",
            page::RECORD_SET,
            vec![
                Given(vec![create(a("a", "192.0.2.1"))]),
                Batch(vec![create(weighted("a", "blue", 1, "192.0.2.2"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A 192.0.2.1")
        .others("ok; a A 192.0.2.1, a A [blue] 192.0.2.2"),
        Case::new(
            "A name and type have one policy",
            page::RECORD_SET,
            vec![
                Given(vec![create(weighted("a", "blue", 1, "192.0.2.1"))]),
                Batch(vec![create(latency("a", "green"))]),
                Show,
            ],
        )
        .aws("InvalidChangeBatch; a A [blue] 192.0.2.1")
        .others("ok; a A [blue] 192.0.2.1, a A [green] 192.0.2.1"),
        Case::new(
            "Types of one name may have different policies",
            page::RECORD_SET,
            vec![
                Batch(vec![
                    create(weighted("a", "blue", 1, "192.0.2.1")),
                    create(crate::record::set("a", RrType::Txt, &["\"t\""])),
                ]),
                Show,
            ],
        )
        .aws("ok; a A [blue] 192.0.2.1, a TXT \"t\""),
        Case::new(
            "A location is given to one record set of a name and type",
            page::RECORD_SET,
            vec![Attempt(vec![
                create(country("a", "one", "DE")),
                create(country("a", "two", "DE")),
            ])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "A country must exist",
            "https://docs.aws.amazon.com/Route53/latest/APIReference/API_GeoLocation.html",
            vec![Attempt(vec![create(country("a", "one", "XX"))])],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "There is one secondary record set of a name and type",
            page::RECORD_SET,
            vec![
                Given(vec![create(failover("a", "one", ResourceRecordSetFailover::Secondary))]),
                Attempt(vec![create(failover("a", "two", ResourceRecordSetFailover::Secondary))]),
            ],
        )
        .aws("refused")
        .others("ok"),
        Case::new(
            "A health check must exist",
            page::RECORD_SET,
            vec![Attempt(vec![create(checked(weighted("a", "blue", 1, "192.0.2.1")))])],
        )
        .aws("refused")
        .others("ok"),
    ]
}

fn latency(name: &str, identifier: &str) -> ResourceRecordSet {
    let mut set = identified(a(name, "192.0.2.1"), identifier);
    set.region = Some(ResourceRecordSetRegion::EuWest1);
    set
}

fn country(name: &str, identifier: &str, code: &str) -> ResourceRecordSet {
    let mut set = identified(a(name, "192.0.2.1"), identifier);
    set.geo_location = Some(GeoLocation::builder().country_code(code).build());
    set
}

fn geoproximity(name: &str, identifier: &str) -> ResourceRecordSet {
    let coordinates = Coordinates::builder().latitude("49.22").longitude("-74.01").build().unwrap();
    let mut set = identified(a(name, "192.0.2.1"), identifier);
    set.geo_proximity_location =
        Some(GeoProximityLocation::builder().coordinates(coordinates).bias(10).build());
    set
}

fn multivalue(name: &str, identifier: &str) -> ResourceRecordSet {
    let mut set = identified(a(name, "192.0.2.1"), identifier);
    set.multi_value_answer = Some(true);
    set
}

fn failover(name: &str, identifier: &str, role: ResourceRecordSetFailover) -> ResourceRecordSet {
    let mut set = identified(a(name, "192.0.2.1"), identifier);
    set.failover = Some(role);
    set
}

fn checked(mut set: ResourceRecordSet) -> ResourceRecordSet {
    set.health_check_id = Some("00000000-0000-0000-0000-000000000000".to_owned());
    set
}

fn unidentified(mut set: ResourceRecordSet) -> ResourceRecordSet {
    set.set_identifier = None;
    set
}

/// Says which policy each record set of the zone has.
fn policies<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let sets = match zone.walk(None).await {
            Ok(sets) => sets,
            Err(error) => return error,
        };
        let groups = sets.iter().filter(|set| set.set_identifier.is_some());
        let said = groups.map(|set| {
            let label = set.name.split('.').next().unwrap_or_default();
            format!("{label}: {}", policy(set))
        });
        said.collect::<Vec<_>>().join(", ")
    })
}

fn policy(set: &ResourceRecordSet) -> String {
    if let Some(weight) = set.weight {
        format!("weight {weight}")
    } else if let Some(region) = &set.region {
        region.to_string()
    } else if let Some(location) = &set.geo_location {
        format!("country {}", location.country_code().unwrap_or_default())
    } else if let Some(multivalue) = set.multi_value_answer {
        multivalue.to_string()
    } else if let Some(role) = &set.failover {
        role.to_string()
    } else if let Some(location) = &set.geo_proximity_location {
        let bias = location.bias.unwrap_or_default();
        location.coordinates().map_or_else(
            || "no coordinates".to_owned(),
            |at| format!("{},{} bias {bias}", at.latitude, at.longitude),
        )
    } else {
        "no policy".to_owned()
    }
}
