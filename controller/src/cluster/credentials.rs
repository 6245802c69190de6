//! The token that the API server is shown: as it stands, from a file, or from a command.
//!
//! The client sends what it is given: a token with the line end that every editor leaves is no header, and ends
//! the process. It waits for a file and for a command as long as these take, whenever it asks for one. So a token is
//! made fit for a header here, and files are read and commands run here: with a bound, and with a name where they give
//! nothing.

mod command;

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use hyper::header::HeaderValue;
use kube::Client;
use kube::config::{AuthInfo, Config, ExecConfig};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::command::{Timings, TokenCommand};
use super::AccessError;
use super::kubeconfig::told;

/// How old a token may be that was read from a file: as client-go has it, which Kubernetes' own tokens count on
/// ([service account tokens]).
///
/// [service account tokens]: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
const FRESH: Duration = Duration::from_mins(1);

/// What requests show to the API server.
pub(super) enum Credentials {
    /// What the client has by itself, if anything.
    Fixed(Client),
    /// A token in a file.
    File(Client, TokenFile),
    /// What a command gives.
    Command(TokenCommand),
}

/// What one request is sent with.
pub(super) struct Sending {
    pub(super) client: Client,
    /// The token; `None` when the client has it, or there is none.
    pub(super) header: Option<HeaderValue>,
    /// Which of those that a command gave it is.
    number: u64,
}

impl Credentials {
    /// Returns what to send a request with.
    ///
    /// # Errors
    ///
    /// There is nothing to show.
    pub(super) async fn sending(&self) -> Result<Sending, Arc<NoToken>> {
        let plain = |client: &Client, header| Sending { client: client.clone(), header, number: 0 };
        match self {
            Self::Fixed(client) => Ok(plain(client, None)),
            Self::File(client, file) => Ok(plain(client, Some(file.header().await?))),
            Self::Command(command) => command.sending().await,
        }
    }

    /// Takes note that the API server refused what was sent: another is asked for.
    pub(super) async fn refused(&self, sent: &Sending) {
        match self {
            Self::Fixed(_) => {}
            Self::File(_, file) => file.is_to_be_read().await,
            Self::Command(command) => command.refused(sent.number),
        }
    }

    /// Returns why no new token can be had; `None` when one can, and when none is needed.
    pub(super) fn trouble(&self) -> Option<CredentialTrouble> {
        match self {
            Self::Fixed(_) => None,
            // It does not say when its token ends.
            Self::File(_, file) => {
                file.trouble().map(|why| CredentialTrouble { why, is_bridged: false })
            }
            Self::Command(command) => command.trouble(),
        }
    }
}

/// Why what is shown to the API server cannot be had anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialTrouble {
    /// The reason, in a sentence.
    pub why: String,
    /// Whether the last one is good all the same for now.
    pub is_bridged: bool,
}

/// Returns what the user of this configuration shows, after its command was run, if it has one.
///
/// # Errors
///
/// The configuration has something that cannot be used, or its command gives nothing.
pub(super) async fn of(config: Config) -> Result<Credentials, AccessError> {
    of_within(Timings::default(), config).await
}

async fn of_within(timings: Timings, mut config: Config) -> Result<Credentials, AccessError> {
    let token_file = take(&mut config.auth_info)?;
    if let Some(provider) = &config.auth_info.auth_provider
        && provider.config.contains_key("cmd-path")
    {
        return Err(AccessError::AuthProvider { name: provider.name.clone() });
    }
    if let Some(file) = token_file {
        return Ok(Credentials::File(made(config).await?, file));
    }
    match take_command(&mut config.auth_info) {
        Some(exec) => TokenCommand::started(exec, config, timings).await.map(Credentials::Command),
        None => made(config).await.map(Credentials::Fixed),
    }
}

