//! Whether this process may write right now, for every writer.

use std::fmt;

use tokio::sync::watch;
use tokio::time::Instant;

/// Counts the leaders before: it grows with every change of hands (`leaseTransitions` of the Lease).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub i32);

/// What is known of the election.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// In which epoch we lead, and until when we surely do; `None` when we do not.
    pub ours: Option<(Epoch, Instant)>,
    /// The replica that leads, when it is another; empty when that is not known.
    pub holder: String,
    /// Why the Lease cannot be read or written; `None` when it can.
    pub problem: Option<String>,
}

/// Why a write must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLeading {
    /// Another replica leads, or none does yet.
    #[error("this replica does not lead, so it does not write")]
    Follower,
    /// The lease was not renewed in time, so another replica may lead already.
    #[error("the lease ran out before it was renewed, so another replica may write already")]
    RanOut,
    /// The lease was lost and won again: what was decided before may be old.
    #[error("another replica has led since this was decided")]
    AnotherEpoch,
}

/// Tells whether this process may write; clones tell the same.
#[derive(Clone, Debug)]
pub struct Fence {
    /// `None` when there is no election.
    leadership: Option<watch::Receiver<Leadership>>,
}

/// The other end of a [`Fence`].
#[derive(Debug)]
pub(super) struct Gate {
    leadership: watch::Sender<Leadership>,
}

/// Returns a fence, closed, and what opens and closes it.
pub(super) fn pair() -> (Gate, Fence) {
    let (sender, receiver) = watch::channel(Leadership::default());
    (Gate { leadership: sender }, Fence { leadership: Some(receiver) })
}

impl Fence {
    /// Returns the fence of a process that is the only one: it is always open.
    pub fn open() -> Self {
        Self { leadership: None }
    }

    /// Returns the fence of a replica that stands by while `holder` leads; empty for none.
    #[cfg(test)]
    pub(crate) fn led_by(holder: &str) -> Self {
        let (gate, fence) = pair();
        gate.close(holder.to_owned());
        fence
    }

    /// Returns the epoch in which a write may be sent at `now`.
    ///
    /// # Errors
    ///
    /// Returns an error when another replica leads or may lead.
    pub fn check(&self, now: Instant) -> Result<Epoch, NotLeading> {
        let Some(leadership) = &self.leadership else { return Ok(Epoch(0)) };
        let (epoch, until) = leadership.borrow().ours.ok_or(NotLeading::Follower)?;
        if now < until { Ok(epoch) } else { Err(NotLeading::RanOut) }
    }

    /// Returns what is known of the election; `None` when there is none.
    pub fn leadership(&self) -> Option<Leadership> {
        self.leadership.as_ref().map(|leadership| leadership.borrow().clone())
    }

    /// Waits until the fence is open and returns the epoch.
    ///
    /// It never is again once the election has ended.
    pub async fn opened(&mut self) -> Epoch {
        loop {
            if let Ok(epoch) = self.check(Instant::now()) {
                return epoch;
            }
            self.changed().await;
        }
    }

    /// Waits until nothing that was decided in `epoch` may be written any more.
    pub async fn closed(&mut self, epoch: Epoch) -> NotLeading {
        loop {
            let until = match self.check(Instant::now()) {
                Err(why) => return why,
                Ok(now) if now != epoch => return NotLeading::AnotherEpoch,
                Ok(_) => self.leadership.as_ref().and_then(|leadership| leadership.borrow().ours),
            };
            let Some((_, until)) = until else {
                self.changed().await;
                continue;
            };
            tokio::select! {
                () = self.changed() => {}
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Waits until more is known of the election than when this was last called.
    pub async fn changed(&mut self) {
        let gone = match &mut self.leadership {
            Some(leadership) => leadership.changed().await.is_err(),
            None => true,
        };
        if gone {
            std::future::pending::<()>().await;
        }
    }
}

impl Gate {
    /// Opens the fence for writes of `epoch` until `until`.
    pub(super) fn open(&self, epoch: Epoch, until: Instant) {
        self.leadership.send_modify(|leadership| {
            if leadership.ours.is_none_or(|(before, _)| before != epoch) {
                tracing::info!(epoch = %epoch, "This replica leads");
            }
            *leadership = Leadership { ours: Some((epoch, until)), ..Leadership::default() };
        });
    }

    /// Closes the fence: `holder` leads, or none that we know of when it is empty.
    pub(super) fn close(&self, holder: String) {
        self.leadership.send_if_modified(|leadership| {
            let now = Leadership { holder, ..Leadership::default() };
            if *leadership == now {
                return false;
            }
            if leadership.holder != now.holder || leadership.ours.is_some() {
                tracing::info!(holder = now.holder.as_str(), "Another replica leads, or none");
            }
            *leadership = now;
            true
        });
    }

    /// Tells why the Lease cannot be used; a fence that is open stays so until its time is up.
    pub(super) fn problem(&self, problem: Option<String>) {
        self.leadership.send_if_modified(|leadership| {
            if leadership.problem == problem {
                return false;
            }
            if let Some(problem) = &problem {
                tracing::warn!(error = problem.as_str(), "The election does not get on");
            }
            leadership.problem = problem;
            true
        });
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
