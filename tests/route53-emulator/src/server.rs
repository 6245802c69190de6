//! The HTTP side: reads a call, lets throttle and faults have their say, answers.
//!
//! The order is that of the service: an unsigned call is refused, then the account's rate counts,
//! then (here) the faults, then the call is carried out.

mod admin;

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::account::{Account, Moment};
use crate::api::{self, Answer, Call};
use crate::calls::{CallLog, LoggedCall};
use crate::dns::Turns;
use crate::error::ApiError;
use crate::faults::{Effect, Failure, Faults, Selection};
use crate::state;
use crate::throttle::Throttle;
use crate::xml;

/// Largest body; a batch of 32,000 characters of values is far smaller, a seeded zone is not.
const MAX_BODY_OCTETS: usize = 256 * 1024 * 1024;

/// What something in between may answer.
const PAGE: &str = "<html><head><title>Access denied</title></head><body>Not here</body></html>";

/// How long to wait after a failed accept, which means that the process is out of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection and the owner of the emulator share.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    started: Instant,
    state_file: Option<PathBuf>,
}

/// What changes.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) account: Account,
    pub(crate) faults: Faults,
    pub(crate) throttle: Throttle,
    pub(crate) calls: CallLog,
    pub(crate) turns: Turns,
    /// Calls that are to be carried out, and when.
    late: Vec<(Instant, Call)>,
    requests: u64,
}

impl Inner {
    /// Returns what an emulator starts with.
    pub(crate) fn new(account: Account, faults: Faults, throttle: Throttle) -> Self {
        Self { account, faults, throttle, ..Self::default() }
    }

    /// Carries out the calls that came late and whose time it is; nobody waits for their answers.
    fn apply_late(&mut self, now: Instant) {
        let due: Vec<_> = self.late.extract_if(.., |(at, _)| *at <= now).collect();
        for (steady, mut call) in due {
            let moment = Moment { wall: Timestamp::now(), steady };
            drop(api::answer(&mut self.account, &mut call, moment));
        }
    }
}

/// Marks an answer that closes the connection instead.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes the connection")]
struct Closed;

type Reply = Response<Full<Bytes>>;

impl Shared {
    pub(crate) fn new(inner: Inner, state_file: Option<PathBuf>) -> Self {
        Self { inner: Mutex::new(inner), started: Instant::now(), state_file }
    }

