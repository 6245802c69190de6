//! Serves any [`Provider`] over the webhook protocol.
//!
//! Version 1 is answered byte for byte as existing controllers expect it. Every failure has a short
//! JSON body that says what was wrong, so the protocol can be debugged with `curl` alone.

mod admin;
mod body;
mod csrf;
mod failure;
mod health;
mod host;
mod room;
mod seldom;
mod turns;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Router, extract};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::admin::{Health, PROBES, ProgramName, admin_router};
use self::body::{AdjustedList, Endpoints, Shape};
pub use self::csrf::{Hosts, Protection, refuse_web_pages};
use self::failure::Failure;
pub use self::health::HealthReport;
use self::room::{Held, Room};
use self::turns::Turns;
use crate::extensions::{WITHOUT, ZONED};
use crate::media_type::MEDIA_TYPE;
use crate::wire::{List, Zones};
use crate::{Adjuster, Applied, Changes, DnsName, Listing, Provider, ProviderError, ZoneId, wire};

/// Largest request body, in bytes, unless told otherwise: 32 MiB, as existing controllers send.
pub const MAX_BODY_SIZE_BYTES: usize = 32 << 20;

/// How many requests are answered at a time, unless told otherwise.
const REQUESTS: usize = 256;

/// Length from which a list is adjusted piece by piece, in bytes: some thousand record sets.
const LONG_BYTES: usize = 256 << 10;

tokio::task_local! {
    static GONE: CancellationToken;
    static UNAVAILABLE: BTreeSet<ZoneId>;
}

/// Returns what is cancelled when the client that has asked for the changes at hand hangs up.
///
/// To be asked by [`Provider::apply`]: what it has begun must be finished, and nothing more need be
/// begun for a client that does not wait. Outside of a request it is never cancelled.
pub fn client_gone() -> CancellationToken {
    GONE.try_with(Clone::clone).unwrap_or_default()
}

/// Returns the zones that the client which asks for a list knows to be unavailable.
///
/// To be asked by [`Provider::records`] and its like, where record sets say their zone: of these zones
/// the list may have nothing, and this client will not take it for a deletion. Without any other zone
/// there is no list, whatever another client was told. Outside of a request there are none.
pub fn known_unavailable() -> BTreeSet<ZoneId> {
    UNAVAILABLE.try_with(Clone::clone).unwrap_or_default()
}

/// Does `work` for a client that knows these zones to be unavailable.
pub async fn knowing_unavailable<T>(zones: BTreeSet<ZoneId>, work: impl Future<Output = T>) -> T {
    UNAVAILABLE.scope(zones, work).await
}

/// What answers requests: a service of `tower`, for any server of HTTP.
pub type Routes = Router;

/// What its answers are made of.
pub type RoutesBody = Body;

/// How to serve.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Largest request body in bytes; zero means no limit. All bodies together have room for two of that size,
    /// besides 64 KiB for each.
    pub max_body_size_bytes: usize,
    /// How many requests are answered at a time: half of them may wait for zones to be read.
    pub requests: usize,
    /// Which names a request may call this server by: [`Hosts::at`] knows them for an address.
    pub hosts: Hosts,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { max_body_size_bytes: MAX_BODY_SIZE_BYTES, requests: REQUESTS, hosts: Hosts::Any }
    }
}

struct Server<P, Z> {
    provider: Arc<P>,
    /// The same provider with record sets that say their zone; `None` when it has no such view.
    zoned: Option<Arc<Z>>,
    options: ServerOptions,
    writes: TaskTracker,
    turns: Arc<Turns>,
    /// What bodies share.
    room: Room,
}

impl<P, Z> Clone for Server<P, Z> {
    fn clone(&self) -> Self {
        let Self { provider, zoned, options, writes, turns, room } = self;
        Self {
            provider: Arc::clone(provider),
            zoned: zoned.clone(),
            options: *options,
            writes: writes.clone(),
            turns: Arc::clone(turns),
            room: room.clone(),
        }
    }
}

/// Returns the protocol's routes over `provider`.
///
/// Who connects, for how long and how often is for the one that serves them. A write that has begun is
/// finished even when the client has gone: half a change is worse than an unread answer. That it has
/// gone is told by [`client_gone`].
pub fn router<P: Provider>(provider: Arc<P>, options: ServerOptions) -> Router {
    routes(Server::<P, P>::new(provider, None, options, TaskTracker::new()))
}

/// Returns the protocol's routes as [`router`] does, and with them the provider's view of record sets
/// by zone, for those who ask for [`Extension::ZonedRecords`](crate::Extension::ZonedRecords).
///
/// `writes` has a task for each write; who ends closes it and waits for it.
pub fn zoned_router<P: Provider, Z: Provider>(
    provider: Arc<P>,
    zoned: Arc<Z>,
    options: ServerOptions,
    writes: TaskTracker,
) -> Router {
    routes(Server::new(provider, Some(zoned), options, writes))
}

