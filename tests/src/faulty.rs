//! A provider in this process that fails on demand, for tests of the controller.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use external_dns_webhook::media_type::MEDIA_TYPE;
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{Endpoint, Labels, Provider, RecordType, server};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::patience::eventually;

/// How a provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultMode {
    /// As it should.
    Well,
    /// To every request with this status.
    Status(u16),
    /// To every request with 503 and this `Retry-After`.
    AsksToWait(&'static str),
    /// To `POST /adjustendpoints` with `200 []`.
    AdjustsToNothing,
    /// To `GET /records` with `200 []`.
    ListsNothing,
    /// Not at all.
    Hangs,
    /// As it should, and to `POST /records` after a second.
    WritesSlowly,
    /// To `POST /records` not at all, and writes nothing.
    HangsBeforeWriting,
    /// To `POST /records` not at all, and has written all of it.
    HangsAfterWriting,
    /// To negotiation with another media type.
    OtherMediaType,
}

/// A provider that fails on demand.
#[derive(Debug)]
pub struct Faulty<P = Memory> {
    /// What it holds.
    pub memory: Arc<P>,
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<Progress>>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Progress {
    fault_mode: FaultMode,
    requests: Vec<(Method, String)>,
}

impl Faulty {
    /// Starts a provider that holds `records` and is well.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn start(records: Vec<Endpoint>) -> anyhow::Result<Self> {
        let memory = Arc::new(Memory::holding(records));
        let router = server::router(Arc::clone(&memory), server::ServerOptions::default());
        Self::serving(memory, router).await
    }

    /// Returns the names that it holds an address of, each with the first of them.
    pub fn addresses(&self) -> BTreeMap<String, String> {
        let held = self.memory.dump().into_iter();
        let addresses = held.filter(|endpoint| endpoint.record_type == RecordType::A);
        let first = |endpoint: &Endpoint| endpoint.targets.first().unwrap_or_default().to_owned();
        addresses.map(|endpoint| (endpoint.dns_name.to_string(), first(&endpoint))).collect()
    }

    /// Returns the names that it holds an address of, in order.
    pub fn names(&self) -> Vec<String> {
        self.addresses().into_keys().collect()
    }

    /// Waits until it holds addresses of exactly these names.
    pub async fn until_names_are(&self, expected: &[&str]) {
        let names = || async { self.names() };
        eventually(&format!("{expected:?}"), names, |names| *names == expected).await;
    }

    /// Waits until it holds exactly these addresses.
    pub async fn until_addresses_are(&self, expected: &[(&str, &str)]) {
        let owned = |(name, address): &(&str, &str)| ((*name).to_owned(), (*address).to_owned());
        let expected: BTreeMap<_, _> = expected.iter().map(owned).collect();
        let addresses = || async { self.addresses() };
        eventually("the addresses", addresses, |addresses| *addresses == expected).await;
    }

    /// Returns everything that it holds, without labels.
    pub fn unlabelled(&self) -> Vec<Endpoint> {
        let held = self.memory.dump().into_iter();
        held.map(|record| Endpoint { labels: Labels::default(), ..record }).collect()
    }
}

impl<P: Provider> Faulty<P> {
    /// Starts a provider that is well, tells record sets apart by their zone, and has them in `memory`.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn zoned(memory: P) -> anyhow::Result<Self> {
        let memory = Arc::new(memory);
        let both = (Arc::clone(&memory), Arc::clone(&memory));
        let options = server::ServerOptions::default();
        let router = server::zoned_router(both.0, both.1, options, TaskTracker::new());
        Self::serving(memory, router).await
    }

    async fn serving(memory: Arc<P>, router: Router) -> anyhow::Result<Self> {
        let state = Progress { fault_mode: FaultMode::Well, requests: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let router = router.layer(middleware::from_fn_with_state(Arc::clone(&state), answer));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { memory, address, state, _server: server })
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how it answers from now on, and forgets the requests so far.
    pub fn be(&self, fault_mode: FaultMode) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = Progress { fault_mode, requests: Vec::new() };
    }

    /// Returns how many requests of a method came for a path since the last change of its mode.
    pub fn requests(&self, method: &Method, path: &str) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.iter().filter(|(m, p)| m == method && p == path).count()
    }

    /// Waits until so many more requests of a method came for a path.
    pub async fn until_asked(&self, method: &Method, path: &str, times: usize) {
        let requests = || async { self.requests(method, path) };
        let enough = self.requests(method, path) + times;
        eventually(&format!("{method} {path}"), requests, |requests| *requests >= enough).await;
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Progress>>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let fault_mode = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push((method.clone(), path.clone()));
        state.fault_mode
    };
    let nothing = ([(header::CONTENT_TYPE, MEDIA_TYPE)], "[]\n");
    match fault_mode {
        FaultMode::AdjustsToNothing if path == "/adjustendpoints" => nothing.into_response(),
        FaultMode::ListsNothing if path == "/records" && method == Method::GET => {
            nothing.into_response()
        }
        FaultMode::OtherMediaType if path == "/" => {
            ([(header::CONTENT_TYPE, "application/json")], "{}").into_response()
        }
        FaultMode::Status(status) => StatusCode::from_u16(status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        FaultMode::AsksToWait(until) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, until)]).into_response()
        }
        FaultMode::Hangs => std::future::pending().await,
        FaultMode::WritesSlowly if path == "/records" && method == Method::POST => {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            next.run(request).await
        }
        FaultMode::HangsBeforeWriting if path == "/records" && method == Method::POST => {
            std::future::pending().await
        }
        FaultMode::HangsAfterWriting if path == "/records" && method == Method::POST => {
            drop(next.run(request).await);
            std::future::pending().await
        }
        FaultMode::Well
        | FaultMode::WritesSlowly
        | FaultMode::HangsBeforeWriting
        | FaultMode::HangsAfterWriting
        | FaultMode::AdjustsToNothing
        | FaultMode::ListsNothing
        | FaultMode::OtherMediaType => next.run(request).await,
    }
}
