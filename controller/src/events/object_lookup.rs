//! Which object an Event is about: from the `resource` label back to a reference.

use external_dns_webhook::ObjectRef;
use k8s_openapi::api::core::v1::ObjectReference;

use controller_sources::objects::untyped::Untyped;
use controller_sources::objects::{KINDS, Kind, ObjectKey, Objects};
use controller_sources::{SOURCES, UNSTRUCTURED};

/// The source object of a record set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ObjectLookup {
    /// Name of the source that reads it.
    pub(super) source: &'static str,
    pub(super) reference: ObjectReference,
}

impl ObjectLookup {
    /// Returns the object that `label` (`kind/namespace/name` or `kind/name`) stands for.
    ///
    /// `None` for labels that another program wrote, and for an object of the source `unstructured`
    /// that is gone: only the object knew how its kind is spelled. Any other that is gone has no
    /// uid.
    pub(super) fn find(object: &ObjectRef, objects: &Objects) -> Option<Self> {
        let (head, name) = (object.kind(), object.name());
        let namespace = object.namespace().unwrap_or_default();
        if name.is_empty() {
            return None;
        }
        let key = |kind: &Kind| ObjectKey {
            kind: kind.id(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        // One label may stand for several kinds, such as gateways of Istio and of another group.
        let rows = SOURCES.iter().flat_map(|row| {
            let own = row.reads.iter().filter(|watched_kind| watched_kind.label == Some(head));
            own.filter_map(|read| {
                let kind = KINDS.iter().find(|kind| kind.id() == read.kind)?;
                let watched = objects.watches().any(|watch| watch.kind == *kind);
                watched.then_some((row.name, kind))
            })
        });
        let rows: Vec<_> = rows.collect();
        let typed = rows.iter().find(|(_, kind)| objects.contains(&key(kind)));
        if typed.is_none()
            && let Some(untyped) = objects
                .watches()
                .filter_map(|watch| objects.stored_at(&key(&watch.kind))?.as_any().downcast_ref())
                .find(|untyped: &&Untyped| untyped.kind.to_lowercase() == head)
        {
            let Untyped { meta, api_version, kind, data: _ } = untyped;
            let reference = reference(api_version, kind, namespace, name, Some(&meta.uid));
            return Some(Self { source: UNSTRUCTURED, reference });
        }
        let (source, kind) = *typed.or(rows.first())?;
        let id = key(kind);
        let version = objects.version(&id.kind).or(kind.versions.first().map(AsRef::as_ref))?;
        let api_version = match kind.group.as_ref() {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        };
        let uid = objects.meta(&id).map(|metadata| metadata.uid.as_str());
        Some(Self { source, reference: reference(&api_version, &kind.kind, namespace, name, uid) })
    }
}

fn reference(
    api_version: &str,
    kind: &str,
    namespace: &str,
    name: &str,
    uid: Option<&str>,
) -> ObjectReference {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ObjectReference {
        api_version: given(api_version),
        kind: given(kind),
        namespace: given(namespace),
        name: given(name),
        uid: uid.and_then(given),
        ..ObjectReference::default()
    }
}
