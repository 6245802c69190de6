//! Files that hold the values of a chart among other things: of charts with dependencies, of helmfile, of
//! kustomize and of Fleet.

use serde_json::{Map, Value};

use super::super::draft::Draft;
use super::super::fields::{Fields, each, shown, take_out};
use super::super::{Weight, paths};
use super::{RENDERED, SECOND, mentions, merge, yaml};

/// What is said of a field of which nothing is known.
const FIELD: &str =
    "nothing is known of this field, so it is not known either what it does to the values";

/// Tells whether a map is part of a container: its arguments, and perhaps its image.
pub(super) fn is_snippet(map: &Map<String, Value>) -> bool {
    let is_list = |key: &str| {
        map.get(key).and_then(Value::as_array).is_some_and(|items| {
            items.iter().any(|item| {
                item.as_str()
                    .is_some_and(|word| word.contains("--") || word.contains("external-dns"))
            })
        })
    };
    let is_short = map.len() <= 2 || map.get("image").is_some_and(Value::is_string);
    (is_list("args") || is_list("command")) && is_short
}

/// Tells whether a map is a kustomization, with its kind or without.
pub(super) fn is_kustomization(map: &Map<String, Value>) -> bool {
    map.get("helmCharts")
        .or_else(|| map.get("helmChartInflationGenerator"))
        .is_some_and(Value::is_array)
}

/// Tells whether a map holds the values of a release: helmfile's or Fleet's.
pub(super) fn is_wrapped(map: &Map<String, Value>) -> bool {
    let is_release = |release: &Value| release.get("chart").is_some();
    is_kustomization(map)
        || map
            .get("releases")
            .and_then(Value::as_array)
            .is_some_and(|releases| releases.iter().any(is_release))
        || map.get("helm").is_some_and(is_release)
}

/// Returns the values in such a file.
pub(super) fn values(draft: &mut Draft, map: Map<String, Value>) -> Option<Map<String, Value>> {
    let file = if is_kustomization(&map) {
        kustomization
    } else if map.contains_key("releases") {
        helmfile
    } else {
        fleet
    };
    let mut found = None;
    each(draft, "", Some(Value::Object(map)), FIELD, |draft, fields| found = file(draft, fields));
    found
}

/// Returns which of several releases is ExternalDNS's; the others are told.
fn chosen(draft: &mut Draft, place: &str, releases: Vec<Value>) -> Option<Value> {
    let is_named = |release: &Value| {
        ["chart", "name"].iter().any(|key| release.get(*key).is_some_and(mentions))
    };
    let is_any = releases.iter().any(is_named);
    let mut found = None;
    for release in releases {
        let name = release
            .get("releaseName")
            .or_else(|| release.get("name"))
            .map(shown)
            .unwrap_or_default();
        match (is_any && !is_named(&release), &found) {
            (true, _) => draft.say(
                Weight::Note,
                &format!("{place} {name}"),
                "it is of another chart, and stays as it is",
            ),
            (false, Some(_)) => draft.unknown(&format!("{place} {name}"), SECOND),
            (false, None) => found = Some(release),
        }
    }
    found
}

/// Fields of a kustomization that say nothing of the values of its charts.
const BESIDE_CHARTS: [&str; 19] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "crds",
    "namespace",
    "helmGlobals",
    "generators",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "sortOptions",
    "openapi",
    "buildMetadata",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "validators",
];

/// Fields of a kustomization that change what its charts have made.
const AFTER_CHARTS: [&str; 11] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "replicas",
    "images",
    "vars",
    "transformers",
    "components",
    "namePrefix",
    "nameSuffix",
];

/// Fields of a chart in a kustomization that say nothing of its values.
const OF_CHART: [&str; 16] = [
    "name",
    "repo",
    "version",
    "namespace",
    "includeCRDs",
    "apiVersions",
    "kubeVersion",
    "skipHooks",
    "skipTests",
    "nameTemplate",
    "debug",
    "devel",
    "chartName",
    "chartVersion",
    "chartRepoUrl",
    "chartRepoName",
];

