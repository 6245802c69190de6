//! One request to one name server, and its answers: over TCP or TLS, signed, within a deadline.
//!
//! Each has a connection of its own: a server that was restarted goes unnoticed, and there are
//! few requests.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::fault::{Code, Fault, Operation};
use crate::message::{Request, Response};
use crate::name;
use crate::tls::{Distrust, Tls};
use crate::tsig::{BadSignature, Key, Verifier};

/// What else the end of a connection can mean that is encrypted: BIND says nothing to clients whose
/// certificate it misses or does not take.
const ALSO_OVER_TLS: &str = "over TLS, some servers also end so when they want a certificate, or \
     another one, of ours (--tls-client-cert)";

/// Where a name server is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// One attempt, for metrics.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// Which server.
    pub server: &'a Address,
    /// What was asked.
    pub operation: Operation,
    /// `ok`, or what kind of failure.
    pub result: &'static str,
    /// From the first byte to the last.
    pub duration: Duration,
}

/// Takes note of attempts.
pub type Observer = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// Tells the time, in seconds since 1970.
pub type Clock = fn() -> u64;

/// How requests are made.
#[derive(Clone)]
pub struct Exchange {
    /// How long nothing may come.
    pub timeout: Duration,
    /// How long all of it may take, from connecting to the last answer of a transfer.
    pub deadline: Duration,
    /// What the time is, for signatures.
    pub clock: Clock,
    /// Takes note of every attempt.
    pub observer: Observer,
    /// How servers are talked to by TLS; `None` when they are not.
    pub tls: Option<Tls>,
}

/// A connection, whatever is between it and the wire.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Returns the time of this machine, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the clock that is handed to everything else")]
pub fn system_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What takes the answers of a request, one after the other.
pub trait Answers {
    /// Takes one in, and tells whether more are to come.
    ///
    /// # Errors
    ///
    /// Returns what makes no sense about it.
    fn take(&mut self, response: Response) -> Result<More, String>;
}

/// Whether more answers are to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// At least one.
    Yes,
    /// None.
    No,
}

/// The answer to a request that has one.
#[derive(Default)]
pub struct Only(Option<Response>);

impl Answers for Only {
    fn take(&mut self, response: Response) -> Result<More, String> {
        self.0 = Some(response);
        Ok(More::No)
    }
}

/// What is asked of a server, and by which key.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Which server.
    pub server: &'a Address,
    /// By which key; `None` when it is not signed.
    pub key: Option<&'a Key>,
    /// What kind of request it is.
    pub operation: Operation,
    /// The request.
    pub request: &'a Request,
}

impl Exchange {
    /// Sends a request that has one answer.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no good answer.
    pub async fn one(&self, question: Question<'_>) -> Result<Response, Fault> {
        let mut only = Only::default();
        self.send(question, &mut only).await?;
        only.0.ok_or_else(|| Fault::Cut {
            server: question.server.to_string(),
            operation: question.operation,
            source: None,
        })
    }

    /// Sends a request, and hands its answers to `answers`, which may be believed when this ends
    /// well.
    ///
    /// # Errors
    ///
    /// Returns an error when the answers are not complete, not signed, or no.
    pub async fn send(
        &self,
        question: Question<'_>,
        answers: &mut (impl Answers + Send),
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        let Question { server, operation, .. } = question;
        let attempt = timeout(self.deadline, self.attempt(question, answers)).await;
        let outcome = attempt.unwrap_or_else(|_| {
            Err(Fault::Slow { server: server.to_string(), operation, after: self.deadline })
        });
        (self.observer)(&Attempt {
            server,
            operation,
            result: outcome.as_ref().map_or_else(Fault::result, |()| "ok"),
            duration: begun.elapsed(),
        });
        tracing::debug!(
            server = %server,
            operation = operation.as_str(),
            zone = %name::to_text(&question.request.name),
            result = outcome.as_ref().map_or_else(Fault::result, |()| "ok"),
            "Asked a name server"
        );
        outcome
    }

