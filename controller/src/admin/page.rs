//! The page that a person looks at: what `/v1/records` and `/readyz` answer, in one view that changes
//! nothing.
//!
//! It is made here, complete, and needs neither scripts nor anything from elsewhere: the browser is
//! told to run and load nothing but the one stylesheet. Names are hostile, so every text goes through
//! the template engine, which escapes it, and is shown without hidden characters.

mod record;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use external_dns_webhook::{ObjectRef, counted};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

pub(super) use self::record::record;
use self::table::{Filters, ago, filters, link, records};
use super::{Admin, aside};
use crate::records::{
    Freshness, ProblemView, RecordPage, RecordQuery, RecordsAnswer, Unwanted, ZoneView, time,
};
use crate::status::{Check, MISSPELT_PREFIX};

/// How many rows a page has.
const ROWS: usize = 100;

/// How many names of held deletions are listed.
const MOST_HELD: usize = 100;

/// What a browser may load: the stylesheet, and no script at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const STYLE: &str = include_str!("page/style.css");

/// What is filtered by, as the form sends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) q: String,
    pub(super) namespace: String,
    pub(super) zone: String,
    pub(super) reason: String,
    /// `all`, or else only what is not as desired.
    pub(super) show: String,
    pub(super) offset: usize,
}

/// The first page.
pub(super) async fn index(State(admin): State<Admin>, Query(wanted): Query<Wanted>) -> Response {
    aside(move || page("Signpost", &overview(&admin, &wanted))).await
}

/// The stylesheet.
pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE).into_response()
}

/// Returns whose deletions those of a namespace are.
fn whose(namespace: &str) -> Markup {
    html! {
        @if namespace.is_empty() { "outside of namespaces" } @else { strong { (namespace) } }
    }
}

/// Returns `text`, or what it means that there is none.
fn or(text: String, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text }
}

/// Returns a whole page around `body`.
fn page(title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                header {
                    p.brand { a href="/" { "Signpost" } }
                    p.version { "version " (env!("CARGO_PKG_VERSION")) }
                }
                main { (body) }
                footer {
                    p {
                        "The same as JSON: " a href="/v1/records?problems" { "/v1/records" } ", "
                        a href="/v1/plan" { "/v1/plan" } ". Probes: "
                        a href="/readyz?verbose" { "/readyz" } ", "
                        a href="/livez?verbose" { "/livez" } ". "
                        a href="/metrics" { "/metrics" } ". This page changes nothing."
                    }
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ];
    (StatusCode::OK, headers, page.into_string()).into_response()
}

fn overview(admin: &Admin, wanted: &Wanted) -> Markup {
    let now = Instant::now();
    let freshness = admin.freshness(now);
    let query = wanted.query();
    let (answer, filters_of) = admin.status.look(|sources| {
        let answer = RecordsAnswer::new(&query, sources, freshness.clone(), Default::default);
        (answer, Filters::of(sources))
    });
    let desired_state = admin.desired_state();
    let found = answer.map_or_else(
        |_| RecordPage::default(),
        |answer| {
            let answer = answer.with_wanted(|objects| desired_state.wanted(objects));
            answer.with_unwanted(|objects| desired_state.unwanted(objects)).page
        },
    );
    let checks = admin.checks(now);
    html! {
        h1 { "What is published, and what is not" }
        (known(&freshness, &link(wanted)))
        @if freshness.held.is_some() {
            (held(&admin.status.plan(), |objects| desired_state.unwanted(objects)))
        }
        section aria-labelledby="health" {
            h2 id="health" { "Health" }
            (parts(&checks))
        }
        section aria-labelledby="records" {
            h2 id="records" { "Records" }
            (filters(wanted, &filters_of))
            (records(wanted, &found, &freshness))
        }
        (zones(&filters_of))
    }
}

/// Says how well the page knows what it shows; `again` is the address of the same view.
fn known(freshness: &Freshness, again: &str) -> Markup {
    let age = freshness.age_seconds.map(time::span);
    html! {
        @if let Some(leader) = &freshness.stands_by {
            div.banner.critical role="alert" {
                p { strong { (standing_by(leader)) } }
                p { "It makes no syncs, so what follows may be old or nothing at all." }
            }
        }
        @if !freshness.problems.is_empty() {
            div.banner.critical role="alert" {
                p { strong { "Not all is well with this controller." } }
                ul.names {
                    @for ProblemView { part, problem } in &freshness.problems {
                        li { strong { (super::shown(part)) } ": " (super::shown(problem)) }
                    }
                }
            }
        }
        @if let Some(unread) = &freshness.unread_annotations {
            div.banner.critical role="alert" {
                p { strong { "Annotations are not read: " } (super::shown(unread)) "." }
                p { (MISSPELT_PREFIX) }
            }
        }
        @if let Some(writing) = &freshness.writing {
            p.known { strong { "A write is under way" } ": " (super::shown(writing)) "." }
        }
        @if let Some(outage) = &freshness.outage {
            div.banner.critical role="alert" {
                p { strong { "Syncs have failed for " (time::span(outage.seconds)) "." } }
                p { (super::shown(&outage.cause)) }
                p {
                    @if let Some(age) = &age {
                        "What follows was read " (age) " ago. It is tried again by itself; what is \
                         published stays."
                    } @else {
                        "The provider was never read, so nothing is known of what is published."
                    }
                    " " a href=(again) { "Look again" }
                }
            }
        } @else if let Some(age) = &age {
            p.known { "The provider was read " (age) " ago. " a href=(again) { "Look again" } }
        } @else {
            p.known { "No sync has ended yet. " a href=(again) { "Look again" } }
        }
    }
}

