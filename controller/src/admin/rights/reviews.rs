//! Asks the API server whose a token is and whether they may, as seldom as possible.
//!
//! The questions go out under the identity that watches objects and renews the lease, and the API
//! server has patience for so many of them only. So an answer counts for some seconds, few questions
//! are under way at a time, and one address gets few of them a second, whatever it sends.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use external_dns_webhook::Printable;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::Client;
use kube::api::{Api, PostParams};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Denied;

/// How long the API server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer counts: a right that is taken away is gone that soon.
const FRESH: Duration = Duration::from_secs(10);

/// How many answers are remembered.
const MOST: usize = 1_000;

/// How many questions are under way at a time.
const AT_A_TIME: usize = 4;

/// How many questions there are a second because of one address.
const BY_ADDRESS: u32 = 5;

/// How many questions there are a second.
const A_SECOND: u32 = 40;

/// What is asked for, by which token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) token: &'a str,
    pub(super) verb: &'static str,
    pub(super) path: &'static str,
}

/// Answers that count, and how many questions there are.
#[derive(Debug)]
pub(super) struct Reviews {
    places: Semaphore,
    state: Mutex<State>,
}

/// A digest: tokens themselves are not kept.
type Key = [u8; 32];

#[derive(Debug, Default)]
struct State {
    answers: BTreeMap<Key, (Instant, Answer)>,
    /// When the second that is counted began.
    since: Option<Instant>,
    asked: u32,
    by_address: BTreeMap<Option<IpAddr>, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// Nobody's.
    Unknown,
    /// That of someone who may not.
    Forbidden(String),
    /// That of someone who may.
    Allowed(String),
}

impl Default for Reviews {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_A_TIME), state: Mutex::default() }
    }
}

impl Reviews {
    /// Returns whose the token is, if they may; `ip` is where it comes from, if anyone knows.
    pub(super) async fn user(
        &self,
        client: &Client,
        ip: Option<IpAddr>,
        asked: Question<'_>,
    ) -> Result<String, Denied> {
        let key = asked.key();
        let known = self.state().answer(&key, Instant::now());
        let answer = if let Some(known) = known {
            known
        } else {
            self.state().count(ip, Instant::now())?;
            let late = |_| {
                let late = format!("no answer in {} seconds", TIMEOUT.as_secs());
                Denied::Unclear(anyhow::Error::msg(late))
            };
            tokio::time::timeout(TIMEOUT, self.ask(client, &key, asked)).await.map_err(late)??
        };
        match answer {
            Answer::Allowed(user) => Ok(user),
            Answer::Unknown => Err(Denied::Unknown),
            Answer::Forbidden(user) => {
                let Question { token: _, verb, path } = asked;
                Err(Denied::Forbidden { user: Printable(&user).to_string(), verb, path })
            }
        }
    }

