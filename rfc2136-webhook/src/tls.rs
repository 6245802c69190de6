//! TLS to name servers ([RFC 7858], [RFC 9103]): which certificates are believed, and what is wrong
//! with one that is not.
//!
//! [RFC 7858]: https://www.rfc-editor.org/rfc/rfc7858
//! [RFC 9103]: https://www.rfc-editor.org/rfc/rfc9103

mod distrust;
mod pin;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

pub use self::distrust::Distrust;
use self::pin::Pinned;
pub use self::pin::{BadPin, Pin};

/// The port of DNS over TLS ([RFC 7858, 3.1]).
///
/// [RFC 7858, 3.1]: https://www.rfc-editor.org/rfc/rfc7858#section-3.1
pub const PORT: u16 = 853;

/// The protocol that is spoken through TLS ([RFC 9103, 7.1]).
///
/// [RFC 9103, 7.1]: https://www.rfc-editor.org/rfc/rfc9103#section-7.1
const ALPN: &[u8] = b"dot";

/// Which certificates of servers are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those by authorities that this machine knows.
    Machine,
    /// Those by an authority in this file, as PEM.
    Authorities(PathBuf),
    /// Those of one of these keys, whatever their name, their authority and their time.
    Pins(Vec<Pin>),
}

/// The certificate that is shown to servers which want one, and its key, as files of PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, with those between it and its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadTls {
    /// A file cannot be read, or has something else in it.
    #[error("`{}` holds no {what} in PEM", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A file is none, or cannot be read.
    #[error("`{}` cannot be used", .path.display())]
    NoFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: input_files::BadFile,
    },
    /// A certificate is none, or the key is another one's.
    #[error("`{}` cannot be used", .path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The authorities cannot be used.
    #[error("the authorities cannot be used; name a file of them with --tls-ca")]
    Authorities(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// This program cannot speak TLS.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// Speaks TLS to name servers.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    /// The name that certificates have; `None` for that by which a server is called.
    server_name: Option<ServerName<'static>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// Only TLS 1.3 is spoken, which zone transfers need ([RFC 9103, 7.1]).
    ///
    /// # Errors
    ///
    /// Returns an error that names the file.
    ///
    /// [RFC 9103, 7.1]: https://www.rfc-editor.org/rfc/rfc9103#section-7.1
    pub fn new(
        trust: &Trust,
        server_name: Option<ServerName<'static>>,
        identity: Option<&Identity>,
    ) -> Result<Self, BadTls> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier(trust, &provider)?);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificate, key }) => {
                let bad = |source| BadTls::File { path: key.clone(), what: "private key", source };
                let read = PrivateKeyDer::from_pem_slice(&file(key)?).map_err(bad)?;
                builder
                    .with_client_auth_cert(certificates(certificate)?, read)
                    .map_err(|source| BadTls::Unusable { path: key.clone(), source })?
            }
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server_name })
    }

    /// Speaks TLS over a connection to the server that is called `host`.
    ///
    /// # Errors
    ///
    /// Returns why the server is not believed, or cannot be talked to.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        stream: S,
    ) -> Result<tokio_rustls::client::TlsStream<S>, Distrust> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => server_name(host).map_err(|text| {
                Distrust::NotTls(io::Error::new(io::ErrorKind::InvalidInput, text))
            })?,
        };
        self.connector.connect(name, stream).await.map_err(Distrust::of)
    }
}

/// Returns a name as certificates have it: a host name, or an address.
///
/// # Errors
///
/// Returns how to write it.
pub fn server_name(text: &str) -> Result<ServerName<'static>, String> {
    let text = text.trim().trim_end_matches('.');
    ServerName::try_from(text.to_owned()).map_err(|_| {
        format!("`{text}` is no name of a server; use a host name or an address, as it stands in the certificate")
    })
}

fn verifier(
    trust: &Trust,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, BadTls> {
    let provider = Arc::clone(provider);
    Ok(match trust {
        Trust::Machine => {
            let verifier = Verifier::new(provider);
            Arc::new(verifier.map_err(|error| BadTls::Authorities(Box::new(error)))?)
        }
        Trust::Authorities(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                let unusable = |source| BadTls::Unusable { path: path.clone(), source };
                roots.add(authority).map_err(unusable)?;
            }
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.build().map_err(|error| BadTls::Authorities(Box::new(error)))?
        }
        Trust::Pins(pins) => Arc::new(Pinned::new(pins.clone(), &provider)),
    })
}

fn file(path: &Path) -> Result<Vec<u8>, BadTls> {
    input_files::read(path).map_err(|source| BadTls::NoFile { path: path.to_owned(), source })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, BadTls> {
    let bad = |source| BadTls::File { path: path.to_owned(), what: "certificate", source };
    let read: Vec<_> =
        CertificateDer::pem_slice_iter(&file(path)?).collect::<Result<_, _>>().map_err(bad)?;
    if read.is_empty() { Err(bad(pem::Error::NoItemsFound)) } else { Ok(read) }
}

#[cfg(test)]
mod tests;
