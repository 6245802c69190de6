//! What is read of [Istio]'s Gateways and virtual services.
//!
//! [Istio]: https://istio.io/latest/docs/reference/config/networking/gateway/

use serde::Deserialize;

use super::resource::resource;
use super::{Meta, Pairs};

/// `networking.istio.io` Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IstioGateway {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: IstioGatewaySpec,
}

/// Spec of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IstioGatewaySpec {
    /// Labels of the pods that serve it.
    pub selector: Pairs,
    /// What it serves.
    pub servers: Vec<IstioServer>,
}

/// One server of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IstioServer {
    /// Hosts, each perhaps after a namespace and a slash; one at least, and none empty ([Server]).
    ///
    /// [Server]: https://istio.io/latest/docs/reference/config/networking/gateway/#Server
    pub hosts: Vec<String>,
}

/// `networking.istio.io` `VirtualService`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IstioVirtualService {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: IstioVirtualServiceSpec,
}

/// Spec of a virtual service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IstioVirtualServiceSpec {
    /// Hosts it routes, none of them empty; one that others delegate to has none ([VirtualService]).
    ///
    /// [VirtualService]: https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
    pub hosts: Vec<String>,
    /// Gateways it attaches to, each perhaps after a namespace and a slash.
    pub gateways: Vec<String>,
    /// Namespaces it can be seen from; empty for all.
    pub export_to: Vec<String>,
}

resource!(IstioGateway, "gateways.networking.istio.io");
resource!(IstioVirtualService, "virtualservices.networking.istio.io");
