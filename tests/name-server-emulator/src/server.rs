//! The sockets, and which request gets which answer.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use hickory_proto::rr::Name;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::tsig::{Key, Signer, complain};
use crate::update::update;
use crate::wire::{AXFR, Answer, Code, IN, IXFR, QUERY, Record, Request, UPDATE};
use crate::zone::{Zone, canonical};

/// Most bytes of one answer over UDP ([RFC 9715]).
///
/// [RFC 9715]: https://www.rfc-editor.org/rfc/rfc9715
const UDP_BYTES: usize = 1232;

/// Most bytes of the records in one message of a transfer.
const TRANSFER_BYTES: usize = 16_000;

/// How long a connection may stay silent.
const IDLE: Duration = Duration::from_secs(10);

/// How long to wait after a socket failed, so that a lasting failure does not spin.
const FAILURE_PAUSE: Duration = Duration::from_millis(50);

/// What to serve.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where, over UDP and TCP; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The zones, which have nothing but their own records at first.
    pub zones: Vec<Name>,
    /// The key without which nothing is transferred or updated.
    pub key: Key,
    /// A file that zones are read from, if it exists, and written to at every change.
    pub state: Option<PathBuf>,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    zones: Mutex<Vec<Zone>>,
    key: Key,
    state: Option<PathBuf>,
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

impl Emulator {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// When the address is taken, or the file has no zones.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { listen, zones, key, state } = options;
        let mut all = match &state {
            Some(path) if path.exists() => read(path)?,
            _ => Vec::new(),
        };
        for name in zones.iter().map(canonical) {
            if all.iter().all(|zone| zone.name != name) {
                all.push(Zone::new(&name));
            }
        }
        let shared = Arc::new(Shared { zones: Mutex::new(all), key, state });
        let tcp = TcpListener::bind(listen).await.with_context(|| format!("{listen} over TCP"))?;
        let address = tcp.local_addr()?;
        let udp = UdpSocket::bind(address).await.with_context(|| format!("{address} over UDP"))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, Arc::clone(&shared)));
        tasks.spawn(serve_tcp(tcp, shared));
        Ok(Self { address, tasks })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends, which it does only by a fault of its own.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<Zone>> {
    let text = std::fs::read_to_string(path)?;
    let value: Value = serde_json::from_str(&text)?;
    let zones = value.as_array().map(|zones| zones.iter().map(Zone::from_json).collect());
    zones.flatten().with_context(|| format!("`{}` has no zones", path.display()))
}

async fn serve_udp(socket: UdpSocket, shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_535];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            sleep(FAILURE_PAUSE).await;
            continue;
        };
        let request = buffer.get(..length).unwrap_or_default();
        for answer in shared.respond(request, Transport::Udp) {
            // Datagrams may be lost; the client asks again.
            drop(socket.send_to(&answer, peer).await);
        }
    }
}

async fn serve_tcp(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    // A client that goes early misses its answer.
                    connections.spawn(async move { drop(converse(stream, &shared).await) });
                }
                Err(_) => sleep(FAILURE_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    while let Ok(length) = timeout(IDLE, stream.read_u16()).await {
        let mut request = vec![0; usize::from(length?)];
        timeout(IDLE, stream.read_exact(&mut request)).await??;
        for answer in shared.respond(&request, Transport::Tcp) {
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await?;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "signatures are about the time of this machine")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Shared {
    /// Returns the messages that answer a request; none for what is no request.
    fn respond(&self, message: &[u8], transport: Transport) -> Vec<Vec<u8>> {
        let Some(request) = Request::decode(message) else { return Vec::new() };
        let most = match transport {
            Transport::Udp => UDP_BYTES,
            Transport::Tcp => usize::from(u16::MAX),
        };
        let mut signer = match &request.signature {
            None => None,
            Some((starts_at, record)) => {
                match self.key.verify(message, *starts_at, record, now()) {
                    Ok(signer) => Some(signer),
                    Err(wrong) => {
                        let mut answer = Answer::of(Code::NotAuth).encode(&request, most);
                        complain(&mut answer, record, wrong, now());
                        return vec![answer];
                    }
                }
            }
        };
        let answers = self.decide(&request, signer.is_some(), transport);
        let encoded = answers.iter().map(|answer| {
            let mut bytes = answer.encode(&request, most);
            if let Some(signer) = signer.as_mut() {
                Signer::sign(signer, &mut bytes);
            }
            bytes
        });
        encoded.collect()
    }

    fn decide(&self, request: &Request, is_signed: bool, transport: Transport) -> Vec<Answer> {
        let only = |code| vec![Answer::of(code)];
        if request.class != IN {
            return only(Code::Refused);
        }
        let mut zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        match (request.opcode, request.record_type) {
            (QUERY, AXFR | IXFR) => {
                let zone = zones.iter().find(|zone| zone.name == canonical(&request.name));
                match zone {
                    None => only(Code::NotAuth),
                    Some(_) if !is_signed => only(Code::Refused),
                    Some(_) if transport == Transport::Udp => only(Code::FormErr),
                    Some(zone) => messages(transferred(zone, request)),
                }
            }
            (QUERY, code) => {
                let holding = zones.iter().filter(|zone| zone.name.zone_of(&request.name));
                match holding.max_by_key(|zone| zone.name.num_labels()) {
                    Some(zone) => vec![zone.answer(&request.name, code)],
                    None => only(Code::Refused),
                }
            }
            (UPDATE, _) => {
                let done = match zones.iter_mut().find(|zone| zone.name == canonical(&request.name))
                {
                    None => Err(Code::NotAuth),
                    Some(_) if !is_signed => Err(Code::Refused),
                    Some(zone) => update(zone, request),
                };
                self.keep(&zones);
                only(done.err().unwrap_or(Code::NoError))
            }
            _ => only(Code::NotImp),
        }
    }

    /// Writes the file anew; a disk that is full costs what a restart would read, and no answer.
    fn keep(&self, zones: &[Zone]) {
        let Some(path) = &self.state else { return };
        let text = json!(zones.iter().map(Zone::to_json).collect::<Vec<_>>()).to_string();
        let beside = path.with_extension("new");
        drop(std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)));
    }
}

/// Returns the records of a transfer: all of them, or none but the SOA record where nothing changed.
fn transferred(zone: &Zone, request: &Request) -> Vec<Record> {
    let known = request.authorities.iter().find(|record| record.record_type == crate::wire::SOA);
    if request.record_type == IXFR && known.is_some_and(|known| known.data == zone.soa().data) {
        return vec![zone.soa()];
    }
    zone.transfer()
}

/// Parts records into as many messages as they take.
fn messages(records: Vec<Record>) -> Vec<Answer> {
    let (mut all, mut current, mut length) = (Vec::new(), Vec::new(), 0);
    for record in records {
        if length + record.length() > TRANSFER_BYTES && !current.is_empty() {
            let answers = std::mem::take(&mut current);
            all.push(Answer { answers, ..Answer::of(Code::NoError) });
            length = 0;
        }
        length += record.length();
        current.push(record);
    }
    all.push(Answer { answers: current, ..Answer::of(Code::NoError) });
    all
}
