//! The page about one name: each of its record sets, and what was written.

use axum::extract::{Query, State};
use axum::response::Response;
use controller_core::plan::Values;
use maud::{Markup, html};
use serde::Deserialize;

use super::table::{detail, or_before, published, with_age};
use super::{Admin, known, page};
use crate::admin::{aside, shown};
use crate::app;
use crate::records::{LookedAt, RecentWrite, RecordQuery, RecordRow, RecordsAnswer, by, time};

/// Which name is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::admin) struct Named {
    name: String,
}

/// The page about one name.
pub(in crate::admin) async fn record(
    State(admin): State<Admin>,
    Query(Named { name }): Query<Named>,
) -> Response {
    aside(move || {
        let freshness = admin.status.freshness(app::unix_seconds());
        let query = RecordQuery { name: name.clone(), ..RecordQuery::default() };
        let answer = admin.status.look(|sources| {
            RecordsAnswer::new(&query, sources, freshness.clone(), LookedAt::default)
        });
        let (rows, writes) = match answer {
            // Without a name, everything would be meant.
            Ok(answer) if !name.trim().is_empty() => {
                let desired_state = admin.desired_state();
                let answer = answer.with_wanted(|objects| desired_state.wanted(objects));
                let answer = answer.with_unwanted(|objects| desired_state.unwanted(objects));
                (answer.page.records, answer.writes.unwrap_or_default())
            }
            Ok(_) | Err(_) => (Vec::new(), Vec::new()),
        };
        let body = html! {
            h1 { (shown(&name)) }
            (known(&freshness, &detail(&name)))
            @for row in &rows { (in_full(row)) }
            @if rows.is_empty() {
                p.empty { "Nothing is published under this name, and no object wants it." }
            }
            (history(&writes, freshness.history.as_deref()))
            p { a href="/?show=all" { "All records" } }
        };
        page(&format!("{} · Signpost", shown(&name)), &body)
    })
    .await
}

fn in_full(row: &RecordRow) -> Markup {
    let record_type = row.record_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let zone = row.zone.as_ref().map(ToString::to_string);
    html! {
        section.record class=(row.severity.as_str()) {
            h2 { (shown(&record_type)) " " (shown(&row.set_identifier)) " "
                strong.reason { (row.reason.unwrap_or("not wanted")) } }
            dl {
                dt { "Because" } dd { (shown(&row.message)) }
                @if !row.hint.is_empty() { dt { "Next" } dd { (shown(&row.hint)) } }
                dt { "Published" } dd { (published(row)) }
                @if let Some(object) = &row.object { dt { "Object" } dd { (shown(&object.shown())) } }
                @if let Some(zone) = &zone { dt { "Zone" } dd { (shown(zone)) } }
                @if let Some(since) = &row.since { dt { "Since" } dd { (with_age(since)) (or_before(row)) } }
            }
        }
    }
}

fn history(writes: &[RecentWrite], flag: Option<&str>) -> Markup {
    let values = |values: Option<&Values>| {
        values.map_or_else(|| "nothing".to_owned(), |values| shown(&values.to_string()))
    };
    html! {
        @if !writes.is_empty() {
            section aria-labelledby="writes" {
                h2 id="writes" { "Writes, the latest first" }
                ol.writes {
                    @for write in writes {
                        li {
                            strong { (write.action.as_str()) " " (shown(write.record_type.as_str())) }
                            " at " (time::moment(write.at)) ": "
                            (values(write.old.as_ref())) " → " (values(write.new.as_ref()))
                            @if let Some(object) = &write.object { ", for " (shown(&object.shown())) }
                            (shown(&by(&write.cause)))
                            @if let Some(id) = write.id {
                                " — the way back: " code {
                                    "signpost rollback " (id)
                                    @if let Some(flag) = flag { " " (shown(flag)) }
                                }
                                (RecentWrite::besides(write.others))
                            }
                        }
                    }
                }
            }
        }
    }
}
