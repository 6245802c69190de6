//! What manifests ask for, case by case: `tests/sources/<case>/`.
//!
//! A case is a folder with `objects.yaml` and `flags.txt` in, and `endpoints.json` and
//! `reasons.txt` out: what would go to the provider, and what was refused, ignored or is not known.
//! `BLESS=1 cargo test -p controller --test sources` writes what comes out; read its diff.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use controller::manifests::Manifests;
use controller::store::ObjectStore;
use controller_core::desired::{Desired, Unknown};
use controller_core::transform::{Reverse, TransformOptions, parse_prefix, pipeline};
use controller_core::value::Target;
use controller_sources::objects::core::ServiceType;
use controller_sources::objects::{Objects, Resolution};
use controller_sources::{self as sources, Compatibility, ObjectScope, Selector, SourceOptions};
use external_dns_webhook::Endpoint;

/// What the flags of a case say.
struct Case {
    sources: Vec<String>,
    options: SourceOptions,
    transforms: TransformOptions,
    resolutions: Vec<(String, Resolution)>,
}

fn case(folder: &Path) -> Result<Case, String> {
    let flags = std::fs::read_to_string(folder.join("flags.txt")).unwrap_or_default();
    let mut case = Case {
        sources: Vec::new(),
        options: SourceOptions::default(),
        transforms: TransformOptions {
            property_prefixes: vec!["aws/".to_owned()],
            ..TransformOptions::default()
        },
        resolutions: Vec::new(),
    };
    for flag in flags.lines().filter(|flag| !flag.is_empty()) {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        case.set(name, value)?;
    }
    Ok(case)
}