/// Reads a kustomization with charts ([fields]).
///
/// [fields]: https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
fn kustomization(draft: &mut Draft, fields: &mut Fields) -> Option<Map<String, Value>> {
    fields.pass(&BESIDE_CHARTS);
    for key in AFTER_CHARTS {
        if fields.said(key).is_some() {
            draft.unknown(key, RENDERED);
        }
    }
    let mut charts = fields.list(draft, "helmCharts");
    charts.extend(fields.list(draft, "helmChartInflationGenerator"));
    let chart = chosen(draft, "helmCharts", charts)?;
    let mut found = Map::new();
    each(draft, "helmCharts", Some(chart), FIELD, |draft, fields| {
        fields.pass(&OF_CHART);
        if let Some(name) = fields.text(draft, "releaseName") {
            draft.say(Weight::Note, "releaseName", format!("keep `{name}`: names, labels and the service account that IAM trusts come of it"));
        }
        let files = [fields.said("valuesFile"), fields.said("values")]
            .into_iter()
            .flatten()
            .chain(fields.list(draft, "additionalValuesFiles"));
        let files: Vec<String> = files.map(|file| shown(&file)).collect();
        let merging = fields.text(draft, "valuesMerge").unwrap_or_default();
        // With `replace`, and values of its own, the file does not count.
        let inline = fields.said("valuesInline").or_else(|| fields.said("valuesLocal"));
        if merging != "replace" || inline.is_none() {
            for file in files {
                draft.elsewhere(&file);
            }
        }
        match inline {
            Some(Value::Object(map)) => found = map,
            Some(other) => draft.unknown(
                "helmCharts.valuesInline",
                &format!("it has to be a map, and is `{}`", shown(&other)),
            ),
            None => {}
        }
    });
    draft.say(Weight::Note, "helmCharts", "put these values into `valuesInline` of an entry for Signpost's chart, with `includeCRDs: true`; the rest of the kustomization stays");
    Some(found)
}

/// Fields of a helmfile that say nothing of the values of its releases.
const BESIDE_RELEASES: [&str; 14] = [
    "repositories",
    "helmDefaults",
    "environments",
    "helmBinary",
    "kustomizeBinary",
    "lockFilePath",
    "kubeContext",
    "namespace",
    "commonLabels",
    "hooks",
    "missingFileHandler",
    "filepath",
    "apiVersions",
    "kubeVersion",
];

/// Fields of a release in a helmfile that say nothing of its values.
const OF_RELEASE: [&str; 29] = [
    "name",
    "chart",
    "namespace",
    "version",
    "labels",
    "createNamespace",
    "installed",
    "needs",
    "wait",
    "waitForJobs",
    "timeout",
    "atomic",
    "cleanupOnFail",
    "force",
    "verify",
    "devel",
    "kubeContext",
    "historyMax",
    "recreatePods",
    "disableValidation",
    "disableOpenAPIValidation",
    "disableValidationOnInstall",
    "missingFileHandler",
    "condition",
    "hooks",
    "skipDeps",
    "tlsKey",
    "tlsCert",
    "tlsCA",
];

/// Fields of a release in a helmfile that change its values or what the chart makes of them.
const AFTER_RELEASE: [&str; 11] = [
    "jsonPatches",
    "strategicMergePatches",
    "transformers",
    "postRenderer",
    "postRendererArgs",
    "dependencies",
    "forceNamespace",
    "inherit",
    "secrets",
    "valuesTemplate",
    "setTemplate",
];

