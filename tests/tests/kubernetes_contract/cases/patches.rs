//! The four kinds of patch.

use serde_json::json;

use super::{
    Case,
    writes::{config_map, service},
};
use crate::probe::{apply, get, json_patch, merge, post, strategic};

pub(super) fn cases() -> Vec<Case> {
    [kinds_of_patches(), refusals(), applied_documents()].into_iter().flatten().collect()
}

fn kinds_of_patches() -> Vec<Case> {
    vec![
        Case::new(
            "A merge patch removes with null and replaces lists",
            [
                post("services", service("web")).given(),
                merge(
                    "services/web",
                    json!({
                        "metadata": { "annotations": { "a": "1", "b": "2" } },
                        "spec": { "ports": [{ "name": "x", "port": 81 }, { "name": "y", "port": 82 }] },
                    }),
                )
                .says(["/metadata/annotations", "/spec/ports*/port"]),
                merge("services/web", json!({ "metadata": { "annotations": { "a": null } } }))
                    .says(["/metadata/annotations"]),
            ],
        ).expects("200 {\"a\":\"1\",\"b\":\"2\"} [81 82]; 200 {\"b\":\"2\"}"),
        Case::new(
            "A strategic patch merges ports by their number",
            [
                post("services", json!({
                    "metadata": { "name": "web" },
                    "spec": { "ports": [{ "name": "x", "port": 81 }, { "name": "y", "port": 82 }] },
                }))
                .given(),
                strategic("services/web", json!({ "spec": { "ports": [{ "port": 82, "name": "z" }] } }))
                    .says(["/spec/ports*/name"]),
                strategic(
                    "services/web",
                    json!({ "spec": { "ports": [{ "$patch": "delete", "port": 81 }] } }),
                )
                .says(["/spec/ports*/name"]),
            ],
        ).expects("200 [x z]; 200 [z]"),
        Case::new(
            "A JSON patch tests, adds, replaces and removes",
            [
                post("configmaps", config_map("a", "1")).given(),
                json_patch(
                    "configmaps/a",
                    json!([
                        { "op": "test", "path": "/data/key", "value": "1" },
                        { "op": "replace", "path": "/data/key", "value": "2" },
                        { "op": "add", "path": "/data/more", "value": "3" },
                    ]),
                )
                .says(["/data"]),
                json_patch("configmaps/a", json!([{ "op": "remove", "path": "/data/key" }])).says(["/data"]),
            ],
        ).expects("200 {\"key\":\"2\",\"more\":\"3\"}; 200 {\"more\":\"3\"}"),
        Case::new(
            "A JSON patch whose test fails changes nothing",
            [
                post("configmaps", config_map("a", "1")).given(),
                json_patch(
                    "configmaps/a",
                    json!([
                        { "op": "replace", "path": "/data/key", "value": "2" },
                        { "op": "test", "path": "/data/key", "value": "9" },
                    ]),
                ),
                get("configmaps/a").says(["/data/key"]),
            ],
        ).expects("422 Invalid; 200 1"),
    ]
}

fn refusals() -> Vec<Case> {
    vec![
        Case::new(
            "A patch with an old version is a conflict",
            [
                post("configmaps", config_map("a", "1"))
                    .saves("rv", "/metadata/resourceVersion")
                    .given(),
                merge("configmaps/a", json!({ "data": { "key": "2" } })).given(),
                merge(
                    "configmaps/a",
                    json!({ "metadata": { "resourceVersion": "$rv" }, "data": { "key": "3" } }),
                ),
            ],
        )
        .expects("409 Conflict"),
        Case::new(
            "A patch of what is not there is not found",
            [merge("configmaps/a", json!({ "data": { "key": "2" } }))],
        )
        .expects("404 NotFound"),
        Case::new(
            "A patch of an unknown media type is refused",
            [
                post("configmaps", config_map("a", "1")).given(),
                merge("configmaps/a", json!({})).typed("application/json"),
            ],
        )
        .expects("415 UnsupportedMediaType"),
        Case::new(
            "A patch cannot rename",
            [
                post("configmaps", config_map("a", "1")).given(),
                merge("configmaps/a", json!({ "metadata": { "name": "b" } })),
            ],
        )
        .expects("400 BadRequest"),
    ]
}

fn applied_documents() -> Vec<Case> {
    vec![
        Case::new(
            "An applied document creates and then changes",
            [
                apply("configmaps/a", "fieldManager=test", DOCUMENT).says(["/data/key"]),
                apply("configmaps/a", "fieldManager=test", CHANGED)
                    .says(["/data/key", "/data/more"]),
            ],
        )
        .expects("201 one; 200 two three"),
        Case::new(
            "What an applied document no longer says goes away",
            [
                apply("configmaps/a", "fieldManager=test", CHANGED).given(),
                apply("configmaps/a", "fieldManager=test", DOCUMENT).says(["/data"]),
            ],
        )
        .expects("200 {\"key\":\"one\"}"),
        Case::new(
            "What others wrote stays when a document is applied",
            [
                apply("configmaps/a", "fieldManager=test", DOCUMENT).given(),
                merge("configmaps/a", json!({ "data": { "theirs": "x" } })).given(),
                apply("configmaps/a", "fieldManager=test", DOCUMENT).says(["/data"]),
            ],
        )
        .expects("200 {\"key\":\"one\",\"theirs\":\"x\"}"),
        Case::new(
            "An applied document needs a field manager",
            [apply("configmaps/a", "", DOCUMENT)],
        )
        .expects("422 Invalid"),
    ]
}

const DOCUMENT: &str = "
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { key: one }
";

const CHANGED: &str = "
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { key: two, more: three }
";
