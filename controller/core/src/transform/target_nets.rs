//! Keeps the targets that lie in the wanted networks.

use std::net::IpAddr;

use ipnet::IpNet;
use webhook_api::Targets;

use super::verdict;
use crate::desired::Desired;
use crate::verdict::{Place, Reason};

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
        let address = target.parse::<IpAddr>().ok().map(|it| it.to_canonical());
        let within = |nets: &[IpNet]| {
            address.is_some_and(|address| nets.iter().any(|net| net.contains(&address)))
        };
        (self.include.is_empty() || within(&self.include)) && !within(&self.exclude)
    }
}

pub(super) fn apply(mut desired: Desired, nets: &TargetNets) -> Desired {
    if nets.is_empty() {
        return desired;
    }
    for mut endpoint in std::mem::take(&mut desired.endpoints) {
        let (kept, out): (Vec<_>, Vec<_>) =
            std::mem::take(&mut endpoint.targets).into_iter().partition(|it| nets.covers(it));
        desired.verdicts.extend(out.into_iter().map(|target| {
            let why = "it is outside of the networks of --target-net-filter, or inside one of \
                       --exclude-target-net";
            let (place, why) = (Place::Object, why.to_owned());
            verdict(&endpoint, Reason::InvalidTarget { target, place, why })
        }));
        endpoint.targets = Targets::from(kept);
        if !endpoint.targets.is_empty() {
            desired.endpoints.push(endpoint);
        }
    }
    desired
}
