//! What the loop waits for between two syncs.

use anyhow::Context as _;
use external_dns_webhook::Provider;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Syncs;
use super::approve::asked;
use super::outage::Outage;
use crate::leader::{Epoch, Fence};
use crate::schedule::{Schedule, SyncKind};
use crate::state::{ApprovalRequest, Approvals};

/// Why the loop goes on; what comes first is looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Everything is to stop.
    Stop,
    /// Flags were read again.
    ConfigChanged,
    /// A person asked for a sync of everything.
    Demanded,
    /// Objects changed.
    ObjectsChanged,
    /// An annotation asks for held deletions to go.
    ApprovalAsked,
    /// This replica leads no more.
    LeadLost,
    /// A sync is due.
    Due(SyncKind),
    /// What is to outlive the process is to be kept.
    KeepState,
}

/// When to sync, and what else to listen to meanwhile.
pub(super) struct Waits {
    pub(super) schedule: Schedule,
    changed: watch::Receiver<u64>,
    approvals: Option<watch::Receiver<Option<ApprovalRequest>>>,
    fence: Fence,
    /// As whom this replica led last; `None` while it never did.
    led: Option<Epoch>,
}

impl<P: Provider> Syncs<P> {
    /// Returns what to wait for when objects have been read: a first sync is due.
    pub(super) fn waits(&self) -> Waits {
        Waits {
            schedule: Schedule::new(self.config.pace, Instant::now()),
            changed: self.config.desired_state.subscribe(),
            approvals: self.shared.approvals.as_ref().map(Approvals::subscribe),
            fence: self.shared.fence.clone(),
            led: None,
        }
    }

    /// Waits until this replica may write and there is something to do.
    ///
    /// # Errors
    ///
    /// Returns an error when objects stop coming.
    pub(super) async fn next_wake(&mut self, waits: &mut Waits) -> anyhow::Result<Wake> {
        let stop = self.shared.stop.clone();
        let epoch = tokio::select! {
            epoch = self.lead() => epoch,
            () = stop.cancelled() => return Ok(Wake::Stop),
        };
        if waits.led.replace(epoch) != Some(epoch) {
            self.took_over(&mut waits.schedule);
        }
        let Waits { schedule, changed, approvals, fence, led: _ } = waits;
        let (due, kind) = schedule.due();
        let kept_at = self.reconciler.state().due(Instant::now());
        self.shared.status.back_by(Some(due + self.shared.stuck_after));
        Ok(tokio::select! {
            biased;
            () = stop.cancelled() => Wake::Stop,
            // An error says that nothing reads them again any more, which only the end does.
            Ok(()) = self.shared.config.changed() => Wake::ConfigChanged,
            () = self.shared.requests.woken() => Wake::Demanded,
            alive = changed.changed(), if self.config.events => {
                alive.context("nobody brings objects any more")?;
                Wake::ObjectsChanged
            }
            () = asked(approvals) => Wake::ApprovalAsked,
            _ = fence.closed(epoch) => Wake::LeadLost,
            () = tokio::time::sleep_until(due) => Wake::Due(kind),
            () = tokio::time::sleep_until(kept_at.unwrap_or(due)), if kept_at.is_some() => Wake::KeepState,
        })
    }

    /// Takes in that this replica leads, and another may have led and written before.
    fn took_over(&mut self, schedule: &mut Schedule) {
        self.reconciler.forget();
        schedule.names_go_first(false);
        self.reconciler.state_mut().invalidate();
        self.shared.status.lost_lead();
        self.outage = Outage::default();
        self.shared.requests.forget();
        self.has_looked = false;
        schedule.demanded(Instant::now());
    }
}

impl Waits {
    /// Listens to the objects that `syncs` goes by now, as often as it says now.
    pub(super) fn follow<P>(&mut self, syncs: &Syncs<P>) {
        self.changed = syncs.config.desired_state.subscribe();
        self.schedule.repaced(syncs.config.pace, Instant::now());
    }
}
