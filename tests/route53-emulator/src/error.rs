//! The errors of the API: status, code and message as the service sends them.

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The code that SDKs turn into a type.
    pub code: &'static str,
    /// The message.
    pub message: String,
    /// What is wrong with a batch, one by one; empty for other errors.
    pub batch: Vec<String>,
}

impl ApiError {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), batch: Vec::new() }
    }

    /// The request is not well formed.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    /// The body is not the XML of this operation.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MalformedInput", message)
    }

    /// The batch breaks these rules; nothing of it was applied.
    ///
    /// Several messages share one pair of brackets, which is how the service writes them.
    pub fn invalid_change_batch(messages: &[String]) -> Self {
        let error = Self::new(400, "InvalidChangeBatch", format!("[{}]", messages.join(", ")));
        Self { batch: messages.to_vec(), ..error }
    }

    /// The same error, and for a batch without a word on which of its record sets is wrong ([report]).
    ///
    /// [report]: https://github.com/harmony-one/harmony-ops/issues/491
    pub(crate) fn unnamed(self) -> Self {
        let message = "[FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '']";
        match self.code {
            "InvalidChangeBatch" => {
                Self::invalid_change_batch(&[message.trim_matches(['[', ']']).to_owned()])
            }
            _ => self,
        }
    }

    /// There is no such zone.
    pub fn no_such_hosted_zone(id: &str) -> Self {
        Self::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
    }

    /// There is no such change.
    pub fn no_such_change(id: &str) -> Self {
        Self::new(404, "NoSuchChange", format!("Could not find resource with ID: {id}"))
    }

    /// There is no such health check.
    pub fn no_such_health_check(id: &str) -> Self {
        Self::new(404, "NoSuchHealthCheck", format!("A health check with id {id} does not exist."))
    }

    /// The caller reference was used before.
    pub fn hosted_zone_already_exists(caller_reference: &str) -> Self {
        Self::new(
            409,
            "HostedZoneAlreadyExists",
            format!(
                "A hosted zone has already been created with the specified caller reference: \
                 {caller_reference}."
            ),
        )
    }

    /// The caller reference of a health check was used before.
    pub fn health_check_already_exists(caller_reference: &str) -> Self {
        Self::new(
            409,
            "HealthCheckAlreadyExists",
            format!("A health check with caller reference {caller_reference} already exists."),
        )
    }

    /// The zone still holds record sets.
    pub fn hosted_zone_not_empty() -> Self {
        Self::new(
            400,
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot \
             be deleted.",
        )
    }

    /// The zone is public and the question is about private ones.
    pub fn hosted_zone_not_private(id: &str) -> Self {
        Self::new(
            400,
            "HostedZoneNotPrivate",
            format!("The hosted zone {id} is not a private hosted zone."),
        )
    }

    /// The name cannot be a zone's.
    pub fn invalid_domain_name(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidDomainName", message)
    }

    /// More calls per second than the account may make.
    pub fn throttling() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    /// An earlier change of the zone is still under way.
    pub fn prior_request_not_complete() -> Self {
        Self::new(
            400,
            "PriorRequestNotComplete",
            "The request was rejected because Route 53 was still processing a prior request.",
        )
    }

    /// The caller may not do this.
    pub fn access_denied(operation: &str, resource: &str) -> Self {
        Self::new(
            403,
            "AccessDenied",
            format!(
                "User: arn:aws:iam::123456789012:user/emulator is not authorized to perform: \
                 route53:{operation} on resource: {resource}"
            ),
        )
    }

    /// There is no such access key, or no longer.
    pub fn invalid_client_token_id() -> Self {
        let message = "The security token included in the request is invalid.";
        Self::new(403, "InvalidClientTokenId", message)
    }

    /// The session that the access key belongs to is over.
    pub fn expired_token() -> Self {
        let message = "The security token included in the request is expired";
        Self::new(403, "ExpiredToken", message)
    }

    /// The request carries no signature.
    pub fn missing_authentication_token() -> Self {
        Self::new(403, "MissingAuthenticationToken", "Missing Authentication Token")
    }

    /// The signature is not one of Signature Version 4.
    pub fn incomplete_signature() -> Self {
        Self::new(
            403,
            "IncompleteSignature",
            "The request signature does not conform to AWS standards.",
        )
    }

    /// No operation has this method and path.
    pub fn unknown_operation(method: &str, path: &str) -> Self {
        Self::new(
            404,
            "UnknownOperationException",
            format!("The emulator has no operation {method} {path}"),
        )
    }

    /// The service failed; `status` is 500 to 599.
    pub fn internal(status: u16) -> Self {
        match status {
            503 => Self::new(
                503,
                "ServiceUnavailable",
                "The service is temporarily unavailable; please try again later.",
            ),
            _ => Self::new(status, "InternalFailure", "We encountered an internal error."),
        }
    }
}
