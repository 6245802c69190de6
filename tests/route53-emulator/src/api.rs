//! The operations: which method and path is which, and the answer of each.
//!
//! Paths and bodies are those of the API reference, version 2013-04-01. What the emulator does not
//! have is answered with an error of the service's form, never with success.

mod changes;
mod health;
mod records;
mod tags;
mod zones;

use std::collections::BTreeMap;

use crate::account::{Account, Moment};
use crate::error::ApiError;
use crate::shape::Change;

/// The version that every path starts with.
const VERSION: &str = "2013-04-01";

/// An operation of Route 53 that the emulator has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the operations of the API reference")]
pub enum Operation {
    ChangeResourceRecordSets,
    ChangeTagsForResource,
    CreateHealthCheck,
    CreateHostedZone,
    DeleteHealthCheck,
    DeleteHostedZone,
    GetChange,
    GetHealthCheck,
    GetHostedZone,
    GetHostedZoneCount,
    GetHostedZoneLimit,
    ListHealthChecks,
    ListHostedZones,
    ListHostedZonesByName,
    ListResourceRecordSets,
    ListTagsForResource,
    ListTagsForResources,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 17] = [
        Self::ChangeResourceRecordSets,
        Self::ChangeTagsForResource,
        Self::CreateHealthCheck,
        Self::CreateHostedZone,
        Self::DeleteHealthCheck,
        Self::DeleteHostedZone,
        Self::GetChange,
        Self::GetHealthCheck,
        Self::GetHostedZone,
        Self::GetHostedZoneCount,
        Self::GetHostedZoneLimit,
        Self::ListHealthChecks,
        Self::ListHostedZones,
        Self::ListHostedZonesByName,
        Self::ListResourceRecordSets,
        Self::ListTagsForResource,
        Self::ListTagsForResources,
    ];

    /// Returns the operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.to_string() == name)
    }

    /// Tells whether success changes what the emulator holds.
    pub(crate) fn writes(self) -> bool {
        matches!(
            self,
            Self::ChangeResourceRecordSets
                | Self::ChangeTagsForResource
                | Self::CreateHealthCheck
                | Self::CreateHostedZone
                | Self::DeleteHealthCheck
                | Self::DeleteHostedZone
        )
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// A call, understood as far as its path.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The operation.
    pub(crate) operation: Operation,
    /// What the path names: a zone's or health check's id, a change, a resource type.
    pub(crate) parameters: Vec<String>,
    /// The query.
    pub(crate) query: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: String,
    /// The changes of a batch, read once for the operation and the call log.
    pub(crate) batch: Vec<Change>,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The XML body.
    pub(crate) body: String,
    /// The path of what was created, for the `Location` header.
    pub(crate) location: Option<String>,
}

impl Answer {
    fn ok(body: String) -> Self {
        Self { status: 200, body, location: None }
    }

    fn created(body: String, location: String) -> Self {
        Self { status: 201, body, location: Some(location) }
    }
}

impl Call {
    /// Finds the operation of a method and path; `None` when there is none.
    pub(crate) fn route(method: &str, path: &str, query: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?.strip_prefix(VERSION)?.strip_prefix('/')?;
        let segments: Vec<_> = path.trim_end_matches('/').split('/').map(percent_decode).collect();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let (operation, parameters) = match (method, segments.as_slice()) {
            ("GET", ["hostedzone"]) => (Operation::ListHostedZones, vec![]),
            ("POST", ["hostedzone"]) => (Operation::CreateHostedZone, vec![]),
            ("GET", ["hostedzone", id]) => (Operation::GetHostedZone, vec![*id]),
            ("DELETE", ["hostedzone", id]) => (Operation::DeleteHostedZone, vec![*id]),
            ("GET", ["hostedzone", id, "rrset"]) => (Operation::ListResourceRecordSets, vec![*id]),
            ("POST", ["hostedzone", id, "rrset"]) => {
                (Operation::ChangeResourceRecordSets, vec![*id])
            }
            ("GET", ["hostedzonesbyname"]) => (Operation::ListHostedZonesByName, vec![]),
            ("GET", ["hostedzonecount"]) => (Operation::GetHostedZoneCount, vec![]),
            ("GET", ["hostedzonelimit", id, limit]) => {
                (Operation::GetHostedZoneLimit, vec![*id, *limit])
            }
            ("GET", ["change", id]) => (Operation::GetChange, vec![*id]),
            ("POST", ["tags", kind]) => (Operation::ListTagsForResources, vec![*kind]),
            ("GET", ["tags", kind, id]) => (Operation::ListTagsForResource, vec![*id, *kind]),
            ("POST", ["tags", kind, id]) => (Operation::ChangeTagsForResource, vec![*id, *kind]),
            ("GET", ["healthcheck"]) => (Operation::ListHealthChecks, vec![]),
            ("POST", ["healthcheck"]) => (Operation::CreateHealthCheck, vec![]),
            ("GET", ["healthcheck", id]) => (Operation::GetHealthCheck, vec![*id]),
            ("DELETE", ["healthcheck", id]) => (Operation::DeleteHealthCheck, vec![*id]),
            _ => return None,
        };
        let parameters = parameters.into_iter().map(strip_prefixes).collect();
        let query = parse_query(query);
        Some(Self { operation, parameters, query, body: String::new(), batch: Vec::new() })
    }

