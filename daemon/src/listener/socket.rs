//! A Unix socket that is its owner's alone, and what is left of one whose process has ended.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::{BACKLOG, ListenError};

/// Who may use a socket: its owner, and nobody else.
const OWNER_ONLY: u32 = 0o600;

/// Makes a socket that only its owner reaches: nobody can connect before it listens, and it listens
/// when its mode is set.
pub(super) fn owned_socket(path: &Path) -> io::Result<UnixListener> {
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
pub(super) async fn remove_stale(flag: &'static str, path: &Path) -> Result<(), ListenError> {
    let shown = path.display().to_string();
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path)
            .map_err(|source| ListenError::Stale { flag, path: shown, source }),
        Ok(_) => Err(ListenError::Taken { flag, path: shown }),
        Err(source) => Err(ListenError::Unclear { flag, path: shown, source }),
    }
}
