//! What is read of [Contour]'s `HTTPProxy` objects.
//!
//! [Contour]: https://projectcontour.io/docs/main/config/api/

use serde::Deserialize;

use super::Meta;
use super::core::BalancedStatus;
use super::resource::resource;

/// `projectcontour.io/v1` `HTTPProxy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HttpProxy {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: HttpProxySpec,
    /// Status of the object.
    pub status: BalancedStatus,
}

/// Spec of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HttpProxySpec {
    /// Host it serves; absent for a proxy that others include.
    pub virtualhost: Option<VirtualHost>,
}

/// Host of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct VirtualHost {
    /// Its name, which a virtual host must have ([VirtualHost]).
    ///
    /// [VirtualHost]: https://projectcontour.io/docs/main/config/api/#projectcontour.io/v1.VirtualHost
    pub fqdn: String,
}

resource!(HttpProxy, "httpproxies.projectcontour.io");
