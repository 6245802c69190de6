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

/// How long an answer may take on a machine that has other things to do.
const SOON: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_whose_answers_nobody_takes_leave_others_their_turn() {
    assert!(crate::raise_file_limit() > 1_500, "this machine has too few files for the test");
    let listener = Listener::bind("--listen", "127.0.0.1:0").await.unwrap();
    let address = listener.address().to_owned();
    let service = service_fn(|request: Request<RequestBody>| async move {
        let asks_for_much = request.uri().path() == "/much";
        if asks_for_much {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(100) {}
        }
        let body: &[u8] = if asks_for_much { &[b'x'; 8 << 10] } else { b"" };
        Ok::<_, Infallible>(Response::new(Full::from(Bytes::from_static(body))))
    });
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move {
        serve(listener, service, ServeOptions::default(), stopped.cancelled()).await;
    });
    let much = "GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200);
    let mut slowest = Duration::ZERO;
    for _ in 0..2 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..450 {
            let (address, much) = (address.clone(), much.clone());
            tasks.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                drop(stream.write_all(much.as_bytes()).await);
                std::future::pending::<()>().await;
            });
        }
        for _ in 0..8 {
            let asked = Instant::now();
            let answer = answer(asks(&address, "/little").await).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            slowest = slowest.max(asked.elapsed());
        }
    }
    println!("the slowest answer took {slowest:?}");
    assert!(slowest < SOON, "{slowest:?}");
    stop.cancel();
    drop(serving.join_all().await);
}

#[tokio::test]
async fn while_there_is_no_room_a_connection_has_one_answer_and_others_their_turn() {
    for (reserve, is_kept) in [(0, false), (1, true)] {
        let listener = Listener::bind("--listen", "127.0.0.1:0").await.unwrap();
        let address = listener.address().to_owned();
        let service = service_fn(|_: Request<RequestBody>| async {
            Ok::<_, Infallible>(Response::new(Full::from("done")))
        });
        let limits = Limits { requests: 1, reserve, ..Limits::default() };
        let options = ServeOptions { limits, ..ServeOptions::default() };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let serving = async move { serve(listener, service, options, stopped.cancelled()).await };
        let asking = async {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            let (mut text, mut piece) = (String::new(), [0; 256]);
            while !text.ends_with("done") {
                let count = stream.read(&mut piece).await.unwrap();
                text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
            }
            assert_eq!(text.contains("connection: close"), !is_kept, "{text}");
            stop.cancel();
        };
        tokio::join!(serving, asking);
    }
}
