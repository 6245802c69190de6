//! The chart on a real API server: every object is accepted, and the rights suffice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use e2e::cluster::Cluster;
use e2e::faulty::Faulty;
use e2e::kube_apiserver;
use e2e::patience::eventually;
use e2e::world::Controller;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

use crate::FOREIGN;
use crate::helm::{Helm, NAMESPACE, RELEASE, chart, examples, helm};

/// Installs the chart as people do, and returns what helm then says.
fn install(helm: &Helm, kubeconfig: &Path, namespace: &str, values: &str) -> String {
    let chart = chart();
    let arguments = ["install", RELEASE, chart.to_str().unwrap(), "--namespace", namespace];
    let further = ["--create-namespace", "--kubeconfig", kubeconfig.to_str().unwrap()];
    let output = helm.run(&[&arguments[..], &further[..], &["--values", "-"]].concat(), values);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{values}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the arguments of the controller that is installed, and a kubeconfig of its account.
async fn installed(cluster: &Cluster, namespace: &str, folder: &Path) -> (Vec<String>, PathBuf) {
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().clone(), namespace);
    let pod = deployments.get(RELEASE).await.unwrap().spec.unwrap().template.spec.unwrap();
    let container =
        pod.containers.into_iter().find(|container| container.name == "signpost").unwrap();
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client().clone(), namespace);
    let request = TokenRequest { spec: TokenRequestSpec::default(), ..TokenRequest::default() };
    let account = pod.service_account_name.unwrap();
    let answer =
        accounts.create_token_request(&account, &PostParams::default(), &request).await.unwrap();
    let token = answer.status.unwrap().token;
    let text = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
    let mut config: Value = e2e::cluster::documents(&text).unwrap().remove(0);
    config["users"][0]["user"] = json!({ "token": token });
    let path = folder.join(format!("kubeconfig-{namespace}"));
    std::fs::write(&path, config.to_string()).unwrap();
    (container.args.unwrap(), path)
}

/// Starts a controller with what the chart gives it.
fn start(provider: &Faulty, arguments: &[String], kubeconfig: &Path) -> Controller {
    let kubeconfig = format!("--kubeconfig={}", kubeconfig.display());
    // The provider of the test is not in the pod.
    let is_ours = |word: &&str| !word.starts_with("--webhook-provider-url");
    let mut words: Vec<&str> = arguments.iter().map(String::as_str).filter(is_ours).collect();
    words.push(&kubeconfig);
    Controller::start(&provider.url(), &words, None).unwrap()
}

async fn ask(cluster: &Cluster, namespace: &str) {
    let name = |app: &str| format!("{app}.{namespace}.example.com");
    let annotated = |kind: &str| json!({ "external-dns.kubernetes.io/hostname": name(kind) });
    for object in [
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": "web", "annotations": annotated("service") },
            "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
            "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } },
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": { "name": "web" },
            "spec": {
                "rules": [{ "host": name("ingress") }],
                "defaultBackend": { "service": { "name": "web", "port": { "number": 80 } } },
            },
            "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.2" }] } },
        }),
        json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": { "name": "web" },
            "spec": { "endpoints": [{
                "dnsName": name("crd"), "recordType": "A", "targets": ["192.0.2.3"],
            }] },
        }),
    ] {
        cluster.apply(&object, namespace).await.unwrap();
    }
}

/// Returns the status of the `DNSEndpoint` that [`ask`] applied.
async fn status(cluster: &Cluster, namespace: &str) -> Value {
    let kind = GroupVersionKind::gvk("externaldns.k8s.io", "v1alpha1", "DNSEndpoint");
    let resource = ApiResource::from_gvk(&kind);
    let endpoints: Api<DynamicObject> =
        Api::namespaced_with(cluster.client().clone(), namespace, &resource);
    endpoints.get("web").await.unwrap().data["status"].clone()
}

/// Returns the names that are published, without ownership records.
fn published(provider: &Faulty) -> Vec<String> {
    let held = provider.memory.dump();
    let addresses =
        held.iter().filter(|endpoint| endpoint.record_type == external_dns_webhook::RecordType::A);
    addresses.map(|address| address.dns_name.to_string()).collect()
}

async fn publishes(provider: &Faulty, expected: &[&str]) {
    let seen = || async { published(provider) };
    eventually("what is published", seen, |found| found == expected).await;
}

#[tokio::test]
async fn every_object_is_accepted_by_a_real_api_server() {
    let (Some(helm), Some(server)) = (helm(), kube_apiserver::shared().await.unwrap()) else {
        return;
    };
    let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    for namespace in [NAMESPACE, "names", "team-a", "team-b"] {
        cluster.namespace(namespace).await.unwrap();
    }
    for (name, values) in examples() {
        for mut object in helm.objects(&values).0 {
            if FOREIGN.iter().any(|kind| object["kind"] == *kind) {
                continue;
            }
            // The examples share names, and some things about an object can never change.
            let own = object["metadata"]["name"].as_str().unwrap();
            object["metadata"]["name"] = json!(format!("{own}-{name}"));
            let shown = object.to_string();
            let applied = cluster.apply(&object, NAMESPACE).await;
            assert!(applied.is_ok(), "{name}: {:#}: {shown}", applied.unwrap_err());
        }
    }
}

