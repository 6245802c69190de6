//! Why a name server that was reached is not talked to by TLS, each told as what it is.

use std::io;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError};

use super::pin::{OtherKey, Pin};
use crate::fault::clock;

/// Why a name server is not talked to; nothing was asked of it.
///
/// Each is the rest of a sentence about the server.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// Its certificate was good until some time ago.
    #[error(
        "shows a certificate that ended at {}, and here it is {}; renew it on the server, or set the \
         clock here", clock(*.until), clock(*.now)
    )]
    Expired {
        /// When it ended, in seconds since 1970.
        until: u64,
        /// Our time.
        now: u64,
    },
    /// Its certificate will be good in some time.
    #[error(
        "shows a certificate that begins at {}, and here it is {}; set the clock here, or the one by \
         which it was made", clock(*.from), clock(*.now)
    )]
    NotYet {
        /// When it begins, in seconds since 1970.
        from: u64,
        /// Our time.
        now: u64,
    },
    /// Its certificate is for other names.
    #[error(
        "shows a certificate for {}, and not for `{called}`; if that is the server, say its name with \
         --tls-server-name", names(.shown)
    )]
    OtherName {
        /// By which name it was called.
        called: String,
        /// Which names are good.
        shown: Vec<String>,
    },
    /// Its certificate is by an authority that is not known here.
    #[error(
        "shows a certificate by an authority that is not known here; give the certificate of that \
         authority with --tls-ca, or the key of the server with --tls-pin"
    )]
    UnknownAuthority,
    /// Its key is none of those that are known.
    #[error(
        "shows a key whose pin is `{shown}`, which is none of --tls-pin; when the server has a new key, \
         give its pin as well, and otherwise find out who answers there"
    )]
    OtherKey {
        /// The pin of its key.
        shown: Pin,
    },
    /// Something else is wrong with its certificate.
    #[error("shows a certificate that cannot be used")]
    Certificate(#[source] rustls::Error),
    /// It talks to clients that show a certificate.
    #[error(
        "wants a certificate of ours, and none is given; give one by an authority that it knows with \
         --tls-client-cert and --tls-client-cert-key"
    )]
    WantsOurs,
    /// It does not take the certificate that it was shown.
    #[error(
        "refuses the certificate of --tls-client-cert ({0}); give one that is good now and by an \
         authority that it knows, or tell it that authority"
    )]
    RefusesOurs(String),
    /// It speaks something else, or refuses.
    #[error(
        "is reached and does not speak TLS 1.3 there as is wanted; DNS over TLS has port 853, and some \
         servers want a certificate of ours (--tls-client-cert)"
    )]
    NotTls(#[source] io::Error),
}

impl Distrust {
    /// Returns what a server says of our certificate; `None` when an error is about something else.
    ///
    /// In TLS 1.3 we are done with the handshake before it looks at it, so this comes in place of the
    /// answer ([RFC 8446, 4.4.2.4]). It has taken nothing that was asked.
    ///
    /// [RFC 8446, 4.4.2.4]: https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.4
    pub(crate) fn of_ours(error: &io::Error) -> Option<Self> {
        let tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        let Some(rustls::Error::AlertReceived(alert)) = tls else { return None };
        match alert {
            AlertDescription::CertificateRequired => Some(Self::WantsOurs),
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError => Some(Self::RefusesOurs(format!("{alert:?}"))),
            _ => None,
        }
    }

    /// Returns what an error of a handshake means.
    pub(super) fn of(error: io::Error) -> Self {
        if let Some(said) = Self::of_ours(&error) {
            return said;
        }
        let tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        let certificate = match tls {
            Some(rustls::Error::InvalidCertificate(certificate)) => certificate.clone(),
            Some(_) | None => return Self::NotTls(error),
        };
        match &certificate {
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { until: not_after.as_secs(), now: time.as_secs() }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotYet { from: not_before.as_secs(), now: time.as_secs() }
            }
            CertificateError::NotValidForNameContext { expected, presented } => {
                Self::OtherName { called: text(expected), shown: presented.clone() }
            }
            // An authority may have the name of a known one, and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Self::UnknownAuthority
            }
            CertificateError::Other(other) => match other.0.downcast_ref() {
                Some(OtherKey(shown)) => Self::OtherKey { shown: *shown },
                None => Self::Certificate(certificate.into()),
            },
            _ => Self::Certificate(certificate.into()),
        }
    }
}

fn text(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

fn names(shown: &[String]) -> String {
    // As rustls has them: `DnsName("ns.example.com")`, `IpAddress(192.0.2.1)`.
    let plain = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
        format!("`{}`", inner.trim_end_matches(')').trim_matches('"'))
    };
    match shown {
        [] => "no name".to_owned(),
        some => some.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}