fn routes<P: Provider, Z: Provider>(server: Server<P, Z>) -> Router {
    let protection = Protection { hosts: server.options.hosts, browsers_may_read: false };
    Router::new()
        .route("/", any(negotiate::<P, Z>))
        .route("/records", any(records::<P, Z>))
        .route("/adjustendpoints", any(adjust::<P, Z>))
        .route("/zones", any(zones::<P, Z>))
        .fallback(unknown_path)
        .layer(from_fn_with_state(protection, refuse_web_pages))
        .with_state(server)
}

/// What follows the path.
type Parameters = Query<Vec<(String, String)>>;

impl<P, Z> Server<P, Z> {
    fn new(
        provider: Arc<P>,
        zoned: Option<Arc<Z>>,
        options: ServerOptions,
        writes: TaskTracker,
    ) -> Self {
        let turns = Arc::new(Turns::of(options.requests));
        let room = Room::for_bodies_of(options.max_body_size_bytes);
        Self { provider, zoned, options, writes, turns, room }
    }

    /// Returns the view by zone when it is asked for and there is one.
    fn zoned(&self, parameters: &Parameters) -> Option<&Arc<Z>> {
        let asks = parameters.iter().any(|(key, value)| (key.as_str(), value.as_str()) == ZONED);
        self.zoned.as_ref().filter(|_| asks)
    }
}

async fn negotiate<P: Provider, Z: Provider>(
    State(server): State<Server<P, Z>>,
    method: Method,
) -> Result<Response, Failure> {
    expect(&[Method::GET, Method::HEAD], &method, "/")?;
    let negotiation = server.provider.negotiate().await?;
    Ok(protocol(wire::encode(&negotiation)))
}

async fn records<P: Provider, Z: Provider>(
    State(server): State<Server<P, Z>>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
    request: extract::Request,
) -> Result<Response, Failure> {
    expect(&[Method::GET, Method::POST], &method, "/records")?;
    let zoned = server.zoned(&parameters);
    if method == Method::POST {
        let (body, held) = server.room.read(request.into_body()).await?;
        let mut changes = wire::decode_changes(&body)?;
        drop(body);
        let writes = (&server.writes, held);
        if let Some(zoned) = zoned {
            return apply(Arc::clone(zoned), writes, changes, &headers).await;
        }
        for endpoint in changes.endpoints_mut() {
            endpoint.zone = None;
        }
        return apply(Arc::clone(&server.provider), writes, changes, &headers).await;
    }
    let Query(parameters) = &parameters;
    let names = parameters.iter().filter(|(key, _)| key == "name");
    let names: Vec<DnsName> = names.map(|(_, name)| name.as_str().into()).collect();
    match zoned {
        Some(zoned) => {
            let without = parameters.iter().filter(|(key, _)| key == WITHOUT);
            let without = without.map(|(_, zone)| ZoneId::from(zone.as_str())).collect();
            knowing_unavailable(without, list(&**zoned, names, &headers, &server.turns)).await
        }
        None => list(&*server.provider, names, &headers, &server.turns).await,
    }
}

async fn list(
    provider: &impl Provider,
    names: Vec<DnsName>,
    headers: &HeaderMap,
    turns: &Turns,
) -> Result<Response, Failure> {
    // What single names are answered with is of a moment of its own.
    let is_whole = names.is_empty();
    // Kept until the answer is there.
    let _turn = if is_whole { turns.list()? } else { turns.read()? };
    let anew = if is_whole && wants_anew(headers) { turns.anew() } else { None };
    if anew.is_some() {
        provider.refresh().await?;
    }
    let mut response = known(provider, names, headers).await?;
    if is_whole && let Some(age) = provider.age().await {
        response.headers_mut().insert(header::AGE, age.as_secs().into());
    }
    Ok(response)
}

/// Tells whether a request wants no answer that was kept:
/// <https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.4>
fn wants_anew(headers: &HeaderMap) -> bool {
    let said = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|said| said.to_str().ok());
    let mut said = said.flat_map(|said| said.split(',')).map(str::trim);
    said.any(|directive| directive.eq_ignore_ascii_case("no-cache"))
}

async fn known(
    provider: &impl Provider,
    names: Vec<DnsName>,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    if !names.is_empty() {
        let found = provider.records_named(names).await?;
        return Ok(protocol(Endpoints::body(Box::new(found.into_iter()))));
    }
    let seen =
        headers.get(header::IF_NONE_MATCH).and_then(|if_none_match| if_none_match.to_str().ok());
    // A proxy that compresses makes the mark weak; whether the list is the same is asked all the
    // same: https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.2
    let seen =
        seen.map(|text| text.strip_prefix("W/").unwrap_or(text).trim_matches('"').to_owned());
    Ok(match provider.stream_since(seen.clone()).await? {
        Listing::Unchanged => {
            tagged(StatusCode::NOT_MODIFIED.into_response(), seen.as_deref().unwrap_or_default())
        }
        Listing::Changed { records, revision: Some(revision) } => {
            tagged(protocol(Endpoints::body(records)), &revision)
        }
        Listing::Changed { records, revision: None } => protocol(Endpoints::body(records)),
    })
}

