//! As much of HTTP/1.1 as a relay needs that wants to break it: where a message ends, and its parts.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Most bytes of a message; nothing here is nearly as large.
const MOST_BYTES: usize = 64 << 20;

/// A message as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line and the headers, without the empty line.
    pub(crate) head: String,
    /// Everything after the empty line, in chunks if it was sent so.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Returns the words of the first line: method and target, or version and status.
    pub(crate) fn first_words(&self) -> (&str, &str) {
        let mut words = self.head.lines().next().unwrap_or_default().split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Returns the message with one header replaced.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        let kept = self.head.lines().enumerate().filter(|(number, line)| {
            let key = line.split(':').next().unwrap_or_default();
            *number == 0 || !key.eq_ignore_ascii_case(name)
        });
        let mut head: Vec<_> = kept.map(|(_, line)| line.to_owned()).collect();
        if !value.is_empty() {
            head.push(format!("{name}: {value}"));
        }
        self.head = head.join("\r\n");
        self
    }

    /// Returns the message with another body, and a length that is right.
    pub(crate) fn with_body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        let length = self.body.len().to_string();
        self.with_header("Transfer-Encoding", "").with_header("Content-Length", &length)
    }

    /// Returns the body without the frames of its chunks.
    pub(crate) fn content(&self) -> Vec<u8> {
        if self.is_chunked() { unchunked(&self.body) } else { self.body.clone() }
    }

    /// Returns the bytes to send.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone().into_bytes();
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn is_chunked(&self) -> bool {
        self.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }
}

/// Reads one request; `None` when the connection ends before one began.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<Message>> {
    let Some(mut message) = read_head(stream).await? else { return Ok(None) };
    if message.is_chunked() {
        // Trailers are sent by nobody here, so the empty chunk is the end.
        while !message.body.ends_with(b"0\r\n\r\n") {
            more(stream, &mut message.body).await?;
        }
    } else {
        let length = message.header("Content-Length").and_then(|value| value.parse().ok());
        while message.body.len() < length.unwrap_or(0) {
            more(stream, &mut message.body).await?;
        }
    }
    Ok(Some(message))
}

/// Reads one head, with what came of the body in the same breath; `None` when there is nothing.
pub(crate) async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<Message>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(at + 4);
            bytes.truncate(at);
            let head = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some(Message { head, body }));
        }
        let begun = !bytes.is_empty();
        match more(stream, &mut bytes).await {
            Ok(()) => {}
            Err(_) if !begun => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// Reads the rest of a message whose end is that of its connection.
pub(crate) async fn read_rest(
    stream: &mut (impl AsyncRead + Unpin),
    message: &mut Message,
) -> io::Result<()> {
    stream.read_to_end(&mut message.body).await.map(drop)
}

async fn more(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    if bytes.len() > MOST_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    match stream.read_buf(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(at) = body.windows(2).position(|window| window == b"\r\n") {
        let (line, rest) = body.split_at(at);
        let size = std::str::from_utf8(line).ok().and_then(|line| line.split(';').next());
        let size = size.and_then(|line| usize::from_str_radix(line.trim(), 16).ok()).unwrap_or(0);
        let rest = rest.get(2..).unwrap_or_default();
        let Some((chunk, rest)) = rest.split_at_checked(size).filter(|_| size > 0) else { break };
        content.extend_from_slice(chunk);
        body = rest.get(2..).unwrap_or_default();
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_read_to_its_end_and_no_further() {
        let plain = b"POST /records HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
        let read = read_request(&mut &plain[..]).await.unwrap().unwrap();
        assert_eq!(read.first_words(), ("POST", "/records"));
        assert_eq!(read.body, b"body");
        assert_eq!(read.bytes(), plain);
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let read = read_request(&mut &chunked[..]).await.unwrap().unwrap();
        assert_eq!(read.content(), b"abc");
        assert!(read_request(&mut &b""[..]).await.unwrap().is_none());
        assert!(read_request(&mut &b"GET / HT"[..]).await.is_err());
    }

    #[test]
    fn another_body_gets_a_length_that_is_right() {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nX: y".to_owned();
        let message = Message { head, body: b"1\r\na\r\n0\r\n\r\n".to_vec() };
        let bytes = message.with_body(b"ab".to_vec()).bytes();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nab");
    }
}