/// Reads a helmfile ([fields]).
///
/// [fields]: https://helmfile.readthedocs.io/en/latest/#configuration
fn helmfile(draft: &mut Draft, fields: &mut Fields) -> Option<Map<String, Value>> {
    fields.pass(&BESIDE_RELEASES);
    for key in ["bases", "helmfiles", "templates", "values"] {
        if let Some(value) = fields.said(key) {
            draft.say(
                Weight::Note,
                key,
                format!(
                    "it counts only where something below refers to it, and is not read: `{}`",
                    shown(&value)
                ),
            );
        }
    }
    let releases = fields.list(draft, "releases");
    let release = chosen(draft, "releases", releases)?;
    let mut found = Map::new();
    each(draft, "releases", Some(release), FIELD, |draft, fields| {
        fields.pass(&OF_RELEASE);
        for key in AFTER_RELEASE {
            if fields.said(key).is_some() {
                draft.unknown(&fields.at(key), RENDERED);
            }
        }
        for item in fields.list(draft, "values") {
            match item {
                Value::Object(map) => merge(&mut found, map),
                Value::String(file) => draft.elsewhere(&file),
                other => draft.unknown(
                    "releases.values",
                    &format!("it is neither a file nor a map: `{}`", shown(&other)),
                ),
            }
        }
        for (key, is_text) in [("set", false), ("setString", true)] {
            for item in fields.list(draft, key) {
                set(draft, &mut found, item, is_text);
            }
        }
    });
    let mut found = Value::Object(found);
    let mut filled = Vec::new();
    take_out(&mut found, "", &is_filled_in, &mut filled);
    for (place, text) in filled {
        draft.unknown(
            &place,
            &format!("helmfile fills it in: `{text}`; convert what `helmfile write-values` writes"),
        );
    }
    let found = match found {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    draft.say(Weight::Note, "releases", "put these values into `values` of the release, and Signpost's chart into `chart`; the rest of the helmfile stays");
    Some(found)
}

/// Tells whether helmfile makes something else of a text; other templates are the chart's own.
fn is_filled_in(text: &str) -> bool {
    const STARTS: [&str; 10] = [
        "{{ .Values.",
        "{{ .Environment",
        "{{.Values.",
        "{{.Environment",
        "{{ env",
        "{{ requiredEnv",
        "{{ .StateValues",
        "{{ exec",
        "{{ readFile",
        "ref+",
    ];
    STARTS.iter().any(|start| text.contains(start))
}

fn set(draft: &mut Draft, found: &mut Map<String, Value>, item: Value, is_text: bool) {
    each(draft, "releases.set", Some(item), FIELD, |draft, fields| {
        let name = fields.text(draft, "name").unwrap_or_default();
        match (fields.take("value"), fields.take("values"), fields.take("file")) {
            (Some(Value::String(text)), ..) => paths::set(found, &name, &text, is_text),
            (Some(value), ..) => paths::put_at(found, &name, value),
            (None, Some(list @ Value::Array(_)), _) => paths::put_at(found, &name, list),
            (.., file) => draft.elsewhere(&format!(
                "{name}, from {}",
                file.map(|file| shown(&file)).unwrap_or_default()
            )),
        }
    });
}

/// Reads a `fleet.yaml` of Rancher's Fleet ([fields]).
///
/// [fields]: https://fleet.rancher.io/ref-fleet-yaml
#[expect(clippy::unnecessary_wraps, reason = "each kind of file is read by one of these")]
fn fleet(draft: &mut Draft, fields: &mut Fields) -> Option<Map<String, Value>> {
    fields.pass(&[
        "defaultNamespace",
        "namespace",
        "labels",
        "dependsOn",
        "paused",
        "rolloutStrategy",
        "diff",
        "ignore",
        "keepResources",
        "namespaceLabels",
        "namespaceAnnotations",
        "deleteNamespace",
        "correctDrift",
    ]);
    for key in ["targetCustomizations", "kustomize", "overlays"] {
        if fields.said(key).is_some() {
            draft.out_of_sight(key, "what it makes of the values is not known here");
        }
    }
    let mut found = Map::new();
    each(draft, "helm", fields.take("helm"), FIELD, |draft, fields| {
        fields.pass(&[
            "chart",
            "repo",
            "version",
            "timeoutSeconds",
            "force",
            "atomic",
            "takeOwnership",
            "maxHistory",
            "waitForJobs",
            "disablePreProcess",
            "disableDNS",
            "skipSchemaValidation",
        ]);
        if let Some(name) = fields.text(draft, "releaseName") {
            draft.say(Weight::Note, "helm.releaseName", format!("keep `{name}`: names, labels and the service account that IAM trusts come of it"));
        }
        for key in ["valuesFiles", "valuesFrom", "templateValues"] {
            for from in fields.list(draft, key) {
                draft.elsewhere(&format!("helm.{key}: {}", shown(&from)));
            }
        }
        match fields.said("values") {
            Some(Value::Object(map)) => found = map,
            Some(Value::String(text)) => found = yaml(draft, "helm.values", &text),
            Some(other) => draft
                .unknown("helm.values", &format!("it has to be a map, and is `{}`", shown(&other))),
            None => {}
        }
    });
    draft.say(Weight::Note, "helm", "put these values into `helm.values`, and Signpost's chart into `helm.chart`; the rest of the file stays");
    Some(found)
}

/// Tells whether a key is what people call ExternalDNS's chart among their dependencies.
pub(super) fn is_name(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("external-dns") || key.contains("externaldns")
}

/// Returns the values of a chart that is a dependency of another, under its name; the rest is told.
pub(super) fn nested(draft: &mut Draft, mut map: Map<String, Value>) -> Map<String, Value> {
    // What `helm get values` prints above them.
    for head in ["USER-SUPPLIED VALUES", "COMPUTED VALUES"] {
        if map.get(head).is_some_and(Value::is_null) {
            map.remove(head);
        }
    }
    let mut inner: Option<(String, Map<String, Value>)> = None;
    let mut rest = Map::new();
    for (key, value) in std::mem::take(&mut map) {
        match (value, &inner) {
            (Value::Object(values), None) if is_name(&key) => inner = Some((key, values)),
            (Value::Object(_), Some(_)) if is_name(&key) => draft.unknown(&key, SECOND),
            (value, _) => drop(rest.insert(key, value)),
        }
    }
    let Some((name, values)) = inner else { return rest };
    let mut found = Map::new();
    if let Some(Value::Object(global)) = rest.remove("global") {
        found.insert("global".to_owned(), Value::Object(global));
    }
    merge(&mut found, values);
    for (key, value) in rest {
        if !value.is_null() {
            draft.say(Weight::Note, &key, format!("it is not of ExternalDNS's chart, whose values stand under `{name}`, and stays as it is"));
        }
    }
    draft.say(
        Weight::Note,
        &name,
        "put these values under the name that Signpost's chart has among your dependencies",
    );
    found
}
