//! One line of a plan: what happens to one record set, and why.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use external_dns_webhook::{DnsName, Endpoint, ObjectRef, RecordType, Ttl};
use serde::Serialize;

use crate::status::{self, Reason, RecordStatus, Verb};
use crate::zone::ZoneInfo;

/// What happens to one record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Name of the record set.
    pub name: DnsName,
    /// Type of the record set.
    #[serde(rename = "type")]
    pub record_type: RecordType,
    /// Its set identifier; empty without a routing policy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// What the provider holds now; `None` when it holds nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Values>,
    /// What it should hold; `None` when it should hold nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Values>,
    /// Who owns the record set now; `None` when nobody owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who will own it, where that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_owner: Option<String>,
    /// Object that wants it, or last did: `kind/namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// Zone that holds the record set; `None` when the zones are not known.
    #[serde(flatten)]
    pub zone: Option<ZoneInfo>,
    /// Why it is held, or was refused; `None` when it is done.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "told")]
    pub reason: Option<Reason>,
}

/// What is done to a record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is removed to make room for what cannot stand beside it, or made in such a room.
    Replace,
    /// It is removed.
    Delete,
    /// Its values, TTL or settings change.
    Update,
    /// It is made.
    Create,
    /// Who owns it is written; the record set itself stays.
    Own,
    /// It stays as it is, although something else was desired.
    Hold,
}

/// What a record set answers with.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Values {
    /// Values, sorted.
    pub targets: Vec<String>,
    /// TTL in seconds; `None` lets the provider choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// Provider-specific settings by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

impl Step {
    /// Returns a status of the record set.
    pub(super) fn status(&self, reason: Reason) -> RecordStatus {
        RecordStatus {
            name: self.name.clone(),
            record_type: Some(self.record_type.clone()),
            object: self.object.clone(),
            // A zone that only its name is known of is a guess.
            zone: self.zone.clone().filter(|zone| zone.id().is_some()),
            reason,
        }
    }
}

impl Step {
    /// Tells whether some answer is taken away and none comes in its place.
    pub fn loses_answers(&self) -> bool {
        match self.action {
            Action::Delete => true,
            Action::Update => self.old.as_ref().zip(self.new.as_ref()).is_some_and(|(old, new)| {
                let stays = |target: &String| old.targets.contains(target);
                new.targets.len() < old.targets.len() && new.targets.iter().all(stays)
            }),
            // What makes room is replaced by what it makes room for.
            Action::Replace | Action::Create | Action::Own | Action::Hold => false,
        }
    }
}

impl Values {
    /// Returns what `endpoint` answers with.
    pub fn of(endpoint: &Endpoint) -> Self {
        let mut targets: Vec<_> = endpoint.targets.iter().map(str::to_owned).collect();
        targets.sort();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let properties = endpoint.properties.iter().map(owned).collect();
        Self { targets, ttl: endpoint.ttl.map(Ttl::seconds), properties }
    }
}

impl Action {
    /// Returns what is done as a verb; `None` when nothing is.
    pub fn verb(self) -> Option<Verb> {
        match self {
            Self::Replace => Some(Verb::Replace),
            Self::Delete => Some(Verb::Delete),
            Self::Update => Some(Verb::Update),
            Self::Create => Some(Verb::Create),
            Self::Own => Some(Verb::Own),
            Self::Hold => None,
        }
    }

    /// Returns the name people read and machines parse.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Update => "update",
            Self::Create => "create",
            Self::Own => "own",
            Self::Hold => "hold",
        }
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    /// By name, then what goes before what comes, then type and set identifier.
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.new.is_some().cmp(&other.new.is_some()))
            .then_with(|| self.record_type.cmp(&other.record_type))
            .then_with(|| self.set_identifier.cmp(&other.set_identifier))
            .then_with(|| self.action.cmp(&other.action))
            .then_with(|| self.old.cmp(&other.old))
            .then_with(|| self.new.cmp(&other.new))
            .then_with(|| self.object.cmp(&other.object))
            .then_with(|| self.zone.cmp(&other.zone))
            .then_with(|| {
                let code = |step: &Self| step.reason.as_ref().map(Reason::code);
                code(self).cmp(&code(other))
            })
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
fn told<S: serde::Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => status::told(reason, serializer),
        None => serializer.serialize_none(),
    }
}
