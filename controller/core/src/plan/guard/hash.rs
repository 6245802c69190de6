//! What a person types to approve exactly these steps and no others.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::plan::step::{Action, Step};
use crate::status::Reason;

/// Digits of a hash: 128 bits, so that nobody finds two sets of steps with one hash.
const HASH_DIGITS: usize = 32;

/// Fewest digits that stand for a hash, where only one of those that are held begins with them.
const FEWEST_DIGITS: usize = 12;

/// Identifies a set of steps; two sets with one hash are the same set, of the same kind.
///
/// What a person types may be the beginning of one only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PlanHash(String);

/// The text is not a plan hash.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a plan hash, which is {HASH_DIGITS} digits from 0 to 9 and a to f, or the first \
     {FEWEST_DIGITS} or more of them"
)]
pub struct BadHash(String);

/// What a hash is of: one kind never stands for another. Of deletions that are held the steps say which
/// kind they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::plan) enum HashOf<'a> {
    /// Deletions that are held, of several namespaces or zones.
    Held,
    /// Those of several objects of a namespace in a zone.
    Group { zone: &'a str, namespace: &'a str },
    /// Those of an object in a zone.
    Object { zone: &'a str, namespace: &'a str, object: &'a str },
}

impl PlanHash {
    pub(in crate::plan) fn of<'a>(what: HashOf<'_>, steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut steps: Vec<_> = steps.collect();
        steps.sort();
        let mut digest = Sha256::new();
        // Text always can be JSON, in which there is no zero byte.
        digest.update(serde_json::to_vec(&what).unwrap_or_default());
        digest.update([0]);
        for step in steps {
            digest.update(identity(step));
            digest.update([0]);
        }
        Self(hex(&digest.finalize(), HASH_DIGITS))
    }

    /// Tells whether `typed` is the hash or its beginning.
    pub fn begins_with(&self, typed: &Self) -> bool {
        self.0.starts_with(&typed.0)
    }
}

/// Returns what a step is, without the words in which its reason is told.
fn identity(step: &Step) -> Vec<u8> {
    // No `..`: what is not in here could change behind an approval.
    let Step {
        action,
        name,
        record_type,
        set_identifier,
        old,
        new,
        owner,
        new_owner,
        object,
        zone,
        reason,
    } = step;
    // Who holds a step, and why, is no part of what would be done.
    let action = (*action != Action::Hold).then_some(action);
    let code = reason.as_ref().map(Reason::code);
    let whose = (owner, new_owner, object, zone);
    let what = (action, name, record_type, set_identifier, old, new, whose, code);
    // A step holds nothing that JSON cannot say, so this is always the whole step.
    serde_json::to_vec(&what).unwrap_or_default()
}

impl FromStr for PlanHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let text = text.trim();
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if (FEWEST_DIGITS..=HASH_DIGITS).contains(&text.len()) && text.bytes().all(is_digit) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadHash(text.to_owned()))
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
