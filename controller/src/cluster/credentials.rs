//! The token that the API server is shown: as it stands, from a file, or from a command.
//!
//! The client sends what it is given: a token with the line end that every editor leaves is no header, and ends
//! the process. It waits for a file and for a command as long as these take. So a token is made fit for a header
//! here, a file is read here, and a command has a bound on its time.

use std::path::PathBuf;
use std::time::Duration;

use hyper::header::HeaderValue;
use kube::config::{AuthInfo, Config};
use kube::{Client, Error};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::AccessError;
use super::kubeconfig::told;
use crate::api_server::no_credentials;

/// How long the command of a kubeconfig may take, as `aws eks get-token` does.
const COMMAND: Duration = Duration::from_secs(30);

/// How old a token may be that was read from a file: as client-go has it, which Kubernetes' own tokens count on
/// ([service account tokens]).
///
/// [service account tokens]: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
const FRESH: Duration = Duration::from_mins(1);

/// Makes the token of `auth` fit for a header; takes away the file that it stands in and returns it, if there is one.
///
/// # Errors
///
/// The token has a character that no header can have. It is not shown.
pub(super) fn take(auth: &mut AuthInfo) -> Result<Option<TokenFile>, AccessError> {
    let token = auth.token.take();
    // An empty one is none, as in client-go.
    if let Some(token) = token.filter(|token| !token.expose_secret().trim().is_empty()) {
        let token = token.expose_secret().trim();
        let _fits = header(token).ok_or(AccessError::Token)?;
        auth.token = Some(token.into());
        return Ok(None);
    }
    Ok(auth.token_file.take().map(TokenFile::new))
}

/// Returns a client by this configuration, whose command, if its user has one, is run.
///
/// # Errors
///
/// The configuration has something that cannot be used, or its command gives no answer in time.
pub(super) async fn client(config: Config) -> Result<Client, AccessError> {
    client_within(COMMAND, config).await
}

async fn client_within(most: Duration, config: Config) -> Result<Client, AccessError> {
    let command = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    let of_provider = config.auth_info.auth_provider.as_ref().map(|provider| provider.name.clone());
    let command = command.or(of_provider);
    // On a thread of its own: the client waits for the command right here.
    let made = tokio::task::spawn_blocking(|| Client::try_from(config));
    match tokio::time::timeout(most, made).await {
        Ok(Ok(made)) => made.map_err(|error| AccessError::Client(why(&error))),
        // It stops where a token is no header.
        Ok(Err(_)) => Err(AccessError::Token),
        Err(_) => {
            let command = command.unwrap_or_default();
            Err(AccessError::Silent { command, waited: most })
        }
    }
}

/// Returns why a client cannot be made, and nothing of what a command printed: that is where its token stands.
fn why(error: &Error) -> String {
    match error {
        Error::Auth(error) => no_credentials(error),
        error => daemon::chain(error),
    }
}

