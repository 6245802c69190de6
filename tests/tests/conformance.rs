//! `signpost conformance` as its users run it: our sidecar passes, and a broken rule is named.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use e2e::faulty::{FaultMode, Faulty};
use e2e::process::{Ended, Program};
use e2e::programs;
use e2e::world::{Route53, Sidecar};
use serde_json::Value;

fn conformance(url: &str, arguments: &[&str]) -> Ended {
    let url = format!("--webhook-provider-url={url}");
    let program = Program::new(programs::SIGNPOST).args(["conformance", &url, "--settle=0"]);
    program.args(arguments.iter().copied()).run().unwrap()
}

/// Returns the names of the checks that ended one way.
fn ended<'a>(report: &'a Value, outcome: &str) -> Vec<&'a str> {
    let checks = report.get("checks").and_then(Value::as_array).unwrap().iter();
    let of = |value: &&Value| value.get("outcome").and_then(Value::as_str) == Some(outcome);
    checks.filter(of).filter_map(|check| check.get("check")?.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_sidecar_keeps_every_rule_and_its_zone_is_left_as_it_was() {
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &["--aws-requests-per-second=0"], None).unwrap();
    let before = sidecar.records().await.unwrap();
    let all = conformance(&sidecar.url, &["--zone=example.com", "--yes", "--output=json"]);
    let report: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(ended(&report, "failed"), [""; 0], "{}{}", all.stdout, all.stderr);
    assert_eq!(ended(&report, "skipped"), ["retry-after"]);
    assert!(all.status.success());
    assert_eq!(sidecar.records().await.unwrap(), before);
    assert!(!route53.calls("ChangeResourceRecordSets").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_our_sidecar_costs_no_write() {
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &[], None).unwrap();
    let looked = conformance(&sidecar.url, &[]);
    assert!(looked.status.success(), "{}", looked.stdout);
    assert!(looked.stdout.contains("0 failed"), "{}", looked.stdout);
    assert!(route53.calls("ChangeResourceRecordSets").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_is_named_with_its_page_and_is_the_exit_status() {
    let provider = Faulty::start(Vec::new()).await.unwrap();
    provider.be(FaultMode::AdjustsToNothing);
    let broken = conformance(&provider.url(), &["--zone=example.com"]);
    assert_eq!(broken.status.code(), Some(1));
    let line = broken.stdout.lines().find(|line| line.starts_with("FAIL")).unwrap();
    assert!(line.contains("adjust-keeps-all"), "{line}");
    assert!(line.contains("proto-docs/webhook-v1.md#what-each-call-means"), "{line}");
}

#[test]
fn writing_without_a_zone_is_refused_before_anything_is_asked() {
    let refused = conformance("http://127.0.0.1:1", &["--yes"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("--zone"), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
}
