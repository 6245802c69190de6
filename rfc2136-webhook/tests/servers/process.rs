//! The process: what it prints, serves and counts, and how it ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::encrypted::{Authority, named};
use crate::harness::{KEY, Kind, SECRET, Server, write_file};

/// A process that serves.
struct Process {
    child: Child,
    webhook: String,
    admin: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended, as a test had it do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rfc2136-webhook"));
    command.env_clear().env("RUST_BACKTRACE", "0");
    command
}

fn flags(server: &Server) -> Vec<String> {
    let keys = server.path("keys");
    write_file(
        &keys,
        &format!("key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n"),
    );
    vec![
        "--rfc2136-host=127.0.0.1".to_owned(),
        format!("--rfc2136-port={}", server.port),
        "--rfc2136-zone=example.com".to_owned(),
        format!("--tsig-key-file={}", keys.display()),
    ]
}

fn start(flags: &[String]) -> Process {
    let mut child = program()
        .args(flags)
        .args(["--listen=127.0.0.1:0", "--metrics-address=127.0.0.1:0", "--announce"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let field = |name: &str| {
        let (_, rest) = line.split_once(&format!("\"{name}\":\"")).unwrap();
        format!("http://{}", rest.split('"').next().unwrap())
    };
    Process { webhook: field("listen"), admin: field("metrics"), child }
}

async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn told(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    texts.concat()
}

#[tokio::test]
async fn it_serves_counts_and_ends_in_order() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let mut process = start(&flags(&server));
    assert_eq!(get(&format!("{}/healthz", process.admin)).await, (200, "OK".to_owned()));
    let (status, ready) = get(&format!("{}/readyz?verbose", process.admin)).await;
    assert_eq!(
        (status, ready.as_str()),
        (200, "ready\nzone: example.com has 2 record sets at serial 1\n")
    );
    let (_, records) = get(&format!("{}/records", process.webhook)).await;
    assert!(records.contains("ns.example.com"), "{records}");
    let body =
        r#"{"create":[{"dnsName":"www.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let write = reqwest::Client::new()
        .post(format!("{}/records", process.webhook))
        .header("Content-Type", "application/external.dns.webhook+json;version=1")
        .body(body);
    assert_eq!(write.send().await.unwrap().status().as_u16(), 204);
    assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
    let (_, metrics) = get(&format!("{}/metrics", process.admin)).await;
    for line in [
        "rfc2136_webhook_changes_total{outcome=\"written\"} 1",
        "rfc2136_webhook_zone_available{zone_id=\"example.com\"} 1",
        "operation=\"UPDATE\",result=\"ok\"} 1",
        "operation=\"AXFR\",result=\"ok\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test]
async fn the_list_costs_no_transfer_while_the_serial_stands() {
    let Some(server) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    let process = start(&flags(&server));
    for _ in 0..3 {
        get(&format!("{}/records", process.webhook)).await;
    }
    server.nsupdate("example.com", &["add www.example.com 60 A 192.0.2.1"]);
    let (_, records) = get(&format!("{}/records", process.webhook)).await;
    assert!(records.contains("www.example.com"), "{records}");
    let (_, metrics) = get(&format!("{}/metrics", process.admin)).await;
    for line in ["operation=\"AXFR\",result=\"ok\"} 1", "operation=\"IXFR\",result=\"ok\"} 1"] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[tokio::test]
async fn check_says_what_is_there_and_what_is_missing() {
    for server in Server::all(&["example.com"]).await {
        let serial = server.serial("example.com").await;
        let output = program().args(flags(&server)).arg("check").output().unwrap();
        let text = told(&output);
        assert!(output.status.success(), "{:?} {text}", server.kind);
        for line in [
            "ok       SOA query of zone example.com on 127.0.0.1:",
            "ok       AXFR of",
            "ok       UPDATE of",
        ] {
            assert!(text.contains(line), "{:?}: {text}", server.kind);
        }
        assert_eq!(server.serial("example.com").await, serial, "nothing was changed");
        write_file(&server.path("other"), &format!("hmac-sha256:reader:{SECRET}\n"));
        let mut flags = flags(&server);
        flags.pop();
        flags.push(format!("--tsig-key-file={}", server.path("other").display()));
        let output = program().args(&flags).arg("check").output().unwrap();
        let text = told(&output);
        assert_eq!(output.status.code(), Some(1), "{:?} {text}", server.kind);
        assert!(text.contains("MISSING  UPDATE of zone example.com"), "{:?}: {text}", server.kind);
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let process = start(&[flags(&server), vec!["--dry-run".to_owned()]].concat());
    let body =
        r#"{"create":[{"dnsName":"www.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let write = reqwest::Client::new()
        .post(format!("{}/records", process.webhook))
        .header("Content-Type", "application/external.dns.webhook+json;version=1")
        .body(body);
    assert_eq!(write.send().await.unwrap().status().as_u16(), 204);
    assert_eq!(server.answers("www.example.com", "A").await, [""; 0]);
    assert_eq!(server.serial("example.com").await, 1);
}

#[tokio::test]
async fn a_new_zone_and_a_new_key_need_no_restart() {
    let Some(server) = Server::start(Kind::Bind, &["example.com", "example.net"]).await else {
        return;
    };
    let config = server.path("config.yaml");
    let [host, port, _, key]: [String; 4] = flags(&server).try_into().unwrap();
    write_file(&config, "rfc2136-zone: [example.com]\n");
    let process = start(&[host, port, key, format!("--config={}", config.display())]);
    let zones = async || get(&format!("{}/zones", process.webhook)).await.1;
    assert!(!zones().await.contains("example.net"));
    write_file(&config, "rfc2136-zone: [example.com, example.net]\n");
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    while !zones().await.contains("example.net") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    write_file(&config, "rfc2136-zone: [a..b]\n");
    let ready = async || get(&format!("{}/readyz", process.admin)).await.1;
    while !ready().await.contains("problem: the configuration cannot be taken") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(zones().await.contains("example.net"), "what was before stays in use");
}

#[test]
fn all_that_is_missing_on_the_command_line_is_said_at_once() {
    let output = program().arg("--rfc2136-zone=example.com").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    assert!(text.starts_with("error: 2 things are wrong with the command line:"), "{text}");
    for missing in ["zone `example.com` has no name server; give --rfc2136-host", "--tsig-key-file"]
    {
        assert!(text.contains(missing), "{missing}: {text}");
    }
}

#[tokio::test]
async fn tls_is_spoken_and_a_new_authority_needs_no_restart() {
    let authority = Authority::new();
    let prepare = |server: &Server| {
        authority.write(server, &named("ns.example.com"));
    };
    let Some(server) = Server::start_with(Kind::Bind, &["example.com"], prepare).await else {
        return;
    };
    let ca = server.path("ca.crt");
    write_file(&ca, &Authority::new().pem);
    let mut flags = flags(&server);
    flags[1] = format!("--rfc2136-port={}", server.tls_port);
    flags.push("--rfc2136-use-tls".to_owned());
    flags.push(format!("--tls-ca={}", ca.display()));
    flags.push("--tls-server-name=ns.example.com".to_owned());
    let output = program().args(&flags).arg("check").output().unwrap();
    assert!(told(&output).contains("authority that is not known here"), "{}", told(&output));
    let process = start(&flags);
    let zones = async || get(&format!("{}/zones", process.webhook)).await.1;
    let before = zones().await;
    assert!(before.contains("authority that is not known here"), "{before}");
    write_file(&server.path("fresh"), &authority.pem);
    std::fs::rename(server.path("fresh"), &ca).unwrap();
    while zones().await.contains("unavailable") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = program().args(&flags).arg("check").output().unwrap();
    assert!(told(&output).contains("ok       UPDATE of"), "{}", told(&output));
}

#[tokio::test]
async fn a_key_that_is_replaced_in_its_file_is_taken() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let flags = flags(&server);
    let keys = server.path("keys");
    write_file(&keys, "hmac-sha256:stranger:c2VjcmV0\n");
    let process = start(&flags);
    let zones = async || get(&format!("{}/zones", process.webhook)).await.1;
    let before = zones().await;
    assert!(before.contains("BADKEY") && before.contains("stranger"), "{before}");
    // Half a rotation changes nothing, and is told.
    write_file(&keys, "hmac-sha256:stranger\n");
    let ready = async || get(&format!("{}/readyz", process.admin)).await.1;
    while !ready().await.contains("problem: the configuration cannot be taken") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(zones().await.contains("stranger"));
    // As a mounted Secret is replaced: only what watches the folder is told.
    write_file(&server.path("fresh"), &format!("hmac-sha256:{KEY}:{SECRET}\n"));
    std::fs::rename(server.path("fresh"), &keys).unwrap();
    while zones().await.contains("unavailable") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!ready().await.contains("problem"));
}
