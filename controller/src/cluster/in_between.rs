//! Which answers are none of an API server: a proxy or a gateway on the way has written them.

use std::time::Duration;

use external_dns_webhook::shortened;
use http_body::Body as HttpBody;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};

/// What an API server names each answer with.
const AUDIT_ID: &str = "audit-id";

/// Most characters of an answer that are shown.
const MAX_SHOWN: usize = 120;

/// How long the start of such an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells whether an answer was written on the way: it has no name of an API server's, and is a page for people, or
/// says in no form of Kubernetes what proxies say.
pub(super) fn is_written_on_the_way(status: StatusCode, headers: &HeaderMap) -> bool {
    let form = headers.get(CONTENT_TYPE).and_then(|form| form.to_str().ok()).unwrap_or_default();
    let form = form.trim_start().to_ascii_lowercase();
    let is_of_kubernetes = ["application/json", "application/vnd.kubernetes", "application/apply"]
        .iter()
        .any(|known| form.starts_with(known));
    let is_of_proxies = matches!(status.as_u16(), 403 | 407 | 502..=504);
    !headers.contains_key(AUDIT_ID)
        && (form.starts_with("text/html") || (is_of_proxies && !is_of_kubernetes))
}

/// Returns how the body of such an answer begins, in one line.
pub(super) async fn start(mut body: impl HttpBody<Data = Bytes> + Unpin) -> String {
    let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context));
    let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, frame).await else {
        return String::new();
    };
    let bytes = frame.into_data().unwrap_or_default();
    // A character has four bytes at most, and a few bytes more keep the last one whole.
    let head = bytes.get(..bytes.len().min(MAX_SHOWN * 8)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let printable = |shown: char| if shown.is_control() { ' ' } else { shown };
    let text: String = text.chars().map(printable).collect();
    shortened(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign(status: u16, headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap())
        });
        is_written_on_the_way(StatusCode::from_u16(status).unwrap(), &headers.collect())
    }

    #[test]
    fn a_page_and_a_refusal_in_no_form_of_kubernetes_are_written_on_the_way() {
        let html = ("content-type", "Text/HTML; charset=utf-8");
        for (status, headers) in [
            (403, &[html][..]),
            (407, &[]),
            (502, &[("content-type", "text/plain")]),
            (503, &[html]),
            (302, &[html]),
            (200, &[html]),
            (401, &[html]),
        ] {
            assert!(is_foreign(status, headers), "{status} {headers:?}");
        }
    }

    #[test]
    fn what_an_api_server_says_in_plain_text_is_its_own() {
        let (json, plain) = (("content-type", "application/json"), ("content-type", "text/plain"));
        let protobuf = ("content-type", "application/vnd.kubernetes.protobuf");
        for (status, headers) in [
            (403, &[json][..]),
            (503, &[protobuf]),
            (404, &[plain]),
            (429, &[plain]),
            (503, &[plain, ("audit-id", "7")]),
            (200, &[]),
        ] {
            assert!(!is_foreign(status, headers), "{status} {headers:?}");
        }
    }

    #[tokio::test]
    async fn the_start_of_a_page_is_shown_in_one_line() {
        let page = "<html>\r\n\t<b>\u{1b}[1mno</b>".to_owned() + &"x".repeat(1_000);
        let told = start(kube::client::Body::from(page.into_bytes())).await;
        assert!(told.starts_with("<html> <b> [1mno</b>xx") && told.len() < 200, "{told}");
        assert_eq!(start(kube::client::Body::empty()).await, "");
    }

    #[tokio::test]
    async fn a_page_in_place_of_an_answer_is_no_refusal_of_the_api_server() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let page = async || (StatusCode::FORBIDDEN, axum::response::Html("<b>Blocked</b>"));
        let router = axum::Router::new().fallback(page);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let access = super::super::Access { server: server.clone(), ..Default::default() };
        let client = super::super::client(&access).await.unwrap();
        let told = crate::api_server::told(&client.apiserver_version().await.unwrap_err());
        assert_eq!(
            told,
            format!(
                "the API server at {server} is not what answers: the answer has HTTP status 403 and is not one \
                 of Kubernetes (it begins `<b>Blocked</b>`); a proxy or gateway of the network has most likely \
                 written it: ask who runs it to let requests to the API server through; where the network wants \
                 a proxy, name that in HTTPS_PROXY"
            )
        );
    }
}
