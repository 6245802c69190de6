//! The files that the AWS SDK reads: a pipe or a file without an end among them would stop the process for good.
//!
//! The SDK reads on the thread that everything runs on ([credentials]), and says nothing while it does. So each is read
//! before, as all files are.
//!
//! [credentials]: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html

use std::path::{Path, PathBuf};

use input_files::BadFile;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The variable that names the authorities which AWS is trusted by, in place of the system's ([CA bundle]).
///
/// [CA bundle]: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// The variables that name files.
const VARIABLES: [&str; 5] = [
    CA_BUNDLE,
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    TOKEN_FILE,
];

/// The variable that names the file with the token of a web identity.
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// The key of profiles that does.
const TOKEN_FILE_KEY: &str = "web_identity_token_file";

/// Keys of profiles that name files.
const KEYS: [&str; 2] = ["ca_bundle", TOKEN_FILE_KEY];

/// A file of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// The file of the configuration.
    Config,
    /// The file of credentials.
    Credentials,
}

/// The files that are read where no variable names others, below the home folder.
const SHARED: [(&str, &str, Shared); 2] = [
    ("AWS_CONFIG_FILE", ".aws/config", Shared::Config),
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", Shared::Credentials),
];

/// A file that the SDK would read, and that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("`{}`, which {named} names, {why}", path.display())]
pub struct BadSdkFile {
    path: PathBuf,
    /// The variable that names it, or what does instead.
    named: String,
    why: String,
}

/// Reads the files that the environment names. One that is not there, or that holds what makes no sense, is left to the
/// SDK, which says so.
///
/// # Errors
///
/// Returns an error that names the file and the variable when it is no file, has no end, or gives no answer.
pub fn check_files(lookup: impl Fn(&'static str) -> Option<String>) -> Result<(), BadSdkFile> {
    let set = |name| lookup(name).filter(|text| !text.is_empty());
    for variable in VARIABLES {
        if let Some(path) = set(variable) {
            check(Path::new(&path), variable)?;
        }
    }
    for (path, named, _) in shared_files(&lookup) {
        let text = check(&path, named)?;
        for (key, named) in named_in(&text) {
            check(Path::new(named), &of_key(key, &path))?;
        }
    }
    Ok(())
}

/// Returns the files of profiles that are read, each with what names it.
pub(super) fn shared_files(
    lookup: &impl Fn(&'static str) -> Option<String>,
) -> Vec<(PathBuf, &'static str, Shared)> {
    let set = |name| lookup(name).filter(|text| !text.is_empty());
    let home = set("HOME");
    let file = |(variable, path, kind): (&'static str, &str, _)| match (set(variable), &home) {
        (Some(path), _) => Some((PathBuf::from(path), variable, kind)),
        (None, Some(home)) => Some((Path::new(home).join(path), "the home folder", kind)),
        (None, None) => None,
    };
    SHARED.into_iter().filter_map(file).collect()
}

/// Returns the files with the token of a web identity that the environment and the profiles name, each with what
/// names it.
pub(super) fn token_files(
    lookup: impl Fn(&'static str) -> Option<String>,
) -> Vec<(PathBuf, String)> {
    let set = |name| lookup(name).filter(|text| !text.is_empty());
    let of_variable = set(TOKEN_FILE).map(|path| (PathBuf::from(path), TOKEN_FILE.to_owned()));
    let mut files: Vec<_> = of_variable.into_iter().collect();
    for (path, named, _) in shared_files(&lookup) {
        let text = check(&path, named).unwrap_or_default();
        let tokens = named_in(&text).filter(|(key, _)| *key == TOKEN_FILE_KEY);
        files.extend(tokens.map(|(key, named)| (PathBuf::from(named), of_key(key, &path))));
    }
    files
}

fn of_key(key: &str, file: &Path) -> String {
    format!("`{key}` in `{}`", file.display())
}

/// Returns the authorities that AWS is trusted by in place of the system's, as PEM; `None` when the environment names
/// none.
///
/// # Errors
///
/// Returns an error that names the file when there is no certificate in it: nothing would be trusted.
pub fn authorities(
    lookup: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<String>, BadSdkFile> {
    let Some(path) = lookup(CA_BUNDLE).filter(|text| !text.is_empty()) else { return Ok(None) };
    trusted_in(Path::new(&path), CA_BUNDLE).map(Some)
}

/// Returns the authorities in a file, as PEM; `named` is what names it.
///
/// # Errors
///
/// Returns an error that names the file when there is no certificate in it: nothing would be trusted.
pub(super) fn trusted_in(path: &Path, named: &str) -> Result<String, BadSdkFile> {
    let bad = |why| BadSdkFile { path: path.to_owned(), named: named.to_owned(), why };
    let text = input_files::read_text(path).map_err(|error| bad(told(error)))?;
    let mut trusted = RootCertStore::empty();
    for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(text.as_bytes())) {
        let taken = certificate.ok().is_some_and(|certificate| trusted.add(certificate).is_ok());
        if !taken {
            // The SDK's client stops the process there.
            return Err(bad(format!("has something else as its certificate number {number}")));
        }
    }
    if trusted.is_empty() {
        return Err(bad("has no certificate in PEM form".to_owned()));
    }
    Ok(text)
}

/// Returns the files that a file of profiles names, each with its key.
fn named_in(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        (KEYS.contains(&key) && !value.is_empty()).then_some((key, value))
    })
}

/// Returns the text of a file; an empty one of what the SDK tells of itself.
fn check(path: &Path, named: &str) -> Result<String, BadSdkFile> {
    let bad = |why| BadSdkFile { path: path.to_owned(), named: named.to_owned(), why };
    if input_files::is_handed_over(path) {
        // What is read here would be gone.
        let why = "is handed over by a shell, and can be read once; name a file";
        return Err(bad(why.to_owned()));
    }
    match input_files::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(BadFile::Unreadable(_)) => Ok(String::new()),
        Err(error) => Err(bad(told(error))),
    }
}

