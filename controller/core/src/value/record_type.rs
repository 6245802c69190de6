//! Which types of records there are.

use external_dns_webhook::RecordType;

use super::Flaw;

/// Types of records that exist ([IANA's list], as far as a zone's owner writes them).
///
/// [IANA's list]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-4
pub const RECORD_TYPES: [&str; 26] = [
    "A",
    "AAAA",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CNAME",
    "DNAME",
    "DNSKEY",
    "DS",
    "HINFO",
    "HTTPS",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "SMIMEA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
];

/// Tells whether there are records of a type, spelled in capitals; `TYPE65280` is one by its number
/// ([RFC 3597]).
///
/// [RFC 3597]: https://datatracker.ietf.org/doc/html/rfc3597#section-5
pub fn is_record_type(name: &str) -> bool {
    let number = name.strip_prefix("TYPE").unwrap_or_default();
    let is_number =
        || number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u16>().is_ok();
    RECORD_TYPES.contains(&name) || is_number()
}

/// Validates what stands where a type belongs.
///
/// # Errors
///
/// There are no records of such a type.
pub fn validate_record_type(text: &str) -> Result<RecordType, Flaw> {
    if is_record_type(text) {
        return Ok(RecordType::from(text));
    }
    let meant = text.trim().to_ascii_uppercase();
    if meant.is_empty() {
        return Err(Flaw::new("a record has a type; write one, such as `A` or `CNAME`"));
    }
    if is_record_type(&meant) {
        return Err(Flaw::new(format!("there are no records of type `{text}`; write `{meant}`")));
    }
    if meant == "ALIAS" || meant == "ANAME" {
        return Err(Flaw::new(format!(
            "`{text}` is no type of the DNS; write `A` with the provider-specific `alias: \"true\"`"
        )));
    }
    Err(Flaw::new(format!("there are no records of type `{text}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_taken_in_its_own_letters_only() {
        for name in RECORD_TYPES.into_iter().chain(["TYPE65280"]) {
            assert_eq!(validate_record_type(name), Ok(RecordType::from(name)));
        }
        for (text, told) in [
            ("", "a record has a type"),
            (" ", "a record has a type"),
            ("a", "write `A`"),
            (" A", "write `A`"),
            ("Cname", "write `CNAME`"),
            ("ALIAS", "no type of the DNS"),
            ("TYPE", "no records of type"),
            ("TYPE99999", "no records of type"),
            ("ANY", "no records of type"),
        ] {
            let flaw = validate_record_type(text).unwrap_err().to_string();
            assert!(flaw.contains(told), "{text:?}: {flaw}");
        }
    }
}
