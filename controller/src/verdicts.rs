//! Says once when what becomes of a name changes, and nothing while it stays the same.

use std::collections::BTreeMap;

use controller_core::verdict::Verdict;

/// The verdicts of the last pass.
#[derive(Debug, Default)]
pub struct VerdictLog {
    last: BTreeMap<(String, String), String>,
}

impl VerdictLog {
    /// Logs what differs from the last call: verdicts that are new and ones that are over.
    pub fn note<'a>(&mut self, verdicts: impl Iterator<Item = &'a Verdict>) {
        let mut now = BTreeMap::new();
        for verdict in verdicts {
            let Verdict { name, record_type, object, reason } = verdict;
            let subject = record_type.as_ref().map_or_else(
                || name.as_str().to_owned(),
                |record_type| format!("{name} {record_type}"),
            );
            let object = object.clone().unwrap_or_default();
            let key = (subject, format!("{object} {}", reason.code()));
            let text = reason.to_string();
            if self.last.get(&key) != Some(&text) {
                tracing::info!(
                    record.name = %name,
                    object = object.as_str(),
                    reason = reason.code(),
                    "{text}"
                );
            }
            now.insert(key, text);
        }
        for (subject, about) in self.last.keys().filter(|it| !now.contains_key(*it)) {
            tracing::debug!(record.name = subject.as_str(), about, "No longer held back");
        }
        self.last = now;
    }
}
