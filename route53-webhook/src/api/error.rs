//! What can go wrong in a call to Route 53, sorted by what can be done about it.

use std::error::Error;

use aws_sdk_route53::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::operation::get_change::GetChangeError;
use aws_sdk_route53::operation::get_hosted_zone::GetHostedZoneError;
use aws_sdk_route53::operation::get_hosted_zone_limit::GetHostedZoneLimitError;
use aws_sdk_route53::operation::list_hosted_zones::ListHostedZonesError;
use aws_sdk_route53::operation::list_resource_record_sets::ListResourceRecordSetsError;
use aws_sdk_route53::operation::list_tags_for_resources::ListTagsForResourcesError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use aws_sdk_route53::operation::RequestId as _;

use super::credentials::BadCredentials;
use super::foreign::{self, Foreign};
use super::no_answer;

/// Why a call to Route 53 failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Too many requests in this account; wait.
    #[error(
        "AWS throttles `{operation}`: the account makes more calls than it may; find who else calls Route 53 \
         in it (CloudTrail has them), or lower `--aws-requests-per-second`"
    )]
    Throttled {
        /// The call.
        operation: &'static str,
    },
    /// An earlier change of the zone is still being made; wait.
    #[error(
        "Route 53 is still busy with an earlier change of the zone; if that lasts, find who else changes it \
         (CloudTrail has them)"
    )]
    Busy,
    /// No answer, one that cannot be read, or one that AWS itself is in trouble; try again.
    #[error("`{operation}` failed")]
    Unreachable {
        /// The call.
        operation: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A refusal that says nothing of Route 53: written by something in between, which most likely has
    /// not let the call through.
    #[error("`{operation}` was refused on the way: {message}")]
    Foreign {
        /// The call.
        operation: &'static str,
        /// The HTTP status of the refusal.
        status: u16,
        /// The status and the start of the answer.
        message: String,
    },
    /// The credentials are missing, expired or unknown to AWS, or the clock that signs is wrong.
    #[error("{}", problem.of_call(operation))]
    Credentials {
        /// The call.
        operation: &'static str,
        /// What is wrong with them.
        problem: BadCredentials,
    },
    /// The role may not be assumed with these credentials.
    #[error(
        "AWS denies `sts:AssumeRole`: {message}; let the role trust these credentials and this \
         external id, and let these credentials assume the role"
    )]
    RoleDenied {
        /// What AWS said.
        message: String,
    },
    /// The credentials lack a permission.
    #[error("AWS denies `route53:{operation}`: {message}; {}", after_denial(operation, message))]
    Denied {
        /// The call.
        operation: &'static str,
        /// What AWS said.
        message: String,
    },
    /// The zone does not exist, or not in this account.
    #[error(
        "AWS says that there is no such hosted zone in this account: {message}; if it was made anew \
         it is found by itself, otherwise leave it out or use the credentials of its account"
    )]
    NoSuchZone {
        /// What AWS said.
        message: String,
    },
    /// The batch as a whole was refused; nothing was written.
    #[error("Route 53 refused the batch: {}", .0.join("; "))]
    InvalidBatch(Vec<String>),
    /// Nothing more is begun, because the sidecar ends or the controller that sent the request has gone.
    #[error(
        "`{operation}` was not begun or not waited for: the sidecar ends, or who asked has gone"
    )]
    Ending {
        /// The call.
        operation: &'static str,
    },
    /// AWS does not take the request; repeating it cannot help.
    #[error("Route 53 refused `{operation}`: {code}: {message}{}", after_refusal(code))]
    Refused {
        /// The call.
        operation: &'static str,
        /// The kind of refusal, in one word of AWS.
        code: String,
        /// What AWS said.
        message: String,
    },
    /// The request could not be put together.
    #[error("a request to Route 53 could not be built")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),
}

