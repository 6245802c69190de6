//! Keys of Bitnami's chart that are more than one of ours, or of one name with another form.

use serde_json::{Map, Value, json};

use super::super::draft::Draft;
use super::super::fields::{Fields, each, shown};
use super::super::values::{env_from, take_env, text};
use super::super::{Weight, flags, keys, secrets};
use super::{KEYS, is_nothing};

/// What is said of an inner key of which nothing is known.
const INNER: &str = "nothing is known of this key of Bitnami's chart, and it is left out";

/// Keys of `aws`, and the flags that they are.
const AWS: [(&str, &str); 14] = [
    ("zoneType", "aws-zone-type"),
    ("zoneTags", "aws-zone-tags"),
    ("assumeRoleArn", "aws-assume-role"),
    ("assumeRoleExternalId", "aws-assume-role-external-id"),
    ("apiRetries", "aws-api-retries"),
    ("batchChangeSize", "aws-batch-change-size"),
    ("batchChangeSizeBytes", "aws-batch-change-size-bytes"),
    ("batchChangeSizeValues", "aws-batch-change-size-values"),
    ("batchChangeInterval", "aws-batch-change-interval"),
    ("zonesCacheDuration", "aws-zones-cache-duration"),
    ("zoneMatchParent", "aws-zone-match-parent"),
    ("preferCNAME", "aws-prefer-cname"),
    ("evaluateTargetHealth", "aws-evaluate-target-health"),
    ("roleArn", "aws-role-arn"),
];

/// Keys of `rfc2136`, the flags that they are, and what they are when nothing is said.
const NAME_SERVERS: [(&str, &str, &str); 14] = [
    ("host", "rfc2136-host", ""),
    ("hosts", "rfc2136-host", ""),
    ("port", "rfc2136-port", "53"),
    ("zone", "rfc2136-zone", ""),
    ("zones", "rfc2136-zone", ""),
    ("tsigSecretAlg", "rfc2136-tsig-secret-alg", "hmac-sha256"),
    ("tsigKeyname", "rfc2136-tsig-keyname", "externaldns-key"),
    ("tsigAxfr", "rfc2136-tsig-axfr", "true"),
    ("minTTL", "rfc2136-min-ttl", ""),
    ("gssTsig", "rfc2136-gss-tsig", ""),
    ("rfc3645Enabled", "rfc2136-gss-tsig", ""),
    ("kerberosUsername", "rfc2136-kerberos-username", ""),
    ("kerberosPassword", "rfc2136-kerberos-password", ""),
    ("kerberosRealm", "rfc2136-kerberos-realm", ""),
];

/// Maps whose keys are the user's own, so that an empty value in one of them is a value.
const FREE: [&str; 7] = [
    "annotations",
    "commonLabels",
    "extraArgs",
    "labels",
    "nodeSelector",
    "podAnnotations",
    "podLabels",
];

/// Tells whether the value of a key asks for nothing.
fn says_nothing(key: &str, value: &Value) -> bool {
    match value {
        Value::Object(map) if FREE.contains(&key) => map.is_empty(),
        value => is_nothing(value),
    }
}

/// Reads the map under one key, and returns what of it goes under the same one.
type Part = fn(&mut Draft, &mut Fields, &mut Map<String, Value>);

