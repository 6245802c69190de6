//! How values of flags are read where more than their form can be told at once.
//!
//! A flag that can be repeated also takes several values with commas between them, wherever a comma
//! can be part of no value.

use controller_core::plan::Policy;
use controller_core::value::{RECORD_TYPES, Target, is_record_type};
use daemon::{BadDuration, GoDuration};
use external_dns_webhook::DomainFilter;

use controller_sources as sources;
use controller_sources::annotations::MAX_TTL;
use controller_sources::namespace_domains::NamespaceDomain;

const POLICIES: [&str; 3] = ["sync", "upsert-only", "create-only"];

/// Reads one of several values: white space around it is nobody's intention.
#[expect(clippy::unnecessary_wraps, reason = "the grammar of flags wants a result")]
pub(super) fn piece(text: &str) -> Result<String, String> {
    Ok(text.trim().to_owned())
}

/// Reads the name of a source.
pub(super) fn source(text: &str) -> Result<String, String> {
    let name = text.trim();
    sources::check_name(name).map_err(|error| {
        let meant = sources::meant(name);
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        format!("{error}{meant}")
    })?;
    Ok(name.to_owned())
}

/// Reads the type of a record; empty after the last comma of a list.
pub(super) fn record_type(text: &str) -> Result<String, String> {
    let name = text.trim().to_uppercase();
    if name.is_empty() || is_record_type(&name) {
        return Ok(name);
    }
    let meant = external_dns_webhook::nearest(&name, RECORD_TYPES);
    let meant = meant.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
    Err(format!(
        "there are no such records: name types such as `A`, `AAAA`, `CNAME` or `TXT`{meant}"
    ))
}

/// Longest name of a namespace ([RFC 1123] labels).
///
/// [RFC 1123]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
const MAX_LABEL: usize = 63;

/// Reads the name of a namespace; empty for all of them.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_inner = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
    };
    let is_name = name.chars().all(is_inner) && !name.starts_with('-') && !name.ends_with('-');
    if is_name && name.len() <= MAX_LABEL {
        return Ok(name.to_owned());
    }
    let lower = name.to_ascii_lowercase();
    let next = match name {
        "*" => "leave the flag out for every namespace".to_owned(),
        _ if name.contains(['$', '{', '<', '%']) => {
            "it is a placeholder that nothing has filled in".to_owned()
        }
        _ if lower != name && lower.chars().all(is_inner) => format!("did you mean `{lower}`?"),
        _ if name.contains(char::is_whitespace) => "put commas between several".to_owned(),
        _ => "name it as `kubectl get namespaces` does".to_owned(),
    };
    Err(format!(
        "no namespace can be called so: their names have up to 63 small letters, digits and `-`, \
         and neither begin nor end with `-`; {next}"
    ))
}

/// Reads which names a namespace may have.
pub(super) fn namespace_domain(text: &str) -> Result<NamespaceDomain, String> {
    NamespaceDomain::parse(text).map_err(|error| error.to_string())
}

/// Reads how many; 0 for any number.
pub(super) fn count(text: &str) -> Result<usize, String> {
    let text = text.trim();
    text.parse().map_err(|_| "write a whole number such as `1000`, or 0 for any number".to_owned())
}

/// Reads a time that resolvers may keep an answer.
pub(super) fn ttl(text: &str) -> Result<GoDuration, String> {
    let duration: GoDuration = text.parse().map_err(|error: BadDuration| error.to_string())?;
    if duration.0.as_secs() > MAX_TTL {
        return Err(format!(
            "no answer is kept for longer than {MAX_TTL} seconds (RFC 2181); write a shorter time"
        ));
    }
    Ok(duration)
}

/// Reads a domain that names are compared with.
pub(super) fn domain(text: &str) -> Result<String, String> {
    DomainFilter::validate(text).map_err(|bad| bad.to_string())
}

/// Nobody said which kinds of change may be made.
///
/// `ExternalDNS` made the flag a required one in v0.22; before, the program deleted without it and
/// its charts and kustomization did not, so no default is what everyone had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`--policy` is not set, and has no default, as in ExternalDNS from v0.22: choose \
     `--policy=upsert-only`, which never deletes (what ExternalDNS's charts up to 1.21, Bitnami's \
     and its kustomization set), `--policy=sync`, which also deletes what is no longer wanted \
     (what the program up to v0.21 did without the flag), or `--policy=create-only`"
)]
pub struct NoPolicy;

/// Reads an owner id, which marks records for as long as they are there.
pub(super) fn owner_id(text: &str) -> Result<String, String> {
    let name =
        text.split_once("$(").and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name);
    match name {
        Some(name) => Err(format!(
            "nothing has filled in `$({name})`, and records would be marked with it as it stands: Kubernetes fills in `$(NAME)` in \
             `command` and `args` of a container that has a variable `NAME` in its `env`, and leaves it as it is elsewhere; a \
             shell fills in `$NAME`. Write what it stands for"
        )),
        None => Ok(text.to_owned()),
    }
}

/// Reads a policy.
pub(super) fn policy(text: &str) -> Result<Policy, String> {
    text.parse().map_err(|error| {
        let meant = external_dns_webhook::nearest(text, POLICIES);
        let meant = meant.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
        format!("{error}{meant}")
    })
}

/// Reads the kind of a provider.
pub(super) fn provider(text: &str) -> Result<String, String> {
    match text {
        "webhook" => Ok(text.to_owned()),
        "aws" => Err("Route 53 has a process of its own here: run `route53-webhook` beside this \
                      one and use `--provider=webhook`"
            .to_owned()),
        "rfc2136" => {
            Err("name servers have a process of their own here: run `rfc2136-webhook` beside \
                      this one, which takes the `--rfc2136-…` flags, and use `--provider=webhook`"
                .to_owned())
        }
        _ => Err(format!(
            "`--provider={text}` is not built in: run the webhook provider for it beside this \
             process and use `--provider=webhook`"
        )),
    }
}

/// Reads what a load balancer answers with.
pub(super) fn target(text: &str) -> Result<Target, String> {
    Target::validate(text.trim()).map_err(|flaw| flaw.to_string())
}
