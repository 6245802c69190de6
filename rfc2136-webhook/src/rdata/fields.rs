//! The fields of which values are made.

use crate::name::{self, Name};

/// Reads fields from the bytes of a value.
pub(super) struct Reader<'a>(&'a [u8]);

/// Writes fields of a value.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes so many bytes; `None` when there are less.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes everything that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn number8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn number16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Takes a string with its length before it.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number8()?;
        self.take(length.into())
    }

    /// Takes a name that is not compressed, and returns its text with the final dot.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = Name::root();
        loop {
            let length = self.number8()?;
            if length == 0 {
                name.set_fqdn(true);
                return Some(format!("{}.", name::to_text(&name)));
            }
            name = name.append_label(self.take(length.into())?).ok()?;
        }
    }
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn number8(&mut self, text: &str) -> Option<()> {
        self.0.push(text.parse().ok()?);
        Some(())
    }

    pub(super) fn number16(&mut self, text: &str) -> Option<()> {
        self.0.extend(text.parse::<u16>().ok()?.to_be_bytes());
        Some(())
    }

    pub(super) fn string(&mut self, bytes: &[u8]) -> Option<()> {
        self.0.push(u8::try_from(bytes.len()).ok()?);
        self.bytes(bytes);
        Some(())
    }

    /// Writes a name; international ones become `xn--` labels.
    pub(super) fn name(&mut self, text: &str) -> Option<()> {
        if text.is_empty() || text.contains(['"', '(', ')', ';']) {
            return None;
        }
        let name = match text {
            "." => Name::root(),
            text => name::from_dns_name(&text.into()).ok()?,
        };
        for label in &name {
            self.string(label)?;
        }
        self.0.push(0);
        Some(())
    }

    pub(super) fn hexadecimal(&mut self, text: &str) -> Option<()> {
        if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return None;
        }
        for at in (0..text.len()).step_by(2) {
            self.0.push(u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?);
        }
        Some(())
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
