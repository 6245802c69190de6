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
    /// What the object says about itself.
    #[serde(skip)]
    pub meta: Meta,
    /// What is asked for.
    pub spec: HttpProxySpec,
    /// What is there.
    pub status: BalancedStatus,
}

/// What a proxy asks for.
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
