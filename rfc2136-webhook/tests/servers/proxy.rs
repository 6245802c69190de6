//! Stands between us and a name server, and loses, cuts or changes what passes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rfc2136_webhook::exchange::Address;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What happens to what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// Nothing.
    Pass,
    /// So many updates arrive, and their answers do not.
    LoseAnswers(usize),
    /// So many updates do not arrive.
    LoseUpdates(usize),
    /// An update arrives, its answer does not, and nothing answers any more.
    LoseAnswersThenAll,
    /// An update arrives, its answer does not, and then nothing listens.
    LoseAnswersThenClose,
    /// An update does not arrive, and the next ones are answered with a code, not signed.
    LoseUpdateThenAnswer(u8),
    /// Updates do not arrive, and are answered with a code, not signed.
    AnswerUpdates(u8),
    /// Nothing answers, and nothing ends.
    Silence,
    /// Answers end after so many bytes.
    CutAfter(usize),
    /// A bit of every answer is another.
    Change,
}

/// Stands between us and a name server.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: Address,
    trick: Mutex<Trick>,
    updates: AtomicUsize,
    tasks: Mutex<tokio::task::JoinSet<()>>,
    closed: CancellationToken,
}

impl Proxy {
    pub(crate) async fn start(server: Address, trick: Trick) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            trick: Mutex::new(trick),
            updates: AtomicUsize::new(0),
            tasks: Mutex::default(),
            closed: CancellationToken::new(),
        });
        let proxy = Self { port, shared: Arc::clone(&shared) };
        let accepting = Arc::downgrade(&shared);
        shared.tasks().spawn(async move {
            let closed = accepting.upgrade().unwrap().closed.clone();
            while let Some(Ok((client, _))) = closed.run_until_cancelled(listener.accept()).await {
                let Some(shared) = accepting.upgrade() else { return };
                let passing = Arc::clone(&shared);
                shared.tasks().spawn(async move {
                    // A connection that ends early is the point of it.
                    let _ = pass(&passing, client).await;
                });
            }
        });
        proxy
    }

    pub(crate) fn address(&self) -> Address {
        Address { host: "127.0.0.1".to_owned(), port: self.port }
    }

    /// Does something else from now on.
    pub(crate) fn then(&self, trick: Trick) {
        *self.shared.trick.lock().unwrap_or_else(PoisonError::into_inner) = trick;
    }

    /// Returns how many updates have come.
    pub(crate) fn updates(&self) -> usize {
        self.shared.updates.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn tasks(&self) -> std::sync::MutexGuard<'_, tokio::task::JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trick(&self) -> Trick {
        *self.trick.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is done about a request, and does less the next time where it was counted.
    fn next(&self, is_update: bool) -> Trick {
        let mut trick = self.trick.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *trick;
        match now {
            Trick::LoseAnswers(left) if is_update => {
                *trick = if left > 1 { Trick::LoseAnswers(left - 1) } else { Trick::Pass };
            }
            Trick::LoseUpdates(left) if is_update => {
                *trick = if left > 1 { Trick::LoseUpdates(left - 1) } else { Trick::Pass };
            }
            Trick::LoseAnswersThenAll if is_update => *trick = Trick::CutAfter(0),
            Trick::LoseUpdateThenAnswer(code) if is_update => *trick = Trick::AnswerUpdates(code),
            Trick::AnswerUpdates(_) | Trick::LoseAnswersThenClose if is_update => {}
            Trick::LoseAnswers(_)
            | Trick::LoseUpdates(_)
            | Trick::LoseAnswersThenAll
            | Trick::LoseAnswersThenClose
            | Trick::LoseUpdateThenAnswer(_)
            | Trick::AnswerUpdates(_) => return Trick::Pass,
            Trick::Pass | Trick::Silence | Trick::CutAfter(_) | Trick::Change => {}
        }
        now
    }
}

async fn pass(shared: &Shared, mut client: TcpStream) -> std::io::Result<()> {
    let length = client.read_u16().await?;
    let mut request = vec![0; length.into()];
    client.read_exact(&mut request).await?;
    let is_update = request.get(2).is_some_and(|flags| flags >> 3 & 15 == 5);
    if is_update {
        shared.updates.fetch_add(1, Ordering::SeqCst);
    }
    let trick = shared.next(is_update);
    if trick == Trick::Silence {
        while shared.trick() == Trick::Silence {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        return Ok(());
    }
    if matches!(trick, Trick::LoseUpdates(_) | Trick::LoseUpdateThenAnswer(_)) {
        return Ok(());
    }
    if let Trick::AnswerUpdates(code) = trick {
        // The header of the request, as an answer that has nothing but a code.
        let answer = [request[0], request[1], 0xa8, code, 0, 0, 0, 0, 0, 0, 0, 0];
        client.write_u16(12).await?;
        return client.write_all(&answer).await;
    }
    let Address { host, port } = &shared.server;
    let mut server = TcpStream::connect((host.as_str(), *port)).await?;
    server.write_u16(length).await?;
    server.write_all(&request).await?;
    let mut sent = 0;
    loop {
        let length = server.read_u16().await?;
        let mut answer = vec![0; length.into()];
        server.read_exact(&mut answer).await?;
        let mut framed = [&length.to_be_bytes()[..], &answer].concat();
        match trick {
            Trick::LoseAnswers(_) | Trick::LoseAnswersThenAll => return Ok(()),
            Trick::LoseAnswersThenClose => {
                shared.closed.cancel();
                return Ok(());
            }
            Trick::CutAfter(most) => {
                framed.truncate(most.saturating_sub(sent));
                sent += framed.len();
                client.write_all(&framed).await?;
                if sent >= most {
                    return Ok(());
                }
                continue;
            }
            // That the server answers for the zone itself is no longer said.
            Trick::Change => framed[4] ^= 4,
            Trick::Pass
            | Trick::LoseUpdates(_)
            | Trick::LoseUpdateThenAnswer(_)
            | Trick::AnswerUpdates(_)
            | Trick::Silence => {}
        }
        client.write_all(&framed).await?;
    }
}
