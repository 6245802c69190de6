//! Messages in bytes ([RFC 1035, 4.1]), with names in values written out.
//!
//! [RFC 1035, 4.1]: https://www.rfc-editor.org/rfc/rfc1035#section-4.1

use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, DecodeError};

/// Types that something is decided about.
pub(crate) const A: u16 = 1;
pub(crate) const NS: u16 = 2;
pub(crate) const CNAME: u16 = 5;
pub(crate) const SOA: u16 = 6;
pub(crate) const TSIG: u16 = 250;
pub(crate) const IXFR: u16 = 251;
pub(crate) const AXFR: u16 = 252;
pub(crate) const ANY: u16 = 255;

/// Classes.
pub(crate) const IN: u16 = 1;
pub(crate) const CLASS_NONE: u16 = 254;
pub(crate) const CLASS_ANY: u16 = 255;

/// What is asked for.
pub(crate) const QUERY: u8 = 0;
pub(crate) const UPDATE: u8 = 5;

/// What became of a request ([RFC 1035, 4.1.1], [RFC 2136, 2.2]).
///
/// [RFC 1035, 4.1.1]: https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1
/// [RFC 2136, 2.2]: https://www.rfc-editor.org/rfc/rfc2136#section-2.2
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    NoError = 0,
    FormErr = 1,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    YxDomain = 6,
    YxRrset = 7,
    NxRrset = 8,
    NotAuth = 9,
    NotZone = 10,
}

/// One record.
#[expect(clippy::struct_field_names, reason = "`type` is a keyword")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: Name,
    pub(crate) record_type: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    pub(crate) data: Vec<u8>,
}

/// A request. In an update the question is the zone, `answers` are the prerequisites, and
/// `authorities` what is done.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: u16,
    pub(crate) opcode: u8,
    pub(crate) recursion_desired: bool,
    pub(crate) name: Name,
    pub(crate) record_type: u16,
    pub(crate) class: u16,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    /// The signature, and where it begins.
    pub(crate) signature: Option<(usize, Record)>,
}

/// An answer without its signature.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) code: Code,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
}

impl Answer {
    /// Returns an answer that has nothing but a code.
    pub(crate) fn of(code: Code) -> Self {
        Self { code, answers: Vec::new(), authorities: Vec::new() }
    }

    /// Returns the message that answers a request, cut off when it is to have no more than `most`
    /// bytes.
    pub(crate) fn encode(&self, request: &Request, most: usize) -> Vec<u8> {
        let whole = self.encoded(request, false);
        if whole.len() <= most {
            return whole;
        }
        Self::of(self.code).encoded(request, true)
    }

    fn encoded(&self, request: &Request, is_truncated: bool) -> Vec<u8> {
        let Self { code, answers, authorities } = self;
        let is_of_ours = !matches!(code, Code::Refused | Code::NotAuth);
        let flags = 1 << 15
            | u16::from(request.opcode) << 11
            | u16::from(is_of_ours && request.opcode == QUERY) << 10
            | u16::from(is_truncated) << 9
            | u16::from(request.recursion_desired) << 8
            | *code as u16;
        let mut bytes = Vec::with_capacity(512);
        for number in [request.id, flags, 1, count(answers), count(authorities), 0] {
            bytes.extend(number.to_be_bytes());
        }
        emit_name(&request.name, &mut bytes);
        bytes.extend(request.record_type.to_be_bytes());
        bytes.extend(request.class.to_be_bytes());
        for record in answers.iter().chain(authorities) {
            record.emit(&mut bytes);
        }
        bytes
    }
}

fn count(records: &[Record]) -> u16 {
    u16::try_from(records.len()).unwrap_or(u16::MAX)
}

impl Record {
    /// Adds it to a message.
    pub(crate) fn emit(&self, bytes: &mut Vec<u8>) {
        let Self { name, record_type, class, ttl, data } = self;
        emit_name(name, bytes);
        bytes.extend(record_type.to_be_bytes());
        bytes.extend(class.to_be_bytes());
        bytes.extend(ttl.to_be_bytes());
        bytes.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(data);
    }

