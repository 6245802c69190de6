//! The command of a kubeconfig that gives a token or a certificate, run as often as these grow old.
//!
//! The client would wait for it without an end, on one more thread each time it is asked. Here it has a bound on its
//! time, runs once at a time however many requests wait, and is named where it gives nothing. Then it is run again by
//! itself. Meanwhile the last token is shown, as long as the API server takes it.

mod run;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::HeaderValue;
use jiff::Timestamp;
use kube::Client;
use kube::config::{Config, ExecConfig};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::run::{Given, Identity};
use super::{CredentialTrouble, NoToken, Sending, header, made};
use crate::cluster::AccessError;

/// How long a command that gives nothing is left alone at most before it is run again.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// How long is waited for a command, and how often it is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timings {
    /// How long it may take, as `aws eks get-token` does.
    pub(super) most: Duration,
    /// How long it is left alone after it ended.
    pub(super) pause: Duration,
    /// How long before its end a token is renewed.
    pub(super) ahead: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            most: Duration::from_secs(30),
            pause: Duration::from_secs(10),
            ahead: Duration::from_mins(1),
        }
    }
}

/// A command, and what it gave last.
pub(in crate::cluster) struct TokenCommand {
    work: Arc<Work>,
    /// The run under way, which ends with this.
    runs: Mutex<JoinSet<()>>,
}

/// What a run needs, and where what it gives is left.
struct Work {
    exec: ExecConfig,
    /// What a client is made of, but for the command.
    config: Config,
    timings: Timings,
    known: watch::Sender<Known>,
}

/// What is known of the credential.
#[derive(Default)]
struct Known {
    shown: Option<Shown>,
    /// Whether the API server refuses what is shown.
    is_refused: bool,
    is_running: bool,
    /// The command is left alone until then.
    rests_until: Option<Instant>,
    /// Why the last run gave nothing.
    trouble: Option<Arc<NoToken>>,
}

/// What requests are sent with.
struct Shown {
    client: Client,
    header: Option<HeaderValue>,
    identity: Option<Identity>,
    /// When it is to be renewed, and when it ends.
    times: Option<(Instant, Instant)>,
    number: u64,
}

impl Known {
    /// Tells whether the command is to be run.
    fn is_due(&self, now: Instant) -> bool {
        if self.is_running || self.rests_until.is_some_and(|until| now < until) {
            return false;
        }
        self.is_refused
            || self
                .shown
                .as_ref()
                .is_none_or(|shown| shown.times.is_some_and(|(due, _)| due <= now))
    }

    /// Tells whether a request need not wait for the run under way.
    fn is_settled(&self, now: Instant) -> bool {
        let has_tried = self.shown.is_some() && !self.is_refused && self.trouble.is_some();
        !self.is_running || has_tried || self.is_good(now)
    }

    /// Tells whether what is shown has not ended, and is not refused.
    fn is_good(&self, now: Instant) -> bool {
        let has_ended = |shown: &Shown| shown.times.is_some_and(|(_, end)| end <= now);
        !self.is_refused && self.shown.as_ref().is_some_and(|shown| !has_ended(shown))
    }
}

impl TokenCommand {
    /// Returns the command of a configuration that has one, after its first run.
    ///
    /// # Errors
    ///
    /// It gave nothing that the API server could be shown.
    pub(super) async fn started(
        exec: ExecConfig,
        config: Config,
        timings: Timings,
    ) -> Result<Self, AccessError> {
        let work = Work { exec, config, timings, known: watch::Sender::default() };
        let given = run::run(&work.exec, timings.most).await.map_err(AccessError::NoToken)?;
        work.take(given).await?;
        Ok(Self { work: Arc::new(work), runs: Mutex::default() })
    }

    /// Returns what to send a request with: what the command gave last, unless that has ended or is refused and the
    /// command may give another.
    ///
    /// # Errors
    ///
    /// The API server refuses what it gave last, and it gives nothing else.
    pub(super) async fn sending(&self) -> Result<Sending, Arc<NoToken>> {
        self.run_if_due();
        let mut known = self.work.known.subscribe();
        let settled = known.wait_for(|known| known.is_settled(Instant::now())).await;
        let known = settled.map_err(|_| Arc::new(NoToken::nothing(&self.work.exec)))?;
        match (&known.shown, &known.trouble) {
            (Some(_), Some(trouble)) if known.is_refused => Err(Arc::clone(trouble)),
            (Some(shown), _) => Ok(Sending {
                client: shown.client.clone(),
                header: shown.header.clone(),
                number: shown.number,
            }),
            (None, _) => Err(Arc::new(NoToken::nothing(&self.work.exec))),
        }
    }

