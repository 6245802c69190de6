//! Providers that break one rule each, as those in the field do.

use axum::http::Method;
use external_dns_webhook::conformance::Check;
use serde_json::{Value, json};

use crate::provider::{Asked, Told};

/// A provider that breaks a rule.
#[derive(Clone, Copy)]
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    pub(crate) breaks: Option<Check>,
    /// What it makes of a request.
    pub(crate) ask: fn(&mut Asked),
    /// What it makes of the answer.
    pub(crate) tell: fn(&Asked, &mut Told),
}

impl Mutant {
    /// A provider that breaks none.
    pub(crate) const NONE: Self = Self { name: "none", breaks: None, ask: |_| {}, tell: |_, _| {} };

    /// One that writes `null` for an empty list and for no filter, as Go does.
    pub(crate) const GO: Self = Self {
        name: "Go",
        breaks: None,
        ask: |_| {},
        tell: |asked, told| {
            if told.body == b"[]\n" || asked.is(NEGOTIATE.0, NEGOTIATE.1) {
                told.body = b"null\n".to_vec();
            }
        },
    };

    /// One whose library takes properties for a map.
    pub(crate) const PROPERTIES_AS_MAP: Self =
        told(Check::ListShape, "properties as a map", |asked, told| {
            if asked.lists() {
                told.edit_each(|record| set(record, "providerSpecific", json!({ "a": "b" })));
            }
        });
}

const fn told(breaks: Check, name: &'static str, tell: fn(&Asked, &mut Told)) -> Mutant {
    Mutant { name, breaks: Some(breaks), ask: |_| {}, tell }
}

const fn asked(breaks: Check, name: &'static str, ask: fn(&mut Asked)) -> Mutant {
    Mutant { name, breaks: Some(breaks), ask, tell: |_, _| {} }
}

fn set(record: &mut Value, member: &str, value: Value) {
    record.as_object_mut().unwrap().insert(member.to_owned(), value);
}

fn is_called(record: &Value, name: &str) -> bool {
    record.get("dnsName").and_then(Value::as_str).is_some_and(|dns_name| dns_name.starts_with(name))
}

fn nothing(asked: &mut Asked) {
    asked.body = b"{}".to_vec();
}

const NEGOTIATE: (&Method, &str) = (&Method::GET, "/");

