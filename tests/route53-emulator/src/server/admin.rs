//! The admin routes under `/_emulator`: watch calls, inject faults, seed zones, keep and restore state.
//!
//! Bodies are JSON. They need no signature, are not throttled and never fail on demand.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Inner, Reply, Shared, plain_reply};
use crate::api;
use crate::faults::Fault;
use crate::shape::{Change, ResourceRecordSet};
use crate::state::Snapshot;
use crate::validate::Quota;

/// What every admin path starts with.
pub(super) const PREFIX: &str = "/_emulator/";

/// The routes, for the answer about one that is not there.
const ROUTES: &str = "GET calls[?operation=NAME], DELETE calls, GET|POST|DELETE faults, GET zones, \
                      POST zones, POST health-checks, GET|PUT state, POST reset";

/// Faults to add.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFaults {
    /// One line each, in the syntax of the command line.
    faults: Vec<String>,
}

/// A zone to create or add to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewZone {
    name: String,
    #[serde(default)]
    private: bool,
    /// `None` draws one, or takes the zone of this name if there is exactly one.
    id: Option<String>,
    /// Written as by UPSERT, without the quotas of one request.
    #[serde(default)]
    records: Vec<ResourceRecordSet>,
}

/// A health check to create or set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewHealthCheck {
    id: String,
    /// Whether DNS answers skip what depends on it.
    #[serde(default)]
    unhealthy: bool,
}

/// Answers an admin request.
pub(super) fn reply(shared: &Shared, method: &str, route: &str, query: &str, body: &str) -> Reply {
    let mut inner = shared.lock();
    let result = match (method, route) {
        ("GET", "calls") => Ok(calls(&inner, query)),
        ("DELETE", "calls") => {
            inner.calls.clear();
            Ok(json!({}))
        }
        ("GET", "faults") => Ok(faults(&inner)),
        ("POST", "faults") => add_faults(&mut inner, body),
        ("DELETE", "faults") => {
            inner.faults.clear();
            Ok(json!({}))
        }
        ("GET", "zones") => Ok(zones(&inner)),
        ("POST", "zones") => add_zone(&mut inner, body),
        ("POST", "health-checks") => add_health_check(&mut inner, body),
        ("GET", "state") => {
            serde_json::to_value(Snapshot::from(&inner.account)).map_err(|error| error.to_string())
        }
        ("PUT", "state") => restore(&mut inner, body),
        ("POST", "reset") => {
            reset(&mut inner);
            Ok(json!({}))
        }
        _ => {
            let error = format!("no route {method} {PREFIX}{route}; there are: {ROUTES}");
            return plain_reply(404, "application/json", json!({ "error": error }).to_string());
        }
    };
    let result = result.and_then(|answer| {
        if matches!(method, "POST" | "PUT") && route != "faults" {
            shared.save(&inner).map_err(|error| error.to_string())?;
        }
        Ok(answer)
    });
    match result {
        Ok(answer) => plain_reply(200, "application/json", answer.to_string()),
        Err(error) => plain_reply(400, "application/json", json!({ "error": error }).to_string()),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, String> {
    serde_json::from_str(body)
        .map_err(|error| format!("the body is not what it should be: {error}"))
}

/// Counts per operation and outcome, and the latest calls.
fn calls(inner: &Inner, query: &str) -> Value {
    let query = api::parse_query(query);
    let operation = query.get("operation");
    let calls: Vec<_> = inner
        .calls
        .calls()
        .filter(|call| operation.is_none_or(|operation| *operation == call.operation))
        .collect();
    json!({ "counts": inner.calls.counts(), "calls": calls })
}

fn faults(inner: &Inner) -> Value {
    let faults: Vec<_> = inner.faults.in_force().iter().map(ToString::to_string).collect();
    json!({ "faults": faults })
}

fn add_faults(inner: &mut Inner, body: &str) -> Result<Value, String> {
    let NewFaults { faults: texts } = parse(body)?;
    let parsed: Result<Vec<Fault>, _> = texts.iter().map(|text| text.parse()).collect();
    inner.faults.add(parsed.map_err(|error| error.to_string())?);
    Ok(faults(inner))
}

fn zones(inner: &Inner) -> Value {
    let zones: Vec<_> = inner
        .account
        .zones
        .values()
        .map(|zone| {
            json!({
                "id": zone.id,
                "name": zone.name.to_string(),
                "private": zone.private,
                "records": zone.len(),
            })
        })
        .collect();
    json!({ "zones": zones })
}

fn add_zone(inner: &mut Inner, body: &str) -> Result<Value, String> {
    let NewZone { name: text, private, id, records } = parse(body)?;
    let name: crate::name::Name = text.parse().map_err(|error| format!("`{text}`: {error}"))?;
    let account = &mut inner.account;
    let same: Vec<_> = account
        .zones
        .values()
        .filter(|zone| match &id {
            Some(id) => zone.id == *id,
            None => zone.name == name && zone.private == private,
        })
        .map(|zone| (zone.id.clone(), zone.name.clone()))
        .collect();
    let id = match (same.as_slice(), id) {
        ([], id) => account.add_zone(name, private, id),
        ([(id, existing)], _) if *existing == name => id.clone(),
        ([(id, existing)], _) => {
            return Err(format!("zone `{id}` has the name `{existing}`, not `{name}`"));
        }
        _ => return Err(format!("several zones are called `{name}`; say which `id`")),
    };
    if !records.is_empty() {
        let changes: Vec<_> = records
            .into_iter()
            .map(|set| Change { action: "UPSERT".to_owned(), resource_record_set: set })
            .collect();
        account.change(&id, &changes, Quota::Ignored).map_err(|error| error.to_string())?;
    }
    Ok(json!({ "id": id }))
}

fn add_health_check(inner: &mut Inner, body: &str) -> Result<Value, String> {
    let NewHealthCheck { id, unhealthy } = parse(body)?;
    let check = inner.account.health_checks.entry(id.clone()).or_default();
    if check.caller_reference.is_empty() {
        check.caller_reference.clone_from(&id);
        check.config = vec![("Type".to_owned(), "TCP".to_owned())];
    }
    check.unhealthy = unhealthy;
    Ok(json!({ "id": id, "unhealthy": unhealthy }))
}

fn restore(inner: &mut Inner, body: &str) -> Result<Value, String> {
    let snapshot: Snapshot = parse(body)?;
    inner.account.restore(snapshot).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    })?;
    Ok(json!({}))
}

/// Empties every zone, ends faults, forgets calls, tags and health checks; zones keep their ids.
fn reset(inner: &mut Inner) {
    for zone in inner.account.zones.values_mut() {
        zone.clear();
        zone.tags.clear();
    }
    inner.account.health_checks.clear();
    inner.faults.clear();
    inner.calls.clear();
}
