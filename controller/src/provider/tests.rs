//! What stands between the loop and a provider.

use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Listing, Negotiation, Provider, Zone,
};

use super::*;
use crate::leader::{Fence, Fenced};

/// Answers every question in a way that no default of the protocol does.
#[derive(Debug)]
struct Telling;

impl Provider for Telling {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        Ok(Negotiation { property_prefixes: vec!["telling/".to_owned()], ..Default::default() })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(vec![Endpoint::default()])
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(Adjusted { endpoints: [desired, vec![Endpoint::default()]].concat(), refused: vec![] })
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }

    async fn records_named(&self, _names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(vec![Endpoint::default(), Endpoint::default()])
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        let (id, name) = ("Z1".to_owned(), "example.com".into());
        Ok(vec![Zone { id, name, private: false, unavailable: None }])
    }

    async fn revision(&self) -> Option<String> {
        Some("telling".to_owned())
    }

    async fn records_since(&self, _seen: Option<String>) -> Result<Listing, ProviderError> {
        Ok(Listing::Unchanged)
    }
}

/// Fails when a provider does not answer as `Telling` does: a question that is not passed on gets
/// the default answer of the protocol, without a word.
async fn passes_every_question_on(provider: impl Provider) {
    assert_eq!(provider.negotiate().await.unwrap().property_prefixes, ["telling/"]);
    assert_eq!(provider.records().await.unwrap().len(), 1);
    assert_eq!(provider.adjust(Vec::new()).await.unwrap().endpoints.len(), 1);
    assert_eq!(provider.records_named(Vec::new()).await.unwrap().len(), 2);
    assert_eq!(provider.zones().await.unwrap().len(), 1);
    assert_eq!(provider.revision().await.as_deref(), Some("telling"));
    assert_eq!(provider.records_since(None).await.unwrap(), Listing::Unchanged);
}

#[tokio::test]
async fn what_stands_before_a_provider_passes_every_question_on() {
    passes_every_question_on(Telling).await;
    passes_every_question_on(Counted::new(Telling, Arc::default(), Arc::default())).await;
    passes_every_question_on(Interruptible::new(Telling, CancellationToken::new())).await;
    passes_every_question_on(ReadOnly::new(Telling)).await;
    passes_every_question_on(Fenced::new(Telling, Fence::open())).await;
}

#[tokio::test]
async fn how_far_a_write_has_come_is_shown_no_more_once_it_has_ended() {
    let status = Arc::new(Status::default());
    let provider = Counted::new(Telling, Arc::default(), Arc::clone(&status));
    status.note(WRITING, Some("2000 of 5000 changes are sent".to_owned()));
    provider.negotiate().await.unwrap();
    assert!(status.has_note(WRITING), "a question ends no write");
    let writing = status.freshness(0).writing;
    assert_eq!(writing.as_deref(), Some("2000 of 5000 changes are sent"), "`status` has it");
    provider.apply(Changes::default()).await.unwrap();
    assert!(!status.has_note(WRITING));
}
