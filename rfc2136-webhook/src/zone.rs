//! One zone: where it is, what is known of it, and how that is kept true.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use daemon::chain;
use external_dns_webhook::{DnsName, ZoneId};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::exchange::{Address, Exchange, Question};
use crate::fault::{Fault, Operation};
use crate::group::Group;
use crate::message::{self, Request, ResourceRecord, Response};
use crate::name::{self, Name};
use crate::record_type::{ANY, SOA, TXT};
use crate::snapshot::{Snapshot, is_older, serial};
use crate::transfer::{self, Transfer, Transferred};
use crate::tsig::Key;

/// A name that is not there.
const PROBE: &str = "signpost-permission-check";

/// What is said of a zone on the command line.
#[derive(Clone, Debug)]
pub struct ZoneConfig {
    /// Its name; with `@VIEW` behind it where several servers or views have zones of one name.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Its servers, the best first.
    pub servers: Vec<Address>,
    /// The key by which requests are signed; `None` when they are not.
    pub key: Option<Arc<Key>>,
    /// Whether transfers are asked for without a signature.
    pub unsigned_transfer: bool,
}

/// What was transferred this long ago is new, however often it is wanted.
const NEW: Duration = Duration::from_secs(10);

/// One zone.
#[derive(Debug)]
pub struct Zone {
    /// What is said of it.
    pub config: ZoneConfig,
    /// Its identifier on the wire of the protocol.
    pub id: ZoneId,
    /// Its name, as the protocol has it.
    pub dns_name: DnsName,
    exchange: Exchange,
    /// Most time between two transfers, however long the serial stands; `None` for no limit.
    full_read_interval: Option<Duration>,
    state: Mutex<State>,
    /// The server that took the last update, by its place in the list; the first before any did.
    primary: AtomicUsize,
    summary: std::sync::Mutex<Summary>,
    /// Whose changes the servers refused when they took none at all.
    refused: std::sync::Mutex<BTreeSet<String>>,
}

/// What is known of a zone.
#[derive(Debug, Default)]
pub struct State {
    /// Its records; `None` before they were read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Where they were read, an index of the servers.
    read_from: usize,
    /// When they were last transferred as a whole.
    transferred_at: Option<Instant>,
    /// Whether an update has shown that what is known is not what the zone has.
    is_invalid: bool,
}

/// What metrics and readiness say of a zone.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The serial that is known; `None` before the first read.
    pub serial: Option<u32>,
    /// How many record sets it has.
    pub records: usize,
    /// When it was last known to be true.
    pub confirmed_at: Option<Instant>,
    /// Why it cannot be used; `None` when it can.
    pub problem: Option<String>,
    /// How often its serial went back.
    pub serial_went_back: u64,
    /// How often its records changed, as far as was seen.
    pub generation: u64,
}

impl Zone {
    /// Returns a zone of which nothing is known yet.
    pub fn new(
        config: ZoneConfig,
        exchange: Exchange,
        full_read_interval: Option<Duration>,
    ) -> Self {
        let id = ZoneId::from(config.id.as_str());
        let dns_name = DnsName::from(name::to_text(&config.name));
        Self {
            config,
            id,
            dns_name,
            exchange,
            full_read_interval,
            state: Mutex::default(),
            primary: AtomicUsize::new(0),
            summary: std::sync::Mutex::default(),
            refused: std::sync::Mutex::default(),
        }
    }

