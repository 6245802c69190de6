//! How many requests may wait for zones to be read: what waits for one read keeps nobody from anything else.
//!
//! A slow read takes minutes, and each request that waits for it has a place among those that are
//! answered. Of these places, writes and negotiation have what reads leave; single names and zones
//! have what lists leave.

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::seldom::Seldom;

/// How many may wait at once for zones that are read anew; others get what is known, with its age.
const ANEW: usize = 4;

/// More wait for zones than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyWait;

/// Who may wait.
#[derive(Debug)]
pub(super) struct Turns {
    reads: Semaphore,
    lists: Semaphore,
    anew: Semaphore,
    told: Seldom,
}

/// That a request may wait, for as long as this lives.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _read: SemaphorePermit<'a>,
    _list: Option<SemaphorePermit<'a>>,
}

impl Turns {
    /// Returns the shares of so many requests: half of them for what reads, and an eighth for whole lists.
    pub(super) fn of(requests: usize) -> Self {
        let share =
            |part: usize| Semaphore::new((requests / part).clamp(1, Semaphore::MAX_PERMITS));
        Self {
            reads: share(2),
            lists: share(8),
            anew: Semaphore::new(ANEW),
            told: Seldom::default(),
        }
    }

    /// Lets a request wait that reads some of the zones.
    pub(super) fn read(&self) -> Result<Turn<'_>, TooManyWait> {
        let read = self.reads.try_acquire().map_err(|_| self.too_many())?;
        Ok(Turn { _read: read, _list: None })
    }

    /// Lets a request wait that wants whole zones.
    pub(super) fn list(&self) -> Result<Turn<'_>, TooManyWait> {
        let list = self.lists.try_acquire().map_err(|_| self.too_many())?;
        Ok(Turn { _list: Some(list), ..self.read()? })
    }

    fn too_many(&self) -> TooManyWait {
        if self.told.is_due(Instant::now()) {
            tracing::warn!(
                "More requests wait for zones to be read than may, and are told to come again; the read is slow, or \
                 a client asks all the time"
            );
        }
        TooManyWait
    }

    /// Lets a request have zones read anew, and wait for that; `None` when enough do.
    pub(super) fn anew(&self) -> Option<SemaphorePermit<'_>> {
        self.anew.try_acquire().ok()
    }
}
