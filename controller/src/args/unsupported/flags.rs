//! The flags that `ExternalDNS` has or had, v0.10 to v0.22, and that are no flags of the controller.
//!
//! The names are those of its [list of flags] and of the lists of older releases.
//!
//! [list of flags]: https://kubernetes-sigs.github.io/external-dns/latest/docs/flags/

use super::Whereabouts;

/// Flags that went the same way.
pub(super) struct Group {
    /// Their names without dashes. Those of providers end in `*` for whatever else begins so.
    pub(super) names: &'static [&'static str],
    pub(super) whereabouts: Whereabouts,
}

pub(super) const SIDECAR: Whereabouts =
    Whereabouts::Moved("give it to `route53-webhook`, the AWS provider");
const NAME_SERVERS: Whereabouts = Whereabouts::Moved(
    "give it to `rfc2136-webhook`, the provider for name servers, which has a flag of this name",
);
const OTHER: Whereabouts = Whereabouts::Moved(
    "it belongs to a DNS provider; run that provider's webhook and give the setting to it",
);
const SERVING: Whereabouts = Whereabouts::Moved("it is about serving; give it to the provider");
const CLOUD_MAP: Whereabouts =
    Whereabouts::NotBuilt("AWS Cloud Map is not a provider of ours; use a webhook provider for it");
const OWNERSHIP: Whereabouts =
    Whereabouts::NotBuilt("ownership is kept in TXT records; use `--registry=txt`");
const REQUESTS: Whereabouts =
    Whereabouts::NoEffect("objects are watched, so there are few requests");

