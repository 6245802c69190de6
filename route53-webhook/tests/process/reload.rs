//! Flags that change while the sidecar runs: what is taken, what is refused, and what stays.

use std::time::Duration;

use route53_emulator::{Emulator, Operation, Options, ResourceRecordSet};
use tokio::time::Instant;

use crate::harness::{Sidecar, command, get, start, terminated, until_ready};

struct World {
    emulator: Emulator,
    sidecar: Sidecar,
    folder: tempfile::TempDir,
}

impl World {
    /// Starts a sidecar with two zones to choose from.
    async fn new(config: &str) -> Self {
        let zones = ["example.com=Z1", "example.org=Z2"].map(|word| word.parse().expect("a zone"));
        let options = Options { zones: zones.to_vec(), ..Options::default() };
        let emulator = Emulator::start(options).await.expect("an emulator");
        for (zone, name) in [("Z1", "www.example.com"), ("Z2", "www.example.org")] {
            let set = ResourceRecordSet::new(name, "A", 60, &["192.0.2.1"]);
            emulator.seed(zone, vec![set]).expect("a record");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sidecar.yaml");
        std::fs::write(&file, config).expect("a file");
        let flag = format!("--config={}", file.display());
        let sidecar = start(&mut command(&emulator.endpoint_url()), &[&flag]);
        until_ready(&sidecar).await;
        Self { emulator, sidecar, folder }
    }

    fn config(&self, text: &str) {
        std::fs::write(self.folder.path().join("sidecar.yaml"), text).expect("a file");
    }

    /// Waits until `path` of the protocol answers with one text and without another.
    async fn until(&self, path: &str, has: &str, has_not: &str) {
        self.until_at(&format!("{}{path}", self.sidecar.listen), has, has_not).await;
    }

    async fn until_at(&self, url: &str, has: &str, has_not: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (_, text) = get(url).await;
            if text.contains(has) && !text.contains(has_not) {
                return;
            }
            assert!(Instant::now() < deadline, "{url} has no {has} or has {has_not}: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn hang_up(sidecar: &Sidecar) {
    let pid = sidecar.child.id().to_string();
    let status = std::process::Command::new("sh").args(["-c", "kill -s HUP \"$0\"", &pid]).status();
    assert!(status.expect("kill").success());
}

#[tokio::test]
async fn another_filter_serves_other_zones_and_touches_none() {
    let world = World::new("domain-filter: example.com\n").await;
    world.until("/records", "www.example.com", "www.example.org").await;
    world.config("domain-filter: [example.com, example.org]\n");
    world.until("/records", "www.example.org", "never said").await;
    world.config("domain-filter: [example.org]\n");
    world.until("/records", "www.example.org", "www.example.com").await;
    // What is served is said, so that no controller takes the other zone for empty.
    world.until("/", "example.org", "example.com").await;
    let body =
        r#"{"create":[{"dnsName":"new.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let post = reqwest::Client::new()
        .post(format!("{}/records", world.sidecar.listen))
        .header("content-type", "application/json")
        .body(body);
    assert!(!post.send().await.expect("an answer").status().is_success());
    assert_eq!(world.emulator.call_count(Operation::ChangeResourceRecordSets), 0);
    assert_eq!(world.emulator.record_sets("Z1").len(), 3);
}

#[tokio::test]
async fn whether_anything_is_written_changes_with_the_file() {
    let world = World::new("dry-run: true\n").await;
    let body =
        r#"{"create":[{"dnsName":"new.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let post = || {
        reqwest::Client::new()
            .post(format!("{}/records", world.sidecar.listen))
            .header("content-type", "application/json")
            .body(body)
    };
    assert!(post().send().await.expect("an answer").status().is_success());
    assert_eq!(world.emulator.call_count(Operation::ChangeResourceRecordSets), 0);
    let listed = world.emulator.call_count(Operation::ListHostedZones);
    world.config("dry-run: false\n");
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.emulator.call_count(Operation::ChangeResourceRecordSets) == 0 {
        assert!(Instant::now() < deadline, "never written");
        assert!(post().send().await.expect("an answer").status().is_success());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The zones are the same, so AWS is not asked for them again.
    assert_eq!(world.emulator.call_count(Operation::ListHostedZones), listed);
}

#[tokio::test]
async fn a_file_that_makes_no_sense_is_told_and_everything_goes_on() {
    let world = World::new("domain-filter: example.com\n").await;
    let readyz = format!("{}/readyz", world.sidecar.metrics);
    for (broken, says) in [
        ("domian-filter: example.org\n", "'--domain-filter'"),
        ("domain-filter: [\n", "sidecar.yaml"),
        (
            "domain-filter: example.org\nlisten: 127.0.0.1:1\naws-api-retries: 5\n",
            "`--aws-api-retries` changed, which needs a restart",
        ),
    ] {
        world.config(broken);
        world.until_at(&readyz, says, "never said").await;
        // As ready as before: it serves what it served.
        assert_eq!(get(&readyz).await.0, 200);
        world.until("/records", "www.example.com", "www.example.org").await;
    }
    world.config("domain-filter: example.org\n");
    world.until("/records", "www.example.org", "www.example.com").await;
    world.until_at(&readyz, "ready", "problem").await;
}

#[tokio::test]
async fn a_hangup_reads_the_file_and_never_ends_the_process() {
    let mut world = World::new("domain-filter: example.com\n").await;
    hang_up(&world.sidecar);
    world.until("/records", "www.example.com", "www.example.org").await;
    assert!(world.sidecar.child.try_wait().expect("a status").is_none());
    assert_eq!(terminated(&mut world.sidecar).await, Some(0));
}

#[tokio::test]
async fn a_hangup_right_after_the_announcement_ends_no_sidecar_without_a_file() {
    // The signal races with the start, so once would prove little.
    for _ in 0..8 {
        let mut sidecar = start(&mut command("http://127.0.0.1:9"), &[]);
        hang_up(&sidecar);
        assert_eq!(get(&format!("{}/healthz", sidecar.metrics)).await.0, 200);
        hang_up(&sidecar);
        assert_eq!(terminated(&mut sidecar).await, Some(0));
    }
}

#[tokio::test]
async fn the_log_changes_its_level_and_its_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, log) = (folder.path().join("sidecar.yaml"), folder.path().join("log"));
    std::fs::write(&file, "log-level: error\n").expect("a file");
    let mut child = command("http://127.0.0.1:9")
        .args(["--listen=127.0.0.1:0", "--metrics-address=127.0.0.1:0"])
        .arg(format!("--config={}", file.display()))
        .stderr(std::fs::File::create(&log).expect("a file"))
        .spawn()
        .expect("a process");
    let logged = async |text: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !std::fs::read_to_string(&log).expect("a log").contains(text) {
            assert!(Instant::now() < deadline, "no {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    logged("level=error").await;
    assert!(!std::fs::read_to_string(&log).expect("a log").contains("level=info"));
    std::fs::write(&file, "log-level: info\nlog-format: json\n").expect("a file");
    logged("{\"timestamp\"").await;
    logged("`--log-format`, `--log-level`").await;
    child.kill().expect("the end");
    child.wait().expect("the end");
}