    /// Returns what metrics and readiness say of it.
    pub fn summary(&self) -> Summary {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns its records as they were last known, without a request and without waiting; `None`
    /// before they were read, and while they are being read or written.
    pub fn known(&self) -> Option<Arc<Snapshot>> {
        self.state.try_lock().ok()?.snapshot.clone()
    }

    /// Returns its records as they are now, for as long as the answer lives: nothing else in this
    /// process reads or writes meanwhile.
    ///
    /// There is no transfer while the serial stands.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the best server when none of them can be read.
    pub async fn read(&self) -> Result<LockedZone<'_>, Fault> {
        let mut state = self.state.lock().await;
        let result = self.refresh(&mut state).await;
        self.with_summary(|summary| match &result {
            Ok(snapshot) => {
                if summary.problem.take().is_some() {
                    tracing::info!(zone = self.config.id, "The zone can be used again");
                }
                summary.serial = Some(snapshot.serial);
                summary.records = snapshot.len();
                summary.confirmed_at = Some(Instant::now());
            }
            Err(fault) => {
                let problem = chain(fault);
                if summary.problem.as_ref() != Some(&problem) {
                    tracing::error!(
                        zone = self.config.id,
                        error = problem,
                        "The zone cannot be used"
                    );
                }
                summary.problem = Some(problem);
            }
        });
        result.map(|snapshot| LockedZone { snapshot, state })
    }

    /// Has all of it transferred before the next answer, unless that was done a moment ago: a serial that
    /// stands says nothing on a server that forgets to count.
    pub async fn want_anew(&self) {
        let mut state = self.state.lock().await;
        if state.transferred_at.is_some_and(|at| at.elapsed() >= NEW) {
            state.is_invalid = true;
        }
    }

