//! The text of an ownership record: how ownership is spelled in a TXT value.
//!
//! Reading is total and forgiving in exactly the places where ExternalDNS is; what is not an
//! ownership record is `None`, never an error, because a zone is full of TXT records that are not
//! ours.

use external_dns_webhook::{Labels, RecordType};

use crate::hex::hex;

/// Token that makes a TXT value an ownership record.
const HERITAGE: &str = "heritage=external-dns";
/// Prefix of every label in an ownership record.
const PREFIX: &str = "external-dns/";
/// Label that names the instance that wrote the ownership record last.
pub(crate) const INSTANCE: &str = "instance";
/// Label that spells the owned record set out: `name/TYPE/set identifier`.
pub(crate) const RECORD: &str = "record";
/// Labels that never enter an ownership record: they travel on the wire or in memory only.
const UNWRITTEN: [&str; 4] = [
    Labels::OWNED_RECORD,
    Labels::OWNED_SET_IDENTIFIER,
    "txt-encryption-nonce",
    "aws-sd-description",
];

/// Returns the text of an ownership record, without quotes; labels in byte order of their keys.
///
/// There is no escape for a comma, so a label whose value has one is left out: half a value would
/// read as something else.
pub(crate) fn write(labels: &Labels) -> String {
    let mut text = HERITAGE.to_owned();
    for (key, value) in labels.iter() {
        let unreadable = |text: &str| text.contains([',', '"', '\\', '\n']);
        if UNWRITTEN.contains(&key) || unreadable(key) || key.contains('=') || unreadable(value) {
            continue;
        }
        text.push(',');
        text.push_str(PREFIX);
        text.push_str(key);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// Returns the labels of an ownership record, or `None` when the text is not one.
///
/// Compat: `heritage` with another value anywhere makes it someone else's; the last of two equal
/// keys wins; a key that only begins like ours keeps its full spelling.
pub(crate) fn read(text: &str) -> Option<Labels> {
    let mut labels = Labels::default();
    let mut ours = false;
    for token in text.split(',') {
        let Some((key, value)) = token.split_once('=') else { continue };
        if key == "heritage" {
            if value != "external-dns" {
                return None;
            }
            ours = true;
        } else if key.starts_with("external-dns") {
            labels.set(key.strip_prefix(PREFIX).unwrap_or(key), value);
        }
    }
    ours.then_some(labels)
}

/// Returns a TXT value without its quotes; the strings of a value in several are joined.
pub(crate) fn unquoted(target: &str) -> String {
    let inner = target.trim_matches('"');
    if !inner.contains('"') {
        return inner.to_owned();
    }
    // DNS joins the strings of a TXT value without anything between them (RFC 7208, 3.3).
    let mut joined = String::with_capacity(inner.len());
    for part in inner.split('"') {
        if !part.trim().is_empty() || part.is_empty() {
            joined.push_str(part);
        }
    }
    joined
}

/// Spells out a record set for the [`RECORD`] label.
pub(crate) fn spell(name: &str, record_type: &RecordType, set_identifier: &str) -> String {
    format!("{name}/{record_type}/{}", escape(set_identifier))
}

/// Reads what [`spell`] wrote.
pub(crate) fn unspell(text: &str) -> Option<(String, RecordType, String)> {
    let mut parts = text.splitn(3, '/');
    let (name, record_type, set) = (parts.next()?, parts.next()?, parts.next()?);
    if name.is_empty() || record_type.is_empty() {
        return None;
    }
    Some((name.to_owned(), RecordType::from(record_type), unescape(set)?))
}

/// Percent-encodes what has a meaning in an ownership record or needs escapes in a zone.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b',' | b'"' | b'\\' | b'%') {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&hex(&[byte], 2));
        }
    }
    escaped
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    #[test]
    fn labels_are_written_in_byte_order_after_the_heritage() {
        assert_eq!(write(&Labels::default()), "heritage=external-dns");
        assert_eq!(
            write(&labels(&[("resource", "bar"), ("owner", "foo"), ("txt-encryption-nonce", "n")])),
            "heritage=external-dns,external-dns/owner=foo,external-dns/resource=bar"
        );
    }

    #[test]
    fn a_label_that_an_ownership_record_cannot_spell_is_left_out_whole() {
        assert_eq!(
            write(&labels(&[("owner", "o"), ("note", "a,heritage=mate")])),
            "heritage=external-dns,external-dns/owner=o"
        );
    }

    /// The reading table: text, then the labels it gives (`None`: not an ownership record).
    #[test]
    fn an_ownership_record_reads_as_external_dns_reads_it() {
        type Row = (&'static str, Option<&'static [(&'static str, &'static str)]>);
        let rows: [Row; 16] = [
            ("\"heritage=external-dns,external-dns/owner=o\"", Some(&[("owner", "o")])),
            ("\"\"heritage=external-dns,external-dns/owner=o\"\"", Some(&[("owner", "o")])),
            ("heritage=external-dns", Some(&[])),
            ("external-dns/owner=a,heritage=external-dns", Some(&[("owner", "a")])),
            ("heritage=external-dns, external-dns/owner=x", Some(&[])),
            (" heritage=external-dns,external-dns/owner=x", None),
            ("heritage=external-dns,external-dnsowner=x", Some(&[("external-dnsowner", "x")])),
            ("heritage=external-dns,external-dns=x", Some(&[("external-dns", "x")])),
            ("heritage=external-dns,external-dns/=x", Some(&[("", "x")])),
            ("heritage=mate,heritage=external-dns,external-dns/owner=o", None),
            ("heritage=external-dns\" \"external-dns/owner=o", None),
            (
                "heritage=external-dns,external-dns/owner=team=platform",
                Some(&[("owner", "team=platform")]),
            ),
            (
                "heritage=external-dns,,external-dns/owner=bar-owner,external-dns/resource=bar-resource,\
                 external-dns/new-key=bar-new-key,random=stuff,no-equal-sign,,",
                Some(&[
                    ("new-key", "bar-new-key"),
                    ("owner", "bar-owner"),
                    ("resource", "bar-resource"),
                ]),
            ),
            (
                "\"heritage=external-dns,external-dns/owner=foo-owner,external-dns/resource=foo-resource\"",
                Some(&[("owner", "foo-owner"), ("resource", "foo-resource")]),
            ),
            // Of two, the last.
            (
                "heritage=external-dns,external-dns/owner=a,external-dns/owner=b",
                Some(&[("owner", "b")]),
            ),
            ("heritage=mate,external-dns/owner=o", None),
        ];
        for (text, expected) in rows {
            assert_eq!(read(&unquoted(text)), expected.map(labels), "{text}");
        }
        assert_eq!(read("external-dns/owner=x"), None);
    }

    #[test]
    fn an_ownership_record_in_several_strings_is_one_text() {
        let long = "\"heritage=external-dns,external-dns/ow\" \"ner=o\"";
        assert_eq!(read(&unquoted(long)), Some(labels(&[("owner", "o")])));
    }

    #[test]
    fn a_spelled_out_record_set_reads_back() {
        for set in ["", "c1", "eu,west/1", "100%", "ü \"x\""] {
            let text = spell("*.example.com", &RecordType::Aaaa, set);
            assert!(!text.contains([',', '"']), "{text}");
            let back = ("*.example.com".to_owned(), RecordType::Aaaa, set.to_owned());
            assert_eq!(unspell(&text), Some(back));
        }
        assert_eq!(unspell("example.com"), None);
    }
}
