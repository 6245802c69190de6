//! What a cluster adds to pods by itself: tokens of accounts, and what finds them. They are no settings.

use serde_json::{Value, json};

use super::super::Weight;
use super::super::draft::Draft;

/// Volumes of tokens, by what their names begin with: of Kubernetes, of EKS for IRSA and for Pod Identity, of
/// Azure's workload identity.
const VOLUMES: [&str; 5] = [
    "kube-api-access-",
    "aws-iam-token",
    "eks-pod-identity-token",
    "azure-identity-token",
    "default-token-",
];

/// Variables that EKS adds where an account has a role ([IRSA]).
///
/// [IRSA]: https://github.com/aws/amazon-eks-pod-identity-webhook
const OF_ROLE: [&str; 3] =
    ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_STS_REGIONAL_ENDPOINTS"];

/// Variables that EKS adds where an account has an association ([Pod Identity]).
///
/// [Pod Identity]: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
const OF_ASSOCIATION: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// Variables that EKS adds with either; where there is only one of them, a person wrote it.
const REGIONS: [&str; 2] = ["AWS_DEFAULT_REGION", "AWS_REGION"];

/// Takes what a cluster added out of the spec of a pod, and says whose role it is.
pub(super) fn take_out(draft: &mut Draft, pod: &mut Value) {
    let is_token = |value: &Value| {
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
        VOLUMES.iter().any(|start| name.starts_with(start))
    };
    let has = |pod: &Value, volume: &str| {
        let all = pod.get("volumes").and_then(Value::as_array).into_iter().flatten();
        all.into_iter().any(|given| given.get("name").is_some_and(|name| name == volume))
    };
    let (has_role, has_association) =
        (has(pod, "aws-iam-token"), has(pod, "eks-pod-identity-token"));
    let mut role = None;
    if let Some(Value::Array(volumes)) = pod.get_mut("volumes") {
        volumes.retain(|volume| !is_token(volume));
    }
    for key in ["containers", "initContainers", "ephemeralContainers"] {
        for container in pod.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(Value::Array(mounts)) = container.get_mut("volumeMounts") {
                mounts.retain(|mount| !is_token(mount));
            }
            let Some(Value::Array(env)) = container.get_mut("env") else { continue };
            let named = |name: &str| {
                env.iter().find(|variable| variable.get("name").is_some_and(|given| given == name))
            };
            let text = |name: &str| named(name)?.get("value")?.as_str().map(str::to_owned);
            role = role.or_else(|| text("AWS_ROLE_ARN").filter(|_| has_role));
            let has_regions = REGIONS.iter().all(|name| named(name).is_some());
            let is_added = |name: &str| {
                has_role && OF_ROLE.contains(&name)
                    || has_association && OF_ASSOCIATION.contains(&name)
                    || (has_role || has_association) && has_regions && REGIONS.contains(&name)
            };
            env.retain(|variable| {
                variable.get("name").and_then(Value::as_str).is_none_or(|name| !is_added(name))
            });
        }
    }
    if let Some(Value::Array(tolerations)) = pod.get_mut("tolerations") {
        let of_node = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        let added = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(of_node);
        tolerations.retain(|toleration| !added.contains(toleration));
    }
    if let Some(role) = role {
        let text = format!(
            "EKS adds it to pods whose account has the annotation `eks.amazonaws.com/role-arn`, with the token and the region, so \
             these are left out; the role is `{role}`, and the provider has it as long as the account stays"
        );
        draft.say(Weight::Note, "AWS_ROLE_ARN", text);
    }
    if has_association {
        let text = "EKS Pod Identity adds it to pods of an account that has an association, which goes by the names of its namespace and \
                    of the account: keep both";
        draft.say(Weight::Note, "AWS_CONTAINER_CREDENTIALS_FULL_URI", text);
    }
}
