//! The keys of Bitnami's chart of `ExternalDNS`, and where each goes.
//!
//! The names are those of its [values].
//!
//! [values]: https://github.com/bitnami/charts/blob/main/bitnami/external-dns/values.yaml

mod parts;

use serde_json::{Map, Value, json};

use super::Weight;
use super::draft::Draft;
use super::fields::shown;
use super::values::{extra_args, image};

/// What becomes of a key.
#[derive(Clone, Copy)]
pub(super) enum Goes {
    /// A flag, of whichever program.
    Flag(&'static str),
    /// Another key of the charts.
    Key(&'static str),
    /// Looked at together with others; this is where it goes.
    Apart(&'static str),
    /// It changes nothing, for this reason.
    Nowhere(&'static str),
    /// It cannot be taken, for this reason.
    Refused(&'static str),
}

use Goes::{Apart, Flag, Key, Nowhere, Refused};

/// Keys that the other chart does not have.
#[rustfmt::skip]
pub(super) const KEYS: &[(&str, Goes)] = &[
    ("annotationPrefixes", Flag("annotation-prefix")),
    ("namespace", Flag("namespace")),
    ("fqdnTemplates", Flag("fqdn-template")),
    ("combineFQDNAnnotation", Flag("combine-fqdn-annotation")),
    ("ignoreHostnameAnnotation", Flag("ignore-hostname-annotation")),
    ("ignoreIngressTLSSpec", Flag("ignore-ingress-tls-spec")),
    ("ignoreIngressRulesSpec", Flag("ignore-ingress-rules-spec")),
    ("ingressClassFilters", Flag("ingress-class")),
    ("istioIngressGateways", Flag("istio-ingress-gateway")),
    ("publishInternalServices", Flag("publish-internal-services")),
    ("publishHostIP", Flag("publish-host-ip")),
    ("serviceTypeFilter", Flag("service-type-filter")),
    ("serviceTypeFilters", Flag("service-type-filter")),
    ("managedRecordTypesFilters", Key("managedRecordTypes")),
    ("regexDomainFilter", Flag("regex-domain-filter")),
    ("regexDomainExclusion", Flag("regex-domain-exclusion")),
    ("targetNetFilters", Flag("target-net-filter")),
    ("excludeTargetNets", Flag("exclude-target-net")),
    ("zoneNameFilters", Flag("zone-name-filter")),
    ("zoneIdFilters", Flag("zone-id-filter")),
    ("dryRun", Flag("dry-run")),
    ("minEventSyncInterval", Flag("min-event-sync-interval")),
    ("txtCacheInterval", Flag("txt-cache-interval")),
    ("txtWildcardReplacement", Flag("txt-wildcard-replacement")),
    ("traefikDisableNew", Flag("traefik-disable-new")),
    ("traefikDisableLegacy", Flag("traefik-disable-legacy")),
    ("traefikEnableLegacy", Flag("traefik-enable-legacy")),
    ("extraEnv", Key("env")),
    ("extraEnvVars", Key("env")),
    ("replicas", Key("replicaCount")),
    ("sidecars", Key("extraContainers")),
    ("containerSecurityContext", Apart("`securityContext`, without `enabled`")),
    ("updateStrategy", Key("deploymentStrategy")),
    ("extraEnvVarsCM", Apart("`envFrom: [{configMapRef: {name: …}}]`")),
    ("extraEnvVarsSecret", Apart("`envFrom: [{secretRef: {name: …}}]`")),
    ("metrics", Apart("`serviceMonitor`; metrics are always on")),
    ("txtEncrypt", Apart("extraArgs `txt-encrypt-enabled`, and the key as EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY from a Secret in `env`")),
    ("aws", Apart("`provider.aws.region` and `provider.aws.credentials.secretName`, and flags such as `aws-zone-type` to `provider.webhook.args`")),
    ("crd", Nowhere("DNSEndpoints are read as externaldns.k8s.io/v1alpha1, and Helm installs their CRD from `crds/`")),
    ("commonAnnotations", Nowhere("the chart has annotations of each object: `podAnnotations`, `deploymentAnnotations`, `service.annotations`, `serviceAccount.annotations`")),
    ("containerPorts", Nowhere("the port is 7979 in the pod; `service.port` is what others see")),
    ("forceTxtOwnerId", Nowhere("it is about `registry: aws-sd`; with `txt` the owner id always counts")),
    ("validation", Nowhere("it is about Bitnami's templates")),
    ("kubeVersion", Nowhere("it is about Bitnami's templates")),
    ("clusterDomain", Nowhere("it is about Bitnami's templates")),
    ("extraDeploy", Refused("objects of your own go into a chart or a folder of your own")),
    ("useDaemonset", Refused("one Deployment writes; with `replicaCount` above 1 a Lease decides who")),
    ("command", Refused("the image starts the program by itself")),
    ("args", Refused("give flags as `extraArgs`")),
    ("lifecycleHooks", Refused("there is nothing to run besides the program")),
    ("secretAnnotations", Nowhere("no Secret is made from values")),
    ("watchReleaseNamespace", Apart("`sourceNamespaces`, with what `--namespace` of the running pod says")),
    ("schedulerName", Refused("there is no such key; the cluster's own scheduler is used")),
    ("hostNetwork", Refused("there is no such key: nothing in it needs the host's network")),
    ("podAffinityPreset", Nowhere("give `affinity` where it matters; there is one pod")),
    ("podAntiAffinityPreset", Nowhere("give `affinity` where it matters; there is one pod")),
    ("nodeAffinityPreset", Nowhere("give `affinity` where it matters; there is one pod")),
    ("startupProbe", Nowhere("the probes here wait for a start by themselves")),
    ("customLivenessProbe", Key("livenessProbe")),
    ("customReadinessProbe", Key("readinessProbe")),
    ("customStartupProbe", Nowhere("the probes here wait for a start by themselves")),
    ("pdb", Apart("`podDisruptionBudget`")),
    ("networkPolicy", Apart("`networkPolicy`, whose keys are others")),
    ("resourcesPreset", Nowhere("`resources` are set when nothing is said")),
    ("diagnosticMode", Nowhere("it is about Bitnami's image")),
    ("defaultInitContainers", Nowhere("it is about Bitnami's image")),
    ("usePasswordFiles", Nowhere("no Secret is made from values")),
    ("akamai", Refused(PROVIDER)), ("alibabacloud", Refused(PROVIDER)), ("azure", Refused(PROVIDER)), ("civo", Refused(PROVIDER)),
    ("cloudflare", Refused(PROVIDER)), ("coredns", Refused(PROVIDER)), ("designate", Refused(PROVIDER)),
    ("digitalocean", Refused(PROVIDER)), ("exoscale", Refused(PROVIDER)), ("godaddy", Refused(PROVIDER)), ("google", Refused(PROVIDER)),
    ("hetzner", Refused(PROVIDER)), ("infoblox", Refused(PROVIDER)), ("linode", Refused(PROVIDER)), ("ns1", Refused(PROVIDER)),
    ("oci", Refused(PROVIDER)), ("ovh", Refused(PROVIDER)), ("pdns", Refused(PROVIDER)), ("pihole", Refused(PROVIDER)),
    ("rfc2136", Refused(NAME_SERVERS)), ("scaleway", Refused(PROVIDER)), ("transip", Refused(PROVIDER)), ("vinyldns", Refused(PROVIDER)),
];

const NAME_SERVERS: &str = "settings of the provider for name servers: here `provider.name: rfc2136`, and `provider.rfc2136` with `hosts`, `zones` \
     and a Secret of keys";

const PROVIDER: &str = "settings of a provider that is built into ExternalDNS: run its webhook provider with `provider.name: webhook` and \
     `provider.webhook.image`, and give them to `provider.webhook.env` and `args`";

/// Returns where a key of Bitnami's goes, for people; `None` when it has no such key.
pub(super) fn sentence(key: &str) -> Option<String> {
    let (_, goes) = KEYS.iter().find(|(name, _)| *name == key)?;
    Some(match goes {
        Flag(flag) if crate::args::is_of_sidecar(flag) => {
            format!("is of Bitnami's chart; here it is `{flag}` in provider.webhook.args")
        }
        Flag(flag) => match crate::args::whereabouts(flag) {
            None => format!("is of Bitnami's chart; here it is `{flag}` in extraArgs"),
            Some(answer) => format!("is of Bitnami's chart: {}", answer.why()),
        },
        Key(key) => format!("is of Bitnami's chart; here it is `{key}`"),
        Apart(place) => format!("is of Bitnami's chart; here it goes to {place}"),
        Nowhere(why) => format!("is of Bitnami's chart, and there is no need for it: {why}"),
        Refused(why) => format!("is of Bitnami's chart: {why}"),
    })
}

/// Returns the flag that a key of Bitnami's is; `None` when it is none.
pub(super) fn flag(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(name, _)| *name == key).and_then(|(_, goes)| match goes {
        Flag(flag) => Some(*flag),
        Key(_) | Apart(_) | Nowhere(_) | Refused(_) => None,
    })
}

/// Returns what is said of a key of Bitnami's among those of the other chart, which passes over it.
pub(super) fn belongs(key: &str) -> Option<&'static str> {
    KEYS.iter().any(|(name, _)| *name == key).then_some(
        "it is a key of Bitnami's chart and has no effect in the other one; it is left out",
    )
}

/// Keys of Bitnami's that are not hers alone to think of: they stand in values of other charts, too, where they do nothing.
const ANYONES: [&str; 15] = [
    "commonAnnotations",
    "containerPorts",
    "extraDeploy",
    "extraEnv",
    "hostNetwork",
    "kubeVersion",
    "lifecycleHooks",
    "metrics",
    "namespace",
    "networkPolicy",
    "replicas",
    "schedulerName",
    "startupProbe",
    "updateStrategy",
    "validation",
];

/// Keys of one name and meaning in both charts.
const BOTH: [&str; 47] = [
    "affinity",
    "annotationFilter",
    "automountServiceAccountToken",
    "commonLabels",
    "dnsConfig",
    "dnsPolicy",
    "domainFilters",
    "enabled",
    "excludeDomains",
    "extraArgs",
    "extraVolumeMounts",
    "extraVolumes",
    "fullnameOverride",
    "global",
    "hostAliases",
    "image",
    "initContainers",
    "interval",
    "labelFilter",
    "livenessProbe",
    "logFormat",
    "logLevel",
    "nameOverride",
    "namespaceOverride",
    "nodeSelector",
    "podAnnotations",
    "podLabels",
    "podSecurityContext",
    "policy",
    "priorityClassName",
    "provider",
    "rbac",
    "readinessProbe",
    "registry",
    "replicaCount",
    "resources",
    "revisionHistoryLimit",
    "securityContext",
    "service",
    "serviceAccount",
    "sources",
    "tolerations",
    "topologySpreadConstraints",
    "triggerLoopOnEvent",
    "txtOwnerId",
    "txtPrefix",
    "txtSuffix",
];

/// Tells whether these are values of Bitnami's chart.
pub(super) fn is_meant(values: &Map<String, Value>) -> bool {
    let inner = [
        ("image", "registry"),
        ("podSecurityContext", "enabled"),
        ("service", "ports"),
        ("global", "imageRegistry"),
        ("livenessProbe", "enabled"),
        ("rbac", "clusterRole"),
        ("rbac", "serviceAccountName"),
        ("rbac", "serviceAccountAnnotations"),
    ];
    let has = |(key, inner): &(&str, &str)| {
        values.get(*key).is_some_and(|value| value.get(inner).is_some())
    };
    // There the provider is a text; a map is what kubernetes-sigs' chart has.
    if values.get("provider").is_some_and(Value::is_object) {
        return false;
    }
    let is_hers = |key: &&str| values.contains_key(*key) && !ANYONES.contains(key);
    KEYS.iter().map(|(key, _)| key).any(is_hers) || inner.iter().any(has)
}

/// Tells of a key by which names would come or go if these were values of Bitnami's chart, which they may be.
pub(super) fn in_doubt(draft: &mut Draft, values: &Map<String, Value>) {
    let is_text = !values.get("provider").is_some_and(Value::is_object);
    let namespace = values.get("namespace").filter(|value| !is_nothing(value));
    let is_other =
        |(key, _): (&String, &Value)| super::keys::is_known(key) && !BOTH.contains(&key.as_str());
    if let Some(namespace) = namespace.filter(|_| is_text && !values.iter().any(is_other)) {
        draft.unknown(
            "namespace",
            &format!(
                "Bitnami's chart reads `{}` alone by it, and the other one passes over it: which of them it is, these values do not \
                 show: for Bitnami's write `sourceNamespaces: [{}]`, for the other one take it out, and every namespace is read",
                shown(namespace),
                shown(namespace)
            ),
        );
    }
}

/// Puts values of Bitnami's chart where the other chart has them; the rest goes into the draft.
pub(super) fn take(draft: &mut Draft, values: &mut Map<String, Value>) {
    // It writes its values as they are, but for labels and the like.
    draft.is_verbatim = true;
    let provider = values.get("provider").and_then(Value::as_str).unwrap_or("aws").to_owned();
    draft.set_provider(&provider);
    for key in values.keys().cloned().collect::<Vec<_>>() {
        let is_other = super::keys::is_known(&key) && !BOTH.contains(&key.as_str());
        let is_hers = KEYS.iter().any(|(name, _)| *name == key);
        let value = if is_other && !is_hers { values.remove(&key) } else { None };
        if value.is_some_and(|value| !is_nothing(&value)) {
            draft.unknown(&key, "it is a key of kubernetes-sigs' chart, and Bitnami's, of which these values are, passes over it; it is left out, so write what it says if the release does follow it");
        }
    }
    arguments(values);
    parts::take(draft, values, &provider);
    if let Some(given) = values.remove("image") {
        image(draft, given);
    }
    if values.get("fqdnTemplates").is_none_or(is_nothing) {
        for key in ["combineFQDNAnnotation", "ignoreHostnameAnnotation"] {
            if values.remove(key).is_some_and(|value| !is_nothing(&value)) {
                let text =
                    "it counts with `fqdnTemplates` only in Bitnami's chart, and is left out";
                draft.say(Weight::Note, key, text);
            }
        }
    }
    let mut others = Vec::new();
    for (key, goes) in KEYS {
        let Some(value) = values.remove(*key).filter(|value| !is_nothing(value)) else { continue };
        match goes {
            Flag(flag) => extra_args(draft, Some(&json!({ *flag: value }))),
            Key(name) => {
                values.insert((*name).to_owned(), value);
            }
            Apart(place) => {
                let text = format!("it goes to {place}; it was `{}`", shown(&value));
                draft.say(Weight::Refused, key, text);
            }
            Nowhere(why) => draft.say(Weight::Note, key, format!("it is left out: {why}")),
            // Settings of providers that are not in use are in every full copy of the values.
            Refused(why) if [PROVIDER, NAME_SERVERS].contains(why) && *key != provider => {
                others.push(*key);
            }
            Refused(why) => draft.say(Weight::Refused, key, *why),
        }
    }
    if !others.is_empty() {
        let text = format!(
            "settings of providers that are not in use have no effect in Bitnami's chart, and are left out: {}",
            others.join(", ")
        );
        draft.say(Weight::Note, "provider", text);
    }
}

/// Writes further arguments as they count in Bitnami's chart: a flag whose value says nothing has none.
fn arguments(values: &mut Map<String, Value>) {
    let Some(Value::Object(flags)) = values.get_mut("extraArgs") else { return };
    for value in flags.values_mut() {
        let is_zero = value.as_f64().is_some_and(|number| number == 0.0);
        if is_nothing(value) || is_zero {
            *value = Value::Null;
        }
    }
}

/// Tells whether a value asks for nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => {
            map.get("enabled") == Some(&json!(false)) || map.values().all(is_nothing)
        }
    }
}
