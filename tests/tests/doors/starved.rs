//! Clients that ask for something by halves, again and again: everyone else is answered meanwhile.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{ANSWER, doors};

/// After how long each half request is given up for another one: before it counts as anything.
const ANEW: Duration = Duration::from_secs(4);

/// Keeps `count` connections on which `half` was sent and nothing is read; one that is closed is made
/// anew at once, and each is after a while.
fn starve(url: &str, count: usize, half: &str) -> JoinSet<()> {
    let address = url.trim_start_matches("http://").parse().unwrap();
    let half: std::sync::Arc<str> = half.into();
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let half = half.clone();
        tasks.spawn(async move {
            loop {
                let socket = TcpSocket::new_v4().unwrap();
                socket.set_recv_buffer_size(4096).unwrap();
                let Ok(mut stream) = socket.connect(address).await else { continue };
                let held = async {
                    stream.write_all(half.as_bytes()).await?;
                    // The answer, if any, is never taken: only its first byte.
                    stream.read_u8().await?;
                    std::future::pending::<std::io::Result<()>>().await
                };
                drop(timeout(ANEW, held).await);
            }
        });
    }
    tasks
}

/// How many there are: a few more than a listener takes, and many times as many.
const MANY: &[usize] = &[330, 2_000];

const ENDS: &str = "Host: localhost\r\nConnection: close\r\n";

const WRITE: &str = "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"create\":[]}";

/// Asks as a program of its own does, which has nothing else to do.
fn answered(address: &str, request: &str) -> std::io::Result<String> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_by_halves_keep_nobody_from_an_answer_however_often_they_are_made_anew() {
    assert!(daemon::raise_file_limit() > 2_500, "this machine has too few files for the test");
    let world = &doors().await;
    let (sidecar, controller) = (&world.provider.sidecar, world.controller());
    let half_head = "POST /records HTTP/1.1\r\nHost: local";
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 1000\r\n\r\n{{"
        )
    };
    let chunked = "POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                   Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
    let unread = "GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200);
    for (url, path, half, counts) in [
        (&sidecar.url, "/records", half_head, MANY),
        (&sidecar.url, "/records", &head("/records"), MANY),
        (&sidecar.url, "/records", chunked, MANY),
        (&controller.admin, "/v1/plan", &unread, &MANY[..1]),
        (&controller.admin, "/v1/plan", &head("/v1/approve"), MANY),
    ] {
        for &count in counts {
            let (mut slowest, starving) = (Duration::ZERO, starve(url, count, half));
            for attempt in 0..3 {
                for (url, request) in [
                    (url, format!("GET {path} HTTP/1.1\r\n{ENDS}\r\n")),
                    (&sidecar.url, format!("POST /records HTTP/1.1\r\n{ENDS}{WRITE}")),
                ] {
                    let (address, begun) =
                        (url.trim_start_matches("http://").to_owned(), Instant::now());
                    let answer = tokio::task::spawn_blocking(move || answered(&address, &request));
                    let (answer, took) = (answer.await.unwrap(), begun.elapsed());
                    let what =
                        format!("{path}, {count}, {attempt}, {took:?}, {half:.60}: {answer:?}");
                    assert!(answer.unwrap_or_default().starts_with("HTTP/1.1 20"), "{what}");
                    slowest = slowest.max(took);
                }
            }
            println!("{path}, {count}: {slowest:?}; {half:.60}");
            drop(starving);
        }
    }
}
