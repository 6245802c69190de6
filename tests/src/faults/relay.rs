//! A relay before a service that loses, delays, repeats, cuts and refuses what passes through it.
//!
//! It works on bytes, one request to a connection, so that anything may happen to them. What is to
//! happen is decided beforehand, as [`Rule`]s; without one a request passes.

mod answers;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calls::{Call, Service};
use super::http::{self, Message};
use super::rules::{Act, Loss, Rule};

/// How long a relay waits for the end of answers that come late.
const LATE_PATIENCE: Duration = Duration::from_secs(30);

/// A relay before one service.
#[derive(Debug)]
pub(crate) struct Relay {
    /// Where it listens, for as long as it is there.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    service: Service,
    state: Mutex<State>,
    /// Counts how often peace came; what hangs ends with it.
    peace: watch::Sender<u64>,
    /// How many calls there were of each kind, whatever became of them.
    counts: watch::Sender<BTreeMap<Call, u64>>,
    /// How many requests are on their way of whom nobody awaits an answer.
    late: watch::Sender<u32>,
}

#[derive(Debug, Default)]
struct State {
    upstream: Option<SocketAddr>,
    rules: Vec<Rule>,
}

impl Relay {
    /// Starts a relay before a service, which may move and may be away.
    pub(crate) async fn start(service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            service,
            state: Mutex::default(),
            peace: watch::Sender::default(),
            counts: watch::Sender::default(),
            late: watch::Sender::default(),
        });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _server: server })
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says where the service is now; `None` for nowhere.
    pub(crate) fn lead_to(&self, upstream: Option<SocketAddr>) {
        self.shared.state().upstream = upstream;
    }

    /// Puts a rule in force, after those that are.
    pub(crate) fn add(&self, rule: Rule) {
        self.shared.state().rules.push(rule);
    }

    /// Ends all rules and everything that hangs, and waits for what is still on its way.
    pub(crate) async fn calm(&self) {
        self.shared.state().rules.clear();
        self.shared.peace.send_modify(|count| *count += 1);
        let mut late = self.shared.late.subscribe();
        let none = late.wait_for(|count| *count == 0);
        // What is later than that comes after the check, which then says what it did.
        drop(tokio::time::timeout(LATE_PATIENCE, none).await);
    }

    /// Returns how many calls of a kind there were.
    pub(crate) fn count(&self, call: Call) -> u64 {
        self.shared.counts.borrow().get(&call).copied().unwrap_or_default()
    }

    /// Waits until there were as many calls of a kind; returns whether there were in time.
    pub(crate) async fn until(&self, call: Call, count: u64, timeout: Duration) -> bool {
        let mut counts = self.shared.counts.subscribe();
        let enough =
            counts.wait_for(|counts| counts.get(&call).copied().unwrap_or_default() >= count);
        tokio::time::timeout(timeout, enough).await.is_ok()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what happens to a call, and uses up what is limited in number.
    fn decide(&self, call: Call, target: &str) -> Act {
        let mut state = self.state();
        let act = state.rules.iter_mut().find_map(|rule| rule.strike(call, target));
        state.rules.retain(|rule| rule.times > 0);
        act.unwrap_or(Act::Pass)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let upstream = self.state().upstream.ok_or(io::ErrorKind::ConnectionRefused)?;
        let stream = TcpStream::connect(upstream).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Has a request carried out, and returns the whole answer.
    async fn execute(&self, request: &Message) -> io::Result<Message> {
        let mut upstream = self.connect().await?;
        upstream.write_all(&request.bytes()).await?;
        let mut answer =
            http::read_head(&mut upstream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        http::read_rest(&mut upstream, &mut answer).await?;
        Ok(answer)
    }

    /// Hangs until peace comes.
    async fn hang(&self) {
        let mut peace = self.peace.subscribe();
        // The sender is a field of `self`, so it is there as long as we are.
        drop(peace.changed().await);
    }

    /// Stops for a while, or until peace comes.
    async fn pause(&self, milliseconds: u32) {
        let pause = Duration::from_millis(u64::from(milliseconds));
        drop(tokio::time::timeout(pause, self.hang()).await);
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        // How it ends is seen at both ends of it.
                        drop(connection(stream, &shared).await);
                    });
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut client: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let Some(request) = http::read_request(&mut client).await? else { return Ok(()) };
    let request = request.with_header("Connection", "close");
    let (method, target) = request.first_words();
    let call = shared.service.call(method, target);
    let act = shared.decide(call, target);
    shared.counts.send_modify(|counts| *counts.entry(call).or_default() += 1);
    let answer = match act {
        Act::Pass => return pass(client, shared, &request, None).await,
        Act::Delay(milliseconds) => {
            shared.pause(milliseconds).await;
            return pass(client, shared, &request, None).await;
        }
        Act::CutTransfer(part) => return pass(client, shared, &request, Some(part)).await,
        Act::Hang => {
            shared.hang().await;
            return Ok(());
        }
        Act::Reset => return client.set_zero_linger(),
        Act::Answer(status, retry_after) => answers::status(status, retry_after),
        Act::Nonsense(which) => answers::nonsense(shared.service, which),
        Act::AnswerLater(milliseconds) => {
            let answer = shared.execute(&request).await?;
            shared.pause(milliseconds).await;
            answer
        }
        Act::Twice => {
            drop(shared.execute(&request).await?);
            shared.execute(&request).await?
        }
        Act::ShortBody(part) => answers::shortened(shared.execute(&request).await?, part),
        Act::Lose(loss) => {
            drop(shared.execute(&request).await?);
            match loss {
                Loss::Close => return Ok(()),
                Loss::Reset => return client.set_zero_linger(),
                Loss::Status(status) => answers::status(status, None),
            }
        }
        Act::Late(milliseconds) => {
            apply_late(shared, request.clone(), milliseconds);
            answers::status(503, None)
        }
    };
    client.write_all(&answer.bytes()).await?;
    client.shutdown().await
}

/// Relays an answer as it comes; only the part of it in a thousand, if one is given.
async fn pass(
    mut client: TcpStream,
    shared: &Shared,
    request: &Message,
    part: Option<u32>,
) -> io::Result<()> {
    // A service that is away is one that does not take connections.
    let Ok(mut upstream) = shared.connect().await else { return client.set_zero_linger() };
    upstream.write_all(&request.bytes()).await?;
    if let Some(part) = part {
        return cut(client, upstream, shared, part).await;
    }
    let (mut from_client, mut to_client) = client.split();
    let mut nothing = [0; 1];
    tokio::select! {
        copied = copy(&mut upstream, &mut to_client) => {
            copied?;
            to_client.shutdown().await
        }
        // The client has gone, which a watch would not notice before something changes.
        _ = from_client.read(&mut nothing) => Ok(()),
    }
}

/// Relays so much of an answer, and then ends the connection.
async fn cut(
    mut client: TcpStream,
    mut upstream: TcpStream,
    shared: &Shared,
    part: u32,
) -> io::Result<()> {
    let Some(mut head) = http::read_head(&mut upstream).await? else { return Ok(()) };
    if head.header("Content-Length").is_some() {
        http::read_rest(&mut upstream, &mut head).await?;
        let sent = answers::part_of(head.body.len(), part);
        head.body.truncate(sent);
        return client.write_all(&head.bytes()).await;
    }
    // A stream without an end: it goes on for some bytes more.
    client.write_all(&head.bytes()).await?;
    let mut some = upstream.take(u64::from(part));
    tokio::select! {
        copied = copy(&mut some, &mut client) => copied.map(drop),
        () = shared.hang() => Ok(()),
    }
}

/// Has a request carried out after its sender was told that it was not.
fn apply_late(shared: &Arc<Shared>, request: Message, milliseconds: u32) {
    shared.late.send_modify(|count| *count += 1);
    let shared = Arc::clone(shared);
    let late = async move {
        tokio::time::sleep(Duration::from_millis(u64::from(milliseconds))).await;
        drop(shared.execute(&request).await);
        shared.late.send_modify(|count| *count -= 1);
    };
    #[expect(clippy::disallowed_methods, reason = "it must outlive its connection; `calm` waits")]
    drop(tokio::spawn(late));
}

#[cfg(test)]
mod tests;
