//! The list of record sets.

use std::collections::BTreeSet;
use std::io::Read as _;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::Value;

use super::raw_client::Answer;
use super::{CheckFailure, CheckResult, Suite, failed, shape};
use crate::media_type::{MEDIA_TYPE, is_protocol};
use crate::{Endpoint, wire};

impl Suite {
    pub(super) async fn lists(&mut self) -> CheckResult {
        let answer = self.client.send(self.client.get("records", &[])).await?;
        self.listed = read(&answer.expect(StatusCode::OK)?)?;
        Ok(())
    }

    pub(super) async fn list_type(&self) -> CheckResult {
        typed(&self.client.send(self.client.get("records", &[])).await?)
    }

    pub(super) fn list_shape(&self) -> CheckResult {
        shape::endpoints(&self.listed.0, true).map_err(CheckFailure::Failed)
    }

    pub(super) fn list_unique(&self) -> CheckResult {
        let mut seen = BTreeSet::new();
        match self.listed.1.iter().map(Endpoint::key).find(|key| !seen.insert(key.clone())) {
            None => Ok(()),
            Some(twice) => {
                failed(format!("`{twice}` is there twice; list it once, with all targets"))
            }
        }
    }

    pub(super) async fn list_compressed(&self) -> CheckResult {
        let request = self.client.get("records", &[]).header(ACCEPT_ENCODING, "gzip");
        let mut answer = self.client.send(request).await?.expect(StatusCode::OK)?;
        match answer.header(CONTENT_ENCODING.as_str()) {
            None | Some("" | "identity") => {}
            Some("gzip") => {
                let mut plain = Vec::new();
                let read = flate2::read::MultiGzDecoder::new(&*answer.body).read_to_end(&mut plain);
                if let Err(error) = read {
                    return failed(format!("the answer says that it is gzip and is not: {error}"));
                }
                answer.body = plain;
            }
            Some(other) => {
                return failed(format!("the answer is in `{other}`, for which nobody asked"));
            }
        }
        read(&answer).map(drop)
    }

    /// Returns the list as it is now.
    pub(super) async fn list(&self) -> Result<Vec<Endpoint>, CheckFailure> {
        let answer = self.client.send(self.client.get("records", &[])).await?;
        Ok(read(&answer.expect(StatusCode::OK)?)?.1)
    }
}

/// Returns a list of record sets as it came and decoded.
pub(super) fn read(answer: &Answer) -> Result<(Value, Vec<Endpoint>), CheckFailure> {
    let mut value = answer.json()?;
    if value.is_null() {
        // What Go makes of a list that nothing was put into; everybody reads it as empty.
        value = Value::Array(Vec::new());
    }
    if !value.is_array() {
        return failed(format!("a list is expected, not {}", shape::kind(&value)));
    }
    let endpoints = wire::decode_records(&answer.body).or_else(|error| {
        // What is wrong with it is the finding of another check, where there is one.
        match shape::endpoints(&value, true) {
            Err(_) => Ok(Vec::new()),
            Ok(()) => failed(error.to_string()),
        }
    })?;
    Ok((value, endpoints))
}

/// Fails unless the media type is that of the protocol, in whatever spelling.
pub(super) fn typed(answer: &Answer) -> CheckResult {
    match answer.content_type() {
        right if is_protocol(right) => Ok(()),
        "" => failed(format!("there is none; send `{MEDIA_TYPE}`")),
        other => failed(format!("it is `{other}`; send `{MEDIA_TYPE}`")),
    }
}