    /// Returns how many bytes it takes in a message.
    pub(crate) fn length(&self) -> usize {
        self.name.len() + 11 + self.data.len()
    }
}

impl Request {
    /// Reads a message; `None` when it is no request that could be answered.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        decoded(bytes).ok().flatten()
    }
}

fn decoded(bytes: &[u8]) -> Result<Option<Request>, DecodeError> {
    let mut decoder = BinDecoder::new(bytes);
    let (id, flags) = (number(&mut decoder)?, number(&mut decoder)?);
    let (questions, answers) = (number(&mut decoder)?, number(&mut decoder)?);
    let (authorities, additionals) = (number(&mut decoder)?, number(&mut decoder)?);
    if flags & 1 << 15 != 0 || questions != 1 {
        return Ok(None);
    }
    let name = Name::read(&mut decoder)?;
    let (record_type, class) = (number(&mut decoder)?, number(&mut decoder)?);
    let answers = records(bytes, &mut decoder, answers)?;
    let authorities = records(bytes, &mut decoder, authorities)?;
    let mut signature = None;
    for _ in 0..additionals {
        let starts_at = decoder.index();
        let record = record(bytes, &mut decoder)?;
        if record.record_type == TSIG {
            signature = Some((starts_at, record));
        }
    }
    Ok(Some(Request {
        id,
        opcode: u8::try_from(flags >> 11 & 15).unwrap_or_default(),
        recursion_desired: flags & 1 << 8 != 0,
        name,
        record_type,
        class,
        answers,
        authorities,
        signature,
    }))
}

fn records(
    message: &[u8],
    decoder: &mut BinDecoder<'_>,
    count: u16,
) -> Result<Vec<Record>, DecodeError> {
    (0..count).map(|_| record(message, decoder)).collect()
}

fn record(message: &[u8], decoder: &mut BinDecoder<'_>) -> Result<Record, DecodeError> {
    let name = Name::read(decoder)?;
    let (record_type, class) = (number(decoder)?, number(decoder)?);
    let ttl = decoder.read_u32()?.unverified(/* any is good */);
    let length = usize::from(number(decoder)?);
    let starts_at = decoder.index();
    let bytes = decoder.read_slice(length)?.unverified(/* any is good */);
    // How many bytes stand before the names in a value, and how many names there are.
    let data = match record_type {
        2 | 5 | 12 | 39 => names(message, starts_at, bytes, 0, 1)?,
        SOA => names(message, starts_at, bytes, 0, 2)?,
        15 => names(message, starts_at, bytes, 2, 1)?,
        33 => names(message, starts_at, bytes, 6, 1)?,
        _ => bytes.to_vec(),
    };
    Ok(Record { name, record_type, class, ttl, data })
}

fn names(
    message: &[u8],
    starts_at: usize,
    bytes: &[u8],
    before: usize,
    count: usize,
) -> Result<Vec<u8>, DecodeError> {
    let (Some(head), false) = (bytes.get(..before), bytes.is_empty()) else {
        return Ok(bytes.to_vec());
    };
    let seen = message.get(..starts_at + bytes.len()).unwrap_or_default();
    let first = u16::try_from(starts_at + before).unwrap_or(u16::MAX);
    let mut decoder = BinDecoder::new(seen).clone(first);
    let mut data = head.to_vec();
    for _ in 0..count {
        emit_name(&Name::read(&mut decoder)?, &mut data);
    }
    data.extend(seen.get(decoder.index()..).unwrap_or_default());
    Ok(data)
}

pub(crate) fn number(decoder: &mut BinDecoder<'_>) -> Result<u16, DecodeError> {
    Ok(decoder.read_u16()?.unverified(/* any is good */))
}

/// Writes a name out, its labels in lower case.
pub(crate) fn emit_name(name: &Name, bytes: &mut Vec<u8>) {
    for label in name {
        bytes.push(u8::try_from(label.len()).unwrap_or(63));
        bytes.extend(label.to_ascii_lowercase());
    }
    bytes.push(0);
}