/// Says that this replica makes no syncs, and where to ask.
fn standing_by(leader: &str) -> String {
    match leader {
        "" => "This replica stands by, and nobody is known to lead.".to_owned(),
        leader => format!("This replica stands by: `{}` leads; ask there.", super::shown(leader)),
    }
}

/// Returns the source object of a step of a plan.
fn object_of(step: &Value) -> Option<ObjectRef> {
    step.get("object").and_then(Value::as_str).map(ObjectRef::from)
}

/// Says which deletions wait for a person, why nothing wants the names any more, as `unwanted` tells it of
/// objects, and what approves them.
fn held(
    plan: &str,
    unwanted: impl FnOnce(&BTreeSet<ObjectRef>) -> BTreeMap<ObjectRef, Unwanted>,
) -> Markup {
    let plan: Value = serde_json::from_str(plan).unwrap_or_default();
    let Some(held) = plan.get("held").filter(|held| !held.is_null()) else { return html! {} };
    let hash = held.get("hash").and_then(Value::as_str).unwrap_or_default();
    let steps = plan.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_held = |step: &&Value| {
        step.pointer("/reason/code").and_then(Value::as_str) == Some("DeletionHeld")
    };
    let steps: Vec<_> = steps.iter().filter(is_held).collect();
    let text = |step: &Value, key: &str| {
        super::shown(step.get(key).and_then(Value::as_str).unwrap_or_default())
    };
    let unwanted = unwanted(&steps.iter().filter_map(|step| object_of(step)).collect());
    let why = |step: &Value| {
        let object = object_of(step)?;
        Some(super::shown(&unwanted.get(&object)?.sentence(&object)))
    };
    let number = |group: &Value, key: &str| group.get(key).and_then(Value::as_u64).unwrap_or(0);
    let groups = held.get("groups").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    html! {
        section.banner.critical aria-labelledby="held" {
            h2 id="held" { (counted(steps.len(), "deletion")) @if steps.len() == 1 { " waits" } @else { " wait" } " for a person" }
            p {
                "More would go at once than is usual, and this is why nothing wants the names any more:"
            }
            ul.names {
                @for why in Unwanted::summary(unwanted.iter()) { li { (super::shown(&why)) } }
            }
            p { "Put right what is not meant. If the deletions are meant, let exactly these go with:" }
            pre tabindex="0" { code { "signpost approve " (super::shown(hash)) } }
            @if groups.len() > 1 {
                p { "Or only those of one namespace:" }
                ul.names {
                    @for group in groups {
                        li {
                            (whose(&text(group, "namespace"))) " in "
                            (or(text(group, "zone"), "all zones together")) ", "
                            (number(group, "names")) " of " (number(group, "of")) " names: "
                            code { "signpost approve " (text(group, "hash")) }
                        }
                    }
                }
            }
            details {
                summary { "What would be deleted" }
                ul.names {
                    @for step in steps.iter().take(MOST_HELD) {
                        li {
                            (text(step, "name")) " " (text(step, "type")) " — "
                            @if let Some(why) = why(step) { (why) } @else { (text(step, "object")) }
                        }
                    }
                }
                @if steps.len() > MOST_HELD {
                    p { "… and " (steps.len() - MOST_HELD) " more; " a href="/v1/plan" { "/v1/plan" } " has all" }
                }
            }
        }
    }
}

fn parts(checks: &[Check]) -> Markup {
    html! {
        ul.parts {
            @for check in checks {
                li.bad[check.problem.is_some()] {
                    strong { (check.name) }
                    @if let Some(problem) = &check.problem {
                        span.mark { "failed" } " " (super::shown(problem))
                    } @else {
                        span.mark { "ok" } " " (super::shown(&check.note))
                    }
                }
            }
        }
    }
}

fn zones(filters: &Filters) -> Markup {
    html! {
        @if !filters.zones.is_empty() {
            section aria-labelledby="zones" {
                h2 id="zones" { "Zones" }
                ul.names {
                    @for (zone, ZoneView { records, as_of, unavailable, is_listed }) in &filters.zones {
                        li {
                            (super::shown(zone)) ": "
                            @match records {
                                Some(count) => { (counted(*count, "record set")) }
                                None => { "what it holds is not known" }
                            }
                            @if let Some(at) = as_of {
                                " as it was read " (ago(&time::moment(*at)))
                            }
                            @if !is_listed { " — " strong { "not listed any more" } }
                            @if let Some(problem) = unavailable {
                                " — " strong { "cannot be used: " } (super::shown(problem))
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Wanted {
    fn query(&self) -> RecordQuery {
        RecordQuery {
            problems: (self.show != "all" && !self.is_search()).then(|| "true".to_owned()),
            namespace: self.namespace.trim().to_owned(),
            zone: self.zone.clone(),
            reason: self.reason.clone(),
            q: self.q.clone(),
            limit: Some(ROWS),
            offset: self.offset,
            ..RecordQuery::default()
        }
    }

    /// Tells whether something is looked for: then it is found, whether it is well or not.
    fn is_search(&self) -> bool {
        !self.q.trim().is_empty() || !self.reason.is_empty()
    }
}
