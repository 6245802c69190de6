//! A zone that was created a moment ago is used without a restart, by the programs together.

use std::time::Duration;

use e2e::dns;
use e2e::world::{Controller, Route53, Sidecar};
use serde_json::json;

fn service(name: &str) -> String {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "namespace": "default",
            "annotations": { "external-dns.kubernetes.io/hostname": name },
        },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } },
    });
    service.to_string()
}

#[tokio::test]
async fn a_name_is_answered_soon_after_its_zone_was_created() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = folder.path().join("service.yaml");
    std::fs::write(&manifests, service("web.example.com")).unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    // Zones are listed every ten minutes, as by default.
    let sidecar = Sidecar::start(&route53, &["--aws-requests-per-second=0"], None).unwrap();
    let arguments = [
        "--source=service",
        &format!("--manifests={}", manifests.display()),
        "--txt-owner-id=c1",
        "--interval=1s",
    ];
    let _controller = Controller::start(&sidecar.url, &arguments, None).unwrap();
    let answered = async |name: &str| {
        for _ in 0..600 {
            if dns::query(route53.dns, name, "A").await.unwrap() == ["192.0.2.1"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{name} is not answered");
    };
    answered("web.example.com").await;
    route53.put("example.org", &json!([])).await.unwrap();
    std::fs::write(&manifests, service("web.example.org")).unwrap();
    answered("web.example.org").await;
    let lists = route53.calls("ListHostedZones").await.unwrap().len();
    assert_eq!(lists, 2, "at the start, and for the name without a zone");
}
