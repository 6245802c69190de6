//! Values that cannot work are refused before anything is installed, with what to do instead.

use crate::helm::helm;

/// Values and a part of the answer.
const REFUSED: &[(&str, &str)] = &[
    // Keys that are not known, at every depth.
    (
        "{txtOwnerId: me, zoneIdFilters: [Z1]}",
        "zoneIdFilters: is of Bitnami's chart; here it is `zone-id-filter` in provider.webhook.args",
    ),
    ("{txtOwnerId: me, image: {registry: x}}", "image.registry: is of Bitnami's chart"),
    (
        "{txtOwnerId: me, provider: {webhook: {image: {name: x}}}}",
        "provider.webhook.image.name: there is no such key in this chart; in provider.webhook.image there are",
    ),
    ("{txtOwnerId: me, livenessProbe: {http: {}}}", "livenessProbe.http: there is no such key"),
    (
        "{txtOwnerId: me, env: [{name: A, values: b}]}",
        "env[0].values: there is no such key in this chart; did you mean `value`?",
    ),
    (
        "{txtOwnerId: me, provider: {webhook: {securityContext: {root: 1}}}}",
        "provider.webhook.securityContext.root: there is no such key",
    ),
    // Values that make no sense.
    ("{txtOwnerId: me, policy: everything}", "policy: `everything` has to be sync, upsert-only"),
    ("{txtOwnerId: me, registry: dynamodb}", "registry: ownership is kept in TXT records"),
    ("{txtOwnerId: me, sources: []}", "sources: there is none"),
    ("{txtOwnerId: me, sources: [services]}", "did you mean `service`?"),
    ("{txtOwnerId: me, interval: 60}", "interval: `60` is a number, and has to be a text"),
    (
        "{txtOwnerId: me, interval: 1 minute}",
        "interval: `1 minute` has to be a duration such as 1m30s",
    ),
    ("{txtOwnerId: me, serviceAccount: []}", "serviceAccount: `[]` is a list, and has to be a map"),
    (
        "{txtOwnerId: me, tolerations: {a: b}}",
        "tolerations: `{\"a\":\"b\"}` is a map, and has to be",
    ),
    ("{txtOwnerId: me, sources: {}}", "sources: there is none"),
    ("{txtOwnerId: me, replicaCount: -1}", "replicaCount: -1 has to be at least 0"),
    ("{txtOwnerId: me, leaderElection: {leaseDuration: 15}}", "leaderElection.leaseDuration"),
    ("{txtOwnerId: me, logLevel: verbose}", "logLevel: `verbose` is none of"),
    (
        "{txtOwnerId: me, annotationPrefix: example.com}",
        "annotationPrefix: `example.com` has to end in a slash",
    ),
    ("{txtOwnerId: me, provider: google}", "`google` is built into ExternalDNS"),
    ("{txtOwnerId: me, provider: {name: google}}", "`google` is built into ExternalDNS"),
    ("{txtOwnerId: me, extraArgs: {--dry-run: true}}", "write it without dashes"),
    (
        "{txtOwnerId: me, prometheusRule: {disabled: [Down]}}",
        "prometheusRule.disabled[0]: `Down` is none of",
    ),
    // Values that contradict each other, or lack one.
    (
        "{txtOwnerId: me, replicaCount: 2, leaderElection: {enabled: false}}",
        "replicaCount is more than 1 without leader election",
    ),
    (
        "{txtOwnerId: me, replicaCount: 2, extraArgs: {leader-elect: false}}",
        "replicaCount is more than 1 without leader election",
    ),
    (
        "{txtOwnerId: me, state: {volume: {emptyDir: {}}, configMap: {enabled: true}}}",
        "state.volume and state.configMap.enabled exclude each other",
    ),
    ("{}", "txtOwnerId is not set. policy `sync` deletes records"),
    ("{policy: 'create,delete'}", "txtOwnerId is not set. policy `create,delete` deletes records"),
    ("{txtOwnerId: default}", "two of them delete each other's records"),
    ("{txtOwnerId: me, txtPrefix: a, txtSuffix: b}", "txtPrefix and txtSuffix exclude each other"),
    ("{txtOwnerId: me, provider: {name: webhook}}", "provider.webhook.image.repository"),
    ("{txtOwnerId: me, provider: {mode: external}}", "provider.url"),
    ("{txtOwnerId: me, provider: {url: 'http://x'}}", "only for provider.mode `external`"),
    (
        "{txtOwnerId: me, provider: {mode: deployment, webhook: {unixSocket: true}}}",
        "provider.webhook.unixSocket needs provider.mode `sidecar`",
    ),
    ("{txtOwnerId: me, provider: {mode: deployment}}", "provider.deployment.token.secretName"),
    // What is hidden on the way may still come from anyone.
    (
        "{txtOwnerId: me, provider: {mode: deployment, deployment: {tls: {secretName: a}}}}",
        "that of the provider alone hides what is said and keeps nobody out",
    ),
    (
        "{txtOwnerId: me, provider: {mode: deployment, deployment: {tls: {clientSecretName: a}}}}",
        "name the Secret with the provider's with provider.deployment.tls.secretName",
    ),
    (
        "{txtOwnerId: me, namespaced: true, rbac: {tokenReviews: true}}",
        "allow a ClusterRole for just that with rbac.clusterRole=true",
    ),
    ("{txtOwnerId: me, extraArgs: {aws-zone-type: public}}", "move it to provider.webhook.args"),
    ("{txtOwnerId: me, extraArgs: [--aws-prefer-cname]}", "move it to provider.webhook.args"),
    ("{txtOwnerId: me, env: [{name: AWS_REGION, value: x}]}", "move it to provider.webhook.env"),
    ("{txtOwnerId: me, extraArgs: {metrics-address: ':1'}}", "use the port 7979"),
    // Name servers.
    ("{txtOwnerId: me, provider: rfc2136}", "provider.rfc2136.zones: there is none"),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], insecure: true}}}",
        "provider.rfc2136.hosts: zone `a.org` has no name server",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], hosts: [ns]}}}",
        "provider.rfc2136.keys.secretName: there is no key to sign with",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], hosts: [ns], keys: {name: k}}}}",
        "provider.rfc2136.keys.name: key `k` has no secret",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org, a.org], hosts: [ns], insecure: true}}}",
        "provider.rfc2136.zones: a zone is there twice",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], hosts: [ns], insecure: true, zoneHosts: {b.org: [x]}}}}",
        "provider.rfc2136.zoneHosts: `b.org` is none of provider.rfc2136.zones",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], hosts: [ns], insecure: true, keys: {secretName: s}}}}",
        "provider.rfc2136.insecure signs nothing, and there is a key",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, webhook: {args: [--rfc2136-tsig-secret=c2VjcmV0]}}}",
        "`--rfc2136-tsig-secret` would stand in the release",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, webhook: {args: [--aws-zone-type=public]}}}",
        "provider.webhook.args: `--aws-zone-type` there is no such flag",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, webhook: {image: {repository: route53-webhook}}}}",
        "`route53-webhook` is not `rfc2136-webhook`, the provider of provider.name `rfc2136`",
    ),
    ("{txtOwnerId: me, provider: {rfc2136: {zones: [a.org]}}}", "nothing else reads it"),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, mode: external, url: 'http://x', rfc2136: {hosts: [ns]}}}",
        "a provider with mode `external` has its own settings",
    ),
    (
        "{txtOwnerId: me, provider: {name: rfc2136, aws: {region: eu-central-1}}}",
        "provider.aws is for provider.name `aws`",
    ),
    ("{txtOwnerId: me, extraArgs: {rfc2136-host: ns}}", "move it to provider.webhook.args"),
];

