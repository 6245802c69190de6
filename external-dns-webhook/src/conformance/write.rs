//! Changes: each is made twice, and what is listed afterwards is compared.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::{Check, CheckFailure, CheckResult, Extent, Suite, compare, failed, sample, skipped};
use crate::{Changes, DnsName, Endpoint, Labels, RecordType, Update, wire};

/// Pause between two looks at the list.
const PAUSE: Duration = Duration::from_millis(200);

impl Suite {
    pub(super) fn zone_served(&self) -> CheckResult {
        let Extent::Writes(zone) = &self.extent else {
            return skipped("nothing may be written");
        };
        let filter = self.decoded()?.domain_filter;
        if filter.covers(&DnsName::from(self.base())) {
            return Ok(());
        }
        let served = serde_json::to_string(&filter).unwrap_or_default();
        failed(format!("`{zone}` is not among the names it serves: {served}"))
    }

    pub(super) async fn creates(&mut self) -> CheckResult {
        // What an earlier run could not delete would be in the way.
        self.delete_all().await?;
        let desired = sample::desired(&self.base());
        self.create(desired.into_iter().take(sample::WRITTEN).collect()).await
    }

    pub(super) async fn created_is_listed(&self) -> CheckResult {
        self.until_listed(&self.created).await
    }

    pub(super) async fn create_twice(&self) -> CheckResult {
        let before = self.own().await?;
        self.apply(&Changes { create: self.created.clone(), ..Changes::default() }).await?;
        self.unchanged_since(&before).await
    }

    pub(super) async fn ownership_record_without_ttl(&mut self) -> CheckResult {
        let base = self.base();
        let record = self.adjust(&[sample::address("owned", &base)]).await?;
        let text = "\"heritage=external-dns,external-dns/owner=signpost-conformance,\
                    external-dns/resource=service/default/owned\"";
        let mut ownership_record = sample::text("a-owned", &base, text);
        ownership_record.labels.set(Labels::OWNED_RECORD, format!("owned.{base}"));
        let create: Vec<_> = record.into_iter().chain([ownership_record]).collect();
        self.apply(&Changes { create: create.clone(), ..Changes::default() }).await?;
        self.until_listed(&create).await
    }

    pub(super) async fn text_is_kept(&mut self) -> CheckResult {
        let base = self.base();
        let texts = [
            sample::text("text", &base, "\"v=spf1 include:Mail.example.com -all\""),
            sample::text("long-text", &base, &sample::long_text()),
        ];
        let create = self.adjust(&texts).await?;
        self.apply(&Changes { create, ..Changes::default() }).await?;
        self.until_listed(&texts).await
    }

    pub(super) async fn unknown_property(&self) -> CheckResult {
        let mut desired = sample::address("property", &self.base());
        desired.properties.set("webhook/signpost-conformance", "1");
        let create = self.adjust(&[desired]).await?;
        self.apply(&Changes { create: create.clone(), ..Changes::default() }).await?;
        self.until_listed(&create).await
    }

    pub(super) async fn wildcard(&self) -> CheckResult {
        let wanted = self.adjust(&[sample::address("*.wild", &self.base())]).await?;
        let body = wire::encode(&Changes { create: wanted.clone(), ..Changes::default() });
        let answer = self.client.send(self.client.post("records", body)).await?;
        if answer.status != StatusCode::NO_CONTENT {
            return skipped(format!("the provider does not take wildcards: {}", answer.told()));
        }
        self.until_listed(&wanted).await
    }

    pub(super) async fn capitalised_changes(&self) -> CheckResult {
        let wanted = self.adjust(&[sample::address("capitalised", &self.base())]).await?;
        let body =
            json!({ "Create": wanted, "UpdateOld": null, "UpdateNew": null, "Delete": null });
        self.send_changes(body.to_string()).await?;
        self.until_listed(&wanted).await
    }

    pub(super) async fn unknown_members(&self) -> CheckResult {
        let wanted = self.adjust(&[sample::address("unknown", &self.base())]).await?;
        let mut create = json!(wanted);
        if let Some(record) = create.get_mut(0).and_then(serde_json::Value::as_object_mut) {
            record.insert("unknownMember".to_owned(), json!({ "nested": [1, null] }));
        }
        let body = json!({ "create": create, "unknownList": [{}], "unknownText": "a" });
        self.send_changes(body.to_string()).await?;
        self.until_listed(&wanted).await
    }

    pub(super) async fn updates(&mut self) -> CheckResult {
        let mut desired = sample::desired(&self.base());
        desired.truncate(1);
        for endpoint in &mut desired {
            endpoint.targets = ["192.0.2.9"].into();
        }
        let new = self.adjust(&desired).await?;
        let listed = self.own().await?;
        let pair = |new: Endpoint| {
            let old = listed.iter().find(|endpoint| endpoint.key() == new.key()).cloned();
            old.map(|old| Update { old, new })
        };
        self.update = new.iter().cloned().filter_map(pair).collect();
        self.apply(&Changes { update: self.update.clone(), ..Changes::default() }).await?;
        self.until_listed(&new).await
    }

