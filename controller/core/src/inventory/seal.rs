//! Ownership records that only holders of the key can read: AES-256-GCM over gzip, as ExternalDNS
//! writes them.
//!
//! Format: standard base64 of nonce (12 bytes), ciphertext and tag (16 bytes); no additional data.
//! What does not open is not an ownership record of ours, never an error.

use std::fmt;
use std::io::{Read, Write};

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::GzBuilder;
use flate2::read::GzDecoder;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
const NONCE_BYTES: usize = 12;
/// Longest text an ownership record may unpack to, in bytes; more is not an ownership record but a
/// trap.
const MAX_TEXT_BYTES: u64 = 64 * 1024;

/// Why a text is no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key for ownership records must be 32 bytes, or 32 bytes in standard padded base64 \
     (`openssl rand -base64 32`)"
)]
pub struct BadKey;

/// A key for encrypted ownership records.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// Reads a key: 32 bytes as they are, or 32 bytes in standard padded base64.
    ///
    /// Compat: line breaks inside base64 are ignored; URL-safe or unpadded base64 is refused, as
    /// ExternalDNS does, so that one key works in both.
    ///
    /// # Errors
    ///
    /// Returns [`BadKey`] for anything else; the key itself is never shown.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        if let Ok(raw) = <[u8; KEY_BYTES]>::try_from(text.as_bytes()) {
            return Ok(Self(raw));
        }
        let decoded = decode(text).ok_or(BadKey)?;
        decoded.try_into().map(Self).map_err(|_| BadKey)
    }

    /// Returns the encrypted form of an ownership record's text, without quotes; `None` if the
    /// cipher fails.
    ///
    /// The nonce is derived from key and text instead of drawn at random. Equal texts then give
    /// equal ownership records, which shows no more than that they are equal, and nothing that
    /// decides here needs a source of randomness. Different texts collide no more often than random
    /// nonces do.
    pub(crate) fn seal(&self, text: &str) -> Option<String> {
        let Self(key) = self;
        let digest = keyed_digest(key, text.as_bytes())?;
        let nonce = *digest.first_chunk::<NONCE_BYTES>()?;

        let mut packer =
            GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        packer.write_all(text.as_bytes()).ok()?;
        let packed = packer.finish().ok()?;
        let cipher = Aes256Gcm::new(key.into());
        let sealed = cipher.encrypt(&nonce.into(), packed.as_slice()).ok()?;
        Some(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Returns the text that was sealed with this key, or `None`.
    pub(crate) fn open(&self, sealed: &str) -> Option<String> {
        let Self(key) = self;
        let bytes = decode(sealed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let cipher = Aes256Gcm::new(key.into());
        let packed = cipher.decrypt(nonce.into(), sealed).ok()?;
        let mut text = String::new();
        GzDecoder::new(packed.as_slice()).take(MAX_TEXT_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    }
}

/// Tells whether a text without quotes looks like one that a key has sealed, whichever key it was.
///
/// Nothing marks a sealed text. But as much base64 as the shortest ownership record takes, where
/// ownership records stand, is most likely one.
pub(super) fn looks_sealed(text: &str) -> bool {
    /// Bytes of the tag at the end.
    const TAG_BYTES: usize = 16;
    /// Bytes of an empty text in gzip (RFC 1952: header, an empty block, trailer).
    const PACKED_BYTES: usize = 20;
    decode(text).is_some_and(|sealed| sealed.len() > NONCE_BYTES + PACKED_BYTES + TAG_BYTES)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let one_line: String =
        text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    STANDARD.decode(one_line).ok()
}

/// HMAC-SHA-256 (RFC 2104); `None` never, since it takes a key of any length.
fn keyed_digest(key: &[u8; KEY_BYTES], text: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "12345678901234567890123456789012";

    #[test]
    fn what_external_dns_sealed_opens() {
        let hex = "294b5f46797c3f5a2e3634235575486d607d5b6421474325574a4d5f66737b5f";
        let bytes: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let other = String::from_utf8(bytes).unwrap();
        let rows = [
            (
                RAW,
                "h8UQ6jelUFUsEIn7SbFktc2MYXPx/q8lySqI4VwfVtVaIbb2nkHWV/88KKbuLtu7fJNzMir8ELVeVnRSY01KdiIuj7ledqZe5ailEjQaU5Z6uEKd5pgs6sH8",
                "heritage=external-dns,external-dns/owner=owner",
            ),
            (
                &other,
                "+lvP8q9KHJ6BS6O81i2Q6DLNdf2JSKy8j/gbZKviTZlGYj7q+yDoYMgkQ1hPn6urtGllM5bfFMcaaHto52otQtiOYrX8990J3kQqg4s47m3bH3Ejl8RSxSSuWJM3HJtPghQzYg0/LSOsdQ0=",
                "heritage=external-dns,external-dns/owner=foo-owner,external-dns/resource=foo-resource",
            ),
            (
                RAW,
                "AQIDBAUGBwgJCgsM1dkRdcqnmFQ+HfWMnfLVyGsFGZbCzt4jqjo+dI3M2phjjunx+JBoAf3AdC05jCmEIMrPv57uN4PuxZR9md5G7bualpzjELneTnzC/jS5",
                "heritage=external-dns,external-dns/owner=owner",
            ),
        ];
        for (key, sealed, text) in rows {
            assert_eq!(Key::parse(key).unwrap().open(sealed).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_only() {
        let key = Key::parse(RAW).unwrap();
        let sealed = key.seal("heritage=external-dns,external-dns/owner=o").unwrap();
        assert_eq!(key.open(&sealed).unwrap(), "heritage=external-dns,external-dns/owner=o");
        assert_eq!(Key::parse(&RAW.replace('1', "x")).unwrap().open(&sealed), None);
        for not_sealed in ["", "heritage=external-dns", "AQIDBAUGBwgJCgsM", "AQID"] {
            assert_eq!(key.open(not_sealed), None, "{not_sealed}");
        }
    }

    #[test]
    fn a_small_text_that_unpacks_to_a_huge_one_is_cut_off() {
        let key = Key::parse(RAW).unwrap();
        let huge = key.seal(&"x".repeat(1 << 20)).unwrap();
        let opened = key.open(&huge).unwrap_or_default();
        assert!(opened.len() <= usize::try_from(MAX_TEXT_BYTES).unwrap(), "{}", opened.len());
    }

    #[test]
    fn equal_texts_are_sealed_alike_and_others_under_other_nonces() {
        let key = Key::parse(RAW).unwrap();
        assert_eq!(key.seal("a"), key.seal("a"));
        let nonce = |text| key.seal(text).unwrap()[..16].to_owned();
        assert_ne!(nonce("a"), nonce("b"));
    }

    #[test]
    fn a_key_is_32_bytes_or_standard_base64_of_32_bytes() {
        let base64 = "ZPitL0NGVQBZbTD6DwXJzD8RiStSazzYXQsdUowLURY=";
        let bytes = [
            100, 248, 173, 47, 67, 70, 85, 0, 89, 109, 48, 250, 15, 5, 201, 204, 63, 17, 137, 43,
            82, 107, 60, 216, 93, 11, 29, 82, 140, 11, 81, 22,
        ];
        assert!(Key::parse(base64).unwrap() == Key(bytes));
        assert!(
            Key::parse("ZPitL0NGVQBZbTD6DwXJ\nzD8RiStSazzYXQsdUowLURY=\n").unwrap() == Key(bytes)
        );
        let junk = "k".repeat(50);
        for bad in ["", "short", junk.as_str(), base64.trim_end_matches('=')] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", Key(bytes)), "Key(..)");
    }
}
