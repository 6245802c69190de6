//! Values between the protocol's text and the bytes of the wire.
//!
//! What a name server has is kept in its bytes, so nothing of it is lost; text is made of it to be
//! shown and compared. Names within values are lower case in text, and have their final dot in the
//! types whose values are lists of fields (SRV, NAPTR, SVCB, HTTPS).

mod fields;
mod svcb;

use std::net::{Ipv4Addr, Ipv6Addr};

use external_dns_webhook::RecordType;

use self::fields::{Reader, Writer};
use crate::text;

/// Why a value is none of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no value of a {record_type} record; use {usage}")]
pub struct BadValue {
    value: String,
    record_type: RecordType,
    usage: &'static str,
}

/// How the values of a type are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Address4,
    Address6,
    Caa,
    Host,
    Mx,
    Naptr,
    Srv,
    Svcb,
    Tlsa,
    Txt,
}

impl Shape {
    fn of(record_type: &RecordType) -> Option<Self> {
        Some(match record_type {
            RecordType::A => Self::Address4,
            RecordType::Aaaa => Self::Address6,
            RecordType::Caa => Self::Caa,
            RecordType::Cname | RecordType::Dname | RecordType::Ns | RecordType::Ptr => Self::Host,
            RecordType::Mx => Self::Mx,
            RecordType::Naptr => Self::Naptr,
            RecordType::Srv => Self::Srv,
            RecordType::Txt => Self::Txt,
            RecordType::Other(name) => match name.as_str() {
                "HTTPS" | "SVCB" => Self::Svcb,
                "TLSA" => Self::Tlsa,
                _ => return None,
            },
        })
    }

    fn usage(self) -> &'static str {
        match self {
            Self::Address4 => "an IPv4 address, such as 192.0.2.1",
            Self::Address6 => "an IPv6 address, such as 2001:db8::1",
            Self::Caa => "flags, tag and value, such as 0 issue \"ca.example.net\"",
            Self::Host => "a name, such as www.example.com",
            Self::Mx => "preference and host, such as 10 mail.example.com",
            Self::Naptr => {
                "order, preference, flags, service, expression and replacement, such as \
                 10 20 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" ."
            }
            Self::Srv => "priority, weight, port and host, such as 0 50 443 host.example.com.",
            Self::Svcb => "priority, host and parameters, such as 1 . alpn=\"h2,h3\" port=443",
            Self::Tlsa => {
                "usage, selector, matching type and hexadecimal data, such as 3 1 1 0a1b…"
            }
            Self::Txt => "at most 65535 bytes of text",
        }
    }
}

/// Returns the bytes of a value.
///
/// # Errors
///
/// Returns an error that shows a good value when this is none.
pub fn from_text(record_type: &RecordType, value: &str) -> Result<Vec<u8>, BadValue> {
    let Some(shape) = Shape::of(record_type) else {
        let usage = "a type that is served";
        return Err(BadValue { value: value.to_owned(), record_type: record_type.clone(), usage });
    };
    let bad = || BadValue {
        value: value.to_owned(),
        record_type: record_type.clone(),
        usage: shape.usage(),
    };
    let bytes = parse(shape, value).ok_or_else(bad)?;
    // 16 bits say how long a value is.
    if bytes.len() > usize::from(u16::MAX) { Err(bad()) } else { Ok(bytes) }
}

/// Returns the text of a value; `None` when the bytes are none of the type, or it is not served.
pub fn to_text(record_type: &RecordType, bytes: &[u8]) -> Option<String> {
    let mut reader = Reader::new(bytes);
    let text = show(Shape::of(record_type)?, &mut reader)?;
    reader.is_at_end().then_some(text)
}

/// Returns a value in the one spelling that lists have it in.
///
/// # Errors
///
/// As [`from_text`].
pub fn canonical(record_type: &RecordType, value: &str) -> Result<String, BadValue> {
    let bytes = from_text(record_type, value)?;
    Ok(to_text(record_type, &bytes).unwrap_or_else(|| value.to_owned()))
}

