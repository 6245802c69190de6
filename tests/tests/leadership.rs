//! Two replicas and one Lease: who writes when the leader dies, stops, or is paused.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::cluster::Cluster;
use e2e::kube_apiserver;
use e2e::patience::eventually;
use e2e::world::Controller;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use webhook_api::memory::Memory;
use webhook_api::{
    Adjusted, Applied, Changes, Endpoint, Negotiation, Provider, ProviderError, RecordType, server,
};

const LEASE: Duration = Duration::from_secs(3);

/// How long nobody may write after the leader is gone.
const GAP: Duration = LEASE.saturating_add(Duration::from_secs(2));

/// A write: who, when, and the number that was written.
#[derive(Clone, Copy, Debug)]
struct Write {
    replica: usize,
    at: Instant,
    number: u32,
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
        let written = changes.create.iter().chain(changes.update.iter().map(|it| &it.new));
        for endpoint in written.filter(|it| it.record_type == RecordType::A) {
            let address: std::net::Ipv4Addr =
                endpoint.targets.iter().next().unwrap().parse().unwrap();
            let write =
                Write { replica: self.replica, at: Instant::now(), number: address.to_bits() };
            self.log.lock().unwrap().push(write);
        }
        self.memory.apply(changes).await
    }
}

struct World {
    cluster: Cluster,
    namespace: &'static str,
    log: Log,
    replicas: Vec<Controller>,
    number: u32,
    /// They end with the world.
    sidecars: JoinSet<()>,
}

impl World {
    /// Starts two replicas in every cluster there is on this machine; the first of them leads.
    async fn everywhere(namespace: &'static str) -> Vec<Self> {
        let mut worlds = vec![Self::new(Cluster::emulated().await.unwrap(), namespace).await];
        if let Some(server) = kube_apiserver::shared().await.unwrap() {
            let cluster = Cluster::at(&server.kubeconfig).await.unwrap();
            worlds.push(Self::new(cluster, namespace).await);
        }
        worlds
    }

    async fn new(cluster: Cluster, namespace: &'static str) -> Self {
        cluster.namespace(namespace).await.unwrap();
        let (memory, log) = (Arc::new(Memory::holding(Vec::new())), Log::default());
        let mut world = Self {
            cluster,
            namespace,
            log,
            replicas: Vec::new(),
            number: u32::from(std::net::Ipv4Addr::new(10, 0, 0, 0)),
            sidecars: JoinSet::new(),
        };
        world.change().await;
        for replica in 0..2 {
            let provider =
                Recorded { replica, memory: Arc::clone(&memory), log: Arc::clone(&world.log) };
            let router = server::router(Arc::new(provider), server::Options::default());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            world.sidecars.spawn(async move { drop(axum::serve(listener, router).await) });
            let kubeconfig = format!("--kubeconfig={}", world.cluster.kubeconfig.display());
            let lease = format!("--leader-elect-lease-duration={}s", LEASE.as_secs());
            let only = format!("--namespace={namespace}");
            let place = format!("--leader-elect-namespace={namespace}");
            let arguments = [
                "--source=service",
                "--txt-owner-id=me",
                "--interval=1s",
                "--leader-elect",
                &lease,
                &only,
                &place,
                &kubeconfig,
            ];
            let controller = Controller::start(&url, &arguments, None).unwrap();
            let ready = || async { controller.ready().await.unwrap().0 };
            eventually("readiness, of the one that stands by, too", ready, |it| *it).await;
            world.replicas.push(controller);
        }
        world
    }

    /// Asks for the next number.
    async fn change(&mut self) {
        self.number += 1;
        let service = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "web",
                "annotations": { "external-dns.kubernetes.io/hostname": "web.example.com" },
            },
            "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
            "status": { "loadBalancer": { "ingress": [
                { "ip": std::net::Ipv4Addr::from(self.number).to_string() },
            ] } },
        });
        self.cluster.apply(&service, self.namespace).await.unwrap();
    }

    /// Changes the object until `replica` has written, and returns its first write from now on.
    async fn until_written_by(&mut self, replica: usize) -> Write {
        let from = self.log.lock().unwrap().len();
        for _ in 0..300 {
            self.change().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let log = self.log.lock().unwrap();
            if let Some(write) = log.iter().skip(from).find(|it| it.replica == replica) {
                return *write;
            }
        }
        unreachable!("replica {replica} never writes");
    }

    /// Returns the replica that leads at first.
    fn leader(&mut self) -> &mut Controller {
        self.replicas.first_mut().unwrap()
    }

    fn writes(&self) -> Vec<Write> {
        self.log.lock().unwrap().clone()
    }
}

/// Asserts that numbers were written in the order in which they were asked for, each once.
fn assert_in_order(writes: &[Write]) {
    for pair in writes.windows(2) {
        let [before, after] = pair else { continue };
        assert!(before.number < after.number, "out of order or twice: {pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_is_followed_within_its_lease() {
    for mut world in World::everywhere("leader-killed").await {
        world.until_written_by(0).await;
        let killed = Instant::now();
        world.leader().process.kill();
        let first = world.until_written_by(1).await;
        assert!(first.at - killed < GAP, "nobody wrote for {:?}", first.at - killed);
        let writes = world.writes();
        assert_in_order(&writes);
        let handed_over = writes.iter().skip_while(|it| it.replica == 0);
        assert!(handed_over.clone().all(|it| it.replica == 1), "{writes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_paused_does_not_write_behind_its_successor() {
    for mut world in World::everywhere("leader-paused").await {
        world.until_written_by(0).await;
        let paused = Instant::now();
        world.leader().process.signal("STOP").unwrap();
        let first = world.until_written_by(1).await;
        assert!(first.at - paused < GAP, "nobody wrote for {:?}", first.at - paused);
        world.leader().process.signal("CONT").unwrap();
        // It wakes up with changes to make and a lease that it held when it fell asleep.
        for _ in 0..20 {
            world.change().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let paused_one = world.replicas.first().unwrap();
        let back = || async { paused_one.ready().await.unwrap().0 };
        eventually("it stands by", back, |it| *it).await;
        let writes = world.writes();
        assert_in_order(&writes);
        let since: Vec<_> = writes.iter().filter(|it| it.at > paused).collect();
        assert!(since.iter().all(|it| it.replica == 1), "{since:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_told_to_stop_hands_over_at_once() {
    for mut world in World::everywhere("leader-stopped").await {
        world.until_written_by(0).await;
        let leader = &mut world.leader().process;
        leader.signal("TERM").unwrap();
        assert!(leader.wait().unwrap().success(), "{}", leader.log());
        let stopped = Instant::now();
        let first = world.until_written_by(1).await;
        assert!(first.at - stopped < LEASE, "the lease was waited for: {:?}", first.at - stopped);
        assert_in_order(&world.writes());
    }
}
