//! Looks up names of load balancers, where addresses are published instead of the names.
//!
//! A lookup that fails is told as such: the names that depend on it stay as they are.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;

use controller_sources::objects::{Objects, Resolution};

use crate::store::ObjectStore;

/// How often every name is looked up again: load balancers keep their addresses for a minute.
const AGAIN: Duration = Duration::from_mins(1);

/// How long one lookup may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many lookups run at a time.
const AT_A_TIME: usize = 16;

/// Port for a lookup that needs none; it is not used.
const NO_PORT: u16 = 0;

/// Keeps the addresses of the names that `hosts` returns in `store`, for ever.
///
/// A new name is looked up at once, and all of them every minute.
pub async fn keep_resolved(
    store: Arc<ObjectStore>,
    hosts: impl Fn(&Objects) -> BTreeSet<String> + Send,
) -> Infallible {
    let mut changed = store.subscribe();
    let mut again = tokio::time::interval(AGAIN);
    again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = BTreeSet::new();
    loop {
        let everything = tokio::select! {
            _ = again.tick() => true,
            told = changed.changed() => {
                // The store lives as long as this does, so there is always a reader.
                drop(told);
                false
            }
        };
        let wanted = hosts(&store.read());
        let looked: Vec<String> =
            wanted.iter().filter(|host| everything || !known.contains(*host)).cloned().collect();
        known = wanted;
        look_up_all(&store, looked).await;
    }
}

/// Looks up `hosts` once and puts what comes of it into `store`.
pub async fn look_up_all(store: &ObjectStore, hosts: impl IntoIterator<Item = String>) {
    let lookups = hosts.into_iter().map(|host| async move {
        let resolution = look_up(&host).await;
        (host, resolution)
    });
    // Collected first: a stream must not borrow where the names come from.
    let lookups: Vec<_> = lookups.collect();
    let mut answers = futures::stream::iter(lookups).buffer_unordered(AT_A_TIME);
    while let Some((host, resolution)) = answers.next().await {
        if let Resolution::Failed(error) = &resolution {
            tracing::warn!(host, error, "Cannot look up a load balancer; its names stay");
        }
        store.set_resolution(&host, resolution);
    }
}

async fn look_up(host: &str) -> Resolution {
    let answer = tokio::time::timeout(TIMEOUT, tokio::net::lookup_host((host, NO_PORT))).await;
    let addresses: BTreeSet<IpAddr> = match answer {
        Ok(Ok(found)) => found.map(|found| found.ip()).collect(),
        Ok(Err(error)) => return Resolution::Failed(error.to_string()),
        Err(_) => return Resolution::Failed(format!("no answer in {} s", TIMEOUT.as_secs())),
    };
    if addresses.is_empty() {
        return Resolution::Failed("it has no address".to_owned());
    }
    Resolution::Addresses(addresses.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_are_looked_up_and_failures_told() {
        let store = Arc::new(ObjectStore::new(Objects::default()));
        let hosts = |_: &Objects| ["localhost", "name.invalid"].map(str::to_owned).into();
        let mut changed = store.subscribe();
        let told = async {
            while store.read().resolution("localhost").is_none()
                || store.read().resolution("name.invalid").is_none()
            {
                changed.changed().await.unwrap();
            }
        };
        tokio::select! {
            it = keep_resolved(Arc::clone(&store), hosts) => match it {},
            it = tokio::time::timeout(Duration::from_secs(25), told) => it.unwrap(),
        }
        let objects = store.read();
        assert!(matches!(objects.resolution("localhost"), Some(Resolution::Addresses(_))));
        assert!(matches!(objects.resolution("name.invalid"), Some(Resolution::Failed(_))));
    }
}
