//! What tells that a proxy passes a request on for someone else: the one list of it.
//!
//! A proxy says for whom it speaks in a header. Two of them are standards, all others are products' own,
//! and there are always more; so what their names have in common counts, too. A client of ours sends
//! none of them. To take one client too many for a proxy costs it a token, and one too few opens the
//! door to everyone.

use std::fmt;

use hyper::{HeaderMap, Version};

/// What tells that a proxy passes a request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySign {
    /// A header of this name, or one that begins so.
    Header(&'static str),
    /// A header with this in its name, whatever parts words there.
    Word(&'static str),
    /// HTTP/1.0, as nginx speaks it to what is behind it unless told otherwise, with no header that says
    /// for whom (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version>).
    OldVersion,
}

impl fmt::Display for ProxySign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "`{name}`"),
            Self::Word(word) => write!(f, "a header with `{word}` in its name"),
            Self::OldVersion => f.write_str("HTTP/1.0"),
        }
    }
}

/// Names of headers that proxies add.
const NAMES: &[&str] = &[
    // RFC 7239, 4; RFC 9110, 7.6.3; RFC 8586, 2.
    "forwarded",
    "via",
    "cdn-loop",
    // Varnish and Squid: https://www.w3.org/TR/edge-arch/#sec5
    "surrogate-capability",
    "x-varnish",
    // Load balancers of AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    "x-amzn-trace-id",
    "x-amz-cf-id",
    // Application Request Routing of IIS.
    "x-arr-log-id",
    "x-arr-ssl",
    // What a proxy authenticated, and early data of TLS 1.3 (RFC 8470, 5.1).
    "remote-user",
    "early-data",
    // What nginx and IIS keep of what was asked for: https://kubernetes.github.io/ingress-nginx/
    "x-original-uri",
    "x-original-url",
    "x-original-host",
    "x-original-method",
    "x-rewrite-url",
    "x-auth-request-redirect",
    "x-scheme",
    "x-coming-from",
    "x-bluecoat-via",
    // nginx and Traefik: https://nginx.org/en/docs/http/ngx_http_realip_module.html
    "x-real-ip",
    // Akamai and Cloudflare: https://developers.cloudflare.com/fundamentals/reference/http-headers/#true-client-ip-enterprise-plan-only
    "true-client-ip",
    // Apache, Rackspace, Zeus, Heroku and others: https://httpd.apache.org/docs/2.4/mod/mod_remoteip.html
    "client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    // WebLogic: https://docs.oracle.com/en/middleware/standalone/weblogic-server/
    "wl-proxy-client-ip",
    // https://docs.digitalocean.com/products/app-platform/ and https://docs.netlify.com
    "do-connecting-ip",
    "x-nf-client-connection-ip",
    // https://github.com/kubernetes/ingress-nginx/blob/main/docs/user-guide/nginx-configuration/configmap.md
    "x-original-forwarded-for",
];

/// What names of headers begin with that proxies add.
const PREFIXES: &[&str] = &[
    "x-forwarded",
    // https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers
    "x-envoy-",
    // https://linkerd.io/2/reference/proxy-configuration/
    "l5d-",
    // https://developers.cloudflare.com/fundamentals/reference/http-headers/
    "cf-",
    // https://www.fastly.com/documentation/reference/http/http-headers/
    "fastly-",
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    "cloudfront-",
    // https://learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol
    "x-azure-",
    // https://www.akamai.com and its Ion: `X-Akamai-Edgescape` and others.
    "x-akamai-",
    "akamai-",
    // https://cloud.google.com/iap/docs/identity-howto and https://cloud.google.com/appengine/docs/standard/reference/request-headers
    "x-goog-authenticated-",
    "x-appengine-",
    // https://fly.io/docs/networking/request-headers/ and https://tailscale.com/kb/1312/serve
    "fly-",
    "tailscale-",
    // What a client sends to a proxy, and one that does not know it passes on (RFC 9110, 11.7.1 and C), and
    // what proxies of WebLogic and others say of themselves.
    "proxy-",
    "x-proxy",
    // Of whom an authenticating proxy speaks: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
    // and https://oauth2-proxy.github.io/oauth2-proxy/
    "x-remote-",
    "x-auth-request-",
];

/// What stands in names of headers that tell whose request it is, in those of products that nobody has
/// listed, too: `X-Vercel-Forwarded-For`, `X-ProxyUser-Ip`, `X-SSL-Client-Verify`.
const WORDS: &[&str] = &[
    "forward",
    "realip",
    "trueip",
    "peerip",
    "peeraddr",
    "visitorip",
    "originatingip",
    "clientip",
    "clientaddr",
    "clientcert",
    "clientconnectionip",
    "connectingip",
    "remoteip",
    "remoteaddr",
    "userip",
    "sourceip",
    "sourceaddr",
    "sslclient",
    "vieweraddress",
];

