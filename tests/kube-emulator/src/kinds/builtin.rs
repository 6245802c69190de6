//! The built-in kinds, as a table.
//!
//! It holds what Signpost's sources, its leader lease, its events and its chart touch, and what
//! `kubectl` needs around them. The columns follow the registry of the real server.

use k8s_openapi::api::{
    apps::v1::Deployment,
    coordination::v1::Lease,
    core::v1::{
        ConfigMap, Endpoints, Event as CoreEvent, Namespace, Node, Pod, Secret, Service,
        ServiceAccount,
    },
    discovery::v1::EndpointSlice,
    events::v1::Event,
    networking::v1::{Ingress, IngressClass},
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use crate::kinds::typed::{Decode, decode};
use crate::kinds::{Kind, Missing, NameRule, Scope, Shape, TableKey};

/// The group of `CustomResourceDefinition`.
pub(crate) const APIEXTENSIONS: &str = "apiextensions.k8s.io";

/// A row of the table.
struct Row {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    scope: Scope,
    habits: Habits,
    selectable: &'static [&'static str],
    name_rule: NameRule,
    decode: Decode,
}

/// How a kind takes writes.
#[derive(Clone, Copy)]
struct Habits {
    status: bool,
    generation: bool,
    unconditional_update: bool,
    missing: Missing,
}

/// No status, no generation, updates need no version: most small kinds.
const PLAIN: Habits = Habits {
    status: false,
    generation: false,
    unconditional_update: true,
    missing: Missing::Refuse,
};
/// As [`PLAIN`], and an update creates what is not there.
const UPSERT: Habits = Habits { missing: Missing::Create, ..PLAIN };
/// As [`PLAIN`], with a status subresource.
const STATUS: Habits = Habits { status: true, ..PLAIN };
/// As [`STATUS`], counting generations.
const COUNTED: Habits = Habits { generation: true, ..STATUS };

/// What a field selector may name on an event, in the core form in which events are kept.
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

const ROWS: &[Row] = &[
    row("", "ConfigMap", "configmaps", decode::<ConfigMap>).short(&["cm"]),
    row("", "Endpoints", "endpoints", decode::<Endpoints>).short(&["ep"]).habits(UPSERT),
    row("", "Event", "events", decode::<CoreEvent>)
        .short(&["ev"])
        .habits(UPSERT)
        .fields(EVENT_FIELDS),
    row("", "Namespace", "namespaces", decode::<Namespace>)
        .short(&["ns"])
        .cluster()
        .habits(STATUS)
        .names(NameRule::Label)
        .fields(&["status.phase"]),
    row("", "Node", "nodes", decode::<Node>)
        .short(&["no"])
        .cluster()
        .habits(STATUS)
        .fields(&["spec.unschedulable"]),
    row("", "Pod", "pods", decode::<Pod>).short(&["po"]).habits(COUNTED).fields(&[
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ]),
    row("", "Secret", "secrets", decode::<Secret>).fields(&["type"]),
    row("", "Service", "services", decode::<Service>)
        .short(&["svc"])
        .habits(Habits { missing: Missing::Create, ..STATUS })
        .names(NameRule::ServiceLabel)
        .fields(&["spec.clusterIP", "spec.type"]),
    row("", "ServiceAccount", "serviceaccounts", decode::<ServiceAccount>).short(&["sa"]),
    row(
        APIEXTENSIONS,
        "CustomResourceDefinition",
        "customresourcedefinitions",
        decode::<CustomResourceDefinition>,
    )
    .short(&["crd", "crds"])
    .cluster()
    .habits(Habits { unconditional_update: false, ..COUNTED }),
    row("apps", "Deployment", "deployments", decode::<Deployment>)
        .short(&["deploy"])
        .habits(COUNTED),
    row("coordination.k8s.io", "Lease", "leases", decode::<Lease>)
        .habits(Habits { unconditional_update: false, ..UPSERT }),
    row("discovery.k8s.io", "EndpointSlice", "endpointslices", decode::<EndpointSlice>)
        .habits(Habits { generation: true, ..PLAIN }),
    row("events.k8s.io", "Event", "events", decode::<Event>)
        .short(&["ev"])
        .habits(UPSERT)
        .fields(EVENT_FIELDS),
    row("networking.k8s.io", "Ingress", "ingresses", decode::<Ingress>)
        .short(&["ing"])
        .habits(COUNTED),
    row("networking.k8s.io", "IngressClass", "ingressclasses", decode::<IngressClass>)
        .cluster()
        .habits(Habits { generation: true, ..PLAIN }),
    row(RBAC, "ClusterRole", "clusterroles", decode::<ClusterRole>)
        .cluster()
        .habits(UPSERT)
        .names(NameRule::PathSegment),
    row(RBAC, "ClusterRoleBinding", "clusterrolebindings", decode::<ClusterRoleBinding>)
        .cluster()
        .habits(UPSERT)
        .names(NameRule::PathSegment),
    row(RBAC, "Role", "roles", decode::<Role>).habits(UPSERT).names(NameRule::PathSegment),
    row(RBAC, "RoleBinding", "rolebindings", decode::<RoleBinding>)
        .habits(UPSERT)
        .names(NameRule::PathSegment),
];

const RBAC: &str = "rbac.authorization.k8s.io";

const fn row(group: &'static str, kind: &'static str, plural: &'static str, decode: Decode) -> Row {
    Row {
        group,
        kind,
        plural,
        short_names: &[],
        scope: Scope::Namespaced,
        habits: PLAIN,
        selectable: &[],
        name_rule: NameRule::Subdomain,
        decode,
    }
}

impl Row {
    const fn short(self, short_names: &'static [&'static str]) -> Self {
        Self { short_names, ..self }
    }

    const fn cluster(self) -> Self {
        Self { scope: Scope::Cluster, ..self }
    }

    const fn habits(self, habits: Habits) -> Self {
        Self { habits, ..self }
    }

    const fn fields(self, selectable: &'static [&'static str]) -> Self {
        Self { selectable, ..self }
    }

    const fn names(self, name_rule: NameRule) -> Self {
        Self { name_rule, ..self }
    }
}

/// Returns every built-in kind, each in version `v1`.
pub(crate) fn all() -> impl Iterator<Item = Kind> {
    ROWS.iter().map(|row| {
        let Row { group, kind, plural, short_names, scope, habits, selectable, name_rule, decode } =
            *row;
        let Habits { status, generation, unconditional_update, missing } = habits;
        // `kubectl get all` asks for these and a few that are not built in.
        let in_all = matches!(plural, "pods" | "services" | "deployments");
        // Both event kinds are one table, seen through two forms.
        let kept_in = if kind == "Event" { "" } else { group };
        Kind {
            group: group.to_owned(),
            version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            list_kind: format!("{kind}List"),
            short_names: short_names.iter().map(ToString::to_string).collect(),
            categories: if in_all { vec!["all".to_owned()] } else { Vec::new() },
            scope,
            status,
            generation,
            unconditional_update,
            missing,
            selectable: selectable.iter().map(ToString::to_string).collect(),
            name_rule,
            shape: Shape::Typed(decode),
            table: TableKey { group: kept_in.to_owned(), plural: plural.to_owned() },
            columns: Vec::new(),
        }
    })
}
