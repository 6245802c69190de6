//! Zones: how they are made, found, counted and deleted.

use aws_sdk_route53::types::{
    HostedZone, HostedZoneConfig, HostedZoneLimitType, HostedZoneType, RrType, Vpc, VpcRegion,
};

use super::{Case, page};
use crate::{
    probe::{
        Answer, Refusal,
        Step::{Ask, Given},
        Zone,
    },
    record::{a, create},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "A new zone holds NS and SOA and nothing else",
            page::APEX,
            vec![Ask(apex_types)],
        )
        .aws("NS, SOA"),
        Case::new("A SOA value has seven fields", page::APEX, vec![Ask(soa_fields)])
            .aws("7 fields, the last 86400")
            .moto("8 fields, the last 86400'}"),
        Case::new(
            "A zone counts its record sets",
            page::GET_ZONE,
            vec![Given(vec![create(a("a", "192.0.2.1"))]), Ask(count)],
        )
        .aws("3"),
        Case::new("A zone that does not exist is refused", page::GET_ZONE, vec![Ask(unknown_zone)])
            .aws("NoSuchHostedZone"),
        Case::new(
            "A zone that holds records cannot be deleted",
            page::DELETE_ZONE,
            vec![Given(vec![create(a("a", "192.0.2.1"))]), Ask(delete_zone)],
        )
        .aws("HostedZoneNotEmpty"),
        Case::new(
            "A caller reference makes one zone",
            page::CREATE_ZONE,
            vec![Ask(same_reference)],
        )
        .aws("HostedZoneAlreadyExists")
        .moto("a second zone")
        .ministack("the old zone"),
        Case::new("A zone's name comes back in lower case", page::NAMES, vec![Ask(upper_zone)])
            .aws("upper.example.")
            .others("Upper.Example."),
        Case::new(
            "A zone's name cannot have an empty label",
            page::CREATE_ZONE,
            vec![Ask(empty_label)],
        )
        .aws("InvalidDomainName")
        .others("ok"),
        Case::new(
            "A zone made with a network is private",
            page::CREATE_ZONE,
            vec![Ask(with_network)],
        )
        .aws("private")
        .moto("public"),
        Case::new(
            "ListHostedZones can ask for private zones only",
            page::LIST_ZONES,
            vec![Ask(private_only)],
        )
        .aws("private zones only")
        .others("public zones too"),
        Case::new(
            "ListHostedZonesByName begins at a name and goes on",
            page::ZONES_BY_NAME,
            vec![Ask(by_name)],
        )
        .aws("2 zones, next named")
        .moto("1 zones, no next")
        .ministack("2 zones, no next"),
        Case::new(
            "A zone tells how many record sets it may hold",
            page::ZONE_LIMIT,
            vec![Ask(zone_limit)],
        )
        .aws("10000")
        .moto("HTTP 404")
        .ministack("InvalidInput"),
    ]
}

fn apex_types<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.walk(None).await {
            Ok(sets) => sets.iter().map(|set| set.r#type.as_str()).collect::<Vec<_>>().join(", "),
            Err(error) => error,
        }
    })
}

fn soa_fields<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let sets = match zone.walk(None).await {
            Ok(sets) => sets,
            Err(error) => return error,
        };
        let Some(soa) = sets.iter().find(|set| set.r#type == RrType::Soa) else {
            return "no SOA record set".to_owned();
        };
        let Some(value) = soa.resource_records().first() else {
            return "no SOA value".to_owned();
        };
        let fields = value.value.split_whitespace().collect::<Vec<_>>();
        format!("{} fields, the last {}", fields.len(), fields.last().copied().unwrap_or_default())
    })
}

fn count<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.client.get_hosted_zone().id(&zone.id).send().await {
            Ok(answer) => answer
                .hosted_zone
                .and_then(|zone| zone.resource_record_set_count)
                .map_or_else(|| "none".to_owned(), |count| count.to_string()),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn unknown_zone<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.client.get_hosted_zone().id("Z00000000000000000000").send().await {
            Ok(_) => "ok".to_owned(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn delete_zone<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match zone.client.delete_hosted_zone().id(&zone.id).send().await {
            Ok(_) => "ok".to_owned(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn same_reference<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        // The case's own zone was made with its name as the reference.
        let again = zone.client.create_hosted_zone().name(&zone.name).caller_reference(&zone.name);
        match again.send().await {
            Ok(answer) => match answer.hosted_zone {
                Some(made) if made.id.ends_with(&zone.id) => "the old zone".to_owned(),
                _ => "a second zone".to_owned(),
            },
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn upper_zone<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let upper = zone.client.create_hosted_zone().name("Upper.Example.");
        match upper.caller_reference("upper").send().await {
            Ok(answer) => answer.hosted_zone.map(|zone| zone.name).unwrap_or_default(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn empty_label<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let odd = zone.client.create_hosted_zone().name("a..example.");
        match odd.caller_reference("empty label").send().await {
            Ok(_) => "ok".to_owned(),
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn with_network<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let network = Vpc::builder().vpc_id("vpc-1a2b3c4d").vpc_region(VpcRegion::UsEast1).build();
        let made = zone.client.create_hosted_zone().name("network.example.").vpc(network);
        match made.caller_reference("network").send().await {
            Ok(answer) => {
                let config = answer.hosted_zone.and_then(|zone| zone.config);
                let private = config.is_some_and(|config| config.private_zone);
                if private { "private" } else { "public" }.to_owned()
            }
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn private_only<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let config = HostedZoneConfig::builder().private_zone(true).build();
        let network = Vpc::builder().vpc_id("vpc-1a2b3c4d").vpc_region(VpcRegion::UsEast1).build();
        let made = zone.client.create_hosted_zone().name("private.example.").vpc(network);
        let made = made.hosted_zone_config(config).caller_reference("private").send().await;
        if let Err(error) = made {
            return format!("no private zone: {}", Refusal::of(&error).code);
        }
        let listing = zone.client.list_hosted_zones();
        match listing.hosted_zone_type(HostedZoneType::PrivateHostedZone).send().await {
            Ok(answer) => {
                let zones = answer.hosted_zones;
                let is_private = |zone: &HostedZone| {
                    zone.config.as_ref().is_some_and(|config| config.private_zone)
                };
                match (zones.is_empty(), zones.iter().all(is_private)) {
                    (true, _) => "no zones".to_owned(),
                    (false, true) => "private zones only".to_owned(),
                    (false, false) => "public zones too".to_owned(),
                }
            }
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn by_name<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        for label in ["one", "two"] {
            let name = format!("{label}.{}", zone.name);
            let made = zone.client.create_hosted_zone().name(&name).caller_reference(&name);
            if let Err(error) = made.send().await {
                return format!("no zone {label}: {}", Refusal::of(&error).code);
            }
        }
        let listing = zone.client.list_hosted_zones_by_name().dns_name(&zone.name).max_items(2);
        match listing.send().await {
            Ok(answer) => {
                let next = format!("two.{}", zone.name);
                let is_named = answer.next_dns_name.as_deref() == Some(&next);
                let rest = if is_named { "next named" } else { "no next" };
                format!("{} zones, {rest}", answer.hosted_zones.len())
            }
            Err(error) => Refusal::of(&error).code,
        }
    })
}

fn zone_limit<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let question = zone.client.get_hosted_zone_limit().hosted_zone_id(&zone.id);
        match question.r#type(HostedZoneLimitType::MaxRrsetsByZone).send().await {
            Ok(answer) => {
                answer.limit.map_or_else(|| "none".to_owned(), |limit| limit.value.to_string())
            }
            Err(error) => Refusal::of(&error).code,
        }
    })
}
