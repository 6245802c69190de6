//! Signatures of messages by a shared key ([RFC 8945]).
//!
//! hickory-proto wants every message of a transfer signed and hides what a server says of its
//! clock, so the codes are made and checked here, over the bytes as they came.
//!
//! [RFC 8945]: https://www.rfc-editor.org/rfc/rfc8945

mod key_file;

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use self::key_file::{BadKeyFile, parse as parse_key_file};
use crate::message::{ANY, HEADER_BYTES, Signature, emit_name};
use crate::name::{self, BadName, Name};
use crate::record_type;

/// How far the clocks of both sides may differ, in seconds (RFC 8945, 10).
pub const FUDGE: u16 = 300;

/// Most messages of a transfer between two that are signed (RFC 8945, 5.3.1).
const MOST_UNSIGNED: u8 = 99;

/// What a server says of a request whose signature it could not check.
const BAD_SIGNATURE: u16 = 16;
const BAD_KEY: u16 = 17;
const BAD_TIME: u16 = 18;

/// How codes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256, which every server has.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
}

/// A key that we share with name servers.
pub struct Key {
    name: Name,
    algorithm: Algorithm,
    secret: hmac::Key,
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Its name is none.
    #[error("the name of the key is none")]
    Name(#[source] BadName),
    /// Its algorithm is not served.
    #[error(
        "`{0}` is no algorithm that is served; use hmac-sha256, hmac-sha384 or hmac-sha512 here and \
         on the name server"
    )]
    Algorithm(String),
    /// Its secret cannot be read.
    #[error("the secret of key `{0}` is not in base64, as `tsig-keygen` prints it")]
    Secret(String),
}

/// What is wrong with the signature of an answer, or, by the server, of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadSignature {
    /// The server has no such key, or another algorithm for it.
    UnknownKey,
    /// The server has another secret for the key.
    Refused,
    /// The server's clock is another; its time in seconds since 1970 when it says it.
    Time(Option<u64>),
    /// The server says something else.
    Other(u16),
    /// The answer is not signed, or a transfer ends without a signature.
    Unsigned,
    /// The answer is signed by another key.
    OtherKey,
    /// The code over the answer is wrong.
    Wrong,
    /// The answer was signed too long ago, or will be; when, in seconds since 1970.
    Stale(u64),
}

/// Checks the answers to one request, one after the other.
pub struct Verifier<'a> {
    key: &'a Key,
    /// The code before: that of the request at first.
    mac: Vec<u8>,
    /// Messages since the last one that was signed, as they came.
    unsigned: Vec<u8>,
    unsigned_count: u8,
    is_first: bool,
}

impl Algorithm {
    /// Returns its name, as flags and key files have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::HmacSha256 => hmac::HMAC_SHA256,
            Self::HmacSha384 => hmac::HMAC_SHA384,
            Self::HmacSha512 => hmac::HMAC_SHA512,
        }
    }

    /// Returns the algorithm of that name; a final dot is taken.
    ///
    /// # Errors
    ///
    /// Returns an error that says which are served.
    pub fn parse(name: &str) -> Result<Self, BadKey> {
        let lower = name.trim().trim_end_matches('.').to_ascii_lowercase();
        let all = [Self::HmacSha256, Self::HmacSha384, Self::HmacSha512];
        let found = all.into_iter().find(|algorithm| algorithm.as_str() == lower);
        found.ok_or_else(|| BadKey::Algorithm(name.trim().to_owned()))
    }
}

impl Key {
    /// Returns a key; `secret` is in base64.
    ///
    /// # Errors
    ///
    /// Returns an error that says what is wrong, and never the secret.
    pub fn new(name: &str, algorithm: Algorithm, secret: &str) -> Result<Self, BadKey> {
        let without_blanks: String = secret.split_whitespace().collect();
        let bad = |_| BadKey::Secret(name.to_owned());
        let bytes = STANDARD.decode(without_blanks).map_err(bad)?;
        if bytes.is_empty() {
            return Err(BadKey::Secret(name.to_owned()));
        }
        Ok(Self {
            name: name::parse(&name.trim().to_ascii_lowercase()).map_err(BadKey::Name)?,
            algorithm,
            secret: hmac::Key::new(algorithm.hmac(), &bytes),
        })
    }

    /// Returns its name, without the final dot.
    pub fn name(&self) -> String {
        name::to_text(&self.name)
    }

    /// Returns how its codes are made.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs a message, and returns what checks the answers to it.
    ///
    /// A message is signed once; sending it again takes a new one.
    pub fn sign(&self, message: &mut Vec<u8>, now: u64) -> Verifier<'_> {
        let id = message.get(..2).map_or([0, 0], |id| id.try_into().unwrap_or_default());
        let mut signed = message.clone();
        self.variables(now, FUDGE, 0, &[], &mut signed);
        let mac = hmac::sign(&self.secret, &signed).as_ref().to_vec();

