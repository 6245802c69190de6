//! What is wrong with an Ingress ([Ingress]).
//!
//! [Ingress]: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/

use std::net::IpAddr;

use serde_json::Value;

use crate::json::{is_set, items, text};
use crate::status::Cause;
use crate::validate::names;

const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];

/// Adds everything wrong with an Ingress.
pub(crate) fn check(value: &Value, _old: Option<&Value>, causes: &mut Vec<Cause>) {
    let backend = value.pointer("/spec/defaultBackend").filter(|backend| !backend.is_null());
    if items(value, "/spec/rules").next().is_none() && backend.is_none() {
        let problem = "either `defaultBackend` or `rules` must be specified";
        causes.push(Cause::invalid("spec", &Value::Null, problem));
    }
    if let Some(backend) = backend {
        check_backend(backend, "spec.defaultBackend", causes);
    }
    for (index, tls) in items(value, "/spec/tls").enumerate() {
        for (position, host) in items(tls, "/hosts").enumerate() {
            let field = format!("spec.tls[{index}].hosts[{position}]");
            check_host(host.as_str().unwrap_or(""), &field, causes);
        }
    }
    for (index, rule) in items(value, "/spec/rules").enumerate() {
        let host = text(rule, "/host");
        let place = format!("spec.rules[{index}]");
        if !host.is_empty() {
            if host.parse::<IpAddr>().is_ok() {
                let problem = "must be a DNS name, not an IP address";
                causes.push(Cause::invalid(format!("{place}.host"), &host.into(), problem));
            }
            check_host(host, &format!("{place}.host"), causes);
        }
        let Some(http) = rule.get("http").filter(|http| !http.is_null()) else { continue };
        if items(http, "/paths").next().is_none() {
            causes.push(Cause::required(format!("{place}.http.paths"), ""));
        }
        for (position, path) in items(http, "/paths").enumerate() {
            check_path(path, &format!("{place}.http.paths[{position}]"), causes);
        }
    }
    let class = text(value, "/spec/ingressClassName");
    if !class.is_empty()
        && let Some(problem) = names::subdomain(class)
    {
        causes.push(Cause::invalid("spec.ingressClassName", &class.into(), problem));
    }
}

fn check_host(host: &str, field: &str, causes: &mut Vec<Cause>) {
    let problem = if host.contains('*') { names::wildcard(host) } else { names::subdomain(host) };
    if let Some(problem) = problem {
        causes.push(Cause::invalid(field, &host.into(), problem));
    }
}

fn check_path(path: &Value, place: &str, causes: &mut Vec<Cause>) {
    let form = text(path, "/pathType");
    let field = format!("{place}.pathType");
    if form.is_empty() {
        causes.push(Cause::required(field, "pathType must be specified"));
    } else if !PATH_TYPES.contains(&form) {
        causes.push(Cause::unsupported(field, &form.into(), &PATH_TYPES));
    } else {
        let path = text(path, "/path");
        let may_be_empty = form == "ImplementationSpecific";
        if !(path.starts_with('/') || may_be_empty && path.is_empty()) {
            let problem = "must be an absolute path";
            causes.push(Cause::invalid(format!("{place}.path"), &path.into(), problem));
        }
    }
    let none = Value::Null;
    check_backend(path.get("backend").unwrap_or(&none), &format!("{place}.backend"), causes);
}

fn check_backend(backend: &Value, place: &str, causes: &mut Vec<Cause>) {
    let (service, resource) = (is_set(backend, "/service"), is_set(backend, "/resource"));
    match (service, resource) {
        (true, true) => {
            let problem = "cannot set both resource and service backends";
            causes.push(Cause::invalid(place, &"".into(), problem));
        }
        (false, false) => {
            let problem = "resource or service backend is required";
            causes.push(Cause::invalid(place, &"".into(), problem));
        }
        (false, true) => {}
        (true, false) => {
            if text(backend, "/service/name").is_empty() {
                causes.push(Cause::required(format!("{place}.service.name"), ""));
            }
            let number = backend.pointer("/service/port/number").and_then(Value::as_i64);
            let name = text(backend, "/service/port/name");
            if number.unwrap_or(0) == 0 && name.is_empty() {
                let problem = "port name or number is required";
                causes.push(Cause::required(place, problem));
            } else if number.is_some_and(|number| !(0..=65_535).contains(&number)) {
                let problem = "must be between 1 and 65535, inclusive";
                let field = format!("{place}.service.port.number");
                causes.push(Cause::invalid(field, &number.into(), problem));
            }
        }
    }
}
