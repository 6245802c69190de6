//! The flags, in the groups that `--help` shows.

use std::path::PathBuf;

use clap::ValueEnum;
use controller_core::plan::Policy;
use controller_core::precedence::PriorityScope;
use controller_sources::namespace_domains::NamespaceDomain;
use daemon::{GoDuration, LogFormat, LogLevel, toggle};
use external_dns_webhook::{Pattern, Shard};

use super::values::{
    count, domain, namespace, namespace_domain, owner_id, piece, policy, provider, record_type,
    source, ttl,
};
use super::way_back::quoted;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// For programs; the shape is stable.
    Json,
}

/// What holds for namespaces that no rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WithoutRuleName {
    /// They may have any name.
    #[default]
    Allow,
    /// They may have none.
    Deny,
}

/// What wants records.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Sources")]
#[group(skip)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct SourceArgs {
    /// Kind of object that wants records, such as `service`, `ingress` or `crd`; repeatable.
    #[arg(long, value_name = "SOURCE", value_parser = source, value_delimiter = ',')]
    pub source: Vec<String>,
    /// Only objects in this namespace; repeatable; default: every namespace.
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace, value_delimiter = ',')]
    pub namespace: Vec<String>,
    /// Names that the objects of a namespace may have, as `NAMESPACE=DOMAIN[,DOMAIN]`; repeatable. `*`
    /// in the namespace stands for any letters, `{SELECTOR}` in its place is for namespaces with such
    /// labels, and a domain `*` is every name. All that are about a namespace count together.
    #[arg(long, value_name = "NAMESPACE=DOMAIN,…", value_parser = namespace_domain)]
    pub namespace_domain: Vec<NamespaceDomain>,
    /// Whether a namespace that no --namespace-domain is about may have any name, or none.
    #[arg(long, value_enum, default_value_t = WithoutRuleName::Allow)]
    pub namespace_domain_default: WithoutRuleName,
    /// Give a name, with all its types and set identifiers, to the objects of one namespace only;
    /// default: when --namespace-domain or --namespace-domain-default is in use.
    #[arg(long, value_name = "BOOL", value_parser = toggle, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub one_namespace_per_name: Option<bool>,
    /// Only objects whose labels match this selector, such as `team=web,tier in (a,b)`.
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    pub label_filter: String,
    /// Only objects whose annotations match this selector (without `!=`, `<`, `>`).
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    pub annotation_filter: String,
    /// Prefix of the annotations that are read; repeatable, the first one wins where two disagree.
    #[arg(
        long,
        value_name = "PREFIX/",
        default_values = ["external-dns.kubernetes.io/", "external-dns.alpha.kubernetes.io/"], value_parser = piece, value_delimiter = ',')]
    pub annotation_prefix: Vec<String>,
    /// Most names of one object; one that wants more keeps what it has and gets nothing new; 0: any number.
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = count)]
    pub max_names_per_object: usize,
    /// Read names from older annotations: `mate`, `molecule` or `kops-dns-controller`.
    #[arg(long, value_name = "MODE", default_value = "", value_parser = ["", "mate", "molecule", "kops-dns-controller"])]
    pub compatibility: String,
    /// Do not read hostname annotations; needs --fqdn-template.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub ignore_hostname_annotation: bool,
    /// service: only these types (ClusterIP, NodePort, LoadBalancer, ExternalName); repeatable.
    #[arg(long, value_name = "TYPE", value_parser = piece, value_delimiter = ',')]
    pub service_type_filter: Vec<String>,
    /// service: publish the cluster IP of ClusterIP services.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub publish_internal_services: bool,
    /// service: publish the host IP of the Pods behind headless services.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub publish_host_ip: bool,
    /// service: read Pods behind headless services, for their own `target` annotations and host names.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub headless_from_pods: bool,
    /// service: publish Pods behind headless services that are not ready, too.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub always_publish_not_ready_addresses: bool,
    /// service: look up a load balancer's host name and publish its addresses.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub resolve_service_load_balancer_hostname: bool,
    /// service: a change of an EndpointSlice is acted on at once; it always is, so no effect.
    #[arg(long, hide = true, value_name = "BOOL", value_parser = toggle, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub listen_endpoint_events: bool,
    /// node, service: also publish IPv6 addresses of type InternalIP.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub expose_internal_ipv6: bool,
    /// node, service: leave out cordoned nodes.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub exclude_unschedulable: bool,
    /// ingress: only these classes; repeatable.
    #[arg(long, value_name = "CLASS", value_parser = piece, value_delimiter = ',')]
    pub ingress_class: Vec<String>,
    /// ingress: do not read hosts from `spec.rules`.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub ignore_ingress_rules_spec: bool,
    /// ingress: do not read hosts from `spec.tls`.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub ignore_ingress_tls_spec: bool,
    /// pod: publish `<pod>.<domain>` for every Pod.
    #[arg(long, value_name = "DOMAIN", default_value = "")]
    pub pod_source_domain: String,
    /// pod: only Pods on the host's network.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub ignore_non_host_network_pods: bool,
    /// gateway: only the Gateway of this name.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub gateway_name: String,
    /// gateway: only Gateways in this namespace.
    #[arg(long, value_name = "NAMESPACE", default_value = "", value_parser = namespace)]
    pub gateway_namespace: String,
    /// gateway: only Gateways whose labels match this selector.
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    pub gateway_label_filter: String,
    /// gateway: honour ListenerSets as parents of routes.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub gateway_listener_sets: bool,
    /// gateway: a route without hosts gets those of its listeners.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub gateway_listener_hostnames: bool,
    /// gloo: namespaces that hold Proxy objects; repeatable.
    #[arg(long, value_name = "NAMESPACE", default_values = ["gloo-system"], value_parser = namespace, value_delimiter = ',')]
    pub gloo_namespace: Vec<String>,
    /// openshift: the router whose admission counts.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub openshift_router_name: String,
    /// skipper: group and version of RouteGroup.
    #[arg(long, value_name = "GROUP/VERSION", default_value = "zalando.org/v1")]
    pub skipper_routegroup_groupversion: String,
    /// traefik: also read traefik.containo.us.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub traefik_enable_legacy: bool,
    /// traefik: do not read traefik.io.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub traefik_disable_new: bool,
    /// unstructured: a resource to read, as `plural.version.group`; repeatable.
    #[arg(long, value_name = "RESOURCE", value_parser = piece, value_delimiter = ',')]
    pub unstructured_resource: Vec<String>,
}

