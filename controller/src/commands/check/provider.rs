//! Tries everything that is read from the provider; nothing is written.

use std::collections::BTreeMap;

use daemon::chain;
use external_dns_webhook::client::{Client, shown_url};
use external_dns_webhook::{Extension, Extensions, Negotiation, Provider, Zone, counted};

use super::Finding;

/// Returns what became of each request.
pub(super) async fn check(client: &Client, url: &str) -> Vec<Finding> {
    let place = || shown_url(url);
    let negotiate = "provider: negotiate".to_owned();
    let negotiation = match client.negotiate().await {
        Ok(negotiation) => negotiation,
        Err(error) => return vec![Finding::fails(negotiate, place(), chain(&error))],
    };
    let extensions: Vec<_> = negotiation.extensions.names().collect();
    let told = match extensions.as_slice() {
        [] => "version 1".to_owned(),
        some => format!("version 1 with {}", some.join(", ")),
    };
    let mut findings = vec![Finding::works(negotiate, place(), told)];
    let zones = "provider: zones".to_owned();
    findings.push(if client.offers(Extension::Zones) {
        match client.zones().await {
            Ok(found) => told_of(zones, place(), &found),
            Err(error) => Finding::fails(zones, place(), chain(&error)),
        }
    } else {
        let filter = serde_json::to_string(&Negotiation {
            extensions: Extensions::default(),
            ..negotiation
        });
        Finding::works(
            zones,
            place(),
            format!("not told; it serves {}", filter.unwrap_or_default()),
        )
    });
    let records = "provider: list records".to_owned();
    findings.push(match client.records().await {
        Ok(found) => Finding::works(records, place(), counted(found.len(), "record set")),
        Err(error) => Finding::fails(records, place(), chain(&error)),
    });
    findings
}

fn told_of(what: String, place: String, zones: &[Zone]) -> Finding {
    let names = |zones: &[&Zone]| {
        zones.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    // Zones may be closed for different causes, each of which is told once.
    let mut closed: BTreeMap<&str, Vec<&Zone>> = BTreeMap::new();
    for zone in zones {
        if let Some(why) = zone.unavailable.as_deref() {
            closed.entry(why).or_default().push(zone);
        }
    }
    if !closed.is_empty() {
        let each = closed.iter().map(|(why, zones)| format!("{} ({why})", names(zones)));
        let each = each.collect::<Vec<_>>().join("; ");
        return Finding::fails(what, place, format!("cannot be used now: {each}"));
    }
    if zones.is_empty() {
        return Finding::fails(what, place, "there are none, so nothing can be published");
    }
    Finding::works(what, place, names(&zones.iter().collect::<Vec<_>>()))
}
