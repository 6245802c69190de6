//! Finds out the zero value of a type that can be deserialised, by letting it ask for its fields.
//!
//! The types of the API are generated from the schema of Kubernetes and list their fields when they
//! are read. Their zero values are what Go's are, but for what a schema does not say: whether a
//! field is a pointer. That is listed here.

use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::zero::Zero;

/// Structs that Go has as values although they may be absent; all others are pointers.
const VALUES: [&str; 7] = [
    "ContainerState",
    "DaemonEndpoint",
    "IngressLoadBalancerStatus",
    "LoadBalancerStatus",
    "NodeDaemonEndpoints",
    "NodeSystemInfo",
    "ResourceRequirements",
];

/// Fields that are pointers to text, numbers and truths in Go; all others are values.
const POINTERS: &[(&str, &[&str])] = &[
    ("ClientIPConfig", &["timeoutSeconds"]),
    ("Container", &["restartPolicy"]),
    ("ContainerStatus", &["started"]),
    ("EphemeralContainer", &["restartPolicy"]),
    ("HTTPIngressPath", &["pathType"]),
    ("IngressPortStatus", &["error"]),
    ("IngressSpec", &["ingressClassName"]),
    ("LoadBalancerIngress", &["ipMode"]),
    ("ObjectMeta", &["deletionGracePeriodSeconds"]),
    ("OwnerReference", &["blockOwnerDeletion", "controller"]),
    (
        "PodSpec",
        &[
            "activeDeadlineSeconds",
            "automountServiceAccountToken",
            "enableServiceLinks",
            "hostUsers",
            "hostnameOverride",
            "preemptionPolicy",
            "priority",
            "runtimeClassName",
            "setHostnameAsFQDN",
            "shareProcessNamespace",
            "terminationGracePeriodSeconds",
        ],
    ),
    ("PortStatus", &["error"]),
    ("ServicePort", &["appProtocol"]),
    (
        "ServiceSpec",
        &[
            "allocateLoadBalancerNodePorts",
            "internalTrafficPolicy",
            "ipFamilyPolicy",
            "loadBalancerClass",
            "trafficDistribution",
        ],
    ),
    ("Toleration", &["tolerationSeconds"]),
];

/// A text that every type takes which is written as text, such as a time.
const TEXT: &str = "1970-01-01T00:00:00Z";

/// Returns the zero value of `T`; nothing when its fields cannot be found out.
pub(super) fn zero<T: for<'de> Deserialize<'de>>() -> Zero {
    let mut zero = Zero::Nil;
    match T::deserialize(Probe { zero: &mut zero, is_optional: false, is_pointer: false }) {
        Ok(_) => zero,
        Err(_) => Zero::Nil,
    }
}

/// Notes what is asked of it as the zero value of that type, and answers with any value.
struct Probe<'a> {
    zero: &'a mut Zero,
    is_optional: bool,
    is_pointer: bool,
}

impl Probe<'_> {
    fn note(&mut self, zero: Zero) {
        *self.zero = if self.is_pointer { Zero::Nil } else { zero };
    }
}

macro_rules! numbers {
    ($($function:ident $visit:ident),+) => { $(
        fn $function<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
            self.note(Zero::Scalar(gotmpl::Value::Int(0)));
            visitor.$visit(0)
        }
    )+ };
}

macro_rules! texts {
    ($($function:ident),+) => { $(
        fn $function<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
            self.note(Zero::Scalar(gotmpl::Value::String("".into())));
            visitor.visit_str(TEXT)
        }
    )+ };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    numbers!(deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32);
    numbers!(deserialize_i64 visit_i64, deserialize_u8 visit_u8, deserialize_u16 visit_u16);
    numbers!(deserialize_u32 visit_u32, deserialize_u64 visit_u64);
    texts!(deserialize_str, deserialize_string, deserialize_char, deserialize_identifier);

    /// Numbers or texts, and anything at all: no zero value would be right.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(Zero::Nil);
        visitor.visit_str(TEXT)
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(Zero::Scalar(gotmpl::Value::Bool(false)));
        visitor.visit_bool(false)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.note(Zero::Scalar(gotmpl::Value::Float(0.0)));
        visitor.visit_f64(0.0)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.is_optional = true;
        visitor.visit_some(self)
    }

    /// Times and quantities, which are structs in Go and text here.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.is_pointer = true;
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut element = Zero::Nil;
        let value = visitor.visit_seq(One(Some(&mut element)))?;
        *self.zero = Zero::List(Box::new(element));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.zero = Zero::Map;
        visitor.visit_map(Fields { kind: "", rest: [].iter(), next: "", found: &mut Vec::new() })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut found = Vec::new();
        let fields = Fields { kind: name, rest: fields.iter(), next: "", found: &mut found };
        let value = visitor.visit_map(fields)?;
        let is_pointer = self.is_optional && !VALUES.contains(&name);
        *self.zero = Zero::Struct { fields: found.into_iter().collect(), is_pointer };
        Ok(value)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct enum ignored_any
    }
}

/// A list of one element.
struct One<'a>(Option<&'a mut Zero>);

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(zero) = self.0.take() else { return Ok(None) };
        seed.deserialize(Probe { zero, is_optional: false, is_pointer: false }).map(Some)
    }
}

/// Every field of a struct.
struct Fields<'a> {
    kind: &'static str,
    rest: std::slice::Iter<'static, &'static str>,
    next: &'static str,
    found: &'a mut Vec<(String, Zero)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(next) = self.rest.next() else { return Ok(None) };
        self.next = next;
        seed.deserialize(StrDeserializer::new(next)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let mut zero = Zero::Nil;
        let is_pointer =
            POINTERS.iter().any(|(kind, fields)| *kind == self.kind && fields.contains(&self.next));
        let value = seed.deserialize(Probe { zero: &mut zero, is_optional: false, is_pointer })?;
        self.found.push((self.next.to_owned(), zero));
        Ok(value)
    }
}