/// Returns the next step after a denial: most lack a permission, but a zone that Cloud Map has made
/// takes changes from that alone ([report], [zones of Cloud Map]).
///
/// [report]: https://github.com/amazon-archives/service-discovery-ecs-dns/issues/44
/// [zones of Cloud Map]: https://docs.aws.amazon.com/cloud-map/latest/dg/working-with-namespaces.html
fn after_denial(operation: &str, message: &str) -> &'static str {
    let message = message.to_ascii_lowercase();
    // Calls for no one zone; there is none to leave out.
    let of_all = match operation {
        "ListHostedZones" => Some(
            "grant it, or name the zones by their ids with `--zone-id-filter`, which needs \
                  `route53:GetHostedZone` only",
        ),
        "ListTagsForResources" => Some("grant it, or do without `--aws-zone-tags`"),
        _ => None,
    };
    if message.contains("cloud map") || message.contains("cloudmap") {
        "only AWS Cloud Map writes to such a zone, so leave it out"
    } else if message.contains("service control policy") {
        match of_all {
            Some(_) => "a policy of the organization denies it, so grant it there",
            None => {
                "a policy of the organization denies it, so grant it there, or leave the zone out"
            }
        }
    } else if message.contains("suspended") {
        "have the account activated"
    } else {
        of_all.unwrap_or("grant it, or leave the zone out")
    }
}

/// Returns the next step after a refusal that is about the account ([errors]); empty after others.
///
/// [errors]: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
fn after_refusal(code: &str) -> &'static str {
    match code {
        "AccountSuspended"
        | "AccountProblem"
        | "OptInRequired"
        | "NotSignedUp"
        | "SubscriptionRequiredException" => {
            "; the account is not active for Route 53: see its messages from AWS, and its billing"
        }
        "UnauthorizedAccess" | "NotAuthorizedException" => "; grant it, or leave the zone out",
        _ => "",
    }
}

impl ApiError {
    /// Tells whether waiting is all that is needed.
    pub fn is_too_early(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Busy)
    }

    /// Tells whether the very same call can succeed later.
    pub fn is_transient(&self) -> bool {
        self.is_too_early()
            || matches!(
                self,
                Self::Unreachable { .. } | Self::Foreign { .. } | Self::Credentials { .. }
            )
    }

    /// Tells whether a write may have been made all the same, or may yet be.
    pub fn may_have_been_carried_out(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Foreign { .. })
    }

    /// Tells whether a zone is out of reach while others may be fine.
    pub fn is_about_the_zone(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::NoSuchZone { .. } | Self::RoleDenied { .. })
    }

    /// Tells whether a read of a zone failed for a reason that all zones of the account share, so that
    /// it says nothing of this one.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Credentials { .. }
            | Self::RoleDenied { .. }
            | Self::Ending { .. } => true,
            Self::Busy
            | Self::Unreachable { .. }
            | Self::Foreign { .. }
            | Self::Denied { .. }
            | Self::NoSuchZone { .. }
            | Self::InvalidBatch(_)
            | Self::Refused { .. }
            | Self::Unusable(_) => false,
        }
    }

    /// Tells whether the account is out of reach while others may be fine.
    pub fn is_about_the_account(&self) -> bool {
        matches!(self, Self::Credentials { .. } | Self::RoleDenied { .. })
    }
}

/// An error of one operation, with the messages that only some operations have.
pub(super) trait Detail: ProvideErrorMetadata + Error + Send + Sync + 'static {
    /// Returns what is wrong with a batch.
    fn batch_messages(&self) -> Option<Vec<String>> {
        None
    }
}

impl Detail for GetChangeError {}
impl Detail for GetHostedZoneError {}
impl Detail for GetHostedZoneLimitError {}
impl Detail for ListHostedZonesError {}
impl Detail for ListResourceRecordSetsError {}
impl Detail for ListTagsForResourcesError {}
impl Detail for ChangeResourceRecordSetsError {
    fn batch_messages(&self) -> Option<Vec<String>> {
        let Self::InvalidChangeBatch(batch) = self else {
            return None;
        };
        let mut messages = batch.messages().to_vec();
        if messages.is_empty() {
            messages.extend(batch.message().or(self.message()).map(str::to_owned));
        }
        Some(messages)
    }
}

/// What a failed attempt was, before it is known whether it is the last.
pub(super) enum Failure {
    Throttled,
    Busy,
    Unreachable(Option<u16>, Option<Foreign>),
    Foreign(Foreign),
    Credentials(Option<u16>, BadCredentials),
    RoleDenied(String),
    Denied(String),
    NoSuchZone(String),
    InvalidBatch(Vec<String>),
    Refused(Option<u16>, String, String),
}