/// All of them.
#[rustfmt::skip]
pub(super) const FLAGS: &[Group] = &[
    Group { names: &["aws-sd-service-cleanup", "aws-sd-create-tag", "aws-sd-*"], whereabouts: CLOUD_MAP },
    Group {
        names: &[
            "aws-zone-type", "aws-zone-tags", "aws-profile", "aws-assume-role", "aws-assume-role-external-id",
            "aws-batch-change-size", "aws-batch-change-size-bytes", "aws-batch-change-size-values",
            "aws-batch-change-interval", "aws-evaluate-target-health", "aws-api-retries", "aws-prefer-cname",
            "aws-zones-cache-duration", "aws-zone-match-parent", "aws-requests-per-second", "aws-upsert",
            "aws-wait-insync", "zone-id-filter",
        ],
        whereabouts: SIDECAR,
    },
    Group {
        names: &["aws-region", "aws-default-region"],
        whereabouts: Whereabouts::Moved("no program has it; set the variable AWS_REGION of `route53-webhook`"),
    },
    Group {
        names: &["aws-access-key-id", "aws-access-key", "aws-secret-access-key", "aws-secret-key", "aws-session-token"],
        whereabouts: Whereabouts::Moved(
            "no program has it; set the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys that end, \
             AWS_SESSION_TOKEN of `route53-webhook`, or give it a role",
        ),
    },
    Group {
        names: &["aws-*"],
        whereabouts: Whereabouts::NotBuilt("no program has such a flag; `route53-webhook --help` lists those about AWS"),
    },
    Group {
        names: &["zone-name-filter"],
        whereabouts: Whereabouts::Moved("zones are chosen by the provider; give it to yours"),
    },
    Group {
        names: &[
            "batch-change-size", "batch-change-interval", "inmemory-zone",
            "akamai-serviceconsumerdomain", "akamai-client-token", "akamai-client-secret", "akamai-access-token",
            "akamai-edgerc-path", "akamai-edgerc-section", "akamai-*",
            "alibaba-cloud-config-file", "alibaba-cloud-zone-type", "alibaba-cloud-*",
            "azure-config-file", "azure-resource-group", "azure-subscription-id",
            "azure-user-assigned-identity-client-id", "azure-zones-cache-duration", "azure-maxretries-count", "azure-*",
            "bluecat-config-file", "bluecat-dns-configuration", "bluecat-dns-view", "bluecat-gateway-host",
            "bluecat-root-zone", "bluecat-skip-tls-verify", "bluecat-dns-server-name", "bluecat-dns-deploy-type", "bluecat-*",
            "cloudflare-proxied", "cloudflare-custom-hostnames", "cloudflare-custom-hostnames-min-tls-version",
            "cloudflare-custom-hostnames-certificate-authority", "cloudflare-dns-records-per-page",
            "cloudflare-zones-per-page", "cloudflare-regional-services", "cloudflare-region-key",
            "cloudflare-record-comment", "cloudflare-*",
            "coredns-prefix", "coredns-strictly-owned", "coredns-*",
            "digitalocean-api-page-size", "digitalocean-*",
            "dyn-customer-name", "dyn-username", "dyn-password", "dyn-min-ttl", "dyn-*",
            "exoscale-endpoint", "exoscale-apienv", "exoscale-apizone", "exoscale-apikey", "exoscale-apisecret",
            "exoscale-zones-cache-duration", "exoscale-*",
            "godaddy-api-key", "godaddy-api-secret", "godaddy-api-ttl", "godaddy-api-ote", "godaddy-*",
            "google-project", "google-batch-change-size", "google-batch-change-interval", "google-zone-visibility", "google-*",
            "ibmcloud-config-file", "ibmcloud-proxied", "ibmcloud-*",
            "infoblox-grid-host", "infoblox-wapi-port", "infoblox-wapi-username", "infoblox-wapi-password",
            "infoblox-wapi-version", "infoblox-ssl-verify", "infoblox-view", "infoblox-max-results",
            "infoblox-fqdn-regex", "infoblox-name-regex", "infoblox-create-ptr", "infoblox-cache-duration", "infoblox-*",
            "ns1-endpoint", "ns1-ignoressl", "ns1-min-ttl", "ns1-*",
            "oci-config-file", "oci-compartment-ocid", "oci-zone-scope", "oci-auth-instance-principal",
            "oci-zones-cache-duration", "oci-*",
            "ovh-endpoint", "ovh-api-rate-limit", "ovh-enable-cname-relative", "ovh-*",
            "pdns-server", "pdns-server-id", "pdns-api-key", "pdns-tls-enabled", "pdns-skip-tls-verify", "pdns-*",
            "pihole-server", "pihole-password", "pihole-tls-skip-verify", "pihole-api-version", "pihole-*",
            "plural-cluster", "plural-provider", "plural-*",
            "rcodezero-txt-encrypt", "rcodezero-*", "rdns-root-domain", "rdns-*",
            "tencent-cloud-config-file", "tencent-cloud-zone-type", "tencent-cloud-*",
            "transip-account", "transip-keyfile", "transip-*",
            "ultradns-*", "vinyldns-*", "scaleway-*", "linode-*",
        ],
        whereabouts: OTHER,
    },
    Group {
        names: &[
            "rfc2136-host", "rfc2136-port", "rfc2136-zone", "rfc2136-insecure", "rfc2136-tsig-keyname",
            "rfc2136-tsig-secret-alg", "rfc2136-min-ttl", "rfc2136-batch-change-size", "rfc2136-use-tls",
        ],
        whereabouts: NAME_SERVERS,
    },
    Group {
        names: &["tls-ca", "tls-client-cert", "tls-client-cert-key"],
        whereabouts: Whereabouts::Moved(
            "give it to the provider that it is about, such as `rfc2136-webhook`, the provider for name servers, which has a flag \
             of this name",
        ),
    },
    Group {
        names: &["rfc2136-tsig-secret"],
        whereabouts: Whereabouts::Moved(
            "give it to `rfc2136-webhook`, the provider for name servers: in a file with `--tsig-key-file`, which nobody can \
             read off a command line",
        ),
    },
    Group {
        names: &["rfc2136-skip-tls-verify"],
        whereabouts: Whereabouts::NotBuilt(
            "`rfc2136-webhook`, the provider for name servers, looks at every certificate; say by whom it is with its `--tls-ca`, \
             or which key the server has with `--tls-pin`",
        ),
    },
    Group {
        names: &["rfc2136-axfr", "rfc2136-tsig-axfr"],
        whereabouts: Whereabouts::Moved(
            "leave it out; `rfc2136-webhook`, the provider for name servers, always reads zones by transfer, and has \
             `--rfc2136-unsigned-axfr` where those are allowed by address",
        ),
    },
    Group {
        names: &["rfc2136-create-ptr"],
        whereabouts: Whereabouts::Moved(
            "give `--create-ptr` and `--managed-record-types=PTR` here, and the reverse zones to `--rfc2136-zone` of \
             `rfc2136-webhook`, the provider for name servers",
        ),
    },
    Group {
        names: &[
            "rfc2136-gss-tsig", "rfc2136-kerberos-username", "rfc2136-kerberos-password", "rfc2136-kerberos-realm",
        ],
        whereabouts: Whereabouts::NotBuilt(
            "`rfc2136-webhook`, the provider for name servers, signs by a TSIG key and not by Kerberos; give it \
             `--tsig-key-file`",
        ),
    },
    Group {
        names: &["rfc2136-load-balancing-strategy"],
        whereabouts: Whereabouts::NotBuilt(
            "`rfc2136-webhook`, the provider for name servers, asks those of its `--rfc2136-host` in order; put the \
             primary first",
        ),
    },
    Group {
        names: &["rfc2136-*"],
        whereabouts: Whereabouts::Moved(
            "it is about name servers, whose provider is `rfc2136-webhook`; see its `--help` for what it takes",
        ),
    },
    Group {
        names: &["webhook-server"],
        whereabouts: Whereabouts::Moved("a provider is a process of its own; run `route53-webhook` for Route 53"),
    },
    Group {
        names: &["webhook-provider-read-header-timeout", "webhook-provider-idle-timeout"],
        whereabouts: SERVING,
    },
    Group {
        names: &["dynamodb-region", "dynamodb-table", "dynamodb-*", "crd-registry-namespace"],
        whereabouts: OWNERSHIP,
    },
    Group {
        names: &["provider-cache-time"],
        whereabouts: Whereabouts::NoEffect(
            "the sidecar keeps a snapshot of each zone, and the controller asks only for changes",
        ),
    },
    Group {
        names: &["txt-cache-interval"],
        whereabouts: Whereabouts::NoEffect("records are kept between syncs and patched by our own writes"),
    },
    Group {
        names: &["txt-new-format-only"],
        whereabouts: Whereabouts::NoEffect("only the new format is written"),
    },
    Group {
        names: &["crd-source-apiversion"],
        whereabouts: Whereabouts::NoEffect("DNSEndpoints are read as externaldns.k8s.io/v1alpha1"),
    },
    Group {
        names: &["crd-source-kind"],
        whereabouts: Whereabouts::NoEffect("DNSEndpoints are the only kind of this source"),
    },
    Group { names: &["kube-api-qps", "kube-api-burst"], whereabouts: REQUESTS },
    Group {
        names: &["traefik-disable-legacy"],
        whereabouts: Whereabouts::NoEffectWhenSet {
            why: "traefik.containo.us is read with `--traefik-enable-legacy` only",
            otherwise: "traefik.containo.us is read with `--traefik-enable-legacy`",
        },
    },
    Group {
        names: &["connector-source-server"],
        whereabouts: Whereabouts::NotBuilt(
            "the `connector` source is not supported; use DNSEndpoints and `--source=crd`",
        ),
    },
    Group {
        names: &["contour-load-balancer"],
        whereabouts: Whereabouts::NotBuilt(
            "it belonged to the source `contour-ingressroute`, whose kind Contour has given up; use \
             `--source=contour-httpproxy`, which reads the address in the status of each HTTPProxy",
        ),
    },
    Group {
        names: &["cf-api-endpoint", "cf-username", "cf-password"],
        whereabouts: Whereabouts::NotBuilt(
            "Cloud Foundry is not a source; use DNSEndpoints and `--source=crd`",
        ),
    },
    Group {
        names: &["istio-ingress-gateway"],
        whereabouts: Whereabouts::NotBuilt(
            "each Istio Gateway is answered by the Services that its selector names; leave it out",
        ),
    },
    Group {
        names: &["master"],
        whereabouts: Whereabouts::NotBuilt("it is called `--server`"),
    },
];
