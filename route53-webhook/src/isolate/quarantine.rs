//! What AWS refused, and for how long it is not tried again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;

use crate::batch::{Group, GroupKey};

/// Shortest time for which a group that AWS refused is not tried again.
pub const FIRST_PAUSE: Duration = Duration::from_mins(1);

/// Longest time for which a group that AWS refused is not tried again.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Groups that AWS refused, and when each may be tried again.
#[derive(Debug, Default)]
pub struct Quarantine(HashMap<(Box<str>, GroupKey), Kept>);

#[derive(Debug)]
struct Kept {
    fingerprint: u64,
    refusals: u32,
    until: Instant,
    reason: String,
}

impl Quarantine {
    /// Keeps a group apart, longer each time that AWS refuses the very same again.
    pub fn keep(&mut self, zone_id: &str, group: &Group, reason: &str, now: Instant) {
        let fingerprint = fingerprint(group);
        let key = (Box::from(zone_id), group.key.clone());
        let refusals = match self.0.get(&key) {
            Some(kept) if kept.fingerprint == fingerprint => kept.refusals.saturating_add(1),
            _ => 1,
        };
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(refusals.saturating_sub(1).min(10));
        let until = now + pause.min(LONGEST_PAUSE);
        self.0.insert(key, Kept { fingerprint, refusals, until, reason: reason.to_owned() });
    }

    /// Returns why a group must not be tried now; `None` when it may.
    pub fn reason(&self, zone_id: &str, group: &Group, now: Instant) -> Option<&str> {
        let kept = self.0.get(&(Box::from(zone_id), group.key.clone()))?;
        let same = kept.until > now && kept.fingerprint == fingerprint(group);
        same.then_some(kept.reason.as_str())
    }

    /// Forgets a group that was written.
    pub fn release(&mut self, zone_id: &str, key: &GroupKey) {
        self.0.remove(&(Box::from(zone_id), key.clone()));
    }

    /// Returns the number of groups that must not be tried now.
    pub fn len(&self, now: Instant) -> usize {
        self.0.values().filter(|kept| kept.until > now).count()
    }
}

fn fingerprint(group: &Group) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", group.actions).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{Endpoint, RecordType};

    use super::*;
    use crate::batch::{Action, Verb};
    use crate::record_set::RecordSet;

    fn group(name: &str) -> Group {
        let endpoint = Endpoint::new(name, RecordType::A, ["192.0.2.1"]);
        let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
        Group { key: GroupKey::whole(name), actions: vec![Action { verb: Verb::Create, set }] }
    }

    #[test]
    fn each_refusal_doubles_the_pause_up_to_an_hour() {
        let mut quarantine = Quarantine::default();
        let start = Instant::now();
        let group = group("a.example.com");
        quarantine.keep("Z1", &group, "no", start);
        assert_eq!(quarantine.reason("Z1", &group, start + Duration::from_secs(59)), Some("no"));
        assert_eq!(quarantine.reason("Z1", &group, start + FIRST_PAUSE), None);
        assert_eq!(quarantine.reason("Z2", &group, start), None);
        quarantine.keep("Z1", &group, "no", start);
        let second = start + 2 * FIRST_PAUSE;
        assert_eq!(quarantine.reason("Z1", &group, second - Duration::from_secs(1)), Some("no"));
        assert_eq!(quarantine.reason("Z1", &group, second), None);
        for _ in 0..20 {
            quarantine.keep("Z1", &group, "no", start);
        }
        assert!(quarantine.reason("Z1", &group, start + LONGEST_PAUSE).is_none());
        assert!(quarantine.reason("Z1", &group, start + Duration::from_secs(3_599)).is_some());
    }

    #[test]
    fn another_content_is_tried_at_once() {
        let mut quarantine = Quarantine::default();
        let now = Instant::now();
        let mut group = group("a.example.com");
        quarantine.keep("Z1", &group, "no", now);
        group.actions.clear();
        assert_eq!(quarantine.reason("Z1", &group, now), None);
    }
}
