//! The emulator as a process: its one line, its state file, its end.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A running binary that is killed when dropped.
struct Process {
    child: Child,
    ready: Value,
}

impl Process {
    #[expect(clippy::expect_used, reason = "a test helper")]
    fn start(arguments: &[&str], state: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_route53-emulator"))
            .args(arguments)
            .arg("--state")
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it prints a line");
        let ready = serde_json::from_str(&line).expect("the line is JSON");
        Self { child, ready }
    }

    #[expect(clippy::expect_used, reason = "a test helper")]
    fn url(&self, route: &str) -> String {
        let address = self.ready.get("listen").and_then(Value::as_str).expect("it says where");
        format!("http://{address}/_emulator/{route}")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn a_killed_emulator_comes_back_with_its_zones_and_records() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let arguments = ["--zone", "example.com=Z1", "--zone", "corp.internal:private"];
    let client = reqwest::Client::new();
    let record = json!({
        "Name": "a.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}],
    });
    let first = Process::start(&arguments, &state);
    assert_eq!(first.ready["dns"], Value::Null);
    let body = json!({"name": "example.com", "records": [record]}).to_string();
    let answer = client.post(first.url("zones")).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let zones = first.ready["zones"].clone();
    drop(first);

    let second = Process::start(&arguments, &state);
    assert_eq!(second.ready["zones"], zones);
    let state: Value = client.get(second.url("state")).send().await.unwrap().json().await.unwrap();
    let sets = &state["HostedZones"][0]["ResourceRecordSets"];
    assert_eq!(sets[2]["Name"], "a.example.com.", "{state}");
}

#[tokio::test]
async fn the_line_says_where_the_api_and_dns_listen_and_the_zones_ids() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--dns", "127.0.0.1:0", "--zone", "example.com=Z1"];
    let process = Process::start(&arguments, &folder.path().join("state.json"));
    let ready = &process.ready;
    assert!(ready["listen"].as_str().unwrap().starts_with("127.0.0.1:"), "{ready}");
    assert!(ready["dns"].as_str().unwrap().starts_with("127.0.0.1:"), "{ready}");
    let zones = json!([{"id": "Z1", "name": "example.com.", "private": false}]);
    assert_eq!(ready["zones"], zones);
}

#[cfg(unix)]
#[test]
fn a_terminated_emulator_exits_with_success() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&[], &folder.path().join("state.json"));
    let id = process.child.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill \"$0\"", &id]).status().unwrap().success());
    let started = now();
    let status = loop {
        if let Some(status) = process.child.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "it does not end");
        std::thread::yield_now();
    };
    assert!(status.success(), "{status}");
}

#[expect(clippy::disallowed_methods, reason = "a bound for waiting")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn help_explains_faults_and_bad_arguments_are_named() {
    let run = |argument: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_route53-emulator"));
        let output = command.args(argument.split(' ')).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (success, help) = run("--help");
    assert!(success);
    assert!(help.contains("reset-after:op=ChangeResourceRecordSets,p=0.1,seed=7"), "{help}");
    for (argument, part) in [
        ("--fault nonsense", "`nonsense` is not a fault"),
        ("--zone a..b", "`a..b` does not start with a domain name"),
        ("--insync-delay 5", "`5` is not a time"),
        ("--listen 192.0.2.1:1", "failed to listen on `192.0.2.1:1`"),
        ("--rate 0", "is not above zero"),
        ("--state /dev/null/state.json", "the state file `/dev/null/state.json`"),
    ] {
        let (success, text) = run(argument);
        assert!(!success && text.contains(part), "{argument}: {text}");
    }
}