/// Takes what is more than one key, or one of the same name with another form.
pub(super) fn take(draft: &mut Draft, values: &mut Map<String, Value>, provider: &str) {
    let aws = values.remove("aws");
    if provider == "aws" {
        take_aws(draft, aws);
    } else if aws.is_some_and(|aws| !is_nothing(&aws)) {
        let text = "its settings have no effect with another provider, and are left out";
        draft.say(Weight::Note, "aws", text);
    }
    if provider == "rfc2136" {
        name_servers(draft, values.remove("rfc2136"));
    }
    if let Some(Value::Object(crd)) = values.get_mut("crd") {
        for (key, flag) in [("apiversion", "crd-source-apiversion"), ("kind", "crd-source-kind")] {
            if let Some(value) = crd.remove(key).filter(|value| !is_nothing(value)) {
                flags::take(draft, flag, Some(&text(&value)), &format!("crd.{key}"));
            }
        }
    }
    for (key, kind) in [("extraEnvVarsCM", "configMapRef"), ("extraEnvVarsSecret", "secretRef")] {
        if let Some(name) = values.remove(key).filter(|value| !is_nothing(value)) {
            env_from(draft, Some(json!([{ kind: { "name": text(&name) } }])));
        }
    }
    contexts(values);
    probes(draft, values);
    // What is off there is off here: these are no settings of Bitnami's alone.
    let mut kept = Map::new();
    let mut part = |draft: &mut Draft, key: &str, how: Part| {
        let mut found = Map::new();
        each(draft, key, values.remove(key), INNER, |draft, fields| {
            how(draft, fields, &mut found);
        });
        if !found.is_empty() {
            kept.insert(key.to_owned(), Value::Object(found));
        }
    };
    part(draft, "service", service);
    part(draft, "rbac", rbac);
    part(draft, "serviceAccount", account);
    part(draft, "global", global);
    let monitored = metrics(draft, values.remove("metrics"));
    if values.remove("watchReleaseNamespace").is_some_and(|value| !is_nothing(&value)) {
        draft.unknown(
            "watchReleaseNamespace",
            "whether it limits what is read is up to the chart's release: look at `--namespace` of the running pod, and write what \
             it says into `sourceNamespaces`",
        );
    }
    encryption(draft, values.remove("txtEncrypt"));
    open_policy(draft, values);
    each(
        draft,
        "pdb",
        values.remove("pdb"),
        "`podDisruptionBudget` has it in its own form",
        |draft, fields| {
            if fields.take("create") == Some(json!(true)) {
                draft.set(&["podDisruptionBudget", "enabled"], json!(true));
            } else {
                drop(fields.rest());
            }
        },
    );
    // Empty texts and lists stand for what is not set, and their defaults would not be ours.
    values.retain(|key, value| {
        !says_nothing(key, value)
            || value == &json!(false)
            || KEYS.iter().any(|(name, _)| name == key)
    });
    values.extend(kept);
    values.extend(monitored.map(|monitor| ("serviceMonitor".to_owned(), monitor)));
}

/// Takes security contexts, which are switched on there.
fn contexts(values: &mut Map<String, Value>) {
    for (key, name) in [
        ("podSecurityContext", "podSecurityContext"),
        ("containerSecurityContext", "securityContext"),
    ] {
        let Some(Value::Object(mut context)) = values.remove(key) else { continue };
        let is_on = context.remove("enabled") != Some(json!(false));
        context.retain(|_, value| !is_nothing(value) || value == &json!(false));
        if is_on && !context.is_empty() {
            values.insert(name.to_owned(), Value::Object(context));
        }
    }
}

/// Leaves out probes in a form that is Bitnami's own.
fn probes(draft: &mut Draft, values: &mut Map<String, Value>) {
    for key in ["livenessProbe", "readinessProbe"] {
        if values.get(key).is_some_and(|probe| probe.get("httpGet").is_none()) {
            values.remove(key);
            draft.say(
                Weight::Note,
                key,
                "without `httpGet` it is Bitnami's form; the chart's own probe is used",
            );
        }
    }
}

/// Passes over a policy of the network that keeps nothing out, which is Bitnami's own.
fn open_policy(draft: &mut Draft, values: &mut Map<String, Value>) {
    let Some(policy) = values.get("networkPolicy").filter(|policy| policy.is_object()) else {
        return;
    };
    let is_closed = ["allowExternal", "allowExternalEgress"]
        .iter()
        .any(|key| policy.get(key) == Some(&json!(false)));
    let has_rules = ["extraIngress", "extraEgress", "ingressNSMatchLabels"]
        .iter()
        .any(|key| policy.get(key).is_some_and(|rules| !is_nothing(rules)));
    if is_closed || has_rules {
        return;
    }
    each(draft, "networkPolicy", values.remove("networkPolicy"), INNER, |_, fields| {
        fields.pass(&[
            "enabled",
            "allowExternal",
            "allowExternalEgress",
            "addExternalClientAccess",
        ]);
        fields.pass(&["extraIngress", "extraEgress", "kubeAPIServerPorts"]);
        fields.pass(&["ingressNSMatchLabels", "ingressNSPodMatchLabels", "ingressPodMatchLabels"]);
    });
    draft.say(
        Weight::Note,
        "networkPolicy",
        "it is left out: everyone may reach the pod by it; `networkPolicy` here has other keys",
    );
}

