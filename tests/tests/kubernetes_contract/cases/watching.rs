//! Watches: events in order, selectors, and streamed lists.

use serde_json::json;

use super::{
    Case,
    writes::{config_map, labelled},
};
use crate::probe::{delete, get, merge, post, watch};

/// Ends the watch after a second.
const SECOND: &str = "watch=true&timeoutSeconds=1";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "A watch tells what happened since a version",
            [
                get("configmaps").saves("rv", "/metadata/resourceVersion").given(),
                post("configmaps", config_map("a", "1")).given(),
                merge("configmaps/a", json!({ "data": { "key": "2" } })).given(),
                delete("configmaps/a").given(),
                watch("configmaps", &format!("{SECOND}&resourceVersion=$rv")),
            ],
        )
        .expects("ADDED a, MODIFIED a, DELETED a"),
        Case::new(
            "A watch without a version begins with what is there",
            [post("configmaps", config_map("a", "1")).given(), watch("configmaps", SECOND)],
        )
        .expects("ADDED a"),
        Case::new(
            "An object that leaves the selector looks deleted, and one that enters looks new",
            [
                post("configmaps", labelled("a", "red")).given(),
                get("configmaps").saves("rv", "/metadata/resourceVersion").given(),
                merge("configmaps/a", json!({ "metadata": { "labels": { "colour": "blue" } } }))
                    .given(),
                merge("configmaps/a", json!({ "metadata": { "labels": { "colour": "red" } } }))
                    .given(),
                watch(
                    "configmaps",
                    &format!("{SECOND}&resourceVersion=$rv&labelSelector=colour%3Dred"),
                ),
            ],
        )
        .expects("DELETED a, ADDED a"),
        Case::new(
            "A watch can be of one name",
            [
                get("configmaps").saves("rv", "/metadata/resourceVersion").given(),
                post("configmaps", config_map("a", "1")).given(),
                post("configmaps", config_map("b", "1")).given(),
                watch(
                    "configmaps",
                    &format!("{SECOND}&resourceVersion=$rv&fieldSelector=metadata.name%3Db"),
                ),
            ],
        )
        .expects("ADDED b"),
        Case::new(
            "A list can be streamed, and a bookmark ends it",
            [
                post("configmaps", config_map("a", "1")).given(),
                post("configmaps", config_map("b", "1")).given(),
                watch(
                    "configmaps",
                    &format!(
                        "{SECOND}&sendInitialEvents=true&allowWatchBookmarks=true&\
                         resourceVersionMatch=NotOlderThan"
                    ),
                ),
            ],
        )
        .expects("ADDED a, ADDED b, BOOKMARK of the end"),
        Case::new(
            "A streamed list must say how its version is meant",
            [watch(
                "configmaps",
                &format!("{SECOND}&sendInitialEvents=true&allowWatchBookmarks=true"),
            )],
        )
        .expects("422 Invalid"),
    ]
}
