//! Record sets as a controller sees them.

use std::sync::Arc;

use external_dns_webhook::{DnsName, Endpoint, Targets, Ttl};

use super::Dialect;
use crate::name;
use crate::record_type::{self, NS};
use crate::snapshot::Snapshot;
use crate::update::texts;
use crate::zone::Zone;

/// Returns the record sets of some zones whose name, as text, is wanted.
///
/// Types that are not served are left out, and so are the name servers of a zone itself, which are
/// its administrator's. So is what has no text, since nothing could be decided about it; that it is
/// there is known when something is written.
pub(super) fn all(
    zones: &[(&Zone, Arc<Snapshot>)],
    dialect: Dialect,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for (at, (zone, snapshot)) in zones.iter().enumerate() {
        for (name, code, set) in snapshot.iter() {
            let Some(record_type) = record_type::served(code) else { continue };
            if code == NS && *name == zone.config.name {
                continue;
            }
            let text = name::to_text(name);
            if !is_wanted(&text) {
                continue;
            }
            let dns_name = DnsName::from(text);
            if dialect == Dialect::Merged && !answers(zones, at, &dns_name) {
                continue;
            }
            let Some(texts) = texts(&record_type, set) else {
                tracing::warn!(
                    zone = zone.config.id,
                    record.name = %dns_name,
                    record.r#type = record_type.as_str(),
                    "A record set has values that cannot be shown; it stays as it is"
                );
                continue;
            };
            let mut endpoint =
                Endpoint::new(dns_name, record_type, texts.into_iter().collect::<Targets>());
            endpoint.ttl = Ttl::from_seconds(i64::from(set.ttl));
            endpoint.zone = (dialect == Dialect::Zoned).then(|| zone.id.clone());
            endpoints.push(endpoint);
        }
    }
    endpoints
}

/// Tells whether a zone is the one that has a name, to a controller that does not tell zones apart.
fn answers(zones: &[(&Zone, Arc<Snapshot>)], at: usize, name: &DnsName) -> bool {
    let matching = zones.iter().enumerate().filter(|(_, (zone, _))| name.is_within(&zone.dns_name));
    // Of several that are as long, the first.
    let best = matching
        .max_by_key(|(at, (zone, _))| (zone.config.name.num_labels(), std::cmp::Reverse(*at)));
    best.is_some_and(|(best, _)| best == at)
}
