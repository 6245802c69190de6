//! How a write ended, and what a zone shows of one of which nobody said.

use external_dns_webhook::{Changes, Endpoint, Update};
use serde::{Deserialize, Serialize};

use super::HistoryRow;
use super::look::{Look, find};
use crate::inventory::Inventory;

/// How a write ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The provider took it.
    #[default]
    Written,
    /// It was begun, and how it ended is not known yet.
    Begun,
    /// Nobody said how it ended, and the zone showed that it was made.
    Landed,
    /// Nobody said how it ended, and the zone showed that it was not made.
    NotLanded,
    /// Nobody said how it ended, and the zone showed parts of it only, or what others made since.
    Unclear,
}

impl Outcome {
    /// Returns it as it is listed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Begun => "begun",
            Self::Landed => "landed",
            Self::NotLanded => "not-landed",
            Self::Unclear => "unclear",
        }
    }
}

impl HistoryRow {
    /// Returns how this write ended, by what the provider holds since.
    pub fn outcome_in(&self, current: &Inventory) -> Outcome {
        let Changes { create, update, delete } = &self.changes;
        let is_there = |endpoint: &Endpoint| matches!(find(current, endpoint), Look::Same(_));
        let is_gone = |endpoint: &Endpoint| matches!(find(current, endpoint), Look::Nothing);
        // Of each change: whether the zone is as after it, and whether it is as before.
        let created = create.iter().map(|endpoint| (is_there(endpoint), is_gone(endpoint)));
        let updated = update.iter().map(|Update { old, new }| (is_there(new), is_there(old)));
        let deleted = delete.iter().map(|endpoint| (is_gone(endpoint), is_there(endpoint)));
        let (mut made, mut missing) = (false, false);
        for change in created.chain(updated).chain(deleted) {
            match change {
                (true, false) => made = true,
                (false, true) => missing = true,
                // A change of labels alone, which no zone shows.
                (true, true) => {}
                (false, false) => return Outcome::Unclear,
            }
        }
        match (made, missing) {
            (true, false) => Outcome::Landed,
            (false, true) => Outcome::NotLanded,
            (true, true) | (false, false) => Outcome::Unclear,
        }
    }
}
