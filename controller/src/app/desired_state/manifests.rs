//! What is logged of reading manifests.

use crate::manifests::{Hides, ManifestReport};
use controller_sources::Source;
use controller_sources::objects::KINDS;

/// Logs what was wrong with manifests, and in one line what was passed over.
///
/// An object that wants names itself and cannot be read is told by its source.
pub(super) fn tell(report: &ManifestReport, sources: &[Box<dyn Source>]) {
    for problem in &report.problems {
        tracing::warn!(file = %problem.file.display(), "{problem}");
    }
    for problem in &report.unreadable {
        let is_told = matches!(&problem.hides, Hides::Object(key)
            if sources.iter().any(|source| source.resource(key).is_some()));
        if !is_told {
            tracing::warn!(file = %problem.file.display(), "{problem}");
        }
    }
    if let Some(assumed) = &report.assumed {
        tracing::warn!("{assumed}");
    }
    if let Some(passed) = report.passed_over() {
        tracing::info!("{passed}; --log-level=debug names each and why");
    }
    for problem in &report.passed {
        tracing::debug!(file = %problem.file.display(), "Passed over {problem}");
    }
    if let Some(repeats) = report.repeats() {
        tracing::info!("{repeats}");
    }
    for repeated in &report.repeated {
        tracing::debug!("{repeated}");
    }
    for object in &report.unread_objects {
        tracing::warn!(
            object,
            "An object wants names in its annotations, and no source in use reads its kind"
        );
    }
    for kind in &report.unread_kinds {
        let (kind, told) = (kind.as_str(), "No source in use reads the kind");
        let name = kind.split('.').next().unwrap_or_default();
        // One that is called as a kind that is read may be taken for it.
        if KINDS.iter().any(|kind| kind.kind == name) {
            tracing::info!(kind, "{told}");
        } else {
            tracing::debug!(kind, "{told}");
        }
    }
}
