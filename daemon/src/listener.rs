//! Where a program listens: a network address, or a socket that only its owner reaches.

mod everywhere;
mod peer;
mod proxy;
mod socket;
mod stream;

use std::io;
use std::path::Path;

use socket2::SockRef;
use tokio::net::{TcpListener, UnixListener};

pub use self::peer::Peer;
use self::peer::canonical;
pub use self::proxy::ProxySign;
pub(crate) use self::stream::Stream;

/// How many connections wait to be accepted.
const BACKLOG: u32 = 4096;

/// How many bytes of an answer the system keeps for a client that does not take them: some of its own accord
/// would be megabytes for each.
const UNTAKEN: usize = 256 << 10;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address that cannot be used.
    #[error("{flag}: cannot listen on `{address}`; use HOST:PORT, and a port that is free")]
    Address {
        /// The flag that names the address.
        flag: &'static str,
        /// The address.
        address: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A socket that cannot be made.
    #[error("{flag}: cannot listen on `{address}`; check its folder")]
    Socket {
        /// The flag that names the socket.
        flag: &'static str,
        /// The socket as given.
        address: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A socket that lacks slashes.
    #[error("{flag}: `{address}` is no address; use `unix:///{path}`")]
    Spelling {
        /// The flag that names the socket.
        flag: &'static str,
        /// The socket as given.
        address: String,
        /// The path without leading slashes.
        path: String,
    },
    /// A socket on which another process answers.
    #[error(
        "{flag}: another process answers on the socket `{path}`; end it, or choose another path"
    )]
    Taken {
        /// The flag that names the socket.
        flag: &'static str,
        /// Its path.
        path: String,
    },
    /// A socket of which it cannot be told whether it is in use.
    #[error(
        "{flag}: whether someone listens on the socket `{path}` cannot be told; remove it, or \
         choose another path"
    )]
    Unclear {
        /// The flag that names the socket.
        flag: &'static str,
        /// Its path.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// An old socket that stays.
    #[error("{flag}: the old socket `{path}` cannot be removed")]
    Stale {
        /// The flag that names the socket.
        flag: &'static str,
        /// Its path.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Reads where a program is to listen, for flags: what [`Listener::bind`] takes; empty for nowhere.
///
/// # Errors
///
/// Returns what to write instead.
pub fn address(text: &str) -> Result<String, String> {
    let is_place = match text.rsplit_once(':') {
        _ if text.is_empty() || text.starts_with("unix:") => true,
        Some((host, port)) => {
            let is_bare = host.contains(':') && !host.starts_with('[');
            port.parse::<u16>().is_ok() && !is_bare && !host.contains(char::is_whitespace)
        }
        None => false,
    };
    if is_place {
        return Ok(text.to_owned());
    }
    Err("write HOST:PORT, such as `127.0.0.1:7979`, or `:PORT` for every interface".to_owned())
}

/// Listens on one address, with as long a queue as elsewhere.
async fn bind(address: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // On a socket that listens this sets the length of its queue.
    SockRef::from(&listener).listen(BACKLOG.cast_signed())?;
    Ok(listener)
}

/// Something to connect to.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
    address: String,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Binds `HOST:PORT`, `:PORT` for every interface, or `unix:///PATH`; `flag` is what names it.
    ///
    /// Every interface is that of IPv6, to which IPv4 comes as well; that of IPv4 where there is no
    /// IPv6.
    ///
    /// A socket is its owner's alone, whatever the umask is. One that a process before us left
    /// behind is removed.
    ///
    /// # Errors
    ///
    /// Returns an error that says what is in the way.
    pub async fn bind(flag: &'static str, address: &str) -> Result<Self, ListenError> {
        if let Some(path) = address.strip_prefix("unix://") {
            let listener = socket::bind(flag, address, Path::new(path)).await?;
            return Ok(Self { kind: Kind::Unix(listener), address: address.to_owned() });
        }
        if let Some(path) = address.strip_prefix("unix:") {
            let path = path.trim_start_matches('/').to_owned();
            return Err(ListenError::Spelling { flag, address: address.to_owned(), path });
        }
        let unusable = |source| ListenError::Address { flag, address: address.to_owned(), source };
        let listener = match everywhere::port(address) {
            Some(port) => everywhere::listen(port),
            None => bind(address).await,
        };
        let listener = listener.map_err(unusable)?;
        // Connections have it from their listener.
        SockRef::from(&listener).set_send_buffer_size(UNTAKEN).map_err(unusable)?;
        let bound = listener.local_addr().map_err(unusable)?.to_string();
        Ok(Self { kind: Kind::Tcp(listener), address: bound })
    }

    /// Returns the bound address: a socket address, or `unix:///PATH`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Tells whether nobody but this machine reaches it.
    pub fn is_local(&self) -> bool {
        match &self.kind {
            Kind::Tcp(listener) => {
                listener.local_addr().is_ok_and(|here| canonical(here).ip().is_loopback())
            }
            Kind::Unix(_) => true,
        }
    }

    /// Returns the listener for the runtime that is current, which may be another than the one that
    /// it was bound in.
    ///
    /// # Errors
    ///
    /// Returns what the system says.
    pub fn moved(self) -> io::Result<Self> {
        let Self { kind, address } = self;
        let kind = match kind {
            Kind::Tcp(listener) => Kind::Tcp(TcpListener::from_std(listener.into_std()?)?),
            Kind::Unix(listener) => Kind::Unix(UnixListener::from_std(listener.into_std()?)?),
        };
        Ok(Self { kind, address })
    }

    pub(crate) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.kind {
            Kind::Tcp(listener) => {
                let (stream, remote) = listener.accept().await?;
                let remote = canonical(remote);
                let here = stream.local_addr().map(canonical);
                let is_local =
                    remote.ip().is_loopback() && here.is_ok_and(|here| here.ip().is_loopback());
                // Only how soon small pieces go out.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), Peer::Address { remote, is_local }))
            }
            Kind::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Peer::Socket))
            }
        }
    }
}
