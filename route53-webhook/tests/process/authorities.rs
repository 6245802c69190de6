//! Who vouches for AWS: the authorities of the system, or those of `AWS_CA_BUNDLE`.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
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

#[tokio::test]
async fn a_proxy_is_used_with_authorities_of_its_own_and_told_with_its_answer() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = proxy.local_addr().unwrap().port();
    let (answer, answers) = tokio::sync::watch::channel("407 Proxy Authentication Required");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = proxy.accept().await {
            let _request = stream.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 {}\r\ncontent-length: 0\r\n\r\n", *answers.borrow());
            let _closed = stream.write_all(answer.as_bytes()).await;
        }
    });
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, own.cert.pem()).unwrap();
    let proxied = || {
        let mut command = command("https://route53.example.test");
        command.env("HTTPS_PROXY", format!("http://me:hunter2@127.0.0.1:{port}"));
        command
    };
    let plain = start(&mut proxied(), &[]);
    let with_bundle = start(proxied().env("AWS_CA_BUNDLE", &bundle), &[]);
    for (status, words) in [
        ("407 Proxy Authentication Required", "wants a user and a password (407"),
        ("403 Forbidden", "answers `CONNECT` with a refusal"),
    ] {
        answer.send_replace(status);
        let words = format!("AWS cannot be reached: the proxy http://…@127.0.0.1:{port} {words}");
        for sidecar in [&plain, &with_bundle] {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                let text = get(&format!("{}/readyz", sidecar.metrics)).await.1;
                assert!(!text.contains("hunter2"), "{text}");
                if text.contains(&words) {
                    break;
                }
                assert!(Instant::now() < deadline, "{words}: {text}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
