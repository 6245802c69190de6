//! Where we listen, and what asks us to end.

use std::future::Future;
use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use external_dns_webhook::{Provider, server};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal as on};

/// A bound listener for controllers.
pub(super) enum Listening {
    /// On a network address.
    Tcp(TcpListener, String),
    /// On a Unix socket.
    Unix(UnixListener, String),
}

impl Listening {
    /// Binds `HOST:PORT` or `unix:///PATH`.
    pub(super) async fn bind(address: &str) -> anyhow::Result<Self> {
        let Some(path) = address.strip_prefix("unix://") else {
            if let Some(path) = address.strip_prefix("unix:") {
                let path = path.trim_start_matches('/');
                anyhow::bail!("--listen: `{address}` is no address; use `unix:///{path}`");
            }
            let listener = tcp("--listen", address).await?;
            let bound = listener.local_addr().context("the address of --listen is not known")?;
            return Ok(Self::Tcp(listener, bound.to_string()));
        };
        let path = Path::new(path);
        if path.metadata().is_ok_and(|metadata| metadata.file_type().is_socket()) {
            remove_stale(path).await?;
        }
        let listener = UnixListener::bind(path)
            .with_context(|| format!("--listen: cannot listen on `{address}`; check its folder"))?;
        Ok(Self::Unix(listener, address.to_owned()))
    }

    /// Returns the bound address.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Tcp(_, address) | Self::Unix(_, address) => address,
        }
    }

    /// Serves until `shutdown`, and finishes what has begun.
    pub(super) async fn serve<P: Provider, Z: Provider>(
        self,
        (provider, zoned): (Arc<P>, Arc<Z>),
        options: server::ServerOptions,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let both = (provider, zoned);
        match self {
            Self::Tcp(listener, _) => server::serve_zoned(listener, both, options, shutdown).await,
            Self::Unix(listener, _) => server::serve_zoned(listener, both, options, shutdown).await,
        }
    }
}

/// Removes the socket that a process before us left behind; anything else is not ours.
///
/// Nobody but its owner listens on a socket, so one that refuses has none any more. Whoever takes
/// the socket of a process that lives gets its controller without a word, and that process waits for
/// requests that never come.
async fn remove_stale(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path)
            .with_context(|| format!("--listen: the old socket `{shown}` cannot be removed")),
        Ok(_) => anyhow::bail!(
            "--listen: another process answers on the socket `{shown}`; end it, or choose another \
             path"
        ),
        Err(error) => Err(error).with_context(|| {
            format!(
                "--listen: whether someone listens on the socket `{shown}` cannot be told; remove \
                 it, or choose another path"
            )
        }),
    }
}

/// Binds a network address; a missing host means every interface.
pub(super) async fn tcp(flag: &str, address: &str) -> anyhow::Result<TcpListener> {
    let full =
        if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() };
    TcpListener::bind(&full).await.with_context(|| {
        format!("{flag}: cannot listen on `{address}`; use HOST:PORT, and a port that is free")
    })
}

/// The signals that this process answers.
///
/// Until they are caught, each of them ends it, SIGHUP too: catch them before anyone is told that it
/// serves. One that comes before it is waited for is not lost.
pub(super) struct Signals {
    /// Asks to read the flags again.
    pub(super) hangup: Signal,
    /// Asks to end.
    pub(super) end: End,
}

/// SIGTERM and SIGINT.
pub(super) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on.
    pub(super) fn catch() -> anyhow::Result<Self> {
        let hangup = on(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
        let terminate = on(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
        let interrupt = on(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
        Ok(Self { hangup, end: End { terminate, interrupt } })
    }
}

impl End {
    /// Waits for either.
    pub(super) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
