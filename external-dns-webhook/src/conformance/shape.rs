//! What JSON must look like, without the forgiveness of a decoder.

use serde_json::Value;

/// Says what is wrong with a list of record sets; every element of `named` has a name and a type.
///
/// A decoder of ours, or one in Go, reads many things that break another one. This is what a
/// provider may send.
pub(super) fn endpoints(list: &Value, named: bool) -> Result<(), String> {
    let Value::Array(list) = list else {
        return Err(format!("a list is expected, not {}", kind(list)));
    };
    for (at, value) in list.iter().enumerate() {
        endpoint(value, named).map_err(|problem| {
            let name = value.get("dnsName").and_then(Value::as_str);
            match name {
                Some(name) => format!("element {at} (`{name}`): {problem}"),
                None => format!("element {at}: {problem}"),
            }
        })?;
    }
    Ok(())
}

fn endpoint(value: &Value, named: bool) -> Result<(), String> {
    let Value::Object(members) = value else {
        let ends = if value.is_null() { ", on which ExternalDNS ends with a panic" } else { "" };
        return Err(format!("a record set is an object, not {}{ends}", kind(value)));
    };
    for member in ["dnsName", "recordType"] {
        if named && members.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(format!("it has no `{member}`"));
        }
    }
    for (name, value) in members {
        let problem = match name.as_str() {
            "dnsName" | "recordType" | "setIdentifier" => {
                expect(value, Value::is_string, "a string")
            }
            "recordTTL" => expect(value, Value::is_i64, "a whole number of seconds"),
            "targets" => each(value, "a list of strings", Value::is_string),
            "labels" => labels(value),
            "providerSpecific" => {
                each(value, "a list of objects with `name` and `value`", is_property)
            }
            // Unknown members are for someone else.
            _ => Ok(()),
        };
        problem.map_err(|problem| format!("`{name}` is {problem}"))?;
    }
    Ok(())
}

fn labels(value: &Value) -> Result<(), String> {
    let is_labels = |value: &Value| {
        value.as_object().is_some_and(|labels| labels.values().all(Value::is_string))
    };
    expect(value, is_labels, "an object of strings")
}

fn is_property(value: &Value) -> bool {
    let text = |member: &str| value.get(member).is_none_or(Value::is_string);
    value.is_object() && text("name") && text("value")
}

fn each(value: &Value, expected: &str, is_right: fn(&Value) -> bool) -> Result<(), String> {
    let Value::Array(list) = value else {
        return Err(format!("{} and must be {expected}", kind(value)));
    };
    match list.iter().find(|record| !is_right(record)) {
        None => Ok(()),
        Some(wrong) => Err(format!("a list with {} in it and must be {expected}", kind(wrong))),
    }
}

fn expect(value: &Value, is_right: impl Fn(&Value) -> bool, expected: &str) -> Result<(), String> {
    if is_right(value) {
        return Ok(());
    }
    Err(format!("{} and must be {expected}", kind(value)))
}

/// Says what a value is, for people.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_protocol_sends_has_the_right_shape() {
        let full = json!([{
            "dnsName": "a.example.com", "targets": ["192.0.2.1", ""], "recordType": "A",
            "setIdentifier": "blue", "recordTTL": 300, "labels": {"owner": ""},
            "providerSpecific": [{"name": "alias", "value": "true"}, {}], "more": null
        }]);
        assert_eq!(endpoints(&full, true), Ok(()));
        assert_eq!(endpoints(&json!([]), true), Ok(()));
        assert_eq!(endpoints(&json!([{}]), false), Ok(()));
    }

    #[test]
    fn every_wrong_member_is_named() {
        for (wrong, says) in [
            (json!(null), "a list is expected, not `null`"),
            (json!([null]), "element 0: a record set is an object, not `null`"),
            (json!([{"recordType": "A"}]), "has no `dnsName`"),
            (json!([{"dnsName": "a"}]), "element 0 (`a`): it has no `recordType`"),
            (json!([{"dnsName": "a", "recordType": "A", "targets": null}]), "`targets` is `null`"),
            (json!([{"dnsName": "a", "recordType": "A", "targets": [null]}]), "`null` in it"),
            (
                json!([{"dnsName": "a", "recordType": "A", "recordTTL": 1.5}]),
                "`recordTTL` is `1.5`",
            ),
            (json!([{"dnsName": "a", "recordType": "A", "recordTTL": "5"}]), "the string \"5\""),
            (json!([{"dnsName": "a", "recordType": "A", "labels": {"a": 1}}]), "object of strings"),
            (
                json!([{"dnsName": "a", "recordType": "A", "providerSpecific": {"a": "b"}}]),
                "`providerSpecific` is an object and must be a list",
            ),
            (
                json!([{"dnsName": "a", "recordType": "A", "providerSpecific": [{"name": 1}]}]),
                "a list with an object in it",
            ),
        ] {
            let problem = endpoints(&wrong, true).unwrap_err();
            assert!(problem.contains(says), "{wrong}: {problem}");
        }
    }
}
