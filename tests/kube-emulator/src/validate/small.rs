//! What is wrong with objects of kinds that have only a few rules.

use serde_json::Value;

use crate::json::{items, text};
use crate::status::Cause;
use crate::validate::names;

const ADDRESS_TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];

/// The most endpoints in one slice ([limit]).
///
/// [limit]: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
const MAX_ENDPOINTS: usize = 1_000;

pub(crate) fn pod(value: &Value, _old: Option<&Value>, causes: &mut Vec<Cause>) {
    if items(value, "/spec/containers").next().is_none() {
        causes.push(Cause::required("spec.containers", ""));
    }
    for (index, container) in items(value, "/spec/containers").enumerate() {
        let field = |name: &str| format!("spec.containers[{index}].{name}");
        match text(container, "/name") {
            "" => causes.push(Cause::required(field("name"), "")),
            name => {
                if let Some(problem) = names::label(name) {
                    causes.push(Cause::invalid(field("name"), &name.into(), problem));
                }
            }
        }
        if text(container, "/image").is_empty() {
            causes.push(Cause::required(field("image"), ""));
        }
    }
}

pub(crate) fn endpoint_slice(value: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let form = text(value, "/addressType");
    if form.is_empty() {
        causes.push(Cause::required("addressType", ""));
    } else if !ADDRESS_TYPES.contains(&form) {
        causes.push(Cause::unsupported("addressType", &form.into(), &ADDRESS_TYPES));
    }
    if old.is_some_and(|old| text(old, "/addressType") != form) {
        causes.push(Cause::invalid("addressType", &form.into(), "field is immutable"));
        return;
    }
    let count = items(value, "/endpoints").count();
    if count > MAX_ENDPOINTS {
        let problem = format!("must have at most {MAX_ENDPOINTS} items");
        causes.push(Cause::invalid("endpoints", &count.into(), problem));
    }
    for (index, endpoint) in items(value, "/endpoints").enumerate() {
        let field = format!("endpoints[{index}].addresses");
        if items(endpoint, "/addresses").next().is_none() {
            causes.push(Cause::required(field.clone(), "must contain at least 1 address"));
        }
        for (position, address) in items(endpoint, "/addresses").enumerate() {
            let address = address.as_str().unwrap_or("");
            let problem = match form {
                "IPv4" if address.parse::<std::net::Ipv4Addr>().is_err() => {
                    Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned())
                }
                "IPv6" if address.parse::<std::net::Ipv6Addr>().is_err() => {
                    Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned())
                }
                "FQDN" => names::subdomain(address),
                _ => None,
            };
            if let Some(problem) = problem {
                let field = format!("{field}[{position}]");
                causes.push(Cause::invalid(field, &address.into(), problem));
            }
        }
    }
}

pub(crate) fn lease(value: &Value, _old: Option<&Value>, causes: &mut Vec<Cause>) {
    let number = |name: &str| value.pointer(&format!("/spec/{name}")).and_then(Value::as_i64);
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        let field = "spec.leaseDurationSeconds";
        causes.push(Cause::invalid(field, &seconds.into(), "must be greater than 0"));
    }
    if let Some(count) = number("leaseTransitions").filter(|count| *count < 0) {
        let field = "spec.leaseTransitions";
        causes.push(Cause::invalid(field, &count.into(), "must be greater than or equal to 0"));
    }
    if value.pointer("/spec/holderIdentity").and_then(Value::as_str) == Some("") {
        causes.push(Cause::invalid("spec.holderIdentity", &"".into(), "must not be empty"));
    }
}

pub(crate) fn core_event(value: &Value, _old: Option<&Value>, causes: &mut Vec<Cause>) {
    check_place(value, "involvedObject", causes);
    // Only events of the newer API carry `eventTime`, and then they must be complete.
    if value.get("eventTime").is_some_and(|time| !time.is_null()) {
        check_complete(value, "reportingComponent", causes);
    }
}

pub(crate) fn event(value: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    check_place(value, "regarding", causes);
    if old.is_none() {
        if value.get("eventTime").is_none_or(Value::is_null) {
            causes.push(Cause::required("eventTime", ""));
            return;
        }
        check_complete(value, "reportingController", causes);
    }
}

/// An event lies in the namespace of its object, or in `default` for one without.
fn check_place(value: &Value, about: &str, causes: &mut Vec<Cause>) {
    let lies_in = text(value, "/metadata/namespace");
    let object = text(value, &format!("/{about}/namespace"));
    let sound = if object.is_empty() {
        matches!(lies_in, "default" | "kube-system")
    } else {
        object == lies_in
    };
    if !sound {
        let field = "involvedObject.namespace";
        causes.push(Cause::invalid(field, &object.into(), "does not match event.namespace"));
    }
}

fn check_complete(value: &Value, controller: &str, causes: &mut Vec<Cause>) {
    for field in [controller, "reportingInstance", "action", "reason"] {
        if text(value, &format!("/{field}")).is_empty() {
            let named = if field == controller { "reportingController" } else { field };
            causes.push(Cause::required(named, ""));
        }
    }
    let form = text(value, "/type");
    if !matches!(form, "Normal" | "Warning") {
        causes.push(Cause::invalid("type", &form.into(), "has invalid value"));
    }
}
