//! What is read of [Kong]'s `TCPIngress` objects.
//!
//! [Kong]: https://docs.konghq.com/kubernetes-ingress-controller/latest/reference/custom-resources/

use serde::Deserialize;

use super::Meta;
use super::core::BalancedStatus;
use super::resource::resource;

/// `configuration.konghq.com/v1beta1` `TCPIngress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TcpIngress {
    /// Metadata of the object.
    #[serde(skip)]
    pub meta: Meta,
    /// Spec of the object.
    pub spec: TcpIngressSpec,
    /// Status of the object.
    pub status: BalancedStatus,
}

/// Spec of a `TCPIngress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TcpIngressSpec {
    /// Hosts it routes.
    pub rules: Vec<TcpRule>,
}

/// One rule of a `TCPIngress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TcpRule {
    /// The host; absent for all that comes in at the port, and never empty ([IngressRule]).
    ///
    /// [IngressRule]: https://docs.konghq.com/kubernetes-ingress-controller/latest/reference/custom-resources/#ingressrule
    pub host: Option<String>,
}

resource!(TcpIngress, "tcpingresses.configuration.konghq.com");
