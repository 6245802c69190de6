//! Files of a kubeconfig, by the rule for all files that are given by name.
//!
//! The client opens whatever stands behind a name, and waits without an end for a pipe, a device, or a file
//! system that hangs. So each is looked at here before.

use std::path::{Path, PathBuf};

use input_files::{BadFile, is_handed_over};
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use secrecy::ExposeSecret as _;

use super::{AccessError, without_contents};

/// Reads the kubeconfig at `path`.
pub(super) fn read(path: &str) -> Result<Kubeconfig, AccessError> {
    let unusable = |why: String| AccessError::Kubeconfig { path: path.to_owned(), why };
    let file = Path::new(path);
    let kubeconfig = if is_handed_over(file) {
        // It says what it does once, and there is no folder in which others are.
        let text = input_files::read_text(file).map_err(|bad| unusable(told(bad)))?;
        Kubeconfig::from_yaml(&text)
    } else {
        readable(file).map_err(unusable)?;
        Kubeconfig::read_from(file)
    };
    let kubeconfig = kubeconfig.map_err(|error| unusable(without_contents(&error)))?;
    check_named(&kubeconfig).map_err(unusable)?;
    Ok(kubeconfig)
}

/// Looks at the kubeconfigs that are read when none is named; one that is not there is none.
pub(super) fn check_usual(variable: Option<&std::ffi::OsStr>) -> Result<(), AccessError> {
    let mut paths: Vec<PathBuf> = variable.map_or_else(Vec::new, |paths| {
        std::env::split_paths(paths).filter(|path| !path.as_os_str().is_empty()).collect()
    });
    if paths.is_empty() {
        paths.extend(std::env::home_dir().map(|home| home.join(".kube/config")));
    }
    for path in paths {
        let unusable = |why| AccessError::Kubeconfig { path: path.display().to_string(), why };
        match input_files::read(&path) {
            // The client says it better, and whether there is another way.
            Ok(_) | Err(BadFile::Unreadable(_)) => {}
            Err(bad) => return Err(unusable(told(bad))),
        }
    }
    Ok(())
}

/// Looks at the files that a kubeconfig names for its current context.
///
/// # Errors
///
/// Says which cannot be used, and why.
pub(super) fn check_named(kubeconfig: &Kubeconfig) -> Result<(), String> {
    let context = kubeconfig.contexts.iter().find(|context| {
        kubeconfig.current_context.as_ref().is_none_or(|current| context.name == *current)
    });
    let Some(context) = context.and_then(|context| context.context.as_ref()) else {
        return Ok(());
    };
    let cluster = kubeconfig.clusters.iter().find(|cluster| cluster.name == context.cluster);
    let user = kubeconfig.auth_infos.iter().find(|user| Some(&user.name) == context.user.as_ref());
    if let Some(cluster) = cluster.and_then(|cluster| cluster.cluster.as_ref()) {
        let Cluster { certificate_authority, certificate_authority_data, .. } = cluster;
        if certificate_authority_data.is_none() {
            check("certificate-authority", certificate_authority.as_deref())?;
        }
    }
    if let Some(user) = user.and_then(|user| user.auth_info.as_ref()) {
        let AuthInfo { client_certificate, client_certificate_data, .. } = user;
        let AuthInfo { client_key, client_key_data, token, token_file, .. } = user;
        if client_certificate_data.is_none() {
            check("client-certificate", client_certificate.as_deref())?;
        }
        if client_key_data.is_none() {
            check("client-key", client_key.as_deref())?;
        }
        if token.as_ref().is_none_or(|token| token.expose_secret().trim().is_empty()) {
            check("tokenFile", token_file.as_deref())?;
        }
    }
    Ok(())
}

fn check(key: &str, path: Option<&str>) -> Result<(), String> {
    let Some(path) = path else { return Ok(()) };
    readable(Path::new(path)).map_err(|why| format!("its `{key}`, `{path}`: {why}"))
}

fn readable(path: &Path) -> Result<(), String> {
    if is_handed_over(path) {
        // Whatever the client reads there would be gone.
        return Err("it is handed over by a shell, and can be read once; name a file".to_owned());
    }
    input_files::read(path).map(drop).map_err(told)
}

/// Returns what is wrong with a file, as the end of a sentence about it.
pub(super) fn told(bad: BadFile) -> String {
    match bad {
        BadFile::Unreadable(source) => daemon::chain(&source),
        bad => format!("it {bad}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_and_what_it_names_are_files_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let pipe = at("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::fs::write(at("file"), "words").unwrap();
        let large = std::fs::File::create(at("large")).unwrap();
        large.set_len(input_files::LARGEST_BYTES + 1).unwrap();
        let config = at("config");
        let of = |cluster: &str, user: &str| {
            let text = format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: \
                 {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: \"https://h\"\
                 {cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
            );
            std::fs::write(&config, text).unwrap();
            read(config.to_str().unwrap()).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(of("", ""), Ok(()));
        assert_eq!(of(", certificate-authority: file", "tokenFile: file"), Ok(()));
        assert_eq!(of("", "tokenFile: pipe, token: words"), Ok(()), "it is not read");
        let files = [
            ("pipe", "it is a pipe, and not a file"),
            ("/dev/zero", "it is a device, and not a file"),
            ("large", "it is larger than 4 MiB"),
            ("gone", "no such file"),
            ("/dev/fd/99", "can be read once"),
        ];
        for (file, said) in files {
            for key in ["tokenFile", "client-certificate", "client-key", "certificate-authority"] {
                let named = format!("{key}: {file}");
                let told = if key == "certificate-authority" {
                    of(&format!(", {named}"), "")
                } else {
                    of("", &named)
                };
                let told = told.unwrap_err();
                assert!(told.to_lowercase().contains(&said.to_lowercase()), "{named}: {told}");
                assert!(told.contains(&format!("its `{key}`")), "{named}: {told}");
            }
        }
        for (file, said) in [("pipe", "is a pipe"), ("large", "is larger than 4 MiB")] {
            let told = read(at(file).to_str().unwrap()).unwrap_err().to_string();
            assert!(told.contains("cannot be used: it ") && told.contains(said), "{told}");
            let usual = check_usual(Some(at(file).as_os_str())).unwrap_err().to_string();
            assert_eq!(told, usual);
        }
        check_usual(Some(at("gone").as_os_str())).unwrap();
    }
}
