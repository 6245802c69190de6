//! A Unix socket that is its owner's alone, and what is left of one whose process has ended.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::{Instant, sleep};

use super::{BACKLOG, ListenError};

/// Who may use a socket: its owner, and nobody else.
const OWNER_ONLY: u32 = 0o600;

/// How long another process may take to get to its socket.
const TURN: Duration = Duration::from_secs(2);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// Listens on the socket at `path`, which `flag` names as `address`; one that a process before us left
/// behind is removed.
pub(super) async fn bind(
    flag: &'static str,
    address: &str,
    path: &Path,
) -> Result<UnixListener, ListenError> {
    // Of two that start at once, each would find what the other has not got to yet, and remove it.
    let _turn = turn(path).await;
    if path.metadata().is_ok_and(|metadata| metadata.file_type().is_socket()) {
        remove_stale(flag, path).await?;
    }
    let problem = |source| ListenError::Socket { flag, address: address.to_owned(), source };
    owned_socket(path).map_err(problem)
}

/// Waits until nobody else is about to listen in the folder of `path`, for as long as that may take;
/// it is our turn until what is returned goes. `None` where folders cannot be locked, or something else
/// has the lock.
async fn turn(path: &Path) -> Option<File> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = File::open(parent.unwrap_or(Path::new("."))).ok()?;
    let until = Instant::now() + TURN;
    loop {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOK).await,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
    }
}

/// Makes a socket that only its owner reaches: nobody can connect before it listens, and it listens
/// when its mode is set.
fn owned_socket(path: &Path) -> io::Result<UnixListener> {
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(OWNER_ONLY))?;
    socket.listen(BACKLOG)
}

/// Removes the socket that a process before us left behind; anything else is not ours.
///
/// Nobody but its owner listens on a socket, so one that refuses has none any more. A process that
/// takes the socket of a process that lives gets its clients without a word, and that process waits
/// for requests that never come.
async fn remove_stale(flag: &'static str, path: &Path) -> Result<(), ListenError> {
    let shown = path.display().to_string();
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path)
            .map_err(|source| ListenError::Stale { flag, path: shown, source }),
        Ok(_) => Err(ListenError::Taken { flag, path: shown }),
        Err(source) => Err(ListenError::Unclear { flag, path: shown, source }),
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn of_processes_that_start_at_once_one_has_the_socket_and_the_others_are_told() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let path = folder.path().join(round.to_string());
            // What is left of a process that has ended.
            drop(owned_socket(&path).unwrap());
            let mut starts = JoinSet::new();
            for _ in 0..8 {
                let path = path.clone();
                starts.spawn(async move { bind("--listen", "unix:///…", &path).await });
            }
            let started = starts.join_all().await;
            let taken = |error: &ListenError| matches!(error, ListenError::Taken { .. });
            let told = started.iter().filter_map(|start| start.as_ref().err()).filter(|e| taken(e));
            assert_eq!(told.count(), 7, "{started:?}");
            let listener = started.into_iter().find_map(Result::ok).unwrap();
            let (connected, accepted) = tokio::join!(UnixStream::connect(&path), listener.accept());
            assert!(connected.is_ok() && accepted.is_ok());
        }
    }
}
