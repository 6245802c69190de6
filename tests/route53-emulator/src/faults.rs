//! Failures on demand: which calls fail, how, and how often.
//!
//! A fault is one line of text, the same on the command line and on the admin route; [`SYNTAX`] is its
//! whole grammar.

mod syntax;

use std::time::Duration;

use crate::api::Operation;
use crate::error::ApiError;
use crate::zone::fnv;

pub(crate) use self::syntax::parse_duration;
pub use self::syntax::{BadFault, SYNTAX};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// `Throttling`.
    Throttle,
    /// `PriorRequestNotComplete`.
    PriorRequest,
    /// `AccessDenied`.
    AccessDenied,
    /// `NoSuchHostedZone`.
    NoSuchHostedZone,
    /// `InvalidClientTokenId`: the access key does not exist, or no longer.
    InvalidToken,
    /// `ExpiredToken`: the session that the access key belongs to is over.
    ExpiredToken,
    /// A failure of the service with this status, 500 to 599.
    Error(u16),
    /// The call is carried out and its answer comes late.
    Slow(Duration),
    /// The connection closes and nothing has happened.
    Reset,
    /// The connection closes and the call was carried out.
    ResetAfter,
    /// The connection closes, and the call is carried out this much later.
    Late(Duration),
    /// The call is carried out twice, as a proxy that repeats it does, and the second answer is given.
    Twice,
    /// The call is carried out, and its answer ends in the middle.
    Cut,
    /// The call is not carried out, and answered with 200 and the body `null`.
    Null,
    /// A batch that is refused is refused in words that name none of its record sets.
    Unnamed,
    /// A batch that is refused is refused with `InvalidChangeBatch` as the whole document.
    Bare,
    /// Nothing is carried out, and a page of something in between has this status, 400 to 599.
    Page(u16),
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

/// The call that faults are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    pub(crate) operation: Operation,
    pub(crate) zone: Option<&'a str>,
    pub(crate) access_key: &'a str,
}

/// What the faults do to a call.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub(crate) struct Effect {
    /// How much later the answer comes.
    pub(crate) delay: Duration,
    /// Whether the refusal of a batch says not what it is about.
    pub(crate) is_unnamed: bool,
    /// Whether the refusal of a batch stands alone, not within an `ErrorResponse`.
    pub(crate) is_bare: bool,
    /// Whether the call is carried out once more than it was made.
    pub(crate) is_twice: bool,
    /// Whether the answer ends in the middle.
    pub(crate) is_cut: bool,
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
    /// No answer; the call is carried out this much later.
    Late(Duration),
    /// An answer that says nothing; nothing was carried out.
    Null,
    /// A page of something in between, with this status; nothing was carried out.
    Page(u16),
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
                FaultKind::Unnamed => {
                    effect.is_unnamed = true;
                    continue;
                }
                FaultKind::Bare => {
                    effect.is_bare = true;
                    continue;
                }
                FaultKind::Twice => {
                    effect.is_twice = true;
                    continue;
                }
                FaultKind::Cut => {
                    effect.is_cut = true;
                    continue;
                }
                FaultKind::Late(delay) => Failure::Late(delay),
                FaultKind::Null => Failure::Null,
                FaultKind::Page(status) => Failure::Page(status),
                FaultKind::NoSuchHostedZone => {
                    let zone = call.zone.unwrap_or_default();
                    Failure::Answer(ApiError::no_such_hosted_zone(zone))
                }
                FaultKind::Throttle => Failure::Answer(ApiError::throttling()),
                FaultKind::PriorRequest => Failure::Answer(ApiError::prior_request_not_complete()),
                FaultKind::Error(status) => Failure::Answer(ApiError::internal(status)),
                FaultKind::InvalidToken => Failure::Answer(ApiError::invalid_client_token_id()),
                FaultKind::ExpiredToken => Failure::Answer(ApiError::expired_token()),
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

#[cfg(test)]
mod tests;
