//! Nothing in an installation is passed over unseen: what is added to one anywhere shows in what is printed.

use super::*;

/// Returns every installation that is kept for the tests of the chart, by name.
fn installations() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/chart/moving");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    all.sort();
    all
}

/// Calls `each` with the document once for each map in it, that map with a field more.
fn with_one_more(
    whole: &Value,
    at: &mut Vec<String>,
    inner: &Value,
    each: &mut dyn FnMut(&[String], Value),
) {
    match inner {
        Value::Object(map) => {
            let mut changed = whole.clone();
            let pointer: String =
                at.iter().flat_map(|key| ["/".to_owned(), key.replace('/', "~1")]).collect();
            if let Some(Value::Object(place)) = changed.pointer_mut(&pointer) {
                place.insert("seen-nowhere".to_owned(), json!("unheard-of"));
                each(at, changed);
            }
            for (key, value) in map {
                at.push(key.clone());
                with_one_more(whole, at, value, each);
                at.pop();
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                at.push(index.to_string());
                with_one_more(whole, at, value, each);
                at.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Parts that stay as they are, or are told as a whole, whatever is in them.
const WHOLE: [&str; 23] = [
    "/metadata",
    "/status",
    "/generators",
    "/destination",
    "/syncPolicy",
    "/sourceRef",
    "/selector",
    "/strategy",
    "/repositories",
    "/ports",
    "/livenessProbe",
    "/patches/",
    "/env/",
    "/secretConfiguration",
    "/cloudflare",
    "/spec/sources/1",
    "/spec/sources/2",
    "/ingress-nginx",
    "/external-dns-private",
    "/common",
    "/base",
    "/releases/2",
    "/sops",
];

#[test]
fn a_field_that_nobody_knows_shows_wherever_it_stands() {
    let (mut tried, mut unseen) = (0, Vec::new());
    for (name, text) in installations() {
        let Ok(documents) = serde_saphyr::from_multiple::<Value>(&text) else { continue };
        let [document] = documents.as_slice() else { continue };
        if !document.is_object() {
            continue;
        }
        with_one_more(document, &mut Vec::new(), document, &mut |at, changed| {
            let place: String = at.iter().flat_map(|key| ["/", key.as_str()]).collect();
            // What is left out as a whole is told as a whole.
            let is_other = name.ends_with("aws-full-copy.txt")
                && place.starts_with("/provider/webhook")
                || document.get("items").is_some() && !place.starts_with("/items/1")
                // What the cluster adds to a pod is no setting.
                || name.ends_with("/pod.txt") && place.contains("/volume")
                || place.starts_with("/releases/0");
            if is_other || WHOLE.iter().any(|part| place.contains(part)) {
                return;
            }
            let made = convert(&changed.to_string()).unwrap();
            let shown = made.to_string();
            let is_seen = shown.contains("seen-nowhere") || shown.contains("unheard-of");
            if !is_seen {
                unseen.push(format!("{name}: {place}"));
            }
            tried += 1;
        });
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_is_computed_or_stands_elsewhere_is_named() {
    for (text, told) in [
        (
            "{kind: HelmRelease, apiVersion: v2, spec: {values: {policy: sync}, valuesFrom: [{kind: ConfigMap, name: x}]}}",
            "valuesFrom ConfigMap x, key values.yaml",
        ),
        (
            "{kind: HelmRelease, apiVersion: v1, spec: {values: {policy: sync}, valuesFrom: [{configMapKeyRef: {name: x}}]}}",
            "configMapKeyRef",
        ),
        (
            "{kind: HelmChart, apiVersion: v1, spec: {valuesContent: 'policy: sync', valuesSecrets: [{name: x}]}}",
            "valuesSecrets",
        ),
        (
            "{external-dns: {policy: sync}, external-dns-b: {policy: sync}}",
            "external-dns-b: it is an installation of its own",
        ),
        ("helm upgrade a b/external-dns --set policy=sync --set txtOwnerId", "`path=value`"),
        (
            "helm upgrade a b/external-dns --set policy=sync --set txtOwnerId=${X}",
            "a shell fills it in",
        ),
        (
            "resource \"helm_release\" \"external_dns\" {\n set {\n  name = \"policy\"\n  value = \"sync\"\n }\n dynamic \"set\" {\n  for_each = var.more\n }\n}",
            "var.more",
        ),
        (
            "resource \"helm_release\" \"external_dns\" {\n values = [yamlencode({policy = \"sync\", sources = [\"service\", var.x]})]\n}",
            "sources[1]: ${var.x}",
        ),
        (
            "resource \"helm_release\" \"external_dns\" {\n values = [<<EOT\npolicy: sync\ntxtOwnerId: ${var.x}-1\nEOT\n]\n}",
            "txtOwnerId: ${var.x}-1",
        ),
        ("{sources: [service], policy: sync, env: {A: b}}", "env: it has to be a list"),
        (
            "{sources: [service], policy: sync, txtOwnerId: x, extraArgs: [\"--zone-id-filter=$(ZONE)\"]}",
            "$(ZONE): a variable fills it in",
        ),
    ] {
        let made = made(text);
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}: {made:#?}");
        assert!(made.to_string().contains(told), "{told}: {made}");
        assert_eq!(made.values["policy"], "upsert-only", "{text}");
    }
}

#[test]
fn values_of_several_places_count_as_they_do_there() {
    let made = made(
        &std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/chart/moving/argo-cd-several-sources.txt"
        ))
        .unwrap(),
    );
    // `valuesObject` stands in place of `values`, and parameters are put over it.
    assert_eq!(made.values["txtOwnerId"], "prod");
    assert_eq!(made.provider, ["--aws-zone-type=private", "--domain-filter=CHANGE-ME"]);
    for told in [
        "$values/dns/common.yaml, of https://git.example.com/values.git at main",
        "values-prod.yaml",
        "domainFilters: it is what the file `domains.json` holds",
        "spec.sources[2]",
        "spec.source.helm.values".replace("source.", "sources[0].").as_str(),
    ] {
        assert!(made.to_string().contains(told), "{told}: {made}");
    }
    let flux = super::made(
        &std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/chart/moving/flux-values-from.txt"
        ))
        .unwrap(),
    );
    // What the other file filters by is not known, and an owner alone does not stand in for it.
    assert_eq!(flux.values["domainFilters"], json!(["example.com", "CHANGE-ME"]));
    assert_eq!(flux.values["txtOwnerId"], "CHANGE-ME");
    let bitnami = super::made(
        &std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/chart/moving/bitnami-eight.txt"
        ))
        .unwrap(),
    );
    assert_eq!(bitnami.values["rbac"], json!({"create": false}), "what is off there is off here");
    assert_eq!(bitnami.values["serviceAccount"], json!({"create": false}));
    assert_eq!(bitnami.values["imagePullSecrets"], json!([{"name": "more"}]));
    let shell = super::made(
        &std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/chart/moving/deployment-in-a-shell.txt"
        ))
        .unwrap(),
    );
    assert_eq!(shell.values["txtOwnerId"], "$(CLUSTER)");
    assert_eq!(shell.values["policy"], "sync");
}
