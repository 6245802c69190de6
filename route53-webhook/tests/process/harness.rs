//! Starting the sidecar beside a test, asking it, and ending it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use route53_emulator::{Emulator, Options};
use tokio::time::Instant;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_route53-webhook");

/// A running sidecar; it is killed when dropped.
pub(crate) struct Sidecar {
    pub(crate) child: Child,
    pub(crate) listen: String,
    pub(crate) metrics: String,
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) async fn emulator() -> Emulator {
    let zones = vec!["example.com=Z1".parse().expect("a zone")];
    Emulator::start(Options { zones, ..Options::default() }).await.expect("an emulator")
}

pub(crate) fn command(url: &str) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL_ROUTE_53", url)
        .env("AWS_ACCESS_KEY_ID", "test-key")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

pub(crate) fn start(command: &mut Command, args: &[&str]) -> Sidecar {
    start_logging(command, args, Stdio::null())
}

/// Starts a sidecar that writes its log to `log`.
pub(crate) fn start_logging(command: &mut Command, args: &[&str], log: Stdio) -> Sidecar {
    let mut child = command
        .args(["--listen=127.0.0.1:0", "--metrics-address=127.0.0.1:0", "--announce"])
        .args(["--aws-requests-per-second=0"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let addresses: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    let address = |key: &str| format!("http://{}", addresses[key].as_str().expect("an address"));
    Sidecar { child, listen: address("listen"), metrics: address("metrics") }
}

pub(crate) async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

pub(crate) async fn until_ready(sidecar: &Sidecar) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(&format!("{}/readyz", sidecar.metrics)).await.0 != 200 {
        assert!(Instant::now() < deadline, "never ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn terminated(sidecar: &mut Sidecar) -> Option<i32> {
    let pid = sidecar.child.id().to_string();
    let killed = Command::new("sh").args(["-c", "kill \"$0\"", &pid]).status().expect("kill");
    assert!(killed.success());
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(status) = sidecar.child.try_wait().expect("a status") {
            return status.code();
        }
        assert!(Instant::now() < deadline, "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn output(command: &mut Command, args: &[&str]) -> (Option<i32>, String, String) {
    // A process that serves where it should have complained must not hang the test.
    let mut bounded = Command::new("timeout");
    bounded.arg("20").arg(command.get_program()).args(args).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            bounded.env(name, value);
        }
    }
    bounded.env("PATH", "/usr/bin:/bin");
    let Output { status, stdout, stderr } = bounded.output().expect("an output");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}
