//! What is read of [OpenShift]'s routes.
//!
//! [OpenShift]: https://docs.openshift.com/container-platform/latest/rest_api/network_apis/route-route-openshift-io-v1.html

use serde::Deserialize;

use super::Meta;
use super::gateway::Condition;
use super::resource::resource;

/// `route.openshift.io/v1` Route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OpenShiftRoute {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: OpenShiftRouteSpec,
    /// Status of the object.
    pub status: OpenShiftRouteStatus,
}

/// Spec of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OpenShiftRouteSpec {
    /// Host it wants; absent until one is assigned, and empty for the same where the status has one
    /// ([Route]).
    ///
    /// [Route]: https://docs.openshift.com/container-platform/latest/rest_api/network_apis/route-route-openshift-io-v1.html
    pub host: Option<String>,
}

/// Status of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OpenShiftRouteStatus {
    /// What each router says.
    pub ingress: Vec<RouteIngress>,
}

/// What one router says of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteIngress {
    /// Host it serves.
    pub host: String,
    /// Which router.
    pub router_name: String,
    /// Name of the router itself.
    pub router_canonical_hostname: String,
    /// States of the route at the router.
    pub conditions: Vec<Condition>,
}

resource!(OpenShiftRoute, "routes.route.openshift.io");