async fn apply<P: Provider>(
    provider: Arc<P>,
    (writes, held): (&TaskTracker, Held),
    changes: Changes,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    // In a task of its own: a client that hangs up must not stop a write half-way. With it goes what
    // is held here, which tells the write that nobody waits.
    let gone = CancellationToken::new();
    let _client = gone.clone().drop_guard();
    let write = GONE.scope(gone, async move {
        let applied = provider.apply(changes).await;
        // The changes are no smaller than the text that they were read from.
        drop(held);
        applied
    });
    let write = writes.spawn(write);
    let applied = match write.await {
        Ok(applied) => applied?,
        Err(panic) => return Err(ProviderError::unavailable(panic).into()),
    };
    if prefers_outcomes(headers) {
        return Ok(protocol(wire::encode(&applied)));
    }
    let Applied { refused, dry_run: _ } = applied;
    if refused.is_empty() {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(refused.into())
    }
}

async fn adjust<P: Provider, Z: Provider>(
    State(server): State<Server<P, Z>>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
    request: extract::Request,
) -> Result<Response, Failure> {
    expect(&[Method::POST], &method, "/adjustendpoints")?;
    let (body, held) = server.room.read(request.into_body()).await?;
    // Kept until the answer is there.
    let _turn = server.turns.read()?;
    match server.zoned(&parameters) {
        Some(zoned) => adjusted(zoned, (body, held), Zones::Told, &headers).await,
        None => adjusted(&server.provider, (body, held), Zones::Unsaid, &headers).await,
    }
}

async fn adjusted<P: Provider>(
    provider: &Arc<P>,
    (body, held): (Vec<u8>, Held),
    zones: Zones,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let mut desired = match adjuster(provider, body, zones).await? {
        Streamed::Yes(desired, adjuster) => {
            let shape = if prefers_outcomes(headers) { Shape::Outcomes } else { Shape::List };
            return Ok(protocol(AdjustedList::body(desired, held, adjuster, shape)));
        }
        Streamed::No(body) => wire::decode_endpoints(&body)?,
    };
    if zones == Zones::Unsaid {
        for endpoint in &mut desired {
            endpoint.zone = None;
        }
    }
    let adjusted = provider.adjust(desired).await?;
    if prefers_outcomes(headers) {
        return Ok(protocol(wire::encode(&adjusted)));
    }
    Ok(protocol(Endpoints::body_of(adjusted.endpoints, held)))
}

/// Whether a list is so long that it is adjusted piece by piece.
enum Streamed {
    /// It is, and has been surveyed.
    Yes(List, Box<dyn Adjuster>),
    /// It is not, or the provider wants to see it whole.
    No(Vec<u8>),
}

async fn adjuster<P: Provider>(
    provider: &Arc<P>,
    body: Vec<u8>,
    zones: Zones,
) -> Result<Streamed, Failure> {
    if body.len() < LONG_BYTES {
        return Ok(Streamed::No(body));
    }
    let Some(mut adjuster) = Arc::clone(provider).adjuster().await? else {
        return Ok(Streamed::No(body));
    };
    let mut desired = match List::new(body, zones) {
        Ok(list) => list,
        Err(body) => return Ok(Streamed::No(body)),
    };
    // Nothing is answered before the whole list is known to be good.
    while let Some(endpoint) = desired.read()? {
        adjuster.survey(&endpoint);
    }
    Ok(Streamed::Yes(desired, adjuster))
}

async fn zones<P: Provider, Z: Provider>(
    State(server): State<Server<P, Z>>,
    method: Method,
) -> Result<Response, Failure> {
    expect(&[Method::GET], &method, "/zones")?;
    let _turn = server.turns.read()?;
    Ok(protocol(wire::encode(&server.provider.zones().await?)))
}

async fn unknown_path(uri: axum::http::Uri) -> Failure {
    Failure::UnknownPath(uri.path().to_owned())
}

fn expect(allowed: &'static [Method], method: &Method, path: &'static str) -> Result<(), Failure> {
    if allowed.contains(method) {
        return Ok(());
    }
    Err(Failure::WrongMethod { method: method.clone(), path, allowed })
}

fn prefers_outcomes(headers: &HeaderMap) -> bool {
    headers.get_all("prefer").iter().any(|value| {
        value.to_str().is_ok_and(|text| {
            text.split(',').any(|part| part.trim().eq_ignore_ascii_case("return=representation"))
        })
    })
}

fn protocol(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], body.into()).into_response()
}

fn tagged(mut response: Response, revision: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
