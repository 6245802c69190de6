//! The sidecar as a process: its arguments, its probes, its end.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use route53_emulator::{Emulator, Fault, FaultKind, Operation, ResourceRecordSet};

use crate::harness::*;

#[tokio::test]
async fn it_serves_announces_and_ends_when_asked() {
    let emulator = emulator().await;
    emulator
        .seed("Z1", vec![ResourceRecordSet::new("www.example.com", "A", 60, &["192.0.2.1"])])
        .expect("a record");
    let mut sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    let (status, records) = get(&format!("{}/records", sidecar.listen)).await;
    assert_eq!(status, 200);
    assert!(
        records.ends_with(
            "{\"dnsName\":\"www.example.com\",\"targets\":[\"192.0.2.1\"],\"recordType\":\"A\",\"recordTTL\":60}]\n"
        ),
        "{records}"
    );
    assert_eq!(get(&format!("{}/healthz", sidecar.metrics)).await, (200, "OK".to_owned()));
    let (_, ready) = get(&format!("{}/readyz?verbose", sidecar.metrics)).await;
    assert_eq!(ready, "ready\nzone: Z1 example.com public: 3 record sets\n");
    let (_, metrics) = get(&format!("{}/metrics", sidecar.metrics)).await;
    for line in [
        "route53_webhook_aws_calls_total{operation=\"ListHostedZones\",result=\"ok\"} 1",
        "route53_webhook_zone_records{zone_id=\"Z1\",zone_name=\"example.com\"} 3",
        "# TYPE external_dns_http_request_duration_seconds summary",
        "external_dns_http_request_duration_seconds_count{handler=\"instrumented_http\",\
         host=\"route53.amazonaws.com\",method=\"GET\",path=\"rrset\",scheme=\"https\",\
         status=\"200\"} 1\n",
        "path=\"hostedzone\",scheme=\"https\",status=\"200\",quantile=\"0.99\"} 0.",
        "route53_webhook_aws_call_duration_seconds_count{operation=\"ListHostedZones\"} 1",
        "\nprocess_resident_memory_bytes ",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert_eq!(terminated(&mut sidecar).await, Some(0));
}

#[tokio::test]
async fn a_batch_in_flight_is_finished_before_the_end() {
    let emulator = emulator().await;
    let mut sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    let mut slow = Fault::new(FaultKind::Slow(Duration::from_millis(700)));
    slow.operation = Some(Operation::ChangeResourceRecordSets);
    emulator.set_faults(vec![slow]);
    let body =
        r#"{"create":[{"dnsName":"a.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let post = reqwest::Client::new()
        .post(format!("{}/records", sidecar.listen))
        .header("content-type", "application/json")
        .body(body)
        .send();
    let (answer, code) = tokio::join!(post, async {
        while emulator.call_count(Operation::ChangeResourceRecordSets) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        terminated(&mut sidecar).await
    });
    assert_eq!(answer.expect("an answer").status(), 204);
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn without_aws_it_starts_unready_and_says_why() {
    let sidecar = start(&mut command("http://127.0.0.1:9"), &["--records-timeout=2s"]);
    let (status, body) = get(&format!("{}/records", sidecar.listen)).await;
    assert_eq!(status, 503);
    assert!(body.contains("ListHostedZones"), "{body}");
    let (status, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
    assert_eq!(status, 503);
    assert!(text.contains("problem: the hosted zones cannot be listed"), "{text}");
    assert_eq!(get(&format!("{}/healthz", sidecar.metrics)).await.0, 200);
}

#[tokio::test]
async fn it_listens_on_a_unix_socket_that_no_other_process_can_take() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("webhook.sock");
    // What a process that was killed leaves behind is not in the way.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let emulator = emulator().await;
    let mut child = command(&emulator.endpoint_url())
        .arg(format!("--listen=unix://{}", path.display()))
        .args(["--metrics-address=127.0.0.1:0", "--announce"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let taken =
        [format!("--listen=unix://{}", path.display()), "--metrics-address=127.0.0.1:0".to_owned()];
    let url = emulator.endpoint_url();
    let second = move || output(&mut command(&url), &taken.each_ref().map(String::as_str));
    let (code, _, stderr) = tokio::task::spawn_blocking(second).await.expect("an output");
    assert_eq!(code, Some(1), "{stderr}");
    let says = format!(
        "error: --listen: another process answers on the socket `{}`; end it, or choose another path",
        path.display()
    );
    assert!(stderr.contains(&says), "{stderr}");
    let client =
        reqwest::Client::builder().unix_socket(Path::new(&path)).build().expect("a client");
    let answer = client.get("http://localhost/").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/external.dns.webhook+json;version=1");
    child.kill().expect("the end");
    child.wait().expect("the end");
}

#[tokio::test]
async fn the_keys_of_the_environment_and_of_a_profile_are_used() {
    let emulator = emulator().await;
    let sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    drop(sidecar);
    let keys = |emulator: &Emulator| {
        let mut keys: Vec<_> =
            emulator.calls().into_iter().filter_map(|call| call.access_key).collect();
        keys.sort();
        keys.dedup();
        keys
    };
    assert_eq!(keys(&emulator), ["test-key"]);

    emulator.clear_calls();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("credentials");
    let profiles = "[profile1]\naws_access_key_id=key1\naws_secret_access_key=s1\n\
                    [profile2]\naws_access_key_id=key2\naws_secret_access_key=s2\n";
    std::fs::write(&file, profiles).expect("a file");
    let mut with_file = command(&emulator.endpoint_url());
    with_file.env("AWS_SHARED_CREDENTIALS_FILE", &file);
    with_file.env("EXTERNAL_DNS_AWS_PROFILE", "profile1\nprofile2");
    let sidecar = start(&mut with_file, &[]);
    until_ready(&sidecar).await;
    assert!(keys(&emulator).contains(&"key1".to_owned()), "{:?}", keys(&emulator));
    assert!(keys(&emulator).contains(&"key2".to_owned()), "{:?}", keys(&emulator));
    drop(sidecar);

    emulator.clear_calls();
    let mut one_profile = command(&emulator.endpoint_url());
    one_profile.env("AWS_SHARED_CREDENTIALS_FILE", &file);
    let sidecar = start(&mut one_profile, &["--aws-profile=profile2"]);
    until_ready(&sidecar).await;
    assert_eq!(keys(&emulator), ["key2"], "not the keys of the environment");
}

#[test]
fn a_profile_that_cannot_be_read_ends_the_process() {
    let mut command = command("http://127.0.0.1:9");
    command.env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials");
    let (code, _, stderr) = output(&mut command, &["--aws-profile=profile1"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--aws-profile: the profile `profile1`"), "{stderr}");
}

#[test]
fn every_error_has_exit_code_1_and_names_the_thing() {
    let cases: [(&[&str], &str); 8] = [
        (&["--no-such-flag"], "--no-such-flag"),
        (&["--records-timeout=72"], "--records-timeout"),
        (&["--regex-domain-filter=("], "--regex-domain-filter"),
        (&["--listen=127.0.0.1:1", "--listen=127.0.0.1:2"], "--listen"),
        (&["--listen=256.0.0.1:80", "--metrics-address=127.0.0.1:0"], "--listen: cannot listen on"),
        (&["--listen=127.0.0.1:0", "--metrics-address=nohost.invalid:1"], "--metrics-address"),
        (&["--listen=unix:/x", "--metrics-address=127.0.0.1:0"], "use `unix:///x`"),
        (&["--listen=unix:x", "--metrics-address=127.0.0.1:0"], "use `unix:///x`"),
    ];
    for (args, expected) in cases {
        let (code, _, stderr) = output(&mut command("http://127.0.0.1:9"), args);
        assert_eq!(code, Some(1), "{args:?} {stderr}");
        assert!(stderr.contains(expected), "{args:?} {stderr}");
    }
    assert_eq!(output(&mut command("http://127.0.0.1:9"), &["--help"]).0, Some(0));
}

#[test]
fn the_policy_asks_for_what_the_flags_need_and_no_more() {
    let policy = |args: &[&str]| {
        let (code, stdout, _) = output(&mut command("http://127.0.0.1:9"), args);
        assert_eq!(code, Some(0));
        serde_json::from_str::<serde_json::Value>(&stdout).expect("JSON")
    };
    let all = policy(&["iam-policy"]);
    assert_eq!(all["Statement"][0]["Resource"][0], "arn:aws:route53:::hostedzone/*");
    assert_eq!(all["Statement"][1]["Action"][0], "route53:ListHostedZones");
    let one = policy(&["iam-policy", "--zone-id-filter=Z0123456789", "--dry-run"]);
    assert_eq!(
        one["Statement"],
        serde_json::json!([{
            "Sid": "Records",
            "Effect": "Allow",
            "Action": ["route53:GetHostedZone", "route53:ListResourceRecordSets"],
            "Resource": ["arn:aws:route53:::hostedzone/Z0123456789"],
        }])
    );
}

#[tokio::test]
async fn check_tries_every_permission_and_writes_nothing() {
    let emulator = emulator().await;
    let url = emulator.endpoint_url();
    let check = async || {
        let url = url.clone();
        let run = move || output(&mut command(&url), &["check"]);
        tokio::task::spawn_blocking(run).await.expect("an output")
    };
    let (code, stdout, stderr) = check().await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_eq!(
        stdout,
        "ok       route53:ListHostedZones on all zones\n\
         ok       route53:ListResourceRecordSets on zone example.com (Z1)\n\
         ok       route53:ChangeResourceRecordSets on zone example.com (Z1)\n"
    );
    assert_eq!(emulator.record_sets("Z1").len(), 2);

    let mut denied = Fault::new(FaultKind::AccessDenied);
    denied.operation = Some(Operation::ChangeResourceRecordSets);
    emulator.set_faults(vec![denied]);
    let (code, stdout, stderr) = check().await;
    assert_eq!(code, Some(1));
    assert!(stdout.contains("MISSING  route53:ChangeResourceRecordSets on zone"), "{stdout}");
    assert!(stderr.contains("iam-policy"), "{stderr}");
}

#[tokio::test]
async fn what_cannot_be_reached_is_not_called_a_missing_permission_by_check() {
    let (code, stdout, stderr) = output(&mut command("http://127.0.0.1:9"), &["check"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        stdout,
        "UNKNOWN  route53:ListHostedZones on all zones: `ListHostedZones` failed: AWS cannot be \
         reached: connection refused\n"
    );
    assert!(stderr.contains("1 of the above could not be tried"), "{stderr}");
    assert!(!stderr.contains("iam-policy"), "a policy does not help: {stderr}");
}

#[tokio::test]
async fn check_tries_to_ask_for_a_change_where_writes_wait_for_it() {
    let emulator = emulator().await;
    let url = emulator.endpoint_url();
    let check = async || {
        let url = url.clone();
        let run = move || output(&mut command(&url), &["check", "--aws-wait-insync"]);
        tokio::task::spawn_blocking(run).await.expect("an output")
    };
    let (code, stdout, stderr) = check().await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.ends_with("\nok       route53:GetChange on account default\n"), "{stdout}");

    let mut denied = Fault::new(FaultKind::AccessDenied);
    denied.operation = Some(Operation::GetChange);
    emulator.set_faults(vec![denied]);
    let (code, stdout, _) = check().await;
    assert_eq!(code, Some(1));
    assert!(stdout.contains("\nMISSING  route53:GetChange on account default: "), "{stdout}");
}

#[tokio::test]
async fn nothing_secret_is_logged() {
    let emulator = emulator().await;
    let mut child = command(&emulator.endpoint_url())
        .args(["--listen=127.0.0.1:0", "--metrics-address=127.0.0.1:0", "--announce"])
        .args(["--log-level=trace", "--log-format=json", "--aws-assume-role-external-id=hush"])
        .args(["--zone-role=Z9=arn:aws:iam::123456789012:role/dns"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    child.kill().expect("the end");
    let log = child.wait_with_output().expect("a log").stderr;
    let log = String::from_utf8(log).expect("text");
    assert!(log.contains("Serving Route 53"), "{log}");
    assert!(!log.contains("very-secret") && !log.contains("hush"), "{log}");
}

#[tokio::test]
async fn a_zone_that_was_just_created_is_used_at_once() {
    let emulator = emulator().await;
    let sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    let id = emulator.add_zone("example.org".parse().expect("a name"), false);
    let body =
        r#"{"create":[{"dnsName":"a.example.org","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let post = reqwest::Client::new()
        .post(format!("{}/records", sidecar.listen))
        .header("content-type", "application/json")
        .body(body);
    assert_eq!(post.send().await.expect("an answer").status(), 204);
    assert_eq!(emulator.record_sets(&id).len(), 3);
    assert_eq!(emulator.call_count(Operation::ListHostedZones), 2);
}

#[tokio::test]
async fn a_zone_id_that_does_not_exist_is_logged_once_and_counted() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).expect("a file");
    let flags =
        ["--zone-id-filter=Z1", "--zone-id-filter=ZNOPE00001", "--aws-zones-cache-duration=0s"];
    let mut sidecar = start_logging(&mut command(&emulator.endpoint_url()), &flags, file.into());
    until_ready(&sidecar).await;
    for _ in 0..3 {
        assert_eq!(get(&format!("{}/records", sidecar.listen)).await.0, 200);
    }
    assert!(emulator.call_count(Operation::GetHostedZone) >= 6, "each answer looks again");
    let (_, metrics) = get(&format!("{}/metrics", sidecar.metrics)).await;
    let line = "route53_webhook_zone_available{zone_id=\"ZNOPE00001\",zone_name=\"\"} 0";
    assert!(metrics.contains(line), "{metrics}");
    assert_eq!(terminated(&mut sidecar).await, Some(0));
    let log = std::fs::read_to_string(&log).expect("a log");
    let lines: Vec<_> = log.lines().filter(|line| line.contains("ZNOPE00001")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("level=error") && lines[0].contains("reason="), "{log}");
}

#[tokio::test]
async fn a_record_set_that_a_delegation_hides_is_a_warning_with_what_to_do() {
    let emulator = emulator().await;
    let servers = ["ns.example.net."];
    let delegation = ResourceRecordSet::new("sub.example.com", "NS", 300, &servers);
    emulator.seed("Z1", vec![delegation]).expect("a delegation");
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut sidecar = start_logging(&mut command(&emulator.endpoint_url()), &[], file.into());
    until_ready(&sidecar).await;
    for name in ["www.sub", "www"] {
        let body = format!(
            r#"{{"create":[{{"dnsName":"{name}.example.com","targets":["192.0.2.1"],"recordType":"A"}}]}}"#
        );
        let post = reqwest::Client::new()
            .post(format!("{}/records", sidecar.listen))
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(post.send().await.expect("an answer").status(), 204);
    }
    let (_, verbose) = get(&format!("{}/readyz?verbose", sidecar.metrics)).await;
    let line =
        "hidden: www.sub.example.com A in example.com (Z1), by the delegation at sub.example.com";
    assert!(verbose.lines().any(|told| told == line), "{verbose}");
    assert_eq!(terminated(&mut sidecar).await, Some(0));
    let log = std::fs::read_to_string(&log).expect("a log");
    let lines: Vec<_> = log.lines().filter(|line| line.contains("Nobody sees")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    for part in ["level=warning", "record.name=www.sub.example.com", "delegation=sub.example.com"] {
        assert!(lines[0].contains(part), "{part}: {log}");
    }
}
