//! Whether a text that an object wants would read as an ownership record once it is in a zone.
//!
//! An object that could write one could own what is not its own, or keep others out.

use external_dns_webhook::{Endpoint, RecordType};

use super::ownership_record;
use super::seal::Key;
use super::zone_inventory::ZoneInventory;

/// Tells whether a TXT value would read as an ownership record, however it is quoted, split into
/// strings or escaped.
pub fn reads_as_ownership(value: &str) -> bool {
    reads(value, None)
}

impl ZoneInventory {
    /// Tells whether a record set would read as an ownership record, also an encrypted one.
    pub(crate) fn reads_as_ownership(&self, desired: &Endpoint) -> bool {
        // Which of several values comes first, and is read, is for the provider to say.
        desired.record_type == RecordType::Txt
            && desired
                .targets
                .iter()
                .any(|value| reads(value, self.scheme().and_then(|scheme| scheme.key())))
    }
}

fn reads(value: &str, key: Option<&Key>) -> bool {
    // A zone file has decimal escapes (RFC 1035, 5.1), Route 53 octal ones; some have none.
    let readings = [value.to_owned(), unescaped(value, 8), unescaped(value, 10)];
    readings.iter().any(|reading| {
        let text = ownership_record::unquoted(reading);
        let text = text.trim();
        let opened = key.and_then(|key| key.open(text));
        ownership_record::read(opened.as_deref().unwrap_or(text)).is_some()
    })
}

/// Returns `text` without its escapes: a backslash with three digits is an octet, with anything else
/// it is that.
fn unescaped(text: &str, radix: u32) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let octet =
            after.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let octet = octet.and_then(|octet| u8::from_str_radix(octet, radix).ok());
        let mut characters = after.chars();
        if let Some(octet) = octet {
            plain.push(char::from(octet));
            rest = after.get(3..).unwrap_or_default();
        } else {
            plain.extend(characters.next());
            rest = characters.as_str();
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Registry, TxtOptions, TxtRegistry};

    const TEXT: &str = "heritage=external-dns,external-dns/owner=me";

    #[test]
    fn an_ownership_record_is_seen_in_any_dress() {
        for text in [
            TEXT,
            "\"heritage=external-dns,external-dns/owner=me\"",
            "\"heritage=external-dns,external\" \"-dns/owner=me\"",
            "\"heritage=exter\"\"nal-dns\"",
            "external-dns/owner=me,heritage=external-dns",
            " heritage=external-dns ",
            "\\150eritage=external-dns",
            "\\104eritage=external-dns",
            "\"\\heritage=external-dns\"",
        ] {
            assert!(reads_as_ownership(text), "{text}");
        }
        for text in [
            "v=spf1 -all",
            "the heritage=external-dns of this domain",
            "heritage=mate,external-dns/owner=me",
            "external-dns/owner=me",
            "",
            "\\",
            "\\999",
        ] {
            assert!(!reads_as_ownership(text), "{text}");
        }
    }

    #[test]
    fn with_a_key_a_sealed_one_is_seen_in_every_place_of_a_list() {
        let key = Key::parse("12345678901234567890123456789012").unwrap();
        let sealed = key.seal(TEXT).unwrap();
        let options = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
        let with_key = TxtOptions { key: Some(key), ..options.clone() };
        let sees = |options: TxtOptions, values: [&str; 2]| {
            let inventory = TxtRegistry::new(options).unwrap().read(vec![], &[]);
            let wanted = Endpoint::new("a-b.example.com", RecordType::Txt, values);
            inventory.zones().all(|zone| zone.reads_as_ownership(&wanted))
        };
        assert!(sees(with_key.clone(), ["hello", &format!("\"{sealed}\"")]));
        assert!(sees(with_key.clone(), ["hello", TEXT]));
        assert!(!sees(with_key, ["hello", "world"]));
        assert!(!sees(options, ["hello", &sealed]), "it cannot be read, so it owns nothing");
    }
}
