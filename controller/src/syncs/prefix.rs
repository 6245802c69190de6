//! Tells the log when the annotations that objects have are none that are read.

use external_dns_webhook::Provider;

use super::Syncs;
use crate::status;

impl<P: Provider> Syncs<P> {
    /// Says so once, until it is another prefix or none.
    pub(super) fn tell_unread_prefix(&mut self) {
        let found = self.config.desired_state.unread_prefix();
        let prefix = found.as_ref().map(|found| found.prefix.clone());
        if let Some(found) = found.filter(|_| prefix != self.told_prefix) {
            tracing::warn!(hint = status::MISSPELT_PREFIX, "Annotations are not read: {found}");
        }
        let note = self.config.desired_state.unread_prefix().map(|found| found.to_string());
        self.shared.status.note(status::ANNOTATIONS, note);
        self.told_prefix = prefix;
    }
}
