//! Installations inside of something of another kind are found by what is ExternalDNS's in it, and what stands around
//! them holds what may be missing.

use super::*;

const W: &str =
    "--source=service --provider=aws --policy=sync --txt-owner-id=me --domain-filter=example.org";

const VALUES: &str = "{provider: {name: aws}, sources: [service], policy: sync, txtOwnerId: me, domainFilters: [example.org]}";

const IMAGE: &str = "registry.k8s.io/external-dns/external-dns:v0.15.0";

/// Returns texts that each hold one installation, and nothing else that may matter.
fn alone() -> Vec<String> {
    vec![
        format!("services:\n  dns: {{image: '{IMAGE}', command: {W}, restart: always}}"),
        format!(
            "services:\n  dns: {{image: '{IMAGE}', entrypoint: [/external-dns], command: {W}}}"
        ),
        format!("/usr/local/bin/external-dns \\\n  {W}"),
        format!("docker run --rm -v /x:/y --name external-dns {IMAGE} {W}"),
        format!(
            "- name: names\n  kubernetes.core.helm: {{name: external-dns, chart_ref: external-dns/external-dns, state: present, values: {VALUES}}}"
        ),
        format!(
            "{{apiVersion: helm.crossplane.io/v1beta1, kind: Release, metadata: {{name: dns}}, spec: {{forProvider: {{chart: {{name: external-dns, \
             repository: 'https://kubernetes-sigs.github.io/external-dns/'}}, namespace: dns, values: {VALUES}}}}}}}"
        ),
        format!(
            "jobs: {{a: {{definition: {{apiVersion: apps/v1, kind: Deployment, spec: {{template: {{spec: {{serviceAccountName: dns, \
                 containers: [{{name: x, image: '{IMAGE}', args: {}}}]}}}}}}}}}}}}",
            json!(words::split(W))
        ),
    ]
}

/// Returns texts that each hold one installation, and something that may set more.
fn surrounded() -> Vec<String> {
    vec![
        format!("services:\n  dns: {{image: '{IMAGE}', command: {W}, env_file: dns.env}}"),
        format!(
            "services:\n  dns: {{image: '{IMAGE}', command: {W}, environment: [EXTERNAL_DNS_LABEL_FILTER]}}"
        ),
        format!(
            "services:\n  dns: {{image: '{IMAGE}', command: {W}, environment: {{EXTERNAL_DNS_LABEL_FILTER: }}}}"
        ),
        format!("services:\n  dns: {{image: '{IMAGE}', command: {W}}}\n  x: {{image: y}}"),
        format!("[Service]\nEnvironmentFile=/etc/dns.env\nExecStart=/usr/bin/external-dns {W}"),
        format!(". /etc/dns.env\nexec external-dns {W}"),
        format!(
            "- kubernetes.core.helm: {{chart_ref: external-dns/external-dns, values_files: [x.yaml], values: {VALUES}}}"
        ),
        format!(
            "spec: {{resources: [{{base: {{spec: {{forProvider: {{chart: {{name: external-dns}}, values: {VALUES}}}}}}}, \
                 patches: [{{toFieldPath: 'spec.forProvider.values.labelFilter'}}]}}]}}"
        ),
        format!(
            "{{Tasks: [{{Config: {{image: '{IMAGE}', args: {}}}, Env: {{EXTERNAL_DNS_LABEL_FILTER: a=b}}}}]}}",
            json!(words::split(W))
        ),
    ]
}

#[test]
fn an_installation_is_found_inside_of_whatever_holds_it() {
    for text in alone().into_iter().chain(surrounded()) {
        let made = made(&text);
        for word in ["--source=service", "--txt-owner-id=me"] {
            assert!(made.controller.contains(&word.to_owned()), "{word}: {text}: {made:#?}");
        }
        let filters = made.values["domainFilters"].to_string();
        assert!(filters.contains("example.org"), "{text}: {made:#?}");
    }
}

#[test]
fn where_nothing_else_can_matter_deletions_go_on() {
    for text in alone() {
        let made = made(&text);
        assert!(made.heaviest() <= Some(Weight::Changed), "{text}: {made:#?}");
        assert_eq!(made.values["policy"], "sync", "{text}: {made:#?}");
    }
}

#[test]
fn what_stands_around_an_installation_holds_deletions_and_filters() {
    for text in surrounded() {
        let made = made(&text);
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}: {made:#?}");
        assert_eq!(made.values["policy"], "upsert-only", "{text}: {made:#?}");
        let filters = made.values["domainFilters"].to_string();
        assert!(filters.contains(crate::args::OPEN), "{text}: {made:#?}");
    }
}

#[test]
fn of_several_installations_each_other_one_is_told() {
    let release = |owner: &str| {
        format!(
            "apiVersion: helm.crossplane.io/v1beta1\nkind: Release\nmetadata: {{name: {owner}}}\nspec: {{forProvider: {{chart: {{name: external-dns}}, \
             values: {{provider: {{name: aws}}, txtOwnerId: {owner}}}}}}}\n"
        )
    };
    let run = |owner: &str| {
        format!("docker run {IMAGE} --source=service --provider=aws --txt-owner-id={owner}\n")
    };
    for text in [
        format!("{}---\n{}", release("me"), release("other")),
        format!(
            "services: {{a: {{image: '{IMAGE}', command: {W}}}, b: {{image: '{IMAGE}', command: {W}}}}}"
        ),
        run("me") + &run("other"),
        format!("{{provider: {{name: aws}}, txtOwnerId: me}}\n---\n{}", release("other")),
    ] {
        let made = made(&text);
        assert_eq!(made.values["txtOwnerId"], "me", "{text}: {made:#?}");
        let told =
            made.remarks.iter().any(|remark| remark.text.contains("an installation of its own"));
        assert!(told, "{text}: {made:#?}");
    }
}