    async fn attempt(
        &self,
        question: Question<'_>,
        answers: &mut (impl Answers + Send),
    ) -> Result<(), Fault> {
        let Question { server, key, operation, request } = question;
        let mut stream = self.connect(server).await?;
        let id = rand::random();
        let mut message = request.encode(id);
        let mut verifier = key.map(|key| key.sign(&mut message, (self.clock)()));
        let cut = |source: io::Error| match Distrust::of_ours(&source) {
            Some(problem) => Fault::Distrusted { server: server.to_string(), problem },
            None => Fault::Cut {
                server: server.to_string(),
                operation,
                // That it ended in the middle is what is told already.
                source: match (source.kind(), &self.tls) {
                    (io::ErrorKind::UnexpectedEof, None) => None,
                    (io::ErrorKind::UnexpectedEof, Some(_)) => {
                        Some(io::Error::other(ALSO_OVER_TLS))
                    }
                    (_, _) => Some(source),
                },
            },
        };
        let Ok(length) = u16::try_from(message.len()) else {
            return Err(Fault::Garbled {
                server: server.to_string(),
                operation,
                what: format!("a request of {} bytes is none", message.len()),
            });
        };
        let framed = [&length.to_be_bytes(), message.as_slice()].concat();
        let sending = send_message(&mut *stream, &framed);
        if let Err(source) = self.within(server, operation, sending).await? {
            // A server that hung up on us may have said why.
            let said = timeout(self.timeout, read_message(&mut *stream)).await;
            let why = said.ok().and_then(Result::err).and_then(|said| Distrust::of_ours(&said));
            let distrusted = |problem| Fault::Distrusted { server: server.to_string(), problem };
            return Err(why.map_or_else(|| cut(source), distrusted));
        }
        loop {
            let message =
                self.within(server, operation, read_message(&mut *stream)).await?.map_err(cut)?;
            let response = Response::decode(&message)
                .map_err(|error| Fault::garbled(&server.to_string(), operation, &error))?;
            self.check(question, id, &message, &response, verifier.as_mut())?;
            let garbled = |what| Fault::Garbled { server: server.to_string(), operation, what };
            if answers.take(response).map_err(garbled)? == More::No {
                break;
            }
        }
        match verifier.map(|verifier| verifier.end()) {
            Some(Err(kind)) => Err(self.bad_signature(question, kind)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    async fn connect(&self, server: &Address) -> Result<Box<dyn Stream>, Fault> {
        let stream = self.connect_plainly(server).await?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let distrusted = |problem| Fault::Distrusted { server: server.to_string(), problem };
        match timeout(self.timeout, tls.connect(&server.host, stream)).await {
            Ok(stream) => Ok(Box::new(stream.map_err(distrusted)?)),
            Err(_) => Err(distrusted(Distrust::NotTls(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no handshake within {:?}", self.timeout),
            )))),
        }
    }

    async fn connect_plainly(&self, server: &Address) -> Result<TcpStream, Fault> {
        let unreachable = |source| Fault::Unreachable { server: server.to_string(), source };
        let connect = TcpStream::connect((server.host.as_str(), server.port));
        match timeout(self.timeout, connect).await {
            Ok(stream) => stream.map_err(unreachable),
            Err(_) => Err(unreachable(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no connection within {:?}", self.timeout),
            ))),
        }
    }

    async fn within<T>(
        &self,
        server: &Address,
        operation: Operation,
        work: impl Future<Output = T>,
    ) -> Result<T, Fault> {
        timeout(self.timeout, work).await.map_err(|_| Fault::Silent {
            server: server.to_string(),
            operation,
            after: self.timeout,
        })
    }

    fn check(
        &self,
        question: Question<'_>,
        id: u16,
        message: &[u8],
        response: &Response,
        verifier: Option<&mut Verifier<'_>>,
    ) -> Result<(), Fault> {
        let Question { server, key, operation, request } = question;
        let garbled = |what: &str| Fault::Garbled {
            server: server.to_string(),
            operation,
            what: what.to_owned(),
        };
        if !response.is_response || response.id != id {
            return Err(garbled("it answers another request"));
        }
        let code = Code(response.code);
        if let Some(verifier) = verifier {
            let checked = verifier.take(message, response.signature.as_ref(), (self.clock)());
            match checked {
                Ok(()) => {}
                // Some servers do not sign a no; wherever it comes from, nothing is done on the strength of it.
                Err(BadSignature::Unsigned) if code != Code::NO_ERROR => {}
                Err(kind) => return Err(self.bad_signature(question, kind)),
            }
        }
        if code != Code::NO_ERROR {
            return Err(Fault::Refused {
                server: server.to_string(),
                zone: name::to_text(&request.name),
                operation,
                code,
                key: key.map(Key::name),
            });
        }
        if response.is_truncated {
            return Err(garbled("it is cut off, although TCP has room for all of it"));
        }
        Ok(())
    }

    fn bad_signature(&self, question: Question<'_>, kind: BadSignature) -> Fault {
        let Question { server, key, operation, request: _ } = question;
        let key = key.map(Key::name).unwrap_or_default();
        Fault::Signature { server: server.to_string(), operation, key, kind, now: (self.clock)() }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Sends a message with its length before it, to the last byte: TLS keeps what the socket has no room
/// for until it is told to send it.
async fn send_message(
    stream: &mut (impl AsyncWrite + Unpin + ?Sized),
    framed: &[u8],
) -> io::Result<()> {
    stream.write_all(framed).await?;
    stream.flush().await
}

/// Reads a message with its length before it ([RFC 1035, 4.2.2]).
///
/// [RFC 1035, 4.2.2]: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.2
async fn read_message(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

#[cfg(test)]
mod tests;
