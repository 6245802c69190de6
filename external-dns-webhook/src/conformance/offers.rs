//! What a provider offers beyond version 1.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use reqwest::header::{AGE, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use serde_json::Value;
use tokio::time::Instant;

use super::list::{read, typed};
use super::raw_client::Answer;
use super::{CheckFailure, CheckResult, Suite, failed, sample, skipped};
use crate::client::age::delta_seconds;
use crate::{Adjusted, DnsName, Endpoint, Extension, Printable, Zone, wire};

/// What asks for outcomes (RFC 7240).
pub(super) const PREFER: (&str, &str) = ("Prefer", "return=representation");

/// Returns how old a list is, as its `Age` says (RFC 9111, 5.1); `None` without one.
fn seconds(answer: &Answer) -> Result<Option<u64>, CheckFailure> {
    let Some(text) = answer.header(AGE.as_str()) else { return Ok(None) };
    let wrong = || {
        let shown = Printable(text);
        CheckFailure::Failed(format!("`Age` is `{shown}`, and no number of seconds"))
    };
    delta_seconds(text).map(Some).ok_or_else(wrong)
}

impl Suite {
    pub(super) async fn records_by_name(&self) -> CheckResult {
        self.offered(Extension::RecordsByName)?;
        let nobody = format!("nobody.{}", self.base());
        let listed = &self.listed.1;
        let some: Vec<&DnsName> =
            listed.iter().take(1).map(|endpoint| &endpoint.dns_name).collect();
        // As the DNS compares them: without case and without the final dot.
        let asked: Vec<String> =
            some.iter().map(|dns_name| format!("{}.", dns_name.as_str().to_uppercase())).collect();
        let mut query = vec![("name", nobody.as_str())];
        query.extend(asked.iter().map(|name| ("name", name.as_str())));
        let answer = self.client.send(self.client.get("records", &query)).await?;
        let (_, found) = read(&answer.expect(StatusCode::OK)?)?;
        if let Some(other) = found.iter().find(|endpoint| !some.contains(&&endpoint.dns_name)) {
            return failed(format!("`{}` was not asked for", other.key()));
        }
        let wanted =
            listed.iter().filter(|endpoint| some.contains(&&endpoint.dns_name)).map(Endpoint::key);
        let found: BTreeSet<_> = found.iter().map(Endpoint::key).collect();
        match wanted.into_iter().find(|key| !found.contains(key)) {
            None => Ok(()),
            Some(key) => failed(format!("`{key}` is missing, asked for as `{}`", asked.join(" "))),
        }
    }

    pub(super) async fn conditional_records(&self) -> CheckResult {
        self.offered(Extension::ConditionalRecords)?;
        let mark = self.mark().await?;
        let request = self.client.get("records", &[]).header(IF_NONE_MATCH, &mark);
        let answer = self.client.send(request).await?;
        if answer.status != StatusCode::NOT_MODIFIED {
            return failed(format!("with the mark {mark} {}; it must be 304", answer.told()));
        }
        let request = self.client.get("records", &[]).header(IF_NONE_MATCH, "\"another\"");
        self.client.send(request).await?.expect(StatusCode::OK).map(drop)
    }

    pub(super) async fn age(&self) -> CheckResult {
        let begun = Instant::now();
        let before = self.client.send(self.client.get("records", &[])).await?;
        let before = seconds(&before.expect(StatusCode::OK)?)?;
        let anew = self.client.get("records", &[]).header(CACHE_CONTROL, "no-cache");
        let anew = self.client.send(anew).await?.expect(StatusCode::OK)?;
        let (_, listed) = read(&anew)?;
        let listed: BTreeSet<_> = listed.iter().map(Endpoint::key).collect();
        let mut known = self.listed.1.iter().map(Endpoint::key);
        if let Some(key) = known.find(|key| !listed.contains(key)) {
            return failed(format!(
                "`{key}` is missing from a list with `Cache-Control: no-cache`"
            ));
        }
        match (before, seconds(&anew)?) {
            (None, None) => skipped("no `Age` came with a list"),
            // What was not read again, since it is new or the request is not known, has grown older meanwhile.
            (Some(before), Some(anew)) if anew > before + begun.elapsed().as_secs() + 1 => {
                failed(format!(
                    "a list that was to be read anew is {anew} s old, and the one before was {before} s"
                ))
            }
            (Some(_), None) => {
                failed("`Age` comes with a list, and not with one that is read anew")
            }
            (_, Some(_)) => Ok(()),
        }
    }

