//! A Deployment of `ExternalDNS`, and whatever else has a template of its pods.

mod container;
mod filled;
mod injected;
mod program;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub(super) use self::container::provider_beside;
pub(super) use self::filled::with_config_maps;

use self::container::Container;
use super::Weight;
use super::draft::Draft;
use super::fields::{Fields, each, shown};

/// What is said of a field for which the chart has no key.
const NO_KEY: &str = "the chart has no key for it";

/// Where a kind keeps its pods.
const PLACES: [(&str, &[&str]); 4] = [
    ("Pod", &[]),
    ("CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("PodTemplate", &["template"]),
    ("", &["spec", "template"]),
];

fn pod(object: &Value) -> Option<&Value> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let (_, path) = PLACES.iter().find(|(name, _)| *name == kind || name.is_empty())?;
    path.iter().try_fold(object, |inner, key| inner.get(*key))?.get("spec")
}

/// Returns the spec of an object's pods, to be changed where it stands.
fn pod_mut(object: &mut Value) -> Option<&mut Value> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let (_, path) = PLACES.iter().find(|(name, _)| *name == kind || name.is_empty())?;
    path.iter().try_fold(object, |inner, key| inner.get_mut(*key))?.get_mut("spec")
}

/// Tells whether an object has pods.
pub(super) fn is_one(object: &Value) -> bool {
    pod(object).is_some_and(|pod| pod.get("containers").is_some_and(Value::is_array))
}

/// Tells whether it is all of an object: in a patch of kustomize, which may have any name, containers have only what is
/// changed of them, which may be an image, and what the API server wants around them is not there.
pub(super) fn is_whole(object: &Value) -> bool {
    has_images(object) && has_all_around(object)
}

/// Tells whether each of its containers has an image.
pub(super) fn has_images(object: &Value) -> bool {
    let containers = pod(object).and_then(|pod| pod.get("containers")).and_then(Value::as_array);
    containers.is_some_and(|containers| {
        containers.iter().all(|container| container.get("image").is_some_and(Value::is_string))
    })
}

/// Tells whether there is what the API server takes no object of the kind without.
fn has_all_around(object: &Value) -> bool {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        ("apps/v1", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet") => {
            object.pointer("/spec/selector").is_some_and(Value::is_object)
        }
        (_, "CronJob") => object.pointer("/spec/schedule").is_some(),
        (_, "Job") => pod(object).is_some_and(|pod| pod.get("restartPolicy").is_some()),
        _ => true,
    }
}

/// Returns the names of its containers.
pub(super) fn names(object: &Value) -> BTreeSet<&str> {
    let containers = pod(object).and_then(|pod| pod.get("containers")).and_then(Value::as_array);
    let names = containers.into_iter().flatten().filter_map(|one| one.get("name")?.as_str());
    names.collect()
}

/// Tells whether a kind is one of those that make pods.
pub(super) fn makes_pods(kind: &str) -> bool {
    let kinds = [
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Job",
        "Pod",
        "PodTemplate",
        "ReplicaSet",
        "StatefulSet",
    ];
    kinds.contains(&kind)
}

/// Tells whether one of its containers is `ExternalDNS`.
pub(super) fn is_of_external_dns(object: &Value) -> bool {
    let containers = pod(object).and_then(|pod| pod.get("containers")).and_then(Value::as_array);
    containers.into_iter().flatten().any(container::is_main)
}