    /// Returns the zone that the call is about, as its path names it.
    pub(crate) fn zone_id(&self) -> Option<&str> {
        match self.operation {
            Operation::ChangeResourceRecordSets
            | Operation::DeleteHostedZone
            | Operation::GetHostedZone
            | Operation::GetHostedZoneLimit
            | Operation::ListResourceRecordSets => self.parameters.first().map(String::as_str),
            Operation::ListTagsForResource | Operation::ChangeTagsForResource => {
                match self.parameters.as_slice() {
                    [id, kind] if kind == "hostedzone" => Some(id),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the n-th thing that the path names.
    fn parameter(&self, index: usize) -> &str {
        self.parameters.get(index).map_or("", String::as_str)
    }

    /// Returns a member of the query; empty counts as absent.
    fn asks(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns how many items the caller takes: at most `most`, which is also the default.
    fn max_items(&self, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.asks("maxitems") else { return Ok(most) };
        match text.parse::<usize>() {
            Ok(items) if items > 0 => Ok(items.min(most)),
            _ => Err(ApiError::invalid_input(format!(
                "1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy \
                 constraint: Member must have value greater than or equal to 1"
            ))),
        }
    }
}

/// Carries a call out.
///
/// # Errors
///
/// What the service answers instead; nothing has changed then.
pub(crate) fn answer(
    account: &mut Account,
    call: &mut Call,
    moment: Moment,
) -> Result<Answer, ApiError> {
    match call.operation {
        Operation::CreateHostedZone => zones::create(account, call, moment),
        Operation::GetHostedZone => zones::describe(account, call),
        Operation::DeleteHostedZone => zones::delete(account, call, moment),
        Operation::ListHostedZones => zones::list(account, call),
        Operation::ListHostedZonesByName => zones::list_by_name(account, call),
        Operation::GetHostedZoneCount => Ok(zones::count(account)),
        Operation::GetHostedZoneLimit => zones::limit(account, call),
        Operation::ListResourceRecordSets => records::list(account, call),
        Operation::ChangeResourceRecordSets => records::change(account, call, moment),
        Operation::GetChange => changes::describe(account, call, moment),
        Operation::ListTagsForResource => tags::list(account, call),
        Operation::ListTagsForResources => tags::list_many(account, call),
        Operation::ChangeTagsForResource => tags::change(account, call),
        Operation::CreateHealthCheck => health::create(account, call),
        Operation::GetHealthCheck => health::describe(account, call),
        Operation::DeleteHealthCheck => health::delete(account, call),
        Operation::ListHealthChecks => health::list(account, call),
    }
}

/// Takes off what lists put before ids and callers may send back.
fn strip_prefixes(id: &str) -> String {
    let id = id.strip_prefix('/').unwrap_or(id);
    ["hostedzone/", "change/", "healthcheck/"]
        .iter()
        .find_map(|prefix| id.strip_prefix(prefix))
        .unwrap_or(id)
        .to_owned()
}

/// Splits a query into its members.
pub(crate) fn parse_query(query: &str) -> BTreeMap<String, String> {
    query
        .split('&')
        .filter(|member| !member.is_empty())
        .map(|member| {
            let (name, value) = member.split_once('=').unwrap_or((member, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

/// Decodes `%xx`; octets that are not UTF-8 become the replacement character.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((octet, tail)) = rest.split_first() {
        rest = tail;
        let escaped = (*octet == b'%')
            .then(|| tail.split_first_chunk::<2>())
            .flatten()
            .and_then(|(digits, tail)| Some((hex(*digits)?, tail)));
        match escaped {
            Some((decoded, tail)) => {
                octets.push(decoded);
                rest = tail;
            }
            None => octets.push(*octet),
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()
}
