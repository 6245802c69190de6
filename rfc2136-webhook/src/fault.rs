//! What can go wrong between us and a name server, each told as what it is, with the next step.

use std::io;
use std::time::Duration;

use crate::message::Garbled;
use crate::tls::Distrust;
use crate::tsig::BadSignature;

/// What a name server says about a request ([registry]).
///
/// [registry]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-6
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u16);

impl Code {
    /// Everything is well.
    pub const NO_ERROR: Self = Self(0);
    /// The server could not make sense of it.
    pub const FORMAT: Self = Self(1);
    /// The server failed.
    pub const SERVER_FAILURE: Self = Self(2);
    /// The server does not do that.
    pub const NOT_IMPLEMENTED: Self = Self(4);
    /// The server does not want to.
    pub const REFUSED: Self = Self(5);
    /// The server is none for this zone, or does not accept the signature.
    pub const NOT_AUTHORITATIVE: Self = Self(9);
    /// A name is outside of the zone.
    pub const NOT_IN_ZONE: Self = Self(10);

    /// Tells whether a prerequisite was not met: NXDOMAIN, YXDOMAIN, YXRRSET or NXRRSET.
    pub fn is_prerequisite(self) -> bool {
        matches!(self.0, 3 | 6 | 7 | 8)
    }

    /// Returns its name.
    pub fn name(self) -> String {
        let name = match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            other => return format!("RCODE {other}"),
        };
        name.to_owned()
    }
}

/// How many times the silence that is allowed all of an answer may take.
pub const WHOLE_ANSWER: u32 = 60;

/// What was asked of a name server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Its version of the zone.
    Serial,
    /// The whole zone.
    Transfer,
    /// What changed in the zone.
    IncrementalTransfer,
    /// A change.
    Update,
}

impl Operation {
    /// Returns its name, as metrics and people know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serial => "SOA query",
            Self::Transfer => "AXFR",
            Self::IncrementalTransfer => "IXFR",
            Self::Update => "UPDATE",
        }
    }
}

/// Why a name server gave no good answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nothing was sent.
    #[error(
        "{server} cannot be reached; check its address and port, whether it runs, and that TCP is let \
         through"
    )]
    Unreachable {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing was asked, because TLS does not tell that it is the server.
    #[error("{server} {}", daemon::chain(.problem))]
    Distrusted {
        /// Which server.
        server: String,
        /// Why.
        problem: Distrust,
    },
    /// It was sent, and no answer came; whether it was done is not known.
    #[error("{server} has not answered the {} within {after:?}", .operation.as_str())]
    Silent {
        /// Which server.
        server: String,
        /// What was asked.
        operation: Operation,
        /// How long it had.
        after: Duration,
    },
    /// Answers came, and did not end.
    #[error(
        "{server} has not ended its answer to the {} within {after:?}, although it never fell silent; \
         give it more time with `--rfc2136-timeout`, of which all of an answer has {WHOLE_ANSWER} times",
        .operation.as_str()
    )]
    Slow {
        /// Which server.
        server: String,
        /// What was asked.
        operation: Operation,
        /// How long it had.
        after: Duration,
    },
    /// It was sent, and the connection ended before the answer, or in the middle of it.
    #[error(
        "{server} ended the connection before its answer to the {} was complete; it may have been \
         restarted", .operation.as_str()
    )]
    Cut {
        /// Which server.
        server: String,
        /// What was asked.
        operation: Operation,
        /// How; `None` when it ended in order.
        #[source]
        source: Option<io::Error>,
    },
    /// The answer makes no sense.
    #[error("the answer of {server} to the {} makes no sense: {what}", .operation.as_str())]
    Garbled {
        /// Which server.
        server: String,
        /// What was asked.
        operation: Operation,
        /// What is wrong.
        what: String,
    },
    /// It said no.
    #[error("{server} answered the {} for `{zone}` with {}{}", .operation.as_str(), .code.name(), advice(*.operation, *.code, .key.as_deref()))]
    Refused {
        /// Which server.
        server: String,
        /// Which zone.
        zone: String,
        /// What was asked.
        operation: Operation,
        /// Its word.
        code: Code,
        /// Name of the key by which the request was signed; `None` when it was not.
        key: Option<String>,
    },
    /// A signature is not good.
    #[error("{}", of_signature(.server, *.operation, .key, .kind, *.now))]
    Signature {
        /// Which server.
        server: String,
        /// What was asked.
        operation: Operation,
        /// Name of the key.
        key: String,
        /// What is wrong.
        kind: BadSignature,
        /// Our time, in seconds since 1970.
        now: u64,
    },
    /// A server is behind another one that was read before.
    #[error(
        "{server} has serial {serial} of `{zone}`, which is older than serial {known} that was read \
         from {from}; it is not read before it catches up, or this process is started again"
    )]
    Behind {
        /// Which server.
        server: String,
        /// Which zone.
        zone: String,
        /// Its version.
        serial: u32,
        /// Ours.
        known: u32,
        /// Where we have it from.
        from: String,
    },
}

