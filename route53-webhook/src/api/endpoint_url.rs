//! Where the AWS SDK is told to go instead of AWS.
//!
//! Of what makes no sense the SDK says so in a warning, with all of its text, and asks AWS. So it is looked at
//! before.

use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// The variables by which the SDK is told.
const VARIABLES: [&str; 3] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL_STS"];

/// What says no address, and is to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpointUrl {
    /// It is none.
    #[error(
        "{place} is no URL of AWS or what is like it; write one such as `http://localstack:4566`, \
         without `@`, `?` and `#`, or leave it out"
    )]
    NoUrl {
        /// The variable, or the key of a file.
        place: String,
    },
    /// The section that a profile names is not there.
    #[error(
        "{place} names the section `[services {name}]`, and there is none in {}; add it, or leave the key out",
        config.as_ref().map_or_else(|| "a file of the configuration".to_owned(), |path| format!("`{path}`"))
    )]
    NoServices {
        /// The key of the profile.
        place: String,
        /// What it names.
        name: String,
        /// The file in which it would be read, if there is one.
        config: Option<String>,
    },
    /// It stands below a word that AWS does not call Route 53 by.
    #[error("{place} sets nothing: the key of Route 53 there is `route_53`; write that")]
    OtherKey {
        /// The key of a file.
        place: String,
    },
    /// It stands where no service is meant.
    #[error(
        "{place} sets nothing: below a line `route_53 =` comes an indented line `endpoint_url = URL`; write that"
    )]
    NoKey {
        /// The key of a file.
        place: String,
    },
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
            return Err(BadEndpointUrl::NoUrl { place: format!("`{variable}`") });
        }
    }
    Ok(())
}

/// Returns where the environment and the shared configuration say that Route 53 is; `None` when they do not.
///
/// The SDK looks below `route-53` in a section of services, and AWS has everyone write [`route_53`]. Asked for by the
/// latter, it finds that, and the variable by the same name as before.
///
/// [`route_53`]: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
pub(super) fn of_route53(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("Route_53")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    config.service_config()?.load_config(key.ok()?)
}

/// Returns these settings without empty addresses, which say nothing, as in the other tools of AWS: the SDK takes an empty
/// variable for an address, passes the files over for it, and stops with a panic.
///
/// `of_profile` returns what the profile in use says for all services.
pub(super) fn without_empty(
    settings: SdkConfig,
    of_profile: impl FnOnce() -> Option<String>,
) -> SdkConfig {
    let url = match settings.endpoint_url() {
        Some("") => of_profile(),
        url => url.map(str::to_owned),
    };
    let mut builder = settings.clone().into_builder();
    builder.set_endpoint_url(url).set_service_config(Some(NonEmpty(settings)));
    builder.build()
}

/// What the environment and the files say of single services, but for what is empty.
#[derive(Debug)]
struct NonEmpty(SdkConfig);

impl LoadServiceConfig for NonEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let said = self.0.service_config()?;
        let in_files = ServiceConfigKey::builder()
            .service_id(key.service_id())
            .profile(key.profile())
            // A variable that nobody sets, since the SDK looks for one first.
            .env("SIGNPOST_NO_VARIABLE")
            .build();
        let url = said.load_config(key).filter(|url| !url.is_empty());
        url.or_else(|| said.load_config(in_files.ok()?)).filter(|url| !url.is_empty())
    }
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
