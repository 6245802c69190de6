//! How the values of our providers' flags are written, where no pattern can say it: what their own parsers refuse.
//!
//! The program cannot be a dependency of this one, so a test of both holds these to what it takes.

use external_dns_webhook::{DomainFilter, Pattern};

/// Returns what is wrong with the value of a flag; `None` when its form says all that there is.
pub(super) fn wrong(flag: &str, text: &str) -> Option<String> {
    let text = text.trim();
    let as_told = |told: String| Some(format!("`{text}`: {told}"));
    match flag {
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