    pub(super) async fn update_twice(&self) -> CheckResult {
        let before = self.own().await?;
        self.apply(&Changes { update: self.update.clone(), ..Changes::default() }).await?;
        self.unchanged_since(&before).await
    }

    pub(super) async fn type_change(&mut self) -> CheckResult {
        let name = format!("name.{}", self.base());
        let is_old = |endpoint: &Endpoint| {
            endpoint.dns_name == DnsName::from(name.as_str())
                && endpoint.record_type == RecordType::Cname
        };
        let delete: Vec<_> = self.own().await?.into_iter().filter(is_old).collect();
        let create = self.adjust(&[sample::address("name", &self.base())]).await?;
        self.apply(&Changes { create: create.clone(), delete: delete.clone(), ..<_>::default() })
            .await?;
        self.until_listed(&create).await?;
        self.until_gone(&delete).await
    }

    pub(super) async fn no_changes(&self) -> CheckResult {
        let before = self.own().await?;
        let nulls = r#"{"Create":null,"UpdateOld":null,"UpdateNew":null,"Delete":null}"#;
        for body in ["{}\n", "null\n", nulls] {
            let answer = self.client.send(self.client.post("records", body)).await?;
            if answer.status != StatusCode::NO_CONTENT {
                return failed(format!("to `{}` {}; it must be 204", body.trim(), answer.told()));
            }
        }
        self.unchanged_since(&before).await
    }

    pub(super) async fn deletes(&mut self) -> CheckResult {
        let delete = self.doomed();
        self.apply(&Changes { delete: delete.clone(), ..Changes::default() }).await?;
        self.until_gone(&delete).await
    }

    pub(super) async fn delete_twice(&self) -> CheckResult {
        self.apply(&Changes { delete: self.doomed(), ..Changes::default() }).await
    }

    pub(super) async fn cleans_up(&self) -> CheckResult {
        let deleted = self.delete_all().await;
        if self.created.is_empty() {
            // Something may have been written all the same, so it was worth a try.
            return skipped(format!("`{}` must be met first", Check::Creates.id()));
        }
        deleted
    }

    /// Creates record sets in the form that adjust gives them, and remembers them.
    pub(super) async fn create(&mut self, desired: Vec<Endpoint>) -> CheckResult {
        let create = self.adjust(&desired).await?;
        self.apply(&Changes { create: create.clone(), ..Changes::default() }).await?;
        self.created.extend(create);
        Ok(())
    }

    /// Waits until the list has `wanted`.
    pub(super) async fn until_listed(&self, wanted: &[Endpoint]) -> CheckResult {
        self.until(|listed| compare::difference(wanted, listed)).await
    }

    async fn until_gone(&self, gone: &[Endpoint]) -> CheckResult {
        let left = |listed: &[Endpoint]| {
            let mut gone = gone.iter().map(Endpoint::key);
            gone.find(|key| listed.iter().any(|endpoint| endpoint.key() == *key))
        };
        self.until(|listed| left(listed).map(|key| format!("`{key}` is still there"))).await
    }

    async fn unchanged_since(&self, before: &[Endpoint]) -> CheckResult {
        let now = self.own().await?;
        if let Some(difference) = compare::difference(before, &now) {
            return failed(format!("afterwards, {difference}"));
        }
        match now.iter().find(|endpoint| !before.iter().any(|old| old.key() == endpoint.key())) {
            None => Ok(()),
            Some(new) => failed(format!("afterwards, `{}` is there as well", new.key())),
        }
    }

    /// Looks at the list until nothing is missing there or the time to settle is over.
    async fn until(&self, missing: impl Fn(&[Endpoint]) -> Option<String>) -> CheckResult {
        let mut left = self.settle;
        loop {
            let Some(missing) = missing(&self.list().await?) else { return Ok(()) };
            if left.is_zero() {
                return failed(format!("in the list, {missing}"));
            }
            tokio::time::sleep(PAUSE.min(left)).await;
            left = left.saturating_sub(PAUSE);
        }
    }

    /// Returns what the list has of ours.
    async fn own(&self) -> Result<Vec<Endpoint>, CheckFailure> {
        let base = DnsName::from(self.base());
        let listed = self.list().await?;
        Ok(listed.into_iter().filter(|endpoint| endpoint.dns_name.is_within(&base)).collect())
    }

    /// Returns what the checks of deletions delete.
    fn doomed(&self) -> Vec<Endpoint> {
        let name = DnsName::from(format!("timed.{}", self.base()));
        self.created.iter().filter(|endpoint| endpoint.dns_name == name).cloned().collect()
    }

    async fn delete_all(&self) -> CheckResult {
        let delete = self.own().await?;
        if delete.is_empty() {
            return Ok(());
        }
        self.apply(&Changes { delete: delete.clone(), ..Changes::default() }).await?;
        self.until_gone(&delete).await
    }

    async fn apply(&self, changes: &Changes) -> CheckResult {
        self.send_changes(wire::encode(changes)).await
    }

    async fn send_changes(&self, body: impl Into<Vec<u8>>) -> CheckResult {
        let answer = self.client.send(self.client.post("records", body)).await?;
        answer.expect(StatusCode::NO_CONTENT).map(drop)
    }
}
