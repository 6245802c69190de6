//! What is wrong with credentials that AWS does not take, and the next step that fits.

use std::error::Error;
use std::{fmt, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_route53::primitives::{DateTime, DateTimeFormat};

use super::process::ProcessFailure;
use super::{NamedSources, no_answer};

/// Why no call can be made with the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCredentials {
    /// Requests are signed with a time that AWS does not take.
    Clock(String),
    /// AWS does not know the access key, or no longer.
    UnknownKey(String),
    /// The session to which the keys belong, or the token that gets them, has ended.
    Expired(String),
    /// The secret is not the one of the access key.
    WrongSecret(String),
    /// Nothing has any; with what a profile or the environment says of it.
    Missing(Option<String>),
    /// Of the two variables of a key the first is set and the second is not, and nothing else has any.
    HalfKey(&'static str, &'static str),
    /// The token of a web identity cannot be read: its file and what names it, where that is known, and why.
    NoToken(Option<String>, String),
    /// The command of a profile that is to print them does not.
    Process(ProcessFailure),
    /// They cannot be had, or are refused in another way.
    Other(String),
}

impl BadCredentials {
    /// Sorts a refusal of Route 53 or STS; `None` when it is not about credentials ([errors], [clocks]).
    ///
    /// [errors]: https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html
    /// [clocks]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    pub(super) fn of(code: &str, message: &str) -> Option<Self> {
        let said = message.to_owned();
        match code {
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => {
                Some(Self::Clock(said))
            }
            "SignatureDoesNotMatch" | "InvalidSignatureException" => {
                let is_about_time = ["Signature expired", "Signature not yet current"]
                    .iter()
                    .any(|start| message.starts_with(start));
                Some(if is_about_time { Self::Clock(said) } else { Self::WrongSecret(said) })
            }
            "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "UnrecognizedClientException"
            | "AuthFailure" => Some(Self::UnknownKey(said)),
            "ExpiredToken" | "ExpiredTokenException" => Some(Self::Expired(said)),
            "IncompleteSignature" | "MissingAuthenticationToken" => Some(Self::Other(said)),
            _ => None,
        }
    }

    /// Returns what kept the SDK from having credentials; `None` when that is not why nothing was sent.
    pub(super) fn before_sending(error: &(dyn Error + 'static)) -> Option<Self> {
        let not_loaded = no_answer::causes(error)
            .filter_map(|cause| cause.downcast_ref::<CredentialsError>())
            .any(|error| matches!(error, CredentialsError::CredentialsNotLoaded(_)));
        let said: Vec<_> = no_answer::causes(error).map(ToString::to_string).collect();
        // What was sent for them did not arrive.
        if daemon::proxy_failure(error, "").is_some() {
            return None;
        }
        let failure =
            no_answer::causes(error).find_map(|cause| cause.downcast_ref::<ProcessFailure>());
        if let Some(failure) = failure {
            return Some(Self::Process(failure.clone()));
        }
        if let Some(why) = unread_token(error) {
            return Some(Self::NoToken(None, why));
        }
        if not_loaded {
            return Some(Self::Missing(said.iter().find_map(|text| of_chain(text))));
        }
        // These name the parts of the SDK that passed it on.
        let said: Vec<_> = said
            .iter()
            .filter(|text| !matches!(text.as_str(), "dispatch failure" | "other"))
            .collect();
        let text = said.iter().map(|text| one_line(text)).collect::<Vec<_>>().join(": ");
        ["credentials", "identity"]
            .iter()
            .any(|word| text.to_lowercase().contains(word))
            .then_some(Self::Other(text))
    }

    /// Returns the same with `teller` before what was said.
    pub(super) fn told_by(self, teller: &str) -> Self {
        let told = |said: String| format!("{teller}{said}");
        match self {
            // The time is read from the start of the sentence.
            Self::Clock(said) => Self::Clock(said),
            Self::UnknownKey(said) => Self::UnknownKey(told(said)),
            Self::Expired(said) => Self::Expired(told(said)),
            Self::WrongSecret(said) => Self::WrongSecret(told(said)),
            Self::Other(said) => Self::Other(told(said)),
            said
            @ (Self::Missing(_) | Self::HalfKey(..) | Self::NoToken(..) | Self::Process(_)) => said,
        }
    }

    /// Returns the same with the names of what it is about.
    pub(super) fn named_by(self, named: &NamedSources) -> Self {
        match (self, named.half_key) {
            (Self::Missing(_), Some((set, missing))) => Self::HalfKey(set, missing),
            (Self::NoToken(None, why), _) => Self::NoToken(named.unreadable_token(), why),
            (other, _) => other,
        }
    }

    /// Returns the sentence about a call that failed for it.
    pub(super) fn of_call(&self, operation: &str) -> String {
        match self {
            Self::Clock(said) => {
                let wrong = skew(said).unwrap_or_else(|| "is not that of AWS".to_owned());
                format!(
                    "AWS refuses `{operation}` because of its time: this machine's clock {wrong} ({said}); \
                     set it right"
                )
            }
            rest => format!("there are no credentials that AWS accepts for `{operation}`: {rest}"),
        }
    }
}