/// Returns the header that shows `token`, or `None` where no header can, or there is none.
fn header(token: &str) -> Option<HeaderValue> {
    if token.is_empty() || !token.is_ascii() {
        return None;
    }
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A file with a token in it, which is another one from time to time.
pub(super) struct TokenFile {
    path: PathBuf,
    /// The last one that was read, and when it is to be read again.
    known: Mutex<Option<(HeaderValue, Instant)>>,
}

/// Why a file gives no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    /// It cannot be read, or not in time.
    #[error("its `tokenFile`, `{}`: {why}", path.display())]
    Unread {
        /// Its path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It is empty, or has a character that no token has, such as a line end inside.
    #[error("its `tokenFile`, `{}`, is empty or has a character that no token has", .0.display())]
    Unfit(PathBuf),
}

impl TokenFile {
    fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), known: Mutex::default() }
    }

    /// Returns the header that shows its token: one that was read within the last minute, or a moment ago; the last
    /// one that was good where it cannot be read any more, as client-go has it.
    ///
    /// # Errors
    ///
    /// It was never read.
    pub(super) async fn header(&self) -> Result<HeaderValue, NoToken> {
        let mut known = self.known.lock().await;
        if let Some((header, until)) = &*known
            && Instant::now() < *until
        {
            return Ok(header.clone());
        }
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || input_files::read_text(&path)).await;
        let token = match read {
            Ok(Ok(text)) => header(text.trim()).ok_or_else(|| NoToken::Unfit(self.path.clone())),
            Ok(Err(bad)) => Err(self.unread(told(bad))),
            Err(error) => Err(self.unread(error.to_string())),
        };
        let header = match (token, &*known) {
            (Ok(header), _) => header,
            (Err(why), Some((last, _))) => {
                tracing::warn!(error = %why, "The token is not read anew; the last one is used");
                last.clone()
            }
            (Err(why), None) => return Err(why),
        };
        *known = Some((header.clone(), Instant::now() + FRESH));
        Ok(header)
    }

    fn unread(&self, why: String) -> NoToken {
        NoToken::Unread { path: self.path.clone(), why }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kube::config::ExecConfig;

    use super::*;

    fn with_command(script: &str) -> Config {
        let mut config = Config::new("http://127.0.0.1:9".parse().unwrap());
        config.auth_info.exec = Some(ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".to_owned()),
            command: Some("sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            ..serde_json::from_str("{}").unwrap()
        });
        config
    }

    #[test]
    fn the_line_end_behind_a_token_is_none_of_it_and_one_inside_is_refused() {
        let take_of = |token: &str| {
            let mut auth = AuthInfo { token: Some(token.into()), ..AuthInfo::default() };
            let taken = take(&mut auth).map(|file| file.is_none());
            (taken, auth.token.map(|token| token.expose_secret().to_owned()))
        };
        for token in ["sekret", "sekret\n", " sekret\r\n"] {
            let (taken, kept) = take_of(token);
            assert!(taken.unwrap());
            assert_eq!(kept.as_deref(), Some("sekret"));
        }
        let mut auth = AuthInfo {
            token: Some(" ".to_owned().into()),
            token_file: Some("/token".to_owned()),
            ..AuthInfo::default()
        };
        assert!(take(&mut auth).unwrap().is_some(), "an empty token is none");
        for token in ["sek\nret", "sek\0ret", "sek\u{7f}ret"] {
            let told = take_of(token).0.unwrap_err().to_string();
            assert!(told.contains("no token has") && !told.contains("sek"), "{told}");
        }
    }

    #[tokio::test]
    async fn a_file_is_read_again_and_the_last_token_stays_where_it_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "one\n").unwrap();
        let mut auth =
            AuthInfo { token_file: Some(path.display().to_string()), ..AuthInfo::default() };
        let file = take(&mut auth).unwrap().unwrap();
        assert_eq!(auth.token_file, None, "the client does not read it");
        let grows_old = async |file: &TokenFile| {
            if let Some((_, until)) = &mut *file.known.lock().await {
                *until = Instant::now();
            }
        };
        let pipe = |path: &Path| {
            std::fs::remove_file(path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        assert_eq!(file.header().await.unwrap(), "Bearer one");
        std::fs::write(&path, "two").unwrap();
        assert_eq!(file.header().await.unwrap(), "Bearer one", "it is young");
        grows_old(&file).await;
        assert_eq!(file.header().await.unwrap(), "Bearer two");
        let write = |text: &'static str| move |path: &Path| std::fs::write(path, text).unwrap();
        let (two_lines, empty, marked) = (write("a\nb"), write(" \n"), write("\u{feff}a"));
        let spoils: [&dyn Fn(&Path); 4] = [&two_lines, &empty, &marked, &pipe];
        for spoil in spoils {
            spoil(&path);
            grows_old(&file).await;
            assert_eq!(file.header().await.unwrap(), "Bearer two");
        }
        let told = TokenFile::new(&path).header().await.unwrap_err().to_string();
        assert!(told.contains("it is a pipe"), "{told}");
    }

    #[tokio::test]
    async fn a_command_has_a_bound_on_its_time_and_shows_nothing_that_it_printed() {
        let told = async |script: &str, most| {
            let made = client_within(Duration::from_secs(most), with_command(script)).await;
            made.map(drop).unwrap_err().to_string()
        };
        let silent = told("exec sleep 4", 1).await;
        assert!(silent.starts_with("the command `sh` of the kubeconfig's user has given no token"));
        let failed = told("echo '{\"token\":\"sekret\"}'; echo no account >&2; exit 3", 30).await;
        assert!(failed.contains("the command of the kubeconfig's user failed"), "{failed}");
        assert!(!failed.contains("sekret"), "{failed}");
        assert!(!told("echo sekret", 30).await.contains("sekret"));
        let with_line_end = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"sekret\n"}}"#;
        let unfit = told(&format!("printf %s '{with_line_end}'"), 30).await;
        assert!(unfit.contains("no token has") && !unfit.contains("sekret"), "{unfit}");
    }
}
