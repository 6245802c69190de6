//! Who may depend on whom: the directions of `docs/architecture.md`, read from cargo's own graph.
//!
//! The compiler enforces a direction only while a manifest keeps it; this says when one stops.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail as the test does")]

use std::{collections::BTreeSet, process::Command};

/// Names that no program of ours links, and why.
const BANNED: [(&str, &str); 4] = [
    ("native-tls", "rustls is the one TLS stack"),
    ("openssl-sys", "rustls is the one TLS stack"),
    ("ring", "aws-lc-rs is the one provider of cryptography"),
    ("serde_yaml", "it is no longer maintained; serde-saphyr reads YAML"),
];

/// What must exist once, or two halves of a program stop understanding each other.
const SINGLE: [&str; 5] = ["h2", "http", "hyper", "rustls", "tokio"];

#[test]
fn the_deciding_half_has_no_runtime_clock_or_logger() {
    refuse("controller-core", &["clap", "kube", "rand", "reqwest", "tokio", "tracing"]);
}

#[test]
fn sources_are_functions_of_objects_and_of_nothing_else() {
    let outside = ["clap", "futures", "kube", "rand", "reqwest", "tokio", "tracing"];
    refuse("controller-sources", &outside);
    refuse_ours("controller-sources", &["controller-core", "external-dns-webhook", "input-files"]);
}

#[test]
fn the_protocol_knows_neither_side() {
    refuse("external-dns-webhook", &["aws-sdk-route53", "kube", "k8s-openapi"]);
    refuse_ours("external-dns-webhook", &["input-files"]);
}

#[test]
fn the_controller_does_not_know_aws_or_the_sidecar() {
    refuse("controller", &["aws-config", "aws-sdk-route53"]);
    refuse_ours(
        "controller",
        &[
            "allocator",
            "daemon",
            "controller-core",
            "controller-sources",
            "external-dns-webhook",
            "input-files",
        ],
    );
}

#[test]
fn the_sidecar_does_not_know_kubernetes_or_the_controller() {
    refuse("route53-webhook", &["kube", "k8s-openapi"]);
    refuse_ours("route53-webhook", &["allocator", "daemon", "external-dns-webhook", "input-files"]);
}

#[test]
fn the_second_sidecar_does_not_know_the_first_nor_kubernetes() {
    refuse("rfc2136-webhook", &["aws-config", "aws-sdk-route53", "kube", "k8s-openapi"]);
    refuse_ours("rfc2136-webhook", &["allocator", "daemon", "external-dns-webhook", "input-files"]);
}

#[test]
fn what_both_programs_do_knows_no_names_and_no_protocol() {
    refuse("daemon", &["aws-config", "axum", "k8s-openapi", "kube", "reqwest"]);
    refuse_ours("daemon", &["allocator", "input-files"]);
}

#[test]
fn what_reads_files_knows_nothing_else() {
    refuse("input-files", &["clap", "hyper", "reqwest", "tokio", "tracing"]);
    refuse_ours("input-files", &[]);
}

#[test]
fn what_calls_the_c_library_knows_nothing_else() {
    refuse_ours("allocator", &[]);
    let others = tree(&["--package", "allocator", "--all-features"]);
    let others: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
    assert!(others.iter().all(|name| ["allocator", "libc"].contains(name)), "{others:?}");
}

#[test]
fn the_emulators_stand_alone() {
    for emulator in ["kube-emulator", "name-server-emulator", "route53-emulator"] {
        refuse_ours(emulator, &[]);
    }
}

#[test]
fn what_is_banned_is_nowhere() {
    let graph = tree(&["--workspace"]);
    for (name, reason) in BANNED {
        assert!(
            !graph.iter().any(|(found, _)| found == name),
            "`{name}` is in the graph: {reason}"
        );
    }
}

#[test]
fn one_version_each_of_what_programs_share() {
    let graph = tree(&["--workspace"]);
    for name in SINGLE {
        let versions =
            graph.iter().filter(|(found, _)| found == name).map(|(_, version)| version.as_str());
        let versions = versions.collect::<Vec<_>>();
        assert!(versions.len() <= 1, "`{name}` is there more than once: {}", versions.join(", "));
    }
}

/// Fails when `package` reaches one of `names` through anything but its tests.
fn refuse(package: &str, names: &[&str]) {
    let graph = tree(&["--package", package, "--all-features"]);
    for (name, _) in graph {
        assert!(!names.contains(&name.as_str()), "`{package}` must not depend on `{name}`");
    }
}

/// Fails when `package` reaches a crate of this workspace that is not in `allowed`.
fn refuse_ours(package: &str, allowed: &[&str]) {
    const OURS: [&str; 13] = [
        "allocator",
        "daemon",
        "input-files",
        "controller",
        "controller-core",
        "controller-sources",
        "e2e",
        "kube-emulator",
        "name-server-emulator",
        "rfc2136-webhook",
        "route53-emulator",
        "route53-webhook",
        "external-dns-webhook",
    ];
    let forbidden = OURS.into_iter().filter(|name| *name != package && !allowed.contains(name));
    refuse(package, &forbidden.collect::<Vec<_>>());
}

/// Returns the names and versions that `selection` links, tests left out.
fn tree(selection: &[&str]) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .args(selection)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree {selection:?} failed: {errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    let packages = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    packages.collect()
}
