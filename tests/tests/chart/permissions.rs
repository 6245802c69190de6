//! What the rendered roles allow: exactly what the controller's table of sources says it reads.

use std::collections::{BTreeMap, BTreeSet};

use controller_sources::objects::core::ServiceType;
use controller_sources::{SOURCES, SourceOptions, SourceSpec, kinds_watched};
use serde_json::Value;

use crate::helm::{Helm, NAMESPACE, Objects, chart, helm};

/// What may be done where: `*` for the whole cluster, else a namespace.
type Rights = BTreeMap<String, BTreeSet<String>>;

/// One way to set the chart up, and the same for the controller.
struct Setup {
    values: &'static str,
    options: fn(&mut SourceOptions),
}

const SETUPS: &[Setup] = &[
    Setup { values: "{}", options: |_| {} },
    Setup {
        values: "{sourceNamespaces: [team-a, team-b], rbac: {clusterRole: true}}",
        options: |options| options.namespaces = names(["team-a", "team-b"]),
    },
    Setup {
        values: "{namespaced: true, rbac: {clusterRole: true}}",
        options: |options| options.namespaces = names([NAMESPACE]),
    },
    Setup {
        values: "{extraArgs: {namespace: [team-a]}, rbac: {clusterRole: true}}",
        options: |options| options.namespaces = names(["team-a"]),
    },
    Setup {
        values: "{extraArgs: {service-type-filter: [LoadBalancer]}}",
        options: |options| options.service_types = [ServiceType::LoadBalancer].into(),
    },
    Setup {
        values: "{extraArgs: [--service-type-filter, NodePort]}",
        options: |options| options.service_types = [ServiceType::NodePort].into(),
    },
    Setup {
        values: "{extraArgs: {publish-host-ip: true}}",
        options: |options| options.publish_host_ip = true,
    },
    Setup { values: "{extraArgs: {publish-host-ip: false}}", options: |_| {} },
    Setup {
        values: "{gatewayNamespace: edge}",
        options: |options| "edge".clone_into(&mut options.gateway_namespace),
    },
    Setup {
        values: "{enableGatewayListenerSets: true}",
        options: |options| options.gateway_listener_sets = true,
    },
    Setup {
        values: "{namespaced: true, sourceNamespace: team-a, gatewayNamespace: edge, rbac: {clusterRole: true}}",
        options: |options| {
            options.namespaces = names(["team-a"]);
            "edge".clone_into(&mut options.gateway_namespace);
        },
    },
    Setup {
        values: "{extraArgs: {traefik-enable-legacy: true, traefik-disable-new: true}}",
        options: |options| {
            options.traefik_legacy = true;
            options.traefik_current = false;
        },
    },
    Setup {
        values: "{extraArgs: {gloo-namespace: [a, b]}}",
        options: |options| options.gloo_namespaces = names(["a", "b"]),
    },
    Setup {
        values: "{extraArgs: {unstructured-resource: [configmaps.v1, certificates.v1.cert-manager.io]}}",
        options: |options| {
            options.unstructured_resources =
                ["configmaps.v1", "certificates.v1.cert-manager.io"].map(str::to_owned).to_vec();
        },
    },
];

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// Returns what the controller reads for some sources.
fn needed(sources: &[&str], setup: &Setup) -> Rights {
    let mut options = SourceOptions::default();
    (setup.options)(&mut options);
    let mut rights = Rights::new();
    for watch in kinds_watched(sources, &options).unwrap() {
        let everywhere = watch.namespaces.is_empty().then(|| "*".to_owned());
        for namespace in watch.namespaces.iter().cloned().chain(everywhere) {
            rights.entry(namespace).or_default().insert(watch.kind.id().to_string());
        }
    }
    let writes = |source_spec: &&SourceSpec| {
        source_spec.writes_status && sources.contains(&source_spec.name)
    };
    for source in SOURCES.iter().filter(writes) {
        let own = source.reads.first().unwrap().kind.to_string();
        let (plural, group) = own.split_once('.').unwrap();
        for resources in rights.values_mut().filter(|resources| resources.contains(&own)) {
            resources.insert(format!("{plural}/status.{group}"));
        }
    }
    rights
}

