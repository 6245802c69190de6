//! Messages of the wire: questions as we send them, and answers with their values in bytes.
//!
//! Values are not taken apart here: a zone with one odd record must be read all the same. Names
//! within values are written out, because the pointers of compression mean nothing outside of their
//! message ([RFC 3597, 4]).
//!
//! [RFC 3597, 4]: https://www.rfc-editor.org/rfc/rfc3597#section-4

use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, DecodeError};

use crate::name::Name;
use crate::record_type::{self, TypeCode};

/// Bytes of the header ([RFC 1035, 4.1.1]).
///
/// [RFC 1035, 4.1.1]: https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1
pub const HEADER_BYTES: usize = 12;

/// The class of everything that is served.
pub const IN: u16 = 1;
/// The class that says "there is none of this" in a prerequisite, and "take this away" in an update.
pub const NONE: u16 = 254;
/// The class that says "whatever its value".
pub const ANY: u16 = 255;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// An answer.
    Query,
    /// A change.
    Update,
}

/// One record, its value in bytes; names in it are not compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// Whose record it is.
    pub name: Name,
    /// Its type.
    pub record_type: TypeCode,
    /// Its class.
    pub class: u16,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// Its value; empty in many parts of an update.
    pub data: Vec<u8>,
}

/// A message that is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is for.
    pub opcode: Opcode,
    /// Name of the question, which is the zone of an update.
    pub name: Name,
    /// Type of the question; SOA in an update.
    pub record_type: TypeCode,
    /// Prerequisites of an update.
    pub prerequisites: Vec<ResourceRecord>,
    /// What an update does, or the version that an incremental transfer starts at.
    pub authority: Vec<ResourceRecord>,
}

/// A message that came.
#[derive(Clone, Debug)]
pub struct Response {
    /// Which request it answers.
    pub id: u16,
    /// Whether it is an answer at all.
    pub is_response: bool,
    /// Whether the server answers for the zone itself.
    pub is_authoritative: bool,
    /// Whether the answer was cut off.
    pub is_truncated: bool,
    /// What became of the request ([registry]).
    ///
    /// [registry]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-6
    pub code: u16,
    /// The records of the answer.
    pub answers: Vec<ResourceRecord>,
    /// Its signature; `None` when it is not signed.
    pub signature: Option<Signature>,
}

/// The signature of a message ([RFC 8945, 4.2]).
///
/// [RFC 8945, 4.2]: https://www.rfc-editor.org/rfc/rfc8945#section-4.2
#[derive(Clone, Debug)]
pub struct Signature {
    /// Where it begins in the message.
    pub starts_at: usize,
    /// Name of the key.
    pub key: Name,
    /// Name of the algorithm.
    pub algorithm: Name,
    /// When it was made, in seconds since 1970.
    pub time: u64,
    /// How far from that a clock may be, in seconds.
    pub fudge: u16,
    /// The code over the message; empty when the message says that it could not be checked.
    pub mac: Vec<u8>,
    /// Id of the message when it was signed.
    pub original_id: u16,
    /// What the server says of the signature of the request; zero when it is good.
    pub error: u16,
    /// With an error about the time, the time of the server.
    pub other: Vec<u8>,
}

/// A message that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the message makes no sense")]
pub struct Garbled(#[from] DecodeError);

impl Request {
    /// Returns a question.
    pub fn question(name: Name, record_type: TypeCode) -> Self {
        Self {
            opcode: Opcode::Query,
            name,
            record_type,
            prerequisites: Vec::new(),
            authority: Vec::new(),
        }
    }

    /// Returns an update of a zone that does nothing yet.
    pub fn update(zone: Name) -> Self {
        Self { opcode: Opcode::Update, ..Self::question(zone, record_type::SOA) }
    }

    /// Returns the message, not signed.
    pub fn encode(&self, id: u16) -> Vec<u8> {
        let Self { opcode, name, record_type, prerequisites, authority } = self;
        let flags: u16 = match opcode {
            Opcode::Query => 0,
            Opcode::Update => 5 << 11,
        };
        let count = |records: &[ResourceRecord]| u16::try_from(records.len()).unwrap_or(u16::MAX);
        let mut bytes = Vec::with_capacity(512);
        for number in [id, flags, 1, count(prerequisites), count(authority), 0] {
            bytes.extend(number.to_be_bytes());
        }
        emit_name(name, &mut bytes);
        bytes.extend(record_type.to_be_bytes());
        bytes.extend(IN.to_be_bytes());
        for record in prerequisites.iter().chain(authority) {
            record.encode(&mut bytes);
        }
        bytes
    }
}

impl ResourceRecord {
    /// Returns a record without a value.
    pub fn empty(name: Name, record_type: TypeCode, class: u16) -> Self {
        Self { name, record_type, class, ttl: 0, data: Vec::new() }
    }

    /// Returns how many bytes it takes in a message.
    pub fn length(&self) -> usize {
        // Type, class, TTL and length, and the length of the first label.
        self.name.len() + 11 + self.data.len()
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { name, record_type, class, ttl, data } = self;
        emit_name(name, bytes);
        bytes.extend(record_type.to_be_bytes());
        bytes.extend(class.to_be_bytes());
        bytes.extend(ttl.to_be_bytes());
        // A value is never longer: it came from a message, or its text was refused.
        bytes.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(data);
    }
}

impl Response {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// Returns an error when it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Garbled> {
        let mut decoder = BinDecoder::new(bytes);
        let id = number16(&mut decoder)?;
        let flags = number16(&mut decoder)?;
        let questions = number16(&mut decoder)?;
        let (answers, authorities, additionals) =
            (number16(&mut decoder)?, number16(&mut decoder)?, number16(&mut decoder)?);
        for _ in 0..questions {
            Name::read(&mut decoder)?;
            decoder.read_slice(4)?;
        }
        let mut response = Self {
            id,
            is_response: flags & 0x8000 != 0,
            is_authoritative: flags & 0x0400 != 0,
            is_truncated: flags & 0x0200 != 0,
            code: flags & 0x000f,
            answers: Vec::with_capacity(answers.into()),
            signature: None,
        };
        for _ in 0..answers {
            response.answers.push(record(bytes, &mut decoder)?);
        }
        for _ in 0..authorities {
            record(bytes, &mut decoder)?;
        }
        for _ in 0..additionals {
            let starts_at = decoder.index();
            let record = record(bytes, &mut decoder)?;
            if record.record_type == record_type::TSIG {
                response.signature = Some(signature(starts_at, record)?);
            }
        }
        Ok(response)
    }
}

