//! What others wrote, in the log of the real program.

use e2e::patience::eventually;
use e2e::world::{Controller, Route53, Sidecar};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_name_is_unseen_in_either_form_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{202e}b\u{9b}31m\u{200b}\u{2066}c\u{7f}\u{2028}.example.com";
    let service = serde_json::json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "web", "namespace": "default",
            "annotations": {"external-dns.kubernetes.io/hostname": name},
        },
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    });
    std::fs::write(folder.path().join("service.json"), service.to_string()).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &[], None).unwrap();
    for (format, shown) in [("text", "\\u{202e}"), ("json", "\\u202e")] {
        let format_flag = format!("--log-format={format}");
        let arguments = ["--source=service", "--txt-owner-id=me", &manifests, &format_flag];
        let process = Controller::program(&sidecar.url, &arguments).start().unwrap();
        let log = || async { process.log() };
        let log = eventually("the name", log, |log| log.contains(shown)).await;
        let unseen = |character: char| {
            character.is_control() && character != '\n'
                || ('\u{200b}'..='\u{200f}').contains(&character)
                || ('\u{2028}'..='\u{202e}').contains(&character)
                || ('\u{2066}'..='\u{2069}').contains(&character)
        };
        assert!(!log.contains(unseen), "{format}: {log:?}");
        if format == "json" {
            for line in log.lines().filter(|line| line.starts_with('{')) {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            }
        }
    }
}
