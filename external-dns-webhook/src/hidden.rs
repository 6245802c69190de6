//! What stands at or above a name and hides a record set from everyone who asks for it.
//!
//! A server or a service takes such a record set, keeps it, and answers as if it were not there: below
//! a DNAME there is nothing ([RFC 6672, 2.4]), and at and below a delegation there is what leads to
//! its servers ([RFC 1034, 4.2.1]) and what signs it ([RFC 4035, 2.4]).
//!
//! [RFC 6672, 2.4]: https://www.rfc-editor.org/rfc/rfc6672#section-2.4
//! [RFC 1034, 4.2.1]: https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1
//! [RFC 4035, 2.4]: https://www.rfc-editor.org/rfc/rfc4035#section-2.4

use std::fmt;

use crate::RecordType;

/// What hides names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// NS records below the apex of the zone.
    Delegation,
    /// A DNAME record.
    Dname,
}

/// What a zone has at one name, as far as it can hide others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameRecords {
    /// Whether it has a DNAME record.
    pub has_dname: bool,
    /// Whom its NS records name; `None` when there are none.
    pub servers: Option<Servers>,
}

/// Whom NS records name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// The name of the record set is among them, so its addresses are needed to get there.
    OfThisName,
    /// Others.
    Others,
}

/// Returns what hides a record set, and where that stands; `None` when it is seen.
///
/// `path` is the name of the record set and each name above it, the nearest first, up to the apex of
/// the zone, which is the last; `at` tells what the zone has at one of them.
///
/// ```
/// use external_dns_webhook::{Cover, RecordType, Servers, NameRecords, hidden_by};
///
/// let delegation = |name: &&str| NameRecords {
///     servers: (*name == "sub.example.com").then_some(Servers::Others),
///     ..NameRecords::default()
/// };
/// let path = ["www.sub.example.com", "sub.example.com", "example.com"];
/// let hidden = hidden_by(&RecordType::A, &"example.com", path, delegation);
/// assert_eq!(hidden, Some((Cover::Delegation, "sub.example.com")));
/// ```
pub fn hidden_by<N: PartialEq>(
    record_type: &RecordType,
    apex: &N,
    path: impl IntoIterator<Item = N>,
    at: impl Fn(&N) -> NameRecords,
) -> Option<(Cover, N)> {
    let is_address = matches!(record_type, RecordType::A | RecordType::Aaaa);
    let leads_there = matches!(record_type, RecordType::Ns) || record_type.as_str() == "DS";
    for (depth, name) in path.into_iter().enumerate() {
        let (is_own, is_apex) = (depth == 0, name == *apex);
        let NameRecords { has_dname, servers } = at(&name);
        if has_dname && !is_own {
            return Some((Cover::Dname, name));
        }
        let is_seen = match servers {
            _ if is_apex => true,
            None => true,
            Some(Servers::OfThisName) => is_address || is_own && leads_there,
            Some(Servers::Others) => is_own && leads_there,
        };
        if !is_seen {
            return Some((Cover::Delegation, name));
        }
        if is_apex {
            break;
        }
    }
    None
}

impl fmt::Display for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delegation => "the delegation",
            Self::Dname => "the DNAME record",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APEX: &str = "example.com";

    /// Returns what hides a record set in a zone with NS records at `apex` and `cut`, which name
    /// `server`, and a DNAME at `dname`.
    fn hidden(name: &str, record_type: &str, zone: [&str; 3]) -> Option<(Cover, String)> {
        let [cut, server, dname] = zone;
        let path = name.match_indices('.').map(|(dot, _)| name.get(dot + 1..).unwrap());
        let path = [name].into_iter().chain(path).map(str::to_owned);
        let path = path.take_while(|at| at.ends_with(APEX));
        hidden_by(&record_type.into(), &APEX.to_owned(), path, |at| NameRecords {
            has_dname: at == dname,
            servers: [APEX, cut].contains(&at.as_str()).then_some(if server == name {
                Servers::OfThisName
            } else {
                Servers::Others
            }),
        })
    }

    #[test]
    fn at_and_below_a_delegation_only_what_leads_there_is_seen() {
        let zone = ["sub.example.com", "ns.sub.example.com", ""];
        let cut = Some((Cover::Delegation, "sub.example.com".to_owned()));
        for (name, record_type) in [
            ("www.sub.example.com", "A"),
            ("a.b.c.sub.example.com", "TXT"),
            ("*.sub.example.com", "CNAME"),
            ("sub.example.com", "A"),
            ("sub.example.com", "MX"),
            ("ns.sub.example.com", "TXT"),
            // A second delegation below the first is the child's to make.
            ("www.sub.example.com", "NS"),
            ("www.sub.example.com", "DS"),
        ] {
            assert_eq!(hidden(name, record_type, zone), cut, "{name} {record_type}");
        }
        for (name, record_type) in [
            ("sub.example.com", "NS"),
            ("sub.example.com", "DS"),
            ("ns.sub.example.com", "A"),
            ("ns.sub.example.com", "AAAA"),
            ("example.com", "A"),
            ("www.example.com", "A"),
            ("xsub.example.com", "A"),
        ] {
            assert_eq!(hidden(name, record_type, zone), None, "{name} {record_type}");
        }
    }

    #[test]
    fn a_server_of_a_delegation_that_has_its_very_name_is_found_by_its_address() {
        let zone = ["sub.example.com", "sub.example.com", ""];
        assert_eq!(hidden("sub.example.com", "A", zone), None);
        assert!(hidden("sub.example.com", "CNAME", zone).is_some());
    }

    #[test]
    fn everything_below_a_dname_is_hidden_and_what_stands_beside_it_is_not() {
        let zone = ["", "", "old.example.com"];
        let dname = Some((Cover::Dname, "old.example.com".to_owned()));
        for record_type in ["A", "NS", "TXT"] {
            assert_eq!(hidden("a.b.old.example.com", record_type, zone), dname);
        }
        assert_eq!(hidden("old.example.com", "TXT", zone), None);
        // One at the apex hides the whole zone but the apex.
        let zone = ["", "", APEX];
        assert_eq!(hidden("www.example.com", "A", zone).unwrap().0, Cover::Dname);
        assert_eq!(hidden("example.com", "MX", zone), None);
    }
}