/// Takes fields of one name in both charts.
fn alike(fields: &mut Fields, found: &mut Map<String, Value>, keys: &[&str]) {
    for key in keys {
        let is_said = |value: &Value| !says_nothing(key, value) || value == &json!(false);
        let value = fields.take(key).filter(is_said);
        found.extend(value.map(|value| ((*key).to_owned(), value)));
    }
}

fn service(draft: &mut Draft, fields: &mut Fields, found: &mut Map<String, Value>) {
    alike(fields, found, &["enabled", "annotations", "ipFamilies", "ipFamilyPolicy", "port"]);
    fields.pass_default("type", &json!("ClusterIP"));
    fields.pass_default("externalTrafficPolicy", &json!("Cluster"));
    fields.pass_default("sessionAffinity", &json!("None"));
    let inner = fields.at("ports");
    each(draft, &inner, fields.take("ports"), INNER, |_, fields| {
        found.extend(fields.take("http").map(|port| ("port".to_owned(), port)));
    });
    each(draft, &fields.at("nodePorts"), fields.take("nodePorts"), INNER, |_, _| {});
}

fn rbac(draft: &mut Draft, fields: &mut Fields, found: &mut Map<String, Value>) {
    alike(fields, found, &["create"]);
    // As the chart had them before there was `serviceAccount`.
    for (key, path) in [
        ("serviceAccountName", "name"),
        ("serviceAccountAnnotations", "annotations"),
        ("serviceAccountCreate", "create"),
    ] {
        if let Some(value) = fields.said(key) {
            draft.set(&["serviceAccount", path], value);
        }
    }
    if let Some(rules) = fields.said("rules") {
        found.insert("additionalPermissions".to_owned(), rules);
    }
    let is_made = found.get("create") != Some(&json!(false))
        && draft.get(&["rbac", "create"]) != Some(&json!(false));
    match fields.take("clusterRole") {
        Some(Value::Bool(false)) if is_made => draft.set(&["namespaced"], json!(true)),
        Some(Value::Bool(false)) => draft.say(
            Weight::Note,
            &fields.at("clusterRole"),
            "it counts with `rbac.create` only, so every namespace is read, and it is left out",
        ),
        _ => {}
    }
    fields.pass(&["apiVersion", "pspEnabled"]);
}

fn account(draft: &mut Draft, fields: &mut Fields, found: &mut Map<String, Value>) {
    alike(fields, found, &["create", "name", "annotations", "labels"]);
    if fields.take("automountServiceAccountToken") == Some(json!(false)) {
        draft.say(
            Weight::Note,
            "serviceAccount.automountServiceAccountToken",
            "the chart mounts the token into the controller's container only, whatever the account says",
        );
    }
}

fn global(draft: &mut Draft, fields: &mut Fields, _: &mut Map<String, Value>) {
    let secrets = fields.list(draft, "imagePullSecrets");
    draft.push_secrets(&["global", "imagePullSecrets"], secrets);
    for key in ["imageRegistry", "storageClass", "defaultStorageClass", "security", "compatibility"]
    {
        if let Some(value) = fields.take(key).filter(|value| !is_nothing(value)) {
            let text = format!(
                "it is about Bitnami's images and templates, and is left out: `{}`",
                shown(&value)
            );
            draft.say(Weight::Note, &fields.at(key), text);
        }
    }
}

