//! How a provider is, as probes and people ask for it on its port for health.

use std::fmt::Write as _;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Printable;

/// What a browser may load for the page: nothing at all.
const POLICY: &str =
    "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// How a provider is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthReport {
    /// Whether requests are served.
    pub is_ready: bool,
    /// What is in the way; it may be so of a provider that is ready, too.
    pub problems: Vec<String>,
    /// What else there is to know, such as zones with what is known of them.
    pub details: Vec<String>,
}

impl HealthReport {
    /// Answers a probe: 200 when requests are served and 503 when not, and why; with `is_verbose` the
    /// details as well.
    pub fn probe(&self, is_verbose: bool) -> Response {
        let Self { is_ready, problems, details } = self;
        let mut text = format!("{}\n", self.word());
        for problem in problems {
            let _ = writeln!(text, "problem: {}", Printable(problem));
        }
        for detail in details.iter().filter(|_| is_verbose) {
            let _ = writeln!(text, "{}", Printable(detail));
        }
        let status = if *is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, text).into_response()
    }

    /// Answers a person who opens the port in a browser: the same as a page that changes nothing and
    /// loads nothing, with links to the other paths.
    pub fn page(&self, program: &str, version: &str) -> Response {
        let Self { is_ready: _, problems, details } = self;
        let program = escaped(program);
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{program}</title></head>\n\
             <body><main>\n<h1>{program} {}</h1>\n<p>It is {}.</p>\n",
            escaped(version),
            self.word()
        );
        for (head, lines) in [("Problems", problems), ("Details", details)] {
            if lines.is_empty() {
                continue;
            }
            let _ = write!(page, "<h2>{head}</h2>\n<ul>\n");
            for line in lines {
                let _ = writeln!(page, "<li>{}</li>", escaped(line));
            }
            page.push_str("</ul>\n");
        }
        page.push_str(
            "<h2>Paths</h2>\n<ul>\n<li><a href=\"/readyz?verbose\">/readyz</a>: whether requests are \
             served, and why not</li>\n<li><a href=\"/healthz\">/healthz</a>: the process answers</li>\n\
             <li><a href=\"/metrics\">/metrics</a></li>\n</ul>\n<p>Controllers ask on another port. \
             What is published, and what is not, is on the controller's own page.</p>\n\
             </main></body></html>\n",
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
            (HeaderName::from_static("x-frame-options"), "DENY"),
        ];
        (headers, page).into_response()
    }

    fn word(&self) -> &'static str {
        if self.is_ready { "ready" } else { "not ready" }
    }
}

/// Returns `text` as it may stand in HTML, without hidden characters.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for char in Printable(text).to_string().chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn body(answer: Response) -> String {
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn hostile() -> HealthReport {
        HealthReport {
            is_ready: false,
            problems: vec!["zone `<script>alert('\u{202e}')</script>`: gone".to_owned()],
            details: vec!["zone: a\nzone: b".to_owned()],
        }
    }

    #[tokio::test]
    async fn a_probe_has_one_line_for_each_problem_and_details_when_asked() {
        let answer = hostile().probe(false);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let text = body(answer).await;
        assert!(text.starts_with("not ready\nproblem: zone `<script>"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
        let verbose = body(hostile().probe(true)).await;
        assert_eq!(verbose.lines().count(), 3, "a name cannot make a line of its own: {verbose}");
        let ready = HealthReport { is_ready: true, ..HealthReport::default() }.probe(false);
        assert_eq!(ready.status(), StatusCode::OK);
        assert_eq!(body(ready).await, "ready\n");
    }

    #[tokio::test]
    async fn nothing_that_is_told_on_the_page_is_run_or_loaded() {
        let answer = hostile().page("toy", "1.0");
        let policy = &answer.headers()[header::CONTENT_SECURITY_POLICY];
        assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
        let page = body(answer).await;
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        assert!(!page.contains('\u{202e}') && page.contains("not ready"), "{page}");
        assert!(page.contains("<h1>toy 1.0</h1>"), "{page}");
    }
}
