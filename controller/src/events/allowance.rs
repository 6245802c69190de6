//! How many Events about what is wrong an object may have: one that changes its mind all the time must not
//! fill etcd.

use std::collections::BTreeMap;

use external_dns_webhook::ObjectRef;

/// How many Events an object may have at once: more than the names that a person looks through.
///
/// Both numbers are those by which [client-go] limits what one program tells of one object.
///
/// [client-go]: https://pkg.go.dev/k8s.io/client-go/tools/record#CorrelatorOptions
const BURST: u32 = 25;

/// How long it takes until an object may have another one, in nanoseconds: five minutes.
const REFILL: i128 = 300 * 1_000_000_000;

/// How many Events each object may still have.
#[derive(Debug, Default)]
pub(super) struct Allowances {
    /// By `kind/namespace/name`; an object that has its whole allowance is not in here.
    used: BTreeMap<ObjectRef, Used>,
}

/// What an object has used of its allowance.
#[derive(Debug)]
struct Used {
    count: u32,
    /// When one was given back last, in nanoseconds since 1970.
    since: i128,
}

impl Allowances {
    /// Takes one Event of what `object` may have; tells whether there was one left.
    pub(super) fn take(&mut self, object: &ObjectRef, now: i128) -> bool {
        let used = self.used.entry(object.to_owned()).or_insert(Used { count: 0, since: now });
        used.give_back(now);
        let has_one = used.count < BURST;
        if has_one {
            used.count += 1;
        }
        has_one
    }

    /// Forgets the objects that have their whole allowance again.
    pub(super) fn forget_the_full(&mut self, now: i128) {
        self.used.retain(|_, used| {
            used.give_back(now);
            used.count > 0
        });
    }
}

impl Used {
    fn give_back(&mut self, now: i128) {
        let due = (now - self.since).max(0) / REFILL;
        self.since += due * REFILL;
        self.count = self.count.saturating_sub(u32::try_from(due).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_changes_all_the_time_gets_a_few_events_and_then_one_now_and_then() {
        let mut allowances = Allowances::default();
        let second = 1_000_000_000;
        let told = (0..3_600)
            .filter(|at| allowances.take(&"service/default/web".into(), at * second))
            .count();
        assert_eq!(told, 25 + 11, "in an hour");
        assert!(
            allowances.take(&"service/default/other".into(), 3_600 * second),
            "another one's own"
        );
    }

    #[test]
    fn what_has_rested_is_forgotten_and_has_its_whole_allowance() {
        let mut allowances = Allowances::default();
        assert!((0..25).all(|_| allowances.take(&"a".into(), 0)));
        assert!(!allowances.take(&"a".into(), REFILL - 1));
        allowances.forget_the_full(25 * REFILL);
        assert!(allowances.used.is_empty());
        assert!((0..25).all(|_| allowances.take(&"a".into(), 25 * REFILL)));
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing_away() {
        let mut allowances = Allowances::default();
        assert!(allowances.take(&"a".into(), 10 * REFILL));
        assert!(allowances.take(&"a".into(), 0));
    }
}