/// Takes what scrapes metrics; returns the `serviceMonitor` there is to be.
fn metrics(draft: &mut Draft, metrics: Option<Value>) -> Option<Value> {
    let mut found = None;
    each(draft, "metrics", metrics, INNER, |draft, fields| {
        // Metrics are always on here.
        fields.pass(&["enabled"]);
        for key in ["podMonitor", "googlePodMonitor"] {
            if let Some(monitor) = fields.said(key).filter(|monitor| !is_nothing(monitor)) {
                let text = format!("the chart has `serviceMonitor` only: `{}`", shown(&monitor));
                draft.say(Weight::Refused, &fields.at(key), text);
            }
        }
        if let Some(annotations) = fields.said("podAnnotations") {
            draft.set(&["podAnnotations"], annotations);
        }
        each(
            draft,
            "metrics.serviceMonitor",
            fields.take("serviceMonitor"),
            INNER,
            |draft, fields| {
                let mut monitor = Map::new();
                let is_on = fields.take("enabled") == Some(json!(true));
                for key in ["labels", "additionalLabels", "selector"] {
                    if let Some(labels) = fields.said(key) {
                        monitor.insert("additionalLabels".to_owned(), labels);
                    }
                }
                for (key, value) in fields.rest() {
                    let place = format!("metrics.serviceMonitor.{key}");
                    match keys::row(&format!("serviceMonitor.{key}")) {
                        _ if is_nothing(&value) => {}
                        Some(_) => drop(monitor.insert(key, value)),
                        None if is_on => draft.say(
                            Weight::Refused,
                            &place,
                            format!("{INNER}: `{}`", shown(&value)),
                        ),
                        None => {}
                    }
                }
                if is_on {
                    monitor.insert("enabled".to_owned(), json!(true));
                    found = Some(Value::Object(monitor));
                }
            },
        );
    });
    found
}

fn take_aws(draft: &mut Draft, aws: Option<Value>) {
    each(
        draft,
        "aws",
        aws,
        "its flag goes to `provider.webhook.args`, if there is one",
        |draft, fields| {
            for (key, value) in fields.rest() {
                if is_nothing(&value) && !value.is_boolean() {
                    continue;
                }
                let place = format!("aws.{key}");
                match key.as_str() {
                    "region" => draft.set(&["provider", "aws", "region"], json!(text(&value))),
                    "credentials" => credentials(draft, value),
                    "dynamodbTable" | "dynamodbRegion" => draft.say(
                        Weight::Note,
                        &place,
                        "it counts with `registry: dynamodb` only, and is left out",
                    ),
                    _ => aws_flag(draft, &key, &place, &value),
                }
            }
        },
    );
}

fn aws_flag(draft: &mut Draft, key: &str, place: &str, value: &Value) {
    match AWS.iter().find(|(name, _)| *name == key) {
        Some((_, "aws-role-arn")) => {
            draft.set(
                &["serviceAccount", "annotations", "eks.amazonaws.com/role-arn"],
                json!(text(value)),
            );
        }
        // What is not empty is on, whatever it says.
        Some((_, flag @ "aws-prefer-cname")) => {
            if !is_nothing(value) {
                flags::take(draft, flag, None, place);
            }
        }
        Some((_, flag @ "aws-evaluate-target-health")) => {
            if value == &json!(false) {
                flags::take(draft, &format!("no-{flag}"), None, place);
            }
        }
        Some((_, flag)) => {
            let off = if value == &json!(false) { "no-" } else { "" };
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for value in values {
                let text = (!value.is_boolean()).then(|| text(&value));
                flags::take(draft, &format!("{off}{flag}"), text.as_deref(), place);
            }
        }
        None => draft.say(
            Weight::Refused,
            place,
            format!(
                "nothing is known of this key; its flag goes to `provider.webhook.args`: `{}`",
                shown(value)
            ),
        ),
    }
}

