//! What the shared files of AWS say for one profile: where AWS is, and whom to trust.
//!
//! The SDK takes an address of there as one of the environment, and says nothing of authorities that it does not read.
//! So both are judged by the same rules, and are told with the file and the profile ([format]).
//!
//! [format]: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

mod chain;
mod services;

use std::path::{Path, PathBuf};

pub(super) use self::chain::{ProcessChain, Role};
use super::endpoint_url::{BadEndpointUrl, is_endpoint_url};
use super::files::{BadSdkFile, Shared, shared_files, trusted_in};

/// Where the files of profiles are.
#[derive(Clone, Debug, Default)]
pub struct SharedPaths(Vec<(PathBuf, Shared)>);

impl SharedPaths {
    /// Returns those that the environment names, or that are in the home folder.
    pub fn of(lookup: impl Fn(&'static str) -> Option<String>) -> Self {
        let path = |(path, _, kind)| (path, kind);
        Self(shared_files(&lookup).into_iter().map(path).collect())
    }

    /// Reads them. One that cannot be read says nothing, as to the SDK.
    pub fn read(&self) -> SharedFiles {
        let read = |(path, kind): &(PathBuf, Shared)| {
            let text = input_files::read_text(path).ok()?;
            Some(SharedFile { path: path.clone(), kind: *kind, sections: sections(&text) })
        };
        SharedFiles(self.0.iter().filter_map(read).collect())
    }
}

/// The files of profiles that there are.
#[derive(Debug, Default)]
pub struct SharedFiles(Vec<SharedFile>);

#[derive(Debug)]
struct SharedFile {
    path: PathBuf,
    kind: Shared,
    sections: Vec<Section>,
}

/// A section and what stands in it.
#[derive(Debug)]
struct Section {
    /// Such as `default`, `profile dev` or `services local`.
    name: String,
    /// Keys and values; those below another key stand behind it and a dot.
    settings: Vec<(String, String)>,
}

/// A value, and where it stands.
struct Said<'a> {
    path: &'a Path,
    section: &'a str,
    key: &'a str,
    value: &'a str,
}

impl Said<'_> {
    fn place(&self) -> String {
        format!("`{}` of `[{}]` in `{}`", self.key, self.section, self.path.display())
    }
}

impl SharedFiles {
    /// Checks the addresses that `profile` says, and the services that it names.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file and the section, and shows nothing that may let one in.
    pub fn check_endpoint_urls(&self, profile: &str) -> Result<(), BadEndpointUrl> {
        let mut settings: Vec<_> = self.of_profile(profile).collect();
        if let Some(named) = settings.iter().rfind(|said| said.key == "services") {
            let of_services = self.of_services(named)?;
            settings.extend(of_services);
        }
        let is_address =
            |said: &&Said<'_>| said.key == "endpoint_url" || said.key.ends_with(".endpoint_url");
        let mut addresses = settings.iter().filter(is_address);
        let bad = addresses.find(|said| !said.value.is_empty() && !is_endpoint_url(said.value));
        bad.map_or(Ok(()), |said| Err(BadEndpointUrl::NoUrl { place: said.place() }))
    }

    /// Returns the address that `profile` has for all services; `None` when it says none.
    pub fn endpoint_url(&self, profile: &str) -> Option<String> {
        let mut urls = self.of_profile(profile).filter(|said| said.key == "endpoint_url");
        urls.rfind(|said| !said.value.is_empty()).map(|said| said.value.to_owned())
    }

    /// Returns the authorities that `profile` trusts AWS by in place of the system's, as PEM; `None` when it says none.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file when there is no certificate in it: nothing would be trusted.
    pub fn authorities(&self, profile: &str) -> Result<Option<String>, BadSdkFile> {
        let mut bundles = self.of_profile(profile).filter(|said| said.key == "ca_bundle");
        let Some(said) = bundles.find(|said| !said.value.is_empty()) else { return Ok(None) };
        trusted_in(Path::new(said.value), &said.place()).map(Some)
    }

    /// Returns what stands in a profile, by the names that its section may have in each file.
    fn of_profile(&self, profile: &str) -> std::vec::IntoIter<Said<'_>> {
        let is_whole = |kind, section: &str| {
            kind == Shared::Config && section.strip_prefix("profile ") == Some(profile)
        };
        let mut all =
            self.0.iter().flat_map(|file| file.sections.iter().map(|named| (file.kind, named)));
        // That goes before `[default]`, of which then nothing counts.
        let has_whole = all.any(|(kind, section)| is_whole(kind, &section.name));
        self.settings(|kind, section| match kind {
            Shared::Config => {
                is_whole(kind, section)
                    || (section == profile && profile == "default" && !has_whole)
            }
            Shared::Credentials => section == profile,
        })
    }

    /// Returns what stands in the sections that `is_meant`.
    fn settings<'a>(
        &'a self,
        is_meant: impl Fn(Shared, &str) -> bool,
    ) -> std::vec::IntoIter<Said<'a>> {
        let mut found = Vec::new();
        for SharedFile { path, kind, sections } in &self.0 {
            for Section { name, settings } in sections {
                if is_meant(*kind, name) {
                    let said = |(key, value): &'a (String, String)| Said {
                        path,
                        section: name,
                        key,
                        value,
                    };
                    found.extend(settings.iter().map(said));
                }
            }
        }
        found.into_iter()
    }
}

