//! What holds the records: an emulated Route 53, or a name server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use e2e::world::{NameServer, Route53, Sidecar};
use e2e::{dns, programs};

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Route53,
    NameServer,
}

/// One that runs.
pub(crate) enum RunningBackend {
    Route53(Route53),
    /// With its zone, and the serial that it had before anything was written.
    NameServer(NameServer, String, u64),
}

impl Backend {
    /// Returns the name of the file that keeps its records between runs.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Route53 => "route53.json",
            Self::NameServer => "name-server.json",
        }
    }

    /// Returns the service and its provider.
    pub(crate) fn programs(self) -> [&'static str; 2] {
        match self {
            Self::Route53 => [programs::ROUTE53, programs::SIDECAR],
            Self::NameServer => [programs::NAME_SERVER, programs::NAME_SERVERS],
        }
    }

    /// Returns what one write is called.
    pub(crate) fn write(self) -> &'static str {
        match self {
            Self::Route53 => "request to Route 53",
            Self::NameServer => "update of the name server",
        }
    }
}

impl RunningBackend {
    /// Starts it, and its provider; `log` tells where the log of a program goes.
    pub(crate) async fn start(
        kind: Backend,
        zone: &str,
        state: &Path,
        log: impl Fn(&str) -> Option<PathBuf>,
    ) -> anyhow::Result<(Self, Sidecar)> {
        let [service, provider] = kind.programs();
        match kind {
            Backend::Route53 => {
                let route53 = Route53::start(zone, Some(state), log(service))?;
                let sidecar = Sidecar::start(&route53, &[], log(provider))?;
                Ok((Self::Route53(route53), sidecar))
            }
            Backend::NameServer => {
                let server = NameServer::start(zone, state, log(service))?;
                let before = serial(server.dns, zone).await?;
                let sidecar = server.provider(zone, log(provider))?;
                Ok((Self::NameServer(server, zone.to_owned(), before), sidecar))
            }
        }
    }

    /// Returns where it answers DNS.
    pub(crate) fn dns(&self) -> SocketAddr {
        match self {
            Self::Route53(route53) => route53.dns,
            Self::NameServer(server, ..) => server.dns,
        }
    }

    /// Returns how often it was written since it was started.
    pub(crate) async fn writes(&self) -> anyhow::Result<u64> {
        match self {
            Self::Route53(route53) => {
                Ok(route53.calls("ChangeResourceRecordSets").await?.len() as u64)
            }
            Self::NameServer(server, zone, before) => {
                Ok(serial(server.dns, zone).await?.saturating_sub(*before))
            }
        }
    }
}

/// Returns the serial of a zone, which every update raises by one.
async fn serial(server: SocketAddr, zone: &str) -> anyhow::Result<u64> {
    let answers = dns::query(server, zone, "SOA").await?;
    let serial = answers.first().and_then(|soa| soa.split(' ').nth(2)).context("no SOA record")?;
    Ok(serial.parse()?)
}
