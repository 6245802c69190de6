//! The table of records, and what it is filtered by.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::{ROWS, Wanted};
use crate::admin::shown;
use crate::app;
use crate::records::{Freshness, RecordPage, RecordRow, RowSources, Severity, ZoneView, time};

/// How many values of a record the table shows.
const MOST_TARGETS: usize = 3;

/// What there is to filter by.
#[derive(Debug)]
pub(super) struct Filters {
    /// Reasons, with how many names have each and how urgent it is.
    pub(super) reasons: BTreeMap<(Severity, &'static str), usize>,
    /// Zones, with what is known of each.
    pub(super) zones: BTreeMap<String, ZoneView>,
}

impl Filters {
    pub(super) fn of(sources: RowSources<'_>) -> Self {
        let mut reasons = BTreeMap::new();
        for noted in sources.statuses.all() {
            let reason = &noted.status.reason;
            *reasons.entry((Severity::of(reason), reason.code())).or_default() += 1;
        }
        Self { reasons, zones: sources.zones() }
    }
}

/// Returns the counts by reason, and the form.
pub(super) fn filters(wanted: &Wanted, there: &Filters) -> Markup {
    html! {
        ul.counts aria-label="Names by reason" {
            @for ((severity, reason), count) in &there.reasons {
                li class=(severity.as_str()) {
                    a href=(link(&Wanted { reason: (*reason).to_owned(), ..Wanted::default() })) {
                        strong { (count) } " " (reason)
                    }
                }
            }
        }
        form method="get" action="/" role="search" {
            label { "Search " input type="search" name="q" value=(wanted.q) placeholder="name, object or value"; }
            label { "Namespace " input type="text" name="namespace" value=(wanted.namespace); }
            label {
                "Zone "
                select name="zone" {
                    option value="" selected[wanted.zone.is_empty()] { "all" }
                    @for zone in there.zones.keys() {
                        option value=(zone) selected[wanted.zone == *zone] { (shown(zone)) }
                    }
                }
            }
            label {
                "Reason "
                select name="reason" {
                    option value="" selected[wanted.reason.is_empty()] { "all" }
                    @for (_, reason) in there.reasons.keys() {
                        option value=(reason) selected[wanted.reason == *reason] { (reason) }
                    }
                }
            }
            label {
                "Show "
                select name="show" {
                    option value="" selected[wanted.show != "all"] { "what is not as desired" }
                    option value="all" selected[wanted.show == "all"] { "everything" }
                }
            }
            button type="submit" { "Filter" }
        }
    }
}

/// Returns the rows that were found, and the way to the others.
pub(super) fn records(wanted: &Wanted, found: &RecordPage, freshness: &Freshness) -> Markup {
    let RecordPage { total, offset, next_offset, records } = found;
    html! {
        @if records.is_empty() {
            p.empty {
                @if *total > 0 {
                    "There is no page that begins with row " (offset + 1) " of " (total) ". "
                    a href=(link(&wanted.at(0))) { "Show the first page" }
                    ". "
                } @else if wanted.is_search() || !wanted.namespace.is_empty() || !wanted.zone.is_empty() {
                    "Nothing is found. "
                } @else if wanted.show == "all" {
                    "Nothing is known yet. "
                } @else if freshness.is_sure() {
                    "Everything that is known is as desired. "
                } @else {
                    "Nothing else is known that is not as desired. "
                }
                a href="/?show=all" { "Show everything" }
            }
        } @else {
            p.found { (offset + 1) "–" (offset + records.len()) " of " (total) }
            div.scroll tabindex="0" role="region" aria-label="Table of records" {
                table {
                    thead { tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Reason" }
                        th scope="col" { "Published" }
                        th scope="col" { "Object" }
                        th scope="col" { "Zone" }
                        th scope="col" { "Since" }
                    } }
                    tbody { @for record in records { (row(record)) } }
                }
            }
            nav aria-label="Pages" {
                @if *offset > 0 {
                    a rel="prev" href=(link(&wanted.at(offset.saturating_sub(ROWS)))) { "Previous" }
                    " "
                }
                @if let Some(next) = next_offset {
                    a rel="next" href=(link(&wanted.at(*next))) { "Next" }
                }
            }
        }
    }
}

