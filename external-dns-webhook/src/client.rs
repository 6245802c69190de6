//! Drives any provider that speaks the webhook protocol.
//!
//! No failure of the provider is worth ending the process for. Each becomes a [`ProviderError`]
//! that says whether trying again can help; the caller decides when.

pub(crate) mod age;
mod credentials;
mod error;
mod observer;
mod partly;
mod pieces;
mod reach;
mod retry_after;
mod said;
mod shown_url;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Request, RequestBuilder, Response, StatusCode, Url};

pub use self::credentials::{BadCredentials, Credentials, Transport};
pub use self::error::{BadUrl, ClientError, Unsent, cause_of, doubt_of, in_words};
pub use self::observer::{Exchange, Observer, WriteProgress};
use self::partly::Answered;
pub use self::partly::PartlyApplied;
pub use self::reach::{builder, is_on_this_machine, redirect_of};
pub use self::retry_after::LONGEST_RETRY_AFTER;
pub use self::shown_url::shown_url;
use crate::extensions::{WITHOUT, ZONED};
use crate::media_type::{MEDIA_TYPE, is_protocol};
use crate::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Extension, Extensions, Listing, Negotiation,
    Provider, ProviderError, Shard, Zone, wire,
};

/// How to reach a provider.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where it listens: `http://…`, `https://…` or `unix:///path/to/socket`.
    pub url: String,
    /// How long one request may take from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// Largest answer in bytes; zero means no limit.
    pub max_body_size_bytes: usize,
    /// What the client calls itself.
    pub user_agent: String,
    /// Who is told of every request.
    pub observer: Observer,
    /// What the client shows, and whom it trusts.
    pub credentials: Credentials,
    /// Which shard the provider must serve; `None` when it must serve all zones.
    pub shard: Option<Shard>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            url: "http://localhost:8888".to_owned(),
            timeout: Duration::from_secs(15),
            max_body_size_bytes: 32 << 20,
            user_agent: concat!("external-dns-webhook/", env!("CARGO_PKG_VERSION")).to_owned(),
            observer: Observer::default(),
            credentials: Credentials::default(),
            shard: None,
        }
    }
}

/// A provider in another process.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    /// Where the provider is, as people are told: its URL without a password.
    place: String,
    max_body_size_bytes: usize,
    observer: Observer,
    /// Which shard the provider must serve; `None` when it must serve all zones.
    shard: Option<Shard>,
    extensions: RwLock<Extensions>,
    /// The zones that the provider said to be unavailable when it was last asked for its zones.
    unavailable: RwLock<Vec<String>>,
    /// Whether the next list is to be read anew by the provider.
    anew: AtomicBool,
    /// How old the last list was, as the provider said; `None` when it did not.
    age: RwLock<Option<Duration>>,
}

impl Client {
    /// Returns a client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Returns an error when the URL is not one that can be requested, or a file of credentials
    /// cannot be used.
    pub fn new(options: &ClientOptions) -> Result<Self, BadUrl> {
        let transport = Transport::new(options)?;
        let place = if options.url.starts_with("unix://") {
            shown_url(&options.url)
        } else {
            shown_url(transport.base().as_str())
        };
        Ok(Self {
            transport,
            place,
            max_body_size_bytes: options.max_body_size_bytes,
            observer: options.observer.clone(),
            shard: options.shard,
            extensions: RwLock::default(),
            unavailable: RwLock::default(),
            anew: AtomicBool::new(false),
            age: RwLock::default(),
        })
    }

    /// Returns where the provider is: its URL without a password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Tells whether the provider offered `extension` when it was last asked.
    pub fn offers(&self, extension: Extension) -> bool {
        self.extensions.read().unwrap_or_else(PoisonError::into_inner).offers(extension)
    }

    fn url(&self, path: &str) -> Url {
        below(self.transport.base(), path)
    }

    /// Returns the URL of record sets, in the dialect that the provider speaks.
    fn records_url(&self, path: &str) -> Url {
        let mut url = self.url(path);
        if self.is_zoned() {
            url.query_pairs_mut().append_pair(ZONED.0, ZONED.1);
        }
        url
    }

