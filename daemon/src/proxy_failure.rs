//! What a proxy on the way did in place of letting a connection through: the HTTP stack has words of its own for it,
//! and no next step.

use std::error::Error;
use std::io;

/// What the HTTP stack says of a tunnel through a proxy, and what that is, said after the proxy's name.
const TUNNEL: [(&str, &str); 5] = [
    (
        "proxy authorization required",
        "wants a user and a password (407 Proxy Authentication Required); write them into its URL",
    ),
    (
        "unsuccessful",
        "answers `CONNECT` with a refusal; let it allow this host and port, or name the host in NO_PROXY",
    ),
    ("unexpected end of file", CLOSED),
    ("io error establishing tunnel", CLOSED),
    (
        "proxy response headers too long",
        "answers `CONNECT` with what makes no sense; is it a proxy?",
    ),
];

const CLOSED: &str = "closes the connection without an answer to `CONNECT`; is it a proxy for HTTP, and `https://` right?";

/// The same of a proxy that speaks SOCKS.
const SOCKS: [(&str, &str); 10] = [
    ("io error during SOCKS handshake", "does not speak SOCKS there"),
    ("failed parsing server response", "does not speak SOCKS there"),
    ("credentials not accepted", "does not take the user and the password in its URL"),
    (
        "server does not support user/pass authentication",
        "takes no user and password; leave them out of its URL, or let it take them",
    ),
    ("connection not allowed", "answers that its rules do not allow the connection"),
    ("network unreachable", "answers that it has no route there"),
    ("host unreachable", "answers that it cannot reach the host"),
    ("connection refused", "answers that the host refuses the connection"),
    ("general server failure", "answers that it fails"),
    ("ttl expired", "answers that the host did not answer it in time"),
];

/// What both say where the proxy itself was not reached.
const NOT_REACHED: &str = "failed to create underlying connection";

/// Returns what a proxy did, to be said after its name; `None` where `error` is not about one. `why` says in words
/// what the innermost cause is.
pub fn proxy_failure(error: &(dyn Error + 'static), why: &str) -> Option<String> {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<_> = causes.map(|cause| (cause.to_string(), cause)).collect();
    let of_tunnel = texts.iter().find_map(|(text, _)| text.strip_prefix("tunnel error: "));
    if of_tunnel == Some(NOT_REACHED) {
        return Some(format!("cannot be reached: {why}"));
    }
    if let Some(text) = of_tunnel {
        let known = TUNNEL.iter().find(|(said, _)| *said == text);
        return Some(
            known.map_or_else(|| format!("fails: {text}"), |(_, told)| (*told).to_owned()),
        );
    }
    // One that speaks SOCKS hides its cause, and is the innermost.
    let (text, cause) = texts.last()?;
    if text == NOT_REACHED {
        let hidden = format!("{cause:?}");
        let why = hidden.split("message: \"").nth(1).and_then(|rest| rest.split('"').next());
        return Some(match why {
            Some(why) => format!("cannot be reached: {}", why.to_lowercase()),
            None => "cannot be reached".to_owned(),
        });
    }
    let known = SOCKS.iter().find(|(said, _)| said == text && !cause.is::<io::Error>());
    known.map(|(_, told)| (*told).to_owned())
}

/// Returns the URL of a proxy as it may be shown: without its user and password.
pub fn shown_proxy(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let is_scheme = scheme.chars().all(|letter| letter.is_ascii_alphanumeric());
    let scheme =
        if is_scheme && !scheme.is_empty() { format!("{scheme}://") } else { String::new() };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Said(&'static str, Option<io::Error>);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|cause| cause as _)
        }
    }

    #[test]
    fn a_proxy_that_lets_nothing_through_is_told_with_what_it_did() {
        let told = |said, cause| proxy_failure(&Said(said, cause), "connection refused");
        let refused = || Some(io::Error::from(io::ErrorKind::ConnectionRefused));
        for (said, cause, words) in [
            (
                "tunnel error: proxy authorization required",
                None,
                "wants a user and a password (407",
            ),
            ("tunnel error: unsuccessful", None, "answers `CONNECT` with a refusal; let it allow"),
            (
                "tunnel error: unexpected end of file",
                None,
                "closes the connection without an answer",
            ),
            (
                "tunnel error: failed to create underlying connection",
                refused(),
                "cannot be reached: connection refused",
            ),
            ("tunnel error: something new", None, "fails: something new"),
            ("credentials not accepted", None, "does not take the user and the password"),
            ("host unreachable", None, "answers that it cannot reach the host"),
        ] {
            let told = told(said, cause).unwrap();
            assert!(told.starts_with(words), "{said}: {told}");
        }
        assert_eq!(told("tcp connect error", refused()), None, "there may be no proxy at all");
    }

    #[test]
    fn a_socks_proxy_that_is_not_reached_is_told_with_the_cause_that_it_hides() {
        #[derive(Debug)]
        struct Inner {
            #[expect(dead_code, reason = "it is shown by its name")]
            message: &'static str,
        }
        impl fmt::Display for Inner {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NOT_REACHED)
            }
        }
        impl Error for Inner {}
        let told = proxy_failure(&Inner { message: "Connection refused" }, "");
        assert_eq!(told.as_deref(), Some("cannot be reached: connection refused"));
    }

    #[test]
    fn the_user_and_the_password_of_a_proxy_are_not_shown() {
        for (url, shown) in [
            ("http://proxy:3128/", "http://proxy:3128"),
            ("proxy:3128", "proxy:3128"),
            ("http://me:secret@proxy:3128", "http://…@proxy:3128"),
            ("me:secret@proxy", "…@proxy"),
            ("me:secret://x@proxy", "…@proxy"),
            ("http://me:se@secret@proxy", "http://…@proxy"),
        ] {
            assert_eq!(shown_proxy(url), shown);
        }
    }
}