fn parse(shape: Shape, value: &str) -> Option<Vec<u8>> {
    let mut writer = Writer::default();
    if shape == Shape::Txt {
        for string in text::strings(value) {
            writer.string(&string)?;
        }
        return Some(writer.into_bytes());
    }
    let words = text::words(value)?;
    match (shape, words.as_slice()) {
        (Shape::Address4, [address]) => {
            writer.bytes(&address.parse::<Ipv4Addr>().ok()?.octets());
        }
        (Shape::Address6, [address]) => {
            writer.bytes(&address.parse::<Ipv6Addr>().ok()?.octets());
        }
        (Shape::Host, [host]) => writer.name(host)?,
        (Shape::Mx, [preference, host]) => {
            writer.number16(preference)?;
            writer.name(host)?;
        }
        (Shape::Srv, [priority, weight, port, host]) => {
            for number in [priority, weight, port] {
                writer.number16(number)?;
            }
            writer.name(host)?;
        }
        (Shape::Naptr, [order, preference, flags, service, expression, replacement]) => {
            writer.number16(order)?;
            writer.number16(preference)?;
            for string in [flags, service, expression] {
                writer.string(&text::bytes(string)?)?;
            }
            writer.name(replacement)?;
        }
        (Shape::Caa, [flags, tag, value]) => {
            writer.number8(flags)?;
            if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            writer.string(tag.as_bytes())?;
            writer.bytes(&text::bytes(value)?);
        }
        (Shape::Tlsa, [usage, selector, matching, data @ ..]) => {
            for number in [usage, selector, matching] {
                writer.number8(number)?;
            }
            writer.hexadecimal(&data.concat())?;
        }
        (Shape::Svcb, [priority, host, parameters @ ..]) => {
            writer.number16(priority)?;
            writer.name(host)?;
            writer.bytes(&svcb::parse(parameters)?);
        }
        _ => return None,
    }
    Some(writer.into_bytes())
}

fn show(shape: Shape, reader: &mut Reader<'_>) -> Option<String> {
    Some(match shape {
        Shape::Address4 => Ipv4Addr::from(reader.array::<4>()?).to_string(),
        Shape::Address6 => Ipv6Addr::from(reader.array::<16>()?).to_string(),
        Shape::Host => bare(reader.name()?),
        Shape::Mx => {
            let preference = reader.number16()?;
            format!("{preference} {}", bare(reader.name()?))
        }
        Shape::Srv => {
            let (priority, weight, port) =
                (reader.number16()?, reader.number16()?, reader.number16()?);
            format!("{priority} {weight} {port} {}", reader.name()?)
        }
        Shape::Naptr => {
            let (order, preference) = (reader.number16()?, reader.number16()?);
            let mut string = || reader.string().map(text::quoted);
            let (flags, service, expression) = (string()?, string()?, string()?);
            let replacement = reader.name()?;
            format!("{order} {preference} {flags} {service} {expression} {replacement}")
        }
        Shape::Caa => {
            let flags = reader.number8()?;
            let tag = std::str::from_utf8(reader.string()?).ok()?.to_ascii_lowercase();
            format!("{flags} {tag} {}", text::quoted(reader.rest()))
        }
        Shape::Tlsa => {
            let (usage, selector, matching) =
                (reader.number8()?, reader.number8()?, reader.number8()?);
            format!("{usage} {selector} {matching} {}", fields::hexadecimal(reader.rest()))
        }
        Shape::Svcb => {
            let priority = reader.number16()?;
            let host = reader.name()?;
            format!("{priority} {host}{}", svcb::show(reader)?)
        }
        Shape::Txt => {
            let mut strings = Vec::new();
            while !reader.is_at_end() {
                strings.push(reader.string()?);
            }
            if strings.is_empty() {
                return None;
            }
            text::joined(strings)
        }
    })
}

/// Returns a name without its final dot; the root keeps it.
fn bare(name: String) -> String {
    match name.strip_suffix('.') {
        Some("") | None => name,
        Some(bare) => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests;
