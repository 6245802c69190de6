//! What kind of text an installation is written in.

use serde_json::{Map, Value};

use super::{paths, terraform, words};

/// An installation as it was given.
#[derive(Debug, PartialEq)]
pub(super) enum Installation {
    /// The words of a command line, without the program.
    Words(Vec<String>),
    /// The values of a chart.
    Values(ChartValues),
    /// An object with a template of pods.
    Pod(Box<Value>),
}

/// Values of a chart, and what of them is computed elsewhere.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ChartValues {
    pub(super) values: Map<String, Value>,
    /// Names of what is not known here.
    pub(super) unknown: Vec<String>,
}

/// What can be read.
const KINDS: &str = "give the arguments of ExternalDNS (`--source=… --provider=…`), its Deployment as \
     `kubectl get deployment external-dns -o yaml` prints it, a values file of its chart or of Bitnami's, a \
     `helm upgrade … --set …`, or what holds such values: an Application of Argo CD, a HelmRelease of Flux, \
     a `helm_release` of Terraform";

/// Finds out what a text is.
pub(super) fn read(text: &str) -> Result<Installation, String> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = first else { return Err(format!("there is nothing in it: {KINDS}")) };
    let bare = first.trim_start_matches(['"', '\'']);
    if bare.starts_with("--") && first != "---" && !first.starts_with("--- ") {
        return Ok(Installation::Words(words::split(text)));
    }
    let words = words::split(text);
    if let Some((program, rest)) = words.split_first() {
        match program.rsplit('/').next() {
            Some("external-dns" | "signpost") if rest.iter().all(|word| !word.ends_with(':')) => {
                return Ok(Installation::Words(rest.to_vec()));
            }
            Some("helm") => return Ok(Installation::Values(helm(rest))),
            _ => {}
        }
    }
    let documents = serde_saphyr::from_multiple::<Value>(text);
    let is_hcl = text.contains("helm_release")
        || first.starts_with("set") && text.contains("name") && text.contains("value");
    if is_hcl
        && !matches!(&documents, Ok(documents) if documents.iter().any(|document| document.get("kind").is_some()))
        && let Some((values, unknown)) = terraform::values(text)
    {
        return Ok(Installation::Values(ChartValues { values, unknown }));
    }
    let documents = documents
        .map_err(|error| format!("it cannot be read: {}; {KINDS}", error.without_snippet()))?;
    documents
        .into_iter()
        .find_map(installation)
        .ok_or_else(|| format!("there is no installation of ExternalDNS in it: {KINDS}"))
}

fn installation(document: Value) -> Option<Installation> {
    match document {
        Value::Array(items) => {
            let words: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            words.filter(|words| !words.is_empty()).map(Installation::Words)
        }
        Value::Object(map) => {
            let is_object = map.contains_key("kind") && map.contains_key("apiVersion");
            if !is_object {
                if let Some(Value::Array(args)) = map.get("args")
                    && map.len() <= 2
                {
                    return installation(Value::Array(args.clone()));
                }
                return Some(Installation::Values(ChartValues {
                    values: nested(map),
                    unknown: Vec::new(),
                }));
            }
            object(Value::Object(map))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns the values of a chart that is a dependency of another, under its name.
fn nested(mut map: Map<String, Value>) -> Map<String, Value> {
    let is_alone = map.keys().all(|key| {
        ["external-dns", "externalDns", "externaldns", "global"].contains(&key.as_str())
    });
    let inner =
        ["external-dns", "externalDns", "externaldns"].iter().find_map(|key| map.remove(*key));
    match inner {
        Some(Value::Object(inner)) if is_alone => inner,
        Some(inner) => {
            map.insert("external-dns".to_owned(), inner);
            map
        }
        None => map,
    }
}

fn object(object: Value) -> Option<Installation> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind == "List" {
        let items = object.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        return items.into_iter().find_map(installation);
    }
    let values = |pointer: &str| match object.pointer(pointer) {
        Some(Value::Object(map)) => Some(map.clone()),
        Some(Value::String(text)) => match serde_saphyr::from_str(text) {
            Ok(Value::Object(map)) => Some(map),
            Ok(_) | Err(_) => None,
        },
        _ => None,
    };
    let given = |values: Map<String, Value>, unknown: Vec<String>| {
        Some(Installation::Values(ChartValues { values: nested(values), unknown }))
    };
    match kind {
        "Application" | "ApplicationSet" => {
            let start = if kind == "Application" { "/spec" } else { "/spec/template/spec" };
            let mut sources = vec![format!("{start}/source")];
            sources.extend((0..8).map(|index| format!("{start}/sources/{index}")));
            let source = sources
                .iter()
                .find(|source| object.pointer(&format!("{source}/helm")).is_some())?;
            let mut found = values(&format!("{source}/helm/values")).unwrap_or_default();
            found.extend(values(&format!("{source}/helm/valuesObject")).unwrap_or_default());
            let parameters = object.pointer(&format!("{source}/helm/parameters"));
            for parameter in parameters.and_then(Value::as_array).into_iter().flatten() {
                let text =
                    |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
                let is_text = parameter.get("forceString") == Some(&Value::Bool(true));
                paths::set(&mut found, text("name"), text("value"), is_text);
            }
            let files =
                object.pointer(&format!("{source}/helm/valueFiles")).and_then(Value::as_array);
            let files = files.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            given(found, files.collect())
        }
        "HelmRelease" => {
            let from = object.pointer("/spec/valuesFrom").and_then(Value::as_array);
            let from = from
                .into_iter()
                .flatten()
                .filter_map(|from| from.get("name").and_then(Value::as_str));
            given(values("/spec/values").unwrap_or_default(), from.map(str::to_owned).collect())
        }
        "HelmChart" => given(values("/spec/valuesContent").unwrap_or_default(), Vec::new()),
        _ => {
            let pods = ["/spec/template/spec/containers", "/spec/containers"];
            let has_pods = pods.iter().any(|pointer| object.pointer(pointer).is_some());
            has_pods.then(|| Installation::Pod(Box::new(object)))
        }
    }
}

/// Reads the arguments of `helm` that set values.
fn helm(arguments: &[String]) -> ChartValues {
    let mut given = ChartValues::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let (flag, inline) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(flag, text)| (flag, Some(text.to_owned())));
        match flag {
            "--set" | "--set-string" | "--set-json" | "--set-literal" => {
                let Some(text) = inline.or_else(|| rest.next().cloned()) else { continue };
                let pairs = if flag == "--set-literal" {
                    text.split_once('=')
                        .map(|(path, value)| (path.to_owned(), value.to_owned()))
                        .into_iter()
                        .collect()
                } else {
                    paths::assignments(&text)
                };
                for (path, value) in pairs {
                    paths::set(&mut given.values, &path, &value, flag != "--set");
                }
            }
            "--values" | "-f" | "--set-file" => {
                given.unknown.extend(inline.or_else(|| rest.next().cloned()));
            }
            // Whatever the release that runs was given.
            "--reuse-values" | "--reset-then-reuse-values" => given.unknown.push(word.clone()),
            file if file.starts_with("-f") && !file.starts_with("--") => {
                given.unknown.push(word.clone());
            }
            _ => {}
        }
    }
    given
}