/// One for each check at least.
pub(crate) const MUTANTS: &[Mutant] = &[
    told(Check::Negotiates, "nothing at the root", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.answer(404);
        }
    }),
    told(Check::NegotiationType, "a space in the media type", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.typed("application/external.dns.webhook+json; version=1");
        }
    }),
    told(Check::AnyAccept, "insists on Accept", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) && asked.header("accept") == "*/*" {
            told.answer(406);
        }
    }),
    told(Check::DomainFilter, "the documented form of the filter", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.edit(|body| *body = json!({ "filters": ["example.com"] }));
        }
    }),
    told(Check::DomainFilter, "a star in the filter", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.edit(|body| set(body, "include", json!(["*.example.com"])));
        }
    }),
    told(Check::Declarations, "a prefix without its slash", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.edit(|body| set(body, "propertyPrefixes", json!(["memory"])));
        }
    }),
    told(Check::Lists, "no list", |asked, told| {
        if asked.lists() {
            told.edit(|body| *body = json!({ "records": body }));
        }
    }),
    told(Check::ListType, "HTML", |asked, told| {
        if asked.lists() {
            told.typed("text/html");
        }
    }),
    told(Check::ListShape, "null among the targets", |asked, told| {
        if asked.lists() {
            told.edit_each(|record| set(record, "targets", json!([null])));
        }
    }),
    Mutant::PROPERTIES_AS_MAP,
    told(Check::ListUnique, "one element for each target", |asked, told| {
        if asked.lists() {
            told.edit(|body| {
                let list = body.as_array_mut().unwrap();
                list.extend(list.first().cloned());
            });
        }
    }),
    told(Check::ListCompressed, "plain text that says it is gzip", |asked, told| {
        if asked.lists() && asked.header("accept-encoding").contains("gzip") {
            told.headers.insert("content-encoding", "gzip".parse().unwrap());
        }
    }),
    told(Check::Adjusts, "no adjust", |asked, told| {
        if asked.adjusts() {
            told.answer(404);
        }
    }),
    told(Check::AdjustType, "plain JSON", |asked, told| {
        if asked.adjusts() {
            told.typed("application/json");
        }
    }),
    told(Check::AdjustShape, "null for a member", |asked, told| {
        if asked.adjusts() {
            told.edit_each(|record| set(record, "setIdentifier", Value::Null));
        }
    }),
    told(Check::AdjustKeepsAll, "drops a type", |asked, told| {
        if asked.adjusts() {
            told.edit(|body| {
                if let Some(list) = body.as_array_mut() {
                    list.retain(|list| !is_called(list, "address6."));
                }
            });
        }
    }),
    told(Check::AdjustKeepsAll, "takes one target of two", |asked, told| {
        if asked.adjusts() {
            told.edit_each(|record| {
                if let Some(targets) = record.get_mut("targets").and_then(Value::as_array_mut) {
                    targets.truncate(1);
                }
            });
        }
    }),
    told(Check::AdjustKeepsLabels, "drops labels", |asked, told| {
        if asked.adjusts() {
            told.edit_each(|record| drop(record.as_object_mut().unwrap().remove("labels")));
        }
    }),
    told(Check::AdjustTwice, "doubles the TTL", |asked, told| {
        if asked.adjusts() {
            told.edit_each(|record| {
                if let Some(ttl) = record.get("recordTTL").and_then(Value::as_i64) {
                    set(record, "recordTTL", json!(ttl * 2));
                }
            });
        }
    }),
    told(Check::AdjustNothing, "does not know null", |asked, told| {
        if asked.adjusts() && asked.body == b"null\n" {
            told.answer(500);
        }
    }),
    told(Check::AdjustUnknownMember, "refuses what it does not know", |asked, told| {
        if asked.adjusts() && asked.says("unknownMember") {
            told.answer(400);
        }
    }),
    told(Check::AdjustBadBody, "blames itself", |asked, told| {
        if asked.adjusts() && asked.says("{nonsense") {
            told.answer(500);
        }
    }),
    told(Check::AdjustBadBody, "takes nothing for a list", |asked, told| {
        if asked.adjusts() && asked.body.is_empty() {
            told.answer(200);
        }
    }),
    told(Check::BigBody, "a framework's default limit", |asked, told| {
        if asked.adjusts() && asked.body.len() > 100_000 {
            told.answer(413);
        }
    }),
    told(Check::Overlapping, "a limit on requests", |asked, told| {
        if asked.adjusts() && asked.seen == 2 && asked.says("address6.") {
            told.answer(429);
        }
    }),
    asked(Check::RecordsByName, "lists everything whatever is asked", |asked| {
        if asked.path == "/records" && !asked.is_zoned(&Method::GET, "/records") {
            asked.query = None;
        }
    }),
    asked(Check::RecordsByName, "compares names to the letter", |asked| {
        if let Some(query) = &mut asked.query {
            *query = query.replace("COM.", "COM.x");
        }
    }),
    asked(Check::ConditionalRecords, "sends the list again", |asked| {
        drop(asked.headers.remove("if-none-match"));
    }),
    told(Check::ConditionalRecords, "no mark", |_, told| {
        drop(told.headers.remove("etag"));
    }),
    told(Check::Age, "an age in words", |asked, told| {
        if asked.lists() {
            told.headers.insert("age", "12 s".parse().unwrap());
        }
    }),
    told(Check::Age, "older when it is read anew", |asked, told| {
        if asked.lists() {
            let age = if asked.header("cache-control") == "no-cache" { "60" } else { "5" };
            told.headers.insert("age", age.parse().unwrap());
        }
    }),
    told(Check::AdjustOutcomes, "forgets one", |asked, told| {
        if asked.adjusts() && asked.header("prefer").contains("representation") {
            told.edit(|body| {
                body.get_mut("endpoints").unwrap().as_array_mut().unwrap().pop();
            });
        }
    }),
    told(Check::Zones, "no id", |asked, told| {
        if asked.path == "/zones" {
            told.edit(|body| *body = json!([{ "id": "", "name": "example.com" }]));
        }
    }),
    told(Check::ZoneServed, "serves another zone", |asked, told| {
        if asked.is(NEGOTIATE.0, NEGOTIATE.1) {
            told.edit(|body| set(body, "include", json!(["example.org"])));
        }
    }),
    told(Check::Creates, "200 for 204", |asked, told| {
        if asked.applies() && !asked.header("prefer").contains("representation") {
            told.answer(200);
        }
    }),
    told(Check::CreatedIsListed, "another TTL in the list", |asked, told| {
        if asked.lists() {
            told.edit_each(|record| {
                if record.get("recordTTL") == Some(&json!(120)) {
                    set(record, "recordTTL", json!(600));
                }
            });
        }
    }),
    told(Check::CreateTwice, "refuses what is there", |asked, told| {
        if asked.applies() && asked.says("\"create\"") && asked.seen > 0 {
            told.answer(500);
        }
    }),
    told(Check::OwnershipRecordWithoutTtl, "insists on a TTL", |asked, told| {
        if asked.applies() && asked.count("create") > 0 && asked.says("ownedRecord") {
            told.answer(400);
        }
    }),
    told(Check::TextIsKept, "text in small letters", |asked, told| {
        if asked.lists() {
            told.edit_each(|record| {
                if record.get("recordType") == Some(&json!("TXT")) {
                    let targets = record.get("targets").unwrap().to_string().to_lowercase();
                    set(record, "targets", serde_json::from_str(&targets).unwrap());
                }
            });
        }
    }),
    told(Check::UnknownProperty, "keeps what it cannot store", |asked, told| {
        if asked.lists() {
            told.edit_each(|record| {
                drop(record.as_object_mut().unwrap().remove("providerSpecific"));
            });
        }
    }),
    Mutant {
        name: "a star as an octal number",
        breaks: Some(Check::Wildcard),
        ask: |asked| {
            let body = String::from_utf8_lossy(&asked.body).replace(r"\\052", "*");
            asked.body = body.into_bytes();
        },
        tell: |asked, told| {
            if asked.lists() {
                let body = String::from_utf8_lossy(&told.body).replace("\"*.", r#""\\052."#);
                told.body = body.into_bytes();
            }
        },
    },
    asked(Check::CapitalisedChanges, "does not know capitals", |asked| {
        if asked.applies() && asked.says("\"Create\"") {
            nothing(asked);
        }
    }),
    told(Check::UnknownMembers, "refuses what it does not know", |asked, told| {
        if asked.applies() && asked.says("unknownMember") {
            told.answer(400);
        }
    }),
    asked(Check::Updates, "forgets updates", |asked| {
        if asked.applies() && asked.count("updateNew") > 0 {
            nothing(asked);
        }
    }),
    told(Check::UpdateTwice, "misses what it replaced", |asked, told| {
        if asked.applies() && asked.count("updateNew") > 0 && asked.seen > 0 {
            told.answer(500);
        }
    }),
    told(Check::TypeChange, "creates before it deletes", |asked, told| {
        if asked.applies() && asked.count("create") > 0 && asked.count("delete") > 0 {
            told.answer(500);
        }
    }),
    told(Check::NoChanges, "refuses null", |asked, told| {
        if asked.applies() && asked.body == b"null\n" {
            told.answer(400);
        }
    }),
    told(Check::BadChanges, "takes anything", |asked, told| {
        if asked.applies() && asked.says("{nonsense") {
            told.answer(204);
        }
    }),
    told(Check::MarkMoves, "one mark for ever", |asked, told| {
        if asked.lists() {
            if asked.header("if-none-match") == "\"same\"" {
                told.answer(304);
            }
            told.headers.insert("etag", "\"same\"".parse().unwrap());
        }
    }),
    told(Check::ApplyOutcomes, "offers outcomes and has none", |asked, told| {
        if asked.applies() && asked.header("prefer").contains("representation") {
            told.answer(204);
        }
    }),
    asked(Check::Deletes, "deletes nothing", |asked| {
        if asked.applies() && asked.count("delete") == 1 && asked.count("create") == 0 {
            nothing(asked);
        }
    }),
    told(Check::DeleteTwice, "misses what is gone", |asked, told| {
        if asked.applies() && asked.count("delete") == 1 && asked.seen > 0 {
            told.answer(500);
        }
    }),
    asked(Check::CleansUp, "deletes one at a time", |asked| {
        if asked.applies() && asked.count("delete") > 1 {
            nothing(asked);
        }
    }),
    told(Check::RetryAfter, "a date", |asked, told| {
        if asked.lists() && asked.seen == 0 {
            told.answer(503);
            told.headers.insert("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT".parse().unwrap());
        }
    }),
    told(Check::ZonedRecords, "does not know the zones", |asked, told| {
        if asked.is_zoned(&Method::GET, "/records") {
            told.edit_each(|record| set(record, "zone", Value::Null));
        }
    }),
    told(Check::ZonedAdjust, "adjusts as in version 1", |asked, told| {
        if asked.is_zoned(&Method::POST, "/adjustendpoints") {
            told.edit(|body| {
                let endpoints = body.get_mut("endpoints").and_then(Value::as_array_mut);
                endpoints.into_iter().flatten().for_each(|record| set(record, "zone", Value::Null));
            });
        }
    }),
    asked(Check::ZonedWrites, "writes only without a zone", |asked| {
        if asked.is_zoned(&Method::POST, "/records") {
            nothing(asked);
        }
    }),
];