impl Case {
    fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        let text = value.to_owned();
        let error = |invalid_selector: sources::InvalidSelector| invalid_selector.to_string();
        let Self { sources, options: it, transforms, resolutions } = self;
        match flag {
            "--source" => sources.push(text),
            "--namespace" => drop(it.namespaces.insert(text)),
            "--annotation-prefix" => it.annotation_prefixes = vec![text],
            "--annotation-filter" => {
                it.annotation_filter = Selector::annotations(value).map_err(error)?;
            }
            "--label-filter" => it.label_filter = Selector::labels(value).map_err(error)?,
            "--fqdn-template" => it.templates.names.push(text),
            "--target-template" => it.templates.targets.push(text),
            "--fqdn-target-template" => it.templates.pairs.push(text),
            "--combine-fqdn-annotation" => it.templates.combine = true,
            "--ignore-hostname-annotation" => it.ignore_hostname_annotation = true,
            "--publish-internal-services" => it.publish_internal_services = true,
            "--publish-host-ip" => it.publish_host_ip = true,
            "--headless-from-pods" => it.headless_from_pods = true,
            "--always-publish-not-ready-addresses" => it.always_publish_not_ready_addresses = true,
            "--resolve-service-load-balancer-hostname" => it.resolve_load_balancer_hostname = true,
            "--service-type-filter" => drop(it.service_types.insert(match value {
                "ClusterIP" => ServiceType::ClusterIp,
                "NodePort" => ServiceType::NodePort,
                "LoadBalancer" => ServiceType::LoadBalancer,
                "ExternalName" => ServiceType::ExternalName,
                _ => return Err(format!("{value} is not a type")),
            })),
            "--compatibility" => {
                it.compatibility = match value {
                    "mate" => Compatibility::Mate,
                    "molecule" => Compatibility::Molecule,
                    "kops-dns-controller" => Compatibility::KopsDnsController,
                    _ => return Err(format!("{value} is not a mode")),
                }
            }
            "--ingress-class" => drop(it.ingress_classes.insert(text)),
            "--ignore-ingress-rules-spec" => it.ignore_ingress_rules = true,
            "--ignore-ingress-tls-spec" => it.ignore_ingress_tls = true,
            "--no-exclude-unschedulable" => it.exclude_unschedulable = false,
            "--expose-internal-ipv6" => it.expose_internal_ipv6 = true,
            "--ignore-non-host-network-pods" => it.ignore_non_host_network_pods = true,
            "--pod-source-domain" => it.pod_source_domain = text,
            "--gateway-name" => it.gateway_name = text,
            "--gateway-namespace" => it.gateway_namespace = text,
            "--gateway-label-filter" => {
                it.gateway_label_filter = Selector::annotations(value).map_err(error)?;
            }
            "--gateway-listener-sets" => it.gateway_listener_sets = true,
            "--no-gateway-listener-hostnames" => it.gateway_listener_hostnames = false,
            "--gloo-namespace" => it.gloo_namespaces = [text].into(),
            "--openshift-router-name" => it.openshift_router_name = text,
            "--traefik-enable-legacy" => it.traefik_legacy = true,
            "--traefik-disable-new" => it.traefik_current = false,
            "--unstructured-resource" => it.unstructured_resources.push(text),
            "--default-targets" => {
                transforms.default_targets.push(Target::validate(value).unwrap());
            }
            "--target-net-filter" => transforms.target_nets.include.push(value.parse().unwrap()),
            "--nat64-networks" => transforms.nat64_prefixes.push(parse_prefix(value).unwrap()),
            "--create-ptr" => transforms.reverse = Reverse::All,
            // What looking up a name gives, which is not a flag.
            "resolves" => {
                let (host, addresses) = value.split_once(':').unwrap();
                let addresses: Vec<_> =
                    addresses.split(' ').filter_map(|part| part.parse().ok()).collect();
                resolutions.push((
                    host.to_owned(),
                    if addresses.is_empty() {
                        Resolution::Failed("no such host".to_owned())
                    } else {
                        Resolution::Addresses(addresses)
                    },
                ));
            }
            _ => panic!("the runner does not know {flag}"),
        }
        Ok(())
    }

    fn store(&self, folder: &Path) -> Result<ObjectStore, String> {
        let watches = sources::kinds_watched(&self.sources, &self.options)
            .map_err(|error| error.to_string())?;
        let mut objects = Objects::new(watches);
        for (host, resolution) in &self.resolutions {
            objects.set_resolution(host, resolution.clone());
        }
        let store = Arc::new(ObjectStore::new(objects));
        let mut manifests = Manifests::new([folder.join("objects.yaml")], Arc::clone(&store));
        let report = manifests.load(0);
        assert_eq!(report.problems, [], "{}", folder.display());
        drop(manifests);
        Arc::try_unwrap(store).map_err(|_| "someone still holds the store".to_owned())
    }

    fn run(&self, folder: &Path) -> Result<Desired, String> {
        let store = self.store(folder)?;
        let built =
            sources::build(&self.sources, &self.options).map_err(|error| error.to_string())?;
        let collect = |scope: &ObjectScope| {
            let mut desired = Desired::default();
            for source in &built {
                source.collect(&store.read(), scope, &mut desired);
            }
            desired
        };
        let all = collect(&ObjectScope::All);
        self.check_focus(&store, &all, collect);
        Ok(pipeline(all, &self.transforms))
    }

    /// One object at a time gives what all at once give.
    fn check_focus(
        &self,
        store: &ObjectStore,
        all: &Desired,
        collect: impl Fn(&ObjectScope) -> Desired,
    ) {
        let keys: Vec<_> = store.read().keys().collect();
        let mut apart: Vec<Endpoint> = Vec::new();
        for key in keys {
            apart.extend(collect(&ObjectScope::Only([key].into())).endpoints);
        }
        let lines = |endpoints: &[Endpoint]| -> BTreeSet<String> {
            endpoints.iter().map(|endpoint| serde_json::to_string(endpoint).unwrap()).collect()
        };
        if !self.sources.iter().any(|source| source == "fake") {
            assert_eq!(lines(&apart), lines(&all.endpoints));
        }
    }
}