    /// Returns what changes, alone.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves a consistent state: batches are rolled back, not half applied.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.apply_late(Instant::now());
        inner
    }

    /// Writes the state file, if there is one; called with the lock held, so writes keep their order.
    pub(crate) fn save(&self, inner: &Inner) -> Result<(), state::StateError> {
        match &self.state_file {
            Some(path) => state::save(path, &inner.account),
            None => Ok(()),
        }
    }

    fn at_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Accepts connections for ever.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the calls of one connection.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers must not wait for more; a socket that refuses the option still works.
    drop(stream.set_nodelay(true));
    let service = service_fn(|request| {
        let reply: Pin<Box<dyn Future<Output = Result<Reply, Closed>> + Send>> =
            Box::pin(reply(Arc::clone(&shared), request));
        reply
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if ended.is_err_and(|error| error.is_user()) {
        // Closing with pending data and no lingering sends a reset, as a dying host does.
        drop(connection.into_parts().io.into_inner().set_zero_linger());
    }
}

/// Answers one request; `Err` closes the connection.
async fn reply(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Reply, Closed> {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let Ok(body) = Limited::new(body, MAX_BODY_OCTETS).collect().await else {
        return Err(Closed);
    };
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    if let Some(route) = path.strip_prefix(admin::PREFIX) {
        return Ok(admin::reply(&shared, method, route, query, &body));
    }
    let access_key = access_key(&parts.headers);
    let Some(mut call) = Call::route(method, path, query) else {
        let error = ApiError::unknown_operation(method, path);
        let key = access_key.ok();
        log(&shared, (&format!("{method} {path}"), key), error.code, None);
        return Ok(error_reply(&shared, &error));
    };
    call.body = body;
    let operation = call.operation.to_string();
    let access_key = match access_key {
        Ok(access_key) => access_key,
        Err(error) => {
            log(&shared, (&operation, None), error.code, Some(call));
            return Ok(error_reply(&shared, &error));
        }
    };
    let Effect { delay, is_unnamed, is_bare, is_twice, is_cut, failure } =
        admit(&shared, &call, &access_key);
    if is_twice && failure.is_none() {
        drop(execute(&shared, &mut call));
    }
    let (outcome, reply) = match failure {
        Some(Failure::Answer(error)) => (error.code, Ok(error_reply(&shared, &error))),
        Some(Failure::Reset) => ("reset", Err(Closed)),
        Some(Failure::ResetAfter) => match execute(&shared, &mut call) {
            Ok(_) => ("reset-after", Err(Closed)),
            Err(error) => (error.code, Err(Closed)),
        },
        Some(Failure::Page(status)) => {
            ("page", Ok(plain_reply(status, "text/html", PAGE.to_owned())))
        }
        Some(Failure::Null) => ("null", Ok(plain_reply(200, "text/xml", "null".to_owned()))),
        Some(Failure::Late(delay)) => {
            log(&shared, (&operation, Some(access_key)), "late", None);
            shared.lock().late.push((Instant::now() + delay, call));
            return Err(Closed);
        }
        None => match execute(&shared, &mut call) {
            Ok(mut answer) => {
                if is_cut {
                    let half = answer.body.chars().count() / 2;
                    answer.body = answer.body.chars().take(half).collect();
                }
                ("ok", Ok(answer_reply(&shared, answer)))
            }
            Err(error) => {
                let error = if is_unnamed { error.unnamed() } else { error };
                let reply = match error.code {
                    "InvalidChangeBatch" if is_bare => {
                        let request_id = request_id(&shared);
                        xml_reply(error.status, xml::bare_batch(&error, &request_id), &request_id)
                    }
                    _ => error_reply(&shared, &error),
                };
                (error.code, Ok(reply))
            }
        },
    };
    log(&shared, (&operation, Some(access_key)), outcome, Some(call));
    // Only the answer is late: a caller that gives up has made its change all the same.
    if !delay.is_zero() {
        sleep(delay).await;
    }
    reply
}

/// Asks the throttle and then the faults about a call.
fn admit(shared: &Shared, call: &Call, access_key: &str) -> Effect {
    let mut inner = shared.lock();
    if !inner.throttle.admits(access_key, Instant::now()) {
        let failure = Some(Failure::Answer(ApiError::throttling()));
        return Effect { failure, ..Effect::default() };
    }
    let selection = Selection { operation: call.operation, zone: call.zone_id(), access_key };
    inner.faults.strike(selection)
}

/// Carries a call out and writes the state file.
fn execute(shared: &Shared, call: &mut Call) -> Result<Answer, ApiError> {
    let moment = Moment { wall: Timestamp::now(), steady: Instant::now() };
    let mut inner = shared.lock();
    let answer = api::answer(&mut inner.account, call, moment)?;
    if call.operation.writes() {
        // The caller must not believe in a change that a restart would lose.
        shared.save(&inner).map_err(|_| ApiError::internal(500))?;
    }
    Ok(answer)
}

/// Adds a call to the log.
fn log(
    shared: &Shared,
    (operation, access_key): (&str, Option<String>),
    outcome: &str,
    call: Option<Call>,
) {
    let zone = call.as_ref().and_then(Call::zone_id).map(str::to_owned);
    let (query, changes) = call.map(|call| (call.query, call.batch)).unwrap_or_default();
    shared.lock().calls.add(LoggedCall {
        at_ms: shared.at_ms(),
        operation: operation.to_owned(),
        zone,
        access_key,
        query,
        outcome: outcome.to_owned(),
        changes,
    });
}

/// Reads the access key of a call that is signed with Signature Version 4.
///
/// The signature itself is not verified: the emulator knows no secrets.
fn access_key(headers: &HeaderMap) -> Result<String, ApiError> {
    let header = headers.get(AUTHORIZATION).ok_or_else(ApiError::missing_authentication_token)?;
    header
        .to_str()
        .ok()
        .filter(|text| text.contains("Signature="))
        .and_then(|text| text.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential="))
        .and_then(|(_, credential)| credential.split_once('/'))
        .map(|(key, _)| key.to_owned())
        .filter(|key| !key.is_empty())
        .ok_or_else(ApiError::incomplete_signature)
}

fn answer_reply(shared: &Shared, answer: Answer) -> Reply {
    let mut reply = xml_reply(answer.status, answer.body, &request_id(shared));
    if let Some(location) = answer.location.and_then(|path| HeaderValue::from_str(&path).ok()) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}

fn error_reply(shared: &Shared, error: &ApiError) -> Reply {
    let request_id = request_id(shared);
    xml_reply(error.status, xml::error_body(error, &request_id), &request_id)
}

fn xml_reply(status: u16, body: String, request_id: &str) -> Reply {
    let mut reply = plain_reply(status, "text/xml", body);
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        reply.headers_mut().insert("x-amzn-requestid", request_id);
    }
    reply
}

/// Returns an answer of this media type.
fn plain_reply(status: u16, media_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}

/// Returns a fresh id in the form of the service's.
fn request_id(shared: &Shared) -> String {
    let mut inner = shared.lock();
    inner.requests += 1;
    format!("00000000-0000-4000-8000-{:012x}", inner.requests)
}

#[cfg(test)]
mod tests;
