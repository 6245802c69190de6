//! Who may use a listener beyond the machine: who shows a token, or a certificate.

mod tls;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use input_files::Tokens;
use rustls::pki_types::{CertificateDer, UnixTime};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

pub(crate) use self::tls::Tls;
use self::tls::TlsFiles;
use crate::reread::{FilesError, NamedFile, Reread};

/// How long tokens count while nothing in their file can be used: to write one takes a moment, and one that
/// is empty or away for longer was meant so.
const TOKENS_LAPSE: Duration = Duration::from_mins(1);

/// After how long certificates are judged again on a connection that stays: they end by themselves.
const JUDGED_AGAIN: Duration = Duration::from_mins(1);

/// The files that guard a listener, each with the flag that names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessFiles {
    /// The certificate, with those between it and its authority, as PEM.
    pub certificate: Option<NamedFile>,
    /// Its key, as PEM.
    pub key: Option<NamedFile>,
    /// The authorities of those who may connect, as PEM; `None` lets anyone connect.
    pub client_authorities: Option<NamedFile>,
    /// Tokens, one a line, of which a request has to show one; `None` wants none.
    pub tokens: Option<NamedFile>,
}

/// What guards a listener; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Access {
    tls: Option<Arc<TlsFiles>>,
    tokens: Option<Arc<Reread<Vec<String>>>>,
    wants_certificate: bool,
}

/// The certificates that a client has shown on a connection, and when they were last found good.
#[derive(Debug)]
pub(crate) struct ShownCertificates {
    chain: Vec<CertificateDer<'static>>,
    judged: Mutex<(Arc<Tls>, Instant)>,
}

/// What a request has shown to the listener; every one has it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Nothing, and nothing is wanted.
    Unguarded,
    /// What the listener wants of everybody.
    Known {
        /// Whether that is a token of its file, which is of no use to anyone else.
        by_token: bool,
    },
    /// Not what it wants: it is let in to a probe, or the service is to find out about its token.
    Unknown,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAllowed {
    #[error(
        "this needs a token that the server knows: send `Authorization: Bearer TOKEN`; the person who runs \
         the server has named the file of them"
    )]
    Token,
    #[error("this needs a certificate by an authority that the server knows")]
    Certificate,
}

impl ShownCertificates {
    /// Returns what was shown when a connection was made by `tls`, which found it good.
    pub(crate) fn new(chain: &[CertificateDer<'_>], tls: Arc<Tls>) -> Self {
        let chain = chain.iter().map(|der| der.clone().into_owned()).collect();
        Self { chain, judged: Mutex::new((tls, Instant::now())) }
    }
}

impl NotAllowed {
    /// Returns what it is counted as.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Token => "unknown token",
            Self::Certificate => "no certificate",
        }
    }
}

impl AccessFiles {
    /// Returns the files that flags name.
    pub fn of(
        certificate: (&'static str, Option<&PathBuf>),
        key: (&'static str, Option<&PathBuf>),
        client_authorities: (&'static str, Option<&PathBuf>),
        tokens: (&'static str, Option<&PathBuf>),
    ) -> Self {
        let named = |(flag, path): (&'static str, Option<&PathBuf>)| {
            path.map(|path| NamedFile::new(flag, path))
        };
        Self {
            certificate: named(certificate),
            key: named(key),
            client_authorities: named(client_authorities),
            tokens: named(tokens),
        }
    }
}

impl Access {
    /// Reads the files; they are read again when they change.
    ///
    /// `has_probes` says that some requests are answered without a certificate, so that one cannot
    /// be wanted from everyone who connects.
    ///
    /// # Errors
    ///
    /// Returns an error when a file cannot be read or used, or one is missing beside another.
    pub fn new(files: AccessFiles, has_probes: bool) -> Result<Self, FilesError> {
        let AccessFiles { certificate, key, client_authorities, tokens } = files;
        let wants_certificate = client_authorities.is_some();
        let tls = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let files = TlsFiles::new(certificate, key, client_authorities, has_probes)?;
                Some(Arc::new(files))
            }
            (Some(alone), None) | (None, Some(alone)) => {
                return Err(alone.unusable("is alone; TLS needs a certificate and its key"));
            }
            (None, None) => match client_authorities {
                Some(alone) => {
                    let problem = "is of no use without a certificate of the server and its key";
                    return Err(alone.unusable(problem));
                }
                None => None,
            },
        };
        let tokens = tokens.map(known).transpose()?.map(Arc::new);
        Ok(Self { tls, tokens, wants_certificate })
    }

    /// Tells whether anything guards the listener against strangers.
    pub fn is_guarded(&self) -> bool {
        self.tokens.is_some() || self.wants_certificate
    }

    /// Tells whether requests are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns how TLS is spoken now; `None` when it is not.
    pub(crate) fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.as_ref().map(|files| files.get(Instant::now()))
    }

    /// Tells whether what a client has shown when it connected is still good: authorities may have
    /// been replaced since, to shut it out.
    pub(crate) fn accepts(&self, shown: &ShownCertificates) -> bool {
        let now = Instant::now();
        let Some(tls) = self.tls() else { return false };
        let mut judged = shown.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&judged.0, &tls) && now - judged.1 < JUDGED_AGAIN {
            return true;
        }
        let (Some(verifier), [own, rest @ ..]) = (&tls.verifier, shown.chain.as_slice()) else {
            return false;
        };
        let is_good = verifier.verify_client_cert(own, rest, UnixTime::now()).is_ok();
        if is_good {
            *judged = (Arc::clone(&tls), now);
        }
        is_good
    }

    /// Tells whether a request is let in, and by what.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        has_certificate: bool,
    ) -> Result<Admission, NotAllowed> {
        if self.wants_certificate && !has_certificate {
            return Err(NotAllowed::Certificate);
        }
        let Some(tokens) = &self.tokens else {
            let is_known = self.wants_certificate;
            let known = Admission::Known { by_token: false };
            return Ok(if is_known { known } else { Admission::Unguarded });
        };
        let shown = bearer(headers).unwrap_or_default();
        // Every one is compared, and each in the same time: nothing is learned from how long it takes.
        let known = tokens.get(Instant::now());
        let is_known = known.iter().fold(false, |found, token| {
            bool::from(token.as_bytes().ct_eq(shown.as_bytes())) | found
        });
        if is_known { Ok(Admission::Known { by_token: true }) } else { Err(NotAllowed::Token) }
    }
}

/// Returns the token that a request shows, as RFC 6750, 2.1 has it; one that shows several shows none.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    let text = shown.next().filter(|_| shown.next().is_none())?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns the tokens of a file. At the start each line is right; later those count that are, and a token
/// that is not there any more does not, whatever else is wrong with the file.
fn known(file: NamedFile) -> Result<Reread<Vec<String>>, FilesError> {
    let read = |file: &NamedFile, bytes: &[u8]| {
        input_files::tokens(bytes).map_err(|bad| file.unusable(bad.to_string()))
    };
    if let Some(bad) = read(&file, &file.read()?)?.bad {
        return Err(file.unusable(bad));
    }
    let named = file.clone();
    let make = move |contents: &[Vec<u8>]| {
        let bytes = contents.first().map(Vec::as_slice).unwrap_or_default();
        let Tokens { good, bad } = read(&named, bytes)?;
        if let Some(bad) = bad {
            let error = named.unusable(bad).to_string();
            tracing::error!(error, "A line with a token cannot be used; the others are");
        }
        Ok(good)
    };
    Ok(Reread::new(vec![file], make)?.lapsing(TOKENS_LAPSE, Vec::new()))
}

#[cfg(test)]
mod tests;