impl Failure {
    /// Returns the name under which it is counted.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Busy => "busy",
            Self::Unreachable(..) => "unreachable",
            Self::Foreign(_) => "foreign",
            Self::Credentials(..) => "credentials",
            Self::RoleDenied(_) | Self::Denied(_) => "denied",
            Self::NoSuchZone(_) => "no_such_zone",
            Self::InvalidBatch(_) => "invalid_batch",
            Self::Refused(..) => "refused",
        }
    }

    /// Returns the HTTP status of the answer; `None` when there was none.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Throttled | Self::Busy | Self::InvalidBatch(_) => Some(400),
            Self::Denied(_) => Some(403),
            Self::RoleDenied(_) => None,
            Self::NoSuchZone(_) => Some(404),
            Self::Foreign(foreign) => Some(foreign.status),
            Self::Unreachable(status, _)
            | Self::Credentials(status, _)
            | Self::Refused(status, _, _) => *status,
        }
    }

    pub(super) fn into_error<E: Detail>(
        self,
        operation: &'static str,
        source: &SdkError<E>,
        proxy: Option<&str>,
    ) -> ApiError {
        match self {
            Self::Throttled => ApiError::Throttled { operation },
            Self::Busy => ApiError::Busy,
            Self::Unreachable(_, Some(foreign)) => {
                ApiError::Unreachable { operation, source: foreign.through(proxy).into() }
            }
            Self::Unreachable(_, None) => {
                let source = no_answer::NoAnswer::of(source, proxy).into();
                ApiError::Unreachable { operation, source }
            }
            Self::Foreign(foreign) => {
                let foreign = foreign.through(proxy);
                let (status, message) = (foreign.status, foreign.to_string());
                ApiError::Foreign { operation, status, message }
            }
            Self::Credentials(_, problem) => ApiError::Credentials { operation, problem },
            Self::RoleDenied(message) => ApiError::RoleDenied { message },
            Self::Denied(message) => ApiError::Denied { operation, message },
            Self::NoSuchZone(message) => ApiError::NoSuchZone { message },
            Self::InvalidBatch(messages) => ApiError::InvalidBatch(messages),
            Self::Refused(_, code, message) => ApiError::Refused { operation, code, message },
        }
    }
}

/// Sorts a failed attempt.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html>
pub(super) fn classify<E: Detail>(error: &SdkError<E>) -> Failure {
    let status = error.raw_response().map(|raw_response| raw_response.status().as_u16());
    let SdkError::ServiceError(context) = error else {
        return match (refusal_of_sts(error), BadCredentials::before_sending(error)) {
            (Some(("AccessDenied", message)), _) => Failure::RoleDenied(message),
            (Some((code, message)), _) => {
                let problem =
                    BadCredentials::of(code, &message).unwrap_or(BadCredentials::Other(message));
                Failure::Credentials(status, problem.told_by(&format!("STS says {code}: ")))
            }
            (None, Some(problem)) => Failure::Credentials(status, problem),
            (None, None) => Failure::Unreachable(status, None),
        };
    };
    let detail = context.err();
    if let Some(messages) = detail.batch_messages() {
        // A refusal without a word is told as one.
        let told = messages.iter().any(|message| !message.trim().is_empty());
        return Failure::InvalidBatch(if told { messages } else { vec!["no reason given".into()] });
    }
    let message = || words(detail.message());
    let code = detail.code().unwrap_or_default();
    if let Some(problem) = BadCredentials::of(code, &message()) {
        return Failure::Credentials(status, problem);
    }
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => Failure::Throttled,
        "PriorRequestNotComplete" => Failure::Busy,
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" => Failure::Denied(message()),
        "NoSuchHostedZone" | "HostedZoneNotFound" => Failure::NoSuchZone(message()),
        "InvalidChangeBatch" => Failure::InvalidBatch(vec![message()]),
        _ if status == Some(429) => Failure::Throttled,
        // AWS has a number for each request; what is between has none.
        "" if status >= Some(500) && error.request_id().is_some() => {
            Failure::Unreachable(status, None)
        }
        "" => without_code(context.raw().status().as_u16(), context.raw().body().bytes()),
        _ if status.is_none_or(|status| status >= 500) => Failure::Unreachable(status, None),
        code => Failure::Refused(status, code.to_owned(), message()),
    }
}

