//! Reads the few kinds that `kubectl create` and `kubectl auth` send as protobuf.
//!
//! Commands that build an object themselves (`kubectl create namespace`) speak protobuf, whatever
//! the server would like; all else speaks JSON, and so do our answers. Field numbers are those of
//! the [generated definitions]; fields that are not listed here are skipped.
//!
//! [generated definitions]: https://github.com/kubernetes/api/blob/master/core/v1/generated.proto

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::status::Status;

/// The media type of such bodies.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every such body starts with ([encoding]).
///
/// [encoding]: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
const MAGIC: &[u8] = b"k8s\0";

/// A field: its number, its name in JSON, and what it holds.
type Field = (u64, &'static str, Form);

/// What a field holds; Go sends empty texts and zeros where JSON leaves the field out.
#[derive(Clone, Copy)]
enum Form {
    Text,
    /// Base64 in JSON.
    Bytes,
    Number,
    Flag,
    IntOrString,
    Message(&'static [Field]),
    List(&'static Self),
    Map(&'static Self),
}

const TYPE_META: &[Field] = &[(1, "apiVersion", Form::Text), (2, "kind", Form::Text)];

const METADATA: Field = (
    1,
    "metadata",
    Form::Message(&[
        (1, "name", Form::Text),
        (2, "generateName", Form::Text),
        (3, "namespace", Form::Text),
        (6, "resourceVersion", Form::Text),
        (11, "labels", Form::Map(&Form::Text)),
        (12, "annotations", Form::Map(&Form::Text)),
        (14, "finalizers", Form::List(&Form::Text)),
    ]),
);

const SERVICE_PORT: Form = Form::Message(&[
    (1, "name", Form::Text),
    (2, "protocol", Form::Text),
    (3, "port", Form::Number),
    (4, "targetPort", Form::IntOrString),
    (5, "nodePort", Form::Number),
    (6, "appProtocol", Form::Text),
]);

const SERVICE_SPEC: Form = Form::Message(&[
    (1, "ports", Form::List(&SERVICE_PORT)),
    (2, "selector", Form::Map(&Form::Text)),
    (3, "clusterIP", Form::Text),
    (4, "type", Form::Text),
    (5, "externalIPs", Form::List(&Form::Text)),
    (7, "sessionAffinity", Form::Text),
    (8, "loadBalancerIP", Form::Text),
    (9, "loadBalancerSourceRanges", Form::List(&Form::Text)),
    (10, "externalName", Form::Text),
    (11, "externalTrafficPolicy", Form::Text),
    (17, "ipFamilyPolicy", Form::Text),
    (18, "clusterIPs", Form::List(&Form::Text)),
    (19, "ipFamilies", Form::List(&Form::Text)),
    (20, "allocateLoadBalancerNodePorts", Form::Flag),
    (21, "loadBalancerClass", Form::Text),
    (22, "internalTrafficPolicy", Form::Text),
]);

const RESOURCE_ATTRIBUTES: Form = Form::Message(&[
    (1, "namespace", Form::Text),
    (2, "verb", Form::Text),
    (3, "group", Form::Text),
    (4, "version", Form::Text),
    (5, "resource", Form::Text),
    (6, "subresource", Form::Text),
    (7, "name", Form::Text),
]);

/// Returns the fields of the kinds that are read.
fn fields(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "Namespace" | "ServiceAccount" => &[METADATA],
        "ConfigMap" => &[
            METADATA,
            (2, "data", Form::Map(&Form::Text)),
            (3, "binaryData", Form::Map(&Form::Bytes)),
            (4, "immutable", Form::Flag),
        ],
        "Secret" => &[
            METADATA,
            (2, "data", Form::Map(&Form::Bytes)),
            (3, "type", Form::Text),
            (4, "stringData", Form::Map(&Form::Text)),
            (5, "immutable", Form::Flag),
        ],
        "Service" => &[METADATA, (2, "spec", SERVICE_SPEC)],
        "SelfSubjectAccessReview" => {
            &[(2, "spec", Form::Message(&[(1, "resourceAttributes", RESOURCE_ATTRIBUTES)]))]
        }
        "DeleteOptions" => &[
            (
                2,
                "preconditions",
                Form::Message(&[(1, "uid", Form::Text), (2, "resourceVersion", Form::Text)]),
            ),
            (5, "dryRun", Form::List(&Form::Text)),
        ],
        _ => return None,
    })
}

/// Tells whether a body is of this encoding, whatever its media type says.
pub(crate) fn is_protobuf(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
}

/// Returns the object in a body; refuses kinds that are not listed here.
pub(crate) fn read(body: &[u8]) -> Result<Value, Status> {
    let broken = || Status::bad_request("error decoding protobuf: it ends early or is none");
    let envelope = body.strip_prefix(MAGIC).ok_or_else(broken)?;
    let (mut identity, mut raw) = (Map::new(), &[][..]);
    for part in parts(envelope).ok_or_else(broken)? {
        match part {
            (1, Wire::Bytes(bytes)) => identity = message(TYPE_META, bytes).ok_or_else(broken)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let kind = identity.get("kind").and_then(Value::as_str).unwrap_or("");
    let fields = fields(kind)
        .ok_or_else(|| Status::unsupported_media_type("application/json, application/yaml"))?;
    let mut object = message(fields, raw).ok_or_else(broken)?;
    object.extend(identity);
    Ok(Value::Object(object))
}

/// A field as it travels.
enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Fixed-width numbers, which none of our fields are.
    Skipped,
}

/// Splits a message into its fields; `None` if it is broken.
fn parts(mut rest: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let part = match tag & 7 {
            0 => Wire::Varint(varint(&mut rest)?),
            1 => {
                rest = rest.get(8..)?;
                Wire::Skipped
            }
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                Wire::Bytes(bytes)
            }
            5 => {
                rest = rest.get(4..)?;
                Wire::Skipped
            }
            _ => return None,
        };
        parts.push((tag >> 3, part));
    }
    Some(parts)
}

/// Reads seven bits at a time, the lowest first; the eighth says that more follow.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn message(fields: &[Field], bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for (number, part) in parts(bytes)? {
        let Some((_, name, form)) = fields.iter().find(|(known, ..)| *known == number) else {
            continue;
        };
        match form {
            Form::List(form) => {
                let slot = object.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
                if let (Some(value), Some(items)) = (value(form, &part)?, slot.as_array_mut()) {
                    items.push(value);
                }
            }
            Form::Map(form) => {
                let Wire::Bytes(pair) = part else { return None };
                let pair = message(&[(1, "key", Form::Text), (2, "value", **form)], pair)?;
                let key = pair.get("key").and_then(Value::as_str).unwrap_or("").to_owned();
                let value = pair.get("value").cloned().unwrap_or_else(|| "".into());
                crate::json::object(&mut object, name).insert(key, value);
            }
            form => {
                if let Some(value) = value(form, &part)? {
                    object.insert((*name).to_owned(), value);
                }
            }
        }
    }
    Some(object)
}

