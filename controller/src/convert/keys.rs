//! The keys of `ExternalDNS`'s chart, 1.13 to 1.22, and what each is here.
//!
//! The names are those of its [values]; the chart's own refusals, the page about moving and `signpost
//! convert` are all made from this table.
//!
//! [values]: https://github.com/kubernetes-sigs/external-dns/blob/master/charts/external-dns/values.yaml

/// What a key is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOutcome {
    /// The same key, with the same meaning.
    Same,
    /// The same key, and this is what differs.
    Other(&'static str),
    /// Refused with this sentence.
    Refused(&'static str),
}

/// What a key takes; another form is refused before anything is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Anything that the other chart takes.
    Any,
    Text,
    Toggle,
    Number,
    List,
    Map,
}

/// A key of `ExternalDNS`'s chart.
#[derive(Clone, Copy, Debug)]
pub struct ChartKey {
    /// Its name, with dots before inner ones.
    pub key: &'static str,
    /// What it is here.
    pub outcome: KeyOutcome,
    /// A value of it as people have it, as YAML.
    pub example: &'static str,
    pub(super) form: Form,
}

const fn same(key: &'static str, form: Form, example: &'static str) -> ChartKey {
    ChartKey { key, outcome: KeyOutcome::Same, example, form }
}

const fn other(
    key: &'static str,
    form: Form,
    example: &'static str,
    why: &'static str,
) -> ChartKey {
    ChartKey { key, outcome: KeyOutcome::Other(why), example, form }
}

const fn refused(key: &'static str, example: &'static str, why: &'static str) -> ChartKey {
    ChartKey { key, outcome: KeyOutcome::Refused(why), example, form: Form::Any }
}

/// What is said of a Secret that the chart would make.
pub(super) const SECRET: &str = "no Secret is made from values: they would stand in the release and in Git. Make one yourself; for Route 53 \
     name it in `provider.aws.credentials.secretName`, with an AWS credentials file under its key `credentials`, for \
     another provider mount it with `extraVolumes` and `provider.webhook.extraVolumeMounts`";

