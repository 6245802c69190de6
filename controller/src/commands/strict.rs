//! When a preview fails: what someone has to act on, counted by reason.

use std::collections::BTreeMap;

use anyhow::bail;
use controller_core::status::Reason;
use external_dns_webhook::counted;

/// Code under which manifests count that cannot be read.
const UNREADABLE: &str = "Unreadable";

/// How often each reason was given on which someone has to act.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    /// Counts a reason, if someone has to act on it.
    pub(super) fn note(&mut self, reason: &Reason) {
        if reason.needs_someone() {
            *self.0.entry(reason.code()).or_default() += 1;
        }
    }

    /// Counts manifests that cannot be read and of which no object is told.
    pub(super) fn note_unreadable(&mut self, count: usize) {
        if count > 0 {
            *self.0.entry(UNREADABLE).or_default() += count;
        }
    }

    /// Fails when something was counted.
    ///
    /// # Errors
    ///
    /// Returns how often each reason was given.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let each: Vec<_> = self.0.iter().map(|(code, count)| format!("{count} {code}")).collect();
        if each.is_empty() {
            return Ok(());
        }
        let all: usize = self.0.values().sum();
        let need = if all == 1 { "needs" } else { "need" };
        bail!(
            "--strict: {} {need} someone to act: {}; docs/reasons.md says what to do about each",
            counted(all, "thing"),
            each.join(", ")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_fails_with_each_reason_that_needs_someone_and_only_then() {
        let mut tally = Tally::default();
        for reason in [Reason::UpToDate, Reason::no_targets("")] {
            tally.note(&reason);
        }
        tally.note_unreadable(0);
        tally.check().unwrap();
        for _ in 0..2 {
            tally.note(&Reason::NoZone);
        }
        tally.note_unreadable(1);
        let told = tally.check().unwrap_err().to_string();
        assert!(told.contains("3 things need someone to act: 2 NoZone, 1 Unreadable"), "{told}");
    }
}