/// Sorts an answer that does not say its kind, as a refusal of AWS does: it is that of a batch in its
/// bare form, was written by something in between, or is a good answer that cannot be read.
fn without_code(status: u16, body: Option<&[u8]>) -> Failure {
    let body = body.unwrap_or_default();
    if (200..300).contains(&status) {
        return Failure::Unreachable(Some(status), None);
    }
    if status < 500
        && let Some(messages) = foreign::bare_batch(body)
    {
        return Failure::InvalidBatch(messages);
    }
    let foreign = Foreign::new(status, body);
    if foreign.is_steady() {
        Failure::Foreign(foreign)
    } else {
        Failure::Unreachable(Some(status), Some(foreign))
    }
}

/// Returns the code and the message with which STS refused to give credentials, when that is why
/// nothing was sent.
fn refusal_of_sts<'a>(error: &'a (dyn Error + 'static)) -> Option<(&'a str, String)> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let told: Option<&dyn ProvideErrorMetadata> =
            cause.downcast_ref::<AssumeRoleError>().map(|error| error as _).or_else(|| {
                cause.downcast_ref::<AssumeRoleWithWebIdentityError>().map(|error| error as _)
            });
        if let Some(told) = told {
            return Some((told.code()?, words(told.message())));
        }
        next = cause.source();
    }
    None
}

/// Returns the words of AWS as they stand within a sentence of ours.
fn words(message: Option<&str>) -> String {
    message
        .map(|message| message.trim().trim_end_matches('.'))
        .filter(|words| !words.is_empty())
        .unwrap_or("no reason given")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_and_lost_credentials_are_not_the_fault_of_a_zone_and_an_unclear_answer_is() {
        let (operation, message) = ("ListResourceRecordSets", String::new);
        assert!(ApiError::Throttled { operation }.is_shared());
        assert!(ApiError::Ending { operation }.is_shared());
        assert!(
            ApiError::Credentials { operation, problem: BadCredentials::Missing(None) }.is_shared()
        );
        assert!(!ApiError::Unreachable { operation, source: "cut off".into() }.is_shared());
        assert!(!ApiError::Foreign { operation, status: 403, message: message() }.is_shared());
        let code = "InternalError".to_owned();
        assert!(!ApiError::Refused { operation, code, message: message() }.is_shared());
    }

    #[test]
    fn a_denial_and_a_refusal_say_the_next_step_that_fits() {
        let operation = "ChangeResourceRecordSets";
        let denied =
            |message: &str| ApiError::Denied { operation, message: message.to_owned() }.to_string();
        // https://github.com/amazon-archives/service-discovery-ecs-dns/issues/44
        let cloud_map = "The resource hostedzone/Z1 can only be managed through AWS Cloud Map";
        for (message, words) in [
            (cloud_map, "so leave it out"),
            (
                "User: x is not authorized to perform: y with an explicit deny in a service control policy",
                "organization",
            ),
            ("User: x is not authorized to perform: y", "grant it, or leave the zone out"),
        ] {
            assert!(denied(message).ends_with(words) || denied(message).contains(words));
        }
        assert!(!denied(cloud_map).contains("grant it"));
        let listing = |operation: &'static str| {
            ApiError::Denied { operation, message: "User: x is not authorized".to_owned() }
                .to_string()
        };
        for (operation, words) in [
            ("ListHostedZones", "with `--zone-id-filter`"),
            ("ListTagsForResources", "--aws-zone-tags"),
        ] {
            let told = listing(operation);
            assert!(told.contains(words) && !told.contains("leave the zone out"), "{told}");
        }
        let refused = |code: &str| {
            let (code, message) = (code.to_owned(), "no".to_owned());
            ApiError::Refused { operation, code, message }.to_string()
        };
        assert!(refused("OptInRequired").contains("not active"), "{}", refused("OptInRequired"));
        assert!(refused("InvalidInput").ends_with(": no"));
    }
}