/// Names made from objects by templates.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Templates")]
#[group(skip)]
pub struct TemplateArgs {
    /// Go template that makes names, such as `{{.Name}}.example.com`; repeatable.
    #[arg(long, value_name = "TEMPLATE")]
    pub fqdn_template: Vec<String>,
    /// Go template that makes targets, for sources that take them; repeatable.
    #[arg(long, value_name = "TEMPLATE")]
    pub target_template: Vec<String>,
    /// Go template that makes `name:target` pairs; repeatable.
    #[arg(long, value_name = "TEMPLATE")]
    pub fqdn_target_template: Vec<String>,
    /// Add what templates make to what annotations want, instead of only filling in.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub combine_fqdn_annotation: bool,
}

/// What happens to record sets between the sources and the plan.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Records")]
#[group(skip)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct TransformArgs {
    /// Targets for names that have none of their own; repeatable.
    #[arg(long, value_name = "TARGET", value_parser = piece, value_delimiter = ',')]
    pub default_targets: Vec<String>,
    /// Replace every name's targets by --default-targets.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub force_default_targets: bool,
    /// Only targets in these networks; repeatable.
    #[arg(long, value_name = "CIDR", value_parser = piece, value_delimiter = ',')]
    pub target_net_filter: Vec<String>,
    /// No targets in these networks; repeatable.
    #[arg(long, value_name = "CIDR", value_parser = piece, value_delimiter = ',')]
    pub exclude_target_net: Vec<String>,
    /// IPv6 /96 networks whose addresses also get an A record; repeatable.
    #[arg(long, value_name = "CIDR", value_parser = piece, value_delimiter = ',')]
    pub nat64_networks: Vec<String>,
    /// TTL of records that want none; 0 leaves it to the provider.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = ttl)]
    pub min_ttl: GoDuration,
    /// Ask for an alias instead of a CNAME wherever the object does not say.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub prefer_alias: bool,
    /// Make reverse records for all addresses; needs PTR in --managed-record-types.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub create_ptr: bool,
    /// Record types that are created, updated and deleted; repeatable.
    #[arg(long, value_name = "TYPE", default_values = ["A", "AAAA", "CNAME"], value_parser = record_type, value_delimiter = ',')]
    pub managed_record_types: Vec<String>,
    /// Record types that are never managed; repeatable.
    #[arg(long, value_name = "TYPE", value_parser = record_type, value_delimiter = ',')]
    pub exclude_record_types: Vec<String>,
    /// Let the `priority` annotation take names from objects of other namespaces, too.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub priority_across_namespaces: bool,
}

