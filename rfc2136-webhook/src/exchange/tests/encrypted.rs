//! What leaves and what comes back through TLS.

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::tls::{Identity, Trust};

/// A certificate that is its own authority, and its key, as files.
struct Certificate {
    folder: TempDir,
    shown: rcgen::Certificate,
    key: KeyPair,
}

impl Certificate {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["ns.example.com".to_owned()]).unwrap();
        let shown = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("crt"), shown.pem()).unwrap();
        std::fs::write(folder.path().join("key"), key.serialize_pem()).unwrap();
        Self { folder, shown, key }
    }

    fn identity(&self) -> Identity {
        let [certificate, key] = ["crt", "key"].map(|name| self.folder.path().join(name));
        Identity { certificate, key }
    }

    /// Returns what speaks TLS to a server that has this.
    fn client(&self, identity: Option<&Identity>) -> Tls {
        let trust = Trust::Authorities(self.folder.path().join("crt"));
        let name = crate::tls::server_name("ns.example.com").unwrap();
        Tls::new(&trust, Some(name), identity).unwrap()
    }

    /// Returns what answers with this, to clients alone that show that of `client`; to all without it.
    fn server(&self, client: Option<&Self>) -> TlsAcceptor {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client.shown.der().clone()).unwrap();
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let chain = vec![self.shown.der().clone()];
        TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
    }
}

#[tokio::test]
async fn a_message_that_fills_the_socket_has_left_once_it_is_sent() {
    let certificate = Certificate::new();
    let (ours, theirs) = tokio::io::duplex(1_024);
    let (tls, acceptor) = (certificate.client(None), certificate.server(None));
    let (client, server) =
        tokio::join!(tls.connect("ns.example.com", ours), acceptor.accept(theirs));
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    let message = vec![7; 50_000];
    let sending = async {
        send_message(&mut client, &message).await.unwrap();
        // What has not left by now never does.
        drop(client);
    };
    let reading = async {
        let mut read = Vec::new();
        // The client ends without a word.
        let _ = server.read_to_end(&mut read).await;
        read.len()
    };
    let ((), read) = tokio::join!(sending, reading);
    assert_eq!(read, message.len());
}

#[tokio::test]
async fn what_a_server_says_of_our_certificate_is_told_and_leaves_nothing_unconfirmed() {
    let (of_server, wanted, other) = (Certificate::new(), Certificate::new(), Certificate::new());
    let identity = other.identity();
    for (identity, words) in [
        (None, "wants a certificate of ours, and none is given"),
        (Some(&identity), "refuses the certificate of --tls-client-cert ("),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Address { host: "127.0.0.1".to_owned(), port };
        let exchange = Exchange {
            timeout: Duration::from_mins(1),
            deadline: Duration::from_mins(1),
            clock: system_clock,
            tls: Some(of_server.client(identity)),
            observer: Arc::new(|_| {}),
        };
        let request = Request::update(name::parse("example.com").unwrap());
        let operation = Operation::Update;
        let question = Question { server: &server, key: None, operation, request: &request };
        let acceptor = of_server.server(Some(&wanted));
        let refusing = async {
            let (stream, _) = listener.accept().await.unwrap();
            acceptor.accept(stream).into_fallible().await.unwrap_err()
        };
        let (outcome, _refused) = tokio::join!(exchange.one(question), refusing);
        let fault = outcome.unwrap_err();
        assert!(!fault.is_unconfirmed(), "{fault:?}");
        let told = daemon::chain(&fault);
        assert!(told.contains(words), "{told}");
    }
}
