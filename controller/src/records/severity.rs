//! How urgent a status is: what a list begins with.

use controller_core::status::Reason;
use serde::Serialize;

/// How urgent a status is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody knows what is so, or the records of others are in danger.
    Critical,
    /// A person has to act.
    Problem,
    /// It is waited for, or left out on purpose.
    Waiting,
    /// All is well.
    Well,
}

impl Severity {
    /// Returns how urgent a reason is.
    pub fn of(reason: &Reason) -> Self {
        if reason.is_well() {
            return Self::Well;
        }
        let is_critical = matches!(
            reason,
            Reason::SyncFailed { .. }
                | Reason::OwnerIdShared { .. }
                | Reason::SourceUnavailable { .. }
                | Reason::DeletionHeld { .. }
        ) || reason.is_about_a_zone();
        match (is_critical, reason.needs_someone()) {
            (true, _) => Self::Critical,
            (false, true) => Self::Problem,
            (false, false) => Self::Waiting,
        }
    }

    /// Returns the word that a page shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Problem => "problem",
            Self::Waiting => "waiting",
            Self::Well => "well",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_endangers_all_comes_before_what_one_object_gets_wrong_and_both_before_what_waits() {
        let of = |reason: Reason| Severity::of(&reason);
        let shared = of(Reason::OwnerIdShared { instance: "x".to_owned() });
        let (wrong, waits) = (of(Reason::NoZone), of(Reason::no_targets("")));
        assert!(shared < wrong && wrong < waits && waits < of(Reason::UpToDate));
        let refused = |rejection: &str| Reason::ProviderRejected {
            rejection: rejection.into(),
            message: String::new(),
        };
        assert!(of(refused("ZoneUnavailable")) < of(refused("InvalidTarget")));
    }
}
