//! A listener whose every place is needed.

use std::convert::Infallible;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::service_fn;

use super::*;

async fn asks(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn requests_beyond_the_bound_are_told_to_come_again_and_probes_are_answered() {
    let listener = Listener::bind("--listen", "127.0.0.1:0").await.unwrap();
    let address = listener.address().to_owned();
    let limits = Limits { requests: 2, reserve: 4, ..Limits::default() };
    let options = ServeOptions { limits, probes: &["/healthz"], ..ServeOptions::default() };
    let (come, mut came) = tokio::sync::mpsc::unbounded_channel();
    let go = CancellationToken::new();
    let waits = go.clone();
    let service = service_fn(move |request: Request<RequestBody>| {
        let (come, waits) = (come.clone(), waits.clone());
        async move {
            if request.uri().path() == "/slow" {
                come.send(()).unwrap();
                waits.cancelled().await;
            }
            Ok::<_, Infallible>(Response::new(Full::from("done")))
        }
    });
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let serving = async move { serve(listener, service, options, stopped.cancelled()).await };
    let asking = async {
        let slow = [asks(&address, "/slow").await, asks(&address, "/slow").await];
        came.recv().await.unwrap();
        came.recv().await.unwrap();
        let beyond = answer(asks(&address, "/records").await).await;
        assert!(
            beyond.starts_with("HTTP/1.1 503 ") && beyond.contains("retry-after: 1"),
            "{beyond}"
        );
        let probe = answer(asks(&address, "/healthz").await).await;
        assert!(probe.starts_with("HTTP/1.1 200 "), "{probe}");
        go.cancel();
        for slow in slow {
            assert!(answer(slow).await.ends_with("done"), "nobody is closed who is answered");
        }
        assert!(answer(asks(&address, "/records").await).await.starts_with("HTTP/1.1 200 "));
        stop.cancel();
    };
    tokio::join!(serving, asking);
}