/// Returns what the roles allow.
fn granted(objects: &Objects) -> Rights {
    let mut rights = Rights::new();
    for kind in ["ClusterRole", "Role"] {
        for role in objects.of(kind).into_iter().filter(|role| is_about_sources(role)) {
            let namespace = role["metadata"]["namespace"].as_str().unwrap_or("*").to_owned();
            let resources: BTreeSet<String> = role["rules"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|rule| by_kind(rule) && !makes_events(rule))
                .flat_map(resources)
                .collect();
            if !resources.is_empty() {
                rights.insert(namespace, resources);
            }
        }
    }
    rights
}

/// Leaves out the role of the state, which is about one object of its own.
fn is_about_sources(role: &Value) -> bool {
    !role["metadata"]["name"].as_str().unwrap().ends_with("-state")
}

/// Leaves out the right to read one object by its name.
fn by_kind(rule: &Value) -> bool {
    rule.get("resourceNames").is_none()
}

/// Tells whether a rule is about what objects are told.
fn makes_events(rule: &Value) -> bool {
    rule["apiGroups"] == serde_json::json!(["events.k8s.io"])
}

fn resources(rule: &Value) -> Vec<String> {
    let list = |key: &str| -> Vec<String> {
        let items = rule[key].as_array().unwrap();
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let (groups, verbs) = (list("apiGroups"), list("verbs"));
    let [group] = &groups[..] else { panic!("one group to a rule: {rule}") };
    list("resources")
        .into_iter()
        .map(|resource| {
            let status = resource.ends_with("/status");
            let expected: &[&str] =
                if status { &["patch", "update"] } else { &["get", "list", "watch"] };
            assert_eq!(verbs, expected, "{rule}");
            if group.is_empty() { resource } else { format!("{resource}.{group}") }
        })
        .collect()
}

/// Compares what is granted with what is needed.
fn compare(helm: &Helm, sources: &[&str], setup: &Setup) {
    let values = setup.values.trim_start_matches('{');
    let comma = if values == "}" { "" } else { ", " };
    let values = format!("{{txtOwnerId: me, sources: [{}]{comma}{values}", sources.join(", "));
    let objects = helm.objects(&values);
    assert_eq!(granted(&objects), needed(sources, setup), "granted, needed: {values}");
}

/// Tells whether a source can be read under a setup: `unstructured` needs to know what.
fn fits(source: &str, setup: &Setup) -> bool {
    source != "unstructured" || setup.values.contains("unstructured-resource")
}

#[test]
fn the_roles_allow_what_each_source_reads_and_nothing_else() {
    let Some(helm) = helm() else { return };
    for source in SOURCES {
        for setup in SETUPS.iter().filter(|setup| fits(source.name, setup)).take(2) {
            compare(&helm, &[source.name], setup);
        }
    }
}

#[test]
fn the_roles_allow_what_all_sources_read_however_they_are_set_up() {
    let Some(helm) = helm() else { return };
    for setup in SETUPS {
        let sources: Vec<_> =
            SOURCES.iter().map(|source| source.name).filter(|name| fits(name, setup)).collect();
        compare(&helm, &sources, setup);
    }
}

#[test]
fn the_chart_knows_the_sources_of_the_controller() {
    let schema = std::fs::read_to_string(chart().join("keys.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let known = schema["properties"]["sources"]["items"]["enum"].as_array().unwrap();
    let known: BTreeSet<_> = known.iter().map(|value| value.as_str().unwrap()).collect();
    let sources: BTreeSet<_> = SOURCES.iter().map(|source| source.name).collect();
    assert_eq!(known, sources, "keys.json, the controller");
    let table = std::fs::read_to_string(chart().join("permissions.yaml")).unwrap();
    let table = &e2e::cluster::documents(&table).unwrap()[0];
    let rows: BTreeSet<_> = table.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(rows, sources, "permissions.yaml, the controller");
}

#[test]
fn the_cluster_can_be_told_from_others_where_that_is_asked_for() {
    let Some(helm) = helm() else { return };
    let named = |values: &str| -> Vec<Value> {
        let objects = helm.objects(&format!("txtOwnerId: me\nsources: [ingress]\n{values}"));
        let roles = [objects.of("ClusterRole"), objects.of("Role")].concat();
        let roles = roles.into_iter().filter(|role| is_about_sources(role));
        let rules = roles.flat_map(|role| role["rules"].as_array().unwrap());
        rules.filter(|rule| !by_kind(rule)).cloned().collect()
    };
    let kube_system = serde_json::json!({
        "apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"],
    });
    for values in
        ["", "namespaced: true\nrbac: {clusterRole: true}", "extraArgs: {instance-id: auto}"]
    {
        assert_eq!(named(values), std::slice::from_ref(&kube_system), "{values}");
    }
    for values in ["namespaced: true", "registry: noop", "extraArgs: {instance-id: east}"] {
        assert_eq!(named(values), [] as [Value; 0], "{values}");
    }
}

#[test]
fn in_some_namespaces_roles_alone_will_do() {
    let Some(helm) = helm() else { return };
    let values = "{txtOwnerId: me, sources: [service, ingress, crd], sourceNamespaces: [a, b]}";
    let objects = helm.objects(values);
    assert_eq!(objects.of("ClusterRole").len() + objects.of("ClusterRoleBinding").len(), 0);
    let rights = granted(&objects);
    assert_eq!(rights.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(!rights["a"].contains("nodes"), "{rights:?}");
    assert!(objects.arguments("signpost").contains(&"--namespace=b".to_owned()));
}

#[test]
fn what_roles_cannot_allow_needs_a_persons_word() {
    let Some(helm) = helm() else { return };
    for (source, resource) in [("node", "nodes"), ("gateway-httproute", "gateways")] {
        let values = format!("txtOwnerId: me\nsources: [{source}]\nnamespaced: true");
        let said = helm.render(&values).unwrap_err();
        assert!(said.contains(&format!("also read {resource} in the whole cluster")), "{said}");
        assert!(said.contains("rbac.clusterRole=true"), "{said}");
        assert!(helm.render(&format!("{values}\nrbac: {{clusterRole: true}}")).is_ok());
        assert!(helm.render(&format!("{values}\nrbac: {{create: false}}")).is_ok());
    }
}

#[test]
fn every_role_is_bound_to_the_account_of_the_pod() {
    let Some(helm) = helm() else { return };
    for (_, values) in crate::examples() {
        let objects = helm.objects(&values);
        let deployments = objects.of("Deployment");
        let controller = deployments
            .iter()
            .find(|deployment| deployment.to_string().contains("--registry="))
            .unwrap();
        let account = &controller["spec"]["template"]["spec"]["serviceAccountName"];
        let namespace = &controller["metadata"]["namespace"];
        for (role, binding) in [("ClusterRole", "ClusterRoleBinding"), ("Role", "RoleBinding")] {
            let (roles, bindings) = (objects.of(role), objects.of(binding));
            assert_eq!(roles.len(), bindings.len());
            let roles = roles.iter().map(|role| &role["metadata"]);
            for (role, binding) in roles.zip(bindings) {
                assert_eq!(binding["roleRef"]["name"], role["name"]);
                assert_eq!(binding["metadata"]["namespace"], role["namespace"]);
                let subject = &binding["subjects"][0];
                assert_eq!((&subject["name"], &subject["namespace"]), (account, namespace));
            }
        }
    }
}

#[test]
fn events_may_be_made_where_objects_are_read_unless_they_are_turned_off() {
    let Some(helm) = helm() else { return };
    let may = |values: &str| -> BTreeSet<String> {
        let objects = helm.objects(&format!("txtOwnerId: me\nsources: [ingress]\n{values}"));
        let roles = [objects.of("ClusterRole"), objects.of("Role")].concat();
        let rules = |role: &Value| role["rules"].as_array().cloned().unwrap_or_default();
        let makes = |role: &&&Value| rules(role).iter().any(makes_events);
        let place =
            |role: &&Value| role["metadata"]["namespace"].as_str().unwrap_or("*").to_owned();
        for rule in roles.iter().copied().flat_map(rules).filter(makes_events) {
            assert_eq!(rule["verbs"], serde_json::json!(["create"]), "{rule}");
        }
        roles.iter().filter(makes).map(place).collect()
    };
    for values in ["", "extraArgs: {events-emit: RecordReady}"] {
        assert_eq!(may(values), names(["*"]), "{values}");
    }
    // Beside the controller stands what a person had it do.
    assert_eq!(may("sourceNamespaces: [a, b]"), names(["a", "b", "dns"]));
    assert_eq!(may("extraArgs: {events-emit: None}"), names([]));
}
