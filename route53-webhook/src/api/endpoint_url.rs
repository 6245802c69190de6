//! Where the AWS SDK is told to go instead of AWS.
//!
//! Of what makes no sense the SDK says so in a warning, with all of its text, and asks AWS. So it is looked at
//! before.

/// The variables by which the SDK is told.
const VARIABLES: [&str; 3] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL_STS"];

/// What says no address, and is to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place} is no URL of AWS or what is like it; write one such as `http://localstack:4566`, \
     without `@`, `?` and `#`, or leave it out"
)]
pub struct BadEndpointUrl {
    /// The variable, or the key of a file.
    pub(super) place: String,
}

/// Checks the addresses that the environment names.
///
/// # Errors
///
/// Returns an error that names the variable, and shows nothing that may let one in.
pub fn check_endpoint_urls(
    lookup: impl Fn(&'static str) -> Option<String>,
) -> Result<(), BadEndpointUrl> {
    for variable in VARIABLES {
        let Some(text) = lookup(variable).filter(|text| !text.is_empty()) else { continue };
        if !is_endpoint_url(&text) {
            return Err(BadEndpointUrl { place: format!("`{variable}`") });
        }
    }
    Ok(())
}

/// Tells whether the SDK can be told by this to go elsewhere, and nothing in it lets one in.
pub(super) fn is_endpoint_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', ':'])
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_url_that_makes_no_sense_is_refused_and_not_shown() {
        let check = |text: &str| check_endpoint_urls(|_| Some(text.to_owned()));
        for text in ["", "http://localhost:4566", "https://example.com/path", "http://[::1]:1/"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "hunter2@h",
            "localhost:4566",
            "ftp://me:hunter2@h",
            "http://h?token=hunter2",
            "http://h#hunter2",
            "http://me:hunter2@:1",
            "//hunter2@h",
        ] {
            let told = check(text).unwrap_err().to_string();
            assert!(told.starts_with("`AWS_ENDPOINT_URL` is no URL"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        let of_service = check_endpoint_urls(|name| name.ends_with("STS").then(|| "x".to_owned()));
        assert!(of_service.unwrap_err().to_string().starts_with("`AWS_ENDPOINT_URL_STS`"));
    }
}
