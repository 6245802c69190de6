//! What stands for this controller in the cluster: the ConfigMap with its state, or its Pod.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use serde_json::Value;

use crate::args::StateArgs;
use crate::state::Place;

/// Where a Pod has the token of its service account.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// A Pod, as its own token names it.
#[derive(Debug, PartialEq, Eq)]
struct OwnPod {
    name: String,
    uid: Option<String>,
}

/// Returns what stands for this controller; `None` outside of a cluster without such a ConfigMap.
pub(crate) fn myself(state: &StateArgs, client: &Client) -> Option<ObjectReference> {
    let (kind, namespace, name, uid) = if let Some(name) = &state.state_configmap {
        let Place { namespace, name } = super::state::state_place(name, client);
        ("ConfigMap", namespace, name, None)
    } else {
        // Only in a Pod is the host's name that of an object.
        std::env::var_os("KUBERNETES_SERVICE_HOST")?;
        let token = std::fs::read_to_string(TOKEN).unwrap_or_default();
        let by_host = || Some(OwnPod { name: crate::leader::host()?, uid: None });
        let OwnPod { name, uid } = pod_of(&token).or_else(by_host)?;
        ("Pod", client.default_namespace().to_owned(), name, uid)
    };
    Some(ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some(kind.to_owned()),
        namespace: Some(namespace),
        name: Some(name),
        uid,
        ..ObjectReference::default()
    })
}

/// Returns the Pod that a [token] was made for: `kubectl describe` finds Events by the uid, and on the
/// network of its node a Pod has another host's name.
///
/// It is only who is named: whether the token is good is the API server's to say.
///
/// [token]: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
fn pod_of(token: &str) -> Option<OwnPod> {
    let claims = token.trim().split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let text = |of: &str| {
        let text = claims.get("kubernetes.io")?.get("pod")?.get(of)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    Some(OwnPod { name: text("name")?, uid: text("uid") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_pod_is_known_by_the_token_that_was_made_for_it() {
        let claims =
            r#"{"kubernetes.io":{"namespace":"dns","pod":{"name":"signpost-1","uid":"u"}}}"#;
        let pod = OwnPod { name: "signpost-1".to_owned(), uid: Some("u".to_owned()) };
        assert_eq!(pod_of(&token(claims)), Some(pod));
        assert_eq!(pod_of(&format!("{}\n", token(claims))).unwrap().uid.as_deref(), Some("u"));
    }

    #[test]
    fn a_token_that_names_no_pod_is_no_reason_to_fail() {
        for claims in ["", "{}", "[]", r#"{"kubernetes.io":{"pod":{"uid":"u"}}}"#, "\u{fffd}"] {
            assert_eq!(pod_of(&token(claims)), None, "{claims}");
        }
        for text in ["", "a", "a.b", "a.=.c", "..", "é.é.é"] {
            assert_eq!(pod_of(text), None, "{text}");
        }
        let nameless = token(r#"{"kubernetes.io":{"pod":{"name":"p","uid":""}}}"#);
        assert_eq!(pod_of(&nameless).unwrap().uid, None);
    }
}
