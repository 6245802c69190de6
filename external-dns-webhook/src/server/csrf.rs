//! Keeps web pages out: what a browser sends because a page told it to, and not because a person or
//! a program wanted it.
//!
//! A server on a loopback address, or behind a port that is forwarded to one, is reached by every
//! page that is open in a browser of that machine. Such a request says where it comes from
//! (`Origin`, `Sec-Fetch-Site`), or calls the server by a name of the page's own (DNS rebinding), or
//! is of a media type that needs nobody's leave. No controller sends anything of that kind. See
//! <https://fetch.spec.whatwg.org/#origin-header> and <https://www.w3.org/TR/fetch-metadata/>.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::failure::Failure;
use super::host;
use crate::media_type;

/// Which requests are let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Which names the server may be called by.
    pub hosts: Hosts,
    /// Whether a person may look at it in a browser: reading only, and from no other page.
    pub browsers_may_read: bool,
}

/// Which names a request may call a server by, in `Host`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// Any. For a server that other machines reach by names that it does not know.
    #[default]
    Any,
    /// `localhost`, a name under it, or an address: no page can have one of them as its own.
    Local,
}

/// Headers by which it is decided who asks and what for, as they are told: a request has each once.
const ALONE: [&str; 5] = ["Host", "Authorization", "Content-Type", "Origin", "Sec-Fetch-Site"];

impl Hosts {
    /// Returns the names for a server at `address`: a socket address or `unix://…`.
    ///
    /// ```
    /// use external_dns_webhook::server::Hosts;
    ///
    /// assert_eq!(Hosts::at("127.0.0.1:8888"), Hosts::Local);
    /// assert_eq!(Hosts::at("unix:///run/webhook.sock"), Hosts::Local);
    /// assert_eq!(Hosts::at("[::ffff:127.0.0.1]:8888"), Hosts::Local);
    /// assert_eq!(Hosts::at("[::]:8888"), Hosts::Any);
    /// ```
    pub fn at(address: &str) -> Self {
        let socket = address.parse::<std::net::SocketAddr>();
        let is_local = address.starts_with("unix:")
            || socket.is_ok_and(|socket| socket.ip().to_canonical().is_loopback());
        if is_local { Self::Local } else { Self::Any }
    }

    fn include(self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Local => {
                let name = host.trim_end_matches('.').to_ascii_lowercase();
                let address = name.trim_start_matches('[').trim_end_matches(']');
                name == "localhost"
                    || name.ends_with(".localhost")
                    || address.parse::<IpAddr>().is_ok()
            }
        }
    }
}

