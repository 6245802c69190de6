//! The description of the controller's port has its routes, and its questions their parameters.

use std::collections::BTreeSet;
use std::fs;

use e2e::programs::workspace;
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

fn described() -> Value {
    serde_saphyr::from_str(&read("docs/admin-api.yaml")).unwrap()
}

#[test]
fn every_route_of_the_controllers_port_is_described_and_no_other() {
    let source = read("controller/src/admin.rs");
    let routes: BTreeSet<_> = source
        .split(" route(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert!(routes.len() > 8, "{routes:?}");
    let described = described();
    let paths: BTreeSet<_> = described["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths, routes, "docs/admin-api.yaml, controller/src/admin.rs");
}

#[test]
fn every_parameter_of_the_list_of_records_is_described_and_no_other() {
    let source = read("controller/src/records/query.rs");
    let (_, fields) = source.split_once("pub struct RecordQuery {").unwrap();
    let fields: BTreeSet<_> = fields
        .split('}')
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let described = described();
    let parameters = described["paths"]["/v1/records"]["get"]["parameters"].as_array().unwrap();
    let parameters: BTreeSet<_> =
        parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(parameters, fields, "docs/admin-api.yaml, controller/src/records/query.rs");
}
