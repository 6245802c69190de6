//! Installations inside of something of another kind are found by what is ExternalDNS's in it.

use super::*;

const COMPOSE: &str = "
services:
  traefik: {image: 'traefik:v3', command: [--api]}
  dns:
    image: registry.k8s.io/external-dns/external-dns:v0.15.0
    command: --source=service --provider=aws --policy=sync --txt-owner-id=me --domain-filter=example.org
    environment: {AWS_REGION: eu-central-1}
";

const UNIT: &str = "
[Unit]
Description=external-dns
[Service]
ExecStart=/usr/local/bin/external-dns --source=service --provider=aws \\
  --policy=sync --txt-owner-id=me --domain-filter=example.org
Restart=always
";

const SCRIPT: &str = "#!/bin/sh
set -e
docker run --rm -v /x:/y registry.k8s.io/external-dns/external-dns:v0.15.0 --source=service --provider=aws --policy=sync --txt-owner-id=me --domain-filter=example.org
";

const TASK: &str = "
- name: names
  kubernetes.core.helm:
    name: external-dns
    chart_ref: external-dns/external-dns
    release_namespace: dns
    release_values: {provider: {name: aws}, sources: [service], policy: sync, txtOwnerId: me, domainFilters: [example.org]}
";

const CROSSPLANE: &str = "
apiVersion: helm.crossplane.io/v1beta1
kind: Release
metadata: {name: dns}
spec:
  forProvider:
    chart: {name: external-dns, repository: 'https://kubernetes-sigs.github.io/external-dns/', version: 1.15.0}
    namespace: dns
    values: {provider: {name: aws}, sources: [service], policy: sync, txtOwnerId: me, domainFilters: [example.org]}
";

const ADD_ON: &str = "
apiVersion: addons.cluster.x-k8s.io/v1alpha1
kind: HelmChartProxy
metadata: {name: dns}
spec:
  clusterSelector: {}
  chartName: external-dns
  repoURL: https://kubernetes-sigs.github.io/external-dns/
  valuesTemplate: |
    provider: {name: aws}
    sources: [service]
    policy: sync
    txtOwnerId: me
    domainFilters: [example.org]
";

#[test]
fn an_installation_is_found_inside_of_whatever_holds_it() {
    for text in [COMPOSE, UNIT, SCRIPT, TASK, CROSSPLANE, ADD_ON] {
        let made = made(text);
        assert!(made.heaviest() <= Some(Weight::Note), "{text}: {made:#?}");
        for word in ["--source=service", "--policy=sync", "--txt-owner-id=me"] {
            assert!(made.controller.contains(&word.to_owned()), "{word}: {text}: {made:#?}");
        }
        let told = made.remarks.iter().any(|remark| remark.text.contains("not looked at"));
        assert!(told, "{text}: {made:#?}");
    }
}

#[test]
fn what_stands_beside_the_values_and_is_not_known_is_told_and_holds_deletions() {
    let text = CROSSPLANE.replace(
        "    namespace: dns",
        "    set: [{name: policy, value: sync}]\n    patchesFrom: [{configMapKeyRef: {name: x}}]",
    );
    let made = made(&text);
    for place in ["spec.forProvider.set", "spec.forProvider.patchesFrom"] {
        assert_eq!(said(&made, place).len(), 1, "{place}: {made:#?}");
    }
    assert_eq!(made.heaviest(), Some(Weight::Refused));
}

#[test]
fn values_that_a_template_makes_are_not_judged() {
    let made =
        made(&ADD_ON.replace("domainFilters: [example.org]", "{{ .Cluster.metadata.name }}: x"));
    assert_eq!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
    assert!(made.to_string().contains(crate::args::OPEN), "{made:#?}");
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
    }
}
