//! How the values of `route53-webhook`'s flags are written: what its own parser refuses, and what it says.
//!
//! The program cannot be a dependency of this one, so a test of both holds these to what it takes.

use external_dns_webhook::{DomainFilter, Pattern};

/// Longest id of a zone ([reference]).
///
/// [reference]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
const MAX_ZONE_ID: usize = 32;

/// Returns what is wrong with the value of a flag; `None` when its form says all that there is.
pub(super) fn wrong(flag: &str, text: &str) -> Option<String> {
    let text = text.trim();
    let as_told = |told: String| Some(format!("`{text}`: {told}"));
    match flag {
        "aws-assume-role" if !text.is_empty() && !is_role(text) => Some(format!(
            "it takes the ARN of a role, such as arn:aws:iam::123456789012:role/dns, and not `{text}`"
        )),
        "zone-id-filter" if !is_zone_id(text) => Some(format!(
            "it takes ids of zones, which have capital letters and digits, such as Z0123456789ABC, each by itself, and not `{text}`"
        )),
        "aws-zone-tags"
            if text.split('=').next().is_some_and(|key| key.trim().is_empty())
                && !text.is_empty() =>
        {
            Some(format!("it takes KEY or KEY=VALUE, and `{text}` has no key"))
        }
        "aws-batch-change-size"
        | "aws-batch-change-size-bytes"
        | "aws-batch-change-size-values"
            if text.parse() == Ok(0_usize) =>
        {
            Some("with 0 nothing could be written".to_owned())
        }
        "domain-filter" | "exclude-domains" => {
            DomainFilter::validate(text).err().and_then(|error| as_told(error.to_string()))
        }
        "regex-domain-filter" | "regex-domain-exclusion" => {
            Pattern::new(text).err().and_then(|error| as_told(error.to_string()))
        }
        _ => None,
    }
}

/// Returns what is wrong with a flag because of others that are not there, and changes nothing.
pub(super) fn alone(flag: &str, given: &[String]) -> Option<&'static str> {
    let is_there = |flag: &str| {
        let start = format!("--{flag}=");
        given.iter().any(|word| word.strip_prefix(&start).is_some_and(|role| !role.is_empty()))
    };
    (flag == "aws-assume-role-external-id"
        && !is_there("aws-assume-role")
        && !is_there("zone-role"))
    .then_some("it does nothing without `--aws-assume-role`")
}

/// Tells whether a text is the ARN of a role ([form]).
///
/// [form]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
fn is_role(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws")
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.ends_with('/')))
}

/// Tells whether a text is the id of a zone, or the end of one, whichever way AWS writes it.
fn is_zone_id(text: &str) -> bool {
    let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
    id.len() <= MAX_ZONE_ID
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
