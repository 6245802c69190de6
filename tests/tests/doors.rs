//! What strangers can do to the ports of both programs: nothing that keeps anyone else out.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use e2e::patience::eventually;
use e2e::world::{Controller, Route53, Sidecar};

/// How long an answer may take on a machine that runs other tests; with a door that is shut there
/// is none at all.
const ANSWER: Duration = Duration::from_secs(5);

struct Doors {
    sidecar: Sidecar,
    controller: Controller,
    _route53: Route53,
    _folder: tempfile::TempDir,
}

async fn doors() -> Doors {
    let folder = tempfile::tempdir().unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &[], None).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let usual = ["--source=service", "--txt-owner-id=me", &manifests];
    let controller = Controller::start(&sidecar.url, &usual, None).unwrap();
    let ready = || async { controller.ready().await.unwrap() };
    eventually("a sync", ready, |ready| ready.0).await;
    Doors { sidecar, controller, _route53: route53, _folder: folder }
}

/// Opens connections on which half a head is sent and nothing more.
fn half_open(url: &str, count: usize) -> Vec<TcpStream> {
    let address = url.trim_start_matches("http://");
    let open = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        // One that was closed to make room for another may be gone already.
        drop(stream.write_all(b"GET /records HTTP/1.1\r\nHost: local"));
        stream
    };
    (0..count).map(open).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_keep_nobody_from_an_answer() {
    assert!(daemon::raise_file_limit() > 2_500, "this machine has too few files for the test");
    let Doors { sidecar, controller, .. } = &doors().await;
    let client = reqwest::Client::builder().timeout(ANSWER).build().unwrap();
    for (url, path) in [
        (&sidecar.url, "/records"),
        (&sidecar.admin, "/healthz"),
        (&controller.admin, "/livez"),
        (&controller.admin, "/metrics"),
    ] {
        let held = half_open(url, 2_000);
        for attempt in 0..3 {
            let answer = client.get(format!("{url}{path}")).send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{path}, {attempt}: {error:?}"));
            assert_eq!(answer.status(), 200, "{path}");
        }
        drop(held);
    }
    for log in [sidecar.process.log(), controller.process.log()] {
        assert!(log.contains("more connections than this listener takes"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_come_keep_no_probe_waiting() {
    let Doors { controller, .. } = &doors().await;
    let address = controller.admin.trim_start_matches("http://");
    let head = "POST /v1/approve HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    let mut held: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut held {
        stream.write_all(head.as_bytes()).unwrap();
    }
    let client = reqwest::Client::builder().timeout(ANSWER).build().unwrap();
    let plan =
        || async { client.get(format!("{}/v1/plan", controller.admin)).send().await.unwrap() };
    eventually("every place to be taken", plan, |plan| plan.status() == 503).await;
    assert_eq!(plan().await.headers()["retry-after"], "1");
    for path in ["/livez", "/healthz", "/readyz"] {
        let answer = client.get(format!("{}{path}", controller.admin)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    drop(held);
    eventually("a place", plan, |plan| plan.status() == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_or_closed_and_harms_nobody() {
    let Doors { sidecar, controller, .. } = &doors().await;
    let endless = vec![b'A'; 600_000];
    for url in [&sidecar.url, &sidecar.admin, &controller.admin] {
        for nonsense in [&b"\x16\x03\x01\x02\x00"[..], b"\r\n\r\n\r\nx y\r\n\r\n", &endless] {
            let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
            drop(stream.write_all(nonsense));
            stream.shutdown(std::net::Shutdown::Write).ok();
            drop(stream.read_to_end(&mut Vec::new()));
        }
        let answer = reqwest::get(format!("{url}/")).await.unwrap();
        assert!(answer.status().as_u16() < 500, "{url}");
    }
}