/// Refuses a request that a web page has sent; a layer for [`axum::middleware::from_fn_with_state`].
pub async fn refuse_web_pages(
    State(protection): State<Protection>,
    request: Request,
    next: Next,
) -> Response {
    let (method, version) = (request.method(), request.version());
    match protection.check(method, version, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

impl Protection {
    fn check(
        self,
        method: &Method,
        version: Version,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Failure> {
        // Who looks at the first and who looks at the last would see two requests.
        for header in ALONE {
            let count = headers.get_all(header).iter().count();
            if count > 1 {
                return Err(Failure::Repeated { header, count });
            }
        }
        host::check(version, headers)?;
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let may_read = self.browsers_may_read && reads;
        // `none` is what a person typed; `same-origin` is asked for by a page of this server.
        let site = text("sec-fetch-site");
        let is_own = may_read && matches!(site, Some("none" | "same-origin"));
        if site.is_some() && !is_own {
            return Err(Failure::FromWebPage { header: "Sec-Fetch-Site" });
        }
        if text("origin").is_some() && !is_own {
            return Err(Failure::FromWebPage { header: "Origin" });
        }
        // As HTTP/1.1 has it: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
        let named = uri.authority().map(Authority::as_str).or_else(|| text("host"));
        let host = named.map(without_port);
        if let Some(host) = host.filter(|host| !self.hosts.include(host)) {
            return Err(Failure::ForeignHost { host: host.chars().take(255).collect() });
        }
        let media_type = text(header::CONTENT_TYPE.as_str());
        // Of the methods with a body a page may send this one without leave; that there is no other one is
        // said where the paths are: https://fetch.spec.whatwg.org/#cors-safelisted-method
        if *method == Method::POST && !media_type.is_some_and(is_json) {
            return Err(Failure::WrongMediaType {
                given: media_type.map(|given| given.chars().take(100).collect()),
            });
        }
        let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
        let mut encodings = encodings.map(|value| value.to_str().unwrap_or("?").trim());
        let is_plain =
            |encoding: &str| encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
        if let Some(encoding) = encodings.find(|encoding| !reads && !is_plain(encoding)) {
            return Err(Failure::Encoded { encoding: encoding.chars().take(100).collect() });
        }
        Ok(())
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address are inside of brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Tells whether a page would need leave to send this media type: no page can, since nobody here
/// gives it. <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    media_type::is_protocol(content_type) || essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const LOCAL: Protection = Protection { hosts: Hosts::Local, browsers_may_read: false };
    const PAGE: Protection = Protection { hosts: Hosts::Local, browsers_may_read: true };

    /// Returns the status with which a request is refused; 200 when it is let in.
    fn status(protection: Protection, method: &str, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        // Every program says it.
        map.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
        let method = method.parse().unwrap();
        let uri = Uri::from_static("/records");
        match protection.check(&method, Version::HTTP_11, &uri, &map) {
            Ok(()) => 200,
            Err(failure) => failure.into_response().status().as_u16(),
        }
    }

    #[test]
    fn what_a_browser_sends_for_a_page_is_refused() {
        let page = ("origin", "https://other.example.org");
        let json = ("content-type", "application/json");
        assert_eq!(status(LOCAL, "POST", &[json]), 200);
        assert_eq!(status(LOCAL, "POST", &[json, page]), 403);
        assert_eq!(status(LOCAL, "POST", &[json, ("origin", "null")]), 403);
        assert_eq!(status(LOCAL, "GET", &[page]), 403);
        for site in ["cross-site", "same-site", "same-origin", "none", ""] {
            assert_eq!(status(LOCAL, "GET", &[("sec-fetch-site", site)]), 403, "{site}");
        }
    }

    #[test]
    fn a_person_may_look_where_that_is_wanted_and_change_nothing() {
        let typed = ("sec-fetch-site", "none");
        let own = ("sec-fetch-site", "same-origin");
        assert_eq!(status(PAGE, "GET", &[typed]), 200);
        assert_eq!(status(PAGE, "GET", &[own, ("origin", "http://localhost:7979")]), 200);
        assert_eq!(status(PAGE, "GET", &[("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(status(PAGE, "POST", &[own, ("content-type", "application/json")]), 403);
    }

    #[test]
    fn a_server_on_this_machine_is_called_by_no_name_that_a_page_can_have() {
        for host in [
            "localhost",
            "localhost:8888",
            "LOCALHOST.:8888",
            "web.localhost:80",
            "127.0.0.1:8888",
            "[::1]:8888",
            "[::1]",
            "192.0.2.1:8888",
        ] {
            assert_eq!(status(LOCAL, "GET", &[("host", host)]), 200, "{host}");
        }
        for host in
            ["other.example.org", "localhost.example.org:8888", "notlocalhost", "127.0.0.1.x"]
        {
            assert_eq!(status(LOCAL, "GET", &[("host", host)]), 421, "{host}");
            let any = Protection { hosts: Hosts::Any, ..LOCAL };
            assert_eq!(status(any, "GET", &[("host", host)]), 200, "{host}");
        }
    }

    #[test]
    fn a_request_has_one_host() {
        let twice = [("host", "localhost"), ("host", "other.example.org")];
        for protection in [LOCAL, PAGE, Protection::default()] {
            assert_eq!(status(protection, "GET", &twice), 400);
            assert_eq!(status(protection, "GET", &[twice[0], twice[0]]), 400, "the same");
            assert_eq!(status(protection, "GET", &twice[..1]), 200);
        }
    }

    #[test]
    fn what_says_who_asks_is_said_once() {
        let json = ("content-type", "application/json");
        for twice in [
            [("authorization", "Bearer a"), ("authorization", "Bearer b")],
            [("authorization", "Bearer a"), ("authorization", "Bearer a")],
            [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
            [("origin", "http://localhost"), ("origin", "null")],
            [json, ("content-type", "text/plain")],
        ] {
            for protection in [LOCAL, PAGE, Protection::default()] {
                assert_eq!(status(protection, "GET", &twice), 400, "{twice:?}");
            }
        }
        assert_eq!(status(LOCAL, "GET", &[("authorization", "Bearer a")]), 200);
    }

    #[test]
    fn a_method_that_there_is_not_is_no_question_of_its_media_type() {
        for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "FLY"] {
            assert_eq!(status(LOCAL, method, &[]), 200, "{method}: the paths say so");
            let page = [("origin", "https://other.example.org")];
            assert_eq!(status(LOCAL, method, &page), 403, "{method}");
        }
        assert_eq!(status(LOCAL, "POST", &[]), 415);
    }

    #[test]
    fn a_body_that_is_encoded_is_not_taken() {
        let json = ("content-type", "application/json");
        for encoding in ["gzip", "br", "GZIP", "identity, gzip", "aws-chunked"] {
            assert_eq!(status(LOCAL, "POST", &[json, ("content-encoding", encoding)]), 415);
        }
        for encoding in ["identity", "Identity ", ""] {
            assert_eq!(status(LOCAL, "POST", &[json, ("content-encoding", encoding)]), 200);
        }
        let hidden = [json, ("content-encoding", "identity"), ("content-encoding", "gzip")];
        assert_eq!(status(LOCAL, "POST", &hidden), 415);
        assert_eq!(status(LOCAL, "GET", &[("content-encoding", "gzip")]), 200, "no body is read");
    }

    #[test]
    fn a_write_is_of_a_media_type_that_no_page_may_send() {
        for given in
            ["application/external.dns.webhook+json;version=1", "Application/JSON; charset=utf-8"]
        {
            assert_eq!(status(LOCAL, "POST", &[("content-type", given)]), 200, "{given}");
        }
        for given in
            ["text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"]
        {
            assert_eq!(status(LOCAL, "POST", &[("content-type", given)]), 415, "{given}");
        }
        assert_eq!(status(LOCAL, "POST", &[]), 415);
    }
}
