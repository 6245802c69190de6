//! What strangers can do to the ports of both programs: nothing that keeps anyone else out.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod hosts;
mod log;
mod starved;
mod transport;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use e2e::World;
use e2e::process::{Process, Program};
use e2e::programs::SIGNPOST;
use e2e::world::{Folder, OWNER, Objects as _, Route53Webhook};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// How long an answer may take on a machine that runs other tests; with a door that is shut there
/// is none at all.
const ANSWER: Duration = Duration::from_secs(5);

/// Returns a running world that has nothing to read.
async fn doors() -> World<Folder, Route53Webhook> {
    let provider = Route53Webhook::start(&[], &[]).await;
    let world = World::new(Folder::new(), provider).flags(&["--source=service"]).started();
    world.until_ready_is(true).await;
    world
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
    let world = &doors().await;
    let (sidecar, controller) = (&world.provider.sidecar, world.controller());
    let client = Client::builder().timeout(ANSWER).build().unwrap();
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
    let world = &doors().await;
    let controller = world.controller();
    let address = controller.admin.trim_start_matches("http://");
    let head = "POST /v1/approve HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    let mut held: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut held {
        stream.write_all(head.as_bytes()).unwrap();
    }
    let client = Client::builder().timeout(ANSWER).build().unwrap();
    for path in ["/livez", "/v1/plan", "/healthz", "/v1/plan", "/readyz"] {
        let answer = client.get(format!("{}{path}", controller.admin)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_or_closed_and_harms_nobody() {
    let world = &doors().await;
    let (sidecar, controller) = (&world.provider.sidecar, world.controller());
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

/// A controller that listens on every address of this machine, and has nothing to read.
struct Everywhere {
    process: Process,
    port: u16,
    client: Client,
    _folder: Folder,
}

impl Everywhere {
    fn start(provider: &str, flags: &[&str]) -> Self {
        let folder = Folder::new();
        let program = Program::new(SIGNPOST)
            .args(["run", "--metrics-address=:0", "--announce", "--policy=sync"])
            .args(["--source=service", OWNER])
            .args([format!("--webhook-provider-url={provider}")])
            .args(folder.flags())
            .args(flags.iter().copied());
        let mut process = program.start().unwrap();
        let announced = process.announced().unwrap();
        let address = announced.get("metrics").and_then(Value::as_str).unwrap();
        let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
        Self { process, port, client: Client::new(), _folder: folder }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    fn get(&self, host: &str, path: &str) -> RequestBuilder {
        self.client.get(self.url(host, path))
    }

    fn post(&self, host: &str, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(host, path)).json(body)
    }

    /// Asks to approve deletions, of which there are none.
    fn approve(&self, host: &str) -> RequestBuilder {
        self.post(host, "/v1/approve", &json!({ "hash": "000000000000" }))
    }
}

/// Sends a request; returns the status and the text of the answer.
async fn answer(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_may_approve_and_no_page_is_answered_over_a_forwarded_port() {
    let provider = Route53Webhook::start(&[], &[]).await;
    let doors = Everywhere::start(&provider.sidecar.url, &[]);
    let mut here = vec!["127.0.0.1"];
    // A machine may be without IPv6, and a Pod may have nothing else.
    here.extend(std::net::TcpListener::bind("[::1]:0").is_ok().then_some("[::1]"));
    for host in here {
        let (status, text) = answer(doors.approve(host)).await;
        assert!(status == 409 && text.contains("nothing to"), "{host}: {status} {text}");
        for path in ["/livez", "/metrics"] {
            assert_eq!(answer(doors.get(host, path)).await.0, 200, "{host}{path}");
        }
    }
    let rebound = doors.get("127.0.0.1", "/v1/plan").header("host", "page.example.org");
    assert_eq!(answer(rebound).await.0, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_proxy_of_this_machine_passes_on_gets_probes_and_nothing_else() {
    let provider = Route53Webhook::start(&[], &[]).await;
    let doors = Everywhere::start(&provider.sidecar.url, &[]);
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
            doors.get("127.0.0.1", "/v1/plan"),
            doors.get("127.0.0.1", "/"),
            doors.post("127.0.0.1", "/v1/approve", &json!("{}")),
            doors.post("127.0.0.1", "/v1/sync", &json!("{}")),
        ] {
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name} {}", answer.url());
        }
        let probe = doors.get("127.0.0.1", "/livez").header(name, value);
        assert_eq!(answer(probe).await.0, 200, "{name}");
    }
    let log = doors.process.log();
    assert!(log.contains("from=\"a proxy on this machine (`x-forwarded`)\""), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_sees_health_and_metrics_alone() {
    let Some(address) = own_address() else { return };
    let there = address.to_string();
    let provider = Route53Webhook::start(&[], &[]).await;
    let doors = Everywhere::start(&provider.sidecar.url, &[]);
    let passed_on = doors.get("127.0.0.1", "/v1/plan").header("via", "1.1 proxy");
    assert_eq!(answer(passed_on).await.0, 403);
    let (status, text) = answer(doors.approve(&there)).await;
    assert!(status == 403 && text.contains("on the machine itself"), "{status} {text}");
    for path in ["/livez", "/metrics", "/style.css"] {
        assert_eq!(answer(doors.get(&there, path)).await.0, 200, "{path}");
    }
    let (_, own) = answer(doors.get("127.0.0.1", "/readyz?verbose")).await;
    let (_, strangers) = answer(doors.get(&there, "/readyz?verbose")).await;
    assert!(own.contains("ok: ") && !strangers.contains("ok: "), "{own} {strangers}");
    for path in ["/", "/record?name=x", "/v1/plan", "/v1/records", "/v1/explain?name=x"] {
        let (status, text) = answer(doors.get(&there, path)).await;
        assert!(status == 403 && text.contains("on the machine itself"), "{path} {text}");
    }
    // Nobody is looked up for what there is not.
    assert_eq!(answer(doors.get(&there, "/v1/other")).await.0, 404);
    assert_eq!(answer(doors.get(&there, "/v1/approve")).await.0, 405);
    let log = doors.process.log();
    assert_eq!(log.matches("A request is refused").count(), 1, "one line stands for all: {log}");
    assert!(!log.contains("::ffff:"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_listener_reads_and_approves_nothing_from_elsewhere() {
    let Some(address) = own_address() else { return };
    let there = address.to_string();
    let folder = Folder::new();
    folder.write("token", "scraper-token");
    let file = format!("--metrics-token-file={}", folder.path().join("token").display());
    let doors = Everywhere::start("http://127.0.0.1:9", &[&file]);
    for path in ["/metrics", "/v1/plan", "/"] {
        let known = doors.get(&there, path).bearer_auth("scraper-token");
        assert_eq!(answer(known).await.0, 200, "{path}");
        // It may be one of a cluster, which this controller does not have.
        for host in [there.as_str(), "127.0.0.1"] {
            let another = doors.get(host, path).bearer_auth("another");
            assert_eq!(answer(another).await.0, 403, "{host} {path}");
        }
    }
    let sync = doors.post(&there, "/v1/sync", &json!({ "hash": "000000000000" }));
    for write in [doors.approve(&there), sync] {
        let (status, text) = answer(write.bearer_auth("scraper-token")).await;
        assert!(status == 403 && text.contains("lets read only"), "{status} {text}");
    }
    let (status, text) = answer(doors.approve("127.0.0.1").bearer_auth("scraper-token")).await;
    assert!(status == 409 && text.contains("no deletions are held"), "{status} {text}");
    let log = doors.process.log();
    assert!(!log.contains("scraper-token"), "{log}");
}
