//! Before the first read of a zone has ended: what can be answered and written all the same.
//!
//! Which zones there are is known long before all record sets of a big one are, and a name can be read
//! by itself. So a client that needs a few names after a start waits for these few, and their calls
//! go before the pages of the zones. Everything else waits for the whole, as nothing can be said of
//! what is missing.

use std::collections::BTreeSet;
use std::time::Duration;

use external_dns_webhook::{Changes, ProviderError};
use tokio::time::Instant;

use super::Route53;
use super::fresh::not_read;
use crate::api::ApiError;
use crate::name::WireName;
use crate::records;

/// How long questions about zones wait for their first read, from when they were found: most are read
/// by then, and what is wrong with them is known.
const MOMENT: Duration = Duration::from_secs(1);

/// Most reads of names that one question causes: at five calls a second they take some seconds.
const MAX_READS: usize = 40;

impl Route53 {
    /// Waits until it is known which zones there are; what they have may still be being read, where
    /// that takes longer than a moment.
    pub(super) async fn zones_known(&self) -> Result<(), ProviderError> {
        let found_at = self.store().discovered_at();
        let left = found_at.map_or(MOMENT, |at| MOMENT.saturating_sub(at.elapsed()));
        match tokio::time::timeout(left, self.known()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) if self.awaits_first_read() => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(_) => match self.known().await {
                Err(_) if self.awaits_first_read() => Ok(()),
                known => known,
            },
        }
    }

    /// Tells whether nothing but the first read of a zone is in the way of answers, so that names can
    /// be read by themselves.
    pub(super) fn awaits_first_read(&self) -> bool {
        let max_age = self.config().max_age;
        !self.has_failed() && self.store().awaits_first_read(Instant::now(), max_age)
    }

    /// Reads names by themselves, each in every zone that can have it.
    pub(super) async fn read_first(&self, names: &[WireName]) -> Result<(), ProviderError> {
        let names: BTreeSet<_> = names.iter().collect();
        if names.iter().any(|name| name.as_str().contains('\\')) {
            // Its text can mean another name, too.
            return Err(not_read("such a name is read with the whole of its zone".to_owned()));
        }
        let zones: Vec<_> = self.store().available().map(|cached| cached.zone.clone()).collect();
        let mut reads = Vec::new();
        for zone in &zones {
            let within = names.iter().filter(|name| name.is_within(&zone.name)).copied();
            let within: Vec<&WireName> = within.collect();
            // What is below another one comes with it.
            let is_below =
                |name: &WireName| within.iter().any(|top| **top != *name && name.is_within(top));
            let tops = within.iter().filter(|name| !is_below(name));
            reads.extend(tops.map(|top| {
                let below = within.iter().filter(|name| name.is_within(top) && **name != *top);
                (zone, *top, below.copied().collect::<Vec<_>>())
            }));
        }
        if reads.len() > MAX_READS {
            let count = reads.len();
            return Err(not_read(format!(
                "{count} reads of names are more than {MAX_READS} while the zones are being read"
            )));
        }
        let reads = reads.into_iter().map(async |(zone, top, below)| {
            let begun = Instant::now();
            let (sets, is_whole) = records::read_tree(&zone.account, &zone.id, top).await?;
            let of = |name: &WireName| -> Vec<_> {
                sets.iter().filter(|set| set.name == *name).cloned().collect()
            };
            let mut found = vec![(top.clone(), of(top))];
            for name in below {
                let sets = if is_whole {
                    of(name)
                } else {
                    records::read_name(&zone.account, &zone.id, name).await?
                };
                found.push((name.clone(), sets));
            }
            // What was written meanwhile is known better.
            let _known = self.store_mut().lookup_name(&zone.id, found, begun);
            Ok::<_, ApiError>(())
        });
        let reads = futures::future::try_join_all(reads);
        match tokio::time::timeout(self.config().answer_within, reads).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(ProviderError::unavailable(error)),
            Err(_) => Err(not_read(self.late("names could not be read in time".to_owned()))),
        }
    }

    /// Fails unless it is known what every zone that can have them has of these names.
    pub(super) fn all_known(&self, names: &[WireName]) -> Result<(), ProviderError> {
        let store = self.store();
        let is_known = store.available().all(|cached| {
            let mut within = names.iter().filter(|name| name.is_within(&cached.zone.name));
            within.all(|name| store.knows(&cached.zone.id, name))
        });
        if is_known {
            Ok(())
        } else {
            Err(not_read("names changed while they were read".to_owned()))
        }
    }

    /// Tells whether it is known what the zones have of all that is to be changed.
    pub(super) fn knows_all(&self, changes: &mut Changes) -> bool {
        let store = self.store();
        changes.endpoints_mut().all(|endpoint| {
            let name = WireName::from_text(&endpoint.dns_name);
            endpoint.zone.as_ref().is_some_and(|zone| store.knows(zone.as_str(), &name))
        })
    }
}
