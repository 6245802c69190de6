//! Which objects a list or a watch is about: label and field selectors.

pub(crate) mod fields;
pub(crate) mod labels;

use crate::kinds::Kind;
use crate::selectors::fields::FieldSelector;
use crate::selectors::labels::LabelSelector;
use crate::status::Status;
use crate::store::object::Object;

/// Both selectors of a request; the default selects everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selector {
    /// Parses both selectors; an empty text selects everything.
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Status> {
        Ok(Self {
            labels: LabelSelector::parse(labels)?,
            fields: FieldSelector::parse(kind, fields)?,
        })
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.labels.matches(&object.labels) && self.fields.matches(object)
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }
}
