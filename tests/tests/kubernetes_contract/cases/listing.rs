//! Lists: selectors, pages and forms.

use super::{
    Case,
    writes::{config_map, labelled, service},
};
use crate::probe::{get, post};

pub(super) fn cases() -> Vec<Case> {
    [labels(), fields(), pages(), forms()].into_iter().flatten().collect()
}

fn labels() -> Vec<Case> {
    vec![
        Case::new(
            "A list names its kind and its items do not",
            [
                post("configmaps", config_map("a", "1")).given(),
                get("configmaps").says([
                    "/kind",
                    "/apiVersion",
                    "/metadata/resourceVersion?",
                    "/items/0/kind?",
                    "/items*/metadata/name",
                ]),
            ],
        )
        .expects("200 ConfigMapList v1 set unset [a]"),
        Case::new("An empty list has no items", [get("configmaps").says(["/items"])])
            .expects("200 []"),
        Case::new("Labels select: equal", selected("colour%3Dred")).expects("200 [a-red]"),
        Case::new("Labels select: equal, written twice", selected("colour%3D%3Dred"))
            .expects("200 [a-red]"),
        Case::new("Labels select: not equal", selected("colour!%3Dred"))
            .expects("200 [b-blue c-plain]"),
        Case::new("Labels select: in a set", selected("colour%20in%20(red,blue)"))
            .expects("200 [a-red b-blue]"),
        Case::new("Labels select: not in a set", selected("colour%20notin%20(red,blue)"))
            .expects("200 [c-plain]"),
        Case::new("Labels select: there", selected("colour")).expects("200 [a-red b-blue]"),
        Case::new("Labels select: not there", selected("!colour")).expects("200 [c-plain]"),
        Case::new("Labels select: both of two", selected("colour,colour!%3Dred"))
            .expects("200 [b-blue]"),
        Case::new(
            "A label selector that makes no sense is refused",
            [get("configmaps").asking("labelSelector=a%20b%20c")],
        )
        .expects("400 BadRequest"),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        Case::new(
            "A field selects by name",
            [
                post("configmaps", config_map("a", "1")).given(),
                post("configmaps", config_map("b", "1")).given(),
                get("configmaps")
                    .asking("fieldSelector=metadata.name%3Db")
                    .says(["/items*/metadata/name"]),
            ],
        )
        .expects("200 [b]"),
        Case::new(
            "A field that cannot select is refused",
            [get("configmaps").asking("fieldSelector=data.key%3Db")],
        )
        .expects("400 BadRequest"),
        Case::new(
            "All namespaces are listed at once",
            [
                post("services", service("web")).given(),
                get("/api/v1/services")
                    .asking("fieldSelector=metadata.namespace%3D$ns")
                    .says(["/items*/metadata/name"]),
            ],
        )
        .expects("200 [web]"),
    ]
}

fn pages() -> Vec<Case> {
    vec![
        Case::new(
            "Pages continue in the order of names",
            [
                post("configmaps", config_map("c", "1")).given(),
                post("configmaps", config_map("a", "1")).given(),
                post("configmaps", config_map("b", "1")).given(),
                get("configmaps")
                    .asking("limit=2")
                    .says([
                        "/items*/metadata/name",
                        "/metadata/continue?",
                        "/metadata/remainingItemCount",
                    ])
                    .saves("continue", "/metadata/continue"),
                get("configmaps")
                    .asking("limit=2&continue=$continue")
                    .says(["/items*/metadata/name", "/metadata/continue"]),
            ],
        )
        .expects("200 [a b] set 1; 200 [c] -"),
        Case::new(
            "A continue token that makes no sense is refused",
            [get("configmaps").asking("limit=2&continue=nonsense")],
        )
        .expects("400 BadRequest"),
        Case::new(
            "A version that makes no sense is refused",
            [get("configmaps").asking("resourceVersion=nonsense")],
        )
        .expects("400 BadRequest"),
        Case::new(
            "A list at a version may be newer",
            [
                get("configmaps").saves("rv", "/metadata/resourceVersion").given(),
                post("configmaps", config_map("a", "1")).given(),
                get("configmaps")
                    .asking("resourceVersion=$rv&resourceVersionMatch=NotOlderThan")
                    .says(["/items*/metadata/name"]),
                get("configmaps")
                    .asking("resourceVersion=$rv&resourceVersionMatch=Exact")
                    .says(["/items*/metadata/name"]),
            ],
        )
        .expects("200 [a]; 200 []"),
    ]
}

fn forms() -> Vec<Case> {
    vec![
        Case::new(
            "A list can come as metadata only",
            [
                post("configmaps", config_map("a", "1")).given(),
                get("configmaps")
                    .accepting("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
                    .says(["/kind", "/items/0/kind", "/items/0/data?", "/items*/metadata/name"]),
            ],
        )
        .expects("200 PartialObjectMetadataList PartialObjectMetadata unset [a]"),
        Case::new(
            "A list can come as a table",
            [
                post("services", service("web")).given(),
                get("services")
                    .accepting("application/json;as=Table;g=meta.k8s.io;v=v1,application/json")
                    .says([
                        "/kind",
                        "/columnDefinitions/0/name",
                        "/columnDefinitions/1/name",
                        "/rows*/cells/0",
                    ]),
            ],
        )
        .expects("200 Table Name Type [web]"),
    ]
}

/// Lists a red, a blue and an unlabelled object by a selector.
fn selected(selector: &str) -> [crate::probe::Step; 4] {
    [
        post("configmaps", labelled("a-red", "red")).given(),
        post("configmaps", labelled("b-blue", "blue")).given(),
        post("configmaps", config_map("c-plain", "1")).given(),
        get("configmaps")
            .asking(&format!("labelSelector={selector}"))
            .says(["/items*/metadata/name"]),
    ]
}
