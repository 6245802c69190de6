//! Answers requests on a listener, from any client and however slowly: the one loop that accepts.
//!
//! A head, a body and a client that takes its answer have their time; the number of connections has
//! a bound, and one that waits goes when it is reached. Probes are answered besides, so that nobody
//! takes a process for dead that has much to do.

mod connections;
mod watched;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt as _};

pub use self::connections::Limits;
use self::connections::{Admitted, Connection, Connections};
pub use self::watched::RequestBody;
use self::watched::{AnswerBody, WatchedStream};
use crate::access::{Access, Admission, NotAllowed, ShownCertificates, bearer};
use crate::listener::{Listener, Peer, Stream};
use crate::refusals::Refusals;

/// How often connections are looked at that may have taken too long.
const LOOK: Duration = Duration::from_secs(1);

/// How long the place of a connection that is closed may take to be free.
const GIVEN: Duration = Duration::from_secs(1);

/// How long to wait when the system has no file for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a line says that connections were closed to make room.
const TELL: Duration = Duration::from_mins(1);

/// How a listener is served.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// What it puts up with.
    pub limits: Limits,
    /// Paths that are answered whatever there is to do, to any client, such as `/healthz`.
    pub probes: &'static [&'static str],
    /// What guards the others.
    pub access: Access,
    /// Whether the service finds out about tokens that `access` does not know: what it is asked for
    /// with one has the extension [`Admission::Unknown`], and is its to refuse.
    pub judges_tokens: bool,
    /// Where refused requests are counted; the service may count its own there.
    pub refusals: Refusals,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the connections of a listener share.
struct Door {
    options: ServeOptions,
    /// The places of those that are answered.
    places: Arc<Semaphore>,
    connections: Arc<Connections>,
}

impl Door {
    /// Returns the place of another request, whose client keeps it without need; `None` when each is needed.
    async fn place_of_another(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).acquire_owned();
        tokio::pin!(place);
        let latest = Instant::now() + GIVEN;
        loop {
            let now = Instant::now();
            // What is closed gives its place back in a moment.
            let until = if self.connections.make_place(now) {
                latest
            } else {
                self.connections.place_after(now)?
            };
            if let Ok(place) = timeout_at(until.min(latest), &mut place).await {
                return place.ok();
            }
            if now >= latest {
                return None;
            }
        }
    }
}

/// Answers requests on `listener` by `service` until `stop` is ready.
///
/// Requests that have begun are answered first; a connection without one is closed. Every request
/// has its [`Peer`] and its [`Admission`] as extensions.
pub async fn serve<S, B>(
    listener: Listener,
    service: S,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let connections = Arc::new(Connections::new(options.limits, options.access.is_encrypted()));
    let refusals = options.refusals.clone();
    let places = Arc::new(Semaphore::new(options.limits.requests));
    let door = Arc::new(Door { options, places, connections: Arc::clone(&connections) });
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut told, mut next) = (None, None);
    tokio::pin!(stop);
    loop {
        // One that comes when there is no room waits for it, and all others in the system's queue.
        let now = Instant::now();
        let room = next.as_ref().and_then(|_| connections.room_after(now));
        if let Some((stream, peer)) = next.take_if(|_| room.is_none()) {
            let admitted = connections.admit(now);
            if admitted.as_ref().is_none_or(|admitted| admitted.made_room) {
                tell(&mut told, listener.address());
            }
            if let Some(admitted) = admitted {
                let (service, door) = (service.clone(), Arc::clone(&door));
                let serving = connection(stream, peer, admitted, service, door, stopping.clone());
                tasks.spawn(serving);
            }
        }
        tokio::select! {
            biased;
            () = &mut stop => break,
            _ = look.tick() => {
                connections.sweep(Instant::now());
                refusals.tell(listener.address(), Instant::now());
            }
            () = connections.one_gone(), if room.is_some() => {}
            () = sleep_until(room.unwrap_or(now)), if room.is_some() => {}
            accepted = listener.accept(), if room.is_none() => match accepted {
                Ok(accepted) => next = Some(accepted),
                // A client that is gone again is no trouble; to have no more files is.
                Err(error) if is_about_one(&error) => {}
                Err(error) => {
                    tracing::error!(%error, listen = listener.address(), "Cannot accept a connection");
                    connections.make_room(Instant::now());
                    sleep(PAUSE).await;
                }
            },
        }
    }
    // Who comes from here on is refused, and not left to wait.
    drop(listener);
    stopping.cancel();
    connections.close_waiting();
    tasks.close();
    loop {
        tokio::select! {
            () = tasks.wait() => break,
            _ = look.tick() => connections.sweep(Instant::now()),
        }
    }
}

