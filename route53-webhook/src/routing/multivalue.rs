//! Multivalue answers: up to eight healthy record sets answer together.

use aws_sdk_route53::types::ResourceRecordSet;
use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{InvalidProperty, MULTI_VALUE_ANSWER};

/// Marks a record set as one of several answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiValue;

impl Policy for MultiValue {
    /// Compat: the property is reported with an empty value, which therefore stands for the policy.
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        match properties.get(MULTI_VALUE_ANSWER) {
            None | Some("false") => Ok(None),
            Some("" | "true") => Ok(Some(Self)),
            Some(other) => {
                Err(InvalidProperty::new(MULTI_VALUE_ANSWER, other, "use `true` or `false`"))
            }
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        properties.set(MULTI_VALUE_ANSWER, "");
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        (set.multi_value_answer == Some(true)).then_some(Self)
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        set.multi_value_answer(true)
    }
}
