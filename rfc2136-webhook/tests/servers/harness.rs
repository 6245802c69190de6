//! Name servers in folders of their own, and a provider of their zones.

mod config;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{Applied, Changes, Endpoint, Provider as _, RecordType};
use rfc2136_webhook::exchange::{Address, Exchange, Question, system_clock};
use rfc2136_webhook::fault::Operation;
use rfc2136_webhook::message::Request;
use rfc2136_webhook::metrics::Metrics;
use rfc2136_webhook::name;
use rfc2136_webhook::provider::{Rfc2136, Zoned};
use rfc2136_webhook::tsig::{Algorithm, Key};
use rfc2136_webhook::update::Ttls;
use rfc2136_webhook::writes::Settings;
use rfc2136_webhook::zone::{Zone, ZoneConfig};
use tempfile::TempDir;
use tokio::time::Instant;

/// The key that may do everything.
pub(crate) const KEY: &str = "home";
/// Its secret.
pub(crate) const SECRET: &str = "uZ0WlQ1gW0x5y0Vb8rJrT6T1u7lQm0q9m8oWf2mP0aE=";

/// How long a server may take to start, however busy the machine is.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Which name server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bind,
    Knot,
    PowerDns,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Bind, Self::Knot, Self::PowerDns];

    /// Returns the programs without which it cannot be tried.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Bind => &["named", "rndc", "nsupdate"],
            Self::Knot => &["knotd", "knotc", "nsupdate"],
            Self::PowerDns => &["pdns_server", "pdnsutil", "sqlite3", "nsupdate"],
        }
    }
}

/// A name server that runs, with its zones.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) control_port: u16,
    pub(crate) folder: TempDir,
    child: Option<Child>,
    zones: Vec<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Tells whether a program is there.
fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// Returns a command with the folders of servers in its path.
pub(crate) fn command(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin:/sbin"));
    command
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Starts a server with zones that have nothing but their own records; `None` when it is not
    /// installed.
    pub(crate) async fn start(kind: Kind, zones: &[&str]) -> Option<Self> {
        Self::start_with(kind, zones, |_| {}).await
    }

    /// Starts a server as [`start`](Self::start) does, after `prepare` has written more files for it;
    /// with `tls.crt` and `tls.key` BIND speaks TLS, too, and with `clients.crt` to clients alone that show
    /// a certificate by that authority.
    pub(crate) async fn start_with(
        kind: Kind,
        zones: &[&str],
        prepare: impl FnOnce(&Self),
    ) -> Option<Self> {
        let missing: Vec<_> =
            kind.programs().iter().filter(|program| !is_installed(program)).collect();
        if !missing.is_empty() {
            assert!(std::env::var_os("CI").is_none(), "{kind:?} needs {missing:?}");
            eprintln!("SKIPPED: {kind:?} needs {missing:?}, which are not installed");
            return None;
        }
        let mut server = Self {
            kind,
            port: free_port(),
            tls_port: free_port(),
            control_port: free_port(),
            folder: tempfile::tempdir().unwrap(),
            child: None,
            zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        };
        prepare(&server);
        config::write(&server, zones);
        server.run().await;
        Some(server)
    }

    /// Starts every server that is installed.
    pub(crate) async fn all(zones: &[&str]) -> Vec<Self> {
        let mut servers = Vec::new();
        for kind in Kind::ALL {
            servers.extend(Self::start(kind, zones).await);
        }
        servers
    }

    /// Runs the server, and waits until it answers for each zone.
    pub(crate) async fn run(&mut self) {
        let log = std::fs::File::create(self.path("server.log")).unwrap();
        let child = config::command(self)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        for zone in &self.zones {
            let request = Request::question(name::parse(zone).unwrap(), 6);
            while self.ask(&request).await.is_err() {
                let ended = self.child.as_mut().unwrap().try_wait().unwrap();
                assert!(ended.is_none() && begun.elapsed() < DEADLINE, "{}", self.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Ends the server at once.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Puts a zone back to what it was at the start; the server does not run.
    pub(crate) fn restore(&self, zone: &str) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "jnl") {
                std::fs::remove_file(path).unwrap();
            } else if path.ends_with("journal") || path.ends_with("timers") {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
        config::write_zone(self, zone);
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    pub(crate) fn address(&self) -> Address {
        Address { host: "127.0.0.1".to_owned(), port: self.port }
    }

    /// Returns where it speaks TLS.
    pub(crate) fn tls_address(&self) -> Address {
        Address { host: "127.0.0.1".to_owned(), port: self.tls_port }
    }

    async fn ask(
        &self,
        request: &Request,
    ) -> Result<rfc2136_webhook::message::Response, rfc2136_webhook::fault::Fault> {
        let key = key(KEY, SECRET);
        let address = self.address();
        let question =
            Question { server: &address, key: Some(&key), operation: Operation::Serial, request };
        exchange().one(question).await
    }

    /// Returns the version of a zone.
    pub(crate) async fn serial(&self, zone: &str) -> u32 {
        self.zone(zone, KEY, SECRET).serial().await.unwrap()
    }

    /// Returns what a resolver would be told, as sorted texts.
    pub(crate) async fn answers(&self, name: &str, record_type: &str) -> Vec<String> {
        let record_type = RecordType::from(record_type);
        let code = rfc2136_webhook::record_type::code(&record_type).unwrap();
        let request = Request::question(name::parse(name).unwrap(), code);
        let Ok(response) = self.ask(&request).await else { return Vec::new() };
        let values = response.answers.iter().filter(|record| record.record_type == code);
        let mut texts: Vec<_> = values
            .map(|record| rfc2136_webhook::rdata::to_text(&record_type, &record.data).unwrap())
            .collect();
        texts.sort();
        texts
    }

    /// Changes a zone as another client would, by `nsupdate`.
    pub(crate) fn nsupdate(&self, zone: &str, lines: &[&str]) {
        let mut child = command("nsupdate")
            .args(["-v", "-y", &format!("hmac-sha256:{KEY}:{SECRET}")])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let script =
            format!("server 127.0.0.1 {}\nzone {zone}\n{}\nsend\n", self.port, lines.join("\n"));
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
    }

    /// Returns a provider of the zones of this server.
    pub(crate) fn provider(&self) -> Arc<Rfc2136> {
        let zones = self.zones.iter().map(|zone| self.zone(zone, KEY, SECRET)).collect();
        provider(zones)
    }

    /// Returns one zone of this server, reached by a key.
    pub(crate) fn zone(&self, zone: &str, key_name: &str, secret: &str) -> Zone {
        zone_at(zone, vec![self.address()], Some(key(key_name, secret)), exchange())
    }

    pub(crate) fn run_tool(&self, program: &str, arguments: &[&str]) {
        let output = command(program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {said}\n{}", self.log());
    }
}

pub(crate) fn key(name: &str, secret: &str) -> Key {
    Key::new(name, Algorithm::HmacSha256, secret).unwrap()
}

pub(crate) fn exchange() -> Exchange {
    Exchange {
        timeout: Duration::from_secs(30),
        deadline: Duration::from_mins(2),
        clock: system_clock,
        tls: None,
        observer: Arc::new(|_| {}),
    }
}

pub(crate) fn zone_at(
    name: &str,
    servers: Vec<Address>,
    key: Option<Key>,
    exchange: Exchange,
) -> Zone {
    let config = ZoneConfig {
        id: name.to_owned(),
        name: name::parse(name).unwrap(),
        servers,
        key: key.map(Arc::new),
        unsigned_transfer: false,
    };
    Zone::new(config, exchange, None)
}

pub(crate) fn provider(zones: Vec<Zone>) -> Arc<Rfc2136> {
    provider_of(zones, 50)
}

/// Returns a provider that writes so many changes in one message.
pub(crate) fn provider_of(zones: impl Into<Vec<Zone>>, most_changes: usize) -> Arc<Rfc2136> {
    Arc::new(Rfc2136::new(zones.into(), settings(most_changes), Metrics::default()))
}

pub(crate) fn settings(most_changes: usize) -> Settings {
    Settings { ttls: Ttls { unsaid: 300, least: 0 }, most_changes, dry_run: false }
}

/// Desires record sets in their zones, as a controller does, and returns them as they were adjusted.
pub(crate) async fn adjusted(provider: &Arc<Rfc2136>, desired: Vec<Endpoint>) -> Vec<Endpoint> {
    let adjusted = Zoned(Arc::clone(provider)).adjust(desired).await.unwrap();
    assert_eq!(adjusted.refused, []);
    adjusted.endpoints
}

pub(crate) async fn apply(provider: &Arc<Rfc2136>, changes: Changes) -> Applied {
    Zoned(Arc::clone(provider)).apply(changes).await.unwrap()
}

pub(crate) async fn listed(provider: &Arc<Rfc2136>) -> Vec<Endpoint> {
    Zoned(Arc::clone(provider)).records().await.unwrap()
}

/// Returns `name type target,target ttl` of each record set.
pub(crate) fn told(endpoints: &[Endpoint]) -> Vec<String> {
    let mut told: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            let targets: Vec<_> = endpoint.targets.iter().collect();
            let ttl = endpoint.ttl.map_or(0, external_dns_webhook::Ttl::seconds);
            format!("{} {} {} {ttl}", endpoint.dns_name, endpoint.record_type, targets.join(","))
        })
        .collect();
    told.sort();
    told
}

pub(crate) fn write_file(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