impl Fault {
    /// Returns an answer that makes no sense.
    pub fn garbled(server: &str, operation: Operation, error: &Garbled) -> Self {
        let what =
            std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        Self::Garbled { server: server.to_owned(), operation, what }
    }

    /// Tells whether the request may have been done although there is no good answer.
    pub fn is_unconfirmed(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::Slow { .. } | Self::Cut { .. } | Self::Garbled { .. } => {
                true
            }
            // What is said about the signature of the request says that it was not done. An answer
            // that is not signed well may be anyone's.
            Self::Signature { kind, .. } => match kind {
                BadSignature::UnknownKey
                | BadSignature::Refused
                | BadSignature::Time(_)
                | BadSignature::Other(_) => false,
                BadSignature::Unsigned
                | BadSignature::OtherKey
                | BadSignature::Wrong
                | BadSignature::Stale(_) => true,
            },
            Self::Unreachable { .. }
            | Self::Distrusted { .. }
            | Self::Refused { .. }
            | Self::Behind { .. } => false,
        }
    }

    /// Tells whether another server of the zone may do better.
    pub fn is_of_server(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Distrusted { .. }
            | Self::Silent { .. }
            | Self::Slow { .. }
            | Self::Cut { .. }
            | Self::Garbled { .. }
            | Self::Signature { .. }
            | Self::Behind { .. } => true,
            Self::Refused { code, operation, .. } => {
                !code.is_prerequisite()
                    && (*operation != Operation::Update
                        || matches!(*code, Code::NOT_AUTHORITATIVE | Code::NOT_IMPLEMENTED))
            }
        }
    }

    /// Returns one word for metrics.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Distrusted { .. } => "tls",
            Self::Silent { .. } | Self::Slow { .. } => "timeout",
            Self::Cut { .. } => "cut",
            Self::Garbled { .. } => "garbled",
            Self::Behind { .. } => "behind",
            Self::Signature { kind, .. } => match kind {
                BadSignature::UnknownKey => "badkey",
                BadSignature::Refused => "badsig",
                BadSignature::Time(_) | BadSignature::Stale(_) => "badtime",
                BadSignature::Other(_)
                | BadSignature::Unsigned
                | BadSignature::OtherKey
                | BadSignature::Wrong => "unverified",
            },
            Self::Refused { code, .. } => match code.0 {
                1 => "formerr",
                2 => "servfail",
                4 => "notimp",
                5 => "refused",
                9 => "notauth",
                10 => "notzone",
                3 | 6 | 7 | 8 => "prerequisite",
                _ => "other",
            },
        }
    }
}

fn advice(operation: Operation, code: Code, key: Option<&str>) -> String {
    let by = key.map_or_else(|| "requests without a key".to_owned(), |key| format!("key `{key}`"));
    match (code, operation) {
        (Code::REFUSED | Code::NOT_AUTHORITATIVE, _) if key.is_none() => wants_key(operation),
        (Code::REFUSED, Operation::Update) => format!(
            "; allow it to {by} (BIND: `update-policy` or `allow-update`, Knot: an `acl` with `action: \
             update`, PowerDNS: `dnsupdate=yes` and TSIG-ALLOW-DNSUPDATE), and look whether the zone is \
             frozen (`rndc thaw`); BIND also refuses an MX record whose host, in its zone, has no address"
        ),
        (Code::REFUSED, Operation::Serial) => {
            format!("; it has no such zone, or, in this view, does not let {by} query it")
        }
        (Code::REFUSED, Operation::Transfer | Operation::IncrementalTransfer) => {
            transfer_advice(&by)
        }
        (Code::NOT_AUTHORITATIVE, Operation::Transfer | Operation::IncrementalTransfer) => {
            format!("{}; it may also have no such zone", transfer_advice(&by))
        }
        (Code::NOT_AUTHORITATIVE, Operation::Update) => format!(
            "; it is not the primary server of the zone, or does not accept {by}"
        ),
        (Code::NOT_AUTHORITATIVE, Operation::Serial) => {
            format!(
                "; it has no such zone, or does not accept {by}: name, algorithm, secret and clock must \
                 be the same on both sides"
            )
        }
        (Code::SERVER_FAILURE, _) => {
            "; its log says why, often a zone that is not loaded or a journal that cannot be written"
                .to_owned()
        }
        (Code::NOT_IMPLEMENTED, Operation::Update) => {
            "; it takes no DNS UPDATE (PowerDNS: `dnsupdate=yes`)".to_owned()
        }
        _ => String::new(),
    }
}

