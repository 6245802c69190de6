//! Which kinds of change may be made at all.

use std::fmt;
use std::str::FromStr;

use crate::status::Verb;

/// The verbs that a planner may use.
///
/// ```
/// use controller_core::plan::Policy;
/// use controller_core::status::Verb;
///
/// let policy: Policy = "upsert-only".parse().unwrap();
/// assert!(policy.allows(Verb::Replace) && !policy.allows(Verb::Delete));
/// assert!(!policy.and(Policy::CREATE_ONLY).allows(Verb::Update));
/// assert_eq!("create,update".parse::<Policy>().unwrap().to_string(), "create,update");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// One bit for each of [`VERBS`], in their order.
    allowed: u8,
}

/// The verbs a policy can name.
const VERBS: [Verb; 4] = [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete];

/// A policy is not one we know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a policy; use `sync`, `upsert-only`, `create-only`, or a list of `create`, \
     `update`, `replace` and `delete`"
)]
pub struct UnknownPolicy(String);

impl Policy {
    /// Create, update, replace and delete.
    pub const SYNC: Self = Self { allowed: 0b1111 };
    /// Everything but deleting. Replacing one of our own records by another type is an update.
    pub const UPSERT_ONLY: Self = Self { allowed: 0b0111 };
    /// Change what is there, and who owns it.
    pub const CHANGE_ONLY: Self = Self { allowed: 0b0110 };
    /// Create.
    pub const CREATE_ONLY: Self = Self { allowed: 0b0001 };

    /// Tells whether `verb` may be used; ownership records may be written where records may be
    /// updated.
    pub fn allows(self, verb: Verb) -> bool {
        self.allowed & Self::bit(verb) != 0
    }

    /// Returns the policy that allows what both do.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { allowed: self.allowed & other.allowed }
    }

    fn bit(verb: Verb) -> u8 {
        match verb {
            Verb::Create => 0b0001,
            Verb::Update | Verb::Own => 0b0010,
            Verb::Replace => 0b0100,
            Verb::Delete => 0b1000,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::SYNC
    }
}

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(text: &str) -> Result<Self, UnknownPolicy> {
        match text {
            "sync" => return Ok(Self::SYNC),
            "upsert-only" => return Ok(Self::UPSERT_ONLY),
            "create-only" => return Ok(Self::CREATE_ONLY),
            _ => {}
        }
        let mut policy = Self { allowed: 0 };
        for word in text.split(',') {
            let verb = VERBS.into_iter().find(|verb| verb.to_string() == word.trim());
            policy.allowed |= Self::bit(verb.ok_or_else(|| UnknownPolicy(text.to_owned()))?);
        }
        Ok(policy)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SYNC => return f.write_str("sync"),
            Self::UPSERT_ONLY => return f.write_str("upsert-only"),
            Self::CREATE_ONLY => return f.write_str("create-only"),
            _ => {}
        }
        let mut separator = "";
        for verb in VERBS.into_iter().filter(|verb| self.allows(*verb)) {
            write!(f, "{separator}{verb}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_back_as_it_is_written() {
        for text in ["sync", "upsert-only", "create-only", "create,delete", "update"] {
            assert_eq!(text.parse::<Policy>().unwrap().to_string(), text);
        }
        assert_eq!("create,update,replace,delete".parse(), Ok(Policy::SYNC));
        for text in ["", "Sync", "create,", "none"] {
            assert!(text.parse::<Policy>().unwrap_err().to_string().contains(text));
        }
    }
}
