//! What a request calls the server: a request of HTTP/1.1 says it, once, and as a name or an address.
//!
//! Who looks for a `Host` where there is none, or reads an odd one otherwise than we do, would see
//! another request ([RFC 9112, 3.2], [RFC 9110, 4.2.1]). HTTP/1.0 knows no `Host`, and a request of it needs
//! none.
//!
//! [RFC 9112, 3.2]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
//! [RFC 9110, 4.2.1]: https://www.rfc-editor.org/rfc/rfc9110#section-4.2.1

use std::net::Ipv6Addr;

use axum::http::{HeaderMap, Version, header};

use super::failure::Failure;

/// The most of an odd one that is told.
const SHOWN: usize = 255;

/// Refuses a request without a `Host`, or with one that is no name or address.
pub(super) fn check(version: Version, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(given) = headers.get(header::HOST) else {
        return if version >= Version::HTTP_11 { Err(Failure::NoHost) } else { Ok(()) };
    };
    if given.to_str().is_ok_and(is_host) {
        return Ok(());
    }
    let given = String::from_utf8_lossy(given.as_bytes()).chars().take(SHOWN).collect();
    Err(Failure::BadHost { given })
}

/// Tells whether a text is a name or an address, with or without a port ([RFC 3986, 3.2.2]).
///
/// A name may be any that a URL can have, but for a comma: two values that something in between has joined.
///
/// [RFC 3986, 3.2.2]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
fn is_host(text: &str) -> bool {
    let parts = if let Some(rest) = text.strip_prefix('[') {
        rest.split_once(']').filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
    } else {
        let end = text.find(':').unwrap_or(text.len());
        Some(text.split_at(end)).filter(|(name, _)| is_name(name))
    };
    parts.is_some_and(|(_, port)| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.is_empty() || text.parse::<u16>().is_ok())
}

fn is_name(name: &str) -> bool {
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        let is_of_name = match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()];
                digits.iter().all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
            }
            other => other.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(&other),
        };
        if !is_of_name {
            return false;
        }
    }
    !name.is_empty()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_taken(version: Version, host: Option<&[u8]>) -> bool {
        let host = host.map(|host| (header::HOST, HeaderValue::from_bytes(host).unwrap()));
        check(version, &host.into_iter().collect()).is_ok()
    }

    #[test]
    fn a_name_or_an_address_is_a_host_with_or_without_a_port() {
        for host in [
            "localhost",
            "localhost:8888",
            "localhost:",
            "LOCALHOST.:8888",
            "provider.dns.svc.cluster.local:8888",
            "my_service:8888",
            "10.0.0.1:80",
            "[::1]",
            "[fe80::1]:65535",
            "[::ffff:192.0.2.1]:1",
            "xn--mnchen-3ya.example",
            "%2Frun%2Fwebhook.sock",
            "a",
        ] {
            for version in [Version::HTTP_10, Version::HTTP_11] {
                assert!(is_taken(version, Some(host.as_bytes())), "{host}");
            }
        }
    }

    #[test]
    fn what_is_no_name_and_no_address_is_no_host() {
        for host in [
            &b""[..],
            b" ",
            b":",
            b":8888",
            b"local host",
            b"localhost, other.example.org",
            b"localhost,other.example.org",
            b"user@localhost",
            b"http://localhost",
            b"localhost/",
            b"localhost?x",
            b"localhost#x",
            b"localhost\\x",
            b"localhost:http",
            b"localhost:80:80",
            b"localhost:-1",
            b"localhost:+80",
            b"localhost:65536",
            b"localhost:80 ",
            b"::1",
            b"[::1",
            b"[::1]x",
            b"[::1]80",
            b"[]",
            b"[localhost]",
            b"[v1.x]",
            b"[fe80::1%25eth0]",
            b"%2",
            b"%zz",
            b"\"localhost\"",
            b"<localhost>",
            b"local\thost",
            b"m\xc3\xbcnchen.example",
            b"\xff",
        ] {
            for version in [Version::HTTP_10, Version::HTTP_11] {
                let shown = String::from_utf8_lossy(host);
                assert!(!is_taken(version, Some(host)), "{shown}");
            }
        }
    }

    #[test]
    fn a_request_of_http_1_1_has_one_and_an_older_one_need_not() {
        assert!(!is_taken(Version::HTTP_11, None));
        assert!(is_taken(Version::HTTP_10, None) && is_taken(Version::HTTP_09, None));
    }
}