/// Returns what to do where a request without a key was refused.
fn wants_key(operation: Operation) -> String {
    let (instead, allow) = match operation {
        Operation::Transfer | Operation::IncrementalTransfer => (
            "`--rfc2136-insecure` or `--rfc2136-unsigned-axfr`",
            "transfers to requests without a key (BIND: `allow-transfer`, Knot: an `acl` with `action: \
             transfer`, PowerDNS: `allow-axfr-ips`)",
        ),
        Operation::Update => (
            "`--rfc2136-insecure`",
            "it to requests without a key (BIND: `allow-update`, Knot: an `acl` with `action: update`, \
             PowerDNS: `allow-dnsupdate-from`)",
        ),
        Operation::Serial => {
            ("`--rfc2136-insecure`", "queries without a key (BIND: `allow-query`)")
        }
    };
    format!(
        "; it was sent without a key, and the server probably wants one: give `--tsig-key-file`, or \
         `--rfc2136-tsig-keyname` and `--rfc2136-tsig-secret`, instead of {instead}, or allow {allow}; \
         it may also have no such zone"
    )
}

fn transfer_advice(by: &str) -> String {
    format!(
        "; allow transfers to {by} (BIND: `allow-transfer`, Knot: an `acl` with `action: transfer`, \
         PowerDNS: TSIG-ALLOW-AXFR), or give `--rfc2136-unsigned-axfr` when it transfers by address"
    )
}

fn of_signature(
    server: &str,
    operation: Operation,
    key: &str,
    kind: &BadSignature,
    now: u64,
) -> String {
    let operation = operation.as_str();
    match kind {
        BadSignature::UnknownKey => format!(
            "{server} does not know key `{key}`, or does not allow it the {operation} (BADKEY); its name \
             and algorithm must be the same on both sides, and Knot needs an `acl` for it"
        ),
        BadSignature::Refused => format!(
            "{server} has another secret for key `{key}` (BADSIG); give both sides the same"
        ),
        BadSignature::Time(Some(theirs)) => format!(
            "{server} says that it is {}, and here it is {} (BADTIME); set both clocks by NTP",
            clock(*theirs),
            clock(now)
        ),
        BadSignature::Time(None) => format!(
            "{server} says that its clock differs from ours, by which it is {} (BADTIME); set both \
             clocks by NTP",
            clock(now)
        ),
        BadSignature::Stale(signed) => format!(
            "{server} signed its answer at {}, and here it is {}; set both clocks by NTP",
            clock(*signed),
            clock(now)
        ),
        BadSignature::Other(code) => {
            format!("{server} does not take the signature by key `{key}`: TSIG error {code}")
        }
        BadSignature::Unsigned => format!(
            "the answer of {server} is not signed, so it is not believed; the server must sign with key \
             `{key}`"
        ),
        BadSignature::OtherKey => format!(
            "the answer of {server} is signed by another key than `{key}`, so it is not believed"
        ),
        BadSignature::Wrong => format!(
            "the answer of {server} is not what was signed with key `{key}`, so it is not believed; \
             it may have been changed"
        ),
    }
}

/// Returns a moment as people write it, in UTC.
pub(crate) fn clock(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s after 1970"), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: Operation, code: Code, key: Option<&str>) -> String {
        let (server, zone) = ("127.0.0.1:53".to_owned(), "example.com".to_owned());
        let key = key.map(str::to_owned);
        Fault::Refused { server, zone, operation, code, key }.to_string()
    }

    #[test]
    fn a_request_without_a_key_is_never_told_to_go_without_one() {
        for operation in [
            Operation::Serial,
            Operation::Transfer,
            Operation::IncrementalTransfer,
            Operation::Update,
        ] {
            for code in [Code::REFUSED, Code::NOT_AUTHORITATIVE] {
                let told = refused(operation, code, None);
                assert!(told.contains("probably wants one: give `--tsig-key-file`"), "{told}");
                assert!(told.contains("instead of `--rfc2136-insecure`"), "{told}");
                assert!(!refused(operation, code, Some("k")).contains("wants one"));
            }
        }
        let signed = refused(Operation::Transfer, Code::REFUSED, Some("k"));
        assert!(signed.contains("or give `--rfc2136-unsigned-axfr`"), "{signed}");
    }
}
