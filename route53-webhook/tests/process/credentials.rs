//! Whose credentials are used, and what happens while AWS does not accept them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use route53_emulator::{Emulator, ResourceRecordSet};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::*;
use crate::sts::Sts;

const ONE: &str = "arn:aws:iam::111111111111:role/one";
const TWO: &str = "arn:aws:iam::222222222222:role/two";

/// Reads everything for every question, so that every question shows whose key is used.
const EAGER: [&str; 2] = ["--aws-zones-cache-duration=0s", "--full-read-interval=0s"];

/// Returns a sidecar's command line that has no credentials yet.
fn bare(emulator: &Emulator) -> Command {
    let mut bare = command(&emulator.endpoint_url());
    bare.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    bare
}

fn keep_key(file: &Path, profile: &str, key: &str) {
    let text = format!("[{profile}]\naws_access_key_id={key}\naws_secret_access_key=secret\n");
    std::fs::write(file, text).expect("a file");
}

fn keys(emulator: &Emulator) -> Vec<String> {
    let calls = emulator.calls();
    let mut keys: Vec<_> = calls
        .into_iter()
        .filter(|call| call.outcome == "ok")
        .filter_map(|call| call.access_key)
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Creates a record set and returns the codes of the refusals.
async fn create(sidecar: &Sidecar, name: &str) -> Vec<String> {
    let changes = json!({
        "create": [{ "dnsName": name, "recordType": "A", "targets": ["192.0.2.9"] }],
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/records", sidecar.listen))
        .header("prefer", "return=representation")
        .json(&changes)
        .send()
        .await
        .expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    let refused = answer["refused"].as_array().expect("refusals");
    refused.iter().map(|refusal| refusal["code"].as_str().expect("a code").to_owned()).collect()
}

async fn zones(sidecar: &Sidecar) -> Vec<Value> {
    let (_, zones) = get(&format!("{}/zones", sidecar.listen)).await;
    serde_json::from_str(&zones).expect("zones")
}

async fn a_replaced_key_is_taken_up(fault: &str, profile: &str, args: &[&str]) {
    let emulator = emulator().await;
    let www = ResourceRecordSet::new("www.example.com", "A", 60, &["192.0.2.1"]);
    emulator.seed("Z1", vec![www]).expect("a record");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("credentials");
    keep_key(&file, profile, "OLD");
    let mut with_file = bare(&emulator);
    with_file.env("AWS_SHARED_CREDENTIALS_FILE", &file);
    let sidecar = start(&mut with_file, args);
    until_ready(&sidecar).await;
    let before = emulator.record_sets("Z1");

    emulator.set_faults(vec![format!("{fault}:key=OLD").parse().expect("a fault")]);
    assert_eq!(create(&sidecar, "a.example.com").await, ["ZoneUnavailable"]);
    let zones = zones(&sidecar).await;
    assert_eq!(zones[0]["name"], "example.com");
    assert!(zones[0]["unavailable"].as_str().expect("a reason").contains("token"), "{zones:?}");
    let (status, body) = get(&format!("{}/records", sidecar.listen)).await;
    assert_eq!(status, 503, "no list at all, rather than one that looks empty: {body}");
    let (status, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
    assert_eq!(status, 503);
    assert!(text.contains("security token"), "{text}");
    assert_eq!(emulator.record_sets("Z1"), before, "nothing was created or deleted");

    keep_key(&file, profile, "NEW");
    until_ready(&sidecar).await;
    let (status, records) = get(&format!("{}/records", sidecar.listen)).await;
    assert_eq!(status, 200);
    assert!(records.contains("www.example.com"), "{records}");
    assert_eq!(create(&sidecar, "a.example.com").await, [""; 0]);
    assert_eq!(emulator.record_sets("Z1").len(), before.len() + 1);
    assert_eq!(keys(&emulator), ["NEW", "OLD"]);
}

#[tokio::test]
async fn a_deleted_key_is_replaced_through_its_file_without_a_restart() {
    a_replaced_key_is_taken_up("invalid-token", "default", &[]).await;
}

#[tokio::test]
async fn an_expired_key_of_a_profile_is_replaced_through_its_file_without_a_restart() {
    a_replaced_key_is_taken_up("expired-token", "dns", &["--aws-profile=dns"]).await;
}

#[tokio::test]
async fn one_of_two_profiles_without_a_valid_key_takes_only_its_own_zones_along() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("credentials");
    let profiles = "[one]\naws_access_key_id=one\naws_secret_access_key=s\n\
                    [two]\naws_access_key_id=two\naws_secret_access_key=s\n";
    std::fs::write(&file, profiles).expect("a file");
    emulator.set_faults(vec!["invalid-token:key=two".parse().expect("a fault")]);
    let mut with_file = bare(&emulator);
    with_file.env("AWS_SHARED_CREDENTIALS_FILE", &file);
    let sidecar = start(&mut with_file, &["--aws-profile=one", "--aws-profile=two"]);
    until_ready(&sidecar).await;
    assert_eq!(create(&sidecar, "a.example.com").await, [""; 0]);
    let (_, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
    assert!(text.contains("problem: account `two` cannot be used"), "{text}");
}

#[tokio::test]
async fn a_role_is_assumed_once_with_its_external_id_and_used_for_every_call() {
    let (emulator, sts) = (emulator().await, Sts::start(Duration::from_hours(1)).await);
    let mut command = command(&emulator.endpoint_url());
    command.env("AWS_ENDPOINT_URL_STS", &sts.url);
    let role = format!("--aws-assume-role={ONE}");
    let sidecar = start(
        &mut command,
        &[EAGER[0], EAGER[1], &role, "--aws-assume-role-external-id=between us"],
    );
    until_ready(&sidecar).await;
    for name in ["a.example.com", "b.example.com"] {
        assert_eq!(create(&sidecar, name).await, [""; 0]);
        assert_eq!(get(&format!("{}/records", sidecar.listen)).await.0, 200);
    }
    assert_eq!(keys(&emulator), ["one"]);
    let asked = sts.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["Action"], "AssumeRole");
    assert_eq!(asked[0]["RoleArn"], ONE);
    assert_eq!(asked[0]["ExternalId"], "between us");
    assert_eq!(asked[0]["RoleSessionName"], "signpost-route53-webhook");
}

/// Returns a Route 53 with a zone `Z1` and a part of it in a zone of its own, `Z2`.
async fn parent_and_child() -> Emulator {
    let emulator = emulator().await;
    let body = json!({ "name": "in.example.com", "id": "Z2" });
    let url = format!("{}/_emulator/zones", emulator.endpoint_url());
    let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success());
    emulator
}

/// Starts a sidecar that reaches each of the two through a role of its own.
fn by_role(emulator: &Emulator, sts: &Sts) -> Sidecar {
    let mut command = command(&emulator.endpoint_url());
    command.env("AWS_ENDPOINT_URL_STS", &sts.url);
    let roles = [("Z1", ONE), ("Z2", TWO)].map(|(zone, role)| format!("--zone-role={zone}={role}"));
    let [one, two] = &roles;
    start(&mut command, &[one, two, "--zone-id-filter=Z1", "--zone-id-filter=Z2"])
}

#[tokio::test]
async fn each_zone_is_reached_through_its_role_and_a_denied_role_fails_alone() {
    let (emulator, sts) = (parent_and_child().await, Sts::start(Duration::from_hours(1)).await);
    let sidecar = by_role(&emulator, &sts);
    until_ready(&sidecar).await;
    assert_eq!(create(&sidecar, "a.example.com").await, [""; 0]);
    assert_eq!(create(&sidecar, "a.in.example.com").await, [""; 0]);
    for call in emulator.calls() {
        let role = if call.zone.as_deref() == Some("Z1") { "one" } else { "two" };
        assert_eq!(call.access_key.as_deref(), Some(role), "{call:?}");
    }
    assert_eq!(sts.asked().len(), 2, "{:?}", sts.asked());
    drop(sidecar);

    sts.deny(TWO);
    let sidecar = by_role(&emulator, &sts);
    until_ready(&sidecar).await;
    assert_eq!(create(&sidecar, "b.example.com").await, [""; 0]);
    let (_, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
    assert!(
        text.contains("problem: zone `Z2` cannot be used: AWS denies `sts:AssumeRole`"),
        "{text}"
    );
    assert!(text.contains("on resource: arn:aws:iam::222222222222:role/two"), "{text}");
}

#[tokio::test]
async fn names_of_a_zone_whose_role_is_lost_do_not_go_to_its_parent() {
    let (emulator, sts) = (parent_and_child().await, Sts::start(Duration::from_hours(1)).await);
    let sidecar = by_role(&emulator, &sts);
    until_ready(&sidecar).await;
    let parent = emulator.record_sets("Z1");

    sts.deny(TWO);
    emulator.set_faults(vec!["expired-token:key=two".parse().expect("a fault")]);
    for _ in 0..3 {
        assert_eq!(create(&sidecar, "a.in.example.com").await, ["ZoneUnavailable"]);
        assert_eq!(zones(&sidecar).await.len(), 2);
    }
    assert_eq!(emulator.record_sets("Z1"), parent);
    assert_eq!(create(&sidecar, "a.example.com").await, [""; 0], "the other zone goes on");
    let (status, records) = get(&format!("{}/records", sidecar.listen)).await;
    assert_eq!(status, 200);
    assert!(records.contains("a.example.com") && !records.contains("in.example.com"), "{records}");
}

/// Asks for records until a call is made with the given key.
async fn until_used(emulator: &Emulator, sidecar: &Sidecar, key: &str) {
    for _ in 0..200 {
        assert_eq!(get(&format!("{}/records", sidecar.listen)).await.0, 200);
        if keys(emulator).contains(&key.to_owned()) {
            return;
        }
    }
    panic!("{key} is not among {:?}", keys(emulator));
}

#[tokio::test]
async fn a_web_identity_is_used_and_its_token_read_again() {
    // So short a life makes every call ask for new credentials.
    let (emulator, sts) = (emulator().await, Sts::start(Duration::from_secs(2)).await);
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "identity-1").expect("a file");
    let mut command = bare(&emulator);
    command
        .env("AWS_ENDPOINT_URL_STS", &sts.url)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", ONE);
    let sidecar = start(&mut command, &EAGER);
    until_used(&emulator, &sidecar, "identity-1").await;
    assert_eq!(sts.asked()[0]["Action"], "AssumeRoleWithWebIdentity");
    assert_eq!(sts.asked()[0]["RoleArn"], ONE);
    std::fs::write(&token, "identity-2").expect("a file");
    until_used(&emulator, &sidecar, "identity-2").await;
}

#[tokio::test]
async fn the_identity_of_a_pod_is_used_and_its_token_read_again() {
    let (emulator, sts) = (emulator().await, Sts::start(Duration::from_secs(2)).await);
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "pod-1").expect("a file");
    let mut command = bare(&emulator);
    command
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/pod", sts.url))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token);
    let sidecar = start(&mut command, &EAGER);
    until_used(&emulator, &sidecar, "pod-1").await;
    std::fs::write(&token, "pod-2").expect("a file");
    until_used(&emulator, &sidecar, "pod-2").await;
}

#[tokio::test]
async fn without_any_credentials_it_says_where_they_were_looked_for() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("credentials");
    keep_key(&file, "other", "OTHER");
    let mut without = bare(&emulator);
    without
        .env("AWS_SHARED_CREDENTIALS_FILE", &file)
        .env("AWS_CONFIG_FILE", folder.path().join("neither"))
        .env("AWS_PROFILE", "nope")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let sidecar = start(&mut without, &[]);
    assert_eq!(get(&format!("{}/records", sidecar.listen)).await.0, 503, "it has tried");
    let (status, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
    assert_eq!(status, 503);
    for words in [
        "none were found, neither in AWS_ACCESS_KEY_ID",
        "AWS_EC2_METADATA_DISABLED",
        "there is no profile `nope`",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("\\n") && !text.contains("Attempted"), "{text}");
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_told_with_the_cause_and_nothing_that_a_command_printed()
{
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config");
    let token = folder.path().join("token").display().to_string();
    let profile = |line: &str| {
        std::fs::write(&config, format!("[default]\n{line}\n")).expect("a file");
        let mut command = bare(&emulator);
        command
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("neither"))
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    };
    let mut half = profile("region = us-east-1");
    half.env("AWS_ACCESS_KEY_ID", "AKIA").env("AWS_SECRET_ACCESS_KEY", "");
    let mut variable = profile("region = us-east-1");
    variable.env("AWS_WEB_IDENTITY_TOKEN_FILE", &token).env("AWS_ROLE_ARN", ONE);
    let of_profile = profile("");
    for (mut command, line, words) in [
        (half, "", "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not, or is empty"),
        (variable, "", "`, which AWS_WEB_IDENTITY_TOKEN_FILE names, cannot be read: No such file"),
        (
            profile(""),
            &*format!("role_arn = {ONE}\nweb_identity_token_file = {token}"),
            "`, which `web_identity_token_file` in `",
        ),
        (
            of_profile,
            "credential_process = sh -c 'echo hunter2 >&2; exit 3'",
            "`credential_process` of `[default]` in `",
        ),
        (profile(""), "credential_process = echo hunter2", "did not print JSON with `Version`"),
    ] {
        std::fs::write(&config, format!("[default]\n{line}\n")).expect("a file");
        let log = folder.path().join("log");
        let file = std::fs::File::create(&log).expect("a file");
        let sidecar = start_logging(&mut command, &["--log-level=debug"], file.into());
        assert_eq!(get(&format!("{}/records", sidecar.listen)).await.0, 503, "it has tried");
        let (_, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
        assert!(text.contains(words), "{words}: {text}");
        let log = std::fs::read_to_string(&log).expect("a log");
        assert!(!text.contains("hunter2") && !log.contains("hunter2"), "{text}: {log}");
    }
}

/// Returns a command line whose configuration has these lines, and that no variable tells where Route 53 is.
fn configured(emulator: &Emulator, folder: &Path, lines: &str) -> Command {
    let config = folder.join("config");
    std::fs::write(&config, lines).expect("a file");
    let mut command = command(&emulator.endpoint_url());
    command
        .env_remove("AWS_ENDPOINT_URL_ROUTE_53")
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("neither"))
        .env("AWS_CONFIG_FILE", &config);
    command
}

#[tokio::test]
async fn route_53_is_asked_where_a_section_of_services_says_by_the_key_that_aws_documents() {
    let (emulator, other) = (emulator().await, emulator().await);
    let folder = tempfile::tempdir().expect("a folder");
    let (url, wrong) = (emulator.endpoint_url(), other.endpoint_url());
    let section = format!("[services local]\nroute_53 =\n  endpoint_url = {url}\n");
    for lines in [
        format!("[default]\nservices = local\n{section}"),
        format!("[default]\nendpoint_url = {wrong}\nservices = local\n{section}"),
        format!("[profile default]\nendpoint_url = {url}\n"),
    ] {
        let sidecar = start(&mut configured(&emulator, folder.path(), &lines), &[]);
        until_ready(&sidecar).await;
        let asked = emulator.calls().len();
        drop(sidecar);
        let keys = "[profile dns]\naws_access_key_id=a\naws_secret_access_key=b\n";
        let lines = lines.replace("[profile default]\n", keys).replace("[default]\n", keys);
        let mut command = configured(&emulator, folder.path(), &lines);
        let sidecar = start(&mut command, &["--aws-profile=dns"]);
        until_ready(&sidecar).await;
        assert!(emulator.calls().len() > asked);
    }
    assert_eq!(other.calls().len(), 0, "what is for one service comes first");
    let lines = format!("[default]\nservices = local\n{}", section.replace(&url, &wrong));
    let mut command = configured(&emulator, folder.path(), &lines);
    command.env("AWS_ENDPOINT_URL_ROUTE_53", &url);
    until_ready(&start(&mut command, &[])).await;
    let mut command = configured(&emulator, folder.path(), &lines);
    command.env("AWS_ENDPOINT_URL", &url);
    until_ready(&start(&mut command, &[])).await;
    assert_eq!(other.calls().len(), 0, "a variable comes before a file");
    let lines = lines.replace("route_53", "route-53");
    let (status, _, told) = output(&mut configured(&emulator, folder.path(), &lines), &[]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("the key of Route 53 there is `route_53`"), "{told}");
}

#[tokio::test]
async fn an_empty_variable_of_an_address_says_nothing() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let url = emulator.endpoint_url();
    let everywhere = format!("[default]\nendpoint_url = {url}\n");
    let of_service = format!(
        "[default]\nservices = local\n[services local]\nroute_53 =\n  endpoint_url = {url}\n"
    );
    let (all, one) = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ROUTE_53");
    let nothing = "[default]\nregion = us-east-1\n".to_owned();
    for (lines, variables) in [
        (&everywhere, [(all, ""), (one, "")]),
        (&of_service, [(all, ""), (one, "")]),
        (&nothing, [(all, ""), (one, url.as_str())]),
        (&nothing, [(all, url.as_str()), (one, "")]),
    ] {
        let asked = emulator.calls().len();
        let mut command = configured(&emulator, folder.path(), lines);
        until_ready(&start(command.envs(variables), &[])).await;
        assert!(emulator.calls().len() > asked, "{lines} {variables:?}");
    }
}

