//! What a client shows, and whom it trusts: files that are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use input_files::{BadFile, Tokens};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity, Url};

use super::{BadUrl, ClientOptions, builder, shown_url};

/// After how long it is said that a file gives no answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Files with what a client shows, and whom it trusts; without any it shows nothing, and trusts the
/// authorities of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// A token, which goes with each request as `Authorization: Bearer …`: the first line, and there is nothing but
    /// tokens in the others.
    pub token_file: Option<PathBuf>,
    /// Certificates of the authorities that alone are trusted, as PEM.
    pub ca_file: Option<PathBuf>,
    /// A certificate that is shown, with those between it and its authority, as PEM.
    pub certificate_file: Option<PathBuf>,
    /// Its key, as PEM.
    pub key_file: Option<PathBuf>,
}

/// A file of credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadCredentials {
    /// It cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What it is on gives no answer.
    #[error("`{path}` {}", BadFile::NoAnswer { since: *.since })]
    NoAnswer {
        /// The file.
        path: String,
        /// For how long none has come.
        since: Duration,
    },
    /// What stands in it is of no use, and is not shown.
    #[error("`{path}` {problem}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong, as the rest of a sentence.
        problem: String,
    },
}

/// What the files hold.
#[derive(Clone, Default, PartialEq, Eq)]
struct Contents {
    token: Option<Vec<u8>>,
    authorities: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

/// What belongs together of the files.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The token.
    Token,
    /// Those whom we trust.
    Authorities,
    /// The certificate that is shown, and its key.
    Pair,
}

/// Sends requests to one place, with what the files of its credentials hold.
#[derive(Debug)]
pub struct Transport {
    options: ClientOptions,
    socket: Option<String>,
    base: Url,
    state: Mutex<State>,
}

struct State {
    contents: Contents,
    http: reqwest::Client,
    complained: String,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest is secret.
        f.debug_struct("State").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Transport {
    /// Returns what sends requests as `options` say; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Returns an error when the URL is not one that can be requested, or a file cannot be used.
    pub fn new(options: &ClientOptions) -> Result<Self, BadUrl> {
        let url = &options.url;
        let mut socket = None;
        let base = if let Some(path) = url.strip_prefix("unix://") {
            socket = Some(path.to_owned());
            "http://localhost/"
        } else if let Some(path) = url.strip_prefix("unix:") {
            let meant = format!("unix:///{}", path.trim_start_matches('/'));
            return Err(BadUrl::Socket { url: shown_url(url), meant: shown_url(&meant) });
        } else {
            url
        };
        let base = Url::parse(base)
            .map_err(|source| BadUrl::Unparsable { url: shown_url(url), source: source.into() })?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(BadUrl::Scheme { url: shown_url(url) });
        }
        let contents = options.credentials.read(read_file)?;
        let http = http(options, &base, socket.as_deref(), &contents)?;
        let state = Mutex::new(State { contents, http, complained: String::new() });
        Ok(Self { options: options.clone(), socket, base, state })
    }