/// All of them.
#[rustfmt::skip]
pub const PEER_KEYS: &[ChartKey] = &[
    same("enabled", Form::Any, "true"),
    same("global.imagePullSecrets", Form::List, "[{name: registry}]"),
    other("image.repository", Form::Text, "registry.example.com/mirror/signpost",
        "an image of ExternalDNS is refused: it would be started with Signpost's arguments"),
    other("image.tag", Form::Text, "v0.1.0", "Signpost's own versions; `v` and the appVersion when empty"),
    same("image.pullPolicy", Form::Text, "Always"),
    same("imagePullSecrets", Form::List, "[{name: registry}]"),
    other("nameOverride", Form::Text, "external-dns",
        "when empty `signpost`, and `external-dns` for a release whose name contains that: so its names and labels stay"),
    same("fullnameOverride", Form::Text, "dns"),
    same("namespaceOverride", Form::Text, "dns-system"),
    other("commonLabels", Form::Map, "{team: dns}", "a key that `podLabels` has too is there once"),
    same("serviceAccount.create", Form::Toggle, "true"),
    same("serviceAccount.labels", Form::Map, "{team: dns}"),
    same("serviceAccount.annotations", Form::Map, "{eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/dns'}"),
    same("serviceAccount.name", Form::Text, "external-dns"),
    same("serviceAccount.automountServiceAccountToken", Form::Toggle, "true"),
    same("service.enabled", Form::Toggle, "false"),
    same("service.annotations", Form::Map, "{a: b}"),
    same("service.port", Form::Number, "7979"),
    same("service.ipFamilies", Form::List, "[IPv4]"),
    same("service.ipFamilyPolicy", Form::Text, "SingleStack"),
    other("rbac.create", Form::Toggle, "true", "what is allowed is what the sources read; releases of one name in two namespaces share no ClusterRole"),
    same("rbac.additionalPermissions", Form::List, "[{apiGroups: [''], resources: [configmaps], verbs: [get]}]"),
    other("replicaCount", Form::Number, "1", "any number: with more than one, a Lease decides who writes"),
    same("deploymentAnnotations", Form::Map, "{a: b}"),
    same("deploymentStrategy", Form::Map, "{type: Recreate}"),
    same("revisionHistoryLimit", Form::Number, "3"),
    same("podLabels", Form::Map, "{team: dns}"),
    other("podAnnotations", Form::Map, "{a: b}", "`eks.amazonaws.com/skip-containers` is set, so that the controller gets no AWS token"),
    other("automountServiceAccountToken", Form::Toggle, "true", "only the controller's container gets the token"),
    same("shareProcessNamespace", Form::Toggle, "false"),
    other("podSecurityContext", Form::Map, "{runAsNonRoot: true, fsGroup: 65534}", "`fsGroup` is 65532 when nothing is said"),
    same("securityContext", Form::Map, "{runAsNonRoot: true, runAsUser: 65532}"),
    same("priorityClassName", Form::Text, "system-cluster-critical"),
    same("terminationGracePeriodSeconds", Form::Number, "30"),
    same("dnsPolicy", Form::Text, "Default"),
    same("dnsConfig", Form::Map, "{nameservers: [192.0.2.53]}"),
    same("hostAliases", Form::List, "[{ip: 192.0.2.1, hostnames: [a.example.com]}]"),
    same("initContainers", Form::List, "[]"),
    same("extraContainers", Form::List, "[]"),
    other("env", Form::List, "[{name: EXTERNAL_DNS_MIN_TTL, value: 5m}]", "variables of AWS go to `provider.webhook.env`; the chart says so"),
    other("envFrom", Form::List, "[{secretRef: {name: dns}}]", "what the provider reads of it belongs to `provider.webhook.envFrom`"),
    same("extraVolumes", Form::List, "[{name: x, emptyDir: {}}]"),
    other("extraVolumeMounts", Form::List, "[{name: x, mountPath: /x}]", "a mount whose files a variable of the provider names goes to the provider's container"),
    other("resources", Form::Map, "{requests: {cpu: 10m}}", "set when nothing is said"),
    other("livenessProbe", Form::Map, "{httpGet: {path: /healthz, port: http}}", "`/livez` when nothing is said"),
    other("readinessProbe", Form::Map, "{httpGet: {path: /healthz, port: http}}", "`/readyz` when nothing is said: it is about syncs, watches and the provider"),
    same("nodeSelector", Form::Map, "{kubernetes.io/os: linux}"),
    same("affinity", Form::Map, "{}"),
    same("topologySpreadConstraints", Form::List, "[]"),
    same("tolerations", Form::List, "[]"),
    same("serviceMonitor.enabled", Form::Toggle, "true"),
    same("serviceMonitor.additionalLabels", Form::Map, "{release: prometheus}"),
    same("serviceMonitor.annotations", Form::Map, "{a: b}"),
    same("serviceMonitor.namespace", Form::Text, "monitoring"),
    same("serviceMonitor.interval", Form::Text, "1m"),
    same("serviceMonitor.scrapeTimeout", Form::Text, "10s"),
    same("serviceMonitor.scheme", Form::Text, "http"),
    same("serviceMonitor.tlsConfig", Form::Map, "{}"),
    same("serviceMonitor.bearerTokenFile", Form::Text, "/token"),
    same("serviceMonitor.relabelings", Form::List, "[]"),
    same("serviceMonitor.metricRelabelings", Form::List, "[]"),
    same("serviceMonitor.targetLabels", Form::List, "[]"),
    same("logLevel", Form::Text, "debug"),
    same("logFormat", Form::Text, "json"),
    same("interval", Form::Text, "5m"),
    other("triggerLoopOnEvent", Form::Toggle, "true", "on when nothing is said: a change is published at once"),
    same("namespaced", Form::Toggle, "true"),
    other("sourceNamespace", Form::Text, "apps", "without `namespaced: true` it has no effect there, and is refused here"),
    same("gatewayNamespace", Form::Text, "edge"),
    same("enableGatewayListenerSets", Form::Toggle, "false"),
    other("sources", Form::List, "[service, ingress]", "an empty list needs extraArgs `source`, since nothing would be read"),
    other("policy", Form::Text, "upsert-only", "has no default, as from 1.22; also some of create, update, replace and delete"),
    other("registry", Form::Text, "txt", "`txt` or `noop`; the others are refused"),
    other("txtOwnerId", Form::Text, "my-cluster", "required by a policy that deletes"),
    same("txtPrefix", Form::Text, "'%{record_type}-'"),
    same("txtSuffix", Form::Text, "-dns"),
    other("domainFilters", Form::List, "[example.com]", "also the AWS provider's"),
    other("excludeDomains", Form::List, "[internal.example.com]", "also the AWS provider's"),
    same("labelFilter", Form::Text, "team=dns"),
    same("annotationFilter", Form::Text, "external=true"),
    other("annotationPrefix", Form::Text, "dns.example.com/", "both of ExternalDNS's are read when nothing is said"),
    same("managedRecordTypes", Form::List, "[A, CNAME]"),
    other("provider", Form::Any, "aws", "as a text, too; `aws`, `rfc2136` and `webhook`, since every provider is a program of its own"),
    other("provider.name", Form::Text, "aws", "`aws`, `rfc2136` and `webhook`; what else is built into ExternalDNS is refused"),
    same("provider.webhook.image.repository", Form::Text, "registry.example.com/mirror/route53-webhook"),
    same("provider.webhook.image.tag", Form::Text, "v1.0.0"),
    same("provider.webhook.image.pullPolicy", Form::Text, "Always"),
    same("provider.webhook.env", Form::List, "[{name: TOKEN, value: x}]"),
    same("provider.webhook.args", Form::Any, "[--aws-zone-type=public]"),
    same("provider.webhook.extraVolumeMounts", Form::List, "[]"),
    same("provider.webhook.resources", Form::Map, "{requests: {cpu: 10m}}"),
    other("provider.webhook.securityContext", Form::Map, "{runAsUser: 1000}", "with `name: aws` and `rfc2136` the rest is as in `securityContext`"),
    same("provider.webhook.livenessProbe", Form::Map, "{httpGet: {path: /healthz, port: http-webhook}}"),
    other("provider.webhook.readinessProbe", Form::Map, "{httpGet: {path: /healthz, port: http-webhook}}", "`/readyz` with `name: aws` and `rfc2136` when nothing is said"),
    same("provider.webhook.service.port", Form::Number, "8080"),
    same("provider.webhook.serviceMonitor.interval", Form::Text, "1m"),
    same("provider.webhook.serviceMonitor.scheme", Form::Text, "http"),
    same("provider.webhook.serviceMonitor.tlsConfig", Form::Map, "{}"),
    same("provider.webhook.serviceMonitor.bearerTokenFile", Form::Text, "/token"),
    same("provider.webhook.serviceMonitor.scrapeTimeout", Form::Text, "10s"),
    same("provider.webhook.serviceMonitor.metricRelabelings", Form::List, "[]"),
    same("provider.webhook.serviceMonitor.relabelings", Form::List, "[]"),
    other("extraArgs", Form::Any, "{min-ttl: 5m}", "a flag that a key has, too, wins, but for sources, domains and types of records, of which all count; flags of the provider go to `provider.webhook.args`; the chart says so"),
    refused("secretConfiguration", "{enabled: true, mountPath: /etc/keys, data: {key: x}}", SECRET),
];

/// Returns the row of a key; `None` when the other chart has none.
pub(super) fn row(key: &str) -> Option<&'static ChartKey> {
    PEER_KEYS.iter().find(|row| row.key == key)
}

/// Tells whether a key, or keys below it, are the other chart's.
pub(super) fn is_known(key: &str) -> bool {
    row(key).is_some() || is_group(key)
}

/// Tells whether keys of the other chart stand below this one.
pub(super) fn is_group(key: &str) -> bool {
    PEER_KEYS.iter().any(|row| row.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}
