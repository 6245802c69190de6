//! Which object an Event is about: from the `resource` label back to a reference.

use k8s_openapi::api::core::v1::ObjectReference;

use crate::objects::{KINDS, Kind, ObjectKey, Objects};
use crate::sources::SOURCES;

/// An object that asked for a record set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Referent {
    /// Name of the source that reads it.
    pub(super) source: &'static str,
    /// The object.
    pub(super) reference: ObjectReference,
}

impl Referent {
    /// Returns the object that `label` (`kind/namespace/name` or `kind/name`) stands for.
    ///
    /// `None` for objects of which the kind is not known here, such as those of the source
    /// `unstructured`, and for labels that somebody else wrote. An object that is gone has no uid.
    pub(super) fn find(label: &str, objects: &Objects) -> Option<Self> {
        let (head, rest) = label.split_once('/')?;
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        if name.is_empty() {
            return None;
        }
        // One label may stand for several kinds, such as gateways of Istio and of another group.
        let mut candidates = SOURCES.iter().flat_map(|row| {
            let own = row.reads.iter().filter(|it| it.label == Some(head));
            own.filter_map(|read| {
                let kind = KINDS.iter().find(|it| it.id() == read.kind)?;
                let watched = objects.watches().any(|it| it.kind == *kind);
                watched.then_some((row.name, kind))
            })
        });
        let key = |kind: &Kind| ObjectKey {
            kind: kind.id(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let first = candidates.next()?;
        let present =
            std::iter::once(first).chain(candidates).find(|(_, kind)| objects.contains(&key(kind)));
        let (source, kind) = present.unwrap_or(first);
        let uid = objects.meta(&key(kind)).map(|it| it.uid.clone());
        let reference = ObjectReference {
            api_version: api_version(kind),
            kind: Some(kind.kind.to_string()),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            name: Some(name.to_owned()),
            uid: uid.filter(|it| !it.is_empty()),
            ..ObjectReference::default()
        };
        Some(Self { source, reference })
    }
}

fn api_version(kind: &Kind) -> Option<String> {
    let version = kind.versions.first()?;
    let group = &kind.group;
    Some(if group.is_empty() { version.to_string() } else { format!("{group}/{version}") })
}