/// Tells whether an error is about the connection that was to be accepted, and not the listener.
fn is_about_one(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn tell(told: &mut Option<Instant>, address: &str) {
    let now = Instant::now();
    if told.is_none_or(|told| now - told > TELL) {
        *told = Some(now);
        tracing::warn!(
            listen = address,
            "There are more connections than this listener takes: those that wait longest are \
             closed; find out who opens them"
        );
    }
}

async fn connection<S, B>(
    stream: Stream,
    peer: Peer,
    admitted: Admitted,
    service: S,
    door: Arc<Door>,
    stopping: CancellationToken,
) where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let connection = Arc::clone(&admitted.connection);
    let shared = Arc::clone(&connection);
    connection.begun(Instant::now());
    let secured = async move {
        let Some(tls) = door.options.access.tls() else {
            let client = Client { peer, shown: None };
            return talk(stream, client, shared, service, door, stopping).await;
        };
        match TlsAcceptor::from(Arc::clone(&tls.config)).accept(stream).await {
            Ok(stream) => {
                let chain = stream.get_ref().1.peer_certificates();
                let shown = chain.map(|chain| Arc::new(ShownCertificates::new(chain, tls)));
                let client = Client { peer, shown };
                talk(stream, client, shared, service, door, stopping).await;
            }
            // The client is told, and has more to say about it.
            Err(error) => tracing::debug!(%error, ?peer, "A client does not get through TLS"),
        }
    };
    tokio::select! {
        () = secured => {}
        () = connection.closed() => {}
    }
    drop(admitted);
}

/// Who is at the other end.
#[derive(Clone)]
struct Client {
    peer: Peer,
    /// The certificates that it has shown, and that were found good.
    shown: Option<Arc<ShownCertificates>>,
}

async fn talk<S, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    client: Client,
    connection: Arc<Connection>,
    service: S,
    door: Arc<Door>,
    stopping: CancellationToken,
) where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let stream = WatchedStream { stream, connection: Arc::clone(&connection) };
    let answer = service_fn(move |request| {
        let (connection, service) = (Arc::clone(&connection), service.clone());
        answer(request, client.clone(), connection, service, Arc::clone(&door))
    });
    // Deadlines are the connection's own.
    let talk = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(talk);
    tokio::select! {
        // An error is the client's: it hung up, or sent what is no request.
        _ = &mut talk => return,
        () = stopping.cancelled() => talk.as_mut().graceful_shutdown(),
    }
    drop(talk.await);
}

async fn answer<S, B>(
    request: Request<Incoming>,
    client: Client,
    connection: Arc<Connection>,
    service: S,
    door: Arc<Door>,
) -> Result<Response<AnswerBody<Either<B, Full<Bytes>>>>, Infallible>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
{
    connection.asked(Instant::now());
    // Requests that came in one piece take turns with those of others.
    yield_now().await;
    let has_body = !request.body().is_end_stream();
    let is_probe = door.options.probes.contains(&request.uri().path());
    let mut request =
        request.map(|incoming| RequestBody { incoming, connection: Arc::clone(&connection) });
    let peer = client.peer.speaking(request.version(), request.headers());
    request.extensions_mut().insert(peer);
    let ServeOptions { access, judges_tokens, refusals, .. } = &door.options;
    let has_certificate = client.shown.is_some_and(|shown| access.accepts(&shown));
    let admission = match access.check(request.headers(), has_certificate) {
        Err(NotAllowed::Token) if *judges_tokens && bearer(request.headers()).is_some() => {
            Ok(Admission::Unknown)
        }
        Err(_) if is_probe => Ok(Admission::Unknown),
        checked => checked,
    };
    if let Ok(admission) = admission {
        request.extensions_mut().insert(admission);
    }
    // Who may not ask takes nobody's place.
    let place = match Arc::clone(&door.places).try_acquire_owned() {
        Ok(place) => Some(place),
        Err(_) if is_probe || admission.is_err() => None,
        Err(_) => door.place_of_another().await,
    };
    if admission.is_ok() && (place.is_some() || is_probe) {
        connection.let_in(has_body, place.is_some(), Instant::now());
    }
    let mut response = if let Err(why) = admission {
        if refusals.is_first(why.kind(), Instant::now()) {
            let (path, why) = (request.uri().path(), why.to_string());
            tracing::warn!(path, from = %peer, error = why, "A request is refused");
        }
        let mut response = refusal(StatusCode::UNAUTHORIZED, &why.to_string());
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        if why == NotAllowed::Certificate {
            // It takes another connection to show another one.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(Either::Right)
    } else if place.is_some() || is_probe {
        let Ok(response) = service.oneshot(request).await;
        response.map(Either::Left)
    } else {
        let text = "as many requests as this process takes are being answered; ask again later";
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, text);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        response.map(Either::Right)
    };
    if door.connections.is_full() {
        // Others have their turn before this client has the next one.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    connection.done(Instant::now());
    Ok(response.map(|body| AnswerBody { body, connection, _place: place }))
}

/// Returns an answer in the form in which all of ours say what is wrong.
fn refusal(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "error": error }).to_string();
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
