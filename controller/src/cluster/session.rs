//! One kind in one namespace: found, listed, and watched from there.
//!
//! This is a loop of our own over the client's list and watch, and not its watcher, because a kind
//! is known again as soon as a watch is accepted, and not only when the next object changes.

mod pages;
mod reading;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kube::api::{Api, ApiResource, DynamicObject, ListParams, WatchEvent, WatchParams};
use kube::{Client, core::Status};
use tokio::time::Instant;

use self::pages::Pages;
use self::reading::{MOST, Reading};
use super::discovery::{Served, served};
use crate::api_server::told;
use crate::store::{Following, ObjectStore};
use controller_sources::objects::{Failure, Kind, KindId, KindState, Meta, ObjectKey, Raw, Watch};

/// How many objects one page of a list has.
const PAGE: u32 = 500;

/// How long the server keeps one watch open, in seconds; it must be under 295.
const WATCH_SECONDS: u32 = 290;

/// How long nothing may arrive on a watch: the server ends it before, unless it is gone.
const WATCH_IDLE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);

/// A server that ends watches sooner than this is not asked again at once.
const SHORTEST_WATCH: Duration = Duration::from_secs(1);

/// How long nothing may arrive while all objects are streamed.
///
/// A server that does not know streamed lists and does not say so never ends one.
const STREAM_IDLE: Duration = Duration::from_secs(20);

/// How long one page of a list may take, and finding a kind.
const REQUEST: Duration = Duration::from_mins(1);

/// Annotation of the bookmark that ends a streamed list ([streaming lists]).
///
/// [streaming lists]: https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// One kind in one namespace.
pub(super) struct Session {
    client: Client,
    store: Arc<ObjectStore>,
    watch: Watch,
    id: KindId,
    namespace: String,
    /// Where to go on: what was found, and the version that is known.
    known: Option<(ApiResource, String)>,
    /// How many versions turned out not to be there when it is not known which are.
    guesses: usize,
    streams: bool,
    /// Whether its state says that it failed, and so that nothing arrives.
    failing: bool,
    /// How many objects are read, and how many bytes of them.
    most: (usize, usize),
    /// Objects that came with more than can be kept: they go once the state says that the kind is not known.
    surplus: Vec<(String, String)>,
}

/// Why watching ended.
pub(super) enum End {
    /// What is known is too old to go on from; start anew at once.
    Expired,
    /// Something failed.
    Failed {
        failure: Failure,
        /// Whether the watch had worked before.
        worked: bool,
    },
}

