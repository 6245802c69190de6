//! Values made of fields that blanks separate.

use std::str::FromStr;

use super::{Rdata, ValueProblem, text};

pub(super) fn mx(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong =
        || ValueProblem::new("MXRRDATANotTwoFields", "MX record does not have two fields", value);
    let [preference, exchange] = split(value).ok_or_else(wrong)?;
    Ok(Rdata::Mx { preference: number(preference, value)?, exchange: exchange.parse()? })
}

pub(super) fn srv(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new("SRVRRDATANotFourFields", "SRV record does not have four fields", value)
    };
    let [priority, weight, port, target] = split(value).ok_or_else(wrong)?;
    Ok(Rdata::Srv {
        priority: number(priority, value)?,
        weight: number(weight, value)?,
        port: number(port, value)?,
        target: target.parse()?,
    })
}

pub(super) fn caa(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new(
            "CAARRDATANotThreeFields",
            "CAA record is not flags, tag and a quoted value",
            value,
        )
    };
    let (flags, rest) = field(value).ok_or_else(wrong)?;
    let (tag, rest) = field(rest).ok_or_else(wrong)?;
    let (content, rest) = text::string(rest, value)?;
    if !rest.trim_ascii().is_empty() {
        return Err(wrong());
    }
    // RFC 8659, 4.1: tags are letters and digits.
    if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(ValueProblem::new(
            "CAARRDATAIllegalTag",
            "CAA tag is not letters and digits",
            value,
        ));
    }
    Ok(Rdata::Caa { flags: number(flags, value)?, tag: tag.to_owned(), value: content })
}

pub(super) fn naptr(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new("NAPTRRRDATANotSixFields", "NAPTR record does not have six fields", value)
    };
    let (order, rest) = field(value).ok_or_else(wrong)?;
    let (preference, rest) = field(rest).ok_or_else(wrong)?;
    let (flags, rest) = text::string(rest, value)?;
    let (services, rest) = text::string(rest.trim_ascii_start(), value)?;
    let (regexp, rest) = text::string(rest.trim_ascii_start(), value)?;
    let [replacement] = split(rest).ok_or_else(wrong)?;
    let replacement = replacement.parse::<crate::name::Name>()?;
    if !regexp.is_empty() && !replacement.is_root() {
        return Err(ValueProblem::TwoRewrites(value.to_owned()));
    }
    Ok(Rdata::Naptr {
        order: number(order, value)?,
        preference: number(preference, value)?,
        flags,
        services,
        regexp,
        replacement,
    })
}

pub(super) fn soa(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new("SOARRDATANotSevenFields", "SOA record does not have seven fields", value)
    };
    let [primary, mailbox, serial, refresh, retry, expire, minimum] =
        split(value).ok_or_else(wrong)?;
    Ok(Rdata::Soa {
        primary: primary.parse()?,
        mailbox: mailbox.parse()?,
        serial: number(serial, value)?,
        timers: [
            number(refresh, value)?,
            number(retry, value)?,
            number(expire, value)?,
            number(minimum, value)?,
        ],
    })
}

pub(super) fn ds(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong =
        || ValueProblem::new("DSRRDATANotFourFields", "DS record does not have four fields", value);
    let [key_tag, algorithm, digest_type, digest] = split(value).ok_or_else(wrong)?;
    let mut wire = number::<u16>(key_tag, value)?.to_be_bytes().to_vec();
    wire.push(number(algorithm, value)?);
    wire.push(number(digest_type, value)?);
    wire.extend(hexadecimal(digest, value)?);
    Ok(Rdata::Wire(wire))
}

pub(super) fn tlsa(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new("TLSARRDATANotFourFields", "TLSA record does not have four fields", value)
    };
    let [usage, selector, matching, certificate] = split(value).ok_or_else(wrong)?;
    let mut wire = vec![number(usage, value)?, number(selector, value)?, number(matching, value)?];
    wire.extend(hexadecimal(certificate, value)?);
    Ok(Rdata::Wire(wire))
}

pub(super) fn sshfp(value: &str) -> Result<Rdata, ValueProblem> {
    let wrong = || {
        ValueProblem::new(
            "SSHFPRRDATANotThreeFields",
            "SSHFP record does not have three fields",
            value,
        )
    };
    let [algorithm, kind, fingerprint] = split(value).ok_or_else(wrong)?;
    let mut wire = vec![number(algorithm, value)?, number(kind, value)?];
    wire.extend(hexadecimal(fingerprint, value)?);
    Ok(Rdata::Wire(wire))
}

/// Checks an SVCB or HTTPS value: a priority, a target, and parameters (RFC 9460, 2.1).
pub(super) fn service(value: &str) -> Result<Rdata, ValueProblem> {
    let mut fields = value.split_ascii_whitespace();
    let (Some(priority), Some(target)) = (fields.next(), fields.next()) else {
        return Err(ValueProblem::new(
            "SVCBRRDATANotTwoFields",
            "Record does not have a priority and a target",
            value,
        ));
    };
    number::<u16>(priority, value)?;
    target.parse::<crate::name::Name>()?;
    Ok(Rdata::Service)
}

/// Splits into exactly `N` fields.
fn split<const N: usize>(value: &str) -> Option<[&str; N]> {
    let fields: Vec<_> = value.split_ascii_whitespace().collect();
    fields.try_into().ok()
}

/// Splits the first field off.
fn field(value: &str) -> Option<(&str, &str)> {
    let (field, rest) = value.trim_ascii_start().split_once([' ', '\t'])?;
    Some((field, rest.trim_ascii_start()))
}

fn number<T: FromStr>(field: &str, value: &str) -> Result<T, ValueProblem> {
    let wrong =
        || ValueProblem::new("InvalidNumber", "Value contains a number out of its bounds", value);
    // `FromStr` takes a leading plus sign, which no zone file does.
    if !field.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    field.parse().map_err(|_| wrong())
}

fn hexadecimal(field: &str, value: &str) -> Result<Vec<u8>, ValueProblem> {
    let wrong =
        || ValueProblem::new("InvalidHexadecimal", "Value is not in hexadecimal notation", value);
    if field.is_empty() || !field.len().is_multiple_of(2) {
        return Err(wrong());
    }
    field
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = str::from_utf8(pair).ok()?;
            if pair.starts_with('+') { None } else { u8::from_str_radix(pair, 16).ok() }
        })
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}