/// Takes an object with a pod of `ExternalDNS`.
pub(super) fn take(draft: &mut Draft, mut object: Value) {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
    draft.namespace = namespace.map(str::to_owned);
    if let Some(pod) = pod_mut(&mut object) {
        injected::take_out(draft, pod);
    }
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let selector = object.pointer("/spec/selector/matchLabels").cloned().unwrap_or_default();
    let path = PLACES
        .iter()
        .find(|(name, _)| *name == kind || name.is_empty())
        .map_or(&[][..], |(_, path)| path);
    if !["Deployment", "Pod", ""].contains(&kind.as_str()) {
        let text = format!("the chart makes a Deployment of one pod, whatever the {kind} was for");
        draft.say(Weight::Changed, &kind, text);
    }
    // Two that run at once, with one owner id, write against each other.
    if let Some(name) = object.pointer("/metadata/name").and_then(Value::as_str) {
        draft.say(Weight::Note, name, stop(&object, (&kind, name)));
    }
    each(draft, "", Some(object), NO_KEY, |draft, fields| {
        fields.pass(&["apiVersion", "kind", "status"]);
        if path.is_empty() {
            return template(draft, fields, &selector, true);
        }
        outer(draft, fields.take("metadata"));
        inward(draft, fields, path, &selector);
    });
}

/// Takes a container that is in no pod: it has no account, and no object around it.
pub(super) fn take_container(draft: &mut Draft, container: Value) {
    each(draft, "", Some(container), NO_KEY, |draft, fields| {
        Container::Controller.take(draft, fields);
    });
    unnamed_provider(draft);
    let text = if draft.is_aws() {
        "it ran without one: the chart makes one with the rights that it needs, which IAM does not know yet; give it a role, or the \
         credentials that there were"
    } else {
        "it ran without one: the chart makes one with the rights that it needs"
    };
    draft.say(Weight::Note, "serviceAccount", text);
}

fn unnamed_provider(draft: &mut Draft) {
    if draft.provider_name().is_none() {
        draft.say(
            Weight::Note,
            "--provider",
            "it is not named, and Route 53 is meant here when nothing else is said",
        );
    }
}

/// Goes on to where the pods are, and reads what there is on the way.
fn inward(draft: &mut Draft, fields: &mut Fields, path: &[&str], selector: &Value) {
    let Some((key, rest)) = path.split_first() else {
        return template(draft, fields, selector, false);
    };
    let inner = fields.take(key);
    each(draft, &fields.at(key), inner, NO_KEY, |draft, fields| {
        if !rest.is_empty() {
            around(draft, fields);
        }
        inward(draft, fields, rest, selector);
    });
}

/// Reads what a Deployment says around its template.
fn around(draft: &mut Draft, fields: &mut Fields) {
    fields.pass(&["selector"]);
    fields.pass_default("progressDeadlineSeconds", &json!(600));
    fields.pass_default("podManagementPolicy", &json!("OrderedReady"));
    fields.pass_default("replicas", &json!(1));
    match fields.take("replicas") {
        None => {}
        Some(none) if none == json!(0) => {
            draft.say(Weight::Note, &fields.at("replicas"), "it runs none now; the chart runs one");
        }
        Some(many) => {
            draft.set(&["replicaCount"], many);
            draft.say(
                Weight::Changed,
                &fields.at("replicas"),
                "several of ExternalDNS wrote against each other; here a Lease decides which one writes",
            );
        }
    }
    if let Some(limit) = fields.take("revisionHistoryLimit").filter(|limit| *limit != json!(10)) {
        draft.set(&["revisionHistoryLimit"], limit);
    }
    for key in ["strategy", "updateStrategy"] {
        if let Some(strategy) = fields.said(key)
            && strategy.get("type") != Some(&json!("Recreate"))
        {
            let text = format!(
                "the chart's `Recreate` is used, so that two never run at once: `{}`",
                shown(&strategy)
            );
            draft.say(Weight::Note, &fields.at(key), text);
        }
    }
    outer(draft, fields.take("metadata"));
}

