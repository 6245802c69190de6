//! Everything the emulator holds: zones, health checks, and the changes that were submitted.
//!
//! One account owns it all, whatever calls; callers are told apart for throttling and in the call
//! log only. Time is an argument.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::change::{self, Rules};
use crate::error::ApiError;
use crate::name::Name;
use crate::shape::Change;
use crate::validate::alias::AliasZones;
use crate::validate::{self, Quota};
use crate::zone::{Zone, fnv};

/// Most submitted changes that `GetChange` remembers; older ones are forgotten first.
const MAX_REMEMBERED_CHANGES: usize = 10_000;

/// Limits and delays of the account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// How long a change stays `PENDING`.
    pub(crate) insync_delay: Duration,
    /// Most record sets of one zone; `None` for no limit.
    pub(crate) max_record_sets: Option<usize>,
    /// Where aliases may point outside their zone.
    pub(crate) alias_zones: AliasZones,
}

/// One AWS account's Route 53.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// The zones by id, which is the order of `ListHostedZones`.
    pub(crate) zones: BTreeMap<String, Zone>,
    /// The health checks by id.
    pub(crate) health_checks: BTreeMap<String, HealthCheck>,
    /// Limits and delays.
    pub(crate) settings: Settings,
    changes: BTreeMap<String, SubmittedChange>,
    change_order: VecDeque<String>,
    /// How many ids were drawn.
    pub(crate) serial: u64,
}

/// A health check, which nothing probes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    /// What makes the creation unique.
    pub(crate) caller_reference: String,
    /// The members of its configuration that are plain text, as sent.
    pub(crate) config: Vec<(String, String)>,
    /// The tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether DNS answers skip record sets that depend on it; set through the admin routes.
    pub(crate) unhealthy: bool,
}

/// A change that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct SubmittedChange {
    /// The id without `/change/`.
    pub(crate) id: String,
    /// When it was accepted.
    pub(crate) submitted_at: Timestamp,
    /// The caller's comment.
    pub(crate) comment: Option<String>,
    in_sync_at: Instant,
}

impl SubmittedChange {
    /// Returns `PENDING` or `INSYNC`.
    pub(crate) fn status(&self, now: Instant) -> &'static str {
        if now < self.in_sync_at { "PENDING" } else { "INSYNC" }
    }
}

/// The moment of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For what the caller reads.
    pub(crate) wall: Timestamp,
    /// For delays.
    pub(crate) steady: Instant,
}

impl Account {
    /// Returns an account that holds nothing.
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Returns the zone.
    ///
    /// # Errors
    ///
    /// `NoSuchHostedZone`.
    pub(crate) fn zone(&self, id: &str) -> Result<&Zone, ApiError> {
        self.zones.get(id).ok_or_else(|| ApiError::no_such_hosted_zone(id))
    }

    /// Returns the zone to change it.
    ///
    /// # Errors
    ///
    /// `NoSuchHostedZone`.
    pub(crate) fn zone_mut(&mut self, id: &str) -> Result<&mut Zone, ApiError> {
        self.zones.get_mut(id).ok_or_else(|| ApiError::no_such_hosted_zone(id))
    }

    /// Adds a zone with SOA and NS and returns its id; `id` of `None` draws a fresh one.
    ///
    /// A zone of the same id is replaced.
    pub(crate) fn add_zone(&mut self, name: Name, private: bool, id: Option<String>) -> String {
        let id = id.unwrap_or_else(|| self.fresh_zone_id(&name));
        self.zones.insert(id.clone(), Zone::new(id.clone(), name, private));
        id
    }

    /// Judges and applies a batch.
    ///
    /// # Errors
    ///
    /// `NoSuchHostedZone`, `NoSuchHealthCheck`, `InvalidInput` or `InvalidChangeBatch`; nothing has
    /// changed then.
    pub(crate) fn change(
        &mut self,
        zone_id: &str,
        changes: &[Change],
        quota: Quota,
    ) -> Result<(), ApiError> {
        self.zone(zone_id)?;
        let checked = validate::batch(changes, quota)?;
        for change in &checked {
            if change.action == validate::Action::Delete {
                continue;
            }
            if let Some(id) = &change.set.health_check_id
                && !self.health_checks.contains_key(&**id)
            {
                return Err(ApiError::no_such_health_check(id));
            }
        }
        let Self { zones, settings, .. } = self;
        let zone = zones.get_mut(zone_id).ok_or_else(|| ApiError::no_such_hosted_zone(zone_id))?;
        let max_record_sets = match quota {
            Quota::Enforced => settings.max_record_sets,
            Quota::Ignored => None,
        };
        let rules = Rules { alias_zones: &settings.alias_zones, max_record_sets };
        change::apply(zone, rules, checked)
            .map_err(|problems| ApiError::invalid_change_batch(&problems))
    }

    /// Remembers an accepted change under a fresh id.
    pub(crate) fn submit(&mut self, comment: Option<String>, moment: Moment) -> SubmittedChange {
        let change = SubmittedChange {
            id: self.fresh_id("C", ""),
            submitted_at: moment.wall,
            comment,
            in_sync_at: moment.steady + self.settings.insync_delay,
        };
        self.changes.insert(change.id.clone(), change.clone());
        self.change_order.push_back(change.id.clone());
        if self.change_order.len() > MAX_REMEMBERED_CHANGES
            && let Some(oldest) = self.change_order.pop_front()
        {
            self.changes.remove(&oldest);
        }
        change
    }

    /// Returns a remembered change.
    ///
    /// # Errors
    ///
    /// `NoSuchChange`.
    pub(crate) fn submitted(&self, id: &str) -> Result<&SubmittedChange, ApiError> {
        self.changes.get(id).ok_or_else(|| ApiError::no_such_change(id))
    }

    /// Returns an id in the form of a health check's.
    pub(crate) fn fresh_health_check_id(&mut self) -> String {
        self.serial += 1;
        let hash = fnv(&self.serial.to_be_bytes());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            hash >> 32,
            (hash >> 16) & 0xffff,
            (hash >> 4) & 0xfff,
            hash & 0xfff,
            self.serial
        )
    }

    /// Returns an id in the form of a zone's; the same start leads to the same ids.
    fn fresh_zone_id(&mut self, name: &Name) -> String {
        loop {
            let id = self.fresh_id("Z", name.sort_text());
            if !self.zones.contains_key(&id) {
                return id;
            }
        }
    }

    fn fresh_id(&mut self, prefix: &str, salt: &str) -> String {
        self.serial += 1;
        let low = fnv(format!("{prefix}{salt}{}", self.serial).as_bytes());
        let high = fnv(&low.to_be_bytes());
        let mut number = (u128::from(high) << 64) | u128::from(low);
        let mut id = prefix.to_owned();
        for _ in 0..20 {
            let digit = u8::try_from(number % 36).unwrap_or_default();
            id.push(char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }));
            number /= 36;
        }
        id
    }
}
