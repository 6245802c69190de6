//! Failures on demand: which calls fail, how, and how often.
//!
//! A fault is one line of text, `KIND[:SELECTOR,…]`, the same on the command line and on the admin
//! route. [`SYNTAX`] is its whole grammar.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::api::Operation;
use crate::error::ApiError;
use crate::zone::fnv;

/// The grammar of a fault, for `--help`.
pub const SYNTAX: &str = "\
A fault is KIND[:SELECTOR,...]

Kinds:
  throttle        400 Throttling, 'Rate exceeded'
  prior-request   400 PriorRequestNotComplete
  access-denied   403 AccessDenied
  error=STATUS    500 to 599, e.g. error=503
  slow=TIME       answers after TIME, e.g. slow=250ms or slow=2s
  reset           closes the connection before the call is carried out
  reset-after     carries the call out, then closes the connection without an answer

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
  reset-after:op=ChangeResourceRecordSets,p=0.1,seed=7";

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// `Throttling`.
    Throttle,
    /// `PriorRequestNotComplete`.
    PriorRequest,
    /// `AccessDenied`.
    AccessDenied,
    /// A failure of the service with this status, 500 to 599.
    Error(u16),
    /// The answer comes late.
    Slow(Duration),
    /// The connection closes and nothing has happened.
    Reset,
    /// The connection closes and the call was carried out.
    ResetAfter,
}

/// How often a fault strikes among the calls that it selects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trigger {
    /// Always.
    Always,
    /// This many more times.
    Next(u64),
    /// Once in this many calls, at the last of them.
    Every(u64),
    /// With this probability.
    Probability(f64),
}

/// A failure on demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For which operation; `None` for all.
    pub operation: Option<Operation>,
    /// For which zone; `None` for all calls, also those about no zone.
    pub zone: Option<String>,
    /// For which access key; `None` for all.
    pub access_key: Option<String>,
    /// How often.
    pub trigger: Trigger,
    /// Which sequence [`Trigger::Probability`] follows.
    pub seed: u64,
    /// How many calls the fault has selected so far.
    pub selected: u64,
}

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{fault}` is not a fault: {reason}; see --help for the syntax")]
pub struct BadFault {
    fault: String,
    reason: String,
}

/// The call that faults are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    pub(crate) operation: Operation,
    pub(crate) zone: Option<&'a str>,
    pub(crate) access_key: &'a str,
}

/// What the faults do to a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// How much later the answer comes.
    pub(crate) delay: Duration,
    /// What happens instead of, or after, the call.
    pub(crate) failure: Option<Failure>,
}

/// The end of a call that a fault strikes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An error answer; nothing was carried out.
    Answer(ApiError),
    /// No answer; nothing was carried out.
    Reset,
    /// No answer; the call was carried out.
    ResetAfter,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Returns these faults.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Adds faults after those in force.
    pub(crate) fn add(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults);
    }

    /// Ends all faults.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the faults in force.
    pub(crate) fn in_force(&self) -> &[Fault] {
        &self.0
    }

    /// Decides what happens to a call, in the order of the faults; the first failure ends it.
    pub(crate) fn strike(&mut self, call: Selection<'_>) -> Effect {
        let mut effect = Effect::default();
        for fault in &mut self.0 {
            if !fault.selects(call) || !fault.strikes() {
                continue;
            }
            let failure = match fault.kind {
                FaultKind::Slow(delay) => {
                    effect.delay += delay;
                    continue;
                }
                FaultKind::Throttle => Failure::Answer(ApiError::throttling()),
                FaultKind::PriorRequest => Failure::Answer(ApiError::prior_request_not_complete()),
                FaultKind::Error(status) => Failure::Answer(ApiError::internal(status)),
                FaultKind::AccessDenied => {
                    let resource = call.zone.map_or_else(
                        || "*".to_owned(),
                        |zone| format!("arn:aws:route53:::hostedzone/{zone}"),
                    );
                    let operation = call.operation.to_string();
                    Failure::Answer(ApiError::access_denied(&operation, &resource))
                }
                FaultKind::Reset => Failure::Reset,
                FaultKind::ResetAfter => Failure::ResetAfter,
            };
            effect.failure = Some(failure);
            break;
        }
        self.0.retain(|fault| fault.trigger != Trigger::Next(0));
        effect
    }
}

impl Fault {
    /// Returns a fault that strikes every call.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            operation: None,
            zone: None,
            access_key: None,
            trigger: Trigger::Always,
            seed: 0,
            selected: 0,
        }
    }

    fn selects(&self, call: Selection<'_>) -> bool {
        self.operation.is_none_or(|operation| operation == call.operation)
            && self.zone.as_deref().is_none_or(|zone| Some(zone) == call.zone)
            && self.access_key.as_deref().is_none_or(|key| key == call.access_key)
    }

    /// Counts one selected call and decides about it.
    fn strikes(&mut self) -> bool {
        self.selected += 1;
        match &mut self.trigger {
            Trigger::Always => true,
            Trigger::Next(left) => {
                let strikes = *left > 0;
                *left = left.saturating_sub(1);
                strikes
            }
            Trigger::Every(period) => self.selected.is_multiple_of(*period),
            Trigger::Probability(probability) => {
                let mut octets = self.seed.to_be_bytes().to_vec();
                octets.extend(self.selected.to_be_bytes());
                // The upper bits of the hash differ too little between neighbours: mix once more.
                let hash = fnv(&fnv(&octets).to_be_bytes());
                let drawn = u32::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or_default();
                f64::from(drawn) / f64::from(u32::MAX) < *probability
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Throttle => f.write_str("throttle")?,
            FaultKind::PriorRequest => f.write_str("prior-request")?,
            FaultKind::AccessDenied => f.write_str("access-denied")?,
            FaultKind::Error(status) => write!(f, "error={status}")?,
            FaultKind::Slow(delay) => write!(f, "slow={}ms", delay.as_millis())?,
            FaultKind::Reset => f.write_str("reset")?,
            FaultKind::ResetAfter => f.write_str("reset-after")?,
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
        ("reset", None) => Ok(FaultKind::Reset),
        ("reset-after", None) => Ok(FaultKind::ResetAfter),
        ("error", Some(status)) => match status.parse() {
            Ok(status @ 500..=599) => Ok(FaultKind::Error(status)),
            _ => Err(format!("`{status}` is not a status from 500 to 599")),
        },
        ("slow", Some(time)) => parse_duration(time).map(FaultKind::Slow),
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

#[cfg(test)]
mod tests;
