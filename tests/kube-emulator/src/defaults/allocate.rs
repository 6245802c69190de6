//! The addresses and node ports that Services hold.
//!
//! Free ones are given out in order, so two runs of one test see the same numbers. Ranges are the
//! defaults of the real server: 10.96.0.0/12 is kubeadm's, 30000–32767 is [NodePort]'s.
//!
//! [NodePort]: https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::Value;

use crate::json::{items, strings, text};

/// The first address of 10.96.0.0/12 that is given out by itself; 10.96.0.1 is the API server's
/// and 10.96.0.10 is, by custom, the cluster's DNS.
const FIRST_ADDRESS: u32 = 0x0a60_0100;
/// The last address of the range.
const LAST_ADDRESS: u32 = 0x0a6f_fffe;
/// The ports that Services can open on every node.
pub(crate) const NODE_PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;

/// What Services hold now.
#[derive(Debug, Default)]
pub(crate) struct Allocations {
    addresses: BTreeSet<Ipv4Addr>,
    ports: BTreeSet<u16>,
}

impl Allocations {
    /// Books what a Service holds.
    pub(crate) fn ownership_record(&mut self, service: &Value) {
        self.addresses.extend(addresses(service));
        self.ports.extend(ports(service));
    }

    /// Frees what a Service held.
    pub(crate) fn release(&mut self, service: &Value) {
        for address in addresses(service) {
            self.addresses.remove(&address);
        }
        for port in ports(service) {
            self.ports.remove(&port);
        }
    }

    pub(crate) fn holds_address(&self, address: Ipv4Addr) -> bool {
        self.addresses.contains(&address)
    }

    pub(crate) fn holds_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Returns the next free address after the highest one in use, then any other.
    pub(crate) fn free_address(&self) -> Option<Ipv4Addr> {
        let highest = self.addresses.last().map_or(0, |address| u32::from(*address));
        let next = (highest + 1).max(FIRST_ADDRESS);
        (next..=LAST_ADDRESS)
            .chain(FIRST_ADDRESS..=LAST_ADDRESS)
            .map(Ipv4Addr::from)
            .find(|address| !self.addresses.contains(address))
    }

    /// Returns the first free node port that is not in `taken`.
    ///
    /// When none is left a Service goes without, where the real server would refuse it: a scene of
    /// 10,000 load balancers is of more use here than that refusal.
    pub(crate) fn free_port(&self, taken: &[u16]) -> Option<u16> {
        if self.ports.len() >= NODE_PORTS.len() {
            return None;
        }
        let next = self.ports.last().map_or(*NODE_PORTS.start(), |port| port.saturating_add(1));
        (next..=*NODE_PORTS.end())
            .chain(NODE_PORTS)
            .find(|port| !self.ports.contains(port) && !taken.contains(port))
    }
}

/// Returns the cluster addresses of a Service; none for a headless one.
pub(crate) fn addresses(service: &Value) -> Vec<Ipv4Addr> {
    let listed = service.pointer("/spec/clusterIPs").map(strings).unwrap_or_default();
    let first = text(service, "/spec/clusterIP").to_owned();
    let mut addresses: Vec<Ipv4Addr> =
        listed.iter().chain([&first]).filter_map(|address| address.parse().ok()).collect();
    addresses.dedup();
    addresses
}

/// Returns the node ports of a Service.
pub(crate) fn ports(service: &Value) -> Vec<u16> {
    let listed = items(service, "/spec/ports").filter_map(|port| port.get("nodePort"));
    let health = service.pointer("/spec/healthCheckNodePort");
    listed
        .chain(health)
        .filter_map(|port| u16::try_from(port.as_u64()?).ok())
        .filter(|port| *port != 0)
        .collect()
}
