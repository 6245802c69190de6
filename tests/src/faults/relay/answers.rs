//! Answers that no service gave: refusals, nonsense, and what is left of a right one.

use crate::faults::calls::Service;
use crate::faults::http::Message;

/// Bodies that come with a 200 and cannot be read: captive portals, broken proxies, other programs.
const NONSENSE: [&str; 7] = [
    "null",
    "",
    "<html><body>Please log in</body></html>",
    "{\"kind\":",
    "<?xml version=\"1.0\"?>\n<Broken>",
    "upstream connect error or disconnect/reset before headers",
    "\u{0}\u{1}\u{2}",
];

/// Returns a refusal without a body.
pub(super) fn status(status: u16, retry_after: Option<&str>) -> Message {
    let head = format!("HTTP/1.1 {status} Refused\r\nConnection: close");
    let message = Message { head, body: Vec::new() }.with_body(Vec::new());
    message.with_header("Retry-After", retry_after.unwrap_or_default())
}

/// Returns a 200 that the clients of a service cannot read.
pub(super) fn nonsense(service: Service, which: u32) -> Message {
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {}", service.content_type());
    let body = NONSENSE.iter().cycle().nth(which as usize % NONSENSE.len()).copied();
    Message { head, body: Vec::new() }.with_body(body.unwrap_or_default().into())
}

/// Returns an answer with only so many thousandths of its content, all else being right.
pub(super) fn shortened(answer: Message, part: u32) -> Message {
    let mut content = answer.content();
    content.truncate(part_of(content.len(), part));
    answer.with_body(content)
}

/// Returns so many thousandths of a length, and always less than the whole.
pub(super) fn part_of(length: usize, part: u32) -> usize {
    (length * part as usize / 1000).min(length.saturating_sub(1))
}
