//! Sections of services: where the file of the configuration says that single services are ([services]).
//!
//! What stands at another place there is passed over by the SDK, which then asks AWS.
//!
//! [services]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html

use super::{Said, SharedFiles};
use crate::api::endpoint_url::BadEndpointUrl;
use crate::api::files::Shared;

/// What AWS calls Route 53 there.
const KEY: &str = "route_53";

/// What else it is called, by the SDK for Rust, by the command line of AWS and by itself.
const OTHER_KEYS: [&str; 4] = ["route-53", "route53", "route 53", "r53"];

impl SharedFiles {
    /// Returns what stands in the section of services that a profile's key names.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no such section, or when an address in it is for no service.
    pub(super) fn of_services(&self, named: &Said<'_>) -> Result<Vec<Said<'_>>, BadEndpointUrl> {
        let is_named = |section: &str| {
            section.strip_prefix("services ").is_some_and(|name| name == named.value)
        };
        let mut config = self.0.iter().filter(|file| file.kind == Shared::Config);
        let sections = config.clone().flat_map(|file| &file.sections);
        if !sections.map(|section| &section.name).any(|name| is_named(name)) {
            let config = config.next().map(|file| file.path.display().to_string());
            let name = named.value.to_owned();
            return Err(BadEndpointUrl::NoServices { place: named.place(), name, config });
        }
        let settings: Vec<_> =
            self.settings(|kind, section| kind == Shared::Config && is_named(section)).collect();
        let is_meant = settings.iter().any(|said| said.key.split('.').next() == Some(KEY));
        for said in &settings {
            let place = || said.place();
            match said.key.split_once('.') {
                None if said.key == "endpoint_url" => {
                    return Err(BadEndpointUrl::NoKey { place: place() });
                }
                None if said.key == KEY && !said.value.is_empty() => {
                    return Err(BadEndpointUrl::NoKey { place: place() });
                }
                Some((key, "endpoint_url")) if !is_meant && OTHER_KEYS.contains(&key) => {
                    return Err(BadEndpointUrl::OtherKey { place: place() });
                }
                None | Some(_) => {}
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    fn check(config: &str, credentials: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let files = read(folder.path(), config, credentials);
        files.check_endpoint_urls("dev").map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_of_route_53_that_would_be_passed_over_is_refused() {
        const DEV: &str = "[profile dev]\nservices = local\n";
        for key in ["route-53", "route53", "Route53", "ROUTE-53"] {
            let told = check(
                &format!("{DEV}[services local]\n{key} =\n  endpoint_url = http://localstack\n"),
                "",
            );
            let told = told.unwrap_err();
            let words = format!("`{}.endpoint_url` of `[services local]` in `", key.to_lowercase());
            assert!(
                told.starts_with(&words) && told.contains("there is `route_53`; write"),
                "{told}"
            );
        }
        for lines in [
            "route_53 =\nendpoint_url = http://localstack",
            "endpoint_url = http://localstack",
            "route_53 = http://localstack",
        ] {
            let told = check(&format!("{DEV}[services local]\n{lines}\n"), "").unwrap_err();
            assert!(told.contains("an indented line `endpoint_url = URL`"), "{told}");
        }
    }

    #[test]
    fn a_section_of_services_that_a_profile_names_has_to_be_in_the_configuration() {
        let section = "[services local]\nroute_53 =\n  endpoint_url = http://localstack\n";
        let dev = "[profile dev]\nservices = local\n";
        assert_eq!(check(&format!("{dev}{section}"), ""), Ok(()));
        assert_eq!(check(section, "[dev]\nservices = local\n"), Ok(()));
        for (config, credentials) in
            [(dev, ""), (dev, section), (&format!("{dev}{section}").replace("local]", "x]"), "")]
        {
            let told = check(config, credentials).unwrap_err();
            assert!(
                told.starts_with("`services` of `[profile dev]` in `")
                    && told
                        .contains("names the section `[services local]`, and there is none in `"),
                "{told}"
            );
        }
    }

    #[test]
    fn the_key_of_another_program_may_stand_beside_that_of_aws() {
        let both = "[profile dev]\nservices = local\n[services local]\nroute-53 =\n  endpoint_url = http://a\n\
                    route_53 =\n  endpoint_url = http://a\ns3 =\n  endpoint_url = http://b\n";
        assert_eq!(check(both, ""), Ok(()));
    }
}
