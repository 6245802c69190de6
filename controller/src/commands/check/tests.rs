//! What is said about an API server that refuses this or that.

use std::time::Duration;

use daemon::GoDuration;
use kube_emulator::{Calls, Emulator, Fault, Options};

use super::permission::Permission;
use super::*;
use crate::args::{ElectionArgs, EventArgs, KubernetesArgs, StateArgs};
use controller_sources::{SourceOptions, kinds_watched};

fn permissions(sources: &[&str], namespaces: &[&str]) -> Vec<Permission> {
    let options = SourceOptions {
        namespaces: namespaces.iter().map(|namespace| (*namespace).to_owned()).collect(),
        ..SourceOptions::default()
    };
    let watches = kinds_watched(sources, &options).unwrap();
    let names: Vec<_> = sources.iter().map(|source| (*source).to_owned()).collect();
    let mut permissions = permission::of_watches(&watches);
    permissions.extend(permission::of_status(&names, &watches));
    permissions
}

fn uses(sources: &[&str], namespaces: &[&str]) -> cluster::Uses {
    let options = SourceOptions {
        namespaces: namespaces.iter().map(|namespace| (*namespace).to_owned()).collect(),
        ..SourceOptions::default()
    };
    cluster::Uses {
        watches: kinds_watched(sources, &options).unwrap(),
        events: EventArgs { events_emit: vec!["RecordError".to_owned()] },
        election: election(true),
        state: state(),
    }
}

fn election(leader_elect: bool) -> ElectionArgs {
    ElectionArgs {
        leader_elect,
        leader_elect_lease_duration: GoDuration(Duration::from_secs(15)),
        leader_elect_namespace: "dns".to_owned(),
        leader_elect_name: "signpost".to_owned(),
    }
}

fn state() -> StateArgs {
    let state_configmap = Some("dns/signpost".parse().unwrap());
    StateArgs { state_dir: None, state_configmap, history_size: 500 }
}

fn kubernetes(server: String) -> KubernetesArgs {
    KubernetesArgs {
        server,
        kubeconfig: String::new(),
        kube_api_request_timeout: GoDuration(Duration::from_secs(5)),
        request_timeout: None,
    }
}

async fn checked(
    emulator: &Emulator,
    sources: &[&str],
    namespaces: &[&str],
) -> (Vec<Finding>, String) {
    let access = kubernetes(emulator.url());
    let permissions = permissions(sources, namespaces);
    let (mut findings, grant) =
        cluster::check(&access, permissions, &uses(sources, namespaces)).await;
    // The version is the emulator's own.
    findings.remove(0);
    (findings, grant)
}

async fn emulator() -> Emulator {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let custom = include_str!("../../../../charts/signpost/crds/dnsendpoints.yaml");
    emulator.apply_manifests(custom).unwrap();
    emulator
}

#[tokio::test]
async fn with_every_permission_nothing_is_missing() {
    let emulator = emulator().await;
    let (findings, grant) = checked(&emulator, &["service", "crd"], &["team-a"]).await;
    assert!(findings.iter().all(|finding| finding.outcome == Outcome::Works), "{findings:#?}");
    assert_eq!(grant, "");
    insta::assert_snapshot!("with_every_permission_nothing_is_missing", shown(&findings, &grant));
}

#[tokio::test]
async fn what_is_denied_is_named_with_the_role_that_grants_it() {
    let emulator = emulator().await;
    for calls in [
        Calls::of("watch", "services"),
        Calls::of("create", "events"),
        Calls::of("update", "leases"),
        Calls::of("patch", "configmaps"),
        Calls::of("get", "namespaces"),
    ] {
        emulator.inject(Fault::Refuse { calls });
    }
    let (findings, grant) = checked(&emulator, &["service"], &[]).await;
    insta::assert_snapshot!(
        "what_is_denied_is_named_with_the_role_that_grants_it",
        shown(&findings, &grant)
    );
}

#[tokio::test]
async fn a_custom_resource_that_is_not_installed_is_missing() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let (findings, grant) = checked(&emulator, &["crd"], &[]).await;
    let missing: Vec<_> = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Missing)
        .map(|finding| &finding.what)
        .collect();
    let kind = "dnsendpoints.externaldns.k8s.io";
    let expected =
        [format!("list {kind}"), format!("watch {kind}"), format!("patch {kind}/status")];
    assert_eq!(missing, expected.iter().collect::<Vec<_>>());
    assert_eq!(grant, "", "a role would not help");
}

#[tokio::test]
async fn an_api_server_that_is_not_there_is_a_line_of_the_table() {
    let nowhere = kubernetes("http://127.0.0.1:1".to_owned());
    let uses = cluster::Uses { election: election(false), ..uses(&[], &[]) };
    let (findings, grant) = cluster::check(&nowhere, Vec::new(), &uses).await;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].outcome, Outcome::Missing);
    assert_eq!(grant, "");
}
