//! Objects that hold the values of a chart: of Argo CD, of Flux, of k3s.

use serde_json::{Map, Value, json};

use super::super::draft::Draft;
use super::super::fields::{Fields, each, shown, take_out};
use super::super::{Weight, paths};
use super::{Data, RENDERED, SECOND, merge, yaml};

/// What is said of a field that says how the values come about, or where they go.
const FIELD: &str =
    "nothing is known of this field, so it is not known either what it does to the values";

/// Tells whether an object holds the values of a chart.
pub(super) fn holds_values(object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let sources = |start: &str| {
        let several = object.pointer(&format!("{start}/sources")).and_then(Value::as_array);
        let one = object.pointer(&format!("{start}/source"));
        several
            .into_iter()
            .flatten()
            .chain(one)
            .any(|source| source.get("chart").is_some() || source.get("helm").is_some())
    };
    match kind {
        "Application" => sources("/spec"),
        "ApplicationSet" => sources("/spec/template/spec"),
        "HelmRelease" | "HelmChart" | "HelmChartConfig" => true,
        _ => false,
    }
}

/// Returns the values that an object holds, and tells of all else that decides on them.
pub(super) fn values(draft: &mut Draft, object: Value, data: &Data) -> Option<Map<String, Value>> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = None;
    each(draft, "", Some(object), FIELD, |draft, fields| {
        fields.pass(&["apiVersion", "kind", "metadata", "status", "operation"]);
        let spec = fields.take("spec");
        found = match kind.as_str() {
            "Application" => application(draft, "spec", spec),
            "ApplicationSet" => application_set(draft, spec),
            "HelmRelease" => Some(flux(draft, spec, data)),
            "HelmChartConfig" => {
                draft.elsewhere("the HelmChart of this name");
                Some(k3s(draft, spec))
            }
            _ => Some(k3s(draft, spec)),
        };
    });
    found
}

