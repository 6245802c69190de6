//! JSON exactly as the Go programs on the other side write and read it.
//!
//! Writing: compact, `<`, `>` and `&` escaped, one newline at the end. Reading: member names in any
//! letter case, `null` for any member, unknown members, data after the first value and broken text
//! are all accepted, because a Go decoder accepts them. A wrong type anywhere refuses the body, and so
//! does what no text can hold, which a Go encoder never writes; only what zones hold is read all the same.
//!
//! Compat: the rules and their cases are in `proto-docs/webhook-v1.md`, "JSON".

mod encode;
mod list;
mod merge_decode;
mod no_text;
mod size;
mod types;

use std::borrow::Cow;

use serde::de::DeserializeSeed;

pub use self::encode::{encode, encode_one};
pub use self::list::{List, Zones};
use self::merge_decode::{MergeDecode, Seed};
pub use self::no_text::NoText;
pub use self::size::TooMuch;
pub use self::types::BadNegotiation;
use crate::{Changes, Endpoint, UnpairedUpdates};

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There was nothing to read.
    #[error("the body is empty; send one JSON value")]
    Empty,
    /// There is far more in it than its length allows for.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// There is something in it that no text can hold: read as something else, it would be published so.
    #[error(transparent)]
    NoText(#[from] NoText),
    /// The body is not JSON, or a member has a type the protocol does not know.
    #[error("the body is not what the protocol sends here: {0}")]
    Json(#[from] serde_json::Error),
    /// An object that has none of the lists of changes, and something else.
    #[error(
        "the body has no changes: it has `{member}`, and none of `create`, `updateOld`, `updateNew` and \
         `delete`"
    )]
    NoChanges {
        /// Its first member.
        member: String,
    },
    /// The two update lists do not line up.
    #[error(transparent)]
    Unpaired(#[from] UnpairedUpdates),
    /// The regular expressions or lists of a domain filter do not go together, or a shard is none.
    #[error(transparent)]
    Negotiation(#[from] BadNegotiation),
}

/// Reads a list of record sets; `null` is the empty list and `null` elements are left out.
///
/// # Errors
///
/// Returns an error when the body is empty, is not JSON, has a member of a wrong type, or holds what no text
/// can.
pub fn decode_endpoints(body: &[u8]) -> Result<Vec<Endpoint>, DecodeError> {
    let endpoints: Vec<Option<Endpoint>> = decode(body)?;
    Ok(endpoints.into_iter().flatten().collect())
}

/// Reads the list of what zones hold: as [`decode_endpoints`], but with U+FFFD in place of what no text can
/// hold. One record set of others that is broken so must not keep anyone from all the rest.
///
/// # Errors
///
/// Returns an error when the body is empty, is not JSON or has a member of a wrong type.
pub fn decode_records(body: &[u8]) -> Result<Vec<Endpoint>, DecodeError> {
    size::check(body)?;
    let endpoints: Vec<Option<Endpoint>> = decode_text(&well_formed(body))?;
    Ok(endpoints.into_iter().flatten().collect())
}

/// Reads a set of changes; `null` is no change at all.
///
/// Update pairs with a `null` on either side are left out: there is nothing to move from or to.
///
/// # Errors
///
/// Returns an error as [`decode_endpoints`] does, when the update lists differ in length, and when an
/// object has members of which none is a list of changes; an object without any is no changes.
pub fn decode_changes(body: &[u8]) -> Result<Changes, DecodeError> {
    let wire: types::WireChanges = decode(body)?;
    if let Some(member) = wire.only_unknown() {
        return Err(DecodeError::NoChanges { member: member.to_owned() });
    }
    Ok(wire.try_into()?)
}

/// Reads what a provider answers to negotiation.
///
/// # Errors
///
/// Returns an error as [`decode_endpoints`] does, and when regular expressions and lists are mixed
/// or an expression does not compile.
pub fn decode_negotiation(body: &[u8]) -> Result<crate::Negotiation, DecodeError> {
    let wire: types::WireNegotiation = decode(body)?;
    Ok(wire.try_into()?)
}

/// Reads an answer that our own extensions define, such as outcomes.
///
/// # Errors
///
/// Returns an error when the body is not JSON of that type.
pub fn decode_extension<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    size::check(body)?;
    Ok(serde_json::from_slice(body)?)
}

fn decode<T: MergeDecode>(body: &[u8]) -> Result<T, DecodeError> {
    size::check(body)?;
    decode_text(no_text::check(body)?)
}

fn decode_text<T: MergeDecode>(text: &str) -> Result<T, DecodeError> {
    if text.trim_ascii().is_empty() {
        return Err(DecodeError::Empty);
    }
    let mut value = T::default();
    // Only the first value is read: a Go decoder stops there too, and never looks at the rest.
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Seed(&mut value).deserialize(&mut deserializer)?;
    Ok(value)
}

/// Replaces invalid UTF-8 and lone surrogate escapes by U+FFFD, as Go does.
fn well_formed(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    if !text.contains("\\u") {
        return text;
    }
    let mut fixed = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        fixed.push_str(before);
        let taken = match surrogate(escape) {
            Some(0xD800..=0xDBFF)
                if matches!(escape.get(6..).and_then(surrogate), Some(0xDC00..=0xDFFF)) =>
            {
                fixed.push_str(escape.get(..12).unwrap_or(escape));
                12
            }
            Some(0xD800..=0xDFFF) => {
                fixed.push_str("\\ufffd");
                6
            }
            _ => {
                // The backslash and what it escapes, so that `\\u` is not read as `\u`.
                let taken = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                fixed.push_str(escape.get(..taken).unwrap_or(escape));
                taken
            }
        };
        rest = escape.get(taken..).unwrap_or_default();
    }
    fixed.push_str(rest);
    Cow::Owned(fixed)
}

fn surrogate(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests;
