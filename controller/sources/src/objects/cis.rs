//! What is read of the objects of [F5's Container Ingress Services].
//!
//! [F5's Container Ingress Services]: https://clouddocs.f5.com/containers/latest/userguide/crd/

use serde::Deserialize;

use super::resource::resource;
use super::{Meta, addresses};

/// `cis.f5.com/v1` `VirtualServer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct VirtualServer {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: ServerSpec,
    /// Status of the object.
    pub status: ServerStatus,
}

/// `cis.f5.com/v1` `TransportServer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TransportServer {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: ServerSpec,
    /// Status of the object.
    pub status: ServerStatus,
}

/// Spec of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerSpec {
    /// Host it serves; absent for every host, and never empty ([VirtualServer], [TransportServer]).
    ///
    /// [VirtualServer]: https://clouddocs.f5.com/containers/latest/userguide/crd/virtualserver.html
    /// [TransportServer]: https://clouddocs.f5.com/containers/latest/userguide/crd/transportserver.html
    pub host: Option<String>,
    /// Further hosts; only virtual servers have them.
    pub host_aliases: Vec<String>,
    /// Address it wants; empty when one is assigned.
    #[serde(deserialize_with = "addresses::one")]
    pub virtual_server_address: String,
}

/// Status of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerStatus {
    /// Address it has; empty or `None` in words until it has one.
    #[serde(deserialize_with = "addresses::one")]
    pub vs_address: String,
}

resource!(VirtualServer, "virtualservers.cis.f5.com");
resource!(TransportServer, "transportservers.cis.f5.com");