enum WatchFailure {
    /// What is known is too old to go on from.
    Expired,
    /// The kind is not served any more; when it is again, its objects are others.
    Gone(&'static str, String),
    /// Anything else that can be tried again from where it stopped.
    Failed(&'static str, String),
}

type Outcome<T> = Result<T, WatchFailure>;

impl Session {
    pub(super) fn new(
        client: Client,
        store: Arc<ObjectStore>,
        watch: Watch,
        namespace: String,
    ) -> Self {
        let id = watch.kind.id();
        Self {
            client,
            store,
            watch,
            id,
            namespace,
            known: None,
            guesses: 0,
            streams: true,
            failing: false,
            most: MOST,
            surplus: Vec::new(),
        }
    }

    pub(super) fn kind(&self) -> &KindId {
        &self.id
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn sources(&self) -> String {
        self.watch.sources.iter().copied().collect::<Vec<_>>().join(", ")
    }

    /// Says how well the kind is known; tells whether that is news.
    pub(super) fn set_state(&self, state: KindState) -> bool {
        self.store.set_state(&self.id, &self.namespace, state)
    }

    /// Notes that its state says that nothing arrives.
    pub(super) fn fails(&mut self) {
        self.failing = true;
        self.set_following(None);
        for (namespace, name) in std::mem::take(&mut self.surplus) {
            self.store.delete(&ObjectKey { kind: self.id.clone(), namespace, name });
        }
    }

    /// Watches until something ends it.
    pub(super) async fn run(&mut self) -> End {
        let mut worked = false;
        match self.try_run(&mut worked).await {
            WatchFailure::Expired => {
                self.known = None;
                End::Expired
            }
            WatchFailure::Gone(verb, error) => {
                self.known = None;
                self.guesses = self.guesses.wrapping_add(1) % self.watch.kind.versions.len().max(1);
                self.failed(verb, error, worked)
            }
            WatchFailure::Failed(verb, error) => self.failed(verb, error, worked),
        }
    }

    fn set_following(&self, following: Option<Following>) {
        self.store.set_following(&self.id, &self.namespace, following);
    }

    fn failed(&self, verb: &'static str, error: String, worked: bool) -> End {
        let failure = Failure { verb, resource: self.resource(), error, since: now() };
        End::Failed { failure, worked }
    }

    async fn try_run(&mut self, worked: &mut bool) -> WatchFailure {
        loop {
            if !self.failing {
                self.set_following(Some(Following::Not));
            }
            if let Err(failure) = self.step(worked).await {
                return failure;
            }
        }
    }

    /// Reads everything, or goes on from what is known until the server ends the watch.
    async fn step(&mut self, worked: &mut bool) -> Outcome<()> {
        let Some((resource, version)) = self.known.clone() else {
            let resource = self.find().await?;
            self.store.set_version(&self.id, &resource.version);
            let api = self.api(&resource);
            let version = if self.streams {
                let Some(version) = self.stream(&api).await? else {
                    self.streams = false;
                    return Ok(());
                };
                version
            } else {
                self.list(&api).await?
            };
            self.known = Some((resource, version));
            return Ok(());
        };
        let api = self.api(&resource);
        let mut version = version;
        let started = Instant::now();
        let ended = self.follow(&api, &mut version, worked).await;
        self.set_following(Some(Following::Not));
        self.known = Some((resource, version));
        if ended.is_ok() && started.elapsed() < SHORTEST_WATCH {
            tokio::time::sleep(SHORTEST_WATCH).await;
        }
        ended
    }

    /// Finds the version in which the API server has the kind.
    async fn find(&self) -> Outcome<ApiResource> {
        let Kind { group, versions, kind, plural, .. } = &self.watch.kind;
        let found = bounded("discover", served(&self.client, group, plural, versions)).await?;
        let (version, kind) = match found.map_err(|error| failure("discover", &error))? {
            Served::As { version, kind } => (version, kind),
            Served::Not(error) => return Err(WatchFailure::Failed("discover", error)),
            // Not being told is no reason not to try, one version after the other.
            Served::Forbidden => {
                let guess = versions.iter().cycle().nth(self.guesses);
                (guess.map(ToString::to_string).unwrap_or_default(), kind.to_string())
            }
        };
        let api_version =
            if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
        let (group, plural) = (group.to_string(), plural.to_string());
        Ok(ApiResource { group, version, api_version, kind, plural })
    }

    fn api(&self, resource: &ApiResource) -> Api<DynamicObject> {
        if self.namespace.is_empty() {
            Api::all_with(self.client.clone(), resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.namespace, resource)
        }
    }

    /// Reads all objects as a stream; `None` when the server cannot do that.
    async fn stream(&mut self, api: &Api<DynamicObject>) -> Outcome<Option<String>> {
        let params = WatchParams { send_initial_events: true, ..self.watch_params() };
        let mut events = match bounded("watch", api.watch(&params, "0")).await? {
            Ok(events) => events.boxed(),
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 422) => return Ok(None),
            Err(error) => return Err(failure("watch", &error)),
        };
        let mut reading = Reading::within(self.most);
        loop {
            let Ok(event) = tokio::time::timeout(STREAM_IDLE, events.next()).await else {
                return Ok(None);
            };
            self.mark_read(event.as_ref());
            match event {
                Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object))) => {
                    self.take(object, &mut reading, "watch")?;
                }
                Some(Ok(WatchEvent::Deleted(object))) => reading.went(&place(&object)),
                Some(Ok(WatchEvent::Bookmark(bookmark))) => {
                    if bookmark.metadata.annotations.contains_key(INITIAL_EVENTS_END) {
                        self.finish(&reading);
                        return Ok(Some(bookmark.metadata.resource_version));
                    }
                }
                Some(Ok(WatchEvent::Error(status))) => return Err(refused(&status)),
                Some(Err(error)) => return Err(failure("watch", &error)),
                None => {
                    let error = "the server ended the stream before its end".to_owned();
                    return Err(WatchFailure::Failed("watch", error));
                }
            }
        }
    }

    /// Reads all objects page by page.
    async fn list(&mut self, api: &Api<DynamicObject>) -> Outcome<String> {
        let mut params = ListParams { limit: Some(PAGE), ..ListParams::default() };
        params.label_selector = self.label_selector();
        let mut reading = Reading::within(self.most);
        let mut pages = Pages::default();
        loop {
            let page = bounded("list", api.list(&params)).await?;
            let page = page.map_err(|error| failure("list", &error))?;
            self.store.mark_read(&self.id, &self.namespace);
            let before = reading.len();
            for object in page.items {
                self.take(object, &mut reading, "list")?;
            }
            pages
                .came(reading.len() - before)
                .map_err(|why| WatchFailure::Failed("list", why.to_owned()))?;
            params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                self.finish(&reading);
                return Ok(page.metadata.resource_version.unwrap_or_default());
            }
        }
    }

    /// Follows changes from `version` on, until the server ends the watch.
    async fn follow(
        &mut self,
        api: &Api<DynamicObject>,
        version: &mut String,
        worked: &mut bool,
    ) -> Outcome<()> {
        let started = bounded("watch", api.watch(&self.watch_params(), version)).await?;
        let mut events = started.map_err(|error| failure("watch", &error))?.boxed();
        self.failing = false;
        self.set_following(Some(Following::Since(Instant::now())));
        if self.set_state(KindState::Synced) {
            tracing::info!(kind = %self.id, namespace = self.namespace, "Objects are known");
        }
        *worked = true;
        self.store.mark_read(&self.id, &self.namespace);
        let mut changes = Reading::within(self.most);
        loop {
            let Ok(event) = tokio::time::timeout(WATCH_IDLE, events.next()).await else {
                return Ok(());
            };
            self.mark_read(event.as_ref());
            match event {
                Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object))) => {
                    advance(version, object.metadata.resource_version.as_deref());
                    // How many of them are still there, reading anew tells.
                    if changes.came(&object, place(&object), false).is_err() {
                        return Err(WatchFailure::Expired);
                    }
                    self.store.apply(&self.id, raw(&self.watch.kind, object));
                }
                Some(Ok(WatchEvent::Deleted(object))) => {
                    advance(version, object.metadata.resource_version.as_deref());
                    let (namespace, name) = place(&object);
                    self.store.delete(&ObjectKey { kind: self.id.clone(), namespace, name });
                }
                Some(Ok(WatchEvent::Bookmark(bookmark))) => {
                    advance(version, Some(&bookmark.metadata.resource_version));
                }
                Some(Ok(WatchEvent::Error(status))) => return Err(refused(&status)),
                Some(Err(error)) => return Err(failure("watch", &error)),
                None => return Ok(()),
            }
        }
    }

    /// Notes that the API server said something, unless it is that it will not.
    fn mark_read(&self, event: Option<&Result<WatchEvent<DynamicObject>, kube::Error>>) {
        if let Some(Ok(
            WatchEvent::Added(_)
            | WatchEvent::Modified(_)
            | WatchEvent::Deleted(_)
            | WatchEvent::Bookmark(_),
        )) = event
        {
            self.store.mark_read(&self.id, &self.namespace);
        }
    }

    /// Takes an object of a reading of all.
    fn take(
        &mut self,
        object: DynamicObject,
        reading: &mut Reading,
        verb: &'static str,
    ) -> Outcome<()> {
        let (namespace, name) = place(&object);
        let key = ObjectKey { kind: self.id.clone(), namespace, name };
        let is_fresh = !self.store.read().contains(&key);
        if let Err(why) = reading.came(&object, (key.namespace, key.name), is_fresh) {
            self.surplus = reading.take_fresh();
            return Err(WatchFailure::Failed(verb, why));
        }
        self.store.apply(&self.id, raw(&self.watch.kind, object));
        Ok(())
    }

    /// Removes what a complete reading did not have.
    fn finish(&self, reading: &Reading) {
        self.set_following(Some(Following::Not));
        self.store.retain(&self.id, &self.namespace, |namespace, name| {
            reading.has(&(namespace.to_owned(), name.to_owned()))
        });
        self.set_state(KindState::Synced);
    }

    fn watch_params(&self) -> WatchParams {
        WatchParams {
            label_selector: self.label_selector(),
            timeout: Some(WATCH_SECONDS),
            bookmarks: true,
            ..WatchParams::default()
        }
    }

    fn label_selector(&self) -> Option<String> {
        Some(self.watch.label_selector.clone()).filter(|label_selector| !label_selector.is_empty())
    }

    fn resource(&self) -> String {
        if self.namespace.is_empty() {
            return self.id.to_string();
        }
        format!("{} in namespace {}", self.id, self.namespace)
    }
}

