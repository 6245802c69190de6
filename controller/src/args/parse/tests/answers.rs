//! What people have in their command lines who come from elsewhere, or mistype.

use super::*;

/// Every flag that a release of `ExternalDNS` from v0.10 to v0.22 has or had.
#[rustfmt::skip]
const FLAGS: &[&str] = &[
    "akamai-client-token", "akamai-edgerc-path", "alibaba-cloud-config-file",
    "alibaba-cloud-zone-type", "always-publish-not-ready-addresses", "annotation-filter",
    "annotation-prefix", "aws-api-retries", "aws-assume-role", "aws-assume-role-external-id",
    "aws-batch-change-interval", "aws-batch-change-size", "aws-batch-change-size-bytes",
    "aws-batch-change-size-values", "aws-evaluate-target-health", "aws-prefer-cname",
    "aws-profile", "aws-sd-create-tag", "aws-sd-service-cleanup", "aws-zone-match-parent",
    "aws-zone-tags", "aws-zone-type", "aws-zones-cache-duration", "azure-config-file",
    "azure-maxretries-count", "azure-resource-group", "azure-subscription-id",
    "azure-user-assigned-identity-client-id", "azure-zones-cache-duration",
    "batch-change-interval", "batch-change-size", "bluecat-config-file", "bluecat-gateway-host",
    "cf-api-endpoint", "cf-password", "cf-username", "cloudflare-custom-hostnames",
    "cloudflare-custom-hostnames-certificate-authority",
    "cloudflare-custom-hostnames-min-tls-version", "cloudflare-dns-records-per-page",
    "cloudflare-proxied", "cloudflare-record-comment", "cloudflare-region-key",
    "cloudflare-regional-services", "cloudflare-zones-per-page", "combine-fqdn-annotation",
    "compatibility", "connector-source-server", "contour-load-balancer", "coredns-prefix",
    "coredns-strictly-owned", "crd-registry-namespace", "crd-source-apiversion", "crd-source-kind",
    "create-ptr", "default-targets", "digitalocean-api-page-size", "domain-filter", "dry-run",
    "dyn-customer-name", "dynamodb-region", "dynamodb-table", "events", "events-emit",
    "exclude-domains", "exclude-record-types", "exclude-target-net", "exclude-unschedulable",
    "exoscale-apienv", "exoscale-apikey", "exoscale-apisecret", "exoscale-apizone",
    "exoscale-endpoint", "exoscale-zones-cache-duration", "expose-internal-ipv6",
    "force-default-targets", "fqdn-target-template", "fqdn-template", "gateway-label-filter",
    "gateway-listener-sets", "gateway-name", "gateway-namespace", "gloo-namespace",
    "godaddy-api-key", "godaddy-api-ote", "godaddy-api-secret", "godaddy-api-ttl",
    "google-batch-change-interval", "google-batch-change-size", "google-project",
    "google-zone-visibility", "ibmcloud-config-file", "ibmcloud-proxied",
    "ignore-hostname-annotation", "ignore-ingress-rules-spec", "ignore-ingress-tls-spec",
    "ignore-non-host-network-pods", "infoblox-grid-host", "infoblox-wapi-password",
    "ingress-class", "inmemory-zone", "interval", "istio-ingress-gateway", "kube-api-burst",
    "kube-api-qps", "kube-api-request-timeout", "kubeconfig", "label-filter",
    "listen-endpoint-events", "log-format", "log-level", "managed-record-types", "master",
    "metrics-address", "migrate-from-txt-owner", "min-event-sync-interval", "min-ttl", "namespace",
    "nat64-networks", "ns1-endpoint", "ns1-ignoressl", "ns1-min-ttl",
    "oci-auth-instance-principal", "oci-compartment-ocid", "oci-config-file", "oci-zone-scope",
    "oci-zones-cache-duration", "once", "openshift-router-name", "ovh-api-rate-limit",
    "ovh-enable-cname-relative", "ovh-endpoint", "pdns-api-key", "pdns-server", "pdns-server-id",
    "pdns-skip-tls-verify", "pdns-tls-enabled", "pihole-api-version", "pihole-password",
    "pihole-server", "pihole-tls-skip-verify", "plural-cluster", "plural-provider",
    "pod-source-domain", "policy", "prefer-alias", "provider", "provider-cache-time",
    "publish-host-ip", "publish-internal-services", "rcodezero-txt-encrypt", "rdns-root-domain",
    "regex-domain-exclusion", "regex-domain-filter", "registry", "request-timeout",
    "resolve-service-load-balancer-hostname", "rfc2136-axfr", "rfc2136-batch-change-size",
    "rfc2136-create-ptr", "rfc2136-gss-tsig", "rfc2136-host", "rfc2136-insecure",
    "rfc2136-kerberos-password", "rfc2136-kerberos-realm", "rfc2136-kerberos-username",
    "rfc2136-load-balancing-strategy", "rfc2136-min-ttl", "rfc2136-port",
    "rfc2136-skip-tls-verify", "rfc2136-tsig-axfr", "rfc2136-tsig-keyname", "rfc2136-tsig-secret",
    "rfc2136-tsig-secret-alg", "rfc2136-use-tls", "rfc2136-zone", "server", "service-type-filter",
    "skipper-routegroup-groupversion", "source", "target-net-filter", "target-template",
    "tencent-cloud-config-file", "tencent-cloud-zone-type", "tls-ca", "tls-client-cert",
    "tls-client-cert-key", "traefik-disable-legacy", "traefik-disable-new",
    "traefik-enable-legacy", "transip-account", "transip-keyfile", "txt-cache-interval",
    "txt-encrypt-aes-key", "txt-encrypt-enabled", "txt-new-format-only", "txt-owner-id",
    "txt-prefix", "txt-suffix", "txt-wildcard-replacement", "unstructured-resource",
    "webhook-provider-idle-timeout", "webhook-provider-max-body-size",
    "webhook-provider-read-header-timeout", "webhook-provider-read-timeout",
    "webhook-provider-url", "webhook-provider-write-timeout", "webhook-server", "zone-id-filter",
    "zone-name-filter",
];