    /// Returns the URL of the list of record sets, which says what may be missing from it.
    fn list_url(&self) -> Url {
        let mut url = self.records_url("records");
        if self.is_zoned() {
            let unavailable = self.unavailable.read().unwrap_or_else(PoisonError::into_inner);
            let pairs = unavailable.iter().map(|zone| (WITHOUT, zone));
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url
    }

    fn is_zoned(&self) -> bool {
        self.extensions.read().unwrap_or_else(PoisonError::into_inner).offer_zoned_records()
    }

    /// Returns a request about record sets.
    fn request(&self, method: Method, path: &'static str) -> RequestBuilder {
        self.transport.http().request(method, self.records_url(path))
    }

    async fn send(
        &self,
        path: &'static str,
        request: RequestBuilder,
    ) -> Result<Response, ClientError> {
        self.send_and(path, request, |status| status.is_success()).await
    }

    /// Sends a request and returns the answer if its status is one that `accepts`.
    async fn send_and(
        &self,
        path: &'static str,
        request: RequestBuilder,
        accepts: impl Fn(StatusCode) -> bool,
    ) -> Result<Response, ClientError> {
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            place: self.place.clone(),
            path,
            cause: Unsent(source.without_url()),
        };
        let request = request.build().map_err(unreachable)?;
        let url = request.url().clone();
        let response = self.exchange(request).await.map_err(unreachable)?;
        if accepts(response.status()) {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(to) = redirect_of(&url, status, &headers) {
            return Err(ClientError::Redirected { place: self.place.clone(), path, status, to });
        }
        // A failure that cannot be read in full still says its status.
        let text = self.body(path, response).await.unwrap_or_default();
        Err(ClientError::status(path, status, &headers, &text))
    }

    #[expect(clippy::disallowed_methods, reason = "the time goes to the observer and nowhere else")]
    async fn exchange(&self, request: Request) -> Result<Response, reqwest::Error> {
        let (method, url, started) =
            (request.method().clone(), request.url().clone(), Instant::now());
        let response = self.transport.http().execute(request).await;
        self.observer.tell(&Exchange {
            method: method.as_str(),
            scheme: url.scheme(),
            host: url.authority().rsplit('@').next().unwrap_or_default(),
            path: url.path(),
            status: response.as_ref().ok().map(|response| response.status().as_u16()),
            duration: started.elapsed(),
        });
        response
    }

    async fn body(
        &self,
        path: &'static str,
        mut response: Response,
    ) -> Result<Vec<u8>, ClientError> {
        let limit = match self.max_body_size_bytes {
            0 => usize::MAX,
            limit => limit,
        };
        let mut body = Vec::new();
        loop {
            let chunk = response.chunk().await;
            let chunk = chunk
                .map_err(|source| ClientError::Cut { path, cause: Unsent(source.without_url()) })?;
            let Some(chunk) = chunk else { return Ok(body) };
            if body.len() + chunk.len() > limit {
                return Err(ClientError::TooLarge { path, limit_bytes: limit });
            }
            body.extend_from_slice(&chunk);
        }
    }

    async fn adjust_piece(&self, desired: &[Endpoint]) -> Result<Adjusted, ClientError> {
        let path = "/adjustendpoints";
        let request = self
            .request(Method::POST, "adjustendpoints")
            .header(ACCEPT, MEDIA_TYPE)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .body(wire::encode(desired));
        if !self.offers(Extension::Outcomes) {
            let endpoints = self.list(path, request, wire::decode_endpoints).await?;
            return Ok(Adjusted { endpoints, refused: Vec::new() });
        }
        let request = request.header("prefer", "return=representation");
        let response = expect(StatusCode::OK, path, self.send(path, request).await?)?;
        let body = self.body(path, response).await?;
        wire::decode_extension(&body).map_err(|source| ClientError::Undecodable { path, source })
    }

    async fn apply_piece(&self, changes: &Changes) -> Result<Applied, ClientError> {
        let path = "/records";
        let request = self
            .request(Method::POST, "records")
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .body(wire::encode(changes));
        if !self.offers(Extension::Outcomes) {
            expect(StatusCode::NO_CONTENT, path, self.send(path, request).await?)?;
            return Ok(Applied::default());
        }
        let request = request.header("prefer", "return=representation");
        let response = expect(StatusCode::OK, path, self.send(path, request).await?)?;
        let body = self.body(path, response).await?;
        wire::decode_extension(&body).map_err(|source| ClientError::Undecodable { path, source })
    }

    /// Returns a request for all record sets.
    fn list_request(&self) -> RequestBuilder {
        let request = self.transport.http().get(self.list_url()).header(ACCEPT, MEDIA_TYPE);
        if self.anew.swap(false, Ordering::Relaxed) {
            return request.header(CACHE_CONTROL, "no-cache");
        }
        request
    }

    /// Notes how old a list is.
    fn note_age(&self, response: &Response) {
        *self.age.write().unwrap_or_else(PoisonError::into_inner) = age::age(response.headers());
    }

    async fn list(
        &self,
        path: &'static str,
        request: RequestBuilder,
        decode: fn(&[u8]) -> Result<Vec<Endpoint>, wire::DecodeError>,
    ) -> Result<Vec<Endpoint>, ClientError> {
        let response = self.send(path, request).await?;
        let response = expect(StatusCode::OK, path, response)?;
        let body = self.body(path, response).await?;
        decode(&body).map_err(|source| ClientError::Undecodable { path, source })
    }
}

/// Returns the URL of a path of the protocol.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&joined);
    url
}

