//! Waits for a file for as long as that is of use.
//!
//! A file system that hangs, such as NFS without its server, keeps the thread that reads from it, and
//! nothing can be done about that. So each file is read on a thread of its own, which the process does not
//! wait for when it ends. A file that was never read is waited for as long as [`FIRST`]. One that was is read
//! again while others want answers: for [`AGAIN`], and not at all once it took longer than that. What comes later
//! is taken by the next call.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

/// How long a file is waited for that was never read.
const FIRST: Duration = Duration::from_secs(5);

/// How long one is waited for that is read again.
const AGAIN: Duration = Duration::from_millis(500);

/// How old something may be that was read while nobody asked. What is older is of use, too, where nothing newer
/// comes: it is newer than what is known.
const KEPT: Duration = Duration::from_secs(2);

/// How long a file is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// When it was never read; `None` for as long as it takes.
    pub(crate) first: Option<Duration>,
    /// When it is read again.
    pub(crate) again: Duration,
    /// When it is read again, and took longer than that before.
    pub(crate) late: Duration,
}

impl Patience {
    /// What keeps those who want answers waiting.
    pub(crate) const SHORT: Self = Self { first: Some(FIRST), again: AGAIN, late: Duration::ZERO };

    /// What keeps nobody waiting.
    pub(crate) const LONG: Self = Self { first: Some(FIRST), again: FIRST, late: FIRST };
}

/// What is known of how files were read.
pub(crate) struct Reads<T>(Mutex<BTreeMap<PathBuf, State<T>>>);

/// What is known of how a file was read.
enum State<T> {
    /// It came in time.
    Quick,
    /// It came late, and so it is not waited for.
    Late,
    /// It has not come yet.
    Pending { begun: Instant, comes: Receiver<(Instant, T)> },
}

/// Why there is nothing.
#[derive(Debug)]
pub(crate) enum NotRead {
    /// It has not come for so long.
    Waited(Duration),
    /// There is no thread for it.
    NoThread(io::Error),
}

impl<T: Send + 'static> Reads<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns what `read` makes of the file at `path`, or what an earlier call made of it that was waited
    /// for in vain.
    pub(crate) fn read(
        &self,
        path: &Path,
        Patience { first, again, late }: Patience,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRead> {
        let mut old = None;
        let patience = match self.lock().entry(path.to_owned()) {
            Entry::Vacant(_) => first,
            Entry::Occupied(mut known) => match known.get() {
                State::Quick => Some(again),
                State::Late => Some(late),
                State::Pending { begun, comes } => match comes.try_recv() {
                    Ok((came, made)) => {
                        let is_quick = came - *begun < again;
                        known.insert(if is_quick { State::Quick } else { State::Late });
                        if came.elapsed() <= KEPT {
                            return Ok(made);
                        }
                        old = Some(made);
                        Some(again)
                    }
                    Err(TryRecvError::Empty) => return Err(NotRead::Waited(begun.elapsed())),
                    Err(TryRecvError::Disconnected) => Some(Duration::ZERO),
                },
            },
        };
        let (begun, (made, comes)) = (now(), channel());
        let work = move || {
            let read = read();
            // Nobody may wait for it any more.
            let _ = made.send((now(), read));
        };
        thread::Builder::new()
            .name("read a file".to_owned())
            .spawn(work)
            .map_err(NotRead::NoThread)?;
        let came = match patience {
            None => comes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => comes.recv_timeout(patience),
        };
        match came {
            Ok((_, made)) => {
                self.lock().insert(path.to_owned(), State::Quick);
                Ok(made)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(NotRead::NoThread(io::Error::other("its thread ended")))
            }
            Err(RecvTimeoutError::Timeout) => {
                self.lock().insert(path.to_owned(), State::Pending { begun, comes });
                old.ok_or_else(|| NotRead::Waited(begun.elapsed()))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, State<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long the system takes is not for a caller to say"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_hangs_is_one_thread_and_is_waited_for_once() {
        let reads = Reads::new();
        let path = Path::new("token");
        assert_eq!(reads.read(path, Patience::SHORT, || 1).unwrap(), 1);
        let (release, hangs) = channel();
        let before = now();
        let hung = reads.read(path, Patience::SHORT, move || hangs.recv().unwrap());
        assert!(matches!(hung, Err(NotRead::Waited(waited)) if waited >= AGAIN));
        let waited = before.elapsed();
        assert!(waited < FIRST, "{waited:?}");
        for _ in 0..1000 {
            let hung = reads.read(path, Patience::SHORT, || unreachable!("no other thread begins"));
            assert!(matches!(hung, Err(NotRead::Waited(_))));
        }
        assert_eq!(reads.read(Path::new("other"), Patience::SHORT, || 7).unwrap(), 7);
        release.send(2).unwrap();
        let came = loop {
            match reads.read(path, Patience::SHORT, || 3) {
                Ok(came) => break came,
                Err(_) => thread::yield_now(),
            }
        };
        assert_eq!(came, 2, "what came late is what comes first");
        // It is not waited for again, and the next one that asks has it.
        let came = loop {
            match reads.read(path, Patience::SHORT, || 4) {
                Ok(came) => break came,
                Err(_) => thread::yield_now(),
            }
        };
        assert_eq!(came, 4);
    }

    #[test]
    fn what_came_late_is_taken_where_nothing_newer_comes() {
        let path = Path::new("slow");
        let reads = Reads::new();
        assert_eq!(reads.read(path, Patience::SHORT, || 1).unwrap(), 1);
        let came = |begun: Instant, came: Instant, made: u8| {
            let (sender, comes) = channel();
            sender.send((came, made)).unwrap();
            reads.lock().insert(path.to_owned(), State::Pending { begun, comes });
        };
        let now = now();
        let Some(long_ago) = now.checked_sub(KEPT * 2) else { return };
        came(long_ago, now, 2);
        assert_eq!(
            reads.read(path, Patience::SHORT, || unreachable!("it has just come")).unwrap(),
            2
        );
        came(long_ago, long_ago, 3);
        assert_eq!(
            reads.read(path, Patience::SHORT, || 4).unwrap(),
            4,
            "what is newer comes in time"
        );
        came(long_ago, long_ago, 5);
        let (release, hangs) = channel::<u8>();
        let read = reads.read(path, Patience::SHORT, move || hangs.recv().unwrap_or_default());
        assert_eq!(read.unwrap(), 5);
        drop(release);
    }

    #[test]
    fn what_a_shell_hands_over_may_take_its_time_at_the_start() {
        let reads = Reads::new();
        let (release, waits) = channel();
        let reader = thread::spawn(move || {
            let patience = Patience { first: None, ..Patience::SHORT };
            reads.read(Path::new("/dev/fd/63"), patience, move || waits.recv().unwrap()).is_ok()
        });
        release.send(()).unwrap();
        assert!(reader.join().unwrap());
    }
}
