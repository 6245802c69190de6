//! A provider with every extension, behind a layer that may break one rule.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, DomainFilter, Endpoint, Extension, Negotiation,
    ProviderError, RecordType, Zone, server,
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::mutants::Mutant;

/// A running provider.
pub(crate) struct Provider {
    pub(crate) memory: Arc<Everything>,
    address: SocketAddr,
    layer: Arc<Layer>,
    _server: JoinSet<()>,
}

/// A request on its way to the provider.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How often the very same request came before.
    pub(crate) seen: usize,
}

/// An answer on its way back.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

struct Layer {
    mutant: Mutant,
    seen: Mutex<BTreeMap<String, usize>>,
    writes: AtomicUsize,
}

impl Provider {
    pub(crate) async fn start(mutant: Mutant) -> Self {
        let one = |name: &str| Endpoint::new(name, RecordType::A, ["192.0.2.50"]);
        let records = [one("www.example.com"), one("shop.example.com")];
        let memory = Arc::new(Everything(Memory::holding(records)));
        let layer = Arc::new(Layer { mutant, seen: Mutex::default(), writes: AtomicUsize::new(0) });
        let zoned = Arc::new(ByZone(Arc::clone(&memory)));
        let router = server::zoned_router(
            Arc::clone(&memory),
            zoned,
            server::ServerOptions::default(),
            TaskTracker::new(),
        )
        .layer(middleware::from_fn_with_state(Arc::clone(&layer), sync));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Self { memory, address, layer, _server: server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how many requests for changes came.
    pub(crate) fn writes(&self) -> usize {
        self.layer.writes.load(Ordering::SeqCst)
    }

    /// Takes a record set out of the zone, past the layer.
    pub(crate) async fn forget(&self, name: &str) {
        use external_dns_webhook::Provider as _;

        let delete = vec![Endpoint::new(name, RecordType::A, ["192.0.2.50"])];
        self.memory.apply(Changes { delete, ..Changes::default() }).await.unwrap();
    }

    /// Puts a record set into the zone, past the layer.
    pub(crate) async fn hold(&self, name: &str) {
        use external_dns_webhook::Provider as _;

        let create = vec![Endpoint::new(name, RecordType::A, ["192.0.2.77"])];
        self.memory.apply(Changes { create, ..Changes::default() }).await.unwrap();
    }
}

async fn sync(State(layer): State<Arc<Layer>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().map(str::to_owned));
    let identity = format!("{} {path} {query:?} {body:?}", parts.method);
    let seen = {
        let mut all = layer.seen.lock().unwrap();
        let count = all.entry(identity).or_default();
        *count += 1;
        *count - 1
    };
    if parts.method == Method::POST && path == "/records" {
        layer.writes.fetch_add(1, Ordering::SeqCst);
    }
    let mut asked = Asked {
        method: parts.method.clone(),
        path,
        query,
        headers: std::mem::take(&mut parts.headers),
        body,
        seen,
    };
    (layer.mutant.ask)(&mut asked);
    let target = match &asked.query {
        Some(query) => format!("{}?{query}", asked.path),
        None => asked.path.clone(),
    };
    parts.uri = target.parse::<Uri>().unwrap();
    parts.headers = asked.headers.clone();
    let answer = next.run(Request::from_parts(parts, Body::from(asked.body.clone()))).await;
    let (parts, body) = answer.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut told = Told { status: parts.status, headers: parts.headers, body: body.to_vec() };
    (layer.mutant.tell)(&asked, &mut told);
    told.headers.remove("content-length");
    told.headers.remove("transfer-encoding");
    let mut response = Response::new(Body::from(told.body));
    *response.status_mut() = told.status;
    *response.headers_mut() = told.headers;
    response
}

impl Asked {
    /// Tells whether it is this request, without a query.
    pub(crate) fn is(&self, method: &Method, path: &str) -> bool {
        self.method == *method && self.path == path && self.query.is_none()
    }

    /// Tells whether it is this request, about record sets that say their zone.
    pub(crate) fn is_zoned(&self, method: &Method, path: &str) -> bool {
        self.method == *method && self.path == path && self.query.as_deref() == Some("zoned=true")
    }

    pub(crate) fn lists(&self) -> bool {
        self.is(&Method::GET, "/records")
    }

    pub(crate) fn adjusts(&self) -> bool {
        self.is(&Method::POST, "/adjustendpoints")
    }

    pub(crate) fn applies(&self) -> bool {
        self.is(&Method::POST, "/records")
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |header| header.to_str().unwrap())
    }

    /// Returns the number of record sets in a list of changes.
    pub(crate) fn count(&self, list: &str) -> usize {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get(list).and_then(Value::as_array).map_or(0, Vec::len)
    }
}

impl Told {
    /// Changes the JSON of the body; one that is not JSON stays.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_slice(&self.body) {
            edit(&mut body);
            self.body = body.to_string().into_bytes();
        }
    }

    /// Changes each record set of a list; another body stays.
    pub(crate) fn edit_each(&mut self, edit: impl Fn(&mut Value)) {
        self.edit(|body| body.as_array_mut().into_iter().flatten().for_each(edit));
    }

    pub(crate) fn answer(&mut self, status: u16) {
        self.status = StatusCode::from_u16(status).unwrap();
        self.body = Vec::new();
    }

    pub(crate) fn typed(&mut self, content_type: &'static str) {
        self.headers.insert("content-type", content_type.parse().unwrap());
    }
}

/// A provider in memory that offers every extension.
pub(crate) struct Everything(Memory);

impl Everything {
    pub(crate) fn dump(&self) -> Vec<Endpoint> {
        self.0.dump()
    }
}

impl external_dns_webhook::Provider for Everything {
    /// It keeps nothing but what there is.
    async fn age(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let extensions = [
            Extension::RecordsByName,
            Extension::ConditionalRecords,
            Extension::Outcomes,
            Extension::Zones,
            Extension::ZonedRecords,
        ];
        Ok(Negotiation {
            domain_filter: DomainFilter::lists(["example.com", ".example.com"], [""; 0]),
            extensions: extensions.into_iter().collect(),
            property_prefixes: vec!["memory/".into()],
            shard: None,
        })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.records().await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.records_named(names).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.0.apply(changes).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        let zone =
            Zone { id: "1".into(), name: "example.com".into(), private: false, unavailable: None };
        Ok(vec![zone])
    }

    async fn revision(&self) -> Option<String> {
        let names =
            self.dump().iter().map(|endpoint| endpoint.key().to_string()).collect::<Vec<_>>();
        Some(format!("{}-{}", names.len(), names.concat().replace(' ', "-").replace('*', "_")))
    }
}

/// The same provider, whose record sets say that they are in its one zone.
struct ByZone(Arc<Everything>);

fn in_the_zone(mut endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    for endpoint in &mut endpoints {
        endpoint.zone = Some("1".into());
    }
    endpoints
}

impl external_dns_webhook::Provider for ByZone {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.0.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(in_the_zone(self.0.records().await?))
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(Adjusted { endpoints: in_the_zone(desired), refused: Vec::new() })
    }

    async fn apply(&self, mut changes: Changes) -> Result<Applied, ProviderError> {
        for endpoint in changes.endpoints_mut() {
            endpoint.zone = None;
        }
        self.0.apply(changes).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.0.zones().await
    }
}