fn told(bad: BadFile) -> String {
    match bad {
        BadFile::Unreadable(source) => format!("cannot be read: {}", daemon::chain(&source)),
        bad => bad.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_told_before_the_sdk_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().display().to_string();
        let socket = folder.path().join("socket");
        let _open = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let bad = [pipe, socket, PathBuf::from("/dev/zero"), folder.path().to_owned()];
        for bad in &bad {
            for variable in VARIABLES {
                let of = |name: &str| (name == variable).then(|| bad.display().to_string());
                let told = check_files(of).unwrap_err().to_string();
                assert!(told.contains(variable) && told.contains("not a file"), "{told}");
            }
        }
        let profiles = folder.path().join("profiles");
        for key in KEYS {
            let text = format!("[default]\nregion = x\n {key}={}\n", bad[0].display());
            std::fs::write(&profiles, text).unwrap();
            let of =
                |name: &str| (name == "AWS_CONFIG_FILE").then(|| profiles.display().to_string());
            let told = check_files(of).unwrap_err().to_string();
            assert!(told.contains(&format!("`{key}` in `")), "{told}");
        }
        let handed_over = check_files(|name| (name == CA_BUNDLE).then(|| "/dev/fd/63".to_owned()));
        assert!(handed_over.unwrap_err().to_string().contains("can be read once"));
        let of = |name: &str| (name == "HOME").then(|| home.clone());
        assert!(check_files(of).is_ok(), "no file is there, as on most machines");
        std::fs::create_dir_all(folder.path().join(".aws/credentials")).unwrap();
        assert!(check_files(of).unwrap_err().to_string().contains("the home folder"));
    }

    #[test]
    fn authorities_that_there_are_not_are_told_and_not_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let of = |_| Some(path.display().to_string());
        assert_eq!(authorities(|_| None).unwrap(), None);
        assert_eq!(authorities(|_| Some(String::new())).unwrap(), None);
        assert!(
            authorities(of)
                .unwrap_err()
                .to_string()
                .contains("AWS_CA_BUNDLE names, cannot be read")
        );
        std::fs::write(&path, "words").unwrap();
        assert!(authorities(of).unwrap_err().to_string().contains("has no certificate"));
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let good = own.cert.pem();
        let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        for bad in ["aGVsbG8=\n", "", "!\n"] {
            let bad = empty.replace("\n-----END", &format!("\n{bad}-----END"));
            std::fs::write(&path, format!("{good}{bad}")).unwrap();
            let told = authorities(of).unwrap_err().to_string();
            assert!(told.contains("certificate number 2"), "{told}");
        }
        std::fs::write(&path, &good).unwrap();
        assert_eq!(authorities(of).unwrap(), Some(good));
    }
}