/// Takes settings of name servers, with what Bitnami's chart has where nothing is said.
fn name_servers(draft: &mut Draft, value: Option<Value>) {
    each(draft, "rfc2136", value, INNER, |draft, fields| {
        let (name, secret) = (fields.text(draft, "secretName"), fields.said("tsigSecret"));
        // Without a secret nothing is signed there; one that is out of sight may well be there.
        let is_insecure = name.is_none() && secret.is_none() && !draft.is_partly_unknown();
        for (key, flag, usual) in NAME_SERVERS {
            let place = fields.at(key);
            let given = fields.take(key).filter(|value| value.is_boolean() || !is_nothing(value));
            let values = match given {
                Some(Value::Array(items)) => items,
                Some(value) => vec![value],
                None if usual.is_empty() || is_insecure && key.starts_with("tsigSecret") => {
                    continue;
                }
                None if is_insecure && key == "tsigKeyname" => continue,
                None => vec![json!(usual)],
            };
            for value in values {
                flags::take(draft, flag, Some(&text(&value)), &place);
            }
        }
        if let Some(name) = name {
            let from = json!({"secretKeyRef": {"name": name, "key": "rfc2136_tsig_secret"}});
            let variable = json!([{"name": "EXTERNAL_DNS_RFC2136_TSIG_SECRET", "valueFrom": from}]);
            take_env(draft, Some(&variable));
        } else if let Some(secret) = secret {
            let place = fields.at("tsigSecret");
            flags::take(draft, "rfc2136-tsig-secret", Some(&text(&secret)), &place);
        } else if is_insecure {
            flags::take(draft, "rfc2136-insecure", None, "rfc2136");
        }
    });
}

fn credentials(draft: &mut Draft, value: Value) {
    each(draft, "aws.credentials", Some(value), INNER, |draft, fields| {
        if let Some(name) = fields.text(draft, "secretName") {
            draft.set(&["provider", "aws", "credentials", "secretName"], json!(name));
        }
        if let Some(path) = fields.text(draft, "mountPath").filter(|path| path != "/.aws") {
            let text = format!(
                "the chart mounts the file where its provider looks for it, and not at `{path}`"
            );
            draft.say(Weight::Note, "aws.credentials.mountPath", text);
        }
        let keys = ["accessKey", "secretKey"].map(|key| fields.said(key).is_some());
        let references = ["accessKeyIDSecretRef", "secretAccessKeySecretRef"]
            .map(|key| fields.take(key).is_some_and(|reference| !is_nothing(&reference)));
        if keys.into_iter().chain(references).any(|is_given| is_given) {
            draft.say(
                Weight::Refused,
                "aws.credentials",
                "keys are no values: make a Secret with an AWS credentials file under its key `credentials`, and name it in \
                 `provider.aws.credentials.secretName`; or use IRSA or EKS Pod Identity",
            );
        }
    });
}

fn encryption(draft: &mut Draft, encrypt: Option<Value>) {
    each(draft, "txtEncrypt", encrypt, INNER, |draft, fields| {
        let is_on = fields.take("enabled") == Some(json!(true));
        let (name, key) = (fields.text(draft, "secretName"), fields.said("aesKey"));
        if !is_on {
            return;
        }
        draft.extra("txt-encrypt-enabled", json!(true));
        match name {
            Some(name) => draft.push(
                &["env"],
                [json!({
                    "name": "EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY",
                    "valueFrom": {"secretKeyRef": {"name": name, "key": "txt_aes_encryption_key"}},
                })],
            ),
            None if key.is_some() => {
                draft.stood_at("txt-encrypt-aes-key", "txtEncrypt.aesKey");
                draft.extra("txt-encrypt-aes-key", json!(text(&key.unwrap_or_default())));
            }
            None => {
                let variable = "EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY";
                draft.push(&["env"], [secrets::reference(variable)]);
                let text = format!(
                    "the chart made a key, under `txt_aes_encryption_key` in the Secret of the release, which goes with that chart: \
                     keep it, since without it no ownership record can be read. {}",
                    secrets::step(variable)
                );
                draft.say(Weight::Refused, "txtEncrypt", text);
            }
        }
    });
}