impl TransformArgs {
    /// Returns among which objects priorities count.
    pub fn priority_scope(&self) -> PriorityScope {
        if self.priority_across_namespaces {
            PriorityScope::Cluster
        } else {
            PriorityScope::Namespace
        }
    }
}

/// Objects from files instead of a cluster.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Objects")]
#[group(skip)]
pub struct ManifestArgs {
    /// Read objects from a file, a folder or `-` (standard input) instead of a cluster; repeatable.
    #[arg(long, value_name = "FILE|DIR|-")]
    pub manifests: Vec<PathBuf>,
}

/// How to reach the cluster.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Kubernetes")]
#[group(skip)]
pub struct KubernetesArgs {
    /// Address of the API server; default: from the kubeconfig or the Pod's service account.
    #[arg(long, value_name = "URL", default_value = "")]
    pub server: String,
    /// Path of a kubeconfig; default: $KUBECONFIG, ~/.kube/config, then the Pod's service account.
    #[arg(long, value_name = "FILE", default_value = "")]
    pub kubeconfig: String,
    /// How long one request to the API server may take; 0 means no limit.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub kube_api_request_timeout: GoDuration,
    /// Former name of --kube-api-request-timeout.
    #[arg(long, hide = true, value_name = "DURATION")]
    pub request_timeout: Option<GoDuration>,
}

impl KubernetesArgs {
    /// Returns the flags that name the cluster, as another command takes them; none when nothing does.
    pub fn flags(&self) -> impl Iterator<Item = String> {
        let named = [("server", &self.server), ("kubeconfig", &self.kubeconfig)];
        let named = named.into_iter().filter(|(_, value)| !value.is_empty());
        named.map(|(flag, value)| quoted(format!("--{flag}={value}")))
    }
}

/// Which names are ours to manage.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Domains")]
#[group(skip)]
pub struct DomainArgs {
    /// Only names in this domain; repeatable. A leading dot leaves out the domain itself.
    #[arg(long, value_name = "DOMAIN", value_parser = domain, value_delimiter = ',')]
    pub domain_filter: Vec<String>,
    /// No names in this domain; repeatable.
    #[arg(long, value_name = "DOMAIN", value_parser = domain, value_delimiter = ',')]
    pub exclude_domains: Vec<String>,
    /// Only names that match this expression (RE2); replaces the two lists.
    #[arg(long, value_name = "REGEX")]
    pub regex_domain_filter: Option<Pattern>,
    /// No names that match this expression (RE2); replaces the two lists.
    #[arg(long, value_name = "REGEX")]
    pub regex_domain_exclusion: Option<Pattern>,
}

