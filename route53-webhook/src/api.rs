//! The calls to Route 53 that we make: each paced, retried, counted and with its failure named.
//!
//! The SDK's own retries are off, because they would go past the request budget. What can be cured
//! by waiting is retried here; everything else comes back as an [`ApiError`] that says which of the
//! few things a caller can do about it.

mod attempts;
mod client;
mod complete;
mod credentials;
mod delays;
mod ending;
mod endpoint_url;
mod error;
mod files;
mod foreign;
mod keys;
mod named_sources;
mod no_answer;
mod process;
mod shared;

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_sdk_route53::Client;
use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::list_resource_record_sets::ListResourceRecordSetsOutput;
use aws_sdk_route53::types::{
    Change, ChangeBatch, HostedZone, HostedZoneLimitType, RrType, TagResourceType,
};
use tokio_util::sync::CancellationToken;

use self::attempts::Attempts;
pub use self::client::{BadProfile, Credentials, check_profile, connect, proxy, region};
use self::complete::Incomplete;
pub use self::credentials::BadCredentials;
use self::delays::Delays;
use self::ending::Ending;
pub use self::ending::until_gone;
pub use self::endpoint_url::{BadEndpointUrl, check_endpoint_urls};
pub use self::error::ApiError;
use self::error::Failure;
pub use self::files::{BadSdkFile, authorities, check_files};
pub use self::keys::{BadKey, check_keys};
pub use self::named_sources::NamedSources;
pub use self::process::Processes;
pub use self::shared::{SharedFiles, SharedPaths};
use crate::metrics::{Call, Metrics};
use crate::name::WireName;
use crate::pace::{Budget, Turn};
use crate::record_set::bare_zone_id;

/// Most record sets on one page of a listing.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
pub const PAGE_SIZE: i32 = 300;

/// Most zones whose tags one call returns.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html>
pub const TAGGED_ZONES_PER_CALL: usize = 10;

/// One set of credentials, and the request budget of the account behind it.
#[derive(Debug)]
pub struct Account {
    /// What people know it by: a profile, a role, or `default`.
    pub name: String,
    client: RwLock<Client>,
    /// Where the client came from; `None` when it cannot be made again.
    credentials: Option<Credentials>,
    budget: Arc<Budget>,
    attempts: u32,
    metrics: Metrics,
    delays: Delays,
    /// Cancelled when this process is to end.
    process: CancellationToken,
}

/// What became of a batch that was sent.
#[derive(Debug)]
pub struct Sent {
    /// The id of the change, or why it is not known that it was made.
    pub result: Result<String, ApiError>,
    /// Whether the answer to one of the attempts was lost, so that it may have been carried out, or
    /// may yet be.
    pub is_unconfirmed: bool,
}

/// How many record sets a zone has and may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneUsage {
    /// Most record sets.
    pub quota: i64,
    /// Record sets that AWS counts.
    pub count: i64,
}

/// Where the next page of a listing begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cursor {
    name: Option<String>,
    record_type: Option<RrType>,
    identifier: Option<String>,
}

impl Account {
    /// Returns an account that makes each call at most `attempts` times; zero means no limit.
    pub fn new(
        name: impl Into<String>,
        client: &Client,
        budget: Arc<Budget>,
        (attempts, metrics): (u32, Metrics),
    ) -> Self {
        let client = RwLock::new(complete::strict(client));
        let process = CancellationToken::new();
        let (name, delays) = (name.into(), Delays::default());
        Self { name, client, credentials: None, budget, attempts, metrics, delays, process }
    }

    /// Begins no attempt any more once `process` is cancelled, and gives up soon those on their way.
    #[must_use]
    pub fn ending_with(mut self, process: CancellationToken) -> Self {
        self.process = process;
        self
    }

    /// Waits between two calls; shorter when no further call may be begun.
    pub async fn pause(&self, pause: Duration) {
        ending::pause(&self.process, pause).await;
    }

    /// Tells whether no further call may be begun for the request that is served here.
    pub fn is_ending(&self) -> bool {
        Ending::here(&self.process).is_near()
    }

