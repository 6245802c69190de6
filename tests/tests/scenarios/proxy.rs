//! What stands between controller and sidecar, and answers in the sidecar's place on demand.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The media type of the protocol, spelled as providers in the field do.
const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

/// How requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultMode {
    /// By the sidecar.
    Well,
    /// With this status, `Retry-After: 1` and no body.
    Status(u16),
    /// Never.
    Hangs,
    /// By the sidecar, and labelled `application/json`.
    PlainJson,
    /// `GET /records` with `200 []`, the rest by the sidecar.
    ListsNothing,
    /// `POST /adjustendpoints` with `200 []`, the rest by the sidecar.
    AdjustsToNothing,
}

/// A proxy in this process.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    sidecar: String,
    client: reqwest::Client,
    progress: Mutex<Progress>,
}

struct Progress {
    fault_mode: FaultMode,
    requests: Vec<(Method, String)>,
}

impl Proxy {
    /// Starts a proxy for the sidecar at a URL.
    pub(crate) async fn start(sidecar: &str) -> Self {
        let shared = Arc::new(Shared {
            sidecar: sidecar.to_owned(),
            client: reqwest::Client::new(),
            progress: Mutex::new(Progress { fault_mode: FaultMode::Well, requests: Vec::new() }),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Self { address, shared, _server: server }
    }

    /// Answers so from now on, and forgets the requests so far.
    pub(crate) fn be(&self, fault_mode: FaultMode) {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) =
            Progress { fault_mode, requests: Vec::new() };
    }

    /// Returns how many requests came since the last change of its mode.
    pub(crate) fn requests(&self, method: &Method, path: &str) -> usize {
        let progress = self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.requests.iter().filter(|(m, p)| m == method && p == path).count()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let fault_mode = {
        let mut progress = shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.requests.push((method.clone(), path.clone()));
        progress.fault_mode
    };
    let nothing = || ([(header::CONTENT_TYPE, MEDIA_TYPE)], "[]\n").into_response();
    match fault_mode {
        FaultMode::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::RETRY_AFTER, "1")]).into_response()
        }
        FaultMode::Hangs => std::future::pending().await,
        FaultMode::ListsNothing if path == "/records" && method == Method::GET => nothing(),
        FaultMode::AdjustsToNothing if path == "/adjustendpoints" => nothing(),
        FaultMode::Well
        | FaultMode::ListsNothing
        | FaultMode::AdjustsToNothing
        | FaultMode::PlainJson => {
            let mut response = forward(&shared, request).await;
            if fault_mode == FaultMode::PlainJson {
                let plain = header::HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, plain);
            }
            response
        }
    }
}

async fn forward(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |query| query.as_str());
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let url = format!("{}{target}", shared.sidecar);
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let sent = shared.client.request(parts.method, url).headers(headers).body(body).send().await;
    // A sidecar that is away is a connection that nobody accepts; here that is the nearest thing.
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap_or_default()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response
}