/// Who writes the records.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Provider")]
#[group(skip)]
pub struct ProviderArgs {
    /// Kind of provider; every provider is a process of its own that speaks the webhook protocol.
    #[arg(long, value_name = "PROVIDER", default_value = "webhook", value_parser = provider)]
    pub provider: String,
    /// Where the provider listens: `http://…`, `https://…` or `unix:///path`.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8888")]
    pub webhook_provider_url: String,
    /// With --webhook-provider-write-timeout: how long one request to the provider may take.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub webhook_provider_read_timeout: GoDuration,
    /// With --webhook-provider-read-timeout: how long one request to the provider may take.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub webhook_provider_write_timeout: GoDuration,
    /// Largest answer of the provider, in bytes; 0 means no limit.
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20)]
    pub webhook_provider_max_body_size: i64,
    /// File with the token that is shown to the provider; read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub webhook_provider_token_file: Option<PathBuf>,
    /// File with the authorities (PEM) that alone are trusted for an https:// provider; default: those
    /// of the machine. Read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub webhook_provider_ca_file: Option<PathBuf>,
    /// File with the certificate (PEM) that is shown to the provider; with
    /// --webhook-provider-key-file. Read again when it changes.
    #[arg(long, value_name = "FILE", requires = "webhook_provider_key_file")]
    pub webhook_provider_cert_file: Option<PathBuf>,
    /// File with the key (PEM) of --webhook-provider-cert-file.
    #[arg(long, value_name = "FILE", requires = "webhook_provider_cert_file")]
    pub webhook_provider_key_file: Option<PathBuf>,
    /// Manage one of several equal parts of the zones, such as 1/4 for the first of four; the provider needs the
    /// same. Each part has a Lease of its own.
    #[arg(long, value_name = "NUMBER/COUNT")]
    pub shard: Option<Shard>,
}

/// What happens to a record set when its object lost its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnTargetLossName {
    /// It stays.
    Keep,
    /// It stays for --target-loss-grace and then goes.
    Delete,
}

/// Where ownership is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RegistryName {
    /// In TXT records next to the records.
    Txt,
    /// Nowhere: every record counts as nobody's.
    Noop,
}

/// Which records are ours.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Ownership")]
#[group(skip)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct OwnershipArgs {
    /// Where ownership is kept.
    #[arg(long, value_enum, default_value_t = RegistryName::Txt)]
    pub registry: RegistryName,
    /// Name that marks records as this instance's; must be unique among all that share a zone.
    #[arg(long, value_name = "ID", default_value = "", value_parser = owner_id)]
    pub txt_owner_id: String,
    /// Tells apart clusters that share an owner id by mistake: none deletes what another wrote.
    /// `auto` derives it from the cluster; empty leaves it out.
    #[arg(long, value_name = "ID", default_value = "auto")]
    pub instance_id: String,
    /// Instance whose records are this one's now, such as that of a cluster that was replaced;
    /// repeatable.
    #[arg(long, value_name = "ID")]
    pub former_instance: Vec<String>,
    /// Let --txt-owner-id=default delete, although other instances may have the same default.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_default_owner: bool,
    /// With --registry=noop: update and delete records that nobody owns.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_unowned_changes: bool,
    /// Prefix of the names of ownership records; `%{record_type}` stands for the type.
    #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "txt_suffix")]
    pub txt_prefix: String,
    /// Suffix of the first label of ownership records; `%{record_type}` stands for the type.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub txt_suffix: String,
    /// What stands for `*` in the names of ownership records.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub txt_wildcard_replacement: String,
    /// Encrypt ownership records (AES-256-GCM); needs --txt-encrypt-aes-key or its file.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub txt_encrypt_enabled: bool,
    /// Key of 32 bytes, raw or in standard base64; better set in the environment.
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub txt_encrypt_aes_key: String,
    /// File with the key, raw or in standard base64; instead of --txt-encrypt-aes-key.
    #[arg(long, value_name = "FILE", conflicts_with = "txt_encrypt_aes_key")]
    pub txt_encrypt_aes_key_file: Option<PathBuf>,
    /// Take over records that this owner holds and that are desired here.
    #[arg(long, value_name = "ID", default_value = "", value_parser = owner_id)]
    pub migrate_from_txt_owner: String,
    /// Take over this name although nobody owns it, if it is desired here; repeatable.
    #[arg(long, value_name = "NAME", value_parser = piece, value_delimiter = ',')]
    pub adopt: Vec<String>,
    /// Rewrite ownership records that are in an older form, although nothing else changes.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub normalise_ownership_records: bool,
}

