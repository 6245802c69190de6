//! Answers `watch`: what has changed since a version, and then each change as it happens.
//!
//! Every watch reads the store's memory of changes at its own pace, so a slow client costs
//! nothing and loses nothing until the memory has gone past it; then an `ERROR` event tells it 410
//! and it must list again ([efficient detection of changes]). As with the real server that event
//! comes in a stream that began with 200.
//!
//! [efficient detection of changes]: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use crate::api::form::Form;
use crate::api::query::Query;
use crate::api::{ApiRequest, raw_json};
use crate::clock;
use crate::json::put;
use crate::kinds::Kind;
use crate::selectors::Selector;
use crate::server::{Cut, Server};
use crate::status::{Cause, Status};
use crate::store::Store;
use crate::store::history::{Change, Outcome};
use crate::store::object::Object;
use crate::store::page::PageQuery;

/// How many events go out at once.
const BATCH: usize = 500;

/// The mark on the bookmark that ends the initial events ([streaming lists]).
///
/// [streaming lists]: https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// An open watch.
struct Watch {
    server: Arc<Server>,
    kind: Arc<Kind>,
    form: Form,
    namespace: String,
    selector: Selector,
    /// Objects that stood at the start and are still to be told.
    initial: std::vec::IntoIter<Arc<Object>>,
    /// Whether a bookmark tells the end of the initial objects.
    mark_initial_end: bool,
    /// The version up to which changes have been told.
    cursor: u64,
    head: Receiver<u64>,
    cuts: Receiver<Cut>,
    /// The time between bookmarks; `None` for no bookmarks.
    bookmarks: Option<Duration>,
    next_bookmark: Instant,
    deadline: Instant,
    /// Why there is nothing to tell but this.
    refused: Option<Status>,
    ended: bool,
}

/// From where a watch sets out.
struct Start {
    initial: Vec<Arc<Object>>,
    cursor: u64,
    refused: Option<Status>,
}

pub(crate) fn watch(
    server: &Arc<Server>,
    api_request: &ApiRequest<'_>,
) -> Result<Response, Status> {
    let ApiRequest { kind, namespace, name, query, parts, .. } = api_request;
    let form = Form::of(&parts.headers, &query.include_object)?;
    // An old way to watch one object: `get` with `watch`.
    let fields = match *name {
        "" => query.field_selector.clone(),
        name => format!("metadata.name={name},{}", query.field_selector),
    };
    let selector = Selector::parse(kind, &query.label_selector, &fields)?;
    let cuts = server.watch_cuts();
    let (start, head) = {
        let mut store = server.write();
        (start(&store, api_request, &selector)?, store.head(&kind.table))
    };
    let Start { initial, cursor, refused } = start;
    let lasts = match query.timeout_seconds {
        0 => server.options.watch_timeout,
        seconds => Duration::from_secs(seconds),
    };
    let interval = server.options.bookmark_interval;
    let now = Instant::now();
    let watch = Watch {
        server: Arc::clone(server),
        kind: Arc::clone(kind),
        form,
        namespace: (*namespace).to_owned(),
        selector,
        initial: initial.into_iter(),
        mark_initial_end: query.send_initial_events && query.allow_watch_bookmarks,
        cursor,
        head,
        cuts,
        bookmarks: query.allow_watch_bookmarks.then_some(interval),
        next_bookmark: now + interval,
        deadline: now + lasts,
        refused,
        ended: false,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let chunk = watch.next().await?;
        Some((chunk, watch))
    });
    Ok(raw_json(StatusCode::OK, Body::from_stream(events)))
}

/// Decides what is told first, and from which version on changes are told.
fn start(
    store: &Store,
    api_request: &ApiRequest<'_>,
    selector: &Selector,
) -> Result<Start, Status> {
    let ApiRequest { kind, namespace, query, .. } = api_request;
    check(query)?;
    let version = query.version()?;
    let standing = || {
        let all = PageQuery { namespace, selector, limit: 0, token: "", exact: None };
        let page = store.page(&kind.table, &all)?;
        Ok(Start { initial: page.objects, cursor: page.version, refused: None })
    };
    match version {
        Some(version) if query.send_initial_events => {
            store.check_reached(version)?;
            standing()
        }
        None | Some(0) => standing(),
        // A version that is too old is told in the stream, one that is yet to come is waited for.
        Some(version) => {
            let refused = store.check_compaction(version).err();
            Ok(Start { initial: Vec::new(), cursor: version, refused })
        }
    }
}

