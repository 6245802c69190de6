//! Says what is wrong with an object, in the words of the real server.
//!
//! It refuses what a client could plausibly get wrong in the kinds that Signpost reads and
//! writes; it is not the whole of the server's validation. An object that is refused here would
//! be refused there too.

pub(crate) mod crd;
pub(crate) mod ingress;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod schema;
pub(crate) mod service;
pub(crate) mod small;

use serde_json::Value;

use crate::kinds::builtin::APIEXTENSIONS;
use crate::kinds::{Kind, Shape};
use crate::status::Cause;
use crate::store::Store;

/// Returns everything wrong with `value`; `old` is the object that an update replaces.
pub(crate) fn object(store: &Store, kind: &Kind, value: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = metadata::check(kind, value);
    match &kind.shape {
        Shape::Schema(schema) => schema::check(schema, value, &mut causes),
        Shape::Typed(_) => {
            let check = match (kind.group.as_str(), kind.plural.as_str()) {
                ("", "services") => {
                    causes.extend(service::check(&store.allocations, value, old));
                    return causes;
                }
                ("", "pods") => small::pod,
                ("", "events") => small::core_event,
                ("events.k8s.io", "events") => small::event,
                ("coordination.k8s.io", "leases") => small::lease,
                ("discovery.k8s.io", "endpointslices") => small::endpoint_slice,
                ("networking.k8s.io", "ingresses") => ingress::check,
                (APIEXTENSIONS, "customresourcedefinitions") => crd::check,
                _ => return causes,
            };
            check(value, old, &mut causes);
        }
    }
    causes
}