impl fmt::Display for BadCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(said) => f.write_str(said),
            Self::UnknownKey(said) => write!(
                f,
                "AWS does not know the access key, or no longer ({said}); use one that is active; \
                 a temporary one needs its AWS_SESSION_TOKEN, too"
            ),
            Self::Expired(said) => write!(
                f,
                "the session has ended ({said}); get new keys with a new AWS_SESSION_TOKEN, or give the Pod \
                 a role (IRSA, Pod Identity), which is renewed by itself"
            ),
            Self::WrongSecret(said) => write!(
                f,
                "the secret is not the one of this access key ({said}); set the AWS_SECRET_ACCESS_KEY \
                 that belongs to it"
            ),
            Self::Missing(said) => {
                f.write_str(
                    "none were found, neither in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in a \
                     profile (AWS_PROFILE), by a web identity (IRSA), from the container (Pod Identity) or \
                     from the metadata of the instance",
                )?;
                if let Some(said) = said {
                    write!(f, " ({said})")?;
                }
                f.write_str(
                    "; set AWS_PROFILE, or both keys, or give the Pod a role (IRSA, Pod Identity)",
                )
            }
            Self::HalfKey(set, missing) => write!(
                f,
                "{set} is set, and {missing} is not, or is empty; set both, or neither where a profile or a role \
                 is meant"
            ),
            Self::NoToken(file, why) => write!(
                f,
                "{} cannot be read: {why}; mount the token of the service account there, as IRSA does when a Pod \
                 starts whose service account has the annotation `eks.amazonaws.com/role-arn`",
                file.as_deref().unwrap_or("the file with the token of the web identity")
            ),
            Self::Process(failure) => write!(
                f,
                "{failure}; run it by hand where this program runs to \
                 see why: what it prints is not shown here, as keys may be in it"
            ),
            Self::Other(said) => write!(
                f,
                "{said}; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the Pod a \
                 role (IRSA, Pod Identity)"
            ),
        }
    }
}

