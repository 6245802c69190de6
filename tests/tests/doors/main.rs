//! What strangers can do to the ports of both programs: nothing that keeps anyone else out.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod hosts;
mod log;
mod starved;
mod transport;

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
async fn bodies_that_do_not_come_keep_nobody_waiting() {
    let Doors { controller, .. } = &doors().await;
    let address = controller.admin.trim_start_matches("http://");
    let head = "POST /v1/approve HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    let mut held: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut held {
        stream.write_all(head.as_bytes()).unwrap();
    }
    let client = reqwest::Client::builder().timeout(ANSWER).build().unwrap();
    for path in ["/livez", "/v1/plan", "/healthz", "/v1/plan", "/readyz"] {
        let answer = client.get(format!("{}{path}", controller.admin)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    drop(held);
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

/// Returns an address of this machine that is no loopback address, as a neighbour would use.
fn own_address() -> Option<std::net::IpAddr> {
    // Nothing is sent: this only asks which address would be used.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().unwrap().ip()).filter(|ip| !ip.is_loopback())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_sees_health_and_metrics_alone_and_no_page_is_answered_over_a_forwarded_port() {
    let folder = tempfile::tempdir().unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &[], None).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let usual = ["--source=service", "--txt-owner-id=me", &manifests];
    let program = e2e::process::Program::new(e2e::programs::SIGNPOST)
        .args(["run", "--metrics-address=:0", "--announce", "--policy=sync"])
        .args([format!("--webhook-provider-url={}", sidecar.url)])
        .args(usual);
    let mut process = program.start().unwrap();
    let announced = process.announced().unwrap();
    let port: u16 =
        announced["metrics"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    let client = reqwest::Client::new();
    let approve = async |host: &str| {
        let body = serde_json::json!({ "hash": "000000000000" });
        let url = format!("http://{host}:{port}/v1/approve");
        let answer = client.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let mut here = vec!["127.0.0.1"];
    // A machine may be without IPv6, and a Pod may have nothing else.
    here.extend(std::net::TcpListener::bind("[::1]:0").is_ok().then_some("[::1]"));
    for host in here {
        let (status, text) = approve(host).await;
        assert!(status == 409 && text.contains("nothing to"), "{host}: {status} {text}");
        for path in ["/livez", "/metrics"] {
            let answer = client.get(format!("http://{host}:{port}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{host}{path}");
        }
    }
    let rebound = client.get(format!("http://127.0.0.1:{port}/v1/plan"));
    let rebound = rebound.header("host", "page.example.org").send().await.unwrap();
    assert_eq!(rebound.status(), 421);
    // A proxy of this machine passes strangers on.
    for (name, value) in [
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=192.0.2.1"),
        ("via", "1.1 proxy"),
        ("x-real-ip", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("true-client-ip", "192.0.2.1"),
        ("cf-connecting-ip", "192.0.2.1"),
        ("fastly-client-ip", "192.0.2.1"),
        ("x-client-ip", "192.0.2.1"),
        ("x-cluster-client-ip", "192.0.2.1"),
        ("x-remote-user", "admin"),
    ] {
        for request in [
            client.get(format!("http://127.0.0.1:{port}/v1/plan")),
            client.get(format!("http://127.0.0.1:{port}/")),
            client.post(format!("http://127.0.0.1:{port}/v1/approve")).json(&"{}"),
            client.post(format!("http://127.0.0.1:{port}/v1/sync")).json(&"{}"),
        ] {
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name} {}", answer.url());
        }
        let probe = client.get(format!("http://127.0.0.1:{port}/livez")).header(name, value);
        assert_eq!(probe.send().await.unwrap().status(), 200, "{name}");
    }
    let log = process.log();
    assert!(log.contains("from=\"a proxy on this machine (`x-forwarded`)\""), "{log}");
    if let Some(address) = own_address() {
        let (status, text) = approve(&address.to_string()).await;
        assert!(status == 403 && text.contains("on the machine itself"), "{status} {text}");
        let get = async |path: &str| {
            let answer = client.get(format!("http://{address}:{port}{path}")).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        for path in ["/livez", "/metrics", "/style.css"] {
            assert_eq!(get(path).await.0, 200, "{path}");
        }
        let own = client.get(format!("http://127.0.0.1:{port}/readyz?verbose")).send().await;
        let own = own.unwrap().text().await.unwrap();
        let (_, strangers) = get("/readyz?verbose").await;
        assert!(own.contains("ok: ") && !strangers.contains("ok: "), "{own} {strangers}");
        for path in ["/", "/record?name=x", "/v1/plan", "/v1/records", "/v1/explain?name=x"] {
            let (status, text) = get(path).await;
            assert!(status == 403 && text.contains("on the machine itself"), "{path} {text}");
        }
        // Nobody is looked up for what there is not.
        assert_eq!(get("/v1/other").await.0, 404);
        assert_eq!(get("/v1/approve").await.0, 405);
        let log = process.log();
        assert_eq!(
            log.matches("A request is refused").count(),
            1,
            "one line stands for all: {log}"
        );
        assert!(!log.contains("::ffff:"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_listener_reads_and_approves_nothing_from_elsewhere() {
    let Some(address) = own_address() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "scraper-token").unwrap();
    let manifests = folder.path().join("none");
    std::fs::create_dir(&manifests).unwrap();
    let program = e2e::process::Program::new(e2e::programs::SIGNPOST)
        .args(["run", "--metrics-address=:0", "--announce", "--policy=sync", "--source=service"])
        .args(["--txt-owner-id=me", "--webhook-provider-url=http://127.0.0.1:9"])
        .args([format!("--manifests={}", manifests.display())])
        .args([format!("--metrics-token-file={}", file.display())]);
    let mut process = program.start().unwrap();
    let announced = process.announced().unwrap();
    let port = announced["metrics"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
    let client = reqwest::Client::new();
    let ask = async |host: &str, path: &str, token: &str| {
        let url = format!("http://{host}:{port}{path}");
        let body = serde_json::json!({ "hash": "000000000000" });
        let request = match path {
            "/v1/approve" | "/v1/sync" => client.post(url).json(&body),
            _ => client.get(url),
        };
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let there = address.to_string();
    for path in ["/metrics", "/v1/plan", "/"] {
        assert_eq!(ask(&there, path, "scraper-token").await.0, 200, "{path}");
        // It may be one of a cluster, which this controller does not have.
        for host in [there.as_str(), "127.0.0.1"] {
            assert_eq!(ask(host, path, "another").await.0, 403, "{host} {path}");
        }
    }
    let (status, text) = ask(&there, "/v1/approve", "scraper-token").await;
    assert!(status == 403 && text.contains("lets read only"), "{status} {text}");
    let (status, text) = ask(&there, "/v1/sync", "scraper-token").await;
    assert!(status == 403 && text.contains("lets read only"), "{status} {text}");
    let (status, text) = ask("127.0.0.1", "/v1/approve", "scraper-token").await;
    assert!(status == 409 && text.contains("no deletions are held"), "{status} {text}");
    assert!(!process.log().contains("scraper-token"), "{}", process.log());
}