/// Returns what tells that a proxy passes a request on; `None` when nothing does.
pub(super) fn sign(version: Version, headers: &HeaderMap) -> Option<ProxySign> {
    let by_header = headers.keys().find_map(|name| of_name(name.as_str()));
    by_header.or_else(|| (version < Version::HTTP_11).then_some(ProxySign::OldVersion))
}

fn of_name(name: &str) -> Option<ProxySign> {
    // Some servers take these for each other, and so may a client of theirs.
    let name = name.replace('_', "-");
    let bare = name.replace('-', "");
    let by_name = NAMES.iter().find(|known| name == **known);
    let by_prefix = || PREFIXES.iter().find(|prefix| name.starts_with(**prefix));
    let by_word = || WORDS.iter().find(|word| bare.contains(**word));
    let header = by_name.or_else(by_prefix).map(|header| ProxySign::Header(header));
    header.or_else(|| by_word().map(|word| ProxySign::Word(word)))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn of(version: Version, names: &[&str]) -> Option<ProxySign> {
        let value = HeaderValue::from_static("x");
        let pairs =
            names.iter().map(|name| (name.parse::<HeaderName>().unwrap(), value.clone())).collect();
        sign(version, &pairs)
    }

    #[test]
    fn whatever_tells_for_whom_a_proxy_speaks_is_known() {
        for name in [
            "Forwarded",
            "Via",
            "CDN-Loop",
            "X-Forwarded-For",
            "X-Forwarded-Proto",
            "X-Forwarded-Client-Cert",
            "X_Forwarded_For",
            "X-Original-Forwarded-For",
            "X-Vercel-Forwarded-For",
            "X-Envoy-External-Address",
            "X-Real-IP",
            "X-Client-IP",
            "X-ClientIP",
            "Client-IP",
            "True-Client-IP",
            "X-Cluster-Client-IP",
            "WL-Proxy-Client-IP",
            "Proxy-Client-IP",
            "Fastly-Client-IP",
            "Fastly-FF",
            "Fly-Client-IP",
            "CF-Connecting-IP",
            "CF-Connecting-IPv6",
            "CF-Ray",
            "DO-Connecting-IP",
            "X-Azure-ClientIP",
            "X-Azure-SocketIP",
            "X-Akamai-Edgescape",
            "CloudFront-Viewer-Address",
            "X-Amzn-Trace-Id",
            "X-Amz-Cf-Id",
            "X-AppEngine-User-IP",
            "X-Goog-Authenticated-User-Email",
            "X-Nf-Client-Connection-Ip",
            "X-ProxyUser-Ip",
            "X-Remote-User",
            "X-Remote-Addr",
            "Remote-Addr",
            "X-Auth-Request-Email",
            "X-SSL-Client-Verify",
            "Tailscale-User-Login",
            "l5d-client-id",
            "X-Varnish",
            "X-ARR-LOG-ID",
            "X-Original-URL",
            "Proxy-Authorization",
            "X-New-Product-Client-Ip",
            "xrealip",
            "Forwarded-For",
            "X-Forward-For",
            "X-Originating-IP",
            "X-True-IP",
            "X-Proxy-Id",
            "Proxy-Connection",
        ] {
            for names in [&[name][..], &["host", name], &[name, "accept"]] {
                assert!(of(Version::HTTP_11, names).is_some(), "{name}");
            }
        }
        assert_eq!(of(Version::HTTP_10, &["host"]), Some(ProxySign::OldVersion));
        let sign = of(Version::HTTP_10, &["via"]).unwrap();
        assert_eq!(sign.to_string(), "`via`");
    }

    #[test]
    fn what_clients_send_is_no_sign_of_a_proxy() {
        // Of `signpost`, curl, browsers, Prometheus, the kubelet, `kubectl` and ExternalDNS.
        let own = [
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "accept-language",
            "authorization",
            "cache-control",
            "pragma",
            "connection",
            "keep-alive",
            "content-length",
            "content-type",
            "cookie",
            "dnt",
            "expect",
            "if-none-match",
            "origin",
            "prefer",
            "priority",
            "referer",
            "sec-ch-ua",
            "sec-fetch-site",
            "sec-gpc",
            "te",
            "transfer-encoding",
            "upgrade-insecure-requests",
            "x-prometheus-scrape-timeout-seconds",
            "x-request-id",
            "x-requested-with",
            "x-correlation-id",
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "x-b3-traceid",
            "x-stream-protocol-version",
            "kubectl-command",
        ];
        assert_eq!(of(Version::HTTP_11, &own), None);
    }
}
