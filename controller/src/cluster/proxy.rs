//! Whether requests to the API server go through a proxy, and through which.
//!
//! As programs in Go have it: a `proxy-url` of the kubeconfig counts as it stands; else `HTTPS_PROXY`
//! does, unless `NO_PROXY` names the API server, or it is on this machine.

use external_dns_webhook::client::is_on_this_machine;
use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kube::config::Kubeconfig;
use reqwest::Url;

/// A proxy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{source_of_it}` is not the URL of a proxy; use `http://`, `https://` or `socks5://`, a host and \
     a port"
)]
pub struct ProxyError {
    source_of_it: &'static str,
}

/// Returns the `proxy-url` of the cluster that the kubeconfig's current context names.
pub(super) fn of_kubeconfig(kubeconfig: &Kubeconfig) -> Option<String> {
    let current = kubeconfig.current_context.as_deref()?;
    let context = kubeconfig.contexts.iter().find(|context| context.name == current)?;
    let name = &context.context.as_ref()?.cluster;
    let cluster = kubeconfig.clusters.iter().find(|cluster| cluster.name == *name)?;
    cluster.cluster.as_ref()?.proxy_url.clone().filter(|url| !url.is_empty())
}

/// Returns the proxy on the way to the API server at `server`; `None` when there is none.
///
/// # Errors
///
/// Returns an error that names where a proxy is given that makes no sense; its text may have a
/// password and is not shown.
pub(super) fn of(
    server: &str,
    kubeconfig: Option<&str>,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<Uri>, ProxyError> {
    if let Some(proxy) = kubeconfig {
        return parsed("proxy-url", proxy).map(Some);
    }
    let first = |names: &[&'static str]| {
        let set = |name: &&'static str| lookup(name).filter(|text| !text.is_empty());
        names.iter().find_map(|name| set(name).map(|text| (*name, text)))
    };
    let Ok(url) = Url::parse(server) else { return Ok(None) };
    let names = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let Some((name, proxy)) = first(&names) else { return Ok(None) };
    let no_proxy = first(&["NO_PROXY", "no_proxy"]).map(|(_, text)| text).unwrap_or_default();
    if is_on_this_machine(&url) || is_spared(server, &url, &no_proxy) {
        return Ok(None);
    }
    parsed(name, &proxy).map(Some)
}

/// Tells whether `NO_PROXY` names the server: by host, domain, address or network, each also with a
/// port, which then has to be the server's.
fn is_spared(server: &str, url: &Url, no_proxy: &str) -> bool {
    let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    let bare = |entry: &str| entry.trim().strip_suffix(&port).unwrap_or(entry.trim()).to_owned();
    let no_proxy: Vec<_> = no_proxy.split(',').map(bare).collect();
    // Any proxy would do: the question is whether there is to be one.
    let matcher = Matcher::builder().all("http://proxy").no(no_proxy.join(",")).build();
    server.parse::<Uri>().is_ok_and(|server| matcher.intercept(&server).is_none())
}

fn parsed(name: &'static str, text: &str) -> Result<Uri, ProxyError> {
    let wrong = || ProxyError { source_of_it: name };
    let text = text.trim();
    // A proxy without a scheme is one for HTTP, and SOCKS decides what looks up names.
    let full = match text.split_once("://") {
        None => format!("http://{text}"),
        Some(("socks5h", rest)) => format!("socks5://{rest}"),
        Some(_) => text.to_owned(),
    };
    let uri: Uri = full.parse().map_err(|_| wrong())?;
    let is_known = matches!(uri.scheme_str(), Some("http" | "https" | "socks5"));
    if is_known && uri.host().is_some_and(|host| !host.is_empty()) { Ok(uri) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://k8s.example.com:6443";

    fn through(server: &str, kubeconfig: Option<&str>, variables: &[(&str, &str)]) -> String {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        match of(server, kubeconfig, lookup) {
            Ok(proxy) => {
                let proxy = proxy.map(|proxy| proxy.to_string()).unwrap_or_default();
                proxy.trim_end_matches('/').to_owned()
            }
            Err(error) => error.source_of_it.to_owned(),
        }
    }

    #[test]
    fn no_proxy_spares_the_server_and_says_nothing_of_the_proxy() {
        let proxied = |no_proxy: &str| {
            let variables = [("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", no_proxy)];
            through(SERVER, None, &variables) == "http://127.0.0.1:9"
        };
        for no_proxy in [
            "",
            "127.0.0.1",
            "other.example.com",
            "8s.example.com",
            "10.0.0.0/8",
            ",",
            "k8s.example.com:443",
        ] {
            assert!(proxied(no_proxy), "{no_proxy}");
        }
        for no_proxy in [
            "*",
            "k8s.example.com",
            ".example.com",
            "example.com",
            "a, example.com ,",
            "k8s.example.com:6443",
        ] {
            assert!(!proxied(no_proxy), "{no_proxy}");
        }
        let network = [("https_proxy", "proxy:3128"), ("no_proxy", "10.0.0.0/8")];
        assert_eq!(through("https://10.1.2.3", None, &network), "");
        assert_eq!(through("https://11.1.2.3", None, &network), "http://proxy:3128");
    }

    #[test]
    fn this_machine_is_reached_directly_unless_the_kubeconfig_says_otherwise() {
        let variables = [("HTTPS_PROXY", "http://proxy:1"), ("HTTP_PROXY", "http://proxy:2")];
        for server in ["https://127.0.0.1:6443", "https://localhost:6443", "https://[::1]:6443"] {
            assert_eq!(through(server, None, &variables), "", "{server}");
            let explicit = Some("socks5h://127.0.0.1:1080");
            assert_eq!(
                through(server, explicit, &variables),
                "socks5://127.0.0.1:1080",
                "{server}"
            );
        }
        assert_eq!(through("http://k8s.example.com", None, &variables), "http://proxy:2");
        let all = [("HTTPS_PROXY", ""), ("ALL_PROXY", "http://me:pw@proxy:3")];
        assert_eq!(through(SERVER, None, &all), "http://me:pw@proxy:3");
    }

    #[test]
    fn a_proxy_that_makes_no_sense_is_named_by_where_it_stands_and_not_shown() {
        for proxy in ["ftp://proxy:1", "http://", "http://me:se cret@proxy", "://"] {
            assert_eq!(through(SERVER, None, &[("HTTPS_PROXY", proxy)]), "HTTPS_PROXY", "{proxy}");
            assert_eq!(through(SERVER, Some(proxy), &[]), "proxy-url", "{proxy}");
        }
        assert!(!ProxyError { source_of_it: "HTTPS_PROXY" }.to_string().contains("secret"));
    }
}