/// Returns the sections of a file.
fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut above = String::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let words: Vec<_> = name.split_whitespace().collect();
            let name = words.join(" ").replace(['"', '\''], "");
            sections.push(Section { name, settings: Vec::new() });
            above.clear();
            continue;
        }
        let (Some(section), Some((key, value))) = (sections.last_mut(), bare.split_once('='))
        else {
            continue;
        };
        let (key, value) = (key.trim().to_lowercase(), without_comment(value).trim().to_owned());
        if line.starts_with([' ', '\t']) && !above.is_empty() {
            section.settings.push((format!("{above}.{key}"), value));
        } else {
            above = if value.is_empty() { key.clone() } else { String::new() };
            section.settings.push((key, value));
        }
    }
    sections
}

/// Returns a value without the comment behind it, which begins behind a blank.
fn without_comment(value: &str) -> &str {
    let comments = [" #", " ;", "\t#", "\t;"];
    let end = comments.iter().filter_map(|begin| value.find(begin)).min();
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn read(folder: &Path, config: &str, credentials: &str) -> SharedFiles {
        let of = |name: &str| {
            let (file, text) = match name {
                "AWS_CONFIG_FILE" => ("config", config),
                "AWS_SHARED_CREDENTIALS_FILE" => ("credentials", credentials),
                _ => return None,
            };
            let path = folder.join(file);
            std::fs::write(&path, text).unwrap();
            Some(path.display().to_string())
        };
        SharedPaths::of(of).read()
    }

    #[test]
    fn an_address_of_the_profile_in_use_is_judged_as_one_of_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let check = |profile: &str, config: &str, credentials: &str| {
            let checked = read(folder.path(), config, credentials).check_endpoint_urls(profile);
            checked.map_err(|error| error.to_string())
        };
        for bad in ["http://me:hunter2@localstack:4566", "hunter2@h", "https://h?token=hunter2"] {
            for (profile, section) in
                [("default", "default"), ("dev", "profile dev"), ("dev", "profile  \"dev\"")]
            {
                let config = format!("# x\n[{section}]\nregion = x\nendpoint_url = {bad} ; here\n");
                let told = check(profile, &config, "").unwrap_err();
                let name = section.replace("  \"", " ").replace('"', "");
                let at = format!(
                    "`endpoint_url` of `[{name}]` in `{}`",
                    folder.path().join("config").display()
                );
                assert!(told.starts_with(&format!("{at} is no URL of AWS")), "{told}");
                assert!(!told.contains("hunter2"), "{told}");
                assert_eq!(check("other", &config, ""), Ok(()), "it is not in use");
            }
            let config = format!(
                "[profile dev]\nservices = local\n[services local]\nsts =\n  endpoint_url = https://sts\nroute_53 = \n  endpoint_url={bad}\n[services x]\nsts =\n  endpoint_url = {bad}\n"
            );
            let told = check("dev", &config, "").unwrap_err();
            assert!(told.starts_with("`route_53.endpoint_url` of `[services local]` in"), "{told}");
            let told = check("dev", "", &format!("[dev]\nendpoint_url={bad}")).unwrap_err();
            assert!(told.contains("/credentials`"), "{told}");
        }
        let fine = "[default]\nendpoint_url = http://localstack:4566 # local\nservices = x\n[services x]\ns3 =\n endpoint_url =\n";
        assert_eq!(check("default", fine, ""), Ok(()));
    }

    #[test]
    fn authorities_of_a_profile_that_cannot_be_read_are_told_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("ca.pem");
        let config = format!("[profile dev]\nca_bundle = {}\n", bundle.display());
        let of = |profile: &str| read(folder.path(), &config, "").authorities(profile);
        let told = of("dev").unwrap_err().to_string();
        assert!(
            told.contains("which `ca_bundle` of `[profile dev]` in `")
                && told.contains("cannot be read"),
            "{told}"
        );
        assert_eq!(of("other").unwrap(), None);
        std::fs::write(&bundle, "words").unwrap();
        assert!(of("dev").unwrap_err().to_string().contains("has no certificate"));
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&bundle, own.cert.pem()).unwrap();
        assert_eq!(of("dev").unwrap(), Some(own.cert.pem()));
    }
}
