//! Writes JSON as Go's encoder does.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// Returns `value` as the compact JSON that Go would send, with one newline at the end.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut body = encode_one(value);
    body.push(b'\n');
    body
}

/// Returns `value` as the compact JSON that Go would send, without a final newline.
pub fn encode_one<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut body = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut body, GoFormatter);
    // Writing to memory cannot fail, and our types have only string keys.
    if value.serialize(&mut serializer).is_err() {
        debug_assert!(false, "a protocol type did not serialize");
    }
    body
}

struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, found) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut characters = found.chars();
            if let Some(character) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}
