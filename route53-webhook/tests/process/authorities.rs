//! Who vouches for AWS: the authorities of the system, or those of `AWS_CA_BUNDLE`.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::harness::{command, get, output, start};

#[tokio::test]
async fn aws_is_trusted_by_the_authorities_of_the_variable_and_they_are_told_when_there_are_none() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (trusted, mut trusts) = tokio::sync::watch::channel(0);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(stream).await.is_ok() {
                trusted.send_modify(|count| *count += 1);
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, own.cert.pem()).unwrap();

    let with_bundle = start(command(&url).env("AWS_CA_BUNDLE", &bundle), &[]);
    tokio::time::timeout(Duration::from_secs(20), trusts.wait_for(|count| *count > 0))
        .await
        .expect("a connection that trusts the server")
        .unwrap();
    drop(with_bundle);

    let without = start(&mut command(&url), &[]);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !get(&format!("{}/readyz", without.metrics)).await.1.contains("certificate") {
        assert!(Instant::now() < deadline, "the certificate is never told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let gone = folder.path().join("gone.pem");
    let (code, _, told) = output(command(&url).env("AWS_CA_BUNDLE", gone), &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("which AWS_CA_BUNDLE names, cannot be read"), "{told}");
}
