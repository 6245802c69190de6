//! What happens to which calls on their way.

use std::fmt;

use super::calls::Call;

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing.
    Pass,
    /// It comes so many milliseconds late.
    Delay(u32),
    /// It is carried out at once and its answer comes so many milliseconds late.
    AnswerLater(u32),
    /// Nothing happens and nothing is answered.
    Hang,
    /// The connection is reset and nothing has happened.
    Reset,
    /// The answer breaks off after so many thousandths of its body.
    CutTransfer(u32),
    /// The answer has so many thousandths of its body, and a length that says so.
    ShortBody(u32),
    /// It is carried out twice, and the second answer is given.
    Twice,
    /// It is carried out and its answer is lost.
    Lose(Loss),
    /// It is refused with 503, and carried out so many milliseconds later.
    Late(u32),
    /// It is refused with a status and perhaps `Retry-After`.
    Answer(u16, Option<&'static str>),
    /// It is answered with 200 and one of some bodies that cannot be read.
    Nonsense(u32),
}

/// What comes in place of an answer that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The end of the connection.
    Close,
    /// A reset of the connection.
    Reset,
    /// A status.
    Status(u16),
}

/// What happens to some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Which kind of calls; `None` for all.
    pub(crate) call: Option<Call>,
    /// Part of the targets of the requests, such as the id of a zone; empty for any.
    pub(crate) within: String,
    /// How many of them go by first.
    pub(crate) after: u32,
    /// How many of them it happens to then.
    pub(crate) times: u32,
    /// What.
    pub(crate) act: Act,
}

impl Rule {
    /// Returns a rule for the next calls of a kind.
    pub(crate) fn next(call: Call, times: u32, act: Act) -> Self {
        Self { call: Some(call), within: String::new(), after: 0, times, act }
    }

    /// Returns a rule for every call from now on.
    pub(crate) fn every(act: Act) -> Self {
        Self { call: None, within: String::new(), after: 0, times: u32::MAX, act }
    }

    /// Returns what happens to a call; `None` when it goes by.
    pub(crate) fn strike(&mut self, call: Call, target: &str) -> Option<Act> {
        let is_meant = self.call.is_none_or(|wanted| wanted == call);
        if !is_meant || !target.contains(&self.within) || self.times == 0 {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        if self.times < u32::MAX {
            self.times -= 1;
        }
        Some(self.act)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, within, after, times, act } = self;
        match times {
            &u32::MAX => write!(f, "every ")?,
            times => write!(f, "next {times} ")?,
        }
        match call {
            Some(call) => write!(f, "{call:?}")?,
            None => write!(f, "call")?,
        }
        if !within.is_empty() {
            write!(f, " of {within}")?;
        }
        if *after > 0 {
            write!(f, " after {after}")?;
        }
        write!(f, ": {act:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_the_calls_it_is_about_as_often_as_it_says() {
        let mut rule = Rule {
            within: "/Z1/".to_owned(),
            after: 1,
            ..Rule::next(Call::Change, 2, Act::Answer(503, None))
        };
        let mut strikes = |call, target| rule.strike(call, target).is_some();
        assert!(!strikes(Call::ListZones, "/hostedzone/Z1/x"));
        assert!(!strikes(Call::Change, "/hostedzone/Z2/rrset"));
        assert!(!strikes(Call::Change, "/hostedzone/Z1/rrset"), "the first goes by");
        assert!(strikes(Call::Change, "/hostedzone/Z1/rrset"));
        assert!(strikes(Call::Change, "/hostedzone/Z1/rrset"));
        assert!(!strikes(Call::Change, "/hostedzone/Z1/rrset"));
    }
}
