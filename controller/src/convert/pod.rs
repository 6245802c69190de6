//! A Deployment of `ExternalDNS`, and whatever else has a template of its pods.

use serde_json::{Value, json};

use super::draft::Draft;
use super::values::take_env;
use super::{Weight, words};

/// Takes an object with a pod of `ExternalDNS`.
pub(super) fn take(draft: &mut Draft, object: &Value) {
    let pod = object
        .pointer("/spec/template/spec")
        .or_else(|| object.get("spec"))
        .unwrap_or(&Value::Null);
    let containers: Vec<&Value> =
        pod.get("containers").and_then(Value::as_array).into_iter().flatten().collect();
    let main = containers.iter().position(|container| is_main(container)).unwrap_or_default();
    let Some(container) = containers.get(main) else { return };
    let command = |key: &str| -> Vec<String> {
        let items = container.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut all = command("command");
    all.extend(command("args"));
    // The program and what starts it.
    let program = all.iter().position(|word| word.starts_with("--")).unwrap_or(all.len());
    if all.iter().take(program).any(|word| word == "-c" || word.contains(" --")) {
        draft.is_partly_unknown = true;
        draft.say(
            Weight::Refused,
            "command",
            "a shell starts the program, and what it is told is not read here: give its words \
             themselves, as in `signpost convert -- --source=…`",
        );
    }
    let all: Vec<String> = all.split_off(program).iter().flat_map(|word| lines(word)).collect();
    words::take(draft, &all);
    let others: Vec<&Value> = containers
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != main)
        .map(|(_, other)| *other)
        .collect();
    if draft.provider_name() == Some("webhook") {
        webhook(draft, &others);
    } else if !others.is_empty() {
        draft.push(&["extraContainers"], others.into_iter().cloned());
    }
    if draft.provider_name().is_none() {
        draft.say(
            Weight::Note,
            "--provider",
            "it is not named, and Route 53 is meant here when nothing else is said",
        );
    }
    take_env(draft, container.get("env"));
    same(draft, container, "envFrom", &["envFrom"]);
    same(draft, container, "resources", &["resources"]);
    same(draft, container, "securityContext", &["securityContext"]);
    for (key, path) in [
        ("securityContext", "podSecurityContext"),
        ("nodeSelector", "nodeSelector"),
        ("tolerations", "tolerations"),
        ("affinity", "affinity"),
        ("priorityClassName", "priorityClassName"),
        ("imagePullSecrets", "imagePullSecrets"),
        ("initContainers", "initContainers"),
        ("hostAliases", "hostAliases"),
        ("dnsConfig", "dnsConfig"),
        ("topologySpreadConstraints", "topologySpreadConstraints"),
    ] {
        same(draft, pod, key, &[path]);
    }
    volumes(draft, pod, container);
    if let Some(account) = pod.get("serviceAccountName").and_then(Value::as_str) {
        draft.set(&["serviceAccount"], json!({"create": false, "name": account}));
        draft.say(
            Weight::Note,
            "serviceAccountName",
            "the account that is there is used, so that IAM goes on trusting it; the chart gives it the rights that it needs",
        );
    }
    if let Some(name) = object.pointer("/metadata/name").and_then(Value::as_str) {
        // Another name than that of the Deployment that runs, which is scaled to zero and kept for the way back.
        let text = format!(
            "scale it to zero before the release starts (`kubectl scale deployment {name} --replicas=0`), and keep it for the way back"
        );
        draft.say(Weight::Note, name, text);
    }
}

/// Tells whether a container is the controller: by its image or its arguments.
fn is_main(container: &Value) -> bool {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let name =
        image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    let words =
        ["command", "args"].iter().filter_map(|key| container.get(*key)).map(Value::to_string);
    name == "external-dns" || words.collect::<String>().contains("--source")
}

/// Returns the words in an argument: a list that was folded into one text has several.
fn lines(word: &str) -> Vec<String> {
    if word.trim_end().contains('\n') {
        words::split(word)
    } else {
        vec![word.trim_end().to_owned()]
    }
}

/// Takes the provider that runs beside the controller.
fn webhook(draft: &mut Draft, others: &[&Value]) {
    let is_webhook = |container: &&&Value| {
        let text = ["name", "image"]
            .iter()
            .filter_map(|key| container.get(*key)?.as_str())
            .collect::<String>();
        text.contains("webhook")
    };
    let found =
        others.iter().find(is_webhook).or_else(|| others.first().filter(|_| others.len() == 1));
    let Some(container) = found else {
        return draft.say(
            Weight::Refused,
            "--provider=webhook",
            "no container of the pod is the provider: name its image in `provider.webhook.image`, or where it listens with \
             `provider.mode: external` and `provider.url`",
        );
    };
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let at = image.rfind('/').unwrap_or_default();
    let (repository, tag) =
        match image.get(at..).and_then(|last| last.find(':')).map(|colon| at.saturating_add(colon))
        {
            Some(colon) => (
                image.get(..colon).unwrap_or_default(),
                image.get(colon.saturating_add(1)..).unwrap_or_default(),
            ),
            None => (image, "latest"),
        };
    draft.set(&["provider", "webhook", "image"], json!({"repository": repository, "tag": tag}));
    for (key, path) in [
        ("args", "args"),
        ("env", "env"),
        ("envFrom", "envFrom"),
        ("resources", "resources"),
        ("securityContext", "securityContext"),
        ("volumeMounts", "extraVolumeMounts"),
        ("livenessProbe", "livenessProbe"),
        ("readinessProbe", "readinessProbe"),
    ] {
        same(draft, container, key, &["provider", "webhook", path]);
    }
    let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
    if ports.filter_map(|port| port.get("name")?.as_str()).any(|name| name != "http-webhook") {
        draft.say(
            Weight::Note,
            "ports",
            "the chart names the provider's port 8080 `http-webhook`; probes that name another one need that name",
        );
    }
    let rest: Vec<Value> =
        others.iter().filter(|other| *other != container).map(|other| (*other).clone()).collect();
    if !rest.is_empty() {
        draft.push(&["extraContainers"], rest);
    }
}

fn same(draft: &mut Draft, from: &Value, key: &str, path: &[&str]) {
    let is_set = |value: &&Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    if let Some(value) = from.get(key).filter(is_set) {
        draft.set(path, value.clone());
    }
}

/// Takes volumes and mounts, but for the token that Kubernetes adds.
fn volumes(draft: &mut Draft, pod: &Value, container: &Value) {
    let own = |value: &&Value| {
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
        !name.starts_with("kube-api-access-") && !name.starts_with("aws-iam-token")
    };
    let list = |from: &Value, key: &str| -> Vec<Value> {
        from.get(key).and_then(Value::as_array).into_iter().flatten().filter(own).cloned().collect()
    };
    let (volumes, mounts) = (list(pod, "volumes"), list(container, "volumeMounts"));
    if !volumes.is_empty() {
        draft.set(&["extraVolumes"], Value::Array(volumes));
    }
    if !mounts.is_empty() {
        draft.set(&["extraVolumeMounts"], Value::Array(mounts));
    }
}
