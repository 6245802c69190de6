//! What TLS is spoken with: a certificate and its key, and whom of the clients it lets in.
//!
//! The two are read for themselves. A client that is shut out by other authorities is so at once, also
//! while the certificate and its key do not fit each other, as halfway through a rotation.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tokio::time::Instant;

use crate::reread::{FilesError, NamedFile, Reread};

/// How TLS is spoken.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// What judges certificates of clients; `None` when none are wanted.
    pub(super) verifier: Option<Arc<dyn ClientCertVerifier>>,
}

/// What the server shows.
type Identity = Arc<dyn ResolvesServerCert>;

/// What judges certificates of clients.
type Verifier = Arc<dyn ClientCertVerifier>;

/// The files that TLS is spoken with.
#[derive(Debug)]
pub(super) struct TlsFiles {
    builder: ConfigBuilder<ServerConfig, WantsVerifier>,
    identity: Reread<Identity>,
    clients: Option<Reread<Verifier>>,
    made: Mutex<Made>,
}

/// What was made last, and of what.
#[derive(Debug)]
struct Made {
    identity: Arc<Identity>,
    clients: Option<Arc<Verifier>>,
    tls: Arc<Tls>,
}

impl TlsFiles {
    /// Reads the files for the first time.
    pub(super) fn new(
        certificate: NamedFile,
        key: NamedFile,
        client_authorities: Option<NamedFile>,
        has_probes: bool,
    ) -> Result<Self, FilesError> {
        let of_clients = |file: NamedFile| {
            let named = file.clone();
            Reread::new(vec![file], move |contents| verifier(&named, contents, has_probes))
        };
        let clients = client_authorities.map(of_clients).transpose()?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| certificate.unusable(format!("cannot be used: {error}")))?;
        let files = vec![certificate.clone(), key.clone()];
        let identity =
            Reread::new(files, move |contents| identity((&certificate, &key), contents))?;
        let now = Instant::now();
        let of_clients = clients.as_ref().map(|clients| clients.get(now));
        let made = Mutex::new(Made::new(builder.clone(), identity.get(now), of_clients));
        Ok(Self { builder, identity, clients, made })
    }

    /// Returns how TLS is spoken at `now`.
    pub(super) fn get(&self, now: Instant) -> Arc<Tls> {
        let identity = self.identity.get(now);
        let clients = self.clients.as_ref().map(|clients| clients.get(now));
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let has_same_clients =
            made.clients.as_ref().map(Arc::as_ptr) == clients.as_ref().map(Arc::as_ptr);
        if !Arc::ptr_eq(&made.identity, &identity) || !has_same_clients {
            *made = Made::new(self.builder.clone(), identity, clients);
        }
        Arc::clone(&made.tls)
    }
}

impl Made {
    fn new(
        builder: ConfigBuilder<ServerConfig, WantsVerifier>,
        identity: Arc<Identity>,
        clients: Option<Arc<Verifier>>,
    ) -> Self {
        let verifier = clients.as_deref().cloned();
        let builder = match verifier.clone() {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Identity::clone(&identity));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tls = Arc::new(Tls { config: Arc::new(config), verifier });
        Self { identity, clients, tls }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn identity(
    (certificate_file, key_file): (&NamedFile, &NamedFile),
    contents: &[Vec<u8>],
) -> Result<Identity, FilesError> {
    let content = |index: usize| contents.get(index).map(Vec::as_slice).unwrap_or_default();
    let chain = certificates(certificate_file, content(0))?;
    let key = PrivateKeyDer::from_pem_slice(content(1))
        .map_err(|_| key_file.unusable("holds no private key in PEM"))?;
    let pair = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| {
        let of = certificate_file.path.display();
        key_file.unusable(format!("is not the key of `{of}`: {error}"))
    })?;
    Ok(Arc::new(SingleCertAndKey::from(pair)))
}

fn verifier(
    file: &NamedFile,
    contents: &[Vec<u8>],
    has_probes: bool,
) -> Result<Verifier, FilesError> {
    let pem = contents.first().map(Vec::as_slice).unwrap_or_default();
    let mut roots = RootCertStore::empty();
    for authority in certificates(file, pem)? {
        let unusable = |error| file.unusable(format!("holds no authority: {error}"));
        roots.add(authority).map_err(unusable)?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = if has_probes { verifier.allow_unauthenticated() } else { verifier };
    let unusable = |error| file.unusable(format!("cannot be used: {error}"));
    verifier.build().map_err(unusable)
}

fn certificates(file: &NamedFile, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, FilesError> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|_| file.unusable("holds a broken certificate"))?;
    if read.is_empty() {
        return Err(file.unusable("holds no certificate in PEM"));
    }
    Ok(read)
}