    pub(super) async fn mark_moves(&mut self) -> CheckResult {
        let before = self.mark().await?;
        let moved = sample::address("moved", &self.base());
        self.create(vec![moved]).await?;
        if self.mark().await? == before {
            return failed(format!("it is {before} before and after a record set was created"));
        }
        Ok(())
    }

    pub(super) async fn adjust_outcomes(&self) -> CheckResult {
        self.offered(Extension::Outcomes)?;
        let asked = sample::desired(&self.base());
        let request = self.client.post("adjustendpoints", wire::encode(&asked));
        let answer = self.client.send(request.header(PREFER.0, PREFER.1)).await?;
        let answer = answer.expect(StatusCode::OK)?;
        let Adjusted { endpoints, refused } = wire::decode_extension(&answer.body)
            .map_err(|error| CheckFailure::Failed(error.to_string()))?;
        let forgotten = |wanted: &&Endpoint| {
            !endpoints.iter().any(|endpoint| endpoint.key() == wanted.key())
                && !refused.iter().any(|refusal| {
                    refusal.dns_name == wanted.dns_name && refusal.record_type == wanted.record_type
                })
        };
        match asked.iter().find(forgotten) {
            None => Ok(()),
            Some(endpoint) => {
                failed(format!("`{}` is neither in `endpoints` nor in `refused`", endpoint.key()))
            }
        }
    }

    pub(super) async fn zones(&self) -> CheckResult {
        self.offered(Extension::Zones)?;
        let answer =
            self.client.send(self.client.get("zones", &[])).await?.expect(StatusCode::OK)?;
        typed(&answer)?;
        let zones: Vec<Zone> = wire::decode_extension(&answer.body)
            .map_err(|error| CheckFailure::Failed(error.to_string()))?;
        match zones.iter().find(|zone| zone.id.is_empty() || zone.name.is_empty()) {
            None => Ok(()),
            Some(zone) => failed(format!("{zone:?} has no id or no name")),
        }
    }

    pub(super) fn retry_after(&self) -> CheckResult {
        let busy = self.client.busy();
        let mut told = busy.iter().flatten();
        match told.find(|text| text.parse::<u64>().is_err()) {
            Some(wrong) => failed(format!("it was `{wrong}`")),
            None if busy.iter().all(Option::is_none) => skipped("no 503 came with it"),
            None => Ok(()),
        }
    }

    pub(super) fn offered(&self, extension: Extension) -> CheckResult {
        if self.offers(extension) {
            return Ok(());
        }
        skipped(format!("`{}` is not offered", extension.as_str()))
    }

    async fn mark(&self) -> Result<String, CheckFailure> {
        let answer = self.client.send(self.client.get("records", &[])).await?;
        let answer = answer.expect(StatusCode::OK)?;
        match answer.header(ETAG.as_str()) {
            Some(mark) if mark.starts_with('"') || mark.starts_with("W/\"") => Ok(mark.to_owned()),
            Some(mark) => failed(format!("the `ETag` {mark} is not in double quotes")),
            None => failed("the list has no `ETag`"),
        }
    }

    /// Sends changes and asks for outcomes.
    pub(super) async fn apply_outcomes(&mut self) -> CheckResult {
        self.offered(Extension::Outcomes)?;
        let extra = self.adjust(&[sample::address("outcome", &self.base())]).await?;
        let body = wire::encode(&crate::Changes { create: extra.clone(), ..<_>::default() });
        let request = self.client.post("records", body).header(PREFER.0, PREFER.1);
        let answer = self.client.send(request).await?.expect(StatusCode::OK)?;
        let refused =
            answer.json()?.get("refused").cloned().unwrap_or_else(|| Value::Array(vec![]));
        if refused != Value::Array(Vec::new()) {
            return failed(format!("it refused {refused}"));
        }
        self.until_listed(&extra).await
    }
}
