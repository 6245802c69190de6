//! The parameters of SVCB and HTTPS records ([RFC 9460]).
//!
//! Keys that are not known are shown as `keyNNNNN` with their bytes, so nothing is lost of them.
//!
//! [RFC 9460]: https://www.rfc-editor.org/rfc/rfc9460

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fields::Reader;
use crate::text;

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4_HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6_HINT: u16 = 6;

/// Names of keys ([registry]).
///
/// [registry]: https://www.iana.org/assignments/dns-svcb/dns-svcb.xhtml
const NAMES: [(&str, u16); 9] = [
    ("mandatory", MANDATORY),
    ("alpn", ALPN),
    ("no-default-alpn", NO_DEFAULT_ALPN),
    ("port", PORT),
    ("ipv4hint", IPV4_HINT),
    ("ech", ECH),
    ("ipv6hint", IPV6_HINT),
    ("dohpath", 7),
    ("ohttp", 8),
];

/// Returns the bytes of parameters, in order of their keys; `None` when one makes no sense.
pub(super) fn parse(words: &[&str]) -> Option<Vec<u8>> {
    let mut parameters = BTreeMap::new();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let key = key(name)?;
        let value = bytes_of(key, &text::bytes(value)?)?;
        if parameters.insert(key, value).is_some() {
            return None;
        }
    }
    let mut bytes = Vec::new();
    for (key, value) in parameters {
        bytes.extend(key.to_be_bytes());
        bytes.extend(u16::try_from(value.len()).ok()?.to_be_bytes());
        bytes.extend(value);
    }
    Some(bytes)
}

/// Returns the text of all parameters that are left, each with a blank before it.
pub(super) fn show(reader: &mut Reader<'_>) -> Option<String> {
    let mut text = String::new();
    while !reader.is_at_end() {
        let key = reader.number16()?;
        let length = reader.number16()?;
        let value = reader.take(length.into())?;
        text.push(' ');
        text.push_str(&name(key));
        if !value.is_empty() {
            text.push('=');
            text.push_str(&value_of(key, value)?);
        }
    }
    Some(text)
}

fn key(name: &str) -> Option<u16> {
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
    known.or_else(|| name.strip_prefix("key")?.parse().ok())
}

fn name(key: u16) -> String {
    let known = NAMES.iter().find(|(_, known)| *known == key);
    known.map_or_else(|| format!("key{key}"), |(name, _)| (*name).to_owned())
}

fn bytes_of(key: u16, value: &[u8]) -> Option<Vec<u8>> {
    let text = || std::str::from_utf8(value).ok();
    match key {
        MANDATORY => {
            let keys: Option<Vec<u16>> = text()?.split(',').map(self::key).collect();
            let mut keys = keys?;
            keys.sort_unstable();
            Some(keys.iter().flat_map(|key| key.to_be_bytes()).collect())
        }
        ALPN => {
            let mut bytes = Vec::new();
            for protocol in items(value) {
                bytes.push(u8::try_from(protocol.len()).ok().filter(|length| *length > 0)?);
                bytes.extend(protocol);
            }
            Some(bytes)
        }
        NO_DEFAULT_ALPN => value.is_empty().then(Vec::new),
        PORT => Some(text()?.parse::<u16>().ok()?.to_be_bytes().to_vec()),
        IPV4_HINT => {
            let addresses = text()?.split(',').map(|address| address.parse::<Ipv4Addr>().ok());
            Some(addresses.collect::<Option<Vec<_>>>()?.iter().flat_map(Ipv4Addr::octets).collect())
        }
        IPV6_HINT => {
            let addresses = text()?.split(',').map(|address| address.parse::<Ipv6Addr>().ok());
            Some(addresses.collect::<Option<Vec<_>>>()?.iter().flat_map(Ipv6Addr::octets).collect())
        }
        ECH => STANDARD.decode(value).ok(),
        _ => Some(value.to_vec()),
    }
}

fn value_of(key: u16, value: &[u8]) -> Option<String> {
    let mut reader = Reader::new(value);
    let mut shown = Vec::new();
    match key {
        MANDATORY => {
            while !reader.is_at_end() {
                shown.push(name(reader.number16()?));
            }
        }
        ALPN => {
            let mut protocols = Vec::new();
            while !reader.is_at_end() {
                protocols.push(escaped(reader.string()?));
            }
            return Some(text::quoted(&protocols.join(&b',')));
        }
        PORT => shown.push(reader.number16()?.to_string()),
        IPV4_HINT => {
            while !reader.is_at_end() {
                shown.push(Ipv4Addr::from(reader.array::<4>()?).to_string());
            }
        }
        IPV6_HINT => {
            while !reader.is_at_end() {
                shown.push(Ipv6Addr::from(reader.array::<16>()?).to_string());
            }
        }
        ECH => shown.push(STANDARD.encode(reader.rest())),
        _ => return Some(text::quoted(reader.rest())),
    }
    reader.is_at_end().then(|| shown.join(","))
}

/// Cuts a list at its commas; `\,` and `\\` stand for themselves ([RFC 9460, A.1]).
///
/// [RFC 9460, A.1]: https://www.rfc-editor.org/rfc/rfc9460#appendix-A.1
fn items(list: &[u8]) -> Vec<Vec<u8>> {
    let mut items = vec![Vec::new()];
    let mut is_escaped = false;
    for &byte in list {
        match (byte, items.last_mut()) {
            (b'\\', _) if !is_escaped => is_escaped = true,
            (b',', _) if !is_escaped => items.push(Vec::new()),
            (byte, Some(item)) => {
                item.push(byte);
                is_escaped = false;
            }
            (_, None) => {}
        }
    }
    items
}

fn escaped(item: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b',' | b'\\' => vec![b'\\', *byte],
        other => vec![*other],
    };
    item.iter().flat_map(escape).collect()
}
