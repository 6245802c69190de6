//! Keeps the targets that lie in the wanted networks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use external_dns_webhook::{CanonicalName, Endpoint, Targets};
use ipnet::IpNet;

use super::{mark_unknown, status};
use crate::desired::Desired;
use crate::status::{Place, Reason};

/// Networks that targets must or must not be in.
///
/// A target that is a name is in no network: with networks that targets must be in, it is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetNets {
    /// A target must be in one of these; empty for anywhere.
    pub include: Vec<IpNet>,
    /// A target must be in none of these.
    pub exclude: Vec<IpNet>,
}

impl TargetNets {
    /// Tells whether anything is restricted.
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Tells whether `target` is wanted.
    ///
    /// An IPv4 address written as an IPv6 one counts as IPv4.
    pub fn covers(&self, target: &str) -> bool {
        let address = target.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let within = |nets: &[IpNet]| {
            address.is_some_and(|address| nets.iter().any(|net| net.contains(&address)))
        };
        (self.include.is_empty() || within(&self.include)) && !within(&self.exclude)
    }
}

/// Leaves out the targets that are not wanted.
///
/// A name that has other targets answers with those alone. One of which every target is unwanted has
/// lost its answer, like one whose object says nothing, and keeps what is published.
pub(super) fn apply(mut desired: Desired, nets: &TargetNets) -> Desired {
    if nets.is_empty() {
        return desired;
    }
    let endpoints = std::mem::take(&mut desired.endpoints);
    let wanted = |endpoint: &&Endpoint| endpoint.targets.iter().any(|target| nets.covers(target));
    let name = |endpoint: &Endpoint| endpoint.dns_name.canonical().clone();
    let answered: BTreeSet<CanonicalName> = endpoints.iter().filter(wanted).map(name).collect();
    for mut endpoint in endpoints {
        let (kept, out): (Vec<_>, Vec<_>) = std::mem::take(&mut endpoint.targets)
            .into_iter()
            .partition(|target| nets.covers(target));
        let mut reasons = out.into_iter().map(refused).peekable();
        if let Some(cause) = reasons.peek().filter(|_| !answered.contains(&name(&endpoint))) {
            let cause = Box::new(cause.clone());
            mark_unknown(
                &mut desired,
                &endpoint,
                Reason::TargetsLost { cause, grace_seconds: None },
            );
        }
        desired.statuses.extend(reasons.map(|reason| status(&endpoint, reason)));
        endpoint.targets = Targets::from(kept);
        if !endpoint.targets.is_empty() {
            desired.endpoints.push(endpoint);
        }
    }
    desired
}

fn refused(target: String) -> Reason {
    let why = "it is outside of the networks of --target-net-filter, or inside one of \
               --exclude-target-net";
    Reason::InvalidTarget { target, place: Place::Object, why: why.to_owned() }
}
