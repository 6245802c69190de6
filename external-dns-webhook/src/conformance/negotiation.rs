//! What a provider says when a controller first asks.

use reqwest::StatusCode;
use serde_json::Value;

use super::shape::kind;
use super::{CheckFailure, CheckResult, Suite, failed};
use crate::media_type::MEDIA_TYPE;
use crate::wire::DecodeError;
use crate::{DomainFilter, Extension, Negotiation, wire};

impl Suite {
    pub(super) async fn negotiates(&mut self) -> CheckResult {
        let answer = self.client.send(self.client.negotiate(MEDIA_TYPE)).await?;
        let value = answer.expect(StatusCode::OK)?.json()?;
        // What Go makes of a filter that is not there; everybody reads it as `{}`.
        let value = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value };
        if !value.is_object() {
            return failed(format!("an object is expected, not {}", kind(&value)));
        }
        self.negotiation = value;
        Ok(())
    }

    pub(super) async fn negotiation_type(&self) -> CheckResult {
        let answer = self.client.send(self.client.negotiate(MEDIA_TYPE)).await?;
        match answer.content_type() {
            MEDIA_TYPE => Ok(()),
            "" => failed(format!("there is none; send `{MEDIA_TYPE}`")),
            other => failed(format!(
                "it is `{other}`, with which ExternalDNS does not start; send `{MEDIA_TYPE}`"
            )),
        }
    }

    pub(super) async fn any_accept(&self) -> CheckResult {
        for accept in ["*/*", "application/json", MEDIA_TYPE] {
            let answer = self.client.send(self.client.negotiate(accept)).await?;
            if answer.status != StatusCode::OK {
                return failed(format!("with `Accept: {accept}` {}", answer.told()));
            }
            if canonical(&answer.json()?) != canonical(&self.negotiation) {
                return failed(format!("with `Accept: {accept}` the answer is another one"));
            }
        }
        Ok(())
    }

    pub(super) fn domain_filter(&self) -> CheckResult {
        if self.negotiation.get("filters").is_some() {
            return failed(
                "it has `filters`, which no program reads, so every name matches; send `include`",
            );
        }
        for member in ["include", "exclude"] {
            if let Some(value) = self.negotiation.get(member)
                && !is_list_of_strings(value)
            {
                let kind = kind(value);
                return failed(format!("`{member}` is {kind} and must be a list of strings"));
            }
        }
        let negotiation = self.decoded()?;
        let DomainFilter::Lists { include, .. } = &negotiation.domain_filter else { return Ok(()) };
        match include.iter().find(|include| include.contains('*')) {
            None => Ok(()),
            Some(star) => failed(format!(
                "`{star}` covers next to nothing, because a star means nothing special; write \
                 `{}`",
                star.replace("*.", ".").replace('*', "")
            )),
        }
    }

    pub(super) fn declarations(&self) -> CheckResult {
        for member in ["extensions", "propertyPrefixes"] {
            if let Some(value) = self.negotiation.get(member)
                && !is_list_of_strings(value)
            {
                let kind = kind(value);
                return failed(format!("`{member}` is {kind} and must be a list of strings"));
            }
        }
        let prefixes = self.negotiation.get("propertyPrefixes").and_then(Value::as_array);
        let bare = |value: &&Value| !value.as_str().is_some_and(|text| text.ends_with('/'));
        match prefixes.into_iter().flatten().find(bare) {
            None => Ok(()),
            Some(bare) => failed(format!("the property prefix {bare} does not end with a slash")),
        }
    }

    /// Tells whether the provider offers an extension.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        let offered = self.negotiation.get("extensions").and_then(Value::as_array);
        offered.into_iter().flatten().any(|array| array.as_str() == Some(extension.as_str()))
    }

    /// Returns the first zone that the domain filter names, or one that nobody has.
    pub(super) fn guessed_zone(&self) -> String {
        let filter =
            self.decoded().map(|negotiation| negotiation.domain_filter).unwrap_or_default();
        let DomainFilter::Lists { include, .. } = filter else { return "example.com".to_owned() };
        let first =
            include.first().map_or("example.com", |include| include.trim_start_matches('.'));
        first.to_owned()
    }

    pub(super) fn decoded(&self) -> Result<Negotiation, CheckFailure> {
        decode(&self.negotiation).map_err(|error| CheckFailure::Failed(error.to_string()))
    }
}

fn decode(value: &Value) -> Result<Negotiation, DecodeError> {
    wire::decode_negotiation(value.to_string().as_bytes())
}

/// Returns the answer with its lists in one order, as far as it can be read.
fn canonical(value: &Value) -> Vec<u8> {
    decode(value)
        .map_or_else(|_| value.to_string().into_bytes(), |negotiation| wire::encode(&negotiation))
}

fn is_list_of_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|value| value.iter().all(Value::is_string))
}
