//! Answers DNS for the zones, over UDP and TCP.
//!
//! It answers as Route 53's authoritative servers do: aliases are followed inside, wildcards match
//! (RFC 4592), CNAMEs are chased as far as the zones here reach, and what does not exist is said with
//! the zone's SOA. Names outside every zone are refused.

mod answer;
mod records;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::answer::Lookup;
use crate::name::Name;
use crate::record::RecordType;
use crate::server::{Inner, Shared};

/// Octets of a UDP answer when the query announces no more (RFC 1035, 4.2.1).
const MIN_UDP_OCTETS: u16 = 512;

/// Octets of a UDP answer at most, whatever the query announces (RFC 9715).
const MAX_UDP_OCTETS: u16 = 1232;

/// How long a TCP connection may stay silent.
const TCP_IDLE: Duration = Duration::from_secs(10);

/// How long to wait after a socket failed, so that a lasting failure does not spin.
const FAILURE_PAUSE: Duration = Duration::from_millis(50);

/// Whose turn it is among weighted record sets.
#[derive(Debug, Default)]
pub(crate) struct Turns(BTreeMap<(Name, RecordType), u64>);

impl Turns {
    /// Returns how often this name and type took turns before, and counts this time.
    fn take(&mut self, name: &Name, record_type: RecordType) -> u64 {
        let turn = self.0.entry((name.clone(), record_type)).or_default();
        let before = *turn;
        *turn += 1;
        before
    }
}

/// Answers datagrams for ever.
pub(crate) async fn serve_udp(socket: UdpSocket, shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_535];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            sleep(FAILURE_PAUSE).await;
            continue;
        };
        let query = buffer.get(..length).unwrap_or_default();
        if let Some(answer) = respond(query, &shared, Transport::Udp) {
            send(&socket, &answer, peer).await;
        }
    }
}

async fn send(socket: &UdpSocket, answer: &[u8], peer: SocketAddr) {
    // Datagrams may be lost; the client asks again.
    drop(socket.send_to(answer, peer).await);
}

/// Answers connections for ever.
pub(crate) async fn serve_tcp(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
                Err(_) => sleep(FAILURE_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the queries of one connection until it closes or stays silent.
async fn converse(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Ok(Ok(length)) = timeout(TCP_IDLE, stream.read_u16()).await {
        let mut query = vec![0; usize::from(length)];
        if !matches!(timeout(TCP_IDLE, stream.read_exact(&mut query)).await, Ok(Ok(_))) {
            return;
        }
        let Some(answer) = respond(&query, &shared, Transport::Tcp) else { return };
        let Ok(length) = u16::try_from(answer.len()) else { return };
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend(answer);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

/// Answers one message; `None` for what no answer may be given to.
fn respond(query: &[u8], shared: &Shared, transport: Transport) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    if query.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.metadata.recursion_desired = query.metadata.recursion_desired;
    answer.add_queries(query.queries.iter().cloned());
    match query.queries.as_slice() {
        _ if query.metadata.op_code != OpCode::Query => {
            answer.metadata.response_code = ResponseCode::NotImp;
        }
        [question] if question.query_class() == DNSClass::IN => {
            let mut inner = shared.lock();
            let Inner { account, turns, .. } = &mut *inner;
            Lookup { account, turns }.answer(question, &mut answer);
        }
        [_] => answer.metadata.response_code = ResponseCode::Refused,
        _ => answer.metadata.response_code = ResponseCode::FormErr,
    }
    if let Some(edns) = &query.edns {
        let mut own = Edns::new();
        own.set_max_payload(MAX_UDP_OCTETS);
        own.set_version(0);
        if edns.version() > 0 {
            answer.metadata.response_code = ResponseCode::BADVERS;
        }
        answer.set_edns(own);
    }
    let octets = answer.to_vec().ok()?;
    let most = match transport {
        Transport::Tcp => u16::MAX,
        Transport::Udp => query
            .edns
            .as_ref()
            .map_or(MIN_UDP_OCTETS, Edns::max_payload)
            .clamp(MIN_UDP_OCTETS, MAX_UDP_OCTETS),
    };
    if octets.len() <= usize::from(most) {
        return Some(octets);
    }
    let mut truncated = answer.truncate();
    truncated.metadata.truncation = true;
    truncated.to_vec().ok()
}

#[cfg(test)]
mod tests;