/// Says how what runs now is stopped, and kept for the way back.
///
/// What another object makes comes again when it is stopped, so that object is, as far as its name is known.
fn stop(object: &Value, own: (&str, &str)) -> String {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
    let named = |owner: &'_ Value| {
        let text = |key: &str| owner.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((text("kind")?, text("name")?))
    };
    let (kind, name) = match owner.and_then(named) {
        // Its name is that of its Deployment and a hash.
        Some((kind, name)) if kind == "ReplicaSet" => {
            let deployment = name.rsplit_once('-').map(|(name, _)| name.to_owned());
            ("Deployment".to_owned(), deployment.unwrap_or(name))
        }
        Some(owner) => owner,
        None => (own.0.to_owned(), own.1.to_owned()),
    };
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
    let namespace = namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let command = match kind.as_str() {
        "CronJob" => format!(
            "kubectl{namespace} patch cronjob {name} -p '{{\"spec\":{{\"suspend\":true}}}}'"
        ),
        "DaemonSet" | "Job" | "Pod" => {
            format!("kubectl{namespace} delete {} {name}", kind.to_lowercase())
        }
        "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            format!("kubectl{namespace} scale {} {name} --replicas=0", kind.to_lowercase())
        }
        _ => format!("kubectl{namespace} scale deployment {name} --replicas=0"),
    };
    let kept = if command.contains(" delete ") { "its manifest" } else { "it" };
    format!("stop it before the release starts (`{command}`), and keep {kept} for the way back")
}

/// Reads the metadata of the object around the pods.
fn outer(draft: &mut Draft, metadata: Option<Value>) {
    each(draft, "metadata", metadata, NO_KEY, |draft, fields| {
        served(fields);
        fields.pass(&["name"]);
        if let Some(namespace) = fields.text(draft, "namespace") {
            let text = format!(
                "give helm `--namespace {namespace}`, where its Secrets and its account are"
            );
            draft.say(Weight::Note, &fields.at("namespace"), text);
        }
        let annotations = own(
            fields.take("annotations"),
            &[
                "kubectl.kubernetes.io/",
                "deployment.kubernetes.io/",
                "meta.helm.sh/",
                "argocd.argoproj.io/",
                "kustomize.toolkit.fluxcd.io/",
            ],
        );
        if !annotations.is_empty() {
            draft.set(&["deploymentAnnotations"], Value::Object(annotations));
        }
        labels_left(draft, fields.take("labels"), "metadata.labels");
    });
}

/// Passes over what the API server writes into metadata.
fn served(fields: &mut Fields) {
    fields.pass(&[
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    ]);
    fields.pass(&[
        "ownerReferences",
        "generateName",
        "finalizers",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]);
}

/// Returns the pairs whose keys begin with none of some texts.
fn own(pairs: Option<Value>, others: &[&str]) -> Map<String, Value> {
    let Some(Value::Object(mut map)) = pairs else { return Map::new() };
    map.retain(|key, value| !value.is_null() && !others.iter().any(|start| key.starts_with(start)));
    map
}

fn labels_left(draft: &mut Draft, labels: Option<Value>, place: &str) {
    let Some(Value::Object(labels)) = labels else { return };
    if !labels.is_empty() {
        let keys: Vec<&str> = labels.keys().map(String::as_str).collect();
        let text = format!(
            "the chart has labels of its own, and these are left out: {}; `commonLabels` adds some",
            keys.join(", ")
        );
        draft.say(Weight::Note, place, text);
    }
}

