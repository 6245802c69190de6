//! What is read of [Emissary]'s (formerly Ambassador's) `Host` objects.
//!
//! [Emissary]: https://emissary-ingress.dev/docs/3.10/topics/running/host-crd/

use serde::Deserialize;

use super::Meta;
use super::resource::resource;

/// `getambassador.io` Host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EmissaryHost {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: HostSpec,
}

/// Spec of a `Host`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HostSpec {
    /// Its name, or a pattern of names ([Host]); empty only by mistake where it is to be published.
    ///
    /// [Host]: https://emissary-ingress.dev/docs/3.10/topics/running/host-crd/
    pub hostname: String,
}

resource!(EmissaryHost, "hosts.getambassador.io");