fn expect(
    status: StatusCode,
    path: &'static str,
    response: Response,
) -> Result<Response, ClientError> {
    if response.status() == status {
        return Ok(response);
    }
    Err(ClientError::UnexpectedStatus { path, got: response.status(), expected: status })
}

impl Provider for Client {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let request =
            self.transport.http().get(self.transport.base().clone()).header(ACCEPT, MEDIA_TYPE);
        let response = self.send("/", request).await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type
            .and_then(|content_type| content_type.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        if !is_protocol(&content_type) {
            return Err(ClientError::MediaType { content_type }.into());
        }
        let body = self.body("/", response).await?;
        let negotiation = wire::decode_negotiation(&body)
            .map_err(|source| ClientError::Undecodable { path: "/", source })?;
        let said = negotiation.shard.as_ref().map(|scope| scope.shard);
        if said != self.shard {
            let place = self.place.clone();
            return Err(ClientError::OtherShard { place, said, meant: self.shard }.into());
        }
        let scope = negotiation.shard.as_ref();
        let twice = scope.and_then(|scope| scope.contradiction(&negotiation.domain_filter));
        if let Some(name) = twice.cloned() {
            return Err(ClientError::InTwoShards { place: self.place.clone(), name }.into());
        }
        *self.extensions.write().unwrap_or_else(PoisonError::into_inner) =
            negotiation.extensions.clone();
        Ok(negotiation)
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        match self.records_since(None).await? {
            Listing::Changed { records, revision: _ } => Ok(records),
            // It was not asked whether anything has changed.
            Listing::Unchanged => Err(ClientError::UnexpectedStatus {
                path: "/records",
                got: StatusCode::NOT_MODIFIED,
                expected: StatusCode::OK,
            }
            .into()),
        }
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        let path = "/records";
        let mut request = self.list_request();
        let seen = seen.filter(|_| self.offers(Extension::ConditionalRecords));
        let is_conditional = seen.is_some();
        if let Some(seen) = seen {
            request = request.header(IF_NONE_MATCH, seen);
        }
        let unchanged = |status: StatusCode| is_conditional && status == StatusCode::NOT_MODIFIED;
        let response =
            self.send_and(path, request, |status| status.is_success() || unchanged(status)).await?;
        self.note_age(&response);
        if unchanged(response.status()) {
            return Ok(Listing::Unchanged);
        }
        let response = expect(StatusCode::OK, path, response)?;
        let revision = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
        let revision = revision.map(str::to_owned);
        let body = self.body(path, response).await?;
        let records = wire::decode_records(&body)
            .map_err(|source| ClientError::Undecodable { path, source })?;
        Ok(Listing::Changed { records, revision })
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        if !self.offers(Extension::RecordsByName) {
            let all = self.records().await?;
            return Ok(all.into_iter().filter(|record| names.contains(&record.dns_name)).collect());
        }
        let mut url = self.list_url();
        url.query_pairs_mut().extend_pairs(names.iter().map(|name| ("name", name.as_str())));
        let request = self.transport.http().get(url).header(ACCEPT, MEDIA_TYPE);
        Ok(self.list("/records", request, wire::decode_records).await?)
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        let mut adjusted = Adjusted::default();
        let mut pieces = pieces::of_list(desired);
        pieces.reverse();
        while let Some(piece) = pieces.pop() {
            let spare = (piece.len() < 2).then(|| piece.clone());
            match self.adjust_piece(&piece).await {
                Ok(answer) => {
                    adjusted.endpoints.extend(answer.endpoints);
                    adjusted.refused.extend(answer.refused);
                }
                Err(error) if error.is_too_large() => {
                    // One that is too large alone cannot be halved.
                    adjusted.refused.extend(spare.iter().flatten().map(pieces::too_large));
                    pieces.extend(pieces::halves(piece).into_iter().flatten().rev());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(adjusted)
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let mut answered = Answered::default();
        let all = changes.len();
        let mut pieces = pieces::of_changes(changes);
        pieces.reverse();
        while let Some(piece) = pieces.pop() {
            match self.apply_piece(&piece).await {
                Ok(applied) => answered.add(piece, applied),
                Err(error) if error.is_too_large() => {
                    if let Some([first, second]) = pieces::halves_of_changes(piece.clone()) {
                        pieces.extend([second, first]);
                    } else {
                        let refused = piece.endpoints().map(pieces::too_large).collect();
                        answered.add(piece, Applied { refused, dry_run: false });
                    }
                }
                Err(error) => {
                    pieces.push(piece);
                    return Err(answered.ended(error.into(), pieces));
                }
            }
            let done = answered.len();
            if !pieces.is_empty()
                && done > 0
                && let Err(cause) = self.observer.tell_progress(WriteProgress { done, all })
            {
                return Err(answered.ended(ProviderError::unavailable(cause), pieces));
            }
        }
        Ok(answered.applied)
    }

    /// As of the last list that was read.
    async fn age(&self) -> Option<Duration> {
        *self.age.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.anew.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        if !self.offers(Extension::Zones) {
            return Ok(Vec::new());
        }
        let path = "/zones";
        let request = self.transport.http().get(self.url("zones")).header(ACCEPT, MEDIA_TYPE);
        let response = expect(StatusCode::OK, path, self.send(path, request).await?)?;
        let body = self.body(path, response).await?;
        let zones: Vec<Zone> = wire::decode_extension(&body)
            .map_err(|source| ClientError::Undecodable { path, source })?;
        let unavailable = zones.iter().filter(|zone| zone.unavailable.is_some());
        *self.unavailable.write().unwrap_or_else(PoisonError::into_inner) =
            unavailable.map(|zone| zone.id.clone()).collect();
        Ok(zones)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_requested_says_what_it_should_be() {
        let complaint = |url: &str| {
            let options = ClientOptions { url: url.to_owned(), ..ClientOptions::default() };
            Client::new(&options).unwrap_err().to_string()
        };
        for url in ["unix:/run/x", "unix:run/x"] {
            assert_eq!(
                complaint(url),
                format!("`{url}` is not the URL of a socket; use `unix:///run/x`")
            );
        }
        assert_eq!(
            complaint("ftp://x"),
            "`ftp://x` has an unsupported scheme; use `http://`, `https://` or `unix:///path`"
        );
        assert!(complaint("localhost").starts_with("`localhost` is not a URL"));
        let socket = ClientOptions { url: "unix:///run/x".to_owned(), ..ClientOptions::default() };
        assert_eq!(Client::new(&socket).unwrap().place, "unix:///run/x");
    }
}
