//! Finding the zones: listing them, or asking for each by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use external_dns_webhook::Shard;

use super::{Zone, ZoneFilter};
use crate::api::{Account, ApiError, TAGGED_ZONES_PER_CALL};

/// The zones that were found, and those that should have been.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Zones that pass the filters, by id; those of other shards are among them.
    pub zones: BTreeMap<Box<str>, Arc<Zone>>,
    /// Zones that were given by their id and cannot be reached.
    pub unreachable: Vec<Unreachable>,
    /// Accounts that cannot be reached, and their zones neither.
    pub lost: Vec<LostAccount>,
    /// Which part of the zones this process serves; `None` for all.
    pub shard: Option<Shard>,
}

/// A zone that was given by its id and cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Its id.
    pub id: String,
    /// Why not.
    pub reason: String,
}

/// An account that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostAccount {
    /// Its name in flags and messages.
    pub name: String,
    /// Why not.
    pub reason: String,
    /// Whether it may come back at any moment, as when credentials are replaced.
    pub may_return: bool,
}

impl Discovery {
    fn lost(&self, account: &Account) -> Option<&LostAccount> {
        self.lost.iter().find(|lost_account| lost_account.name == account.name)
    }

    fn add_lost(&mut self, account: &Account, error: &ApiError) {
        self.lost.push(LostAccount {
            name: account.name.clone(),
            reason: error.to_string(),
            may_return: error.is_transient(),
        });
    }
}

/// Finds the zones that `filter` lets through.
///
/// `by_role` names the zones that are reached through an account of their own. With whole ids only
/// `GetHostedZone` is called, so a policy that allows no listing is enough. A zone that is denied is
/// out of reach by itself, and so are all zones of an account without usable credentials; the others
/// are found all the same.
///
/// # Errors
///
/// Returns an error when AWS does not answer: half a list of zones would read as deletions.
pub async fn discover(
    accounts: &[Arc<Account>],
    by_role: &BTreeMap<String, Arc<Account>>,
    filter: &ZoneFilter,
) -> Result<Discovery, ApiError> {
    let mut discovery = Discovery { shard: filter.shard, ..Discovery::default() };
    for (id, account) in by_role {
        ask(id, std::slice::from_ref(account), &mut discovery).await?;
    }
    match filter.whole_ids() {
        Some(ids) => {
            for id in ids.into_iter().filter(|id| !by_role.contains_key(*id)) {
                ask(id, accounts, &mut discovery).await?;
            }
        }
        None => {
            for account in accounts {
                let listed = list(account, &mut discovery).await;
                let has_others = accounts.len() > 1 || !by_role.is_empty();
                match listed {
                    Ok(()) => {}
                    Err(error)
                        if error.is_about_the_account()
                            || (has_others && error.is_about_the_zone()) =>
                    {
                        discovery.add_lost(account, &error);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    discovery.zones.retain(|_, zone| filter.covers(zone));
    if !filter.tags.is_empty() {
        keep_tagged(filter, &mut discovery.zones).await?;
    }
    Ok(discovery)
}

/// Asks each account for the zone until one has it.
async fn ask(
    id: &str,
    accounts: &[Arc<Account>],
    discovery: &mut Discovery,
) -> Result<(), ApiError> {
    let mut reasons = Vec::new();
    for account in accounts {
        if let Some(lost) = discovery.lost(account) {
            reasons.push(lost.reason.clone());
            continue;
        }
        match account.zone(id).await {
            Ok(zone) => {
                let zone = Zone::from_api(&zone, account);
                discovery.zones.insert(zone.id.clone(), Arc::new(zone));
                return Ok(());
            }
            Err(error) if error.is_about_the_account() => {
                reasons.push(error.to_string());
                discovery.add_lost(account, &error);
            }
            Err(error) if error.is_about_the_zone() => reasons.push(error.to_string()),
            Err(error @ ApiError::Refused { .. }) => reasons.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    discovery.unreachable.push(Unreachable { id: id.to_owned(), reason: reasons.join("; ") });
    Ok(())
}

/// Lists the zones of an account; a zone that another account has listed stays with that one.
async fn list(account: &Arc<Account>, discovery: &mut Discovery) -> Result<(), ApiError> {
    let mut marker = None;
    loop {
        let (zones, next) = account.list_zones(marker).await?;
        for zone in &zones {
            let zone = Zone::from_api(zone, account);
            discovery.zones.entry(zone.id.clone()).or_insert_with(|| Arc::new(zone));
        }
        match next {
            Some(next) => marker = Some(next),
            None => return Ok(()),
        }
    }
}

/// Removes the zones whose tags do not agree.
///
/// Compat: a zone for which AWS returns no set of tags at all stays.
async fn keep_tagged(
    filter: &ZoneFilter,
    zones: &mut BTreeMap<Box<str>, Arc<Zone>>,
) -> Result<(), ApiError> {
    let mut by_account: BTreeMap<&str, (Arc<Account>, Vec<Box<str>>)> = BTreeMap::new();
    let all: Vec<_> = zones.values().map(Arc::clone).collect();
    for zone in &all {
        let group = by_account
            .entry(&zone.account.name)
            .or_insert_with(|| (Arc::clone(&zone.account), Vec::new()));
        group.1.push(zone.id.clone());
    }
    for (account, ids) in by_account.values() {
        for ids in ids.chunks(TAGGED_ZONES_PER_CALL) {
            let ids: Vec<_> = ids.iter().map(|id| &**id).collect();
            for (id, tags) in account.tags(&ids).await? {
                if !filter.covers_tags(&tags) {
                    zones.remove(id.as_str());
                }
            }
        }
    }
    Ok(())
}