#[test]
fn every_flag_of_external_dns_is_taken_or_answered() {
    let cli = Cli::command();
    let run = cli.find_subcommand("run").unwrap();
    for flag in FLAGS {
        let is_taken = run.get_arguments().any(|argument| argument.get_long() == Some(flag));
        let answer = unsupported::whereabouts(flag);
        assert!(is_taken != answer.is_some(), "--{flag}: {is_taken} {answer:?}");
        if is_taken {
            continue;
        }
        for word in [format!("--{flag}=x"), format!("--no-{flag}")] {
            match with(&["--source=service", "--policy=sync", &word], &[]) {
                Parsed::Usage(text) => {
                    assert!(text.contains(&format!("{flag}` ")), "{word}: {text}");
                    assert!(!text.contains("similar"), "{word}: {text}");
                }
                Parsed::Run(_, warnings, _) => {
                    assert!(warnings.concat().contains(&format!("{flag}` ")), "{warnings:?}");
                }
                Parsed::Print(text) => panic!("{word}: {text}"),
            }
        }
    }
}

#[test]
fn all_that_is_wrong_with_a_command_line_is_told_at_once() {
    let words = [
        "--source=services",
        "--source=ingress",
        "--source=crb",
        "--aws-zone-type=public",
        "--dynamodb-table",
        "names",
        "--pdns-server=http://x",
        "--provider=aws",
        "--managed-record-types=A,AB,ZZ",
        "--interval=72",
        "--log-format",
        "xml",
        "--policy=upsert",
        "--no-such-flag",
        "--controller=http://x",
        "--once=maybe",
        "--txt-owner-id=a",
        "--txt-owner-id=b",
        "--traefik-disable-legacy",
    ];
    let text = usage(&words, &[("EXTERNAL_DNS_AWS_PROFILE", "x"), ("EXTERNAL_DNS_MIN_TTL", "5")]);
    for told in [
        "17 things are wrong",
        "`--traefik-disable-legacy` has no effect",
        "did you mean `service`?",
        "did you mean `crd`?",
        "`--aws-zone-type` is not a flag of the controller: give it to `route53-webhook`",
        "`--dynamodb-table` is not supported",
        "`--pdns-server` is not a flag of the controller",
        "`EXTERNAL_DNS_AWS_PROFILE` is not a flag of the controller",
        "run `route53-webhook` beside this one",
        "'AB'",
        "'ZZ'",
        "'72'",
        "'xml'",
        "'upsert'",
        "'--no-such-flag'",
        "`--controller` belongs to `signpost explain`",
        "'maybe'",
        "'--txt-owner-id <ID>' cannot be used multiple times",
        "the value is from `EXTERNAL_DNS_MIN_TTL`",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("--help"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("  - ")).count(), 17, "{text}");
}