    /// Remembers whose changes were refused by themselves while nothing else was taken either.
    pub fn refused_alone<'a>(&self, about: impl Iterator<Item = &'a str>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.extend(about.map(str::to_owned));
    }

    /// Puts last what was refused by itself in the write before, so that it does not keep others from
    /// being tried, and forgets it.
    pub fn refused_last(&self, groups: VecDeque<Group>) -> VecDeque<Group> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = std::mem::take(&mut *refused);
        let (last, first): (VecDeque<_>, VecDeque<_>) =
            groups.into_iter().partition(|group| refused.contains(group.about.as_str()));
        first.into_iter().chain(last).collect()
    }

    fn with_summary(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Makes what is known true, by the best server that can be read.
    async fn refresh(&self, state: &mut State) -> Result<Arc<Snapshot>, Fault> {
        let before = state.snapshot.clone();
        let snapshot = self.refresh_from_any(state).await?;
        if before.is_none_or(|before| !Arc::ptr_eq(&before, &snapshot)) {
            self.with_summary(|summary| summary.generation += 1);
        }
        Ok(snapshot)
    }

    async fn refresh_from_any(&self, state: &mut State) -> Result<Arc<Snapshot>, Fault> {
        let mut first = None;
        for (index, server) in self.config.servers.iter().enumerate() {
            match self.refresh_from(state, index, server).await {
                Ok(snapshot) => {
                    if index != state.read_from {
                        tracing::warn!(zone = self.config.id, server = %server, "Reading from another server");
                    }
                    state.read_from = index;
                    state.snapshot = Some(Arc::clone(&snapshot));
                    return Ok(snapshot);
                }
                Err(fault) if fault.is_of_server() => {
                    tracing::debug!(
                        zone = self.config.id,
                        error = chain(&fault),
                        "A server cannot be read"
                    );
                    first.get_or_insert(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(first.unwrap_or_else(|| no_server(&self.config.id)))
    }

    async fn refresh_from(
        &self,
        state: &mut State,
        index: usize,
        server: &Address,
    ) -> Result<Arc<Snapshot>, Fault> {
        let now = self.serial_on(server).await?;
        let is_due = self
            .full_read_interval
            .is_some_and(|interval| state.transferred_at.is_none_or(|at| at.elapsed() >= interval));
        let is_same_server = index == state.read_from;
        if let Some(known) = &state.snapshot
            && is_older(now, known.serial)
        {
            // What updates go to is the truth, whatever others have seen of it before.
            if !is_same_server && index != self.primary.load(Ordering::Relaxed) {
                let from = self.config.servers.get(state.read_from);
                return Err(Fault::Behind {
                    server: server.to_string(),
                    zone: self.config.id.clone(),
                    serial: now,
                    known: known.serial,
                    from: from.map(ToString::to_string).unwrap_or_default(),
                });
            }
            tracing::warn!(
                zone = self.config.id,
                server = %server,
                serial = now,
                before = known.serial,
                "The serial went back, as when a zone is restored; reading all of it"
            );
            self.with_summary(|summary| summary.serial_went_back += 1);
            return self.transfer(state, server).await;
        }
        // A serial means something on the server that it comes from: several primaries count each
        // for itself.
        let is_true = is_same_server && !is_due && !state.is_invalid;
        let known = state.snapshot.clone().filter(|_| is_true);
        match known {
            Some(known) if known.serial == now => Ok(known),
            Some(known) => match self.incremental(server, &known).await {
                Some(snapshot) => Ok(snapshot),
                None => self.transfer(state, server).await,
            },
            None => self.transfer(state, server).await,
        }
    }

    /// Returns the zone's version on a server.
    async fn serial_on(&self, server: &Address) -> Result<u32, Fault> {
        let request = Request::question(self.config.name.clone(), SOA);
        let operation = Operation::Serial;
        let question = self.question(server, operation, &request);
        let response = self.exchange.one(question).await?;
        let found = response.answers.iter().find(|record| record.name == self.config.name);
        let garbled = |what: &str| Fault::Garbled {
            server: server.to_string(),
            operation,
            what: what.to_owned(),
        };
        match found.and_then(serial) {
            Some(_) if !response.is_authoritative => {
                Err(garbled("it does not answer for the zone itself; name a server that has it"))
            }
            Some(serial) => Ok(serial),
            None => Err(garbled(
                "it has no SOA record, so the server has no such zone; check the name of the zone",
            )),
        }
    }

    /// Returns the zone as what changed in it makes it; `None` when only a whole transfer will do.
    async fn incremental(&self, server: &Address, known: &Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let request = transfer::incremental(self.config.name.clone(), known);
        let mut transfer = Transfer::new(self.config.name.clone(), Some(Snapshot::clone(known)));
        let question = self.question(server, Operation::IncrementalTransfer, &request);
        if let Err(fault) = self.exchange.send(question, &mut transfer).await {
            let error = chain(&fault);
            tracing::debug!(
                zone = self.config.id,
                error,
                "Reading the whole zone instead of what changed"
            );
            return None;
        }
        match transfer.outcome() {
            Transferred::Zone(snapshot) => Some(Arc::new(snapshot)),
            Transferred::Unchanged => Some(Arc::clone(known)),
            Transferred::TooOld => None,
        }
    }

    async fn transfer(&self, state: &mut State, server: &Address) -> Result<Arc<Snapshot>, Fault> {
        let request = transfer::whole(self.config.name.clone());
        let mut transfer = Transfer::new(self.config.name.clone(), None);
        let operation = Operation::Transfer;
        let question = self.question(server, operation, &request);
        self.exchange.send(question, &mut transfer).await?;
        match transfer.outcome() {
            Transferred::Zone(snapshot) => {
                state.transferred_at = Some(Instant::now());
                state.is_invalid = false;
                Ok(Arc::new(snapshot))
            }
            Transferred::Unchanged | Transferred::TooOld => {
                Err(Fault::Cut { server: server.to_string(), operation, source: None })
            }
        }
    }

    /// Sends an update to the best server that takes it.
    ///
    /// # Errors
    ///
    /// Returns an error when it was not done, or when that is not known.
    pub async fn update(&self, request: &Request) -> Result<Response, NotUpdated> {
        let mut first = None;
        for (index, server) in self.config.servers.iter().enumerate() {
            let question = self.question(server, Operation::Update, request);
            let fault = match self.exchange.one(question).await {
                Ok(response) => {
                    self.primary.store(index, Ordering::Relaxed);
                    return Ok(response);
                }
                Err(fault) => NotUpdated { server: index, fault },
            };
            // It may have been done: what to do next is decided after reading.
            if fault.fault.is_unconfirmed() || !fault.fault.is_of_server() {
                return Err(fault);
            }
            first.get_or_insert(fault);
        }
        Err(first.unwrap_or_else(|| NotUpdated { server: 0, fault: no_server(&self.config.id) }))
    }

    /// Returns the zone's version on its best server.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with that server.
    pub async fn serial(&self) -> Result<u32, Fault> {
        match self.config.servers.first() {
            Some(server) => self.serial_on(server).await,
            None => Err(no_server(&self.config.id)),
        }
    }

    /// Asks for an update that does nothing, which is refused only to clients that may not update.
    ///
    /// It takes away the text of a name that is not there, provided that it is not there.
    ///
    /// # Errors
    ///
    /// Returns an error when updates are not taken.
    pub async fn update_nothing(&self) -> Result<(), Fault> {
        let name = self.config.name.prepend_label(PROBE).unwrap_or_default();
        let mut request = Request::update(self.config.name.clone());
        request.prerequisites.push(ResourceRecord::empty(name.clone(), ANY, message::NONE));
        request.authority.push(ResourceRecord::empty(name, TXT, message::ANY));
        match self.update(&request).await {
            Ok(_) => Ok(()),
            Err(NotUpdated { fault: Fault::Refused { code, .. }, .. })
                if code.is_prerequisite() =>
            {
                Ok(())
            }
            Err(NotUpdated { fault, .. }) => Err(fault),
        }
    }

    /// Returns the zone once for each of its servers, with that server alone.
    pub fn by_server(&self) -> Vec<Self> {
        let only = |server: &Address| {
            let config = ZoneConfig { servers: vec![server.clone()], ..self.config.clone() };
            Self::new(config, self.exchange.clone(), None)
        };
        self.config.servers.iter().map(only).collect()
    }

    fn question<'a>(
        &'a self,
        server: &'a Address,
        operation: Operation,
        request: &'a Request,
    ) -> Question<'a> {
        let is_transfer = match operation {
            Operation::Transfer | Operation::IncrementalTransfer => true,
            Operation::Serial | Operation::Update => false,
        };
        let key = self.config.key.as_deref();
        let key = key.filter(|_| !(is_transfer && self.config.unsigned_transfer));
        Question { server, key, operation, request }
    }
}

fn no_server(zone: &str) -> Fault {
    Fault::Unreachable {
        server: format!("zone `{zone}`"),
        source: std::io::Error::other("it has no server"),
    }
}

/// Why an update was not done, or why that is not known.
#[derive(Debug)]
pub struct NotUpdated {
    /// The server that this is about, by its place in the zone's list.
    pub server: usize,
    /// What was wrong.
    pub fault: Fault,
}

/// A zone's records, and the right to be the only task that reads and writes it.
pub struct LockedZone<'a> {
    /// Its records.
    pub snapshot: Arc<Snapshot>,
    state: MutexGuard<'a, State>,
}

impl LockedZone<'_> {
    /// Returns the server that the records were read from, by its place in the zone's list.
    pub fn read_from(&self) -> usize {
        self.state.read_from
    }

    /// Reads the zone again, and keeps it locked.
    ///
    /// # Errors
    ///
    /// As [`Zone::read`].
    pub async fn again(&mut self, zone: &Zone) -> Result<(), Fault> {
        self.snapshot = zone.refresh(&mut self.state).await?;
        Ok(())
    }

    /// Reads the whole zone again even when its serial stands, and keeps it locked.
    ///
    /// # Errors
    ///
    /// As [`Zone::read`].
    pub async fn anew(&mut self, zone: &Zone) -> Result<(), Fault> {
        self.state.is_invalid = true;
        self.again(zone).await
    }
}
