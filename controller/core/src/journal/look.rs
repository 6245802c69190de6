//! What is there of something that was written.

use webhook_api::Endpoint;

use crate::registry::Inventory;

/// What is there under the key of a record set or claim.
pub(super) enum Look {
    /// Nothing.
    Nothing,
    /// Exactly this, with the labels that it travels with.
    Same(Endpoint),
    /// Something else.
    Other,
}

/// Looks for a record set or claim among what is held; labels do not count.
pub(super) fn find(current: &Inventory, wanted: &Endpoint) -> Look {
    let key = wanted.key();
    let mut there = current.held_at(key.name()).filter(|it| it.key() == key).peekable();
    if there.peek().is_none() {
        return Look::Nothing;
    }
    let same = there.find(|it| {
        it.targets == wanted.targets
            && (wanted.ttl.is_none() || it.ttl == wanted.ttl)
            && it.properties == wanted.properties
    });
    match same {
        Some(it) => Look::Same(Endpoint { labels: wanted.labels.clone(), ..it.clone() }),
        None => Look::Other,
    }
}
