//! Objects of Kubernetes as Terraform's provider has them: blocks for fields, one by one, with underscores.
//!
//! The names are those of its [resources]; they are the API's own, and a block that can be repeated has the
//! name of one item.
//!
//! [resources]: https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/deployment_v1

use serde_json::{Map, Value, json};

/// Resources that have pods, and what each is in Kubernetes.
const KINDS: [(&str, &str); 7] = [
    ("kubernetes_deployment", "Deployment"),
    ("kubernetes_daemonset", "DaemonSet"),
    ("kubernetes_daemon_set_v1", "DaemonSet"),
    ("kubernetes_stateful_set", "StatefulSet"),
    ("kubernetes_cron_job", "CronJob"),
    ("kubernetes_pod", "Pod"),
    ("kubernetes_manifest", ""),
];

/// Blocks that may be repeated, and the list that they are.
const LISTS: [(&str, &str); 20] = [
    ("container", "containers"),
    ("env", "env"),
    ("env_from", "envFrom"),
    ("host_aliases", "hostAliases"),
    ("http_header", "httpHeaders"),
    ("image_pull_secrets", "imagePullSecrets"),
    ("init_container", "initContainers"),
    ("items", "items"),
    ("match_fields", "matchFields"),
    (
        "preferred_during_scheduling_ignored_during_execution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    ),
    ("sysctl", "sysctls"),
    ("match_expressions", "matchExpressions"),
    ("option", "options"),
    ("port", "ports"),
    ("sources", "sources"),
    ("toleration", "tolerations"),
    ("topology_spread_constraint", "topologySpreadConstraints"),
    ("volume", "volumes"),
    ("volume_mount", "volumeMounts"),
    ("node_selector_term", "nodeSelectorTerms"),
];

/// Fields that Terraform's provider has as text, because an unset number would be 0, and Kubernetes as
/// numbers; text of another kind is left to who reads it.
const NUMBERS: [&str; 9] = [
    "fs_group",
    "max_surge",
    "max_unavailable",
    "port",
    "replicas",
    "run_as_group",
    "run_as_user",
    "target_port",
    "toleration_seconds",
];

/// Fields that Terraform's provider has as text in octal, such as `0400`, and Kubernetes as numbers.
const MODES: [&str; 2] = ["default_mode", "mode"];

/// Words that are written otherwise in the API than in Terraform, behind the first word of a name.
const WORDS: [(&str, &str); 10] = [
    ("api", "API"),
    ("csi", "csi"),
    ("fc", "fc"),
    ("fqdn", "FQDN"),
    ("ip", "IP"),
    ("ipc", "IPC"),
    ("nfs", "nfs"),
    ("pid", "PID"),
    ("pvc", "pvc"),
    ("uri", "URI"),
];

/// Maps whose keys are people's own.
const OWN: [&str; 6] =
    ["annotations", "labels", "limits", "match_labels", "node_selector", "requests"];

/// What Terraform is told of a resource, and Kubernetes is not.
const TERRAFORM: [&str; 9] = [
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
    "timeouts",
    "wait_for_completion",
    "wait_for_rollout",
];

/// Returns the object that a resource is; `None` for one without pods.
pub(super) fn object(resource: &str, attributes: Map<String, Value>) -> Option<Value> {
    let bare = resource.strip_suffix("_v1").unwrap_or(resource);
    let known = |name: &str| KINDS.iter().find(|(known, _)| *known == name);
    let (_, kind) = known(resource).or_else(|| known(bare))?;
    if kind.is_empty() {
        return attributes.get("manifest").filter(|manifest| manifest.is_object()).cloned();
    }
    let mut object = fields(attributes);
    for key in TERRAFORM {
        object.remove(&camel(key));
    }
    object.insert("apiVersion".to_owned(), json!("apps/v1"));
    object.insert("kind".to_owned(), json!(kind));
    Some(Value::Object(object))
}

fn fields(map: Map<String, Value>) -> Map<String, Value> {
    let field = |(key, value): (String, Value)| {
        if OWN.contains(&key.as_str()) {
            return (camel(&key), value);
        }
        match (LISTS.iter().find(|(name, _)| *name == key), value) {
            (Some((_, list)), Value::Array(items)) => {
                ((*list).to_owned(), items.into_iter().map(inner).collect())
            }
            // A block that stands once.
            (None, Value::Array(mut items))
                if items.len() == 1 && items.iter().all(Value::is_object) =>
            {
                (camel(&key), items.pop().map(inner).unwrap_or_default())
            }
            (_, Value::String(text)) => (camel(&key), number(&key, &text).unwrap_or(json!(text))),
            (_, value) => (camel(&key), inner(value)),
        }
    };
    map.into_iter().map(field).collect()
}

/// Returns the number that a field of Kubernetes is, from the text that Terraform has; `None` where it is
/// text there as well.
fn number(key: &str, text: &str) -> Option<Value> {
    if MODES.contains(&key) {
        return i64::from_str_radix(text, 8).ok().map(Value::from);
    }
    let is_number = NUMBERS.contains(&key);
    is_number.then(|| text.parse::<i64>().ok().map(Value::from)).flatten()
}

fn inner(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(fields(map)),
        Value::Array(items) => items.into_iter().map(inner).collect(),
        value => value,
    }
}

/// Returns a word with a capital.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Returns a name as the API has it: `run_as_user` is `runAsUser`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |made, word| {
        let written = WORDS.iter().find(|(name, _)| *name == word);
        made + &written.map_or_else(|| capital(word), |(_, written)| (*written).to_owned())
    })
}