    /// Connects anew with `credentials` whenever AWS does not accept those in use.
    ///
    /// The SDK reads the files of a profile once; a key that was rotated in them would otherwise
    /// need a restart.
    #[must_use]
    pub fn reconnecting(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Returns the request budget.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Tells why AWS puts calls off now, one line for each cause.
    pub fn delays(&self) -> Vec<String> {
        self.delays.told(&self.name)
    }

    /// Lists one page of zones, and the marker of the next page.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer or refuses.
    pub async fn list_zones(
        &self,
        marker: Option<String>,
    ) -> Result<(Vec<HostedZone>, Option<String>), ApiError> {
        let page = self
            .call("ListHostedZones", |client| {
                client.list_hosted_zones().set_marker(marker.clone()).send()
            })
            .await?;
        let next = page.next_marker.filter(|next| !next.is_empty());
        match (page.is_truncated, next) {
            (false, _) => Ok((page.hosted_zones, None)),
            (true, Some(next)) if marker.as_ref() != Some(&next) => {
                Ok((page.hosted_zones, Some(next)))
            }
            (true, _) => Err(unreadable("ListHostedZones", Incomplete::NowhereNext)),
        }
    }

    /// Returns the zone with the given id.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer, refuses or knows no such zone.
    pub async fn zone(&self, id: &str) -> Result<HostedZone, ApiError> {
        let id = bare_zone_id(id);
        let answer =
            self.call("GetHostedZone", |client| client.get_hosted_zone().id(id).send()).await?;
        answer
            .hosted_zone
            .ok_or_else(|| unreadable("GetHostedZone", Incomplete::Lacks("HostedZone")))
    }

    /// Returns the tags of at most [`TAGGED_ZONES_PER_CALL`] zones, for each that AWS answers for.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer or refuses.
    pub async fn tags(
        &self,
        ids: &[&str],
    ) -> Result<Vec<(String, Vec<(String, String)>)>, ApiError> {
        let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
        let answer = self
            .call("ListTagsForResources", |client| {
                client
                    .list_tags_for_resources()
                    .resource_type(TagResourceType::Hostedzone)
                    .set_resource_ids(Some(ids.clone()))
                    .send()
            })
            .await?;
        let tags_of = |set: aws_sdk_route53::types::ResourceTagSet| {
            let id = bare_zone_id(&set.resource_id.unwrap_or_default()).to_owned();
            let tags = set.tags.unwrap_or_default().into_iter();
            (
                id,
                tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
                    .collect(),
            )
        };
        Ok(answer.resource_tag_sets.into_iter().map(tags_of).collect())
    }

    /// Lists one page of the record sets of a zone, from `cursor` on, when it is its `turn`.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer or refuses.
    pub async fn list_records(
        &self,
        zone_id: &str,
        cursor: Cursor,
        turn: Turn,
    ) -> Result<(ListResourceRecordSetsOutput, Option<Cursor>), ApiError> {
        let mut page = self
            .counted("ListResourceRecordSets", turn, &mut false, |client| {
                let Cursor { name, record_type, identifier } = cursor.clone();
                client
                    .list_resource_record_sets()
                    .hosted_zone_id(zone_id)
                    .max_items(PAGE_SIZE)
                    .set_start_record_name(name)
                    .set_start_record_type(record_type)
                    .set_start_record_identifier(identifier)
                    .send()
            })
            .await?;
        let next = page.next_record_name.take().filter(|name| !name.is_empty());
        let next = next.map(|name| Cursor {
            name: Some(name),
            record_type: page.next_record_type.take(),
            identifier: page.next_record_identifier.take(),
        });
        match (page.is_truncated, next) {
            (false, _) => Ok((page, None)),
            (true, Some(next)) if next != cursor => Ok((page, Some(next))),
            (true, _) => Err(unreadable("ListResourceRecordSets", Incomplete::NowhereNext)),
        }
    }

    /// Sends one batch, which AWS applies whole or not at all.
    pub async fn change(&self, zone_id: &str, changes: Vec<Change>, comment: &str) -> Sent {
        let batch = ChangeBatch::builder().comment(comment).set_changes(Some(changes)).build();
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                return Sent {
                    result: Err(ApiError::Unusable(error.into())),
                    is_unconfirmed: false,
                };
            }
        };
        let mut is_unconfirmed = false;
        let answer = self
            .counted("ChangeResourceRecordSets", Turn::Soon, &mut is_unconfirmed, |client| {
                client
                    .change_resource_record_sets()
                    .hosted_zone_id(zone_id)
                    .change_batch(batch.clone())
                    .send()
            })
            .await;
        let result = answer
            .map(|answer| answer.change_info.map(|change_info| change_info.id).unwrap_or_default());
        Sent { result, is_unconfirmed }
    }

    /// Asks how many record sets a zone has and may have.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer or refuses.
    pub async fn usage(&self, zone_id: &str) -> Result<ZoneUsage, ApiError> {
        let answer = self
            .call("GetHostedZoneLimit", |client| {
                client
                    .get_hosted_zone_limit()
                    .hosted_zone_id(zone_id)
                    .r#type(HostedZoneLimitType::MaxRrsetsByZone)
                    .send()
            })
            .await?;
        let limit = answer
            .limit
            .ok_or_else(|| unreadable("GetHostedZoneLimit", Incomplete::Lacks("Limit")))?;
        Ok(ZoneUsage { quota: limit.value, count: answer.count })
    }

    /// Tells whether all DNS servers of AWS have taken in a change.
    ///
    /// # Errors
    ///
    /// Returns an error when AWS does not answer or refuses.
    pub async fn is_insync(&self, change_id: &str) -> Result<bool, ApiError> {
        let id = change_id.strip_prefix("/change/").unwrap_or(change_id);
        let answer = self.call("GetChange", |client| client.get_change().id(id).send()).await?;
        let status = answer.change_info.map(|change_info| change_info.status);
        Ok(status == Some(aws_sdk_route53::types::ChangeStatus::Insync))
    }

    async fn call<T, E, F>(
        &self,
        operation: &'static str,
        send: impl Fn(Client) -> F,
    ) -> Result<T, ApiError>
    where
        E: error::Detail,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        self.counted(operation, Turn::Soon, &mut false, send).await
    }

    /// Makes a call until it is answered, refused or not worth another attempt.
    ///
    /// `is_unconfirmed` becomes true when the answer to an attempt is lost.
    async fn counted<T, E, F>(
        &self,
        operation: &'static str,
        turn: Turn,
        is_unconfirmed: &mut bool,
        send: impl Fn(Client) -> F,
    ) -> Result<T, ApiError>
    where
        E: error::Detail,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let mut attempts = Attempts::up_to(self.attempts);
        let ending = Ending::here(&self.process);
        let is_over = || ApiError::Ending { operation };
        loop {
            if let Some(pause) = self.budget.paused()
                && ending.is_impatient_after(pause)
            {
                return Err(ApiError::Throttled { operation });
            }
            ending.unless_near(self.budget.take(turn)).await.ok_or_else(is_over)?;
            let begin = tokio::time::Instant::now();
            let Some(answer) = ending.unless_over(Box::pin(send(self.client()))).await else {
                *is_unconfirmed = true;
                return Err(is_over());
            };
            let failure = answer.as_ref().err().map(error::classify);
            self.metrics.called(&Call {
                operation,
                result: failure.as_ref().map_or("ok", Failure::label),
                status: failure.as_ref().map_or(Some(200), Failure::status),
                duration: begin.elapsed(),
            });
            let error = match (answer, failure) {
                (Ok(answer), _) => {
                    self.delays.passed(&self.name);
                    return Ok(answer);
                }
                (Err(_), None) => continue,
                (Err(error), Some(failure)) => failure.into_error(operation, &error, self.proxy()),
            };
            let error = self.named(error);
            *is_unconfirmed |= error.may_have_been_carried_out();
            let goes_on = attempts.fail(&error);
            let pause = attempts.pause(&error, rand::random());
            if matches!(error, ApiError::Throttled { .. }) {
                self.budget.pause(pause);
            }
            if error.is_too_early() {
                self.delays.put_off(&self.name, &error);
            } else {
                self.delays.passed(&self.name);
            }
            let is_late = error.is_too_early() && ending.is_impatient_after(pause);
            if !goes_on || is_late || ending.is_near() {
                return Err(error);
            }
            if let (ApiError::Credentials { .. }, Some(credentials)) = (&error, &self.credentials) {
                let client = ending.unless_near(Box::pin(connect(credentials))).await;
                let client = client.ok_or_else(is_over)?;
                *self.client.write().unwrap_or_else(PoisonError::into_inner) =
                    complete::strict(&client);
            }
            tracing::debug!(
                operation,
                attempt = attempts.failed(),
                error = daemon::chain(&error),
                "Repeating a call to Route 53"
            );
            ending.unless_near(tokio::time::sleep(pause)).await.ok_or(error)?;
        }
    }

    /// Returns an error with the names of what it is about.
    fn named(&self, error: ApiError) -> ApiError {
        match (error, &self.credentials) {
            (ApiError::Credentials { operation, problem }, Some(credentials)) => {
                let problem = problem.named_by(&credentials.named);
                ApiError::Credentials { operation, problem }
            }
            (error, _) => error,
        }
    }

    /// Returns the proxy that the environment names, as it may be shown.
    fn proxy(&self) -> Option<&str> {
        self.credentials.as_ref()?.proxy.as_deref()
    }

    fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn unreadable(operation: &'static str, problem: Incomplete) -> ApiError {
    ApiError::Unreachable { operation, source: problem.into() }
}

/// Returns the error for the list of a zone without the record sets that each zone has.
///
/// AWS makes them with the zone, and they cannot be deleted ([NS and SOA]).
///
/// [NS and SOA]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
pub fn not_a_zone() -> ApiError {
    unreadable("ListResourceRecordSets", Incomplete::NotAZone)
}

impl Cursor {
    /// Returns the cursor at the first record set of `name`, or where it would be.
    pub fn at(name: &WireName) -> Self {
        Self { name: Some(name.to_api()), ..Self::default() }
    }
}

/// Longest single attempt: a page of 300 record sets takes AWS far less.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
