//! What a person writes where `signpost convert` could not know it.

use controller::args::OPEN;
use controller::convert::Conversion;
use serde_json::{Value, json};

/// Tells whether a person has something to write before anything starts.
pub(crate) fn is_open(conversion: &Conversion) -> bool {
    Value::Object(conversion.values.clone()).to_string().contains(OPEN)
}

/// Returns a conversion with something fitting wherever a person has to write.
pub(crate) fn decided(conversion: &Conversion) -> Conversion {
    let mut decided = conversion.clone();
    let mut values = Value::Object(std::mem::take(&mut decided.values));
    write(&mut values, "");
    if let Value::Object(values) = values {
        decided.values = values;
    }
    for word in decided.controller.iter_mut().chain(&mut decided.provider) {
        *word = written(word);
    }
    decided
}

fn write(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| write(value, key)),
        Value::Array(items) => items.iter_mut().for_each(|item| write(item, key)),
        Value::String(text) if text.starts_with("--") => *text = written(text),
        Value::String(text) if text.contains(OPEN) => {
            let fitting = fitting(key);
            let text = text.replace(OPEN, fitting);
            *value = if text == "true" { json!(true) } else { json!(text) };
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn written(word: &str) -> String {
    let (flag, value) = word.split_once('=').unwrap_or((word, ""));
    if !value.contains(OPEN) {
        return word.to_owned();
    }
    match fitting(flag.trim_start_matches('-')) {
        "true" => flag.to_owned(),
        fitting => format!("{flag}={}", value.replace(OPEN, fitting)),
    }
}

/// Returns a value that a key or a flag takes.
fn fitting(key: &str) -> &'static str {
    match key {
        "aws-assume-role" => "arn:aws:iam::111122223333:role/dns",
        "aws-zone-type" => "public",
        "zone-id-filter" => "Z1",
        "target-net-filter" | "exclude-target-net" => "10.0.0.0/8",
        "managedRecordTypes" | "managed-record-types" | "exclude-record-types" => "A",
        "service-type-filter" => "LoadBalancer",
        "annotationPrefix" | "annotation-prefix" => "changed.example.com/",
        "default-targets" => "192.0.2.1",
        "namespaced"
        | "dry-run"
        | "exclude-unschedulable"
        | "force-default-targets"
        | "ignore-ingress-rules-spec"
        | "ignore-ingress-tls-spec"
        | "ignore-non-host-network-pods"
        | "traefik-disable-new" => "true",
        _ => "changed",
    }
}
