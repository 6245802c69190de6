//! What the tests ask of a stand-in besides the sidecar: zones, users, roles, sessions.

use std::fmt::Write as _;

use aws_sdk_route53::Client;
use aws_sdk_route53::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use aws_sdk_route53::types::{AliasTarget, ResourceRecord};

/// A key, its secret, and the token of a session.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Key {
    /// Returns a key that a stand-in takes as that of the account's owner.
    pub(crate) fn any() -> Self {
        Self { id: "any".to_owned(), secret: "thing".to_owned(), token: None }
    }

    /// Reads the key out of the answer of IAM or STS.
    pub(crate) fn of(answer: &str) -> Self {
        let member = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>"))?;
            rest.split_once('<').map(|(value, _)| value.to_owned())
        };
        let told = |name: &str| member(name).unwrap_or_else(|| panic!("no {name} in {answer}"));
        Self {
            id: told("AccessKeyId"),
            secret: told("SecretAccessKey"),
            token: member("SessionToken"),
        }
    }
}

/// Asks IAM or STS, as the owner of the account.
pub(crate) async fn ask(url: &str, service: &str, parameters: &[(&str, &str)]) -> String {
    let form: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let answer = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/{service}/aws4_request, \
                 SignedHeaders=host, Signature=none"
            ),
        )
        .body(form.join("&"))
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{parameters:?}: {text}");
    text
}

fn encode(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        // Writing to memory cannot fail.
        let _ = write!(text, "%{byte:02X}");
        text
    })
}

/// Returns the real SDK with the given key.
pub(crate) fn route53(url: &str, key: &Key) -> Client {
    let credentials =
        Credentials::new(&key.id, &key.secret, key.token.clone(), None, "stand-in suite");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// Creates a zone and returns its id, without `/hostedzone/`.
pub(crate) async fn zone(client: &Client, name: &str) -> String {
    let made = client.create_hosted_zone().name(name).caller_reference(name).send().await.unwrap();
    made.hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned()
}

/// Returns the record sets of a zone as `NAME TYPE [ID] VALUES`, without those of the zone itself.
pub(crate) async fn held(client: &Client, zone_id: &str) -> Vec<String> {
    let answer = client.list_resource_record_sets().hosted_zone_id(zone_id).send().await.unwrap();
    assert!(!answer.is_truncated);
    let mut held = Vec::new();
    for set in &answer.resource_record_sets {
        if matches!(set.r#type.as_str(), "NS" | "SOA") {
            continue;
        }
        let mut values: Vec<_> = set.resource_records().iter().map(ResourceRecord::value).collect();
        values.extend(set.alias_target.as_ref().map(AliasTarget::dns_name));
        let id = set
            .set_identifier
            .as_ref()
            .map(|set_identifier| format!(" [{set_identifier}]"))
            .unwrap_or_default();
        held.push(format!("{} {}{id} {}", set.name, set.r#type, values.join(",")));
    }
    held.sort();
    held
}