#[tokio::test]
async fn an_installed_release_has_the_rights_that_it_needs_and_names_the_one_that_it_lacks() {
    let (Some(helm), Some(server)) = (helm(), kube_apiserver::shared().await.unwrap()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    let (release, app) = ("whole-cluster", "whole-cluster-app");
    let said = install(
        &helm,
        &server.kubeconfig,
        release,
        "{policy: sync, txtOwnerId: whole, sources: [service, ingress, crd], fullnameOverride: signpost, \
          domainFilters: [whole-cluster-app.example.com]}",
    );
    assert!(said.contains("kubectl -n whole-cluster rollout status deployment/signpost"), "{said}");
    cluster.install_crd().await.unwrap();
    cluster.namespace(app).await.unwrap();
    ask(&cluster, app).await;

    let (arguments, kubeconfig) = installed(&cluster, release, folder.path()).await;
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let names = ["crd", "ingress", "service"].map(|name| format!("{name}.{app}.example.com"));
    let names = names.each_ref().map(String::as_str);
    let controller = start(&provider, &arguments, &kubeconfig);
    publishes(&provider, &names).await;
    let ready = || async { controller.ready().await.unwrap() };
    eventually("ready", ready, |(ready, _)| *ready).await;
    let status = || async { status(&cluster, app).await };
    eventually("the object says what became of it", status, |status| {
        status["observedGeneration"] == 1 && status.to_string().contains("Programmed")
    })
    .await;
    let state: Api<ConfigMap> = Api::namespaced(cluster.client().clone(), release);
    let kept = || async { state.get_opt("signpost-state").await.unwrap() };
    eventually("the state", kept, Option::is_some).await;
    let (ready, said) = controller.ready().await.unwrap();
    assert!(ready, "{said}");
    assert!(!controller.process.log().contains("forbidden"), "{}", controller.process.log());
    drop(controller);

    let roles: Api<ClusterRole> = Api::all(cluster.client().clone());
    let role_name = format!("{release}:{RELEASE}");
    let role = roles.get(&role_name).await.unwrap();
    let rules: Vec<_> = role
        .rules
        .unwrap()
        .into_iter()
        .filter(|rule| !rule.resources.iter().flatten().any(|resource| resource == "ingresses"))
        .collect();
    let patch = Patch::Merge(json!({ "rules": rules }));
    roles.patch(&role_name, &PatchParams::default(), &patch).await.unwrap();

    let controller = start(&provider, &arguments, &kubeconfig);
    let ready = || async { controller.ready().await.unwrap() };
    let (_, said) = eventually("not ready, with the right that lacks", ready, |(ready, said)| {
        // Others may still be on their way; what is refused stays refused.
        !ready && said.contains("forbidden") && !said.contains("not read yet")
    })
    .await;
    let failed = said.lines().filter(|line| line.starts_with("[-]watch-")).count();
    assert_eq!(failed, 1, "only one right lacks: {said}");
    assert!(said.contains("ingresses.networking.k8s.io is forbidden"), "{said}");
    // What cannot be read is left as it is.
    publishes(&provider, &names).await;
}

#[tokio::test]
async fn a_release_with_roles_alone_publishes_its_namespaces_and_no_other() {
    let (Some(helm), Some(server)) = (helm(), kube_apiserver::shared().await.unwrap()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    cluster.install_crd().await.unwrap();
    let (release, spaces) = ("roles-alone", ["roles-a", "roles-b", "roles-c"]);
    for namespace in spaces {
        cluster.namespace(namespace).await.unwrap();
    }
    install(
        &helm,
        &server.kubeconfig,
        release,
        "{policy: sync, txtOwnerId: roles, sources: [service, ingress, crd], sourceNamespaces: [roles-a, roles-b], \
          replicaCount: 2}",
    );
    for namespace in spaces {
        ask(&cluster, namespace).await;
    }

    let (arguments, kubeconfig) = installed(&cluster, release, folder.path()).await;
    // The one that is started here writes only with the right to hold the Lease.
    assert!(arguments.contains(&"--leader-elect".to_owned()), "{arguments:?}");
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let controller = start(&provider, &arguments, &kubeconfig);
    let mut expected = BTreeSet::new();
    for kind in ["crd", "ingress", "service"] {
        for namespace in ["roles-a", "roles-b"] {
            expected.insert(format!("{kind}.{namespace}.example.com"));
        }
    }
    let seen = || async { published(&provider).into_iter().collect::<BTreeSet<_>>() };
    eventually("what is published", seen, |found| *found == expected).await;
    let ready = || async { controller.ready().await.unwrap() };
    eventually("ready, although it may not read nodes", ready, |(ready, _)| *ready).await;
}
