//! How a provider would write down what a controller wants.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::list::{read, typed};
use super::{CheckFailure, CheckResult, Suite, compare, failed, sample, shape};
use crate::{Endpoint, counted, wire};

/// How many requests of each kind overlap.
const OVERLAPPING: usize = 4;

impl Suite {
    pub(super) async fn adjusts(&mut self) -> CheckResult {
        let body = wire::encode(&sample::desired(&self.base()));
        let answer = self.client.send(self.client.post("adjustendpoints", body)).await?;
        self.adjusted = read(&answer.expect(StatusCode::OK)?)?;
        Ok(())
    }

    pub(super) async fn adjust_type(&self) -> CheckResult {
        typed(&self.client.send(self.client.post("adjustendpoints", "[]")).await?)
    }

    pub(super) fn adjust_shape(&self) -> CheckResult {
        shape::endpoints(&self.adjusted.0, true).map_err(CheckFailure::Failed)
    }

    pub(super) fn adjust_keeps_all(&self) -> CheckResult {
        let asked = sample::desired(&self.base());
        let returned = &self.adjusted.1;
        for wanted in &asked {
            let there = returned.iter().find(|endpoint| endpoint.key() == wanted.key());
            let Some(there) = there else {
                return failed(format!(
                    "`{}` does not come back; with `--policy=sync`, ExternalDNS deletes it",
                    wanted.key()
                ));
            };
            if !there.targets.answers_like(&wanted.targets, &wanted.record_type) {
                let targets: Vec<_> = there.targets.iter().collect();
                return failed(format!("`{}` comes back with {targets:?}", wanted.key()));
            }
        }
        Ok(())
    }

    pub(super) fn adjust_keeps_labels(&self) -> CheckResult {
        for wanted in sample::desired(&self.base()) {
            let there = self.adjusted.1.iter().find(|endpoint| endpoint.key() == wanted.key());
            let lost = |(key, value): &(&str, &str)| {
                there.is_none_or(|endpoint| endpoint.labels.get(key) != Some(value))
            };
            if let Some((key, value)) = wanted.labels.iter().find(lost) {
                return failed(format!("`{}` has lost its label `{key}` ({value})", wanted.key()));
            }
        }
        Ok(())
    }

    pub(super) async fn adjust_twice(&self) -> CheckResult {
        let once = &self.adjusted.1;
        let twice = self.adjust(once).await?;
        if twice.len() != once.len() {
            let (once, twice) = (once.len(), twice.len());
            return failed(format!(
                "{} become {twice} the second time",
                counted(once, "record set")
            ));
        }
        match compare::difference(once, &twice) {
            None => Ok(()),
            Some(difference) => failed(format!("the second time, {difference}")),
        }
    }

    pub(super) async fn adjust_nothing(&self) -> CheckResult {
        for nothing in ["[]\n", "null\n"] {
            let answer = self.client.send(self.client.post("adjustendpoints", nothing)).await?;
            if answer.status != StatusCode::OK {
                return failed(format!("to `{}` {}", nothing.trim(), answer.told()));
            }
            if !read(&answer)?.1.is_empty() {
                return failed(format!("`{}` is answered with record sets", nothing.trim()));
            }
        }
        Ok(())
    }

    pub(super) async fn adjust_unknown_member(&self) -> CheckResult {
        let name = format!("address.{}", self.base());
        let body = json!([{
            "dnsName": name, "recordType": "A", "targets": ["192.0.2.1"],
            "unknownMember": { "nested": [1, null] },
        }]);
        let answer =
            self.client.send(self.client.post("adjustendpoints", body.to_string())).await?;
        let (_, endpoints) = read(&answer.expect(StatusCode::OK)?)?;
        match endpoints.first() {
            Some(_) => Ok(()),
            None => failed("the record set does not come back"),
        }
    }

    /// Sends what is no request at all; nothing can come of it, so it is no write either.
    pub(super) async fn bad_body(&self, path: &str) -> CheckResult {
        for body in ["{nonsense", ""] {
            let answer = self.client.send(self.client.post(path, body)).await?;
            if !matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY)
            {
                let body = if body.is_empty() { "an empty body" } else { "`{nonsense`" };
                return failed(format!("to {body} {}; it must be 400", answer.told()));
            }
        }
        Ok(())
    }

    pub(super) async fn big_body(&self) -> CheckResult {
        let base = self.base();
        let one = |at| {
            let mut endpoint = sample::address(&format!("host-{at}"), &base);
            endpoint.labels.set("resource", format!("service/default/host-{at}"));
            endpoint
        };
        let many: Vec<Endpoint> = (0..self.big_body_record_sets).map(one).collect();
        let returned = self.adjust(&many).await?;
        if returned.len() < many.len() {
            return failed(format!("of {} record sets {} come back", many.len(), returned.len()));
        }
        Ok(())
    }

    pub(super) async fn overlapping(&self) -> CheckResult {
        let body = wire::encode(&sample::desired(&self.base()));
        let requests = (0..OVERLAPPING).flat_map(|_| {
            [self.client.get("records", &[]), self.client.post("adjustendpoints", body.clone())]
        });
        let answers = join_all(requests.map(|request| self.client.send(request))).await;
        for answer in answers {
            read(&answer?.expect(StatusCode::OK)?)?;
        }
        Ok(())
    }

    /// Returns what comes of `desired`.
    pub(super) async fn adjust(&self, desired: &[Endpoint]) -> Result<Vec<Endpoint>, CheckFailure> {
        let request = self.client.post("adjustendpoints", wire::encode(desired));
        Ok(read(&self.client.send(request).await?.expect(StatusCode::OK)?)?.1)
    }
}