    /// Returns the URL that requests begin with.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Returns what sends the next request.
    ///
    /// The files are read again; while one cannot be used, what was read before is. Each part counts by
    /// itself: whom we trust no more is not trusted until our own certificate fits.
    pub fn http(&self) -> reqwest::Client {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.options.credentials == Credentials::default() {
            return state.http.clone();
        }
        let mut problem = None;
        for part in [Part::Authorities, Part::Pair, Part::Token] {
            let again = self.options.credentials.read_part(part, read_file, &state.contents);
            let again = again.map_err(BadUrl::from).and_then(|contents| {
                if contents == state.contents {
                    return Ok(None);
                }
                let http = http(&self.options, &self.base, self.socket.as_deref(), &contents)?;
                Ok(Some((contents, http)))
            });
            match again {
                Ok(None) => {}
                Ok(Some((contents, http))) => {
                    tracing::info!("Changed credentials are in use");
                    (state.contents, state.http) = (contents, http);
                }
                Err(BadUrl::Credentials(BadCredentials::NoAnswer { since, .. }))
                    if since < PATIENCE => {}
                Err(error) => drop(problem.get_or_insert(error)),
            }
        }
        let text = problem.map_or_else(String::new, |error| {
            let cause = std::error::Error::source(&error);
            cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
        });
        if !text.is_empty() && state.complained != text {
            tracing::error!(error = text, "Changed credentials cannot be used; those before are");
        }
        state.complained = text;
        state.http.clone()
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, BadCredentials> {
    input_files::read(path).map_err(|bad| match bad {
        BadFile::Unreadable(source) => {
            BadCredentials::Unreadable { path: path.display().to_string(), source }
        }
        BadFile::NoAnswer { since } => {
            BadCredentials::NoAnswer { path: path.display().to_string(), since }
        }
        bad @ (BadFile::NoFile(_) | BadFile::TooLarge { .. } | BadFile::NoText) => {
            unusable(path, bad.to_string())
        }
    })
}

impl Credentials {
    /// Reads all files.
    fn read(
        &self,
        read: impl Fn(&Path) -> Result<Vec<u8>, BadCredentials> + Copy,
    ) -> Result<Contents, BadCredentials> {
        let mut contents = Contents::default();
        for part in [Part::Pair, Part::Token, Part::Authorities] {
            contents = self.read_part(part, read, &contents)?;
        }
        Ok(contents)
    }

    /// Reads the files of a part; the others stay as they are.
    fn read_part(
        &self,
        part: Part,
        read: impl Fn(&Path) -> Result<Vec<u8>, BadCredentials>,
        others: &Contents,
    ) -> Result<Contents, BadCredentials> {
        let Self { token_file, ca_file, certificate_file, key_file } = self;
        let read = |path: &Option<PathBuf>| path.as_deref().map(&read).transpose();
        let missing = |path: &Path, problem| Err(unusable(path, problem));
        match (certificate_file, key_file) {
            (Some(certificate), None) => {
                return missing(certificate, "is alone; name its key, too");
            }
            (None, Some(key)) => return missing(key, "is alone; name its certificate, too"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let others = others.clone();
        Ok(match part {
            Part::Token => Contents { token: read(token_file)?, ..others },
            Part::Authorities => Contents { authorities: read(ca_file)?, ..others },
            Part::Pair => {
                Contents { certificate: read(certificate_file)?, key: read(key_file)?, ..others }
            }
        })
    }

    /// Returns `builder` with what the files hold.
    fn apply(
        &self,
        mut builder: ClientBuilder,
        contents: &Contents,
    ) -> Result<ClientBuilder, BadCredentials> {
        if let (Some(path), Some(token)) = (&self.token_file, &contents.token) {
            let Tokens { good, bad } = input_files::tokens(token)
                .map_err(|problem| unusable(path, problem.to_string()))?;
            if let Some(bad) = bad {
                return Err(unusable(path, bad));
            }
            let shown = good.first().map(String::as_str).unwrap_or_default();
            let header = HeaderValue::from_str(&format!("Bearer {shown}"));
            let mut header =
                header.map_err(|_| unusable(path, "holds a token that no header can carry"))?;
            header.set_sensitive(true);
            builder = builder.default_headers(HeaderMap::from_iter([(AUTHORIZATION, header)]));
        }
        if let (Some(path), Some(pem)) = (&self.ca_file, &contents.authorities) {
            let authorities = Certificate::from_pem_bundle(pem).unwrap_or_default();
            if authorities.is_empty() {
                return Err(unusable(path, "holds no certificate in PEM"));
            }
            builder = builder.tls_certs_only(authorities);
        }
        if let (Some(path), Some(certificate), Some(key)) =
            (&self.certificate_file, &contents.certificate, &contents.key)
        {
            let both = [certificate.as_slice(), key].join(&b'\n');
            let identity = Identity::from_pem(&both);
            let problem = "and its key are not a certificate and its key in PEM";
            builder = builder.identity(identity.map_err(|_| unusable(path, problem))?);
        }
        Ok(builder)
    }
}

fn unusable(path: &Path, problem: impl Into<String>) -> BadCredentials {
    BadCredentials::Unusable { path: path.display().to_string(), problem: problem.into() }
}

fn http(
    options: &ClientOptions,
    base: &Url,
    socket: Option<&str>,
    contents: &Contents,
) -> Result<reqwest::Client, BadUrl> {
    let mut builder =
        builder(base).timeout(options.timeout).user_agent(options.user_agent.as_str());
    if let Some(socket) = socket {
        builder = builder.unix_socket(socket);
    }
    let builder = options.credentials.apply(builder, contents)?;
    let failed = |source: reqwest::Error| BadUrl::Unparsable {
        url: shown_url(&options.url),
        source: source.into(),
    };
    builder.build().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_that_is_refused_shows_its_password() {
        for url in [
            "ftp://user:hunter2@h/",
            "htp://user:hunter2@h",
            "http://user:hunter2@/",
            "http://user:hunter2@",
            "//user:hunter2@h",
            "user:hunter2@h:8888",
            "http://user:hunter2/x@y@:99999/",
            "htp://h/?token=hunter2",
            "http://:1/?token=hunter2",
            "unix:run/x?token=hunter2",
            "user:hun?ter2@h",
            "unix:user:hunter2@h",
        ] {
            let options = ClientOptions { url: url.to_owned(), ..ClientOptions::default() };
            let error = Transport::new(&options).unwrap_err();
            let text = format!("{error} {:?}", std::error::Error::source(&error));
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_pipe_in_the_place_of_a_token_keeps_nobody_waiting() {
        let path = std::env::temp_dir().join(format!("credentials-pipe-{}", std::process::id()));
        std::fs::write(&path, "token").unwrap();
        let credentials = Credentials { token_file: Some(path.clone()), ..Credentials::default() };
        let options = ClientOptions { credentials, ..ClientOptions::default() };
        let transport = Transport::new(&options).unwrap();
        std::fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let _ = transport.http();
        let said = transport.state.lock().unwrap().complained.clone();
        assert!(said.contains("is a pipe, and not a file"), "{said}");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_fits_counts_while_another_part_does_not() {
        let folder = std::env::temp_dir().join(format!("credentials-parts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        let pem = certificate.self_signed(&key).unwrap().pem();
        let other = rcgen::KeyPair::generate().unwrap();
        let credentials = Credentials {
            token_file: file("token", "first"),
            ca_file: file("ca", &pem),
            certificate_file: file("certificate", &pem),
            key_file: file("key", &key.serialize_pem()),
        };
        let options = ClientOptions {
            url: "https://localhost".to_owned(),
            credentials,
            ..ClientOptions::default()
        };
        let transport = Transport::new(&options).unwrap();
        let known = |part: fn(&Contents) -> &Option<Vec<u8>>| {
            let _ = transport.http();
            let state = transport.state.lock().unwrap();
            String::from_utf8(part(&state.contents).clone().unwrap()).unwrap()
        };
        let another = pem.clone() + &pem;
        for broken in [("key", "nonsense"), ("key", &other.serialize_pem()), ("token", "two words")]
        {
            let whole = std::fs::read_to_string(folder.join(broken.0)).unwrap();
            file(broken.0, broken.1);
            file("ca", &another);
            assert_eq!(known(|contents| &contents.authorities), another, "{broken:?}");
            assert!(!transport.state.lock().unwrap().complained.is_empty(), "{broken:?}");
            file("ca", &pem);
            assert_eq!(known(|contents| &contents.authorities), pem, "{broken:?}");
            if broken.0 == "key" {
                assert_eq!(
                    known(|contents| &contents.key),
                    whole,
                    "what fits nothing is not in use"
                );
                file("token", "second");
                assert_eq!(known(|contents| &contents.token), "second");
            }
            file(broken.0, &whole);
            assert_eq!(known(|contents| &contents.authorities), pem, "{broken:?}");
            assert_eq!(transport.state.lock().unwrap().complained, "", "{broken:?}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_of_no_use_is_named_and_not_shown() {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("credentials-{}", std::process::id()));
        std::fs::write(&path, " \n").unwrap();
        let here = Some(path.clone());
        let problem = |credentials: Credentials| {
            let options = ClientOptions { credentials, ..ClientOptions::default() };
            Transport::new(&options).unwrap_err().to_string()
        };
        let none = Credentials::default();
        let shown = path.display();
        for (credentials, sentence) in [
            (
                Credentials { token_file: here.clone(), ..none.clone() },
                "holds no token; write one on a line of its own",
            ),
            (Credentials { ca_file: here.clone(), ..none.clone() }, "holds no certificate in PEM"),
            (
                Credentials { key_file: here.clone(), ..none.clone() },
                "is alone; name its certificate, too",
            ),
            (
                Credentials { certificate_file: here.clone(), ..none.clone() },
                "is alone; name its key, too",
            ),
            (
                Credentials {
                    certificate_file: here.clone(),
                    key_file: here.clone(),
                    ..none.clone()
                },
                "and its key are not a certificate and its key in PEM",
            ),
        ] {
            assert_eq!(problem(credentials), format!("`{shown}` {sentence}"));
        }
        std::fs::write(&path, "to\u{1}ken").unwrap();
        let token = Credentials { token_file: here, ..none.clone() };
        let problem_of = problem(token);
        assert!(
            problem_of
                .starts_with(&format!("`{shown}` holds in line 1 what can be no token; one has"))
        );
        std::fs::remove_file(&path).unwrap();
        let gone = Credentials { token_file: Some(path.clone()), ..none };
        assert_eq!(problem(gone), format!("cannot read `{shown}`"));
    }
}
