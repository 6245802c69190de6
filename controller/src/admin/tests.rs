//! What each path needs of strangers: a new one is for nobody unless it is named here.

use super::*;

#[test]
fn strangers_get_health_and_metrics_and_nothing_else() {
    let mut open = Vec::new();
    for Route { path, right, handler: _ } in table() {
        match right {
            Right::Nothing | Right::LetIn(_) => open.push(path),
            Right::Read(asked) | Right::Change(asked) => {
                // Roles of a cluster may let everyone get what is no path of ours alone.
                assert!(asked.starts_with("/v1/"), "{path}");
            }
        }
    }
    assert_eq!(open, ["/style.css", "/healthz", "/livez", "/readyz", "/metrics"]);
}

#[test]
fn each_probe_is_a_path_for_everyone() {
    let is_open = |probe: &&str| {
        let mut table = table().into_iter();
        table.any(|route| *route.path == **probe && route.right == Right::Nothing)
    };
    assert!(PROBES.iter().all(is_open));
}