/// What may be changed.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Safety")]
#[group(skip)]
pub struct SafetyArgs {
    /// Which kinds of change are made: `sync`, `upsert-only`, `create-only`, or a list of `create`,
    /// `update`, `replace` (an own record by one of another type) and `delete`. `run` needs it;
    /// what only looks shows everything without it.
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub policy: Option<Policy>,
    /// Hold deletions when more names than this would lose records in one zone within a minute; 0 is no
    /// limit.
    #[arg(long, value_name = "NAMES", default_value_t = 100)]
    pub max_deletes: usize,
    /// Hold deletions when a larger share of a zone's own names would lose records within a minute;
    /// 100 is no limit.
    #[arg(long, value_name = "PERCENT", default_value_t = 30, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_delete_percent: u8,
    /// Delete any number of records without asking: no limits.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_mass_deletes: bool,
    /// What happens to a record whose object is still there but lost its targets: `keep` leaves its last
    /// answer, `delete` does for --target-loss-grace.
    #[arg(long, value_enum, default_value_t = OnTargetLossName::Keep)]
    pub on_target_loss: OnTargetLossName,
    /// With --on-target-loss=delete, and with nothing else: how long such a record stays, in whole
    /// seconds. With `0s` it goes in the sync that sees the loss, as under ExternalDNS: a restart of a load balancer's
    /// controller is enough.
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub target_loss_grace: GoDuration,
}

/// When syncs run.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Syncs")]
#[group(skip)]
pub struct LoopArgs {
    /// Time between full syncs, start to start; changes of objects are acted on at once.
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub interval: GoDuration,
    /// Least time between two syncs that changes of objects cause.
    #[arg(long, value_name = "DURATION", default_value = "100ms")]
    pub min_event_sync_interval: GoDuration,
    /// Act on changes of objects at once, not only every --interval.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub events: bool,
    /// Make one full sync and stop; fails when the sync fails.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub once: bool,
    /// Plan and log, write nothing: no write request leaves the process.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub dry_run: bool,
}

/// Where people and probes look.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Health and metrics")]
#[group(skip)]
pub struct AdminArgs {
    /// Address of /healthz, /readyz, /metrics and /v1/plan: HOST:PORT, or `:PORT` for every interface, by IPv4 and IPv6; empty turns them off.
    #[arg(long, value_name = "ADDRESS", default_value = ":7979", value_parser = daemon::address)]
    pub metrics_address: String,
    /// File with the certificate (PEM) of --metrics-address, which then speaks TLS; read again when it
    /// changes.
    #[arg(long, value_name = "FILE", requires = "metrics_key_file")]
    pub metrics_cert_file: Option<PathBuf>,
    /// File with the key (PEM) of --metrics-cert-file.
    #[arg(long, value_name = "FILE", requires = "metrics_cert_file")]
    pub metrics_key_file: Option<PathBuf>,
    /// File with the authorities (PEM) by one of which a client of --metrics-address needs a
    /// certificate, but for probes.
    #[arg(long, value_name = "FILE", requires = "metrics_cert_file")]
    pub metrics_client_ca_file: Option<PathBuf>,
    /// File with the tokens, one a line, of which requests to --metrics-address need one, but for
    /// probes; read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub metrics_token_file: Option<PathBuf>,
    /// Let everyone who reaches --metrics-address read `/`, `/record` and /v1: by default that is for
    /// the machine itself, for those with a right of the cluster, and for those whom the listener
    /// knows. Without effect while --namespace-domain or --one-namespace-per-name is in use.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub metrics_anyone_reads: bool,
    /// When ready, print one line of JSON with the bound addresses; for scripts that use port 0.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub announce: bool,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Logging")]
#[group(skip)]
pub struct LogArgs {
    /// How the log is written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// How much is logged.
    #[arg(long, value_enum, default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
}
