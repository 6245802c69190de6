//! The socket: accepts connections, serves each in a task of its own, and cuts them on demand.
//!
//! All tasks live in one set owned by what runs the server; when it is dropped, every
//! connection ends.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service;

use crate::Options;
use crate::faults::Faults;
use crate::requests::Requests;
use crate::store::Store;

/// How long to wait after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) options: Options,
    store: RwLock<Store>,
    faults: Mutex<Faults>,
    requests: Mutex<Requests>,
    connections: watch::Sender<Cut>,
    watches: watch::Sender<Cut>,
}

/// The last order to cut: how many there were, and which connection it spares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    count: u64,
    spared: Option<ConnectionId>,
}

/// Tells one connection from another; requests carry it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionId(u64);

impl Server {
    pub(crate) fn new(options: Options, store: Store) -> Self {
        Self {
            options,
            store: RwLock::new(store),
            faults: Mutex::default(),
            requests: Mutex::default(),
            connections: watch::Sender::default(),
            watches: watch::Sender::default(),
        }
    }

    // A panic in one request must not take the others along: the store is changed last in every
    // write, so what a poisoned lock guards is still whole.

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every connection but the one that asks.
    pub(crate) fn cut_connections(&self, spared: Option<ConnectionId>) {
        self.connections.send_modify(|cut| *cut = Cut { count: cut.count + 1, spared });
    }

    /// Breaks off every watch in the middle of its answer.
    pub(crate) fn cut_watches(&self) {
        self.watches.send_modify(|cut| cut.count += 1);
    }

    /// Returns a receiver that wakes when watches are to break off.
    pub(crate) fn watch_cuts(&self) -> watch::Receiver<Cut> {
        self.watches.subscribe()
    }
}

/// Serves `router` on `listener` until dropped.
pub(crate) async fn serve(listener: TcpListener, server: Arc<Server>, router: Router) {
    let mut connections = JoinSet::new();
    let mut next = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Gone before it was accepted, or no file left: others must end first.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                next += 1;
                let cuts = server.connections.subscribe();
                connections.spawn(connection(stream, ConnectionId(next), cuts, router.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(
    stream: TcpStream,
    id: ConnectionId,
    mut cuts: watch::Receiver<Cut>,
    router: Router,
) {
    // Small answers go out at once; failing to ask for that only costs time.
    let _: io::Result<()> = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(id);
        router.clone().call(request.map(axum::body::Body::new) as Request)
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let cut = async {
        while cuts.changed().await.is_ok() {
            if cuts.borrow_and_update().spared != Some(id) {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        // How a connection ends is seen by the client; the server goes on either way.
        _ = served => {}
        () = cut => {}
    }
}
