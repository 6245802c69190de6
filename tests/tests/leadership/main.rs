//! Two replicas and one Lease: who writes when the leader dies, stops, or is paused.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod minutes;
mod replicas;
mod shards;

use std::time::Duration;

use e2e::patience::eventually;
use tokio::time::Instant;

use crate::replicas::{Replicas, assert_in_order};

const LEASE: Duration = Duration::from_secs(3);

/// How long nobody may write after the leader is gone.
const GAP: Duration = LEASE.saturating_add(Duration::from_secs(2));

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_is_followed_within_its_lease() {
    for mut replicas in Replicas::everywhere("leader-killed", LEASE).await {
        replicas.until_written_by(0).await;
        let killed = Instant::now();
        replicas.leader().process.kill();
        let first = replicas.until_written_by(1).await;
        assert!(first.at - killed < GAP, "nobody wrote for {:?}", first.at - killed);
        let writes = replicas.writes();
        assert_in_order(&writes);
        let handed_over = writes.iter().skip_while(|write| write.replica == 0);
        assert!(handed_over.clone().all(|write| write.replica == 1), "{writes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_paused_does_not_write_behind_its_successor() {
    for mut replicas in Replicas::everywhere("leader-paused", LEASE).await {
        replicas.until_written_by(0).await;
        let paused = Instant::now();
        replicas.leader().process.signal("STOP").unwrap();
        let first = replicas.until_written_by(1).await;
        assert!(first.at - paused < GAP, "nobody wrote for {:?}", first.at - paused);
        replicas.leader().process.signal("CONT").unwrap();
        // It wakes up with changes to make and a lease that it held when it fell asleep.
        for _ in 0..20 {
            replicas.change().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let paused_one = replicas.controllers.first().unwrap();
        let back = || async { paused_one.ready().await.unwrap().0 };
        eventually("it stands by", back, |back| *back).await;
        let writes = replicas.writes();
        assert_in_order(&writes);
        let since: Vec<_> = writes.iter().filter(|write| write.at > paused).collect();
        assert!(since.iter().all(|write| write.replica == 1), "{since:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_told_to_stop_hands_over_at_once() {
    for mut replicas in Replicas::everywhere("leader-stopped", LEASE).await {
        replicas.until_written_by(0).await;
        let leader = &mut replicas.leader().process;
        leader.signal("TERM").unwrap();
        assert!(leader.wait().unwrap().success(), "{}", leader.log());
        let stopped = Instant::now();
        let first = replicas.until_written_by(1).await;
        assert!(first.at - stopped < LEASE, "the lease was waited for: {:?}", first.at - stopped);
        assert_in_order(&replicas.writes());
    }
}
