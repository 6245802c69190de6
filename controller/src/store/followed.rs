//! Whether the changes of a kind arrive: while they do not, what is gone may have been made anew.
//!
//! A watch that is cut is requested again, at once or a little later, and nothing can be said of the
//! time between. It is too short to count as a failure, and long enough for an object to be replaced.

use std::sync::PoisonError;
use std::time::Duration;

use controller_sources::objects::{KindId, ObjectKey};
use tokio::time::Instant;

use super::ObjectStore;
use crate::schedule::{Burst, Window};

/// Whether the changes of a kind arrive, in one namespace or in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// They do, from then on.
    Since(Instant),
    /// They do not now, and soon will again or the kind counts as failed.
    Not,
}

impl ObjectStore {
    /// Says whether the changes of a kind arrive; `None` when its state says all there is to say.
    pub fn set_following(&self, kind: &KindId, namespace: &str, following: Option<Following>) {
        let mut all = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind.clone(), namespace.to_owned());
        match following {
            Some(following) => _ = all.insert(key, following),
            None => _ = all.remove(&key),
        }
    }

    /// Returns from when on a change of an object, or of any, counts as all that becomes of it: when
    /// nothing more came for a while although more would have arrived.
    pub fn calm_at(
        &self,
        object: Option<&ObjectKey>,
        burst: Burst,
        window: Window,
        now: Instant,
    ) -> Instant {
        let calm = burst.calm_at(window);
        if window == Window::NONE {
            return calm;
        }
        let arrives = |following: Following| match following {
            Following::Since(since) => later(since, window.quiet),
            // It is looked at again then.
            Following::Not => later(now, window.max_wait),
        };
        let all = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = match object {
            None => all.values().copied().map(arrives).max(),
            Some(ObjectKey { kind, namespace, .. }) => {
                let everywhere = all.get(&(kind.clone(), String::new()));
                let there = all.get(&(kind.clone(), namespace.clone()));
                everywhere.into_iter().chain(there).copied().map(arrives).max()
            }
        };
        latest.map_or(calm, |latest| latest.max(calm))
    }
}

fn later(time: Instant, by: Duration) -> Instant {
    time.checked_add(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_gone_counts_when_more_would_have_arrived() {
        let (store, window, now) = (ObjectStore::default(), Window::default(), Instant::now());
        let kind = KindId::new;
        let object = |kind_name: &'static str, namespace: &str| ObjectKey {
            kind: kind(kind_name),
            namespace: namespace.to_owned(),
            name: "x".to_owned(),
        };
        let long_ago = Burst::at(now.checked_sub(Duration::from_mins(1)).unwrap());
        let waits =
            |object: &ObjectKey, now| store.calm_at(Some(object), long_ago, window, now) > now;
        let any_waits = || store.calm_at(None, long_ago, window, now) > now;
        let service = object("service", "a");
        assert!(!waits(&service, now) && !any_waits(), "what files say is not followed");

        store.set_following(&kind("service"), "", Some(Following::Not));
        assert!(waits(&service, now) && any_waits());
        assert!(!waits(&object("ingress", "a"), now), "it is of another kind");
        let never = store.calm_at(Some(&service), long_ago, Window::NONE, now);
        assert!(never <= now, "nothing is waited for where there is one sync only");

        store.set_following(&kind("service"), "", Some(Following::Since(now)));
        assert!(waits(&service, now), "what happened meanwhile is still to come");
        assert!(!waits(&service, now + window.quiet));

        store.set_following(&kind("service"), "", None);
        store.set_following(&kind("service"), "b", Some(Following::Not));
        assert!(!waits(&service, now), "it is in another namespace");
        assert!(waits(&object("service", "b"), now));
        store.set_following(&kind("service"), "b", None);
        assert!(!any_waits(), "its state says that nothing arrives");
    }
}