/// Returns a command that prints keys of this name, and notes that it ran.
fn printing(runs: &Path, key: &str, more: &str) -> String {
    let printed = json!({ "Version": 1, "AccessKeyId": key, "SecretAccessKey": "s" }).to_string();
    format!("echo x >> {}; {more} echo '{printed}'", runs.display())
}

// A profile that is given by name asks STS at the start, which the test's own thread waits for.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_a_profile_is_run_once_and_its_keys_go_before_no_variable() {
    let (emulator, sts) = (emulator().await, Sts::start(Duration::from_hours(1)).await);
    let folder = tempfile::tempdir().expect("a folder");
    let runs = folder.path().join("runs");
    let command_line = printing(&runs, "PRINTED", "");
    let direct = format!("[default]\ncredential_process = {command_line}\n");
    let chain = format!(
        "[profile dns]\nrole_arn = {TWO}\nsource_profile = middle\nservices = local\n\
         [profile middle]\nrole_arn = {ONE}\nexternal_id = us\nsource_profile = base\n\
         [profile base]\ncredential_process = {command_line}\n\
         [services local]\nsts =\n  endpoint_url = {}\n",
        sts.url
    );
    for (lines, profile, keyed, keys_used) in [
        (&direct, None, false, "PRINTED"),
        (&direct, None, true, "test-key"),
        (&direct, Some("default"), true, "PRINTED"),
        (&chain, Some("dns"), true, "two"),
    ] {
        let _ = std::fs::remove_file(&runs);
        emulator.clear_calls();
        let mut command = configured(&emulator, folder.path(), lines);
        command.env("AWS_ENDPOINT_URL_ROUTE_53", emulator.endpoint_url());
        if !keyed {
            command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        }
        let flag = profile.map(|profile| format!("--aws-profile={profile}"));
        let args: Vec<_> = EAGER.into_iter().chain(flag.as_deref()).collect();
        let sidecar = start(&mut command, &args);
        until_ready(&sidecar).await;
        assert_eq!(create(&sidecar, "a.example.com").await.len(), 0);
        assert_eq!(keys(&emulator), [keys_used], "{lines}");
        let runs = std::fs::read_to_string(&runs).unwrap_or_default().lines().count();
        // A profile that is given by name is tried at the start.
        let expected = usize::from(keys_used != "test-key") + usize::from(profile.is_some());
        assert_eq!(runs, expected, "{lines}");
    }
    let asked = sts.asked();
    let roles: Vec<_> = asked.iter().map(|asked| asked["RoleArn"].as_str()).collect();
    assert_eq!(roles, [ONE, TWO, ONE, TWO]);
    assert_eq!(asked[0]["ExternalId"], "us");
}

