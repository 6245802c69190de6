//! One writer among several replicas: the holder of the Lease may write while it surely is that.
//!
//! [`Election`] keeps a [Lease] and tells a [`Fence`] until when it is held; [`Fenced`] asks the
//! fence right before each write. The two durations keep writers apart: a holder stops writing
//! `renew_deadline` after it *sent* its last good renewal, and a candidate takes over `duration`
//! after it *saw* that renewal, which is later. Both are measured by each replica's own steady
//! clock, so clocks need not agree on the time of day, only on how long a second is.
//!
//! What no lease can exclude: a process that is paused after its last look at the fence, with the
//! request already handed to the kernel, and a request that the sidecar is still working on. Both
//! writes reach the DNS service late. There they are compared with what it has: Route 53 applies
//! a batch whole or not at all, and a DELETE must repeat the old values exactly, so a late batch
//! about records that the new leader has changed is refused, and one about records that it has not
//! changed is what the new leader would have written itself.
//!
//! [Lease]: https://kubernetes.io/docs/concepts/architecture/leases/

mod fence;
mod fenced;
mod lease;

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Client;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::fence::Gate;
pub use self::fence::{Epoch, Fence, Leadership, NotLeading};
pub use self::fenced::Fenced;
use self::lease::{Leases, Refused};

/// Lengths of time of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimings {
    /// How long a candidate waits after the last renewal it saw; whole seconds, at least one.
    pub duration: Duration,
    /// How long after a renewal its holder may still write; less than `duration`.
    pub renew_deadline: Duration,
    /// Time between renewals, and between looks of a candidate.
    pub retry: Duration,
}

/// An election for a Lease in which this process takes part.
#[derive(Clone, Debug)]
pub struct Election {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// The identity of this replica; no two processes may have the same, not even one after the other.
    pub identity: String,
    /// Lengths of time.
    pub timings: LeaseTimings,
}

/// What a candidate has seen of another's Lease.
struct Seen {
    version: String,
    at: Instant,
}

impl LeaseTimings {
    /// Returns the lengths of time that go with a lease of `duration`, in the proportions that
    /// Kubernetes' own components use: 15, 10 and 2 seconds.
    ///
    /// Less than a second counts as one: a Lease says whole seconds.
    pub fn lasting(duration: Duration) -> Self {
        let duration = Duration::from_secs(duration.as_secs().max(1));
        Self {
            duration,
            renew_deadline: duration * 2 / 3,
            retry: (duration * 2 / 15).min(Duration::from_secs(2)),
        }
    }
}

impl Election {
    /// Returns the task that takes part, and the fence that it opens and closes.
    ///
    /// The task ends when `done` is cancelled, which must be after the last write; it then gives
    /// the Lease up, so that another replica need not wait for its end.
    pub fn stand(
        self,
        client: Client,
        done: CancellationToken,
    ) -> (Fence, impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let (gate, fence) = fence::pair();
        let leases = Leases::new(client, &self.namespace, &self.name);
        let task = Candidate { election: self, leases, gate, ours: None, seen: None };
        (fence, task.run(done))
    }
}

/// Returns the name of this host; in a Pod the Pod's.
pub fn host() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(host.trim().to_owned()).filter(|host| !host.is_empty())
}

/// Returns a name for this process that no other has, in words that lead a reader to its Pod.
pub fn identity() -> String {
    // In a Pod this is the Pod's name; elsewhere any name will do.
    let host = host().unwrap_or_else(|| "signpost".to_owned());
    // A restarted container has the Pod's name again, and must not take itself for its predecessor.
    let unique = RandomState::new().hash_one(std::process::id());
    format!("{host}_{unique:016x}")
}

/// Returns the Pod that a holder of the Lease is; `None` when it has a name that no Pod has. Others may write
/// a Lease, and what is pasted into a shell is a name and nothing else.
pub fn pod_of(holder: &str) -> Option<&str> {
    let pod = holder.rsplit_once('_').map_or(holder, |(pod, _)| pod);
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = pod.len() <= LONGEST_NAME
        && pod.bytes().all(|byte| is_letter(byte) || b"-.".contains(&byte))
        && pod.bytes().next().is_some_and(is_letter);
    is_name.then_some(pod)
}

/// Longest name of an object of Kubernetes, in bytes.
const LONGEST_NAME: usize = 253;

struct Candidate {
    election: Election,
    leases: Leases,
    gate: Gate,
    /// The Lease as we last wrote it; `None` when we do not hold it, or do not know.
    ours: Option<Lease>,
    seen: Option<Seen>,
}

