//! How an address is reached: what is on this machine directly, and nothing by way of a redirect.

use std::net::IpAddr;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{ClientBuilder, StatusCode, Url, redirect};

use super::shown_url;

/// How much of a redirect's target an error shows, in characters.
const SHOWN: usize = 200;

/// Returns the beginnings of a client for `url` and what is below it.
///
/// What is on this machine is never asked of a proxy, whatever `HTTP_PROXY`, `HTTPS_PROXY`,
/// `ALL_PROXY` and `NO_PROXY` say: a proxy would look for it on a machine of its own, or read what
/// syncs. For everything else they count. Redirects are not followed.
pub fn builder(url: &Url) -> ClientBuilder {
    let builder = reqwest::Client::builder().redirect(redirect::Policy::none());
    if is_on_this_machine(url) { builder.no_proxy() } else { builder }
}

/// Tells whether `url` leads to this machine: to a name under `localhost` ([RFC 6761], 6.3), to a
/// loopback address (127.0.0.0/8 and `::1`, also where it is written as an IPv4 address in an IPv6
/// one), or to the unspecified address, which connects to it.
///
/// [RFC 6761]: https://datatracker.ietf.org/doc/html/rfc6761#section-6.3
pub fn is_on_this_machine(url: &Url) -> bool {
    // A URL spells hosts in lower case, and IPv4 addresses in four decimal numbers.
    let Some(host) = url.host_str() else { return false };
    let host = host.strip_suffix('.').unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Returns where an answer to a request for `url` redirects to, fit to be shown; `None` when it is
/// no redirect.
pub fn redirect_of(url: &Url, status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION).filter(|_| status.is_redirection())?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let shown = match url.join(&location) {
        Ok(to) => shown_url(to.as_str()),
        Err(_) => shown_url(&location).escape_debug().to_string(),
    };
    Some(shown.chars().take(SHOWN).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_name_or_address_is_on_this_machine_however_it_is_written() {
        for url in [
            "http://localhost:8888",
            "http://LocalHost",
            "http://localhost./records",
            "https://localhost",
            "http://me:secret@localhost:8888",
            "http://provider.localhost:1",
            "http://a.b.LOCALHOST.",
            "http://127.0.0.1",
            "http://127.0.0.1.:8888",
            "http://127.255.255.254:8888",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://2130706433",
            "http://[::1]:8888",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[::ffff:127.0.0.1]:8888",
            "http://[::ffff:7f00:1]",
            "http://0.0.0.0:8888",
            "http://[::]:8888",
        ] {
            assert!(is_on_this_machine(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_elsewhere() {
        for url in [
            "http://localhost.example.com",
            "http://mylocalhost",
            "http://localhost.localdomain",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "http://example.com/localhost",
            "http://128.0.0.1",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://[::2]",
            "http://[::ffff:10.0.0.1]",
            "http://[fe80::1]",
        ] {
            assert!(!is_on_this_machine(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn a_redirect_is_shown_without_what_must_not_be() {
        let url = Url::parse("http://localhost:1/records").unwrap();
        let shown = |location: &str| {
            let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
            redirect_of(&url, StatusCode::FOUND, &headers).unwrap()
        };
        assert_eq!(shown("/elsewhere"), "http://localhost:1/elsewhere");
        assert_eq!(shown("http://me:secret@example.com/"), "http://…@example.com/");
        assert_eq!(shown("/a?password=x#y"), "http://localhost:1/a");
        assert_eq!(shown("http://token@example.com"), "http://…@example.com/");
        assert!(shown(&format!("/{}", "a".repeat(5_000))).len() <= SHOWN);
        assert_eq!(redirect_of(&url, StatusCode::FOUND, &HeaderMap::new()), None);
        let headers = HeaderMap::from_iter([(LOCATION, "/".parse().unwrap())]);
        assert_eq!(redirect_of(&url, StatusCode::CREATED, &headers), None);
    }
}
