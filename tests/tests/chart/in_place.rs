//! A release of another chart becomes one of ours and goes back, on a real API server; or it is refused untouched.

use std::path::Path;

use e2e::cluster::Cluster;
use e2e::kube_apiserver;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::Api;

use crate::helm::{Helm, chart, helm};

/// A chart with what matters of ExternalDNS's: its names, labels and selector.
const PEER: &str = r#"
{{- $name := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-external-dns" .Release.Name) (contains "external-dns" .Release.Name)) }}
{{- $labels := dict "helm.sh/chart" "external-dns-1.15.0" "app.kubernetes.io/name" "external-dns" "app.kubernetes.io/instance" .Release.Name }}
{{- $selector := omit $labels "helm.sh/chart" }}
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ $name }}, namespace: {{ .Release.Namespace }}, labels: {{ toJson $labels }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ $name }}, labels: {{ toJson $labels }}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ $name }}, namespace: {{ .Release.Namespace }}, labels: {{ toJson $labels }}}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {{ toJson $selector }}}
  template:
    metadata: {labels: {{ toJson $selector }}}
    spec:
      serviceAccountName: {{ $name }}
      containers: [{name: external-dns, image: "registry.example.com/external-dns:v0.15.0", args: [--source=service]}]
"#;

/// Runs helm against a cluster; returns what it complains about when it fails.
fn run(helm: &Helm, kubeconfig: &Path, words: &[&str]) -> Result<(), String> {
    let kubeconfig = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let output = helm.run(&[words, &kubeconfig].concat(), "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// Returns the names of the containers of a Deployment.
async fn containers(cluster: &Cluster, namespace: &str, name: &str) -> Vec<String> {
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().clone(), namespace);
    let pod = deployments.get(name).await.unwrap().spec.unwrap().template.spec.unwrap();
    pod.containers.into_iter().map(|container| container.name).collect()
}

#[tokio::test]
async fn an_upgrade_works_both_ways_or_is_refused_before_anything_changes() {
    let (Some(helm), Some(server)) = (helm(), kube_apiserver::shared().await.unwrap()) else {
        return;
    };
    let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    let peer = tempfile::tempdir().unwrap();
    std::fs::create_dir(peer.path().join("templates")).unwrap();
    std::fs::write(
        peer.path().join("Chart.yaml"),
        "{apiVersion: v2, name: external-dns, version: 1.15.0}",
    )
    .unwrap();
    std::fs::write(peer.path().join("templates/all.yaml"), PEER).unwrap();
    let (peer, ours) = (peer.path().to_str().unwrap(), chart());
    let ours = ours.to_str().unwrap();
    let helm = |words: &[&str]| run(&helm, &server.kubeconfig, words);
    let set = ["--set", "policy=upsert-only"];
    let accounts = |namespace: &str| -> Api<ServiceAccount> {
        Api::namespaced(cluster.client().clone(), namespace)
    };
    let roles: Api<ClusterRole> = Api::all(cluster.client().clone());

    let (release, place) = ("external-dns", ["--namespace", "in-place"]);
    helm(&[&["install", release, peer, "--create-namespace"], &place[..]].concat()).unwrap();
    let account = accounts("in-place").get(release).await.unwrap().metadata.uid;
    helm(&[&["upgrade", release, ours], &place[..], &set].concat()).unwrap();
    assert_eq!(containers(&cluster, "in-place", release).await, ["signpost", "webhook"]);
    assert_eq!(
        accounts("in-place").get(release).await.unwrap().metadata.uid,
        account,
        "IAM trusts it"
    );
    assert!(roles.get_opt("in-place:external-dns").await.unwrap().is_some());
    helm(&[&["rollback", release, "1"], &place[..]].concat()).unwrap();
    assert_eq!(containers(&cluster, "in-place", release).await, ["external-dns"]);
    assert!(roles.get_opt("external-dns").await.unwrap().is_some());

    for (release, name, more, told) in [
        (
            "x",
            "x",
            &["--set", "fullnameOverride=x"][..],
            "the Deployment x that runs finds its pods by",
        ),
        (
            "dns",
            "dns-external-dns",
            &[],
            "the release has the Deployment dns-external-dns of ExternalDNS's chart",
        ),
    ] {
        helm(&[&["install", release, peer], &place[..], more].concat()).unwrap();
        let upgrade = [&["upgrade", release, ours], &place[..], &set, more].concat();
        let said = helm(&upgrade).unwrap_err();
        assert!(said.contains(told) && said.contains("nameOverride: external-dns"), "{said}");
        assert_eq!(containers(&cluster, "in-place", name).await, ["external-dns"]);
        let rules = roles.get(name).await.unwrap().rules.unwrap();
        assert_eq!(rules[0].resources.as_deref(), Some(&["pods".to_owned()][..]), "{name}");
        // What the message says works.
        helm(&[&upgrade[..], &["--set", "nameOverride=external-dns"]].concat()).unwrap();
        assert_eq!(containers(&cluster, "in-place", name).await, ["signpost", "webhook"]);
    }

    for namespace in ["twin-a", "twin-b"] {
        helm(
            &[&["install", "twin", ours, "--create-namespace", "--namespace", namespace], &set[..]]
                .concat(),
        )
        .unwrap();
    }
    // An upgrade of our own release is one.
    helm(
        &[&["upgrade", "twin", ours, "--namespace", "twin-a"], &set[..], &["--set", "interval=5m"]]
            .concat(),
    )
    .unwrap();
}