/// Values that look like the ones above and work.
const TAKEN: &[&str] = &[
    "{policy: upsert-only}",
    "{txtOwnerId: me, provider: aws}",
    "{txtOwnerId: me, sources: [], extraArgs: {source: [crd]}}",
    "{policy: 'create,update'}",
    "{txtOwnerId: me, replicaCount: 0}",
    "{txtOwnerId: me, leaderElection: {enabled: true}}",
    "{registry: noop}",
    // Nothing, written as the other kind of nothing.
    "{txtOwnerId: me, extraContainers: {}, initContainers: {}, tolerations: {}, env: {}}",
    "{txtOwnerId: me, nodeSelector: [], podLabels: [], provider: {webhook: {args: {}, env: {}}}}",
    "{extraArgs: {txt-owner-id: me}}",
    "{env: [{name: EXTERNAL_DNS_TXT_OWNER_ID, value: me}]}",
    "{envFrom: [{secretRef: {name: owner}}]}",
    "{txtOwnerId: default, extraArgs: {allow-default-owner: true}}",
    "{txtOwnerId: me, provider: {mode: deployment, deployment: {token: {secretName: a}}}}",
    "{txtOwnerId: me, provider: {mode: deployment, deployment: {allowAnyone: true}}}",
    "{txtOwnerId: me, provider: {mode: deployment, webhook: {args: [--listen-token-file, /a]}}}",
    "{txtOwnerId: me, provider: {mode: deployment, \
     webhook: {env: [{name: EXTERNAL_DNS_LISTEN_TOKEN_FILE, value: /a}]}}}",
    "{txtOwnerId: me, namespaced: true, rbac: {tokenReviews: true, clusterRole: true}}",
    "{txtOwnerId: me, livenessProbe: null, podSecurityContext: null}",
    "{txtOwnerId: me, interval: 1h30m, global: {region: x}, enabled: true}",
    "{txtOwnerId: me, annotationPrefix: example.com/}",
    "{txtOwnerId: me, extraArgs: [--dry-run], provider: {webhook: {args: {dry-run: true}}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], hosts: [ns], insecure: true}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, rfc2136: {zones: [a.org], zoneHosts: {a.org: [ns]}, keys: {secretName: s}}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, mode: deployment, deployment: {token: {secretName: t}}, rfc2136: {zones: [a.org], hosts: [ns], keys: {secretName: s}}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, webhook: {args: {rfc2136-zone: [a.org], rfc2136-host: ns, rfc2136-insecure: true}}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, webhook: {envFrom: [{secretRef: {name: settings}}]}}}",
    "{txtOwnerId: me, provider: {name: rfc2136, mode: external, url: 'http://x'}}",
];

