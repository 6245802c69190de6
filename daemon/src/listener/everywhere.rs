//! Every interface of the machine, by both families of addresses.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};

use super::BACKLOG;

/// Returns the port of an address that means every interface; `None` for any other.
///
/// As in Go, whose programs have the same flags, it is one whatever family it is written in:
/// `:PORT`, `0.0.0.0:PORT` and `[::]:PORT` (<https://pkg.go.dev/net#Listen>).
pub(super) fn port(address: &str) -> Option<u16> {
    if let Some(port) = address.strip_prefix(':') {
        return port.parse().ok();
    }
    let address: SocketAddr = address.parse().ok()?;
    address.ip().to_canonical().is_unspecified().then(|| address.port())
}

/// Listens on `port` of every interface: a cluster may have addresses of one family only, and probes
/// come to the one that a Pod has.
///
/// # Errors
///
/// Returns what the system says, such as that the port is taken.
pub(super) fn listen(port: u16) -> io::Result<TcpListener> {
    listen_by(port, TcpSocket::new_v6)
}

fn listen_by(port: u16, new_v6: impl FnOnce() -> io::Result<TcpSocket>) -> io::Result<TcpListener> {
    match new_v6().and_then(|socket| both_families(&socket, port).map(|()| socket)) {
        Ok(socket) => socket.listen(BACKLOG),
        // These would be no better by the other family, which alone would leave half of the clients
        // to whatever has the port.
        Err(error)
            if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) =>
        {
            Err(error)
        }
        Err(error) => {
            tracing::debug!(%error, "There is no IPv6 here: only IPv4 is listened on");
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind((Ipv4Addr::UNSPECIFIED, port).into())?;
            socket.listen(BACKLOG)
        }
    }
}

/// Binds a socket to which IPv4 comes, too, as mapped addresses (RFC 3493, 3.7), whatever the system
/// does by default (`net.ipv6.bindv6only`).
fn both_families(socket: &TcpSocket, port: u16) -> io::Result<()> {
    SockRef::from(socket).set_only_v6(false)?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv6Addr::UNSPECIFIED, port).into())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[test]
    fn every_interface_is_meant_in_whatever_family_it_is_written() {
        for address in
            [":7979", "0.0.0.0:7979", "[::]:7979", "[0:0:0::0]:7979", "[::ffff:0.0.0.0]:7979"]
        {
            assert_eq!(port(address), Some(7979), "{address}");
        }
        for address in
            ["", ":", ":http", ":65536", "127.0.0.1:1", "[::1]:1", "localhost:1", "0.0.0.0"]
        {
            assert_eq!(port(address), None, "{address}");
        }
    }

    #[tokio::test]
    async fn a_client_of_either_family_gets_through() {
        let listener = listen(0).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        // A machine may be without.
        if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_machine_without_one_family_is_listened_on_by_the_other() {
        for kind in [ErrorKind::Unsupported, ErrorKind::AddrNotAvailable, ErrorKind::Other] {
            let listener = listen_by(0, || Err(kind.into())).unwrap();
            let address = listener.local_addr().unwrap();
            assert!(address.is_ipv4(), "{address}");
            TcpStream::connect((Ipv4Addr::LOCALHOST, address.port())).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_port_that_another_has_in_one_family_is_not_shared_with_it() {
        for unspecified in
            [Ipv4Addr::UNSPECIFIED.into(), std::net::IpAddr::from(Ipv6Addr::UNSPECIFIED)]
        {
            let Ok(other) = std::net::TcpListener::bind((unspecified, 0)) else { continue };
            let port = other.local_addr().unwrap().port();
            assert_eq!(listen(port).unwrap_err().kind(), ErrorKind::AddrInUse, "{unspecified}");
        }
    }
}
