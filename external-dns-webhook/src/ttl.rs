//! How long an answer may be kept.

use std::fmt;
use std::num::NonZeroU64;

use serde::Serialize;

/// How long a resolver may keep an answer, in whole seconds; never zero.
///
/// "No TTL" is `Option::None` wherever one is optional. The wire writes it as an absent member and
/// also reads zero and negative numbers as none.
///
/// ```
/// use external_dns_webhook::Ttl;
///
/// assert_eq!(Ttl::from_seconds(300).map(Ttl::seconds), Some(300));
/// assert_eq!(Ttl::from_seconds(0), None);
/// assert_eq!(Ttl::from_seconds(-1), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ttl(NonZeroU64);

impl Ttl {
    /// Returns the TTL of that many seconds, or `None` when zero or negative ("not configured").
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        u64::try_from(seconds).ok().and_then(NonZeroU64::new).map(Self)
    }

    /// Returns the number of seconds; at least 1 and at most `i64::MAX`.
    pub fn seconds(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
