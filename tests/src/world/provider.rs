//! What answers for the names of a world: a provider that fails on demand, or the real sidecar.

use external_dns_webhook::{Endpoint, Provider};
use serde_json::{Value, json};

use super::{Route53, Sidecar};
use crate::faulty::Faulty;

/// A provider behind a socket.
pub trait Webhook {
    /// Returns where it listens: `http://127.0.0.1:PORT`.
    fn url(&self) -> String;
}

/// The real sidecar, on a Route 53 with the zone `example.com`.
#[derive(Debug)]
pub struct Route53Webhook {
    /// The Route 53 behind it.
    pub route53: Route53,
    /// The sidecar, which runs or has ended.
    pub sidecar: Sidecar,
    flags: Vec<String>,
}

impl Route53Webhook {
    /// Starts it with these flags, on a zone that has these record sets.
    pub async fn start(record_sets: &[Value], flags: &[&str]) -> Self {
        let route53 = Route53::start("example.com", None, None).unwrap();
        route53.put("example.com", &json!(record_sets)).await.unwrap();
        let sidecar = Sidecar::start(&route53, flags, None).unwrap();
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self { route53, sidecar, flags }
    }

    /// Starts the sidecar again where it was, after it was killed or has ended.
    pub fn restart(&mut self) {
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let address = self.sidecar.address().to_owned();
        self.sidecar = Sidecar::listening(&self.route53, &address, &flags, None).unwrap();
    }

    /// Returns what the sidecar lists; nothing when it does not answer.
    pub async fn records(&self) -> Vec<Endpoint> {
        self.sidecar.records().await.unwrap_or_default()
    }

    /// Returns how often its zones were written to.
    pub async fn writes(&self) -> usize {
        self.route53.calls("ChangeResourceRecordSets").await.unwrap().len()
    }
}

impl<P: Provider> Webhook for Faulty<P> {
    fn url(&self) -> String {
        Self::url(self)
    }
}

impl Webhook for Route53Webhook {
    fn url(&self) -> String {
        self.sidecar.url.clone()
    }
}