fn row(record: &RecordRow) -> Markup {
    let record_type = record.record_type.as_ref().map(ToString::to_string).unwrap_or_default();
    html! {
        tr class=(record.severity.as_str()) {
            td data-label="Name" {
                @if record.name.is_empty() {
                    em { "the whole object" }
                } @else {
                    a href=(detail(&record.name)) { (shown(&record.name)) }
                }
                " " span.type { (shown(&record_type)) " " (shown(&record.set_identifier)) }
            }
            td data-label="Reason" {
                strong.reason { (record.reason.unwrap_or("not wanted")) } " "
                span.message { (shown(&record.message)) }
                @if !record.hint.is_empty() { p.hint { "Next: " (shown(&record.hint)) } }
            }
            td data-label="Published" { (published(record)) }
            td data-label="Object" { (record.object.as_ref().map_or_else(|| "–".to_owned(), |object| shown(&object.shown()))) }
            td data-label="Zone" {
                (shown(&record.zone.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string)))
            }
            td data-label="Since" {
                (record.since.as_deref().map_or_else(|| "–".to_owned(), with_age)) (or_before(record))
            }
        }
    }
}

/// Returns what a record set answers with, and whose it is.
pub(super) fn published(record: &RecordRow) -> Markup {
    let Some(values) = &record.published else {
        return html! {
            @if record.name.is_empty() { "–" }
            @else if record.is_published_unknown { "not known" }
            @else { "nothing" (read(record)) }
            (wanted(record))
        };
    };
    let more = values.targets.len().saturating_sub(MOST_TARGETS);
    html! {
        @if record.is_zone_unlisted { "not known: its zone is not listed any more; it held" }
        ul.values {
            @for target in values.targets.iter().take(MOST_TARGETS) { li { (shown(target)) } }
            @if more > 0 { li { "… and " (more) " more" } }
        }
        @if let Some(ttl) = values.ttl { span.type { "TTL " (ttl) } " " }
        span.type {
            @if let Some(owner) = &record.owner { "owner " (shown(owner)) } @else { "without an owner" }
        }
        (read(record))
        (wanted(record))
    }
}

/// Says when what is published was read, where that is long ago.
fn read(record: &RecordRow) -> Markup {
    html! {
        @if let Some(read) = &record.as_of {
            " " span.type { "as it was read " (ago(read)) }
        }
    }
}

/// Returns what is wanted in the place of what is published, where the two differ.
fn wanted(record: &RecordRow) -> Markup {
    html! {
        @for values in &record.wanted {
            p.hint { "Wanted: " (shown(&values.to_string())) }
        }
    }
}

/// Returns a moment with how long ago it was.
pub(super) fn ago(moment: &str) -> String {
    let at = moment.parse::<jiff::Timestamp>();
    let ago = at.map(|at| time::span(app::unix_seconds() - at.as_second()));
    ago.map_or_else(|_| moment.to_owned(), |ago| format!("{ago} ago, at {moment}"))
}

/// Returns a moment, and how long ago it was beside it.
pub(super) fn with_age(moment: &str) -> String {
    let at = moment.parse::<jiff::Timestamp>();
    let age = at.map(|at| time::span(app::unix_seconds() - at.as_second()));
    age.map_or_else(|_| moment.to_owned(), |age| format!("{moment} ({age} ago)"))
}

/// Says of what was so when the process first looked that it may be so for longer.
pub(super) fn or_before(record: &RecordRow) -> &'static str {
    if record.is_since_before { time::OR_BEFORE } else { "" }
}

/// Returns the address of the page with these filters.
pub(super) fn link(wanted: &Wanted) -> String {
    let Wanted { q, namespace, zone, reason, show, offset } = wanted;
    let offset = if *offset == 0 { String::new() } else { offset.to_string() };
    let all = [
        ("q", q),
        ("namespace", namespace),
        ("zone", zone),
        ("reason", reason),
        ("show", show),
        ("offset", &offset),
    ];
    let given = all.into_iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<_> =
        given.map(|(key, value)| format!("{key}={}", percent_encoded(value))).collect();
    format!("/?{}", given.join("&"))
}

/// Returns the address of the page about one name.
pub(super) fn detail(name: &str) -> String {
    format!("/record?name={}", percent_encoded(name))
}

/// Returns a value of a query: <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>.
fn percent_encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

impl Wanted {
    fn at(&self, offset: usize) -> Self {
        Self { offset, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_last_row_says_so_and_calls_nothing_well() {
        let found = RecordPage { total: 9, offset: 9_999, ..RecordPage::default() };
        let wanted = Wanted { offset: 9_999, ..Wanted::default() };
        let page = records(&wanted, &found, &Freshness::default()).into_string();
        assert!(page.contains("no page that begins with row 10000 of 9"), "{page}");
        assert!(!page.contains("as desired"), "{page}");
    }
}
