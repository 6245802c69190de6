//! An update of a zone, whole or not at all ([RFC 2136, 3]).
//!
//! What BIND does beyond the RFC is done here, too: an address needs the name of a host, and the
//! name servers of the zone itself never go.
//!
//! [RFC 2136, 3]: https://www.rfc-editor.org/rfc/rfc2136#section-3

use std::collections::BTreeMap;

use hickory_proto::rr::Name;

use crate::wire::{
    A, ANY, AXFR, CLASS_ANY, CLASS_NONE, CNAME, Code, IN, IXFR, NS, Record, Request, SOA, TSIG,
};
use crate::zone::{Set, Zone, canonical};

/// IPv6 addresses.
const AAAA: u16 = 28;

/// Updates a zone, or returns why not; then it is as it was.
pub(crate) fn update(zone: &mut Zone, request: &Request) -> Result<(), Code> {
    prerequisites(zone, &request.answers)?;
    for record in &request.authorities {
        prescan(zone, record)?;
    }
    let mut changed = zone.clone();
    for record in &request.authorities {
        apply(&mut changed, record);
    }
    if changed != *zone {
        changed.serial = zone.serial.wrapping_add(1);
        *zone = changed;
    }
    Ok(())
}

/// [RFC 2136, 3.2](https://www.rfc-editor.org/rfc/rfc2136#section-3.2).
fn prerequisites(zone: &Zone, records: &[Record]) -> Result<(), Code> {
    let mut expected: BTreeMap<(Name, u16), Vec<&[u8]>> = BTreeMap::new();
    for record in records {
        let Record { name, record_type, class, ttl, data } = record;
        if *ttl != 0 {
            return Err(Code::FormErr);
        }
        if !zone.name.zone_of(name) {
            return Err(Code::NotZone);
        }
        let key = (canonical(name), *record_type);
        let is_apex_soa = key.0 == zone.name && *record_type == SOA;
        let is_there = zone.sets.contains_key(&key) || is_apex_soa;
        match (*class, *record_type) {
            (CLASS_ANY | CLASS_NONE, _) if !data.is_empty() => return Err(Code::FormErr),
            (CLASS_ANY, ANY) if !zone.has(&key.0) => return Err(Code::NxDomain),
            (CLASS_NONE, ANY) if zone.has(&key.0) => return Err(Code::YxDomain),
            (CLASS_ANY | CLASS_NONE, ANY) => {}
            (CLASS_ANY, _) if !is_there => return Err(Code::NxRrset),
            (CLASS_NONE, _) if is_there => return Err(Code::YxRrset),
            (CLASS_ANY | CLASS_NONE, _) => {}
            (IN, _) => expected.entry(key).or_default().push(data),
            _ => return Err(Code::FormErr),
        }
    }
    for (key, mut values) in expected {
        let mut current: Vec<&[u8]> = zone
            .sets
            .get(&key)
            .into_iter()
            .flat_map(|set| &set.values)
            .map(Vec::as_slice)
            .collect();
        values.sort_unstable();
        values.dedup();
        current.sort_unstable();
        if values != current {
            return Err(Code::NxRrset);
        }
    }
    Ok(())
}

/// [RFC 2136, 3.4.1](https://www.rfc-editor.org/rfc/rfc2136#section-3.4.1).
fn prescan(zone: &Zone, record: &Record) -> Result<(), Code> {
    let Record { name, record_type, class, ttl, data } = record;
    if !zone.name.zone_of(name) {
        return Err(Code::NotZone);
    }
    let is_meta = matches!(*record_type, TSIG..=ANY);
    match *class {
        IN if is_meta || data.is_empty() => Err(Code::FormErr),
        IN if matches!(*record_type, A | AAAA) && !is_host(name) => Err(Code::Refused),
        CLASS_ANY if *ttl != 0 || !data.is_empty() => Err(Code::FormErr),
        CLASS_ANY if matches!(*record_type, AXFR | IXFR) => Err(Code::FormErr),
        CLASS_NONE if *ttl != 0 || is_meta => Err(Code::FormErr),
        IN | CLASS_ANY | CLASS_NONE => Ok(()),
        _ => Err(Code::FormErr),
    }
}

/// Tells whether a name is one that a host can have, or a wildcard of such ([RFC 1123, 2.1]).
///
/// [RFC 1123, 2.1]: https://www.rfc-editor.org/rfc/rfc1123#section-2.1
fn is_host(name: &Name) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
    name.iter().enumerate().all(|(at, label)| {
        (at == 0 && label == b"*")
            || (label.iter().all(|byte| is_letter(byte) || *byte == b'-')
                && label.first().is_some_and(is_letter)
                && label.last().is_some_and(is_letter))
    })
}

/// [RFC 2136, 3.4.2](https://www.rfc-editor.org/rfc/rfc2136#section-3.4.2).
fn apply(zone: &mut Zone, record: &Record) {
    let Record { name, record_type, class, ttl, data } = record;
    let name = canonical(name);
    let is_apex = name == zone.name;
    let key = (name.clone(), *record_type);
    let is_own = |code: u16| is_apex && matches!(code, NS | SOA);
    match (*class, *record_type) {
        // The serial is this server's own.
        (_, SOA) => {}
        (IN, code) => {
            // Passed over without a word, as the RFC wants.
            let stands_beside = |other: u16| (other == CNAME) != (code == CNAME);
            if zone.types(&name).any(stands_beside) || (is_apex && code == CNAME) {
                return;
            }
            let set = zone.sets.entry(key).or_default();
            set.ttl = *ttl;
            if code == CNAME {
                set.values.clear();
            }
            if !set.values.contains(data) {
                set.values.push(data.clone());
            }
        }
        (CLASS_ANY, ANY) => {
            let gone: Vec<_> = zone.types(&name).filter(|code| !is_own(*code)).collect();
            for code in gone {
                zone.sets.remove(&(name.clone(), code));
            }
        }
        (CLASS_ANY, code) if !is_own(code) => drop(zone.sets.remove(&key)),
        (CLASS_NONE, code) => {
            let Some(Set { ttl: _, values }) = zone.sets.get_mut(&key) else { return };
            if is_own(code) && values.len() == 1 {
                return;
            }
            values.retain(|value| value != data);
            if values.is_empty() {
                zone.sets.remove(&key);
            }
        }
        _ => {}
    }
}