/// Reads a template of pods, or a pod.
fn template(draft: &mut Draft, fields: &mut Fields, selector: &Value, is_pod: bool) {
    each(draft, &fields.at("metadata"), fields.take("metadata"), NO_KEY, |draft, fields| {
        served(fields);
        fields.pass(&["name", "namespace"]);
        let annotations = own(
            fields.take("annotations"),
            &["kubectl.kubernetes.io/", "cni.projectcalico.org/", "k8s.v1.cni.cncf.io/"],
        );
        if !annotations.is_empty() {
            draft.set(&["podAnnotations"], Value::Object(annotations));
        }
        // By these the pods of the other are found, which ours must not be.
        let mut labels =
            own(fields.take("labels"), &["app.kubernetes.io/", "helm.sh/", "pod-template-hash"]);
        let selecting: Vec<String> = labels
            .keys()
            .filter(|key| {
                selector.get(key.as_str()).is_some() || ["app", "k8s-app"].contains(&key.as_str())
            })
            .cloned()
            .collect();
        let mut left = Map::new();
        for key in selecting {
            left.extend(labels.remove_entry(&key));
        }
        labels_left(draft, Some(Value::Object(left)), &fields.at("labels"));
        if !labels.is_empty() {
            draft.set(&["podLabels"], Value::Object(labels));
        }
    });
    each(draft, &fields.at("spec"), fields.take("spec"), NO_KEY, |draft, fields| {
        if is_pod {
            // What the scheduler and the admission plugins of a cluster write.
            fields.pass(&["nodeName", "priority", "preemptionPolicy"]);
        }
        spec(draft, fields);
    });
}

/// Fields of a pod that have a key of the chart, and the values that are there by themselves.
const POD: [(&str, &str, &str); 15] = [
    ("securityContext", "podSecurityContext", "{}"),
    ("nodeSelector", "nodeSelector", "{}"),
    ("tolerations", "tolerations", "[]"),
    ("affinity", "affinity", "{}"),
    ("priorityClassName", "priorityClassName", "\"\""),
    ("imagePullSecrets", "imagePullSecrets", "[]"),
    ("initContainers", "initContainers", "[]"),
    ("hostAliases", "hostAliases", "[]"),
    ("dnsConfig", "dnsConfig", "{}"),
    ("dnsPolicy", "dnsPolicy", "\"ClusterFirst\""),
    ("topologySpreadConstraints", "topologySpreadConstraints", "[]"),
    ("terminationGracePeriodSeconds", "terminationGracePeriodSeconds", "30"),
    ("shareProcessNamespace", "shareProcessNamespace", "false"),
    ("automountServiceAccountToken", "automountServiceAccountToken", "true"),
    ("volumes", "extraVolumes", "[]"),
];

fn spec(draft: &mut Draft, fields: &mut Fields) {
    fields.pass_default("restartPolicy", &json!("Always"));
    fields.pass_default("schedulerName", &json!("default-scheduler"));
    fields.pass_default("enableServiceLinks", &json!(true));
    fields.pass_default("hostNetwork", &json!(false));
    fields.pass_default("hostPID", &json!(false));
    fields.pass_default("hostIPC", &json!(false));
    let containers = fields.list(draft, "containers");
    let at = containers.iter().position(container::is_main).unwrap_or_default();
    let mut others = Vec::new();
    let mut main = None;
    for (index, container) in containers.into_iter().enumerate() {
        if index == at { main = Some(container) } else { others.push(container) }
    }
    let place = fields.at("containers");
    each(draft, &place, main, NO_KEY, |draft, fields| Container::Controller.take(draft, fields));
    if !others.is_empty() {
        draft.push(&["extraContainers"], others);
    }
    unnamed_provider(draft);
    for (key, path, usual) in POD {
        let Some(value) = fields.said(key) else { continue };
        let is_usual = serde_json::from_str::<Value>(usual).is_ok_and(|usual| usual == value);
        if !is_usual {
            draft.set(&[path], value);
        }
    }
    let names = ["serviceAccountName", "serviceAccount"].map(|key| fields.text(draft, key));
    let account = names.into_iter().flatten().next();
    let text = match account {
        Some(name) => {
            draft.set(&["serviceAccount"], json!({"create": false, "name": name}));
            "the account that is there is used, so that what trusts it by its name, such as IAM, goes on; the chart gives it the rights that it needs"
        }
        None if !draft.is_aws() => {
            "none is named, so it ran as `default`; the chart makes an account of its own"
        }
        None => {
            "none is named, so it ran as `default`; the chart makes an account of its own, which IAM does not know yet"
        }
    };
    draft.say(Weight::Note, "serviceAccountName", text);
}
