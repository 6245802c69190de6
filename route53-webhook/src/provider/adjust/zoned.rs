//! What a desired record set becomes in each zone that shall have it.

use std::sync::Arc;

use daemon::Few;
use external_dns_webhook::{DnsName, Endpoint, RecordType, Refusal, RefusalCode, ZoneId};

use super::{Context, Pair, Results, refuse, tell};
use crate::name::WireName;
use crate::properties::{self, ALIAS};
use crate::record_set::AliasZone;
use crate::validate::Invalid;
use crate::zones::{Choice, Zone};

impl Context<'_> {
    /// Adds what becomes of one desired record set in each zone that shall have it.
    pub(super) fn add_to_each(&self, desired: &Endpoint, results: &mut Results, told: &mut Few) {
        let chosen = match self.chosen(desired) {
            Ok(chosen) => chosen,
            Err(refusal) => {
                tell(&refusal, told);
                results.adjusted.refused.push(*refusal);
                return;
            }
        };
        let (mut refused, mut zones) = (Vec::new(), chosen.iter().map(Some).collect::<Vec<_>>());
        if zones.is_empty() {
            // For others to serve, or for the controller to leave out.
            zones.push(None);
        }
        for zone in &zones {
            match self.in_zone(desired, *zone) {
                Ok((endpoint, counterpart)) => {
                    results.adjusted.endpoints.push(endpoint);
                    results.counterparts.extend(counterpart);
                }
                Err(refusal) => refused.push(*refusal),
            }
        }
        let is_same = |refusal: &Refusal| {
            refused
                .first()
                .is_some_and(|first| first.code == refusal.code && first.message == refusal.message)
        };
        // What is wrong with it in every zone is said once.
        let is_everywhere = zones.len() > 1 && refused.len() == zones.len();
        if is_everywhere && refused.iter().all(is_same) {
            refused.truncate(1);
            for refusal in &mut refused {
                refusal.zone = None;
            }
        }
        for refusal in &refused {
            tell(refusal, told);
        }
        results.adjusted.refused.append(&mut refused);
    }

    /// Returns the zones that shall have a desired record set, whether they can be used or not.
    fn chosen(&self, desired: &Endpoint) -> Result<Choice, Box<Refusal>> {
        let selection = self.selection(desired)?;
        let name = WireName::from_text(&desired.dns_name);
        self.choice(desired, &name, &selection)
    }

    /// Returns what a desired record set becomes in one zone; in `None` when no zone has its name.
    fn in_zone(&self, desired: &Endpoint, zone: Option<&Arc<Zone>>) -> Result<Pair, Box<Refusal>> {
        let mut endpoint = desired.clone();
        endpoint.zone = zone.map(|zone| ZoneId::from(&*zone.id));
        let here = endpoint.clone();
        if let Some(zone) = zone
            && let Some(refusal) = self.unavailable(&here, zone)
        {
            return Err(refusal);
        }
        endpoint.dns_name = DnsName::from(desired.dns_name.as_str());
        endpoint.properties = properties::canonical(&desired.properties);
        if let Some(zone) = zone
            && let Some(refusal) = self.unread_target(&here, &endpoint, zone)
        {
            return Err(refusal);
        }
        let refuse = |invalid: Invalid| refuse(&here, &invalid);
        let counterpart = self.decide_alias(&mut endpoint).map_err(refuse)?;
        let choice: Choice = zone.into_iter().cloned().collect();
        let finish = |endpoint| self.finish(endpoint, &choice).map_err(refuse);
        Ok((finish(endpoint)?, counterpart.map(finish).transpose()?))
    }

    /// Returns the refusal of an alias into its own zone while it is not known which addresses its
    /// target has there, because the zone is being read for the first time; `None` for all else.
    fn unread_target(
        &self,
        here: &Endpoint,
        desired: &Endpoint,
        zone: &Zone,
    ) -> Option<Box<Refusal>> {
        let target = desired.targets.first().filter(|target| {
            desired.record_type == RecordType::Cname
                && desired.properties.get(ALIAS) == Some("true")
                && AliasZone::of(target, &desired.properties) == AliasZone::Same
        })?;
        let name = WireName::from_text(&DnsName::from(target));
        if self.store.knows(&zone.id, &name) {
            return None;
        }
        let message =
            format!("zone `{}` is being read, and with it what `{target}` has", zone.name);
        let refusal = Refusal::of(here, RefusalCode::NotTried, message);
        Some(Box::new(Refusal { retryable: true, ..refusal }))
    }
}