/// Makes the token of `auth` fit for a header; takes away the file that it stands in and returns it, if there is one.
///
/// # Errors
///
/// The token has a character that no header can have. It is not shown.
fn take(auth: &mut AuthInfo) -> Result<Option<TokenFile>, AccessError> {
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

/// Takes away the command of `auth`; returns it where nothing counts more, as in client-go.
fn take_command(auth: &mut AuthInfo) -> Option<ExecConfig> {
    let exec = auth.exec.take()?;
    let has_password = auth.username.is_some() && auth.password.is_some();
    let is_without = auth.auth_provider.is_none() && !has_password && auth.token.is_none();
    is_without.then_some(exec)
}

/// Returns a client by this configuration, which runs nothing.
async fn made(config: Config) -> Result<Client, AccessError> {
    // It stops where a token is no header, and reads files right here.
    match tokio::task::spawn_blocking(|| Client::try_from(config)).await {
        Ok(made) => made.map_err(|error| AccessError::Client(daemon::chain(&error))),
        Err(_) => Err(AccessError::Token),
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
    /// Why it was not read anew.
    trouble: StdMutex<Option<String>>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
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
    /// The command says nothing.
    #[error(
        "the command `{command}` of the kubeconfig's user has given no token for {} s; run it by hand, or give a \
         `tokenFile`",
        waited.as_secs()
    )]
    Silent {
        /// The command, without its arguments.
        command: String,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// The command cannot be run.
    #[error("the command `{command}` of the kubeconfig's user cannot be run: {why}")]
    NotRun {
        /// The command, without its arguments.
        command: String,
        /// Why.
        why: String,
    },
    /// The command failed.
    #[error(
        "the command `{command}` of the kubeconfig's user failed with {status}; it writes why to standard error"
    )]
    Failed {
        /// The command, without its arguments.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// There is nothing to show in what the command printed, which may be a token all the same.
    #[error(
        "what the command `{command}` of the kubeconfig's user printed is no ExecCredential with a token or a \
         certificate"
    )]
    Nothing {
        /// The command, without its arguments.
        command: String,
    },
    /// The token of the command has a character that no header can have.
    #[error(
        "the command `{command}` of the kubeconfig's user gave a token with a character that no token has, such as a \
         line end inside"
    )]
    UnfitOfCommand {
        /// The command, without its arguments.
        command: String,
    },
    /// The certificate of the command makes no sense.
    #[error("what the command of the kubeconfig's user gave cannot be used: {why}")]
    Unusable {
        /// Why.
        why: String,
    },
}

impl NoToken {
    /// Says that the command printed nothing of use.
    fn nothing(exec: &ExecConfig) -> Self {
        Self::Nothing { command: exec.command.clone().unwrap_or_default() }
    }

    /// Says that the command gave a token that is none.
    fn unfit(exec: &ExecConfig) -> Self {
        Self::UnfitOfCommand { command: exec.command.clone().unwrap_or_default() }
    }
}

impl TokenFile {
    fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), known: Mutex::default(), trouble: StdMutex::default() }
    }

    /// Has the file read again by the next request.
    async fn is_to_be_read(&self) {
        if let Some((_, until)) = &mut *self.known.lock().await {
            *until = Instant::now();
        }
    }

    /// Returns why it was not read anew; `None` when it was.
    fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let mut trouble = None;
        let header = match (token, &*known) {
            (Ok(header), _) => header,
            (Err(why), Some((last, _))) => {
                tracing::warn!(error = %why, "The token is not read anew; the last one is used");
                trouble = Some(why.to_string());
                last.clone()
            }
            (Err(why), None) => return Err(why),
        };
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
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

    pub(super) fn with_command(script: &str) -> Config {
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
            let told = file.trouble().unwrap();
            assert!(told.contains("its `tokenFile`"), "{told}");
        }
        let told = TokenFile::new(&path).header().await.unwrap_err().to_string();
        assert!(told.contains("it is a pipe"), "{told}");
    }

    #[tokio::test]
    async fn a_command_has_a_bound_on_its_time_and_shows_nothing_that_it_printed() {
        let told = async |script: &str, most| {
            let timings = Timings { most: Duration::from_secs(most), ..Timings::default() };
            let made = of_within(timings, with_command(script)).await;
            made.map(drop).unwrap_err().to_string()
        };
        let silent = told("exec sleep 4", 1).await;
        assert!(silent.starts_with("the command `sh` of the kubeconfig's user has given no token"));
        let failed = told("echo '{\"token\":\"sekret\"}'; echo no account >&2; exit 3", 30).await;
        assert!(failed.contains("the command `sh` of the kubeconfig's user failed"), "{failed}");
        assert!(!failed.contains("sekret"), "{failed}");
        assert!(!told("echo sekret", 30).await.contains("sekret"));
        let with_line_end = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"sekret\n"}}"#;
        let unfit = told(&format!("printf %s '{with_line_end}'"), 30).await;
        assert!(unfit.contains("no token has") && !unfit.contains("sekret"), "{unfit}");
    }
}