#[tokio::test]
async fn a_command_that_hangs_is_named_and_leaves_nothing_behind() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (runs, hangs) = (folder.path().join("runs"), folder.path().join("hangs"));
    std::fs::write(&hangs, "").expect("a file");
    let more = format!("while [ -e {} ]; do sleep 0.1; done;", hangs.display());
    let command_line =
        printing(&runs, "PRINTED", &format!("echo $$ > {}.pid; {more}", runs.display()));
    let lines = format!("[default]\ncredential_process = {command_line}\n");
    let mut command = configured(&emulator, folder.path(), &lines);
    command
        .env("AWS_ENDPOINT_URL_ROUTE_53", emulator.endpoint_url())
        .env("PATH", "/usr/bin:/bin")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let sidecar = start(&mut command, &[]);
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let (status, text) = get(&format!("{}/readyz", sidecar.metrics)).await;
        if text.contains("`credential_process` of `[default]` in `") {
            assert!(text.contains("it had not ended after 15 s, and was ended"), "{text}");
            assert_eq!(status, 503);
            break;
        }
        assert!(Instant::now() < deadline, "the command is never named: {text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    std::fs::remove_file(&hangs).expect("a file");
    let deadline = Instant::now() + Duration::from_mins(1);
    while get(&format!("{}/readyz", sidecar.metrics)).await.0 != 200 {
        assert!(Instant::now() < deadline, "never ready");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(keys(&emulator), ["PRINTED"]);
}