#[test]
fn a_program_that_writes_is_told_which_changes_may_be_made() {
    let text = usage(&["--source=service", "--txt-owner-id=me"], &[]);
    for told in ["--policy=upsert-only", "--policy=sync", "--policy=create-only", "v0.21", "1.21"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    // Told with everything else, and never besides a policy that is refused as such.
    let text = usage(&["--source=services", "--interval=5", "--policy=all"], &[]);
    assert!(text.starts_with("3 things") && !text.contains("is not set"), "{text}");
    let text = usage(&["--source=service", "--interval=5"], &[]);
    assert!(text.starts_with("2 things") && text.contains("`--policy` is not set"), "{text}");
    let said = [("EXTERNAL_DNS_POLICY", "create-only")];
    for words in [&["--source=service"][..], &["run", "--source=service", "--dry-run"]] {
        assert!(usage(words, &[]).contains("`--policy` is not set"), "{words:?}");
        assert!(matches!(with(words, &said), Parsed::Run(..)), "{words:?}");
    }
    for looks in [&["plan", "--source=service"][..], &["endpoints", "--source=service"], &["check"]]
    {
        assert!(matches!(with(looks, &[]), Parsed::Run(..)), "{looks:?}");
    }
}

#[test]
fn a_policy_that_cannot_be_followed_is_told_at_the_start() {
    let warned = |words: &[&str]| match with(words, &[]) {
        Parsed::Run(_, warnings, _) => warnings.concat(),
        other => panic!("{words:?}: {other:?}"),
    };
    let noop = ["--source=service", "--registry=noop"];
    for policy in ["--policy=sync", "--policy=upsert-only", "--policy=create,delete"] {
        let told = warned(&[&noop[..], &[policy]].concat());
        assert!(told.contains("nothing will be updated or deleted"), "{policy}: {told}");
        assert_eq!(warned(&[&noop[..], &[policy, "--allow-unowned-changes"]].concat()), "");
        assert_eq!(warned(&["--source=service", policy]), "");
    }
    assert_eq!(warned(&[noop[0], noop[1], "--policy=create-only"]), "");
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    for (words, told) in [
        (&["plna"][..], "did you mean `plan`?"),
        (&["endpoint"], "did you mean `endpoints`?"),
        (&["--source=services"], "did you mean `service`?"),
        (&["--source=httproute"], "did you mean `gateway-httproute`?"),
        (&["--source=DNSEndpoint"], "did you mean `crd`?"),
        (&["--source=contour-ingressroute"], "use `contour-httpproxy`"),
        (&["--source=service", "--policy=upsert_only"], "did you mean `upsert-only`?"),
        (&["--source=service", "--managed-record-types=CNAMEE"], "did you mean `CNAME`?"),
        (&["--source=service", "--exclude-record-types=TXTT"], "did you mean `TXT`?"),
        (&["--source=service", "--domain-filter=*.example.com"], "write `example.com`"),
        (&["--source=service", "--domian-filter=a.org"], "exists: '--domain-filter'"),
    ] {
        let text = usage(words, &[]);
        assert!(text.contains(told), "{words:?}: {text}");
    }
}

#[test]
fn what_means_the_opposite_is_never_offered() {
    for word in ["--traefik-disable-old", "--include-domains=a", "--traefik-enable-new"] {
        let text = usage(&["--source=service", word], &[]);
        assert!(!text.contains("similar"), "{text}");
    }
}

#[test]
fn commas_stand_between_values_where_none_can_be_part_of_one() {
    let args = run(
        &[
            "--source=service,ingress",
            "--source=crd",
            "--managed-record-types=A, ns",
            "--domain-filter=a.org,b.org",
            "--namespace=a,b",
            "--fqdn-template={{.Name}}.a.org,{{.Name}}.b.org",
            "--label-filter=app in (a,b)",
        ],
        &[("EXTERNAL_DNS_EXCLUDE_DOMAINS", "c.a.org,d.a.org\ne.a.org")],
    );
    assert_eq!(args.sources.source, ["service", "ingress", "crd"]);
    assert_eq!(args.transforms.managed_record_types, ["A", "NS"]);
    assert_eq!(args.domains.domain_filter, ["a.org", "b.org"]);
    assert_eq!(args.domains.exclude_domains, ["c.a.org", "d.a.org", "e.a.org"]);
    assert_eq!(args.sources.namespace, ["a", "b"]);
    assert_eq!(args.templates.fqdn_template.len(), 1);
    assert_eq!(args.sources.label_filter, "app in (a,b)");
    let file = "source: [service]\npolicy: sync\nmanaged-record-types: A,AAAA\n";
    let args = run_with_file(FILE, &[], file);
    assert_eq!(args.transforms.managed_record_types, ["A", "AAAA"]);
}

#[test]
fn a_type_of_record_that_does_not_exist_is_refused() {
    for value in ["AA", "A,AA", "ALIAS", "A NS", "A;NS"] {
        let word = format!("--managed-record-types={value}");
        let text = usage(&["--source=service", &word], &[]);
        assert!(text.contains("--managed-record-types"), "{value}: {text}");
    }
    for value in ["a", "A,", "HTTPS", "TLSA", "NAPTR"] {
        let word = format!("--managed-record-types={value}");
        let read = with(&["--source=service", "--policy=sync", &word], &[]);
        assert!(matches!(read, Parsed::Run(..)), "{value}");
    }
}

#[test]
fn a_value_that_can_match_nothing_is_refused_with_what_to_write() {
    let policy = "--policy=upsert-only";
    for (word, told) in [
        ("--namespace=*", "leave the flag out"),
        ("--namespace=${NS}", "placeholder"),
        ("--namespace=Team-A", "did you mean `team-a`?"),
        ("--namespace=a b", "commas between several"),
        ("--namespace=team_a", "no namespace can be called so"),
        ("--namespace=-a", "no namespace can be called so"),
        ("--gateway-namespace=Infra", "did you mean `infra`?"),
        ("--gloo-namespace=*", "leave the flag out"),
        ("--max-names-per-object=x", "a whole number such as `1000`"),
        ("--max-names-per-object=-1", "a whole number such as `1000`"),
        ("--min-ttl=596523h14m8s", "2147483647 seconds"),
    ] {
        let text = usage(&[policy, "--source=service", word], &[]);
        assert!(text.contains(told), "{word}: {text}");
    }
    let args = run(
        &[
            "--source=service",
            "--namespace=a, b-1,",
            "--managed-record-types=A,",
            "--min-ttl=596523h14m7s",
            "--max-names-per-object= 5 ",
        ],
        &[],
    );
    assert_eq!(args.sources.namespace, ["a", "b-1", ""]);
    assert_eq!(args.sources.max_names_per_object, 5);
}

#[test]
fn a_slip_before_the_subject_of_a_command_hides_neither() {
    for words in [
        &["explain", "--no-such", "www.example.com"][..],
        &["explain", "--no-such", "x", "www.example.com"],
        &["explain", "--cloudflare-proxied", "www.example.com"],
        &["explain", "--aws-zone-type", "public", "www.example.com"],
        &["history", "--no-such", "www.example.com"],
        &["approve", "--no-such", "0123456789ab"],
        &["rollback", "--interval", "1m", "3"],
        &["ownership", "adopt", "--no-such", "a.org", "b.org"],
        &["--no-such", "plan"],
    ] {
        let text = usage(&[words, &["--log-format=xml"]].concat(), &[]);
        let count = if words[0] == "--no-such" { 3 } else { 2 };
        assert!(text.starts_with(&format!("{count} things")), "{words:?}: {text}");
        assert!(!text.contains("required") && text.contains("'xml'"), "{words:?}: {text}");
    }
}

#[test]
fn a_flag_without_its_value_ends_no_list_of_what_is_wrong() {
    for words in [
        &["--source", "--interval=72", "--policy=all"][..],
        &["--interval=72", "--policy=all", "--source"],
        &["--interval=72", "--label-filter", "--policy=all"],
        &["--interval", "--policy=all", "--source=services"],
    ] {
        let text = usage(words, &[]);
        assert!(text.starts_with("3 things") && text.contains("'all'"), "{words:?}: {text}");
    }
}

#[test]
fn what_a_question_is_about_comes_from_the_question_alone() {
    let variables = [("EXTERNAL_DNS_NAMESPACE", "dns"), ("EXTERNAL_DNS_LOG_LEVEL", "debug")];
    let file = "namespace: dns\nsource: service\nlog-level: debug\n";
    for words in
        [&["status"][..], &["status", "--config=signpost.yaml"], &["--config", "x", "status"]]
    {
        match with_file(words, &variables, file) {
            Parsed::Run(cli, ..) => match cli.command {
                Command::Status(args) => {
                    assert_eq!(args.namespace, None);
                    assert_eq!(format!("{:?}", args.log.log_level), "Debug", "it is the program's");
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{words:?}: {other:?}"),
        }
    }
    assert_eq!(run(&["--source=service"], &variables).sources.namespace, ["dns"]);
}

/// Flags that have the name of one of `run` and are another thing: a new one is meant to be noticed.
#[test]
fn no_other_flag_of_a_command_has_the_name_of_one_of_run_and_means_something_else() {
    let cli = Cli::command();
    let run = cli.find_subcommand("run").unwrap();
    let outer = cli.get_subcommands();
    let all = outer.flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
    let others = all.flat_map(|command| {
        let flags = command.get_arguments().filter(|flag| !environment::is_config(flag, run));
        flags.filter_map(|flag| Some(format!("{} --{}", command.get_name(), flag.get_long()?)))
    });
    assert_eq!(others.collect::<Vec<_>>(), ["status --namespace"]);
}

#[test]
fn an_owner_id_that_nothing_has_filled_in_is_refused_by_every_command_that_takes_one() {
    for words in [
        &["run", "--policy=sync", "--source=service", "--txt-owner-id=$(CLUSTER)"][..],
        &["plan", "--source=service", "--txt-owner-id=$(CLUSTER)-dns"],
        &["check", "--txt-owner-id=$(CLUSTER)"],
        &[
            "run",
            "--policy=sync",
            "--source=service",
            "--txt-owner-id=me",
            "--migrate-from-txt-owner=$(CLUSTER)",
        ],
        &["ownership", "migrate", "--from-owner=$(CLUSTER)", "--txt-owner-id=me"],
    ] {
        let text = usage(words, &[]);
        assert!(text.contains("nothing has filled in `$(CLUSTER)`"), "{words:?}: {text}");
        assert!(text.contains("Kubernetes fills in `$(NAME)`"), "{words:?}: {text}");
    }
}
