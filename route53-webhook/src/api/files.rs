//! The files that the AWS SDK reads: a pipe or a file without an end among them would stop the process for good.
//!
//! The SDK reads on the thread that everything runs on ([credentials]), and says nothing while it does. So each is read
//! before, as all files are.
//!
//! [credentials]: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html

use std::path::{Path, PathBuf};

use input_files::BadFile;

/// The variables that name files.
const VARIABLES: [&str; 4] = [
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// The files that are read where no variable names others, below the home folder.
const SHARED: [(&str, &str); 2] =
    [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];

/// A file that the SDK would read, and that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("`{}`, which {named} names, {bad}", path.display())]
pub struct BadSdkFile {
    path: PathBuf,
    /// The variable that names it, or what does instead.
    named: &'static str,
    bad: BadFile,
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
    let Some(home) = set("HOME") else { return Ok(()) };
    for (variable, path) in SHARED {
        if set(variable).is_none() {
            check(&Path::new(&home).join(path), "the home folder")?;
        }
    }
    Ok(())
}

fn check(path: &Path, named: &'static str) -> Result<(), BadSdkFile> {
    match input_files::read(path) {
        Ok(_) | Err(BadFile::Unreadable(_)) => Ok(()),
        Err(bad) => Err(BadSdkFile { path: path.to_owned(), named, bad }),
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
        for bad in [pipe, socket, PathBuf::from("/dev/zero"), folder.path().to_owned()] {
            for variable in VARIABLES {
                let of = |name: &str| (name == variable).then(|| bad.display().to_string());
                let told = check_files(of).unwrap_err().to_string();
                assert!(told.contains(variable) && told.contains("not a file"), "{told}");
            }
        }
        let of = |name: &str| (name == "HOME").then(|| home.clone());
        assert!(check_files(of).is_ok(), "no file is there, as on most machines");
        std::fs::create_dir_all(folder.path().join(".aws/credentials")).unwrap();
        assert!(check_files(of).unwrap_err().to_string().contains("the home folder"));
    }
}
