//! What stands between the loop and a provider.

use daemon::metrics::Exposition as _;
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

/// Answers no write, and every question.
#[derive(Debug)]
struct Slow;

impl Provider for Slow {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        Ok(Negotiation::default())
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn adjust(&self, endpoints: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(Adjusted { endpoints, refused: vec![] })
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        std::future::pending().await
    }
}

/// Returns changes of `count` record sets.
fn changes(count: usize) -> Changes {
    Changes { create: vec![Endpoint::default(); count], ..Changes::default() }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_shown_with_how_long_it_has_waited_and_no_more_once_it_has_ended() {
    let status = Arc::new(Status::default());
    let slow = Counted::new(Slow, Arc::default(), Arc::clone(&status));
    let shown = || status.freshness(1_700_000_007).writing;
    assert_eq!(shown(), None);
    let waited = |seconds, count| {
        tokio::time::timeout(Duration::from_secs(seconds), slow.apply(changes(count)))
    };
    let seen = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        let first = shown();
        slow.negotiate().await.unwrap();
        assert_eq!(shown(), first, "a question ends no write");
        status.provider_at("http://dns:8888/");
        let checks = status.checks(Instant::now(), Duration::from_mins(1));
        let check = checks.into_iter().find(|check| check.name == "writing").unwrap();
        assert_eq!(check.problem, None, "to wait is no failure");
        (first.unwrap(), check.note)
    };
    let (cut_off, (first, note)) = tokio::join!(waited(9, 4), seen);
    assert_eq!(
        first,
        "4 changes are sent, and the provider has not answered for 7 s, since 2023-11-14T22:13:20Z"
    );
    assert_eq!(
        note,
        "4 changes are sent, and the provider at `http://dns:8888/` has not answered for 7 s"
    );
    assert!(cut_off.is_err() && shown().is_none(), "nothing is waited for any more");
    let quick = Counted::new(Telling, Arc::default(), Arc::clone(&status));
    quick.apply(changes(1)).await.unwrap();
    assert_eq!(shown(), None);
}

#[tokio::test(start_paused = true)]
async fn of_a_write_that_takes_several_requests_the_one_is_told_that_is_waited_for() {
    let status = Status::default();
    status.write_goes_on(1, Instant::now());
    assert_eq!(status.writing(Instant::now()), None, "nothing is written");
    let told = async |count: usize, done: usize| {
        status.write_begins(count, Instant::now());
        tokio::time::advance(Duration::from_secs(100)).await;
        status.write_goes_on(done, Instant::now());
        tokio::time::advance(Duration::from_secs(61)).await;
        status.writing(Instant::now()).unwrap()
    };
    assert_eq!(
        told(5000, 2000).await,
        "2000 of 5000 changes are sent, and the provider has not answered the next of them for 1 min 1 s"
    );
    assert_eq!(
        told(1, 0).await,
        "1 change is sent, and the provider has not answered for 1 min 1 s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_that_takes_long_is_told_ever_more_seldom() {
    let (begun, mut told) = (Instant::now(), Vec::new());
    let answer = std::pin::pin!(tokio::time::sleep(Duration::from_mins(1)));
    telling_when_long(answer, || told.push(begun.elapsed().as_secs())).await;
    assert_eq!(told, [5, 15, 35]);
    telling_when_long(std::future::ready(()), || told.push(0)).await;
    assert_eq!(told.len(), 3, "what is answered at once is not told");
}

/// Ends each write after a part of it, for one reason or another.
#[derive(Debug)]
struct Ends(fn() -> Box<dyn std::error::Error + Send + Sync>);

impl Provider for Ends {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        Ok(Negotiation::default())
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn adjust(&self, endpoints: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(Adjusted { endpoints, refused: vec![] })
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let answered = (Changes::default(), Applied::default());
        Err(ProviderError::unavailable(PartlyApplied::new(answered, changes, self.0())))
    }
}

#[tokio::test]
async fn a_write_that_we_give_up_is_no_silence_of_the_provider() {
    for (why, is_silent) in [
        ((|| GivenUp.into()) as fn() -> Box<dyn std::error::Error + Send + Sync>, false),
        (|| "connection refused".into(), true),
    ] {
        let (metrics, status) = (Arc::new(Metrics::new()), Arc::new(Status::default()));
        let provider = Counted::new(Ends(why), Arc::clone(&metrics), Arc::clone(&status));
        provider.apply(changes(3)).await.unwrap_err();
        let checks = status.checks(Instant::now(), Duration::from_mins(1));
        let check = checks.into_iter().find(|check| check.name == "provider").unwrap();
        assert_eq!(check.problem.is_some(), is_silent, "{check:?}");
        let ok = "external_dns_provider_calls_total{operation=\"applychanges\",result=\"ok\"} 1";
        assert_eq!(metrics.text().contains(ok), !is_silent, "{}", metrics.text());
    }
}
