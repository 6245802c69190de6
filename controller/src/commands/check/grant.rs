//! The roles that would grant what is missing, as YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Permission;

/// Name of the roles: they stand beside those of an installation and replace none.
const NAME: &str = "signpost-missing";

/// Who gets the rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Namespace of the service account; empty for a user.
    pub(super) namespace: String,
    /// Name of the service account or of the user.
    pub(super) name: String,
}

impl Account {
    /// Returns the account that the API server calls `user`.
    pub(super) fn of(user: &str) -> Self {
        let account =
            user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
        let (namespace, name) = account.unwrap_or(("", user));
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    fn subject(&self) -> Value {
        let Self { namespace, name } = self;
        if namespace.is_empty() {
            return json!({ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name });
        }
        json!({ "kind": "ServiceAccount", "namespace": namespace, "name": name })
    }
}

/// Returns roles and bindings that grant `missing` to `account`; empty when nothing is missing.
///
/// Without an account the bindings are left out.
pub(super) fn yaml(missing: &[&Permission], account: Option<&Account>) -> String {
    let mut places: BTreeMap<&str, Vec<&Permission>> = BTreeMap::new();
    for permission in missing {
        // Namespaces are objects of the cluster, wherever the question was asked.
        let of_cluster = permission.resource == "namespaces" && permission.group.is_empty();
        let place = if of_cluster { "" } else { permission.namespace.as_str() };
        places.entry(place).or_default().push(permission);
    }
    let documents = places.into_iter().flat_map(|(namespace, permissions)| {
        let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
        let role = document(kind, namespace, &format!("rules:\n{}", rules(&permissions)));
        let binding = account.map(|account| {
            let to = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": NAME });
            let body = format!("roleRef: {to}\nsubjects:\n  - {}\n", account.subject());
            document(&format!("{kind}Binding"), namespace, &body)
        });
        std::iter::once(role).chain(binding)
    });
    documents.collect::<Vec<_>>().join("---\n")
}

fn document(kind: &str, namespace: &str, body: &str) -> String {
    let mut text = format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n");
    // Writing to a text cannot fail.
    let _ = writeln!(text, "  name: {NAME}");
    if !namespace.is_empty() {
        let _ = writeln!(text, "  namespace: {namespace}");
    }
    text + body
}

/// Returns one rule for each kind and name, with all of its verbs.
fn rules(permissions: &[&Permission]) -> String {
    let mut kinds: BTreeMap<(&str, String, &str), BTreeSet<&str>> = BTreeMap::new();
    for permission in permissions {
        let part = if permission.part.is_empty() {
            String::new()
        } else {
            format!("/{}", permission.part)
        };
        let resource = format!("{}{part}", permission.resource);
        kinds
            .entry((&permission.group, resource, &permission.name))
            .or_default()
            .insert(permission.verb);
    }
    let rule = |((group, resource, name), verbs): ((&str, String, &str), BTreeSet<&str>)| {
        let names = match name {
            "" => String::new(),
            name => format!("    resourceNames: [{name}]\n"),
        };
        let verbs = verbs.into_iter().collect::<Vec<_>>().join(", ");
        format!(
            "  - apiGroups: [\"{group}\"]\n    resources: [{resource}]\n{names}    verbs: [{verbs}]\n"
        )
    };
    kinds.into_iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(namespace: &str, resource: &str, verb: &'static str) -> Permission {
        Permission {
            namespace: namespace.to_owned(),
            group: String::new(),
            resource: resource.to_owned(),
            name: String::new(),
            part: "",
            verb,
            versions: Vec::new(),
            is_optional: false,
        }
    }

    #[test]
    fn a_role_is_granted_where_it_is_missing_and_to_whom() {
        let permissions = [
            permission("", "nodes", "watch"),
            permission("", "nodes", "list"),
            permission("team-a", "services", "list"),
        ];
        let account = Account::of("system:serviceaccount:dns:signpost");
        let text = yaml(&permissions.iter().collect::<Vec<_>>(), Some(&account));
        insta::assert_snapshot!("a_role_is_granted_where_it_is_missing_and_to_whom", text);
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        assert_eq!(documents.len(), 4);
    }

    #[test]
    fn nothing_missing_needs_no_role() {
        assert_eq!(yaml(&[], None), "");
    }

    #[test]
    fn users_are_not_service_accounts() {
        let user = Account::of("jane@example.com");
        assert_eq!(user.subject().get("kind"), Some(&json!("User")));
    }
}
