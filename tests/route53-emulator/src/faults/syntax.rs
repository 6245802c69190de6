//! How faults are written and read: `KIND[:SELECTOR,…]`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, FaultKind, Trigger};
use crate::api::Operation;

/// The grammar of a fault, for `--help`.
pub const SYNTAX: &str = "\
A fault is KIND[:SELECTOR,...]

Kinds:
  throttle        400 Throttling, 'Rate exceeded'
  prior-request   400 PriorRequestNotComplete
  access-denied   403 AccessDenied
  no-such-zone    404 NoSuchHostedZone
  invalid-token   403 InvalidClientTokenId, as after an access key is deleted
  expired-token   403 ExpiredToken, as after a session has ended
  error=STATUS    500 to 599, e.g. error=503
  slow=TIME       carries the call out, answers after TIME, e.g. slow=250ms or slow=2s
  reset           closes the connection before the call is carried out
  reset-after     carries the call out, then closes the connection without an answer
  late=TIME       closes the connection at once, carries the call out after TIME
  twice           carries the call out twice and gives the second answer, as a proxy that repeats
  cut             carries the call out, answers with half of the body and its right length
  null            carries nothing out, answers 200 with the body 'null'
  unnamed         a batch that is refused is refused in words that name no record set
  bare            a batch that is refused is refused with <InvalidChangeBatch> as the document
  page=STATUS     carries nothing out, answers with a proxy's page, 400 to 599, e.g. page=403

Selectors (all have to hold):
  op=NAME         only this operation, e.g. op=ChangeResourceRecordSets
  zone=ID         only calls about this zone
  key=ACCESSKEY   only calls of this access key
  next=N          the next N matching calls, then never again
  every=K         every K-th matching call
  p=FRACTION      each matching call with this probability, 0 to 1
  seed=N          another sequence for p; the same seed fails the same calls