impl Candidate {
    async fn run(mut self, done: CancellationToken) -> anyhow::Result<()> {
        loop {
            let started = Instant::now();
            // Cut off by `done` in the middle of a renewal, the Lease may be newer than we know:
            // giving it up then meets a conflict, and reads it again.
            let next = tokio::select! {
                () = done.cancelled() => break,
                next = self.step(started) => next,
            };
            tokio::select! {
                () = done.cancelled() => break,
                () = tokio::time::sleep_until(next) => {}
            }
        }
        self.give_up().await;
        Ok(())
    }

    /// Renews the Lease or looks whether it is free; returns when to do so again.
    async fn step(&mut self, now: Instant) -> Instant {
        let LeaseTimings { renew_deadline, retry, .. } = self.election.timings;
        // Two requests fit into the time after which a holder must have renewed.
        let limit = renew_deadline / 2;
        let tried = tokio::time::timeout(limit, self.try_step(now)).await;
        match tried.unwrap_or_else(|_| Err(Refused::late(limit))) {
            Ok(wait) => now + wait,
            Err(Refused::Overtaken) => {
                // Another replica wrote in between: look again before anything else.
                self.ours = None;
                self.gate.problem(None);
                now + retry / 4
            }
            Err(Refused::Failed(problem)) => {
                self.gate.problem(Some(format!(
                    "the lease {}/{} cannot be used: {problem}",
                    self.election.namespace, self.election.name
                )));
                now + retry
            }
        }
    }

    async fn try_step(&mut self, now: Instant) -> Result<Duration, Refused> {
        let retry = self.election.timings.retry;
        if let Some(lease) = self.ours.clone() {
            return self.write(lease::renewed(lease, jiff::Timestamp::now()), now).await;
        }
        let Some(lease) = self.leases.read().await? else {
            let lease = lease::first(&self.election, jiff::Timestamp::now());
            return self.write(lease, now).await;
        };
        let holder = lease::holder(&lease);
        if holder == self.election.identity {
            // Ours after all: an answer was lost on its way.
            return self.write(lease::renewed(lease, jiff::Timestamp::now()), now).await;
        }
        if holder.is_empty() {
            return self
                .write(lease::taken(lease, &self.election, jiff::Timestamp::now()), now)
                .await;
        }
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let seen = match self.seen.take() {
            Some(seen) if seen.version == version => seen,
            // The time after the answer, not before the question: later is safe.
            _ => Seen { version, at: Instant::now() },
        };
        let ends = seen.at + lease::duration(&lease, self.election.timings.duration);
        self.seen = Some(seen);
        if ends <= now {
            return self
                .write(lease::taken(lease, &self.election, jiff::Timestamp::now()), now)
                .await;
        }
        self.gate.close(holder);
        // A candidate looks twice as often as a holder renews, and right when the lease ends.
        Ok(ends.duration_since(now).min(retry / 2))
    }

    /// Writes the Lease as ours; `requested_at` is a time before the request is sent.
    async fn write(&mut self, lease: Lease, requested_at: Instant) -> Result<Duration, Refused> {
        let LeaseTimings { renew_deadline, retry, .. } = self.election.timings;
        let lease = self.leases.write(&lease).await?;
        let epoch = Epoch(lease::transitions(&lease));
        self.gate.open(epoch, requested_at + renew_deadline);
        self.ours = Some(lease);
        self.seen = None;
        Ok(retry)
    }

    /// Closes the fence and frees the Lease, if it is ours.
    async fn give_up(mut self) {
        self.gate.close(String::new());
        let Some(lease) = self.ours.take() else { return };
        let freed = self.free(lease);
        match tokio::time::timeout(self.election.timings.renew_deadline / 2, freed).await {
            Ok(Ok(())) => tracing::info!("Gave the lease up"),
            Ok(Err(Refused::Overtaken)) | Err(_) => {
                tracing::info!("The lease could not be given up; it runs out by itself");
            }
            Ok(Err(Refused::Failed(error))) => {
                tracing::warn!(error, "The lease could not be given up; it runs out by itself");
            }
        }
    }

    /// Frees the Lease for as long as it is ours; a renewal of our own may have come in between.
    async fn free(&self, mut lease: Lease) -> Result<(), Refused> {
        loop {
            match self.leases.write(&lease::freed(lease, jiff::Timestamp::now())).await {
                Ok(_) => return Ok(()),
                Err(Refused::Overtaken) => {}
                Err(failed @ Refused::Failed(_)) => return Err(failed),
            }
            lease = match self.leases.read().await? {
                Some(now) if lease::holder(&now) == self.election.identity => now,
                _ => return Err(Refused::Overtaken),
            };
        }
    }
}

#[cfg(test)]
mod tests;
