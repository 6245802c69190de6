//! What is wrong with a `CustomResourceDefinition`.

use serde_json::{Value, json};

use crate::json::{is_set, items, text};
use crate::status::Cause;

const SCOPES: [&str; 2] = ["Cluster", "Namespaced"];

/// Groups under these need this annotation ([protected groups]).
///
/// [protected groups]: https://github.com/kubernetes/enhancements/blob/master/keps/sig-api-machinery/2337-k8s.io-group-protection/README.md
const APPROVAL: &str = "api-approved.kubernetes.io";

/// Adds everything wrong with a definition.
pub(crate) fn check(value: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    for (pointer, field) in [
        ("/spec/group", "spec.group"),
        ("/spec/names/plural", "spec.names.plural"),
        ("/spec/names/kind", "spec.names.kind"),
    ] {
        if text(value, pointer).is_empty() {
            causes.push(Cause::required(field, ""));
        }
    }
    let (group, plural) = (text(value, "/spec/group"), text(value, "/spec/names/plural"));
    let (name, expected) = (text(value, "/metadata/name"), format!("{plural}.{group}"));
    if name != expected {
        let problem = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &name.into(), problem));
    }
    let scope = text(value, "/spec/scope");
    if !SCOPES.contains(&scope) {
        causes.push(Cause::unsupported("spec.scope", &scope.into(), &SCOPES));
    }
    if let Some(old) = old
        && text(old, "/spec/scope") != scope
    {
        causes.push(Cause::invalid("spec.scope", &scope.into(), "field is immutable"));
    }
    let protected =
        [".k8s.io", ".kubernetes.io"].iter().any(|suffix| format!(".{group}").ends_with(suffix));
    let annotations = value.pointer("/metadata/annotations");
    if protected && annotations.is_none_or(|all| all.get(APPROVAL).is_none()) {
        let detail = "protected groups must have approval annotation \
                      \"api-approved.kubernetes.io\", see \
                      https://github.com/kubernetes/enhancements/pull/1111";
        causes.push(Cause::required(format!("metadata.annotations[{APPROVAL}]"), detail));
    }
    check_versions(value, causes);
}

fn check_versions(value: &Value, causes: &mut Vec<Cause>) {
    let storage = items(value, "/spec/versions")
        .filter(|version| version.get("storage") == Some(&json!(true)))
        .count();
    if storage != 1 {
        let versions = value.pointer("/spec/versions").cloned().unwrap_or(Value::Null);
        let problem = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &versions, problem));
    }
    for (index, version) in items(value, "/spec/versions").enumerate() {
        if !is_set(version, "/schema/openAPIV3Schema") {
            let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
            causes.push(Cause::required(field, "schemas are required"));
        }
    }
}