/// Returns what the list of all that the SDK has looked at says beyond that it is not set: a profile
/// that there is not, and instance metadata that is switched off.
fn of_chain(attempts: &str) -> Option<String> {
    let mut told = Vec::new();
    for attempt in attempts.lines() {
        if attempt.contains("profile `") && attempt.contains("was not defined") {
            let name = attempt.split('`').nth(1).unwrap_or_default();
            told.push(format!("there is no profile `{name}`"));
        }
        if attempt.contains("IMDS disabled") {
            told.push("AWS_EC2_METADATA_DISABLED switches the latter off".to_owned());
        }
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// Returns why the file with the token of a web identity cannot be read, if that is what is wrong.
fn unread_token(error: &(dyn Error + 'static)) -> Option<String> {
    let loading =
        no_answer::causes(error).filter_map(|cause| cause.downcast_ref::<CredentialsError>());
    let unread = loading.filter_map(|error| error.source()?.downcast_ref::<io::Error>());
    // What else is read on the way is a connection.
    let mut unread = unread.filter(|error| {
        let kind = error.kind();
        matches!(
            kind,
            io::ErrorKind::NotFound
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::NotADirectory
        )
    });
    unread.next().map(|error| daemon::chain(error))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns how far this machine's clock is off, from `… 20260627T140000Z is now earlier than 20260627T142500Z
/// (20260627T143000Z - 5 min.)`: the first is our time, the one in parentheses that of AWS.
fn skew(said: &str) -> Option<String> {
    let ours = said.split_whitespace().find_map(seconds)?;
    let (_, theirs) = said.split_once('(')?;
    let theirs = theirs.split_whitespace().find_map(seconds)?;
    let minutes = ours.abs_diff(theirs).div_ceil(60);
    let side = if ours < theirs { "behind" } else { "ahead of" };
    Some(format!("is {minutes} min {side} that of AWS"))
}

/// Reads `20260627T140000Z`.
fn seconds(stamp: &str) -> Option<i64> {
    let (date, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
    let (year, month, day) = (part(date, 0, 4)?, part(date, 4, 6)?, part(date, 6, 8)?);
    let (hour, minute, second) = (part(time, 0, 2)?, part(time, 2, 4)?, part(time, 4, 6)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    DateTime::from_str(&text, DateTimeFormat::DateTime).ok().map(|time| time.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, message: &str) -> String {
        BadCredentials::of(code, message).unwrap().of_call("ListHostedZones")
    }

    #[test]
    fn a_wrong_clock_is_told_with_how_far_it_is_off() {
        // https://github.com/hashicorp/terraform/issues/9333
        let expired = "Signature expired: 20161011T231745Z is now earlier than 20161011T235755Z \
                       (20161012T000255Z - 5 min.)";
        assert_eq!(
            told("SignatureDoesNotMatch", expired),
            format!(
                "AWS refuses `ListHostedZones` because of its time: this machine's clock is 46 min behind that of \
                 AWS ({expired}); set it right"
            )
        );
        let ahead = "Signature not yet current: 20260627T150000Z is still later than 20260627T143500Z \
                     (20260627T143000Z + 5 min.)";
        assert!(
            told("InvalidSignatureException", ahead)
                .contains("clock is 30 min ahead of that of AWS")
        );
        for code in ["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"] {
            let told = told(code, "Request has expired");
            assert!(told.contains("this machine's clock is not that of AWS (Request"), "{told}");
            assert!(told.ends_with("; set it right"), "{told}");
        }
    }

    #[test]
    fn keys_that_are_set_and_refused_have_a_next_step_of_their_own() {
        for (code, words) in [
            ("InvalidClientTokenId", "use one that is active"),
            ("ExpiredToken", "the session has ended (no); get new keys"),
            ("SignatureDoesNotMatch", "set the AWS_SECRET_ACCESS_KEY that belongs to it"),
        ] {
            let told = told(code, "no");
            assert!(told.starts_with("there are no credentials that AWS accepts for"), "{told}");
            assert!(told.contains(words) && !told.contains("set AWS_PROFILE"), "{told}");
        }
        assert_eq!(BadCredentials::of("AccessDenied", "no"), None);
    }

    #[test]
    fn what_the_environment_names_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token").display().to_string();
        let named = NamedSources::of(|name| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIA".to_owned()),
            "AWS_WEB_IDENTITY_TOKEN_FILE" => Some(token.clone()),
            _ => None,
        });
        let told = |error: CredentialsError| {
            let problem = BadCredentials::before_sending(&error).unwrap();
            problem.named_by(&named).of_call("ListHostedZones")
        };
        let unread = CredentialsError::provider_error(std::fs::read(&token).unwrap_err());
        let unread = told(unread);
        let words = format!(
            "`{token}`, which AWS_WEB_IDENTITY_TOKEN_FILE names, cannot be read: No such file or directory; mount"
        );
        assert!(unread.contains(&words), "{unread}");
        let half = told(CredentialsError::not_loaded("no credentials found in chain"));
        let words =
            ": AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not, or is empty; set both";
        assert!(half.contains(words), "{half}");
    }

    #[test]
    fn what_the_sdk_looked_at_is_told_in_one_line_and_only_where_it_helps() {
        let attempts = "no credentials found in chain. Attempted:\n    Environment: environment variable not set\n    \
                        Profile: profile `nope` was not defined\n    Ec2InstanceMetadata: IMDS disabled by \
                        AWS_EC2_METADATA_DISABLED env var set to `true`";
        let error = CredentialsError::not_loaded(attempts);
        let told = BadCredentials::before_sending(&error).unwrap().of_call("ListHostedZones");
        assert!(
            told.contains(
                "(there is no profile `nope`; AWS_EC2_METADATA_DISABLED switches the latter off); set AWS_PROFILE"
            ),
            "{told}"
        );
        assert!(!told.contains('\n') && !told.contains("Attempted"), "{told}");
    }
}
