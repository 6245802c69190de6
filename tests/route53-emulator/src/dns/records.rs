//! Turns record sets into DNS records.

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NAPTR, NS, NULL, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name as WireName, RData, Record, RecordType as WireType};

use crate::name::Name;
use crate::rdata::Rdata;
use crate::record::RecordType;

/// Returns the records of these values under a name; values that DNS cannot carry are left out.
pub(super) fn records(
    owner: &WireName,
    record_type: RecordType,
    ttl: u32,
    values: &[Box<str>],
) -> Vec<Record> {
    values
        .iter()
        .filter_map(|value| {
            let rdata = Rdata::parse(record_type, value).ok()?;
            Some(Record::from_rdata(owner.clone(), ttl, wire(record_type, rdata)?))
        })
        .collect()
}

/// Returns a name as DNS carries it.
pub(super) fn wire_name(name: &Name) -> Option<WireName> {
    if name.is_root() {
        return Some(WireName::root());
    }
    let mut wire = WireName::from_labels(name.labels()).ok()?;
    wire.set_fqdn(true);
    Some(wire)
}

/// Returns a name that came over DNS.
pub(super) fn own_name(name: &WireName) -> Name {
    let labels: Vec<_> = name.iter().collect();
    Name::from_labels(labels.into_iter())
}

/// Returns the type as DNS numbers it.
pub(super) fn wire_type(record_type: RecordType) -> WireType {
    match record_type {
        RecordType::A => WireType::A,
        RecordType::AAAA => WireType::AAAA,
        RecordType::CAA => WireType::CAA,
        RecordType::CNAME => WireType::CNAME,
        RecordType::DS => WireType::Unknown(43),
        RecordType::HTTPS => WireType::HTTPS,
        RecordType::MX => WireType::MX,
        RecordType::NAPTR => WireType::NAPTR,
        RecordType::NS => WireType::NS,
        RecordType::PTR => WireType::PTR,
        RecordType::SOA => WireType::SOA,
        RecordType::SPF => WireType::Unknown(99),
        RecordType::SRV => WireType::SRV,
        RecordType::SSHFP => WireType::SSHFP,
        RecordType::SVCB => WireType::SVCB,
        RecordType::TLSA => WireType::TLSA,
        RecordType::TXT => WireType::TXT,
    }
}

/// Returns the record type that a query asks for; `None` for one that Route 53 does not have.
pub(super) fn own_type(asked: WireType) -> Option<RecordType> {
    RecordType::ALL
        .into_iter()
        .find(|record_type| u16::from(wire_type(*record_type)) == u16::from(asked))
}

fn wire(record_type: RecordType, rdata: Rdata) -> Option<RData> {
    Some(match rdata {
        Rdata::A(address) => RData::A(A(address)),
        Rdata::Aaaa(address) => RData::AAAA(AAAA(address)),
        Rdata::Name(name) => {
            let name = wire_name(&name)?;
            match record_type {
                RecordType::NS => RData::NS(NS(name)),
                RecordType::PTR => RData::PTR(PTR(name)),
                _ => RData::CNAME(CNAME(name)),
            }
        }
        Rdata::Mx { preference, exchange } => RData::MX(MX::new(preference, wire_name(&exchange)?)),
        Rdata::Srv { priority, weight, port, target } => {
            RData::SRV(SRV::new(priority, weight, port, wire_name(&target)?))
        }
        Rdata::Caa { flags, tag, value } => raw(record_type, {
            let mut octets = vec![flags, u8::try_from(tag.len()).ok()?];
            octets.extend(tag.into_bytes());
            octets.extend(value);
            octets
        }),
        Rdata::Naptr { order, preference, flags, services, regexp, replacement } => {
            RData::NAPTR(NAPTR::new(
                order,
                preference,
                flags.into(),
                services.into(),
                regexp.into(),
                wire_name(&replacement)?,
            ))
        }
        Rdata::Text(strings) if record_type == RecordType::TXT => {
            RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
        }
        Rdata::Text(strings) => raw(record_type, {
            let mut octets = Vec::new();
            for string in strings {
                octets.push(u8::try_from(string.len()).ok()?);
                octets.extend(string);
            }
            octets
        }),
        Rdata::Soa { primary, mailbox, serial, timers: [refresh, retry, expire, minimum] } => {
            RData::SOA(SOA::new(
                wire_name(&primary)?,
                wire_name(&mailbox)?,
                serial,
                i32::try_from(refresh).ok()?,
                i32::try_from(retry).ok()?,
                i32::try_from(expire).ok()?,
                minimum,
            ))
        }
        Rdata::Wire(octets) => raw(record_type, octets),
        Rdata::Service => return None,
    })
}

/// Returns data that is already in wire form.
fn raw(record_type: RecordType, octets: Vec<u8>) -> RData {
    RData::Unknown { code: wire_type(record_type), rdata: NULL::with(octets) }
}