fn endpoints(desired: &Desired) -> String {
    let mut endpoints = desired.endpoints.clone();
    endpoints.sort_by_cached_key(|endpoint| {
        (endpoint.key(), endpoint.targets.clone(), endpoint.labels.resource().map(str::to_owned))
    });
    let lines: Vec<_> = endpoints
        .iter()
        .map(|endpoint| format!("  {}", serde_json::to_string(endpoint).unwrap()))
        .collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

fn reasons(desired: &Desired) -> String {
    let mut lines = BTreeSet::new();
    for status in &desired.statuses {
        let mut line = status.object.as_deref().unwrap_or("-").to_owned();
        if !status.name.is_empty() {
            write!(line, " {}", status.name).unwrap();
        }
        write!(line, ": {}: {}", status.reason.code(), status.reason).unwrap();
        lines.insert(line);
    }
    for gap in &desired.unknown {
        let what = match &gap.what {
            Unknown::Name(name) => format!("name {name}"),
            Unknown::RecordSet { name, record_type, .. } => {
                format!("record set {name} {record_type}")
            }
            Unknown::Resource(resource) => format!("object {resource}"),
            Unknown::Kind(kind) => format!("kind {kind}"),
            Unknown::All => "everything".to_owned(),
        };
        lines.insert(format!("unknown: {what}: {}", gap.reason.code()));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    let mut folders: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("objects.yaml").exists());
    folders.sort();
    folders
}

#[expect(clippy::disallowed_methods, reason = "the runner has no other configuration")]
fn blesses() -> bool {
    std::env::var("BLESS").is_ok_and(|value| value == "1")
}

fn check(path: &Path, actual: &str, wrong: &mut Vec<String>) {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return;
    }
    if !blesses() {
        wrong.push(format!("{}\n--- expected\n{expected}--- actual\n{actual}", path.display()));
    } else if actual.is_empty() {
        drop(std::fs::remove_file(path));
    } else {
        std::fs::write(path, actual).unwrap();
    }
}

#[test]
fn every_case_asks_for_what_its_folder_says() {
    let mut wrong = Vec::new();
    let folders = folders();
    assert!(!folders.is_empty());
    for folder in &folders {
        let desired = case(folder).and_then(|case| case.run(folder));
        let (endpoints, reasons) = match &desired {
            Ok(desired) => (endpoints(desired), reasons(desired)),
            Err(error) => ("[]\n".to_owned(), format!("error: {error}\n")),
        };
        check(&folder.join("endpoints.json"), &endpoints, &mut wrong);
        // Where a case lies is not part of what it says.
        let reasons = reasons.replace(&format!("{}/", folder.display()), "");
        check(&folder.join("reasons.txt"), &reasons, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}

/// The numbered cases of the specification of sources: prefix, last number, and numbers that are
/// shown elsewhere, where manifests cannot show them.
const CASES: &[(&str, u32, &[u32])] = &[
    ("cr", 11, &[]),
    ("e", 17, &[]),
    // 24 and 26 are about pairs of names: `sources/gateway/hosts.rs`.
    ("gw", 43, &[24, 26]),
    ("in", 24, &[]),
    ("no", 18, &[]),
    ("ot", 11, &[]),
    ("po", 11, &[]),
    ("sc", 9, &[]),
    ("sh", 12, &[]),
    ("si", 1, &[]),
    ("sn", 11, &[]),
    ("st", 3, &[]),
    ("sv", 27, &[]),
    // 4 is a flag that makes no sense: the test `command_line` of package e2e.
    ("sx", 4, &[4]),
];

#[test]
fn every_numbered_case_has_a_folder() {
    let folders = folders();
    let names: Vec<_> =
        folders.iter().map(|folder| folder.file_name().unwrap().to_string_lossy()).collect();
    let mut missing = Vec::new();
    for (prefix, last, elsewhere) in CASES {
        for number in (1..=*last).filter(|number| !elsewhere.contains(number)) {
            let start = format!("{prefix}{number:02}-");
            if !names.iter().any(|name| name.starts_with(&start)) {
                missing.push(start);
            }
        }
    }
    assert!(missing.is_empty(), "cases without a folder: {missing:?}");
}
