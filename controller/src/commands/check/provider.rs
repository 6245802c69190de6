//! Tries everything that is read from the provider; nothing is written.

use daemon::chain;
use external_dns_webhook::client::Client;
use external_dns_webhook::{Extension, Extensions, Negotiation, Provider, Zone};

use super::Finding;

/// Returns what became of each request.
pub(super) async fn check(client: &Client, url: &str) -> Vec<Finding> {
    let place = || url.to_owned();
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
        Ok(found) => Finding::works(records, place(), format!("{} record sets", found.len())),
        Err(error) => Finding::fails(records, place(), chain(&error)),
    });
    findings
}

fn told_of(what: String, place: String, zones: &[Zone]) -> Finding {
    let names = |zones: &mut dyn Iterator<Item = &Zone>| {
        zones.map(|zone| zone.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let closed: Vec<_> = zones.iter().filter(|zone| zone.unavailable.is_some()).collect();
    if let Some(first) = closed.first() {
        let why = first.unavailable.as_deref().unwrap_or_default();
        let closed = names(&mut closed.iter().copied());
        return Finding::fails(what, place, format!("cannot be used now: {closed} ({why})"));
    }
    if zones.is_empty() {
        return Finding::fails(what, place, "there are none, so nothing can be published");
    }
    Finding::works(what, place, names(&mut zones.iter()))
}
