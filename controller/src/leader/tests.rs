//! Elections against an API server on a socket, with short leases.

use external_dns_webhook::{Applied, Changes, Endpoint, Provider, ProviderError};
use kube_emulator::{Calls, Emulator, Fault, Options};
use tokio::task::JoinSet;

use super::*;
use crate::cluster::{self, Access};

const LEASE: Duration = Duration::from_secs(3);

/// How long anything may take; a wait is over as soon as it is there.
const TIMEOUT: Duration = Duration::from_secs(20);

struct Replica {
    fence: Fence,
    done: CancellationToken,
    tasks: JoinSet<anyhow::Result<()>>,
}

fn election(identity: &str) -> Election {
    Election {
        namespace: "default".to_owned(),
        name: "signpost".to_owned(),
        identity: identity.to_owned(),
        timings: LeaseTimings::lasting(LEASE),
    }
}

async fn stand(emulator: &Emulator, identity: &str) -> Replica {
    let access = Access { server: emulator.url(), ..Access::default() };
    let client = cluster::client(&access).await.unwrap();
    let done = CancellationToken::new();
    let (fence, task) = election(identity).stand(client, done.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    Replica { fence, done, tasks }
}

async fn emulator() -> Emulator {
    Emulator::start(Options::default()).await.unwrap()
}

impl Replica {
    async fn leads(&mut self) -> Epoch {
        tokio::time::timeout(TIMEOUT, self.fence.opened()).await.expect("it never leads")
    }

    async fn until(&mut self, mut matches: impl FnMut(&Leadership) -> bool) {
        let wait = async {
            while !matches(&self.fence.leadership().unwrap()) {
                self.fence.changed().await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait).await.expect("it never comes to that");
    }

    fn until_when(&self) -> Instant {
        self.fence.leadership().unwrap().ours.expect("it leads").1
    }
}

#[tokio::test]
async fn one_of_two_leads_and_the_other_knows_which() {
    let emulator = emulator().await;
    let mut first = stand(&emulator, "first").await;
    assert_eq!(first.leads().await, Epoch(0));
    let mut second = stand(&emulator, "second").await;
    second.until(|leadership| leadership.holder == "first").await;
    assert_eq!(second.fence.check(Instant::now()), Err(NotLeading::Follower));
    // The leader renews for longer than a lease lasts.
    let until = first.until_when();
    first.until(|leadership| leadership.ours.is_some_and(|(_, at)| at > until + LEASE)).await;
    assert_eq!(second.fence.check(Instant::now()), Err(NotLeading::Follower));
}

#[tokio::test]
async fn a_dead_leader_is_followed_after_its_fence_has_closed() {
    let emulator = emulator().await;
    let mut first = stand(&emulator, "first").await;
    first.leads().await;
    let mut second = stand(&emulator, "second").await;
    second.until(|leadership| leadership.holder == "first").await;
    // Killed: it neither renews nor gives up.
    let died = Instant::now();
    first.tasks.abort_all();
    let closes = first.until_when();
    assert_eq!(second.leads().await, Epoch(1));
    let opened = Instant::now();
    assert!(opened > closes, "both may write");
    assert_eq!(first.fence.check(opened), Err(NotLeading::RanOut));
    assert!(opened - died < LEASE + Duration::from_secs(2), "{:?}", opened - died);
}

#[tokio::test]
async fn a_leader_that_stops_is_followed_at_once() {
    let emulator = emulator().await;
    let mut first = stand(&emulator, "first").await;
    first.leads().await;
    let mut second = stand(&emulator, "second").await;
    second.until(|leadership| leadership.holder == "first").await;
    let closes = first.until_when();
    first.done.cancel();
    first.tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(first.fence.check(Instant::now()), Err(NotLeading::Follower));
    second.leads().await;
    assert!(Instant::now() < closes, "no replica waits for a lease that was given up");
}

#[tokio::test]
async fn a_lease_that_was_renewed_on_the_way_out_is_given_up() {
    let emulator = emulator().await;
    let access = Access { server: emulator.url(), ..Access::default() };
    let leases = Leases::new(cluster::client(&access).await.unwrap(), "default", "signpost");
    let election = election("first");
    let mut first = Candidate { election, leases, gate: fence::pair().0, ours: None, seen: None };
    first.step(Instant::now()).await;
    let before = first.ours.clone();
    // The answer to a renewal does not arrive.
    first.step(Instant::now()).await;
    first.ours = before;
    first.give_up().await;
    let leases = Leases::new(cluster::client(&access).await.unwrap(), "default", "signpost");
    let lease = leases.read().await.ok().flatten().unwrap();
    assert_eq!(lease::holder(&lease), "");
}

#[tokio::test]
async fn a_leader_that_cannot_renew_closes_its_fence_and_says_why() {
    let emulator = emulator().await;
    let mut first = stand(&emulator, "first").await;
    let epoch = first.leads().await;
    emulator.inject(Fault::Refuse { calls: Calls::of("update", "leases") });
    let closed = tokio::time::timeout(TIMEOUT, first.fence.clone().closed(epoch)).await;
    assert_eq!(closed, Ok(NotLeading::RanOut));
    first
        .until(|leadership| {
            leadership.problem.as_ref().is_some_and(|problem| problem.contains("forbidden"))
        })
        .await;
}

#[tokio::test]
async fn a_lease_written_by_another_client_is_not_overwritten() {
    let emulator = emulator().await;
    let mut first = stand(&emulator, "first").await;
    let epoch = first.leads().await;
    emulator
        .apply(serde_json::json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": "signpost", "namespace": "default" },
            "spec": {
                "holderIdentity": "usurper",
                "leaseDurationSeconds": 600,
                "leaseTransitions": 7,
            },
        }))
        .unwrap();
    tokio::time::timeout(TIMEOUT, first.fence.clone().closed(epoch)).await.unwrap();
    first.until(|leadership| leadership.holder == "usurper").await;
}

/// A provider whose writes take until they are dropped.
struct Endless;

impl Provider for Endless {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_write_is_not_sent_by_a_follower_and_is_cut_off_when_the_lease_runs_out() {
    let (gate, fence) = fence::pair();
    let provider = Fenced::new(Endless, fence);
    let refused = provider.apply(Changes::default()).await.unwrap_err();
    assert!(matches!(refused, ProviderError::Unavailable { .. }));

    let until = Instant::now() + Duration::from_millis(50);
    gate.open(Epoch(1), until);
    let cut = tokio::time::timeout(TIMEOUT, provider.apply(Changes::default())).await.unwrap();
    let ProviderError::Unavailable { source, .. } = cut.unwrap_err() else { panic!("unavailable") };
    assert_eq!(source.to_string(), NotLeading::RanOut.to_string());
    assert!(Instant::now() >= until);
}

#[test]
fn terms_are_in_proportion() {
    let usual = LeaseTimings::lasting(Duration::from_secs(15));
    assert_eq!(usual.renew_deadline, Duration::from_secs(10));
    assert_eq!(usual.retry, Duration::from_secs(2));
    assert_eq!(
        LeaseTimings::lasting(Duration::ZERO),
        LeaseTimings::lasting(Duration::from_secs(1))
    );
}
