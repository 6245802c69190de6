//! The functions that templates have besides those of Go.

use std::net::IpAddr;
use std::sync::Arc;

use gotmpl::{FuncMap, TemplateError, Value, ValueFunc};

use crate::SOURCES;

/// Returns the functions for a template that runs for the source called `source`.
pub(super) fn all(source: &'static str) -> FuncMap {
    let mut all = FuncMap::new();
    let mut add = |name: &str, function: ValueFunc| {
        all.insert(name.into(), function);
    };
    add("contains", text2("contains", |text, part| Value::Bool(text.contains(part))));
    add(
        "trimPrefix",
        text2("trimPrefix", |text, prefix| word(text.strip_prefix(prefix).unwrap_or(text))),
    );
    add(
        "trimSuffix",
        text2("trimSuffix", |text, suffix| word(text.strip_suffix(suffix).unwrap_or(text))),
    );
    add("trim", text1("trim", |text| word(text.trim())));
    add("toLower", text1("toLower", |text| word(&text.to_lowercase())));
    add("isIPv4", text1("isIPv4", |text| Value::Bool(matches!(text.parse(), Ok(IpAddr::V4(_))))));
    add("isIPv6", text1("isIPv6", |text| Value::Bool(matches!(text.parse(), Ok(IpAddr::V6(_))))));
    add("replace", Arc::new(replace));
    add("hasKey", Arc::new(has_key));
    add(
        "fromJson",
        text1("fromJson", |text| {
            serde_json::from_str(text).map_or(Value::Nil, |value| super::view::plain(&value))
        }),
    );
    add("index", Arc::new(index));
    add(
        "isSource",
        Arc::new(move |arguments: &[Value]| {
            let [name] = texts("isSource", arguments)?;
            if !SOURCES.iter().any(|source| source.name.eq_ignore_ascii_case(name)) {
                return Err(TemplateError::Exec(format!("isSource: `{name}` is not a source")));
            }
            Ok(Value::Bool(source.eq_ignore_ascii_case(name)))
        }),
    );
    super::access::add_functions(&mut all);
    all
}

fn word(text: &str) -> Value {
    Value::String(text.into())
}

fn texts<'a, const N: usize>(
    name: &str,
    arguments: &'a [Value],
) -> Result<[&'a str; N], TemplateError> {
    let wrong =
        || TemplateError::ArgCount { name: name.to_owned(), expected: N, got: arguments.len() };
    let arguments: &[Value; N] = arguments.try_into().map_err(|_| wrong())?;
    let mut texts = [""; N];
    for (text, argument) in texts.iter_mut().zip(arguments) {
        *text = argument
            .as_str()
            .ok_or(TemplateError::TypeMismatch { expected: "string", got: argument.type_name() })?;
    }
    Ok(texts)
}

fn text1(name: &'static str, function: fn(&str) -> Value) -> ValueFunc {
    Arc::new(move |arguments: &[Value]| texts(name, arguments).map(|[text]| function(text)))
}

fn text2(name: &'static str, function: fn(&str, &str) -> Value) -> ValueFunc {
    Arc::new(move |arguments: &[Value]| texts(name, arguments).map(|[a, b]| function(a, b)))
}

/// `replace OLD NEW TEXT`: the text last, so that it can be piped.
fn replace(arguments: &[Value]) -> gotmpl::Result<Value> {
    let [old, new, text] = texts("replace", arguments)?;
    Ok(word(&text.replace(old, new)))
}

fn has_key(arguments: &[Value]) -> gotmpl::Result<Value> {
    let [map, key] = arguments else {
        let got = arguments.len();
        return Err(TemplateError::ArgCount { name: "hasKey".to_owned(), expected: 2, got });
    };
    let key = key.as_str().unwrap_or_default();
    match map {
        Value::Map(map) => Ok(Value::Bool(map.contains_key(key))),
        Value::Nil => Ok(Value::Bool(false)),
        other => Err(TemplateError::TypeMismatch { expected: "map", got: other.type_name() }),
    }
}

/// Go's `index`: a key that a map of strings does not have gives the empty string, one that another
/// map does not have gives nothing.
///
/// A map of strings is one that has nothing else.
fn index(arguments: &[Value]) -> gotmpl::Result<Value> {
    let Some((first, keys)) = arguments.split_first() else {
        return Err(TemplateError::ArgCount { name: "index".to_owned(), expected: 1, got: 0 });
    };
    keys.iter().try_fold(first.clone(), |value, key| match (&value, key) {
        (Value::Map(map), Value::String(key)) => {
            let strings = || map.values().all(|value| matches!(value, Value::String(_)));
            let absent = || if strings() { word("") } else { Value::Nil };
            Ok(map.get(key.as_ref()).cloned().unwrap_or_else(absent))
        }
        (value, key) => value.index(key),
    })
}
