//! What is desired and not done, beside the steps of a plan, which say it of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use controller_core::plan::{Plan, Step};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::Printable;

use crate::reconcile::UnusableZone;

/// Most lines for one reason: a filter may leave out thousands of names.
const MOST_PER_REASON: usize = 10;

/// Returns the statuses that neither say that all is well nor stand at a step.
pub(super) fn statuses(plan: &Plan) -> Vec<&RecordStatus> {
    let of_step = |step: &'_ Step| {
        let code = step.reason.as_ref().map(Reason::code)?;
        Some((step.name.canonical().clone(), code))
    };
    let told: BTreeSet<_> = plan.steps().iter().filter_map(of_step).collect();
    let is_told = |status: &RecordStatus| {
        let of_status = || (status.name.canonical().clone(), status.reason.code());
        status.reason.is_well() || told.contains(&of_status())
    };
    plan.statuses.iter().filter(|status| !is_told(status)).collect()
}

/// Returns zones that cannot be used as lines under a heading; empty when there are none.
pub(super) fn unusable(zones: &[UnusableZone]) -> String {
    let mut text = String::new();
    for zone in zones {
        if text.is_empty() {
            text.push_str("\nNot known, so nothing is changed there:\n");
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{zone}");
    }
    text
}

/// Returns them as lines under a heading; empty when there are none.
pub(super) fn shown(statuses: &[&RecordStatus]) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&RecordStatus>> = BTreeMap::new();
    for status in statuses {
        by_reason.entry(status.reason.code()).or_default().push(status);
    }
    let mut text = String::new();
    for (code, statuses) in by_reason {
        if text.is_empty() {
            text.push_str("\nNot as desired:\n");
        }
        for status in statuses.iter().take(MOST_PER_REASON) {
            line(&mut text, status);
        }
        if let Some(more) = statuses.len().checked_sub(MOST_PER_REASON).filter(|rest| *rest > 0) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "… and {more} more with {code}; `--output=json` has all");
        }
    }
    text
}

fn line(text: &mut String, status: &RecordStatus) {
    let RecordStatus { name, record_type, object, zone, reason } = status;
    let record_type = record_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let about = [name.as_str(), &record_type].join(" ");
    let zone = zone.as_ref().map(|zone| format!("zone {zone}"));
    let told: Vec<_> = object.iter().map(|object| format!("object {object}")).chain(zone).collect();
    let about = match about.trim() {
        "" => status.object_shown().into_owned(),
        name if told.is_empty() => name.to_owned(),
        name => format!("{name}  [{}]", told.join(", ")),
    };
    let _ = writeln!(text, "{}\n        {}: {reason}", Printable(about), reason.code());
}

#[cfg(test)]
mod tests {
    use controller_core::status::Place;

    use super::*;

    fn filtered(at: usize) -> RecordStatus {
        let (name, why) = (format!("{at}.example.com"), "it is empty".to_owned());
        let reason = Reason::InvalidName { name: name.clone(), place: Place::Object, why };
        RecordStatus::on_name(name, "service/a/b", reason)
    }

    #[test]
    fn what_went_as_asked_is_not_told() {
        let mut plan = Plan::default();
        plan.statuses.push(RecordStatus::on_name("a.example.com", "service/a/b", Reason::UpToDate));
        assert_eq!(statuses(&plan), Vec::<&RecordStatus>::new());
        assert_eq!(shown(&[]), "");
        plan.statuses.push(RecordStatus::on_name(
            "b.example.com",
            "service/a/b",
            Reason::no_targets(""),
        ));
        assert_eq!(
            shown(&statuses(&plan)),
            "\nNot as desired:\nb.example.com  [object service/a/b]\n        NoTargets: there is \
             nothing to answer with yet\n"
        );
    }

    #[test]
    fn a_status_of_an_object_names_the_object() {
        let status = RecordStatus::on_object("service/a/b", Reason::no_targets(""));
        assert!(shown(&[&status]).contains("\nservice/a/b\n"));
    }

    #[test]
    fn a_reason_that_many_names_have_is_cut_and_says_so() {
        let many: Vec<_> = (0..12).map(filtered).collect();
        let text = shown(&many.iter().collect::<Vec<_>>());
        assert_eq!(text.matches("service/a/b").count(), MOST_PER_REASON);
        assert!(
            text.ends_with("… and 2 more with InvalidName; `--output=json` has all\n"),
            "{text}"
        );
        let few: Vec<_> = (0..10).map(filtered).collect();
        assert!(!shown(&few.iter().collect::<Vec<_>>()).contains("more"));
    }
}
