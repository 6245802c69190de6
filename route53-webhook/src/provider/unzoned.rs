//! When the zones are listed again because a name has none.
//!
//! Zones are listed every ten minutes, but a zone that is created is to be used at once. A name that
//! has not been seen before is therefore a reason to look again; one that still has no zone is a
//! weaker reason each time, because a cluster may well have names that belong to no zone here.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::Route53;
use crate::name::WireName;
use crate::records::Freshness;
use crate::zones::ZoneFilter;

/// Shortest time between two looks, however many new names there are.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);

/// Time after which the same names are rechecked first; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// Longest time between two looks for the same names.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Most names that are remembered; beyond, every name counts as seen before.
const MAX_NAMES: usize = 100_000;

/// Names that had no zone when zones were last looked for.
#[derive(Debug, Default)]
pub(super) struct Unzoned {
    seen: HashSet<u64>,
    looked_at: Option<Instant>,
    pause: Duration,
}

impl Unzoned {
    /// Tells whether to look for zones now, given names that have none; remembers that it said so.
    fn is_reason<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a WireName>,
        now: Instant,
    ) -> bool {
        let mut has_name = false;
        let mut new = Vec::new();
        for name in names {
            has_name = true;
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            let hash = hasher.finish();
            if !self.seen.contains(&hash) && self.seen.len() + new.len() < MAX_NAMES {
                new.push(hash);
            }
        }
        let pause = if new.is_empty() { self.pause.max(SHORTEST_PAUSE) } else { SHORTEST_PAUSE };
        let is_rested = self.looked_at.is_none_or(|at| now.duration_since(at) >= pause);
        if !has_name || !is_rested {
            return false;
        }
        self.pause = if new.is_empty() { (self.pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
        self.looked_at = Some(now);
        self.seen.extend(new);
        true
    }
}

impl Route53 {
    /// Requests that the zones are listed again when some of these names have none, and tells whether
    /// it did.
    ///
    /// Not when zones are given by their ids, for names that no filter lets in, or when the budget
    /// is used up.
    pub(super) fn request_zones(&self, names: &[WireName]) -> bool {
        let filter = &self.config().zones;
        if !can_grow(filter) || !self.has_budget() {
            return false;
        }
        let mut store = self.store_mut();
        let unzoned: Vec<_> = names
            .iter()
            .filter(|name| !store.zones().any(|zone| name.is_within(&zone.zone.name)))
            .filter(|name| filter.may_cover(name))
            .collect();
        let now = Instant::now();
        let mut known = self.unzoned.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_reason(unzoned, now) {
            return false;
        }
        store.look_again(now);
        drop(store);
        self.request_next();
        true
    }

    /// Lists the zones again when some of these names have none, and waits for that.
    pub(super) async fn wait_for_zones(&self, names: &[WireName]) {
        if self.request_zones(names) {
            // What is known is still good enough to answer with when that fails.
            drop(self.wait_for(Freshness::Fresh).await);
        }
    }

    fn has_budget(&self) -> bool {
        self.accounts.iter().all(|account| account.budget().left().is_none_or(|left| left > 0))
    }
}

/// Tells whether a zone that is created now could be served.
fn can_grow(filter: &ZoneFilter) -> bool {
    filter.whole_ids().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<WireName> {
        names.iter().map(|name| WireName::from_api(name)).collect()
    }

    #[test]
    fn a_new_name_is_a_reason_at_once_and_an_old_one_less_and_less() {
        let mut unzoned = Unzoned::default();
        let start = Instant::now();
        let (one, both) = (names(&["a.example.org"]), names(&["a.example.org", "b.example.org"]));
        let mut is_reason = |names: &[WireName], seconds| {
            unzoned.is_reason(names, start + Duration::from_secs(seconds))
        };
        assert!(is_reason(&one, 0));
        assert!(!is_reason(&one, 29));
        assert!(is_reason(&one, 30));
        assert!(!is_reason(&one, 89), "the pause has doubled");
        assert!(is_reason(&both, 89), "but not for a name that is new");
        assert!(!is_reason(&both, 118));
        assert!(is_reason(&both, 119), "and then it begins anew");
    }

    #[test]
    fn many_new_names_are_one_reason_every_few_seconds() {
        let mut unzoned = Unzoned::default();
        let start = Instant::now();
        let mut looks = 0;
        for second in 0..60 {
            let name = names(&[&format!("n{second}.example.org")]);
            looks += u32::from(unzoned.is_reason(&name, start + Duration::from_secs(second)));
        }
        assert_eq!(looks, 12);
    }

    #[test]
    fn the_longest_pause_is_that_of_the_list_itself() {
        let mut unzoned = Unzoned::default();
        let (name, mut now) = (names(&["a.example.org"]), Instant::now());
        for _ in 0..10 {
            now += LONGEST_PAUSE;
            assert!(unzoned.is_reason(&name, now));
        }
        assert!(!unzoned.is_reason(&[], now + LONGEST_PAUSE), "without a name there is no reason");
    }
}