    /// Takes note that the API server refused what was sent.
    pub(super) fn refused(&self, number: u64) {
        self.work.known.send_if_modified(|known| {
            let is_shown = known.shown.as_ref().is_some_and(|shown| shown.number == number);
            known.is_refused |= is_shown;
            false
        });
    }

    /// Returns why the last run gave nothing; `None` when it gave something.
    pub(super) fn trouble(&self) -> Option<CredentialTrouble> {
        let known = self.work.known.borrow();
        let why = known.trouble.as_ref()?.to_string();
        Some(CredentialTrouble { why, is_bridged: known.is_good(Instant::now()) })
    }

    /// Starts a run where one is due and none is under way.
    fn run_if_due(&self) {
        if !self.work.begins() {
            return;
        }
        let work = Arc::clone(&self.work);
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        // The one before has ended, or pauses.
        runs.abort_all();
        while runs.try_join_next().is_some() {}
        runs.spawn(async move { work.renew_until_given().await });
    }
}

impl Work {
    /// Tells whether a run is due and none is under way; the caller begins it.
    fn begins(&self) -> bool {
        self.known.send_if_modified(|known| {
            let is_due = known.is_due(Instant::now());
            known.is_running |= is_due;
            is_due
        })
    }

    /// Runs the command, and where it gives nothing again and again, with pauses that grow: requests may be minutes
    /// apart.
    async fn renew_until_given(&self) {
        let mut pause = self.timings.pause;
        loop {
            self.renew().await;
            if self.known.borrow().trouble.is_none() {
                return;
            }
            tokio::time::sleep(pause).await;
            if !self.begins() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Runs the command, and takes what it gives.
    async fn renew(&self) {
        let ending = Ending(self);
        let taken = match run::run(&self.exec, self.timings.most).await {
            Ok(given) => self.take(given).await.map_err(|error| match error {
                AccessError::NoToken(why) => why,
                error => NoToken::Unusable { why: error.to_string() },
            }),
            Err(why) => Err(why),
        };
        if let Err(why) = taken {
            self.known.send_if_modified(|known| {
                let text = why.to_string();
                if known.trouble.as_ref().is_none_or(|told| told.to_string() != text) {
                    tracing::warn!(error = text, "The token is not renewed; the last one is used");
                }
                known.trouble = Some(Arc::new(why));
                true
            });
        }
        drop(ending);
    }

    /// Has requests sent with what the command gave.
    async fn take(&self, given: Given) -> Result<(), AccessError> {
        let Given { token, identity, expires } = given;
        let header = match &token {
            Some(token) => {
                let unfit = || NoToken::unfit(&self.exec);
                Some(header(token).ok_or_else(unfit).map_err(AccessError::NoToken)?)
            }
            None => None,
        };
        let same = self
            .known
            .borrow()
            .shown
            .as_ref()
            .and_then(|shown| (shown.identity == identity).then(|| shown.client.clone()));
        let client = if let Some(client) = same {
            client
        } else {
            let mut config = self.config.clone();
            if let Some(identity) = &identity {
                identity.put_into(&mut config.auth_info);
            }
            made(config).await?
        };
        let now = Instant::now();
        let times = expires.map(|expires| {
            let left = expires.duration_since(Timestamp::now());
            let end = now + Duration::try_from(left).unwrap_or_default();
            (end.checked_sub(self.timings.ahead).unwrap_or(now), end)
        });
        self.known.send_modify(|known| {
            if known.trouble.take().is_some() {
                tracing::info!("The token is renewed");
            }
            let number = known.shown.as_ref().map_or(0, |shown| shown.number + 1);
            known.shown = Some(Shown { client, header, identity, times, number });
            known.is_refused = false;
            known.rests_until = Some(now + self.timings.pause);
        });
        Ok(())
    }
}

/// Says that a run has ended, however it did: requests wait for it.
struct Ending<'a>(&'a Work);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.known.send_modify(|known| {
            known.is_running = false;
            known.rests_until = Some(Instant::now() + self.0.timings.pause);
        });
    }
}

#[cfg(test)]
mod tests;
