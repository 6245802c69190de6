//! What a refused or lost write is about: the zone, some of its changes, or not known.
//!
//! A refusal about the zone or the account is told once, for the zone, and no change is looked for:
//! with any other changes AWS would say the same. One about the changes is searched for
//! the groups to blame.
//! Everything else says nothing about what was written, and is read again.

use crate::api::ApiError;

/// What a write that did not succeed is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The zone has as many record sets as it may have: what adds none can still be written.
    Full,
    /// The zone does not exist, or no longer: it may have been made anew, under another id.
    Gone,
    /// The zone cannot be written to at all, or its account cannot.
    Zone,
    /// It is too long for something on the way: less of it may pass.
    TooLong,
    /// Some of the changes, which these words of AWS tell apart or do not.
    Changes(Vec<String>),
    /// It came too early, or was not begun: nothing was written.
    Later,
    /// Nothing is known: it may have been written, or may yet be.
    Unclear,
}

/// Codes of refusals that are about what was sent ([errors], and the [common ones]).
///
/// All others are about the credentials, or about the zone. A refusal of the second kind that is taken for
/// one of the first costs calls; the other way round it would stop the zone for one bad record.
///
/// [errors]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html#API_ChangeResourceRecordSets_Errors
/// [common ones]: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
const ABOUT_CHANGES: [&str; 12] = [
    "InvalidArgument",
    "InvalidInput",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "MalformedInput",
    "MalformedXML",
    "NoSuchCidrCollectionException",
    "NoSuchCidrLocationException",
    "NoSuchHealthCheck",
    "NoSuchTrafficPolicyInstance",
    "ValidationError",
    "ValidationException",
];

/// The quota of record sets, as a refusal names it ([quotas]).
///
/// [quotas]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZoneLimit.html
const QUOTA: &str = "MAX_RRSETS_BY_ZONE";

/// Sorts a write that did not succeed.
pub fn scope(error: &ApiError) -> Scope {
    match error {
        ApiError::InvalidBatch(messages) => {
            if messages.iter().any(|message| message.contains(QUOTA)) {
                Scope::Full
            } else {
                Scope::Changes(messages.clone())
            }
        }
        ApiError::Refused { code, message, .. } => {
            if message.contains(QUOTA) {
                Scope::Full
            } else if ABOUT_CHANGES.contains(&code.as_str()) && !is_about_the_zone_id(message) {
                Scope::Changes(vec![message.clone()])
            } else {
                Scope::Zone
            }
        }
        ApiError::NoSuchZone { .. } => Scope::Gone,
        ApiError::Foreign { status: 413, .. } => Scope::TooLong,
        ApiError::Foreign { .. }
        | ApiError::Denied { .. }
        | ApiError::Credentials { .. }
        | ApiError::RoleDenied { .. } => Scope::Zone,
        ApiError::Throttled { .. }
        | ApiError::Busy
        | ApiError::Ending { .. }
        | ApiError::Unusable(_) => Scope::Later,
        ApiError::Unreachable { .. } => Scope::Unclear,
    }
}

/// Tells whether a refusal of the input means the id in the path, and no change.
fn is_about_the_zone_id(message: &str) -> bool {
    let names_change = message.contains("changeBatch") || message.contains("Change with");
    !names_change && ["'id'", "'hostedZoneId'"].iter().any(|place| message.contains(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::BadCredentials;

    fn refused(code: &str, message: &str) -> Scope {
        let (code, message) = (code.to_owned(), message.to_owned());
        scope(&ApiError::Refused { operation: "ChangeResourceRecordSets", code, message })
    }

    fn foreign(status: u16) -> Scope {
        let message = "HTTP status".to_owned();
        scope(&ApiError::Foreign { operation: "ChangeResourceRecordSets", status, message })
    }

    fn batch(message: &str) -> Scope {
        scope(&ApiError::InvalidBatch(vec![message.to_owned()]))
    }

    // The words are those of reports, or of the API reference; `blame/texts.tsv` has more.
    #[test]
    fn every_kind_of_refusal_is_about_one_thing() {
        let operation = "ChangeResourceRecordSets";
        let denied = "The resource hostedzone/Z1 can only be managed through AWS Cloud Map";
        let words = |text: &str| Scope::Changes(vec![text.to_owned()]);
        let cases = [
            // https://github.com/DNSControl/dnscontrol/issues/908
            (batch("[Exceeded limit MAX_RRSETS_BY_ZONE for zone: Z3HTIAEKH5JU4F]"), Scope::Full),
            (refused("LimitsExceeded", "limit MAX_RRSETS_BY_ZONE"), Scope::Full),
            (scope(&ApiError::NoSuchZone { message: String::new() }), Scope::Gone),
            // https://github.com/amazon-archives/service-discovery-ecs-dns/issues/44
            (scope(&ApiError::Denied { operation, message: denied.to_owned() }), Scope::Zone),
            (scope(&ApiError::RoleDenied { message: String::new() }), Scope::Zone),
            (
                scope(&ApiError::Credentials { operation, problem: BadCredentials::Missing(None) }),
                Scope::Zone,
            ),
            (refused("AccountSuspended", "The account is suspended."), Scope::Zone),
            (refused("NotAuthorizedException", "no"), Scope::Zone),
            (
                refused("InvalidAction", "The action or operation requested is invalid."),
                Scope::Zone,
            ),
            (
                refused(
                    "InvalidInput",
                    "1 validation error detected: Value 'Z-1' at 'id' failed to satisfy constraint",
                ),
                Scope::Zone,
            ),
            (refused("InvalidInput", "Invalid type NAPTX"), words("Invalid type NAPTX")),
            (
                refused("NoSuchHealthCheck", "A health check with id x does not exist."),
                words("A health check with id x does not exist."),
            ),
            (batch("[Duplicate Resource Record: 'x']"), words("[Duplicate Resource Record: 'x']")),
            (batch("[]"), words("[]")),
            (foreign(403), Scope::Zone),
            (foreign(413), Scope::TooLong),
            (scope(&ApiError::Busy), Scope::Later),
            (scope(&ApiError::Throttled { operation }), Scope::Later),
            (scope(&ApiError::Ending { operation }), Scope::Later),
            (scope(&ApiError::Unreachable { operation, source: "cut off".into() }), Scope::Unclear),
        ];
        for (place, (found, right)) in cases.into_iter().enumerate() {
            assert_eq!(found, right, "case {place}");
        }
    }
}