fn signature(starts_at: usize, record: ResourceRecord) -> Result<Signature, DecodeError> {
    let mut decoder = BinDecoder::new(&record.data);
    let algorithm = Name::read(&mut decoder)?;
    let high = u64::from(number16(&mut decoder)?);
    let low = u64::from(decoder.read_u32()?.unverified(/* any is good */));
    let fudge = number16(&mut decoder)?;
    let length = usize::from(number16(&mut decoder)?);
    let mac = decoder.read_vec(length)?.unverified(/* any is good */);
    let original_id = number16(&mut decoder)?;
    let error = number16(&mut decoder)?;
    let length = usize::from(number16(&mut decoder)?);
    let other = decoder.read_vec(length)?.unverified(/* any is good */);
    Ok(Signature {
        starts_at,
        key: record.name,
        algorithm,
        time: high << 32 | low,
        fudge,
        mac,
        original_id,
        error,
        other,
    })
}

fn number16(decoder: &mut BinDecoder<'_>) -> Result<u16, DecodeError> {
    Ok(decoder.read_u16()?.unverified(/* any is good */))
}

fn record(message: &[u8], decoder: &mut BinDecoder<'_>) -> Result<ResourceRecord, DecodeError> {
    let name = Name::read(decoder)?;
    let record_type = number16(decoder)?;
    let class = number16(decoder)?;
    let ttl = decoder.read_u32()?.unverified(/* any is good */);
    let length = usize::from(number16(decoder)?);
    let starts_at = decoder.index();
    let bytes = decoder.read_slice(length)?.unverified(/* any is good */);
    let data = match written_out(record_type, message, starts_at, bytes)? {
        Some(data) => data,
        None => bytes.to_vec(),
    };
    Ok(ResourceRecord { name, record_type, class, ttl, data })
}

/// Returns a value with its names written out; `None` when it can have no compressed names.
fn written_out(
    record_type: TypeCode,
    message: &[u8],
    starts_at: usize,
    bytes: &[u8],
) -> Result<Option<Vec<u8>>, DecodeError> {
    // How many bytes stand before the first name, and how many names there are: the types of RFC
    // 1035, and those that some servers compress all the same (RFC 3597, 4).
    let (before, names) = match record_type {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME.
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 => (0, 1),
        // SOA, MINFO, RP.
        6 | 14 | 17 => (0, 2),
        // MX, AFSDB, RT, KX.
        15 | 18 | 21 | 36 => (2, 1),
        // SRV.
        33 => (6, 1),
        _ => return Ok(None),
    };
    let (Some(head), false) = (bytes.get(..before), bytes.is_empty()) else { return Ok(None) };
    let end = starts_at + bytes.len();
    // A pointer leads back, so the message ends where the value does.
    let Some(seen) = message.get(..end) else { return Ok(None) };
    let Ok(first) = u16::try_from(starts_at + before) else { return Ok(None) };
    let mut decoder = BinDecoder::new(seen).clone(first);
    let mut data = head.to_vec();
    for _ in 0..names {
        emit_name(&Name::read(&mut decoder)?, &mut data);
    }
    data.extend(seen.get(decoder.index()..).unwrap_or_default());
    Ok(Some(data))
}

/// Writes a name out.
pub fn emit_name(name: &Name, bytes: &mut Vec<u8>) {
    for label in name {
        bytes.push(u8::try_from(label.len()).unwrap_or(63));
        bytes.extend(label);
    }
    bytes.push(0);
}
