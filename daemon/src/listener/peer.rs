//! Who is at the other end of a connection, and for whom they speak.

use std::net::{IpAddr, SocketAddr};

use hyper::{HeaderMap, Version};

/// Headers that a proxy adds, and a client of ours never sends.
const OF_PROXIES: &[&str] = &["forwarded", "via", "x-real-ip", "x-original-forwarded-for"];

/// What the others begin with.
const PREFIXES: &[&str] = &["x-forwarded", "x-envoy-"];

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
    /// Anyone: a proxy of this machine, which passes on what came to it from elsewhere.
    Proxy,
}

impl Peer {
    /// Tells whether it is on this machine, or forwarded to it by `kubectl port-forward`.
    pub fn is_local(self) -> bool {
        match self {
            Self::Address { remote: _, is_local } => is_local,
            Self::Socket => true,
            Self::Proxy => false,
        }
    }

    /// Returns its address; `None` when nobody knows it.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address { remote, is_local: _ } => Some(remote.ip()),
            Self::Socket | Self::Proxy => None,
        }
    }

    /// Returns who speaks in a request on the connection.
    ///
    /// A client whose request a proxy passes on is not on this machine, even if the proxy is. Proxies tell
    /// that in a header (RFC 7239; RFC 9110, 7.6.3), and one that tells nothing speaks HTTP/1.0 to
    /// what is behind it, as nginx does unless told otherwise
    /// (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version>).
    pub(crate) fn speaking(self, version: Version, headers: &HeaderMap) -> Self {
        let is_of_proxy = |name: &str| {
            OF_PROXIES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        let is_passed_on =
            version < Version::HTTP_11 || headers.keys().any(|name| is_of_proxy(name.as_str()));
        if self.is_local() && is_passed_on { Self::Proxy } else { self }
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

    fn headers(names: &[&'static str]) -> HeaderMap {
        let value = HeaderValue::from_static("x");
        names.iter().map(|name| (HeaderName::from_static(name), value.clone())).collect()
    }

    #[test]
    fn a_client_that_a_proxy_passes_on_is_not_on_this_machine() {
        let near = Peer::Address { remote: ([127, 0, 0, 1], 1).into(), is_local: true };
        let far = Peer::Address { remote: ([192, 0, 2, 1], 1).into(), is_local: false };
        let own = headers(&["host", "user-agent", "accept", "x-request-id", "authorization"]);
        for peer in [near, Peer::Socket, far] {
            assert_eq!(peer.speaking(Version::HTTP_11, &own), peer);
            let by_proxy = [
                "forwarded",
                "via",
                "x-real-ip",
                "x-forwarded-for",
                "x-forwarded-proto",
                "x-forwarded-client-cert",
                "x-envoy-external-address",
                "x-original-forwarded-for",
            ];
            for name in by_proxy {
                let speaking = peer.speaking(Version::HTTP_11, &headers(&["host", name]));
                assert!(!speaking.is_local(), "{name}");
                // Whose address it is stays known where it is no machine's own.
                assert_eq!(speaking == Peer::Proxy, peer != far, "{name}");
            }
            assert!(!peer.speaking(Version::HTTP_10, &own).is_local());
        }
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
