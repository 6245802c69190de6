//! Writes to the provider in the history: there before they are made, and how they ended.
//!
//! A process that is killed between the two leaves a write of which no outcome is known; so
//! does a provider whose answer is lost. What the provider has shows it when it is read next.

use anyhow::Context as _;
use controller_core::history::{HistoryRow, Outcome};
use controller_core::inventory::Inventory;
use external_dns_webhook::Changes;
use tokio::time::Instant;

use super::{Numbers, State, Wait};

/// The write that was begun last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PendingWrite {
    /// There is none, or it is not in the history.
    #[default]
    Nothing,
    /// It is the last one in the history, and its outcome is not known.
    Noted,
    /// It is larger than the whole history.
    TooLarge,
}

impl State {
    /// Notes that `changes` are about to be written, and keeps that before it returns.
    ///
    /// `current` is what the provider has, and `written` in seconds since 1970. The store's rest
    /// is not waited for; one that failed a moment ago is left alone. That it cannot be kept stops
    /// nothing: DNS that is right is worth more than a history of it, so it is only to be told.
    ///
    /// What is tried again after a failure has its place in the history already and costs nothing.
    pub async fn begin(&mut self, current: &Inventory, changes: &Changes, written: i64) {
        let noted = self.note_begun(current, changes, written);
        self.keep_begun(noted).await;
    }

    /// Keeps a write that [`note_begun`](Self::note_begun) noted, before it is made.
    pub(crate) async fn keep_begun(&mut self, noted: anyhow::Result<()>) {
        let now = Instant::now();
        if self.is_due && matches!(self.wait, Wait::Throttled(_)) {
            self.flush_now();
        }
        if let Err(error) = noted {
            self.result = Some(Err(error));
        } else if self.is_known && self.due(now).is_some_and(|due| due <= now) {
            self.result = Some(self.persist(now).await);
        }
    }

    /// Notes that of what was begun `taken` was written at `written`, in seconds since 1970.
    ///
    /// A write of which nothing was taken leaves no row, and its number is given to no other.
    /// Returns its number in the history; `None` when it has none, or none yet that no other writer gives.
    pub fn conclude(&mut self, taken: &Changes, written: i64) -> Option<u64> {
        let noted = if taken.is_empty() {
            self.note_nothing().map(|()| None)
        } else {
            self.note_concluded(taken, written)
        };
        noted.unwrap_or_else(|error| {
            self.result = Some(Err(error));
            None
        })
    }

    /// Notes how writes ended of which no outcome is known, as `current` shows it at `now`: what the
    /// provider has.
    pub fn resolve(&mut self, current: &Inventory, now: i64) {
        if let Err(error) = self.resolve_but(current, now, |_, _| false) {
            self.result = Some(Err(error));
        }
    }

    /// Notes that `changes` are about to be written, for [`keep_begun`](Self::keep_begun) to keep.
    pub(crate) fn note_begun(
        &mut self,
        current: &Inventory,
        changes: &Changes,
        written: i64,
    ) -> anyhow::Result<()> {
        let was_ours = std::mem::replace(&mut self.pending_write, PendingWrite::Nothing)
            == PendingWrite::Noted;
        // What is planned once more was not made, and what we tried and did not make is forgotten.
        let place = self.resolve_but(current, written, |row, outcome| {
            row.changes == *changes || was_ours && outcome == Outcome::NotLanded
        })?;
        self.add_begun(place, changes, written)
    }

    /// Notes that `changes` are about to be written while what the provider has was not read, so that
    /// it cannot be told how earlier writes ended.
    pub(crate) fn note_begun_unseen(
        &mut self,
        changes: &Changes,
        written: i64,
    ) -> anyhow::Result<()> {
        self.pending_write = PendingWrite::Nothing;
        self.add_begun(None, changes, written)
    }

    /// Returns the writes whose outcome only the records told, since they were last taken from
    /// here, oldest first.
    pub fn take_resolved(&mut self) -> Vec<HistoryRow> {
        std::mem::take(&mut self.resolved)
    }

    /// Adds a write to the history, unless it stands at its `place` already: there is what was not made.
    fn add_begun(
        &mut self,
        place: Option<HistoryRow>,
        changes: &Changes,
        written: i64,
    ) -> anyhow::Result<()> {
        let outcome = Outcome::Begun;
        let row = HistoryRow {
            id: 0,
            written,
            changes: changes.clone(),
            outcome,
            cause: self.cause.clone(),
        };
        let Some(store) = &mut self.store else { return Ok(()) };
        match place {
            Some(place) if place.changes == *changes => {}
            place => {
                if let Some(place) = place {
                    store.conclude(HistoryRow::nothing(place.id))?;
                }
                if !store.add(row)? {
                    self.pending_write = PendingWrite::TooLarge;
                    return Ok(());
                }
                self.is_due = true;
            }
        }
        self.pending_write = PendingWrite::Noted;
        Ok(())
    }

    /// Takes the write that was begun last out of the history: nothing of it is left.
    fn note_nothing(&mut self) -> anyhow::Result<()> {
        let pending = std::mem::replace(&mut self.pending_write, PendingWrite::Nothing);
        let Some(store) = self.store.as_mut().filter(|_| pending == PendingWrite::Noted) else {
            return Ok(());
        };
        if let Some(begun) = store.open()?.pop() {
            store.conclude(HistoryRow::nothing(begun.id))?;
            self.is_due = true;
        }
        Ok(())
    }

    fn note_concluded(&mut self, taken: &Changes, written: i64) -> anyhow::Result<Option<u64>> {
        let Some(store) = &mut self.store else { return Ok(None) };
        let row = |id| HistoryRow {
            id,
            written,
            changes: taken.clone(),
            outcome: Outcome::Written,
            cause: self.cause.clone(),
        };
        match std::mem::replace(&mut self.pending_write, PendingWrite::Nothing) {
            PendingWrite::Noted => {
                let begun =
                    store.open()?.pop().context("the pending write is not in the history")?;
                store.conclude(row(begun.id))?;
                self.is_due = true;
                let has_number = store.has_number(begun.id);
                if !has_number {
                    self.numbers = Numbers::Missing;
                }
                Ok(has_number.then_some(begun.id))
            }
            PendingWrite::TooLarge => Ok(None),
            PendingWrite::Nothing => {
                store.add(row(0))?;
                (self.is_due, self.numbers) = (true, Numbers::Missing);
                Ok(None)
            }
        }
    }

    /// Notes how writes ended, but for the last one if that is to be `kept`, which is returned.
    fn resolve_but(
        &mut self,
        current: &Inventory,
        now: i64,
        kept: impl Fn(&HistoryRow, Outcome) -> bool,
    ) -> anyhow::Result<Option<HistoryRow>> {
        let Some(store) = &mut self.store else { return Ok(None) };
        let mut open = store.open()?;
        let mut last = open.pop();
        if let Some(row) = last.take_if(|row| !kept(row, row.outcome_in(current))) {
            open.push(row);
        }
        for row in open {
            let outcome = row.outcome_in(current);
            tracing::warn!(
                write = row.id,
                outcome = outcome.as_str(),
                "A write ended without an answer; the records show how"
            );
            // What was not made has no other time than when it was tried.
            let written = if outcome == Outcome::NotLanded { row.written } else { now };
            let row = HistoryRow { outcome, written, ..row };
            store.conclude(row.clone())?;
            self.resolved.push(row);
            self.is_due = true;
        }
        Ok(last)
    }
}
