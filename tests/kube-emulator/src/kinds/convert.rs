//! Shows an object in the version that was asked for, whichever version it was written in.
//!
//! Versions of a custom kind differ in `apiVersion` only (conversion strategy `None`; webhooks are
//! not called). The two event kinds are one object with some fields renamed ([events]).
//!
//! [events]: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/

use serde_json::{Map, Value};

use crate::kinds::Kind;

/// Field names of a core event and of an `events.k8s.io` event, pairwise.
const EVENT_FIELDS: &[(&str, &str)] = &[
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("involvedObject", "regarding"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
];

/// Tells whether objects of the two kinds differ in more than `apiVersion`.
pub(crate) fn differs(one: &Kind, other: &Kind) -> bool {
    one.kind == "Event" && one.group != other.group
}

/// Renames the fields of `object` to those of `kind`, where its forms differ.
pub(crate) fn convert(object: &mut Map<String, Value>, kind: &Kind) {
    if kind.kind != "Event" || kind.is_custom() {
        return;
    }
    for (core, newer) in EVENT_FIELDS {
        let (from, to) = if kind.group.is_empty() { (newer, core) } else { (core, newer) };
        if let Some(value) = object.remove(*from) {
            object.insert((*to).to_owned(), value);
        }
    }
}