Examples:
  throttle:next=3
  error=503:op=ListResourceRecordSets,every=4
  access-denied:zone=Z0123456789ABCDEFGHIJ
  invalid-token:key=AKIAIOSFODNN7EXAMPLE
  reset-after:op=ChangeResourceRecordSets,p=0.1,seed=7";

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{fault}` is not a fault: {reason}; see --help for the syntax")]
pub struct BadFault {
    fault: String,
    reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Throttle => f.write_str("throttle")?,
            FaultKind::PriorRequest => f.write_str("prior-request")?,
            FaultKind::AccessDenied => f.write_str("access-denied")?,
            FaultKind::NoSuchHostedZone => f.write_str("no-such-zone")?,
            FaultKind::InvalidToken => f.write_str("invalid-token")?,
            FaultKind::ExpiredToken => f.write_str("expired-token")?,
            FaultKind::Error(status) => write!(f, "error={status}")?,
            FaultKind::Slow(delay) => write!(f, "slow={}ms", delay.as_millis())?,
            FaultKind::Reset => f.write_str("reset")?,
            FaultKind::ResetAfter => f.write_str("reset-after")?,
            FaultKind::Late(delay) => write!(f, "late={}ms", delay.as_millis())?,
            FaultKind::Twice => f.write_str("twice")?,
            FaultKind::Cut => f.write_str("cut")?,
            FaultKind::Null => f.write_str("null")?,
            FaultKind::Unnamed => f.write_str("unnamed")?,
            FaultKind::Bare => f.write_str("bare")?,
            FaultKind::Page(status) => write!(f, "page={status}")?,
        }
        let mut selectors = Vec::new();
        selectors.extend(self.operation.map(|operation| format!("op={operation}")));
        selectors.extend(self.zone.as_ref().map(|zone| format!("zone={zone}")));
        selectors.extend(self.access_key.as_ref().map(|key| format!("key={key}")));
        match self.trigger {
            Trigger::Always => {}
            Trigger::Next(count) => selectors.push(format!("next={count}")),
            Trigger::Every(period) => selectors.push(format!("every={period}")),
            Trigger::Probability(fraction) => selectors.push(format!("p={fraction}")),
        }
        if self.seed != 0 {
            selectors.push(format!("seed={}", self.seed));
        }
        if selectors.is_empty() { Ok(()) } else { write!(f, ":{}", selectors.join(",")) }
    }
}

impl FromStr for Fault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let bad = |reason: String| BadFault { fault: text.to_owned(), reason };
        let (kind, selectors) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let mut fault = Self::new(parse_kind(kind).map_err(bad)?);
        for selector in selectors.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            fault.select(selector).map_err(bad)?;
        }
        Ok(fault)
    }
}

fn parse_kind(text: &str) -> Result<FaultKind, String> {
    let (kind, value) = match text.split_once('=') {
        Some((kind, value)) => (kind, Some(value)),
        None => (text, None),
    };
    match (kind, value) {
        ("throttle", None) => Ok(FaultKind::Throttle),
        ("prior-request", None) => Ok(FaultKind::PriorRequest),
        ("access-denied", None) => Ok(FaultKind::AccessDenied),
        ("invalid-token", None) => Ok(FaultKind::InvalidToken),
        ("expired-token", None) => Ok(FaultKind::ExpiredToken),
        ("reset", None) => Ok(FaultKind::Reset),
        ("reset-after", None) => Ok(FaultKind::ResetAfter),
        ("twice", None) => Ok(FaultKind::Twice),
        ("cut", None) => Ok(FaultKind::Cut),
        ("null", None) => Ok(FaultKind::Null),
        ("unnamed", None) => Ok(FaultKind::Unnamed),
        ("bare", None) => Ok(FaultKind::Bare),
        ("no-such-zone", None) => Ok(FaultKind::NoSuchHostedZone),
        ("page", Some(status)) => match status.parse() {
            Ok(status @ 400..=599) => Ok(FaultKind::Page(status)),
            _ => Err(format!("`{status}` is not a status from 400 to 599")),
        },
        ("error", Some(status)) => match status.parse() {
            Ok(status @ 500..=599) => Ok(FaultKind::Error(status)),
            _ => Err(format!("`{status}` is not a status from 500 to 599")),
        },
        ("slow", Some(time)) => parse_duration(time).map(FaultKind::Slow),
        ("late", Some(time)) => parse_duration(time).map(FaultKind::Late),
        _ => Err(format!("`{text}` is not a kind")),
    }
}

/// Reads `250ms` or `2s`.
///
/// # Errors
///
/// A sentence that says what is wrong.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time like 250ms or 2s");
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().map(Duration::from_millis).map_err(|_| wrong());
    }
    let seconds: f64 = text.strip_suffix('s').and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

impl Fault {
    fn select(&mut self, selector: &str) -> Result<(), String> {
        let (name, value) =
            selector.split_once('=').ok_or_else(|| format!("`{selector}` has no value"))?;
        let number = || value.parse().map_err(|_| format!("`{value}` is not a whole number"));
        match name {
            "op" => {
                let operation = Operation::named(value)
                    .ok_or_else(|| format!("`{value}` is not an operation of the emulator"))?;
                self.operation = Some(operation);
            }
            "zone" => self.zone = Some(value.to_owned()),
            "key" => self.access_key = Some(value.to_owned()),
            "next" => self.trigger = Trigger::Next(number()?),
            "every" => match number()? {
                0 => return Err("`every` counts from 1".to_owned()),
                period => self.trigger = Trigger::Every(period),
            },
            "p" => match value.parse::<f64>() {
                Ok(fraction @ 0.0..=1.0) => self.trigger = Trigger::Probability(fraction),
                _ => return Err(format!("`{value}` is not a fraction from 0 to 1")),
            },
            "seed" => self.seed = number()?,
            _ => return Err(format!("`{name}` is not a selector")),
        }
        Ok(())
    }
}
