//! Error answers that the SDK cannot read: the bare refusal of a batch, and what others write.

use external_dns_webhook::shortened;
use serde::Deserialize;

/// Most characters of an answer that are shown.
const MAX_SHOWN: usize = 120;

/// An error answer that is none of Route 53, as far as it can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answer has HTTP status {status} and is not one of Route 53 ({}); {}",
    shown(start),
    daemon::written_on_the_way(*status, "Route 53", proxy.as_deref())
)]
pub(super) struct Foreign {
    /// Its HTTP status.
    pub(super) status: u16,
    /// How it begins, in one line; empty when it has no body.
    pub(super) start: String,
    /// The proxy that the environment names, as it may be shown; `None` without one.
    proxy: Option<String>,
}

fn shown(start: &str) -> String {
    if start.is_empty() { "it is empty".to_owned() } else { format!("it begins `{start}`") }
}

impl Foreign {
    pub(super) fn new(status: u16, body: &[u8]) -> Self {
        // A character has four bytes at most, and a few bytes more keep the last one whole.
        let head = body.get(..body.len().min(MAX_SHOWN * 8)).unwrap_or_default();
        let text = String::from_utf8_lossy(head);
        let printable = |shown: char| if shown.is_control() { ' ' } else { shown };
        let text: String = text.chars().map(printable).collect();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { status, start: shortened(&words, MAX_SHOWN), proxy: None }
    }

    /// Returns it with the proxy that requests go through.
    pub(super) fn through(self, proxy: Option<&str>) -> Self {
        Self { proxy: proxy.map(str::to_owned), ..self }
    }

    /// Tells whether the same request will be answered alike: what has a status of its own for
    /// waiting, or says that the trouble is not with the request, may pass.
    pub(super) fn is_steady(&self) -> bool {
        (300..500).contains(&self.status) && !matches!(self.status, 408 | 425 | 429)
    }
}

/// The refusal of a batch whose shape is the whole document.
#[derive(Deserialize)]
struct Bare {
    #[serde(rename = "Messages", default)]
    messages: Messages,
}

#[derive(Default, Deserialize)]
struct Messages {
    #[serde(rename = "Message", default)]
    message: Vec<String>,
}

/// Reads the refusal of a batch that does not stand within an `ErrorResponse`; `None` when it is
/// something else.
///
/// The [example] of AWS shows it so, and SDKs read both.
///
/// [example]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
pub(super) fn bare_batch(body: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(body).ok()?;
    if super::complete::root_name(text)? != "InvalidChangeBatch" {
        return None;
    }
    let bare: Bare = quick_xml::de::from_str(text).ok()?;
    Some(bare.messages.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XMLNS: &str = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";

    #[test]
    fn a_bare_refusal_is_read_with_all_its_messages() {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InvalidChangeBatch {XMLNS}>\
             <Messages><Message>one &lt;a&gt; &amp; b</Message>\n<Message>two</Message></Messages>\
             <RequestId>r</RequestId></InvalidChangeBatch>"
        );
        let read = bare_batch(body.as_bytes());
        assert_eq!(read, Some(vec!["one <a> & b".to_owned(), "two".to_owned()]));
        for empty in ["<Messages/>", "<Messages></Messages>", ""] {
            let body = format!("<InvalidChangeBatch {XMLNS}>{empty}</InvalidChangeBatch>");
            assert_eq!(bare_batch(body.as_bytes()), Some(vec![]), "{empty}");
        }
    }

    #[test]
    fn what_is_no_bare_refusal_is_none() {
        let cut = "<InvalidChangeBatch><Messages><Message>one";
        for body in ["", "{}", cut, "<Messages><Message>x</Message></Messages>", "<html></html>"] {
            assert_eq!(bare_batch(body.as_bytes()), None, "{body}");
        }
        assert_eq!(bare_batch(&[0xff]), None);
    }

    #[test]
    fn a_foreign_answer_is_shown_by_its_status_and_its_start_in_one_line() {
        let page = "<html>\r\n\t<b>\u{1b}[1mno</b>".to_owned() + &"x".repeat(1_000);
        let told = Foreign::new(403, page.as_bytes()).to_string();
        assert!(told.contains("HTTP status 403") && told.contains("`<html> <b> [1mno</b>xx"));
        assert!(told.len() < 400 && !told.contains(char::is_control), "{told}");
        assert!(Foreign::new(404, b"").to_string().contains("it is empty"));
    }

    #[test]
    fn only_what_may_sync_is_not_steady() {
        for (status, is_steady) in
            [(301, true), (400, true), (403, true), (404, true), (413, true), (408, false)]
                .into_iter()
                .chain([(429, false), (500, false), (502, false), (200, false)])
        {
            assert_eq!(Foreign::new(status, b"").is_steady(), is_steady, "{status}");
        }
    }
}
