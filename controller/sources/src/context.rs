//! What every source may look at besides the object.

use std::sync::Arc;

use controller_core::name_right::NameRight;
use controller_core::status::Reason;

use super::options::SourceOptions;
use super::template::Templates;
use super::view::View;

/// What every source may look at besides the object.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) objects: View<'a>,
    pub(super) options: &'a SourceOptions,
    /// Templates, with the name of the source in them.
    pub(super) templates: &'a Templates,
}

impl Context<'_> {
    /// Returns which names an object of a namespace may have, `None` for any, and why that is not
    /// known in full.
    pub(super) fn right_of(self, namespace: &str) -> (Option<Arc<NameRight>>, Option<Reason>) {
        let domains = &self.options.namespace_domains;
        // An object of the whole cluster is in no namespace.
        if !domains.is_in_use() || namespace.is_empty() {
            return (None, None);
        }
        let labels = domains.need_labels().then(|| self.objects.namespace_labels(namespace));
        let (labels, unknown) = match labels {
            None => (None, None),
            Some(Ok(labels)) => (Some(labels), None),
            Some(Err(reason)) => (None, Some(reason)),
        };
        (Some(Arc::new(domains.right(namespace, labels))), unknown)
    }
}