#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let Some(helm) = helm() else { return };
    for (values, expected) in REFUSED {
        match helm.render(values) {
            Ok(_) => panic!("these values are taken: {values}"),
            Err(said) => assert!(said.contains(expected), "{values}: {said}"),
        }
    }
}

#[test]
fn values_that_do_not_say_what_may_be_changed_are_asked() {
    let Some(helm) = helm() else { return };
    for values in ["{}", "{txtOwnerId: me}", "{txtOwnerId: me, policy: null}"] {
        let said = helm.render_with(&[], values).unwrap_err();
        for told in ["policy is not set", "upsert-only", "sync", "create-only", "up to 1.21"] {
            assert!(said.contains(told), "{values}: {said}");
        }
    }
    for values in [
        "{policy: upsert-only}",
        "{extraArgs: {policy: upsert-only}}",
        "{txtOwnerId: me, extraArgs: [--policy, sync]}",
        "{env: [{name: EXTERNAL_DNS_POLICY, value: create-only}]}",
    ] {
        let rendered = helm.render_with(&[], values);
        assert!(rendered.is_ok(), "{values}: {}", rendered.unwrap_err());
    }
}

#[test]
fn what_can_work_is_taken() {
    let Some(helm) = helm() else { return };
    for values in TAKEN {
        let rendered = helm.render(values);
        assert!(rendered.is_ok(), "{values}: {}", rendered.unwrap_err());
    }
}