/// Initial events and the match of versions are said together or not at all.
fn check(query: &Query) -> Result<(), Status> {
    let cause = match (query.send_initial_events, query.resource_version_match.as_str()) {
        (true, "NotOlderThan") | (false, "") => return Ok(()),
        (true, _) => Cause::forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (false, _) => Cause::forbidden(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
    };
    Err(Status::invalid_options("ListOptions", &[cause]))
}

impl Watch {
    /// Returns the next piece of the answer; `None` at its end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if let Some(status) = self.refused.take() {
            self.ended = true;
            return Some(Ok(error_event(&status)));
        }
        if let Some(chunk) = self.next_initial() {
            return Some(Ok(chunk));
        }
        loop {
            if self.ended {
                return None;
            }
            // Marked as seen before reading, so a change in between wakes the wait below.
            self.head.borrow_and_update();
            let (chunk, more) = self.read_changes();
            if !chunk.is_empty() {
                return Some(Ok(chunk));
            }
            if more {
                continue;
            }
            tokio::select! {
                changed = self.head.changed() => self.ended |= changed.is_err(),
                _ = self.cuts.changed() => {
                    self.ended = true;
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                () = tokio::time::sleep_until(self.deadline) => {
                    self.ended = true;
                    // The client can go on from here without a new list.
                    return self.bookmarks.map(|_| Ok(self.bookmark(&json!({}))));
                }
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks.is_some() => {
                    self.next_bookmark = Instant::now() + self.bookmarks.unwrap_or_default();
                    return Some(Ok(self.bookmark(&json!({}))));
                }
            }
        }
    }

    fn next_initial(&mut self) -> Option<Bytes> {
        let now = clock::now();
        let mut chunk = BytesMut::new();
        for object in self.initial.by_ref().take(BATCH) {
            match self.form.show(&self.kind, &object, now) {
                Ok(text) => put_event(&mut chunk, "ADDED", &text),
                Err(status) => {
                    self.ended = true;
                    chunk.put_slice(&error_event(&status));
                    return Some(chunk.freeze());
                }
            }
        }
        if self.initial.len() == 0 && self.mark_initial_end {
            self.mark_initial_end = false;
            chunk.put_slice(&self.bookmark(&json!({ INITIAL_EVENTS_END: "true" })));
        }
        (!chunk.is_empty()).then(|| chunk.freeze())
    }

    /// Returns the next changes as text, and whether there may be more at once.
    fn read_changes(&mut self) -> (Bytes, bool) {
        let mut chunk = BytesMut::new();
        let (read, served) = {
            let store = self.server.read();
            let Kind { group, version, plural, .. } = &*self.kind;
            let served = store.kinds.find(group, version, plural).is_some();
            (store.changes(&self.kind.table, self.cursor, BATCH), served)
        };
        let more = match read.and_then(|(changes, read_to)| {
            let now = clock::now();
            for change in &changes {
                self.put_change(&mut chunk, change, now)?;
            }
            self.cursor = self.cursor.max(read_to);
            Ok(changes.len() == BATCH)
        }) {
            Ok(more) => more,
            Err(status) => {
                self.ended = true;
                chunk.put_slice(&error_event(&status));
                false
            }
        };
        // A kind that is no longer served ends its watches, after its last changes.
        self.ended |= !served && !more;
        (chunk.freeze(), more || self.ended)
    }

    /// Writes what a change means to this watch: objects come and go as they are selected.
    fn put_change(
        &self,
        chunk: &mut BytesMut,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), Status> {
        let Change { outcome, object, before } = change;
        let selects = |object: &Object| {
            (self.namespace.is_empty() || self.namespace == object.namespace)
                && self.selector.matches(object)
        };
        let was = before.as_deref().is_some_and(selects);
        let is = *outcome != Outcome::Deleted && selects(object);
        let event = match (was, is) {
            (false, false) => return Ok(()),
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        put_event(chunk, event, &self.form.show(&self.kind, object, now)?);
        Ok(())
    }

    fn bookmark(&self, annotations: &Value) -> Bytes {
        let mut metadata = json!({ "resourceVersion": self.cursor.to_string() });
        if annotations.as_object().is_some_and(|all| !all.is_empty()) {
            put(&mut metadata, "annotations", annotations.clone());
        }
        let object = json!({
            "apiVersion": self.kind.api_version(),
            "kind": self.kind.kind,
            "metadata": metadata,
        });
        let mut text = BytesMut::new();
        put_event(&mut text, "BOOKMARK", object.to_string().as_bytes());
        text.freeze()
    }
}

fn put_event(chunk: &mut BytesMut, event: &str, object: &[u8]) {
    chunk.put_slice(b"{\"type\":\"");
    chunk.put_slice(event.as_bytes());
    chunk.put_slice(b"\",\"object\":");
    chunk.put_slice(object);
    chunk.put_slice(b"}\n");
}

fn error_event(status: &Status) -> Bytes {
    let mut text = BytesMut::new();
    put_event(&mut text, "ERROR", status.to_json().to_string().as_bytes());
    text.freeze()
}
