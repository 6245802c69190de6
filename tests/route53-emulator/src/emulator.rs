//! A running emulator: its sockets, its tasks, and what its owner may ask of it directly.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::{JoinError, JoinSet};

use crate::account::{Account, Settings};
use crate::calls::LoggedCall;
use crate::dns;
use crate::error::ApiError;
use crate::faults::{Fault, Faults};
use crate::name::Name;
use crate::options::Options;
use crate::server::{self, Inner, Shared};
use crate::shape::{Change, ResourceRecordSet};
use crate::state::{self, Snapshot, StateError};
use crate::throttle::Throttle;
use crate::validate::Quota;
use crate::validate::alias::AliasZones;

/// A running emulator; dropping it closes every socket and connection.
///
/// What its owner changes directly stands in the state file after the next call that changes something.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    dns_address: Option<SocketAddr>,
    tasks: JoinSet<()>,
}

/// A zone, as far as its owner needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneSummary {
    /// The name with its trailing dot, escaped.
    pub name: String,
    /// The id without `/hostedzone/`.
    pub id: String,
    /// Whether only VPCs see it.
    pub private: bool,
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken or not ours.
    #[error("failed to listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The rate lets nothing through.
    #[error("a rate of {0} requests per second is not above zero")]
    Rate(f64),
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Emulator {
    /// Starts an emulator on the current runtime; it serves once this returns.
    ///
    /// # Errors
    ///
    /// When an address cannot be listened on, or the state file cannot be read or written.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options {
            listen,
            dns,
            zones,
            insync_delay,
            rate,
            faults,
            state_file,
            max_record_sets,
            alias_zones: more_alias_zones,
        } = options;
        if let Some(rate) = rate
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(StartError::Rate(rate));
        }
        let mut alias_zones = AliasZones::default();
        for zone in more_alias_zones {
            alias_zones.add(&zone.id, zone.suffix);
        }
        let mut account = Account::new(Settings { insync_delay, max_record_sets, alias_zones });
        if let Some(path) = &state_file
            && let Some(snapshot) = state::load(path)?
        {
            account.restore(snapshot)?;
        }
        for zone in zones {
            let exists = account.zones.values().any(|existing| match &zone.id {
                Some(id) => existing.id == *id,
                None => existing.name == zone.name && existing.private == zone.private,
            });
            if !exists {
                account.add_zone(zone.name, zone.private, zone.id);
            }
        }
        let inner = Inner::new(account, Faults::new(faults), Throttle::new(rate));
        let shared = Arc::new(Shared::new(inner, state_file));
        // An unwritable state file shows itself now, not at the first change.
        shared.save(&shared.lock())?;

        let failed = |address| move |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(listen).await.map_err(failed(listen))?;
        let address = listener.local_addr().map_err(failed(listen))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(listener, Arc::clone(&shared)));
        let dns_address = match dns {
            None => None,
            Some(wanted) => {
                let (udp, tcp) = bind_dns(wanted).await.map_err(failed(wanted))?;
                let bound = udp.local_addr().map_err(failed(wanted))?;
                tasks.spawn(dns::serve_udp(udp, Arc::clone(&shared)));
                tasks.spawn(dns::serve_tcp(tcp, Arc::clone(&shared)));
                Some(bound)
            }
        };
        Ok(Self { shared, address, dns_address, tasks })
    }

    /// Returns the URL to give to `AWS_ENDPOINT_URL_ROUTE_53`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where DNS listens, over UDP and TCP alike; `None` without DNS.
    pub fn dns_addr(&self) -> Option<SocketAddr> {
        self.dns_address
    }

    /// Returns the zones in the order of their ids.
    pub fn zones(&self) -> Vec<ZoneSummary> {
        let inner = self.shared.lock();
        let summarise = |zone: &crate::zone::Zone| ZoneSummary {
            name: zone.name.to_string(),
            id: zone.id.clone(),
            private: zone.private,
        };
        inner.account.zones.values().map(summarise).collect()
    }

    /// Adds a zone with SOA and NS and returns its id.
    pub fn add_zone(&self, name: Name, private: bool) -> String {
        self.shared.lock().account.add_zone(name, private, None)
    }

    /// Removes a zone with everything in it; nothing happens when there is no such zone.
    pub fn remove_zone(&self, zone_id: &str) {
        self.shared.lock().account.zones.remove(zone_id);
    }

    /// Sets one tag of a zone; nothing happens when there is no such zone.
    pub fn tag_zone(&self, zone_id: &str, key: &str, value: &str) {
        if let Ok(zone) = self.shared.lock().account.zone_mut(zone_id) {
            zone.tags.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Registers a health check that record sets may name.
    pub fn add_health_check(&self, id: &str) {
        self.shared.lock().account.health_checks.entry(id.to_owned()).or_default();
    }

    /// Returns every record set of a zone in the order of its lists; empty without such a zone.
    ///
    /// Equal zones give equal lists: names are escaped and in lower case, values are as sent.
    pub fn record_sets(&self, zone_id: &str) -> Vec<ResourceRecordSet> {
        let inner = self.shared.lock();
        inner
            .account
            .zone(zone_id)
            .map(|zone| zone.all().map(Into::into).collect())
            .unwrap_or_default()
    }

    /// Writes record sets as UPSERTs of one batch without the quotas of a request, unlogged.
    ///
    /// No record sets are no batch: nothing happens.
    ///
    /// # Errors
    ///
    /// What the API would answer; nothing has changed then.
    pub fn seed(&self, zone_id: &str, sets: Vec<ResourceRecordSet>) -> Result<(), ApiError> {
        let changes: Vec<_> = sets
            .into_iter()
            .map(|set| Change { action: "UPSERT".to_owned(), resource_record_set: set })
            .collect();
        if changes.is_empty() { Ok(()) } else { self.change(zone_id, &changes) }
    }

    /// Applies a batch as another client would, without the quotas of a request, unlogged.
    ///
    /// # Errors
    ///
    /// What the API would answer; nothing has changed then.
    pub fn change(&self, zone_id: &str, changes: &[Change]) -> Result<(), ApiError> {
        self.shared.lock().account.change(zone_id, changes, Quota::Ignored)
    }

    /// Replaces the faults in force.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.shared.lock().faults = Faults::new(faults);
    }

    /// Replaces the throttle: requests per second and access key; `None` for no limit.
    pub fn set_rate(&self, rate: Option<f64>) {
        self.shared.lock().throttle = Throttle::new(rate);
    }

    /// Returns the latest calls, oldest first.
    pub fn calls(&self) -> Vec<LoggedCall> {
        self.shared.lock().calls.calls().cloned().collect()
    }

    /// Returns how many calls of an operation were made, however they ended.
    pub fn call_count(&self, operation: crate::Operation) -> u64 {
        let inner = self.shared.lock();
        let outcomes = inner.calls.counts().get(&operation.to_string());
        outcomes.map(|outcomes| outcomes.values().sum()).unwrap_or_default()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.shared.lock().calls.clear();
    }

    /// Returns everything held.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::from(&self.shared.lock().account)
    }

    /// Replaces everything held.
    ///
    /// # Errors
    ///
    /// When the snapshot holds a name or record set that is not well formed; nothing has changed then.
    pub fn restore(&self, snapshot: Snapshot) -> Result<(), StateError> {
        self.shared.lock().account.restore(snapshot)
    }

    /// Waits until one of the sockets' tasks ends, which only a defect makes happen.
    ///
    /// # Errors
    ///
    /// The panic that ended it.
    pub async fn ended(&mut self) -> Result<(), JoinError> {
        self.tasks.join_next().await.unwrap_or(Ok(()))
    }
}

/// Binds UDP and TCP to one port; with port 0, to one that is free for both.
async fn bind_dns(address: SocketAddr) -> std::io::Result<(UdpSocket, TcpListener)> {
    // A port that is free for UDP may be taken for TCP; another one soon is not.
    const ATTEMPTS: usize = 20;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let udp = UdpSocket::bind(address).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if address.port() != 0 => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}
