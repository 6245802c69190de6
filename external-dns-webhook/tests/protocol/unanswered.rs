//! What the client says where no answer comes, or one that is a failure, and how long it waits then.

use std::time::Duration;

use external_dns_webhook::{Provider as _, ProviderError};
use tokio::net::TcpListener;

use super::{answering, connect};

#[tokio::test]
async fn the_client_tells_what_may_sync_from_what_will_not() {
    for (status, retryable) in [
        (500, true),
        (503, true),
        (511, true),
        (429, true),
        (408, true),
        (400, false),
        (404, false),
    ] {
        let address = answering(&format!(
            "HTTP/1.1 {status} X\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
        let error = connect(&format!("http://{address}")).records().await.unwrap_err();
        let unavailable = matches!(&error, ProviderError::Unavailable { retry_after, .. }
            if *retry_after == Some(Duration::from_secs(5)));
        assert_eq!(unavailable, retryable, "{status}: {error:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = connect(&format!("http://{nobody}")).records().await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { retry_after: None, .. }), "{error:?}");
    let ProviderError::Unavailable { source, .. } = error else { panic!() };
    assert_eq!(
        source.to_string(),
        format!(
            "cannot connect to the provider at http://{nobody}: connection refused; is it running?"
        )
    );
    let plain = answering("HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n").await;
    let error = connect(&format!("https://{plain}")).records().await.unwrap_err();
    assert!(error.to_string().ends_with(": it speaks no TLS there; is it `http://`?"), "{error}");
    let error = connect("http://nobody.invalid:8888").records().await.unwrap_err();
    assert!(!error.to_string().contains("lookup address"), "{error}");
    let secret = connect(&format!("http://me:secret@{nobody}")).records().await.unwrap_err();
    assert!(!format!("{secret:?}").contains("secret"), "{secret:?}");
    let elsewhere = answering("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n").await;
    let error = connect(&format!("http://{elsewhere}")).negotiate().await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error:?}");
    assert!(error.to_string().contains("; is the URL right?"), "{error:?}");
}

#[tokio::test]
async fn the_client_waits_no_longer_than_five_minutes_whatever_it_is_asked() {
    for asked in ["86400", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let answer = format!("HTTP/1.1 503 X\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n");
        let address = answering(&answer).await;
        let error = connect(&format!("http://{address}")).records().await.unwrap_err();
        let ProviderError::Unavailable { retry_after, .. } = error else { panic!("{error:?}") };
        assert_eq!(retry_after, Some(Duration::from_mins(5)), "{asked}");
    }
}