    async fn ask(&self, client: &Client, key: &Key, asked: Question<'_>) -> Result<Answer, Denied> {
        let place = self.places.acquire().await;
        let _place = place.map_err(|error| Denied::Unclear(error.into()))?;
        // Another request with the same token may have found out meanwhile.
        if let Some(answer) = self.state().answer(key, Instant::now()) {
            return Ok(answer);
        }
        let Question { token, verb, path } = asked;
        let answer = match user(client, token).await? {
            None => Answer::Unknown,
            Some(user) => {
                let name = user.username.clone().unwrap_or_default();
                let is_allowed = may(client, user, verb, path).await?;
                if is_allowed { Answer::Allowed(name) } else { Answer::Forbidden(name) }
            }
        };
        self.state().note(*key, answer.clone(), Instant::now());
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question<'_> {
    fn key(&self) -> Key {
        let Self { token, verb, path } = self;
        let mut digest = Sha256::new();
        for text in [verb, path, token] {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }
}

impl State {
    fn answer(&self, key: &Key, now: Instant) -> Option<Answer> {
        let (since, answer) = self.answers.get(key)?;
        (now - *since < FRESH).then(|| answer.clone())
    }

    fn note(&mut self, key: Key, answer: Answer, now: Instant) {
        if self.answers.len() >= MOST {
            self.answers.retain(|_, (since, _)| now - *since < FRESH);
        }
        if self.answers.len() >= MOST {
            // Keys are digests, so this is any of them.
            self.answers.pop_first();
        }
        self.answers.insert(key, (now, answer));
    }

    /// Counts a question that is to be asked because of `ip`.
    fn count(&mut self, ip: Option<IpAddr>, now: Instant) -> Result<(), Denied> {
        if self.since.is_none_or(|since| now - since >= Duration::from_secs(1)) {
            (self.since, self.asked) = (Some(now), 0);
            self.by_address.clear();
        }
        if self.asked >= A_SECOND {
            return Err(Denied::Busy);
        }
        let of_address = self.by_address.entry(ip).or_default();
        if *of_address >= BY_ADDRESS {
            return Err(Denied::Busy);
        }
        *of_address += 1;
        self.asked += 1;
        Ok(())
    }
}

/// Returns whose token it is; `None` when the cluster does not know it.
async fn user(client: &Client, token: &str) -> Result<Option<UserInfo>, Denied> {
    let spec = TokenReviewSpec { token: Some(token.to_owned()), audiences: None };
    let review = TokenReview { spec, ..TokenReview::default() };
    let api: Api<TokenReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await;
    let status = answer.map_err(|error| Denied::Unclear(error.into()))?.status.unwrap_or_default();
    Ok(status.user.filter(|_| status.authenticated == Some(true)))
}

async fn may(client: &Client, user: UserInfo, verb: &str, path: &str) -> Result<bool, Denied> {
    let UserInfo { extra, groups, uid, username } = user;
    let asked = NonResourceAttributes { path: Some(path.to_owned()), verb: Some(verb.to_owned()) };
    let spec = SubjectAccessReviewSpec {
        extra,
        groups,
        non_resource_attributes: Some(asked),
        resource_attributes: None,
        uid,
        user: username,
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let api: Api<SubjectAccessReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await;
    let answer = answer.map_err(|error| Denied::Unclear(error.into()))?;
    Ok(answer.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_few_questions_a_second_and_leaves_others_theirs() {
        let (mut state, start) = (State::default(), Instant::now());
        let asked = |state: &mut State, address: u8, now| {
            let ip = Some(IpAddr::from([192, 0, 2, address]));
            (0..100).filter(|_| state.count(ip, now).is_ok()).count()
        };
        assert_eq!(asked(&mut state, 1, start), BY_ADDRESS as usize);
        assert_eq!(asked(&mut state, 2, start), BY_ADDRESS as usize);
        let others: usize = (3..100).map(|address| asked(&mut state, address, start)).sum();
        assert_eq!(others, (A_SECOND - 2 * BY_ADDRESS) as usize);
        assert!(state.by_address.len() <= A_SECOND as usize);
        let later = start + Duration::from_secs(1);
        assert_eq!(asked(&mut state, 1, later), BY_ADDRESS as usize);
    }

    #[test]
    fn an_answer_counts_for_seconds_and_there_are_only_so_many() {
        let (mut state, start) = (State::default(), Instant::now());
        let key = |token: &str| Question { token, verb: "get", path: "/v1/plan" }.key();
        state.note(key("good"), Answer::Allowed("jane".to_owned()), start);
        assert!(state.answer(&key("good"), start + Duration::from_secs(9)).is_some());
        assert_eq!(state.answer(&key("good"), start + FRESH), None);
        let post = Question { token: "good", verb: "post", path: "/v1/plan" };
        assert_eq!(state.answer(&post.key(), start), None, "it is about one thing");
        for number in 0..2 * MOST {
            state.note(key(&number.to_string()), Answer::Unknown, start);
        }
        assert!(state.answers.len() <= MOST);
    }
}