fn application_set(draft: &mut Draft, spec: Option<Value>) -> Option<Map<String, Value>> {
    let mut found = None;
    each(draft, "spec", spec, FIELD, |draft, fields| {
        fields.pass(&["generators", "goTemplate", "goTemplateOptions", "strategy", "syncPolicy"]);
        fields.pass(&["preservedFields", "ignoreApplicationDifferences", "applyNestedSelectors"]);
        if fields.said("templatePatch").is_some() {
            draft.out_of_sight("spec.templatePatch", "it changes the Application of each generator, and what it makes of this one is not known here");
        }
        each(draft, "spec.template", fields.take("template"), FIELD, |draft, fields| {
            fields.pass(&["metadata"]);
            found = application(draft, "spec.template.spec", fields.take("spec"));
        });
    });
    let mut found = Value::Object(found?);
    let mut filled = Vec::new();
    take_out(&mut found, "", &|text| text.contains("{{"), &mut filled);
    for (place, text) in filled {
        draft.unknown(
            &place,
            &format!(
                "a generator fills it in: `{text}`; convert the Application that it makes (`kubectl -n argocd get \
                 application NAME -o yaml`)"
            ),
        );
    }
    match found {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// Reads the `spec` of an Application of Argo CD ([fields]).
///
/// [fields]: https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
fn application(draft: &mut Draft, place: &str, spec: Option<Value>) -> Option<Map<String, Value>> {
    let mut found = None;
    each(draft, place, spec, FIELD, |draft, fields| {
        fields.pass(&["destination", "project", "syncPolicy", "ignoreDifferences", "info"]);
        fields.pass(&["revisionHistoryLimit"]);
        let (one, several) = (fields.take("source"), fields.list(draft, "sources"));
        if one.is_some() && !several.is_empty() {
            draft.say(
                Weight::Note,
                &fields.at("source"),
                "Argo CD passes over it where there are `sources`, and so it is here",
            );
        }
        let sources: Vec<(String, Value)> = if several.is_empty() {
            one.into_iter().map(|source| (fields.at("source"), source)).collect()
        } else {
            let place = |at: usize| format!("{}[{at}]", fields.at("sources"));
            several.into_iter().enumerate().map(|(at, source)| (place(at), source)).collect()
        };
        let chosen = chosen(&sources);
        let names: Vec<(String, String)> =
            sources.iter().filter_map(|(_, source)| reference(source)).collect();
        for (at, (place, source)) in sources.into_iter().enumerate() {
            if Some(at) == chosen {
                found = Some(source_of_argo(draft, &place, source, &names));
            } else if reference(&source).is_none() || source.get("path").is_some() {
                let is_chart = source.get("chart").is_some_and(super::mentions)
                    || source.get("helm").is_some() && super::mentions(&source);
                let text = if is_chart {
                    SECOND
                } else {
                    "it is deployed with this one, and what it makes is not in this text; it is no part of what is converted"
                };
                draft.unknown(&format!("{place}: {}", shown(&source)), text);
            }
        }
    });
    draft.say(
        Weight::Note,
        "Application",
        "all else of it stays as it is: put these values into `helm.valuesObject`, and Signpost's chart into `repoURL`, \
         `path` or `chart`, and `targetRevision`",
    );
    found
}

/// Returns which source is the chart of ExternalDNS.
fn chosen(sources: &[(String, Value)]) -> Option<usize> {
    let is_chart = |source: &Value| {
        ["chart", "path", "repoURL"].iter().any(|key| source.get(*key).is_some_and(super::mentions))
    };
    let holds = |source: &Value| source.get("helm").is_some() || source.get("chart").is_some();
    let position = |is: &dyn Fn(&Value) -> bool| sources.iter().position(|(_, source)| is(source));
    position(&|source| is_chart(source) && holds(source))
        .or_else(|| position(&|source| holds(source) && super::mentions(source)))
        .or_else(|| position(&holds))
}

/// Returns the name by which files of a source are referred to, and what the source is.
fn reference(source: &Value) -> Option<(String, String)> {
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = source.get("ref")?.as_str()?.to_owned();
    Some((name, format!("{} at {}", text("repoURL"), text("targetRevision"))))
}

fn source_of_argo(
    draft: &mut Draft,
    place: &str,
    source: Value,
    references: &[(String, String)],
) -> Map<String, Value> {
    let mut found = Map::new();
    each(draft, place, Some(source), RENDERED, |draft, fields| {
        fields.pass(&["chart", "path", "repoURL", "targetRevision", "ref", "name"]);
        each(draft, &fields.at("helm"), fields.take("helm"), FIELD, |draft, fields| {
            fields.pass(&[
                "skipCrds",
                "skipSchemaValidation",
                "skipTests",
                "passCredentials",
                "version",
            ]);
            fields.pass(&["apiVersions", "kubeVersion", "namespace", "ignoreMissingValueFiles"]);
            release_name(draft, fields);
            for file in fields.list(draft, "valueFiles") {
                let file = file.as_str().map_or_else(|| file.to_string(), str::to_owned);
                let of = references.iter().find(|(name, _)| file.starts_with(&format!("${name}/")));
                match of {
                    Some((_, source)) => draft.elsewhere(&format!("{file}, of {source}")),
                    None => draft.elsewhere(&file),
                }
            }
            let text = fields.text(draft, "values");
            let object = fields.said("valuesObject");
            match (text, object) {
                (text, Some(Value::Object(map))) => {
                    if text.is_some() {
                        draft.say(Weight::Note, &fields.at("values"), "Argo CD passes over it where there is `valuesObject`, and so it is here");
                    }
                    found = map;
                }
                (_, Some(other)) => draft.unknown(
                    &fields.at("valuesObject"),
                    &format!("it has to be a map, and is `{}`", shown(&other)),
                ),
                (Some(text), None) => found = yaml(draft, &fields.at("values"), &text),
                (None, None) => {}
            }
            for parameter in fields.list(draft, "parameters") {
                each(draft, &fields.at("parameters"), Some(parameter), FIELD, |draft, fields| {
                    let is_text = fields.take("forceString") == Some(json!(true));
                    match (fields.text(draft, "name"), fields.take("value")) {
                        (Some(name), Some(Value::String(value))) => {
                            paths::set(&mut found, &name, &value, is_text);
                        }
                        (Some(name), value) => {
                            paths::put_at(&mut found, &name, value.unwrap_or_else(|| json!("")));
                        }
                        (None, _) => draft.unknown(&fields.at("value"), "it has no name"),
                    }
                });
            }
            for file in fields.list(draft, "fileParameters") {
                each(draft, &fields.at("fileParameters"), Some(file), FIELD, |draft, fields| {
                    let (name, path) = (fields.text(draft, "name"), fields.text(draft, "path"));
                    draft.unknown(
                        &name.unwrap_or_default(),
                        &format!(
                            "it is what the file `{}` holds, which is not in this text",
                            path.unwrap_or_default()
                        ),
                    );
                });
            }
        });
    });
    found
}

fn release_name(draft: &mut Draft, fields: &mut Fields) {
    if let Some(name) = fields.text(draft, "releaseName") {
        let text = format!(
            "keep `{name}`: names, labels and the service account that IAM trusts come of it"
        );
        draft.say(Weight::Note, &fields.at("releaseName"), text);
    }
}

/// Reads the `spec` of a `HelmRelease` of Flux ([fields]).
///
/// [fields]: https://fluxcd.io/flux/components/helm/helmreleases/
fn flux(draft: &mut Draft, spec: Option<Value>, data: &Data) -> Map<String, Value> {
    let mut found = Map::new();
    each(draft, "spec", spec, FIELD, |draft, fields| {
        fields.pass(&[
            "interval",
            "targetNamespace",
            "storageNamespace",
            "install",
            "upgrade",
            "rollback",
            "uninstall",
        ]);
        fields.pass(&[
            "test",
            "timeout",
            "maxHistory",
            "dependsOn",
            "serviceAccountName",
            "kubeConfig",
            "suspend",
            "driftDetection",
        ]);
        fields.pass(&[
            "persistentClient",
            "chartRef",
            "commonMetadata",
            "waitStrategy",
            "healthCheckExprs",
        ]);
        release_name(draft, fields);
        each(draft, &fields.at("chart"), fields.take("chart"), FIELD, |draft, fields| {
            // The older form has them without `spec`.
            fields.pass(&["metadata", "repository", "name", "version", "git", "ref", "path"]);
            each(draft, &fields.at("spec"), fields.take("spec"), FIELD, |draft, fields| {
                fields.pass(&[
                    "chart",
                    "version",
                    "sourceRef",
                    "interval",
                    "reconcileStrategy",
                    "verify",
                    "ignoreMissingValuesFiles",
                ]);
                for key in ["valuesFile", "valuesFiles"] {
                    if let Some(files) = fields.said(key) {
                        draft.elsewhere(&format!("{}: {}", fields.at(key), shown(&files)));
                    }
                }
            });
        });
        for from in fields.list(draft, "valuesFrom") {
            each(draft, &fields.at("valuesFrom"), Some(from), FIELD, |draft, fields| {
                values_from(draft, &mut found, fields, data);
            });
        }
        match fields.said("values") {
            Some(Value::Object(map)) => merge(&mut found, map),
            Some(other) => draft
                .unknown("spec.values", &format!("it has to be a map, and is `{}`", shown(&other))),
            None => {}
        }
        if fields.said("postRenderers").is_some() {
            draft.unknown("spec.postRenderers", RENDERED);
        }
    });
    draft.say(
        Weight::Note,
        "HelmRelease",
        "all else of it stays as it is: put these values into `values`, and Signpost's chart into `chart`",
    );
    found
}

fn values_from(
    draft: &mut Draft,
    found: &mut Map<String, Value>,
    fields: &mut Fields,
    data: &Data,
) {
    let (kind, name) = (fields.text(draft, "kind"), fields.text(draft, "name"));
    let (Some(kind), Some(name)) = (kind, name) else {
        return draft.elsewhere(&format!("valuesFrom {}", shown(&Value::Object(fields.rest()))));
    };
    let key = fields.text(draft, "valuesKey").unwrap_or_else(|| "values.yaml".to_owned());
    let path = fields.text(draft, "targetPath");
    fields.pass(&["optional"]);
    let held = data.get(&(kind.clone(), name.clone())).and_then(|map| map.get(&key)?.as_str());
    let place = format!("valuesFrom {kind} {name}, key {key}");
    match (held, path) {
        (Some(held), None) => {
            let map = yaml(draft, &place, held);
            merge(found, map);
        }
        (Some(held), Some(path)) => paths::set(found, &path, held, false),
        (None, Some(path)) => draft.elsewhere(&format!("{path}, from {place}")),
        (None, None) => draft.elsewhere(&place),
    }
}

/// Reads the `spec` of a `HelmChart` of k3s and RKE2 ([fields]).
///
/// [fields]: https://docs.k3s.io/helm#helmchart-field-definitions
fn k3s(draft: &mut Draft, spec: Option<Value>) -> Map<String, Value> {
    let mut found = Map::new();
    each(draft, "spec", spec, FIELD, |draft, fields| {
        fields.pass(&[
            "chart",
            "chartContent",
            "repo",
            "repoCA",
            "repoCAConfigMap",
            "version",
            "targetNamespace",
            "createNamespace",
        ]);
        fields.pass(&[
            "bootstrap",
            "timeout",
            "failurePolicy",
            "jobImage",
            "backOffLimit",
            "helmVersion",
            "takeOwnership",
        ]);
        fields.pass(&[
            "authSecret",
            "authPassCredentials",
            "dockerRegistrySecret",
            "insecureSkipTLSVerify",
            "plainHTTP",
            "podSecurityContext",
            "securityContext",
        ]);
        if let Some(secrets) = fields.said("valuesSecrets") {
            draft.elsewhere(&format!("spec.valuesSecrets: {}", shown(&secrets)));
        }
        if let Some(text) = fields.text(draft, "valuesContent") {
            found = yaml(draft, "spec.valuesContent", &text);
        }
        match fields.said("set") {
            Some(Value::Object(map)) => {
                for (path, value) in map {
                    match value {
                        Value::String(text) => paths::set(&mut found, &path, &text, false),
                        value => paths::put_at(&mut found, &path, value),
                    }
                }
            }
            Some(other) => draft
                .unknown("spec.set", &format!("it has to be a map, and is `{}`", shown(&other))),
            None => {}
        }
    });
    draft.say(Weight::Note, "HelmChart", "all else of it stays as it is: put these values into `valuesContent`, and Signpost's chart into `chart`");
    found
}
