//! How a URL is shown to people: where it leads, and nothing that may let one in.

/// Returns a URL, or what was meant as one, as it may be shown: scheme, host, port and path. In place of a
/// user and a password stands `…`; what follows `?` and `#` is left out.
///
/// A password may hold anything, so that the last `@` ends it wherever it stands. Where that is behind a `?`
/// or a `#`, nothing tells what it ends, and only the scheme is shown.
///
/// ```
/// use external_dns_webhook::client::shown_url;
///
/// assert_eq!(shown_url("http://localhost:8888/dns"), "http://localhost:8888/dns");
/// assert_eq!(shown_url("https://me:secret@example.com/dns?key=x"), "https://…@example.com/dns");
/// ```
pub fn shown_url(url: &str) -> String {
    let (place, rest) = url.find(['?', '#']).map_or((url, ""), |at| url.split_at(at));
    let (scheme, after) = match place.find("//") {
        Some(at) => place.split_at(at + 2),
        None => ("", place),
    };
    // Slashes of a password are none of a scheme.
    let (scheme, after) = if scheme.contains('@') { ("", place) } else { (scheme, after) };
    let is_odd = scheme.trim_end_matches('/').trim_end_matches(':').contains([':', '/']);
    let scheme = if is_odd { "" } else { scheme };
    if rest.contains('@') {
        return format!("{scheme}…");
    }
    match after.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}"),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_as_scheme_host_port_and_path() {
        for (url, shown) in [
            ("http://h", "http://h"),
            ("http://h:8888/", "http://h:8888/"),
            ("http://[::1]:8888/a/b", "http://[::1]:8888/a/b"),
            ("unix:///run/dns.sock", "unix:///run/dns.sock"),
            ("unix:run/dns.sock", "unix:run/dns.sock"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), shown);
        }
        for url in [
            "http://secret@h/p",
            "http://secret:@h/p",
            "http://:secret@h/p",
            "http://me:secret@h/p",
            "http://me:secret@h/p?also=secret",
            "http://me:secret@h/p#secret",
            "http://me:se@secret@h/p",
            "http://me:se/secret@h/p",
            "http://me:se//secret@h/p",
        ] {
            assert_eq!(shown_url(url), "http://…@h/p");
        }
        for url in [
            "http://h/p?token=secret",
            "http://h/p#secret",
            "http://h/p?a=b&token=secret#secret",
            "http://h/p?",
        ] {
            assert_eq!(shown_url(url), "http://h/p");
        }
        for url in [
            "http://h/p?mail=secret@example.com",
            "http://me:sec?ret@h/secret",
            "http://me:se#cret@h",
            "me:sec?ret@h",
            "me:secret@h:8888",
            "secret@h",
            "//me:secret@h",
            "me:secret//secret@h",
            "unix://me:secret@/run/x",
            "unix:///run/x?token=secret",
            "unix:run/x?token=secret",
            "http:me:secret@h",
        ] {
            let shown = shown_url(url);
            assert!(!shown.contains("ret"), "{url}: {shown}");
        }
        // Nothing tells where such a password ends.
        assert_eq!(shown_url("http://me:sec?ret@h/p"), "http://…");
        assert_eq!(shown_url("http://me:sec#ret@h/p"), "http://…");
        assert_eq!(shown_url("me:sec?ret@h"), "…");
    }
}