#[test]
fn what_only_names_external_dns_is_none() {
    for text in [
        "kubectl rollout restart deploy/external-dns --namespace=dns",
        "docker rm external-dns --force",
        "kubectl logs deploy/external-dns --since=5m",
        "; ExecStart=/usr/bin/external-dns --source=service --provider=aws",
        "[{kubernetes.core.helm: {chart_ref: external-dns/external-dns, state: absent, values: {txtOwnerId: old}}}]",
        "{charts: [{chartname: stakater/reloader, namespace: external-dns, values: 'reloader: {}'}]}",
    ] {
        assert!(convert(text).is_err(), "{text}: {:#?}", convert(text));
    }
}

#[test]
fn a_file_of_another_tool_with_a_key_of_ours_is_none_of_values() {
    let pulumi = format!(
        "{{name: x, runtime: yaml, resources: {{dns: {{type: 'kubernetes:helm.sh/v3:Release', properties: {{chart: external-dns, values: {VALUES}}}}}}}}}"
    );
    let made = made(&pulumi);
    assert_eq!(made.values["txtOwnerId"], "me", "{made:#?}");
    assert!(!made.values.contains_key("resources"), "{made:#?}");
}

#[test]
fn values_that_a_template_makes_are_not_judged() {
    for inner in ["txtOwnerId: '{{ cluster }}'", "annotationFilter: 'a in ({{ x }})'"] {
        let text = format!(
            "[{{kubernetes.core.helm: {{chart_ref: external-dns/external-dns, values: {{provider: {{name: aws}}, policy: sync, {inner}}}}}}}]"
        );
        let made = made(&text);
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
        assert_eq!(made.values["policy"], "upsert-only", "{made:#?}");
        assert!(made.to_string().contains(crate::args::OPEN), "{made:#?}");
    }
}

#[test]
fn a_kind_that_is_not_known_is_told_with_the_place_that_names_external_dns() {
    for (text, place) in [
        (
            "{apiVersion: operator.example.org/v1, kind: Platform, metadata: {name: p}, spec: {addons: [{name: external-dns}]}}",
            "`spec.addons[0].name`",
        ),
        (
            "{apiVersion: k0s.k0sproject.io/v1beta1, kind: ClusterConfig, spec: {extensions: {helm: {charts: [{chartname: external-dns/external-dns}]}}}}",
            "`spec.extensions.helm.charts[0].chartname`",
        ),
    ] {
        let error = convert(text).unwrap_err();
        assert!(error.contains(place), "{error}");
        assert!(error.contains("signpost convert"), "{error}");
    }
    let operator = "{apiVersion: externaldns.olm.openshift.io/v1beta1, kind: ExternalDNS, metadata: {name: aws}, spec: {}}";
    let error = convert(operator).unwrap_err();
    assert!(error.contains("external-dns-aws"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn how_deep_an_installation_stands_does_not_matter(keys in proptest::collection::vec("[a-z]{1,5}", 0..6)) {
        let inner = json!({"image": "example.org/mirror/external-dns:1", "args": ["--source=service", "--provider=aws",
            "--policy=sync", "--txt-owner-id=me"]});
        let whole = keys.iter().rev().fold(inner, |inner, key| json!({key: inner, "other": 1}));
        let made = made(&json!({"unheard": whole}).to_string());
        prop_assert_eq!(&made.values["txtOwnerId"], "me");
        prop_assert_eq!(&made.values["policy"], if keys.is_empty() { "sync" } else { "upsert-only" });
    }
}

#[test]
fn a_command_of_helm_that_yaml_folds_is_read_as_one() {
    let words = [
        "upgrade --install external-dns x/external-dns",
        "--set provider.name=aws --set policy=sync",
        "--set txtOwnerId=me --set logLevel=debug",
    ];
    let lines = |end: &str, indent: &str| words.join(&format!("{end}\n{indent}"));
    for text in [
        format!("steps:\n- run: >-\n    helm {}\n", lines("", "    ")),
        format!("steps:\n- run: >-\n    helm\n    {}\n", lines("", "    ")),
        format!("steps:\n- run: >-\n    helm {}\n", lines(" \\", "    ")),
        format!("steps:\n- run: helm {}\n", lines("", "    ")),
        format!("steps:\n- run: |\n    set -e\n    helm {}\n", lines(" \\", "    ")),
    ] {
        let made = made(&text);
        assert_eq!(
            (&made.values["policy"], &made.values["txtOwnerId"]),
            (&json!("sync"), &json!("me")),
            "{text}\n{made}"
        );
        assert_eq!(made.values["logLevel"], "debug", "{text}\n{made}");
    }
}
