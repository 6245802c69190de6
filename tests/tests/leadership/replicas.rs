//! Replicas of a controller, and the sidecars that record what each of them writes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::manifest;
use e2e::patience::eventually;
use e2e::world::{Controller, Namespace, OWNER, Objects as _};
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{
    Adjusted, Applied, Changes, Endpoint, Negotiation, Provider, ProviderError, RecordType, server,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A write: who, when, and the number that was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) replica: usize,
    pub(crate) at: Instant,
    pub(crate) number: u32,
}

type Log = Arc<Mutex<Vec<Write>>>;

/// The sidecar of one replica; all sidecars have one DNS service behind them.
struct Recorded {
    replica: usize,
    memory: Arc<Memory>,
    log: Log,
}

impl Provider for Recorded {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.memory.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.memory.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.memory.adjust(desired).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let written = changes.create.iter().chain(changes.update.iter().map(|update| &update.new));
        for endpoint in written.filter(|endpoint| endpoint.record_type == RecordType::A) {
            let address: std::net::Ipv4Addr =
                endpoint.targets.iter().next().unwrap().parse().unwrap();
            let write =
                Write { replica: self.replica, at: Instant::now(), number: address.to_bits() };
            self.log.lock().unwrap().push(write);
        }
        self.memory.apply(changes).await
    }
}

/// Replicas in one namespace, and the Service whose address is a number that grows.
pub(crate) struct Replicas {
    objects: Namespace,
    lease: Duration,
    memory: Arc<Memory>,
    log: Log,
    pub(crate) controllers: Vec<Controller>,
    pub(crate) number: u32,
    /// They end with the replicas.
    sidecars: JoinSet<()>,
}

impl Replicas {
    /// Starts two replicas in every cluster there is on this machine; the first of them leads.
    pub(crate) async fn everywhere(namespace: &str, lease: Duration) -> Vec<Self> {
        let mut everywhere = Vec::new();
        for objects in Namespace::everywhere(namespace).await {
            everywhere.push(Self::start(objects, lease).await);
        }
        everywhere
    }

    async fn start(objects: Namespace, lease: Duration) -> Self {
        let mut replicas = Self {
            objects,
            lease,
            memory: Arc::new(Memory::holding(Vec::new())),
            log: Log::default(),
            controllers: Vec::new(),
            number: u32::from(std::net::Ipv4Addr::new(10, 0, 0, 0)),
            sidecars: JoinSet::new(),
        };
        replicas.change().await;
        for _ in 0..2 {
            replicas.join().await;
        }
        replicas
    }

    /// Starts another replica with a sidecar of its own, and waits until it is ready.
    pub(crate) async fn join(&mut self) {
        let provider = Recorded {
            replica: self.controllers.len(),
            memory: Arc::clone(&self.memory),
            log: Arc::clone(&self.log),
        };
        let router = server::router(Arc::new(provider), server::ServerOptions::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        self.sidecars.spawn(async move { drop(axum::serve(listener, router).await) });
        let lease = format!("--leader-elect-lease-duration={}s", self.lease.as_secs());
        let place = format!("--leader-elect-namespace={}", self.objects.name);
        let objects = self.objects.flags();
        let own = ["--source=service", OWNER, "--interval=1s", "--leader-elect", &lease, &place];
        let arguments: Vec<_> = own.into_iter().chain(objects.iter().map(String::as_str)).collect();
        let controller = Controller::start(&url, &arguments, None).unwrap();
        let ready = || async { controller.ready().await.unwrap().0 };
        eventually("readiness, of the one that stands by, too", ready, |ready| *ready).await;
        self.controllers.push(controller);
    }

    /// Asks for the next number.
    pub(crate) async fn change(&mut self) {
        self.number += 1;
        let address = std::net::Ipv4Addr::from(self.number).to_string();
        self.objects.apply(&manifest::service("web", "web.example.com", &[address])).await;
    }

    /// Changes the object until `replica` has written, and returns its first write from now on.
    pub(crate) async fn until_written_by(&mut self, replica: usize) -> Write {
        let from = self.log.lock().unwrap().len();
        for _ in 0..300 {
            self.change().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let log = self.log.lock().unwrap();
            if let Some(write) = log.iter().skip(from).find(|path| path.replica == replica) {
                return *write;
            }
        }
        unreachable!("replica {replica} never writes");
    }

    /// Returns the replica that leads at first.
    pub(crate) fn leader(&mut self) -> &mut Controller {
        self.controllers.first_mut().unwrap()
    }

    /// Returns where the API of their cluster is.
    pub(crate) fn url(&self) -> &str {
        self.objects.cluster.url()
    }

    pub(crate) fn writes(&self) -> Vec<Write> {
        self.log.lock().unwrap().clone()
    }
}

/// Asserts that numbers were written in the order in which they were asked for, each once.
pub(crate) fn assert_in_order(writes: &[Write]) {
    for pair in writes.windows(2) {
        let [before, after] = pair else { continue };
        assert!(before.number < after.number, "out of order or twice: {pair:?}");
    }
}
