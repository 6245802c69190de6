//! What the chart makes of its values, and that our programs and a Kubernetes API take it.
//!
//! Needs helm 3 (`SIGNPOST_HELM`, which `.ci/run` installs); with helm 4 as well (`SIGNPOST_HELM_FOUR`,
//! `.ci/helm --four` compiles it) both must make the same of everything.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of a test fail as the test does"
)]

mod arguments;
mod cluster;
mod convert;
mod decided;
mod doors;
mod helm;
mod in_place;
mod monitoring;
mod moving;
mod permissions;
mod refusals;

use std::process::Command;

use e2e::cluster::documents;
use e2e::{outside, programs};

use crate::helm::{KUBERNETES, chart, examples, helm};

/// Kinds that are not Kubernetes' own, so that its schemas do not have them.
const FOREIGN: [&str; 2] = ["PrometheusRule", "ServiceMonitor"];

#[test]
fn every_example_renders_as_it_did_when_a_person_looked() {
    let Some(helm) = helm() else { return };
    pinned("snapshots", "yaml", |values| helm.render(values).unwrap());
}

#[test]
fn every_example_tells_its_reader_what_it_did_when_a_person_looked() {
    let Some(helm) = helm() else { return };
    pinned("notes", "txt", |values| helm.notes(values));
}

/// Compares what is made of each example with the file of its name in a folder, or writes it.
fn pinned(folder: &str, extension: &str, make: impl Fn(&str) -> String) {
    let folder = programs::workspace().join("tests/chart").join(folder);
    let mut names: Vec<_> =
        examples().into_iter().map(|(name, _)| format!("{name}.{extension}")).collect();
    for (name, values) in examples() {
        let made = make(&values);
        let file = folder.join(format!("{name}.{extension}"));
        if outside::blessing() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &made).unwrap();
        }
        let pinned = std::fs::read_to_string(&file).unwrap_or_default();
        let shown = file.display();
        assert!(made == pinned, "{shown} is stale; see what BLESS=1 changes:\n{made}");
    }
    let mut pinned: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pinned.sort();
    names.sort();
    assert_eq!(pinned, names, "a snapshot without values");
}

#[test]
fn helm_finds_nothing_to_complain_about() {
    let Some(helm) = helm() else { return };
    for (name, values) in examples() {
        let output =
            helm.run(&["lint", "--strict", chart().to_str().unwrap(), "--values", "-"], &values);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {said}");
        assert!(!said.contains("[WARNING]"), "{name}: {said}");
    }
}

#[test]
fn every_object_fits_the_schemas_of_kubernetes() {
    let Some(helm) = helm() else { return };
    let Some(validate) =
        outside::installed("SIGNPOST_KUBERNETES_VALIDATE", "validation of what the chart renders")
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, values) in examples() {
        for (index, object) in helm.objects(&values).0.into_iter().enumerate() {
            if FOREIGN.iter().all(|kind| object["kind"] != *kind) {
                let file = folder.path().join(format!("{name}-{index}.json"));
                std::fs::write(&file, object.to_string()).unwrap();
                files.push(file);
            }
        }
    }
    let crd = std::fs::read_to_string(chart().join("crds/dnsendpoints.yaml")).unwrap();
    let file = folder.path().join("crd.json");
    std::fs::write(&file, documents(&crd).unwrap().first().unwrap().to_string()).unwrap();
    files.push(file);

    let output =
        Command::new(validate).args(["--strict", "-k", KUBERNETES]).args(&files).output().unwrap();

    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // A kind or version without a schema is only warned about.
    assert!(!said.contains("WARN"), "{said}");
    assert_eq!(said.matches(" passed for resource ").count(), files.len(), "{said}");
}

#[test]
fn what_is_turned_on_is_there_and_nothing_else() {
    let Some(helm) = helm() else { return };
    let usual = helm.objects("{txtOwnerId: me}").names();
    let expected = [
        "ServiceAccount signpost",
        "ClusterRole dns:signpost",
        "ClusterRoleBinding dns:signpost-viewer",
        "Role signpost-state",
        "RoleBinding signpost-state",
        "Service signpost",
        "Deployment signpost",
    ];
    assert_eq!(usual, expected);
    for (values, kind) in [
        ("serviceMonitor: {enabled: true}", "ServiceMonitor"),
        ("prometheusRule: {enabled: true}", "PrometheusRule"),
        ("dashboard: {enabled: true}", "ConfigMap"),
        ("podDisruptionBudget: {enabled: true}", "PodDisruptionBudget"),
        ("networkPolicy: {enabled: true}", "NetworkPolicy"),
    ] {
        let objects = helm.objects(&format!("txtOwnerId: me\n{values}"));
        assert_eq!(objects.of(kind).len(), 1, "{values}");
        assert_eq!(objects.0.len(), usual.len() + 1, "{values}");
    }
}

#[test]
fn long_names_stay_within_what_kubernetes_takes() {
    let Some(helm) = helm() else { return };
    let long = "a-release-with-a-name-that-is-as-long-as-helm-allows";
    let values = format!(
        "{{txtOwnerId: me, fullnameOverride: {long}-and-longer-than-that, dashboard: {{enabled: true}}, \
         nameOverride: {long}-and-longer-than-that, \
         provider: {{mode: deployment, deployment: {{allowAnyone: true}}}}}}"
    );
    let objects = helm.objects(&values);
    let mut seen = std::collections::BTreeSet::new();
    for name in objects.names() {
        let bare = name.split(' ').nth(1).unwrap();
        let most = if name.starts_with("Cluster") { 253 } else { 63 };
        assert!(bare.len() <= most && !bare.ends_with('-'), "{name}");
        assert!(seen.insert(name.clone()), "two objects are called {name}");
    }
    let selectors: std::collections::BTreeSet<_> = objects
        .of("Deployment")
        .iter()
        .map(|deployment| deployment["spec"]["selector"].to_string())
        .collect();
    assert_eq!(selectors.len(), 2, "each Deployment selects its own pods");
}
