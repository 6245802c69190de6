//! The alerts and the dashboard ask for metrics that our programs have.

use std::collections::BTreeSet;

use e2e::patience::eventually;
use e2e::programs;
use e2e::world::{Controller, Route53, Sidecar};
use serde_json::{Value, json};

use crate::helm::{chart, helm};

/// Returns the metrics that a text mentions.
fn mentioned(text: &str) -> BTreeSet<String> {
    let words =
        text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let ours = |word: &&str| {
        ["external_dns_", "route53_webhook_", "process_"]
            .iter()
            .any(|start| word.starts_with(start))
    };
    words.filter(ours).map(str::to_owned).collect()
}

/// Returns the metrics that a program shows, with or without a sample yet.
async fn shown(admin: &str) -> BTreeSet<String> {
    let answer = reqwest::get(format!("{admin}/metrics")).await.unwrap();
    let text = answer.error_for_status().unwrap().text().await.unwrap();
    let mut names = BTreeSet::new();
    for line in text.lines() {
        match line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            Some((name, "histogram")) => {
                names.extend(["_bucket", "_sum", "_count"].map(|word| format!("{name}{word}")));
            }
            Some((name, _)) => drop(names.insert(name.to_owned())),
            None => names.extend(line.split(['{', ' ']).next().map(str::to_owned)),
        }
    }
    names
}

#[tokio::test]
async fn alerts_and_dashboard_ask_for_metrics_that_exist() {
    let chart = chart();
    let read = |file: &str| std::fs::read_to_string(chart.join(file)).unwrap();
    let dashboard: Value = serde_json::from_str(&read("dashboards/signpost.json")).unwrap();
    let wanted: BTreeSet<String> = mentioned(&read("alerts.yaml"))
        .union(&mentioned(&dashboard.to_string()))
        .cloned()
        .collect();
    assert!(wanted.len() > 20, "{wanted:?}");

    // A foreign record gives one name a reason; publishing the others counts the rest.
    let route53 = Route53::start("example.com", None, None).unwrap();
    let foreign = json!([{
        "Name": "www.example.com", "Type": "A", "TTL": 60,
        "ResourceRecords": [{ "Value": "192.0.2.9" }],
    }]);
    route53.put("example.com", &foreign).await.unwrap();
    let sidecar = Sidecar::start(&route53, &[], None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let endpoint =
        |name: &str| json!({"dnsName": name, "recordType": "A", "targets": ["192.0.2.1"]});
    let object = json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "two", "namespace": "default"},
        "spec": {"endpoints": [endpoint("www.example.com"), endpoint("new.example.com")]},
    });
    let file = folder.path().join("two.yaml");
    std::fs::write(&file, object.to_string()).unwrap();
    let manifests = format!("--manifests={}", file.display());
    let arguments = ["--source=crd", "--txt-owner-id=me", "--interval=1s", manifests.as_str()];
    let controller = Controller::start(&sidecar.url, &arguments, None).unwrap();

    let missing = || async {
        let mut seen = shown(&controller.admin).await;
        seen.extend(shown(&sidecar.admin).await);
        wanted.difference(&seen).cloned().collect::<Vec<_>>()
    };
    eventually("metrics that nobody has", missing, Vec::is_empty).await;
}

#[test]
fn alerts_wait_for_reasons_that_exist() {
    let alerts = std::fs::read_to_string(chart().join("alerts.yaml")).unwrap();
    let reasons = programs::workspace().join("docs/reasons.md");
    let reasons = std::fs::read_to_string(reasons).unwrap();
    let mut seen = 0;
    for part in alerts.split("reason=").skip(1) {
        let quoted = part.split('"').nth(1).unwrap();
        for reason in quoted.split('|') {
            assert!(reasons.contains(&format!("| `{reason}` |")), "no reason is called {reason}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} reasons were found");
}

#[test]
fn alerts_are_those_of_the_values_and_can_be_left_out() {
    let Some(helm) = helm() else { return };
    let alerts = |values: &str| -> Vec<String> {
        let objects = helm.objects(&format!("txtOwnerId: me\n{values}"));
        let rules = objects.only("PrometheusRule")["spec"]["groups"][0]["rules"].clone();
        let names = rules.as_array().unwrap().iter().map(|rule| rule["alert"].as_str().unwrap());
        for word in ["SELECTOR", "OVERDUE", "RUNBOOKS"] {
            assert!(!rules.to_string().contains(word), "{word} in {rules}");
        }
        names.map(str::to_owned).collect()
    };
    let all = alerts("prometheusRule: {enabled: true}");
    let schema = std::fs::read_to_string(chart().join("keys.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let known = &schema["properties"]["prometheusRule"]["properties"]["disabled"]["items"]["enum"];
    assert_eq!(&json!(all), known, "alerts.yaml, keys.json");

    let fewer = alerts("prometheusRule: {enabled: true, disabled: [SignpostDown]}");
    assert_eq!(fewer.len(), all.len() - 1);
    let other = "provider: {name: webhook, webhook: {image: {repository: a, tag: b}}}";
    let others = alerts(&format!("prometheusRule: {{enabled: true}}\n{other}"));
    assert!(!others.iter().any(|alert| alert.contains("Route53")), "{others:?}");
    assert!(others.contains(&"SignpostOverdue".to_owned()), "{others:?}");
}

#[test]
fn the_dashboard_reaches_grafana_as_it_lies_in_the_chart() {
    let Some(helm) = helm() else { return };
    let objects = helm.objects("{txtOwnerId: me, dashboard: {enabled: true, namespace: grafana}}");
    let map = objects.only("ConfigMap");
    let text = map["data"]["signpost.json"].as_str().unwrap();
    let file = std::fs::read_to_string(chart().join("dashboards/signpost.json")).unwrap();
    assert_eq!(text.trim(), file.trim());
    assert_eq!(map["metadata"]["namespace"], "grafana");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
}

/// Returns the anchors of a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| -> String {
        let kept = |character: &char| character.is_alphanumeric() || " -_".contains(*character);
        heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
    };
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_alert_says_where_it_is_written_what_to_do() {
    let Some(helm) = helm() else { return };
    let page = programs::workspace().join("docs/troubleshooting.md");
    let anchors = anchors(&std::fs::read_to_string(page).unwrap());
    for (runbooks, start) in [
        ("", "docs/"),
        (", runbooks: https://git.example.com/dns/docs/", "https://git.example.com/dns/docs/"),
    ] {
        let values = format!("txtOwnerId: me\nprometheusRule: {{enabled: true{runbooks}}}");
        let objects = helm.objects(&values);
        let rules = objects.only("PrometheusRule")["spec"]["groups"][0]["rules"].clone();
        for rule in rules.as_array().unwrap() {
            let url = rule["annotations"]["runbook_url"].as_str().unwrap();
            let page = format!("{start}troubleshooting.md#");
            let anchor = url.strip_prefix(&page).unwrap_or_else(|| panic!("{url}"));
            assert!(anchors.contains(anchor), "{}: no heading for {anchor}", rule["alert"]);
        }
    }
}
