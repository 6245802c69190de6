//! Who is at the other end of a connection.

use std::net::SocketAddr;

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
}

impl Peer {
    /// Tells whether it is on this machine, or forwarded to it by `kubectl port-forward`.
    pub fn is_local(self) -> bool {
        match self {
            Self::Address { remote: _, is_local } => is_local,
            Self::Socket => true,
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
    use super::*;

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