        emit_name(&self.name, message);
        message.extend(record_type::TSIG.to_be_bytes());
        message.extend(ANY.to_be_bytes());
        message.extend(0_u32.to_be_bytes());
        let mut data = Vec::new();
        emit_name(&self.algorithm_name(), &mut data);
        data.extend(time_bytes(now));
        data.extend(FUDGE.to_be_bytes());
        data.extend(length(&mac));
        data.extend(&mac);
        data.extend(id);
        // No error, and nothing else.
        data.extend([0; 4]);
        message.extend(length(&data));
        message.extend(data);
        add_to_additional(message, 1);
        Verifier { key: self, mac, unsigned: Vec::new(), unsigned_count: 0, is_first: true }
    }

    fn algorithm_name(&self) -> Name {
        name::parse(self.algorithm.as_str()).unwrap_or_default()
    }

    /// Writes what is signed beside the message (RFC 8945, 4.3.3).
    fn variables(&self, time: u64, fudge: u16, error: u16, other: &[u8], bytes: &mut Vec<u8>) {
        emit_name(&self.name, bytes);
        bytes.extend(ANY.to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        emit_name(&self.algorithm_name(), bytes);
        bytes.extend(time_bytes(time));
        bytes.extend(fudge.to_be_bytes());
        bytes.extend(error.to_be_bytes());
        bytes.extend(length(other));
        bytes.extend(other);
    }
}

impl Verifier<'_> {
    /// Takes an answer in; what it says may be believed when [`end`](Self::end) says so.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with its signature, or what it says is wrong with that of the request.
    pub fn take(
        &mut self,
        message: &[u8],
        signature: Option<&Signature>,
        now: u64,
    ) -> Result<(), BadSignature> {
        let Some(signature) = signature else {
            if self.is_first || self.unsigned_count >= MOST_UNSIGNED {
                return Err(BadSignature::Unsigned);
            }
            self.unsigned.extend(message);
            self.unsigned_count += 1;
            return Ok(());
        };
        // Of a key that it does not know, or a wrong code, a server cannot sign what it says.
        match signature.error {
            BAD_KEY => return Err(BadSignature::UnknownKey),
            BAD_SIGNATURE => return Err(BadSignature::Refused),
            _ => {}
        }
        if signature.key != self.key.name || signature.algorithm != self.key.algorithm_name() {
            return Err(BadSignature::OtherKey);
        }
        let signed = self.signed(message, signature).ok_or(BadSignature::Wrong)?;
        hmac::verify(&self.key.secret, &signed, &signature.mac).map_err(|_| BadSignature::Wrong)?;
        match signature.error {
            0 => {}
            BAD_TIME => return Err(BadSignature::Time(time(&signature.other))),
            other => return Err(BadSignature::Other(other)),
        }
        if signature.time.abs_diff(now) > signature.fudge.into() {
            return Err(BadSignature::Stale(signature.time));
        }
        self.mac.clone_from(&signature.mac);
        self.unsigned.clear();
        self.unsigned_count = 0;
        self.is_first = false;
        Ok(())
    }

    /// Says whether everything that was taken in was signed.
    ///
    /// # Errors
    ///
    /// Returns an error when the last message was not.
    pub fn end(&self) -> Result<(), BadSignature> {
        if self.is_first || self.unsigned_count > 0 { Err(BadSignature::Unsigned) } else { Ok(()) }
    }

    /// Returns what an answer's code is made over (RFC 8945, 4.3 and 5.3.1).
    fn signed(&self, message: &[u8], signature: &Signature) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(message.len() + self.unsigned.len() + 128);
        bytes.extend(length(&self.mac));
        bytes.extend(&self.mac);
        bytes.extend(&self.unsigned);
        let mut plain = message.get(..signature.starts_at)?.to_vec();
        plain.get_mut(..2)?.copy_from_slice(&signature.original_id.to_be_bytes());
        add_to_additional(&mut plain, -1);
        bytes.extend(plain);
        let Signature { time, fudge, error, other, .. } = signature;
        if self.is_first {
            self.key.variables(*time, *fudge, *error, other, &mut bytes);
        } else {
            bytes.extend(time_bytes(*time));
            bytes.extend(fudge.to_be_bytes());
        }
        Some(bytes)
    }
}

/// Says that a message has so many records more in its last part.
fn add_to_additional(message: &mut [u8], more: i16) {
    if let Some(Ok(count)) = message.get(HEADER_BYTES - 2..HEADER_BYTES).map(<[u8; 2]>::try_from)
        && let Some(place) = message.get_mut(HEADER_BYTES - 2..HEADER_BYTES)
    {
        let count = u16::from_be_bytes(count).saturating_add_signed(more);
        place.copy_from_slice(&count.to_be_bytes());
    }
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// Returns the 48 bits of a time.
fn time_bytes(time: u64) -> [u8; 6] {
    let [_, _, bytes @ ..] = time.to_be_bytes();
    bytes
}

fn time(bytes: &[u8]) -> Option<u64> {
    let bytes = <&[u8; 6]>::try_from(bytes).ok()?;
    Some(bytes.iter().fold(0, |time, byte| time << 8 | u64::from(*byte)))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the secret.
        write!(f, "Key({} {})", self.name(), self.algorithm.as_str())
    }
}

#[cfg(test)]
mod tests;
