//! What is read of [Skipper]'s `RouteGroup` objects.
//!
//! [Skipper]: https://opensource.zalando.com/skipper/kubernetes/routegroup-crd/

use serde::Deserialize;

use super::Meta;
use super::core::LoadBalancerIngress;
use super::resource::resource;

/// `zalando.org/v1` `RouteGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RouteGroup {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: RouteGroupSpec,
    /// Status of the object.
    pub status: RouteGroupStatus,
}

/// Spec of a route group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RouteGroupSpec {
    /// Hosts it routes; without any it is for every host, and none of them is empty ([hosts]).
    ///
    /// [hosts]: https://opensource.zalando.com/skipper/kubernetes/routegroup-crd/
    pub hosts: Vec<String>,
}

/// Status of a route group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteGroupStatus {
    /// Addresses that the load balancer got.
    pub load_balancer: RouteGroupBalancer,
}

/// Addresses that the load balancer of a route group got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RouteGroupBalancer {
    /// One element for each address.
    ///
    /// The published type spells it in small letters; the other spelling is in manifests that were
    /// written for readers who do not care about case.
    #[serde(rename = "routegroup", alias = "routeGroup")]
    pub route_group: Vec<LoadBalancerIngress>,
}

resource!(RouteGroup, "routegroups.zalando.org");