/// Returns an object of `kind` as everyone else reads it.
fn raw(kind: &Kind, object: DynamicObject) -> Raw {
    let DynamicObject { types, mut metadata, data } = object;
    let revision = metadata.resource_version.take().unwrap_or_default();
    // The items of a list do not repeat what the list is of.
    let (api_version, kind) = match types {
        Some(types) if !types.kind.is_empty() => (types.api_version, types.kind),
        _ => {
            let version = kind.versions.first().map(ToString::to_string).unwrap_or_default();
            let api_version =
                if kind.group.is_empty() { version } else { format!("{}/{version}", kind.group) };
            (api_version, kind.kind.to_string())
        }
    };
    let data = match data {
        serde_json::Value::Object(data) => data,
        _ => serde_json::Map::new(),
    };
    Raw { api_version, kind, meta: Meta::from(metadata), revision, data }
}

/// Waits for a request, but not for ever.
async fn bounded<T>(verb: &'static str, request: impl Future<Output = T>) -> Outcome<T> {
    let late = |_| WatchFailure::Failed(verb, format!("no answer within {} s", REQUEST.as_secs()));
    tokio::time::timeout(REQUEST, request).await.map_err(late)
}

fn failure(verb: &'static str, error: &kube::Error) -> WatchFailure {
    match error {
        kube::Error::Api(status) if status.code == 410 => WatchFailure::Expired,
        kube::Error::Api(status) if status.code == 404 => {
            WatchFailure::Gone(verb, status.message.clone())
        }
        kube::Error::Api(status) if status.is_forbidden() => WatchFailure::Failed(
            verb,
            format!("{}; grant get, list and watch on it", status.message),
        ),
        other => WatchFailure::Failed(verb, told(other)),
    }
}

fn refused(status: &Status) -> WatchFailure {
    if status.code == 410 {
        return WatchFailure::Expired;
    }
    WatchFailure::Failed("watch", status.message.clone())
}

fn advance(version: &mut String, next: Option<&str>) {
    if let Some(next) = next.filter(|next| !next.is_empty()) {
        next.clone_into(version);
    }
}

fn place(object: &DynamicObject) -> (String, String) {
    let metadata = &object.metadata;
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

/// Returns the time in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a failure says since when")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