/// Returns the value of a field: `None` if it is broken, nothing inside if JSON leaves it out.
#[expect(clippy::option_option, reason = "broken and empty are two things")]
fn value(form: &Form, part: &Wire<'_>) -> Option<Option<Value>> {
    Some(match (form, part) {
        (Form::Text, Wire::Bytes(bytes)) => {
            let text = std::str::from_utf8(bytes).ok()?;
            (!text.is_empty()).then(|| text.into())
        }
        (Form::Bytes, Wire::Bytes(bytes)) => Some(STANDARD.encode(bytes).into()),
        (Form::Number, Wire::Varint(number)) => {
            let number = number.cast_signed();
            (number != 0).then(|| number.into())
        }
        (Form::Flag, Wire::Varint(number)) => Some((*number != 0).into()),
        (Form::IntOrString, Wire::Bytes(bytes)) => {
            let fields =
                [(1, "type", Form::Number), (2, "int", Form::Number), (3, "text", Form::Text)];
            let mut choice = message(&fields, bytes)?;
            choice.remove("text").or_else(|| choice.remove("int"))
        }
        (Form::Message(fields), Wire::Bytes(bytes)) => {
            let inner = message(fields, bytes)?;
            (!inner.is_empty()).then_some(Value::Object(inner))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Writes a length-delimited field.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn body(kind: &str, raw: &[u8]) -> Vec<u8> {
        let identity = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &identity), field(2, raw)].concat()
    }

    #[test]
    fn texts_maps_numbers_and_ports_come_out_as_json() {
        let label = [field(1, b"app"), field(2, b"web")].concat();
        let metadata = [field(1, b"web"), field(2, b""), field(11, &label)].concat();
        // Port 8080 takes two bytes; the target is named.
        let target = [vec![1 << 3, 1, 2 << 3, 0], field(3, b"http")].concat();
        let port = [vec![3 << 3, 0x90, 0x3f], field(4, &target)].concat();
        let raw = [field(1, &metadata), field(2, &field(1, &port))].concat();
        let expected = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "web", "labels": { "app": "web" } },
            "spec": { "ports": [{ "port": 8080, "targetPort": "http" }] },
        });
        assert_eq!(read(&body("Service", &raw)), Ok(expected));
    }

    #[test]
    fn other_kinds_and_broken_bodies_are_refused() {
        assert_eq!(read(&body("Node", b"")).unwrap_err().code, 415);
        assert_eq!(read(&body("Namespace", &[10, 200])).unwrap_err().code, 400);
        assert_eq!(read(b"k8s\0\x0a").unwrap_err().code, 400);
    }
}
