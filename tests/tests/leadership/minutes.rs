//! One change a second for three minutes, while the leader is killed and, later, paused.
//!
//! Three minutes and a lease of fifteen seconds where `SIGNPOST_LEADERSHIP=minutes` asks for it, as
//! `.ci/run` does; elsewhere the same in a sixth of the time, with a lease of three seconds.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a helper of a test fails as the test does, and says what it measured"
)]

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::replicas::{Replicas, Write, assert_in_order};

/// What happens when, in seconds from the first change.
#[derive(Clone, Copy)]
struct Script {
    lease: Duration,
    kill: u32,
    /// It is longer than the lease and the two seconds that a handover may take.
    pause: (u32, u32),
    end: u32,
}

const WHOLE: Script =
    Script { lease: Duration::from_secs(15), kill: 45, pause: (95, 120), end: 180 };
const SHORT: Script = Script { lease: Duration::from_secs(3), kill: 6, pause: (16, 23), end: 30 };

/// How much longer than the lease nobody may write.
const HANDOVER: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_change_a_second_survives_a_killed_and_a_paused_leader() {
    #[expect(clippy::disallowed_methods, reason = "this is how long forms of tests are asked for")]
    let asked = std::env::var("SIGNPOST_LEADERSHIP").ok();
    let script = if asked.as_deref() == Some("minutes") { WHOLE } else { SHORT };
    let everywhere = Replicas::everywhere("leader-minutes", script.lease).await;
    futures::future::join_all(everywhere.into_iter().map(|replicas| play(replicas, script))).await;
}

async fn play(mut replicas: Replicas, script: Script) {
    let Script { lease, kill, pause, end } = script;
    let first = replicas.until_written_by(0).await;
    let start = Instant::now();
    let (mut killed, mut paused) = (start, start);
    for second in 0..end {
        sleep_until(start + Duration::from_secs(second.into())).await;
        if second == kill {
            killed = Instant::now();
            replicas.controllers[0].process.kill();
        } else if second + 1 == pause.0 {
            // In the place of the one that was killed, so that there is a replica to take over.
            replicas.join().await;
        } else if second == pause.0 {
            paused = Instant::now();
            replicas.controllers[1].process.signal("STOP").unwrap();
        } else if second == pause.1 {
            replicas.controllers[1].process.signal("CONT").unwrap();
        }
        replicas.change().await;
    }
    let last = replicas.number;
    let written = || async { replicas.writes().last().map(|write| write.number) };
    e2e::patience::eventually("the last change", written, |found| *found == Some(last)).await;

    let writes: Vec<_> =
        replicas.writes().into_iter().skip_while(|write| write.at < first.at).collect();
    assert_in_order(&writes);
    // Who writes: each until it is gone, and never again after another has begun.
    let mut leaders: Vec<_> = writes.iter().map(|write| write.replica).collect();
    leaders.dedup();
    assert_eq!(leaders, [0, 1, 2], "{writes:?}");
    for (what, gone, successor) in [("killed", killed, 1), ("paused", paused, 2)] {
        let next = writes.iter().find(|write| write.replica == successor).unwrap();
        let gap = next.at - gone;
        println!("{}: nobody wrote for {gap:?} after the leader was {what}", replicas.url());
        assert!(gap <= lease + HANDOVER, "{gap:?} after the leader was {what}");
    }
    // While a replica leads, each change is written before the next but one.
    let (quiet, calm) = (longest_pause(&writes, killed, paused), Duration::from_secs(3));
    assert!(quiet <= calm, "nobody wrote for {quiet:?} although a replica led");
    println!("{}: {} writes, at most {quiet:?} apart", replicas.url(), writes.len());
}

/// Returns the longest time between two writes that one and the same replica made.
fn longest_pause(writes: &[Write], killed: Instant, paused: Instant) -> Duration {
    let pairs = writes.windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        let is_handover =
            [killed, paused].iter().any(|instant| before.at < *instant && *instant < after.at);
        (!is_handover).then(|| after.at - before.at)
    });
    pairs.max().unwrap_or_default()
}
