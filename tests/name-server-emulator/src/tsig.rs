//! Signatures of requests and answers ([RFC 8945]), by one key and HMAC-SHA-256.
//!
//! [RFC 8945]: https://www.rfc-editor.org/rfc/rfc8945

use std::str::FromStr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, DecodeError};

use crate::wire::{CLASS_ANY, Record, TSIG, emit_name, number};

/// Longest difference of clocks that is taken, in seconds.
const FUDGE: u16 = 300;

/// What is wrong with a signature ([RFC 8945, 3]).
///
/// [RFC 8945, 3]: https://www.rfc-editor.org/rfc/rfc8945#section-3
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Signature = 16,
    Key = 17,
    Time = 18,
}

/// The key that may read and write.
#[derive(Clone, Debug)]
pub struct Key {
    name: Name,
    secret: hmac::Key,
}

/// A key that is none.
#[derive(Debug, thiserror::Error)]
#[error("use NAME:SECRET, the secret in base64")]
pub struct BadKey;

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (name, secret) = text.split_once(':').ok_or(BadKey)?;
        let mut name = Name::from_ascii(name).map_err(|_| BadKey)?.to_lowercase();
        name.set_fqdn(true);
        let secret = STANDARD.decode(secret).map_err(|_| BadKey)?;
        Ok(Self { name, secret: hmac::Key::new(hmac::HMAC_SHA256, &secret) })
    }
}

/// What signs the answers to a signed request.
#[derive(Clone, Debug)]
pub(crate) struct Signer<'a> {
    key: &'a Key,
    /// The signature before: that of the request, then that of each answer.
    before: Vec<u8>,
    is_first: bool,
    now: u64,
}

struct Fields {
    algorithm: Name,
    time: u64,
    fudge: u16,
    mac: Vec<u8>,
    original_id: u16,
}

fn fields(data: &[u8]) -> Result<Fields, DecodeError> {
    let mut decoder = BinDecoder::new(data);
    let algorithm = Name::read(&mut decoder)?;
    let high = u64::from(number(&mut decoder)?);
    let low = u64::from(decoder.read_u32()?.unverified(/* any is good */));
    let fudge = number(&mut decoder)?;
    let length = usize::from(number(&mut decoder)?);
    let mac = decoder.read_vec(length)?.unverified(/* any is good */);
    let original_id = number(&mut decoder)?;
    Ok(Fields { algorithm, time: high << 32 | low, fudge, mac, original_id })
}

fn algorithm() -> Name {
    let mut name = Name::from_ascii("hmac-sha256").unwrap_or_default();
    name.set_fqdn(true);
    name
}

impl Key {
    /// Checks the signature of a request, and returns what signs the answers.
    pub(crate) fn verify<'a>(
        &'a self,
        message: &[u8],
        starts_at: usize,
        record: &Record,
        now: u64,
    ) -> Result<Signer<'a>, Wrong> {
        let Fields { algorithm: named, time, fudge, mac, original_id } =
            fields(&record.data).map_err(|_| Wrong::Signature)?;
        if record.name != self.name || named != algorithm() {
            return Err(Wrong::Key);
        }
        // As it was before it was signed: with its own id, and one record less.
        let mut signed = message.get(..starts_at).unwrap_or_default().to_vec();
        let additionals = signed.get(10..12).and_then(|bytes| bytes.try_into().ok());
        let additionals = u16::from_be_bytes(additionals.unwrap_or_default());
        for (at, number) in [(0, original_id), (10, additionals.wrapping_sub(1))] {
            if let Some(bytes) = signed.get_mut(at..at + 2) {
                bytes.copy_from_slice(&number.to_be_bytes());
            }
        }
        signed.extend(self.variables(time, fudge, 0));
        hmac::verify(&self.secret, &signed, &mac).map_err(|_| Wrong::Signature)?;
        if now.abs_diff(time) > u64::from(fudge) {
            return Err(Wrong::Time);
        }
        Ok(Signer { key: self, before: mac, is_first: true, now })
    }

    fn variables(&self, time: u64, fudge: u16, error: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        emit_name(&self.name, &mut bytes);
        bytes.extend(CLASS_ANY.to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        emit_name(&algorithm(), &mut bytes);
        bytes.extend(timers(time, fudge));
        bytes.extend(error.to_be_bytes());
        bytes.extend(0_u16.to_be_bytes());
        bytes
    }
}

fn timers(time: u64, fudge: u16) -> Vec<u8> {
    let [_, _, time @ ..] = time.to_be_bytes();
    [&time[..], &fudge.to_be_bytes()].concat()
}

impl Signer<'_> {
    /// Signs one answer; each after the first is signed with the one before it.
    pub(crate) fn sign(&mut self, message: &mut Vec<u8>) {
        let Self { key, before, is_first, now } = self;
        let length = u16::try_from(before.len()).unwrap_or(u16::MAX);
        let mut signed = [&length.to_be_bytes()[..], before, message].concat();
        if *is_first {
            signed.extend(key.variables(*now, FUDGE, 0));
        } else {
            signed.extend(timers(*now, FUDGE));
        }
        let mac = hmac::sign(&key.secret, &signed).as_ref().to_vec();
        append(message, &key.name, *now, &mac, 0, &[]);
        (*before, *is_first) = (mac, false);
    }
}

/// Says in an answer what is wrong with the signature of its request, without a signature.
pub(crate) fn complain(message: &mut Vec<u8>, record: &Record, wrong: Wrong, now: u64) {
    let time = fields(&record.data).map_or(now, |fields| fields.time);
    let [_, _, ours @ ..] = now.to_be_bytes();
    let other: &[u8] = if wrong == Wrong::Time { &ours } else { &[] };
    append(message, &record.name, time, &[], wrong as u16, other);
}

fn append(message: &mut Vec<u8>, key: &Name, time: u64, mac: &[u8], error: u16, other: &[u8]) {
    let id = message.get(..2).map(<[u8]>::to_vec).unwrap_or_default();
    let mut data = Vec::new();
    emit_name(&algorithm(), &mut data);
    data.extend(timers(time, FUDGE));
    data.extend(u16::try_from(mac.len()).unwrap_or(u16::MAX).to_be_bytes());
    data.extend(mac);
    data.extend(id);
    data.extend(error.to_be_bytes());
    data.extend(u16::try_from(other.len()).unwrap_or(u16::MAX).to_be_bytes());
    data.extend(other);
    let record = Record { name: key.clone(), record_type: TSIG, class: CLASS_ANY, ttl: 0, data };
    record.emit(message);
    if let Some(bytes) = message.get_mut(10..12) {
        let count = u16::from_be_bytes(bytes.try_into().unwrap_or_default());
        bytes.copy_from_slice(&count.wrapping_add(1).to_be_bytes());
    }
}
