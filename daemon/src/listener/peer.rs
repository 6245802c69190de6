//! Who is at the other end of a connection, and for whom they speak.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use hyper::{HeaderMap, Version};

use super::proxy::{self, ProxySign};

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A process that connects over a network.
    Address {
        /// Its address; never one of IPv4 inside of one of IPv6.
        remote: SocketAddr,
        /// Whether both ends are loopback addresses. A proxy beside us, as of a service mesh, passes
        /// strangers on from a loopback address, to one that is none.
        is_local: bool,
    },
    /// A process of this machine that may open the socket.
    Socket,
    /// Anyone: a proxy of this machine, which passes on what came to it from elsewhere, by the sign that
    /// tells so.
    Proxy(ProxySign),
}

impl Peer {
    /// Tells whether it is on this machine, or forwarded to it by `kubectl port-forward`.
    pub fn is_local(self) -> bool {
        match self {
            Self::Address { remote: _, is_local } => is_local,
            Self::Socket => true,
            Self::Proxy(_) => false,
        }
    }

    /// Returns its address; `None` when nobody knows it.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address { remote, is_local: _ } => Some(remote.ip()),
            Self::Socket | Self::Proxy(_) => None,
        }
    }

    /// Returns who speaks in a request on the connection.
    ///
    /// A client whose request a proxy passes on is not on this machine, even if the proxy is.
    pub(crate) fn speaking(self, version: Version, headers: &HeaderMap) -> Self {
        match proxy::sign(version, headers) {
            Some(sign) if self.is_local() => Self::Proxy(sign),
            Some(_) | None => self,
        }
    }
}

/// As a log has it.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { remote, is_local: _ } => write!(f, "{}", remote.ip()),
            Self::Socket => f.write_str("the socket"),
            Self::Proxy(sign) => write!(f, "a proxy on this machine ({sign})"),
        }
    }
}

/// Returns an address as its client knows it: one of IPv4 comes to a listener of both families as an
/// address of IPv6 with that in it.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_client_that_a_proxy_passes_on_is_not_on_this_machine() {
        let near = Peer::Address { remote: ([127, 0, 0, 1], 1).into(), is_local: true };
        let far = Peer::Address { remote: ([192, 0, 2, 1], 1).into(), is_local: false };
        let header = |name: &'static str| {
            let pair = (HeaderName::from_static(name), HeaderValue::from_static("x"));
            HeaderMap::from_iter([pair])
        };
        for (peer, shown) in [
            (near, "a proxy on this machine (`x-real-ip`)"),
            (Peer::Socket, "a proxy on this machine (`x-real-ip`)"),
            (far, "192.0.2.1"),
        ] {
            assert_eq!(peer.speaking(Version::HTTP_11, &header("host")), peer);
            let speaking = peer.speaking(Version::HTTP_11, &header("x-real-ip"));
            assert!(!speaking.is_local());
            // Whose address it is stays known where it is no machine's own.
            assert_eq!(speaking == peer, peer == far);
            assert_eq!(speaking.to_string(), shown);
            assert!(!peer.speaking(Version::HTTP_10, &header("host")).is_local());
        }
        assert_eq!(near.to_string(), "127.0.0.1");
        assert_eq!(Peer::Socket.to_string(), "the socket");
    }

    #[test]
    fn an_address_of_one_family_inside_of_the_other_is_what_it_is() {
        for (given, shown) in [
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(canonical(given.parse().unwrap()).to_string(), shown);
        }
    }
}
