//! Fills in what the real API server fills in, since clients read it.
//!
//! Only what a built-in kind's own defaulting and the admission plugins that are on by default
//! do; defaults of custom kinds come from their schemas.

pub(crate) mod allocate;
pub(crate) mod crd;
pub(crate) mod pod;
pub(crate) mod service;
pub(crate) mod small;

use serde_json::Value;

use crate::kinds::Kind;
use crate::kinds::builtin::APIEXTENSIONS;
use crate::store::Store;

/// Fills in defaults; `old` is the object that an update replaces.
pub(crate) fn fill(store: &Store, kind: &Kind, value: &mut Value, old: Option<&Value>) {
    if kind.is_custom() {
        return;
    }
    let name = crate::json::text(value, "/metadata/name").to_owned();
    let Some(fields) = value.as_object_mut() else { return };
    match (kind.group.as_str(), kind.plural.as_str()) {
        ("", "services") => service::fill(&store.allocations, fields, old),
        ("", "pods") => pod::fill(fields),
        ("", "namespaces") => small::namespace(fields, &name),
        ("", "secrets") => small::secret(fields),
        ("", "endpoints") => small::endpoints(fields),
        ("discovery.k8s.io", "endpointslices") => small::endpoint_slice(fields),
        ("networking.k8s.io", "ingresses") => small::ingress(store, fields, old),
        (APIEXTENSIONS, "customresourcedefinitions") => crd::fill(fields, old),
        _ => {}
    }
}
