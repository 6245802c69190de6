//! How values of flags are read where more than their form can be told at once.
//!
//! A flag that can be repeated also takes several values with commas between them, wherever a comma
//! can be part of no value.

use controller_core::plan::Policy;
use controller_core::value::Target;
use webhook_api::{DomainFilter, RecordType};

use crate::sources;

/// Types of records that exist ([IANA's list], as far as a zone's owner writes them).
///
/// [IANA's list]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-4
const RECORD_TYPES: [&str; 26] = [
    "A",
    "AAAA",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CNAME",
    "DNAME",
    "DNSKEY",
    "DS",
    "HINFO",
    "HTTPS",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "SMIMEA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
];

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
        let meant = meant.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
        format!("{error}{meant}")
    })?;
    Ok(name.to_owned())
}

/// Reads the type of a record.
pub(super) fn record_type(text: &str) -> Result<String, String> {
    let name = text.trim().to_uppercase();
    if RECORD_TYPES.contains(&name.as_str())
        || !matches!(name.as_str().into(), RecordType::Other(_))
    {
        return Ok(name);
    }
    let meant = cli::nearest(&name, RECORD_TYPES);
    let meant = meant.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
    Err(format!(
        "there are no such records: name types such as `A`, `AAAA`, `CNAME` or `TXT`{meant}"
    ))
}

/// Reads a domain that names are compared with.
pub(super) fn domain(text: &str) -> Result<String, String> {
    DomainFilter::judge(text).map_err(|bad| bad.to_string())
}

/// Reads a policy.
pub(super) fn policy(text: &str) -> Result<Policy, String> {
    text.parse().map_err(|error| {
        let meant = cli::nearest(text, POLICIES);
        let meant = meant.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
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
        _ => Err(format!(
            "`--provider={text}` is not built in: run the webhook provider for it beside this \
             process and use `--provider=webhook`"
        )),
    }
}

/// Reads what a load balancer answers with.
pub(super) fn target(text: &str) -> Result<Target, String> {
    Target::judge(text.trim()).map_err(|flaw| flaw.to_string())
}
