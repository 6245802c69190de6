//! Roles, external ids and web identities, as moto's STS judges them.

use e2e::standins;
use e2e::world::Sidecar;
use serde_json::{Value, json};

use crate::aws::{self, Key};

const WHAT: &str = "the sidecar and its roles against moto";

async fn json(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

async fn until_ready(sidecar: &Sidecar) -> String {
    let mut said = String::new();
    for _ in 0..500 {
        let answer = reqwest::get(format!("{}/readyz?verbose", sidecar.admin)).await.unwrap();
        let is_ready = answer.status().is_success();
        said = answer.text().await.unwrap();
        if is_ready {
            return said;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("never ready: {said}");
}

/// Creates a record set and returns the codes of the refusals.
async fn create(sidecar: &Sidecar, name: &str) -> Vec<String> {
    let changes = json!({
        "create": [{ "dnsName": name, "recordType": "A", "targets": ["192.0.2.9"] }],
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/records", sidecar.url))
        .header("prefer", "return=representation")
        .json(&changes)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    let refused = answer.get("refused").and_then(Value::as_array).unwrap();
    let code = |value: &Value| value.get("code").and_then(Value::as_str).unwrap().to_owned();
    refused.iter().map(code).collect()
}

#[tokio::test]
async fn zones_of_two_accounts_are_reached_through_a_role_in_each() {
    let Some(moto) = standins::moto(WHAT).await.unwrap() else { return };
    let url = moto.url.as_str();
    let mut arguments = vec!["--aws-requests-per-second=0".to_owned()];
    let mut accounts = Vec::new();
    for (account, name) in [("111111111111", "example.com"), ("222222222222", "example.org")] {
        let role = format!("arn:aws:iam::{account}:role/dns");
        let parameters = [
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", &role),
            ("RoleSessionName", "owner"),
        ];
        let owner = aws::route53(url, &Key::of(&aws::ask(url, "sts", &parameters).await));
        let zone = aws::zone(&owner, name).await;
        arguments.push(format!("--zone-role={zone}={role}"));
        arguments.push(format!("--zone-id-filter={zone}"));
        accounts.push((owner, zone, name));
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let program = Sidecar::program(url, "127.0.0.1:0", &arguments)
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "thing");
    let sidecar = Sidecar::run(&program).unwrap();
    let said = until_ready(&sidecar).await;
    assert!(!said.contains("problem"), "{said}");
    for (owner, zone, name) in &accounts {
        assert_eq!(create(&sidecar, &format!("www.{name}")).await, [""; 0]);
        assert_eq!(aws::held(owner, zone).await, [format!("www.{name}. A 192.0.2.9")]);
    }
    // The sidecar's own account has no zone at all: moto keeps accounts apart.
    let own = aws::route53(url, &Key::any()).list_hosted_zones().send().await.unwrap();
    assert_eq!(own.hosted_zones, []);
}

/// Makes moto judge who may do what, with a user and a role that demands an external id; returns the
/// user's key and the role.
async fn judging(url: &str) -> (Key, String) {
    let iam = async |parameters: &[(&str, &str)]| {
        let parameters = [&[("Version", "2010-05-08")], parameters].concat();
        aws::ask(url, "iam", &parameters).await
    };
    let allow = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }],
    });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:user/sidecar" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "between-us" } },
        }],
    });
    iam(&[("Action", "CreateUser"), ("UserName", "sidecar")]).await;
    iam(&[
        ("Action", "PutUserPolicy"),
        ("UserName", "sidecar"),
        ("PolicyName", "roles"),
        ("PolicyDocument", &allow.to_string()),
    ])
    .await;
    let key = Key::of(&iam(&[("Action", "CreateAccessKey"), ("UserName", "sidecar")]).await);
    iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "dns"),
        ("AssumeRolePolicyDocument", &trust.to_string()),
    ])
    .await;
    let judge = reqwest::Client::new().post(format!("{url}/moto-api/reset-auth")).body("0");
    assert!(judge.send().await.unwrap().status().is_success());
    (key, "arn:aws:iam::123456789012:role/dns".to_owned())
}

#[tokio::test]
async fn a_role_is_given_for_its_external_id_only_and_to_known_keys_only() {
    // moto does not check the signatures of Route 53 as it does those of STS, so one judges who may
    // assume the role, and another one holds the zones.
    let Some(sts) = standins::moto(WHAT).await.unwrap() else { return };
    let Some(route53) = standins::moto(WHAT).await.unwrap() else { return };
    let (key, role) = judging(&sts.url).await;
    let owner = aws::route53(&route53.url, &Key::any());
    aws::zone(&owner, "example.com").await;

    let role = format!("--aws-assume-role={role}");
    let start = |external_id: &str, secret: &str| {
        let external_id = format!("--aws-assume-role-external-id={external_id}");
        let arguments = ["--aws-requests-per-second=0", &role, &external_id];
        let program = Sidecar::program(&route53.url, "127.0.0.1:0", &arguments)
            .env("AWS_ENDPOINT_URL_STS", &sts.url)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        Sidecar::run(&program).unwrap()
    };
    let sidecar = start("between-us", &key.secret);
    until_ready(&sidecar).await;
    assert_eq!(create(&sidecar, "www.example.com").await, [""; 0]);
    drop(sidecar);

    // moto's refusals lack the code that those of STS have, so its words are not seen.
    let expected = "there are no credentials that AWS accepts";
    for (external_id, secret) in [("of-others", key.secret.as_str()), ("between-us", "wrong")] {
        let sidecar = start(external_id, secret);
        let answer = reqwest::get(format!("{}/records", sidecar.url)).await.unwrap();
        assert_eq!(answer.status(), 503);
        let text = reqwest::get(format!("{}/readyz", sidecar.admin)).await.unwrap();
        assert_eq!(text.status(), 503);
        let text = text.text().await.unwrap();
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_web_identity_is_exchanged_for_a_role() {
    let Some(moto) = standins::moto(WHAT).await.unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "an.identity.token").unwrap();
    let role = "arn:aws:iam::111111111111:role/pod";
    let parameters = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", "owner"),
        ("WebIdentityToken", "an.identity.token"),
    ];
    let owner = Key::of(&aws::ask(&moto.url, "sts", &parameters).await);
    let owner = aws::route53(&moto.url, &owner);
    let zone = aws::zone(&owner, "example.com").await;
    let program = Sidecar::program(&moto.url, "127.0.0.1:0", &["--aws-requests-per-second=0"])
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token.display().to_string())
        .env("AWS_ROLE_ARN", role);
    let sidecar = Sidecar::run(&program).unwrap();
    until_ready(&sidecar).await;
    assert_eq!(json(&format!("{}/zones", sidecar.url)).await[0]["id"], zone);
    assert_eq!(create(&sidecar, "www.example.com").await, [""; 0]);
    assert_eq!(aws::held(&owner, &zone).await, ["www.example.com. A 192.0.2.9"]);
}
