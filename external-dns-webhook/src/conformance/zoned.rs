//! Record sets that say their zone.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use super::list::read;
use super::offers::PREFER;
use super::{CheckFailure, CheckResult, Suite, compare, failed, sample};
use crate::extensions::ZONED;
use crate::{Adjusted, Changes, Endpoint, Extension, Zone, ZoneId, wire};

impl Suite {
    pub(super) async fn zoned_records(&self) -> CheckResult {
        self.offered(Extension::ZonedRecords)?;
        for needed in [Extension::Zones, Extension::Outcomes] {
            if !self.offers(needed) {
                return failed(format!("it needs `{}`, which is not offered", needed.as_str()));
            }
        }
        if let Some(endpoint) = self.listed.1.iter().find(|endpoint| endpoint.zone.is_some()) {
            return failed(format!("`{}` names a zone in a list of version 1", endpoint.key()));
        }
        let listed = self.in_zones().await?;
        self.each_in_a_zone(&listed).await?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = listed.iter().map(Endpoint::key).find(|key| !seen.insert(key.clone()))
        {
            return failed(format!("`{twice}` is there twice"));
        }
        let names: BTreeSet<_> =
            listed.iter().map(|endpoint| endpoint.key().name().to_owned()).collect();
        match self.listed.1.iter().map(Endpoint::key).find(|key| !names.contains(key.name())) {
            None => Ok(()),
            Some(missing) => failed(format!("`{missing}` is in no zone")),
        }
    }

    pub(super) async fn zoned_adjust(&self) -> CheckResult {
        self.offered(Extension::ZonedRecords)?;
        let asked = sample::desired(&self.base());
        let Adjusted { endpoints, refused } = self.adjust_in_zones(&asked).await?;
        let forgotten = |wanted: &&Endpoint| {
            !endpoints
                .iter()
                .any(|endpoint| endpoint.dns_name == wanted.dns_name && endpoint.zone.is_some())
                && !refused.iter().any(|refusal| refusal.dns_name == wanted.dns_name)
        };
        if let Some(endpoint) = asked.iter().find(forgotten) {
            return failed(format!("`{}` is neither in a zone nor refused", endpoint.key()));
        }
        self.each_in_a_zone(&endpoints).await?;
        let again = self.adjust_in_zones(&endpoints).await?.endpoints;
        match compare::difference(&endpoints, &again) {
            None if again.len() == endpoints.len() => Ok(()),
            None => failed(format!("{} become {} the second time", endpoints.len(), again.len())),
            Some(difference) => failed(format!("the second time, {difference}")),
        }
    }

    pub(super) async fn zoned_writes(&self) -> CheckResult {
        self.offered(Extension::ZonedRecords)?;
        let wanted = [sample::address("zoned", &self.base())];
        let adjusted = self.adjust_in_zones(&wanted).await?.endpoints;
        let Some(one) = adjusted.into_iter().find(|endpoint| endpoint.zone.is_some()) else {
            return failed("no zone takes an address record");
        };
        let create = vec![one.clone()];
        self.apply_in_zones(Changes { create, ..Changes::default() }).await?;
        let there = self.in_zones().await?;
        let delete = vec![one.clone()];
        self.apply_in_zones(Changes { delete, ..Changes::default() }).await?;
        let mut there = there.iter().filter(|endpoint| endpoint.dns_name == one.dns_name);
        match (there.next(), there.next()) {
            (Some(endpoint), None) if endpoint.zone == one.zone => Ok(()),
            (None, _) => failed(format!("`{}` is not there after it was created", one.key())),
            (Some(other), _) if other.zone != one.zone => {
                failed(format!("`{}` was created, and `{}` is there", one.key(), other.key()))
            }
            (Some(_), _) => failed(format!("`{}` is in other zones as well", one.key())),
        }
    }

    async fn in_zones(&self) -> Result<Vec<Endpoint>, CheckFailure> {
        let answer = self.client.send(self.client.get("records", &[ZONED])).await?;
        Ok(read(&answer.expect(StatusCode::OK)?)?.1)
    }

    async fn adjust_in_zones(&self, desired: &[Endpoint]) -> Result<Adjusted, CheckFailure> {
        let request = self.client.post_with("adjustendpoints", ZONED, wire::encode(desired));
        let answer = self.client.send(request.header(PREFER.0, PREFER.1)).await?;
        let answer = answer.expect(StatusCode::OK)?;
        wire::decode_extension(&answer.body)
            .map_err(|error| CheckFailure::Failed(error.to_string()))
    }

    async fn apply_in_zones(&self, changes: Changes) -> CheckResult {
        let request = self.client.post_with("records", ZONED, wire::encode(&changes));
        let answer = self.client.send(request.header(PREFER.0, PREFER.1)).await?;
        answer.expect(StatusCode::OK).map(drop)
    }

    /// Fails unless each record set says a zone that the provider lists.
    async fn each_in_a_zone(&self, endpoints: &[Endpoint]) -> CheckResult {
        let answer =
            self.client.send(self.client.get("zones", &[])).await?.expect(StatusCode::OK)?;
        let zones: Vec<Zone> = wire::decode_extension(&answer.body)
            .map_err(|error| CheckFailure::Failed(error.to_string()))?;
        let is_listed = |id: &ZoneId| zones.iter().any(|zone| zone.id == id.as_str());
        match endpoints.iter().find(|endpoint| !endpoint.zone.as_ref().is_some_and(is_listed)) {
            None => Ok(()),
            Some(endpoint) => {
                failed(format!("`{}` says no zone that `GET /zones` lists", endpoint.key()))
            }
        }
    }
}
