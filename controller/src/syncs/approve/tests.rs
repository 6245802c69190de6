//! What becomes of an annotation that is seen more than once.

use std::time::Duration;

use axum::http::{Request, Response};
use clap::Parser as _;
use futures::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::client::Body;
use kube::{Api, Client};
use kube_emulator::{Emulator, Options};
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::app::DesiredState;
use crate::args::{Cli, Command};
use crate::cluster::{self, Access};
use crate::leader::Fence;
use crate::requests::NotApproved;
use crate::schedule::SyncKind;
use crate::state::{Approvals, Place};
use crate::syncs::tests::{FaultMode, syncs};

const HASH: &str = "0123456789ab";

const STALE: Duration = Duration::from_mins(3);

fn desired_state() -> DesiredState {
    let words = ["signpost", "run", "--source=crd", "--manifests=/dev/null"];
    let Command::Run(args) = Cli::try_parse_from(words).unwrap().command else { unreachable!() };
    let (sources, templates) = (args.sources, args.templates);
    DesiredState::new(sources, templates, &args.transforms, args.manifests, args.kubernetes)
        .unwrap()
}

/// A ConfigMap with an annotation that asks for the hash, as a watch goes on telling of it.
struct Annotated {
    api: Api<ConfigMap>,
    approvals: Approvals,
    _emulator: Emulator,
}

impl Annotated {
    /// `through` is what becomes of requests on their way to the API server.
    async fn new(through: fn(Client) -> Client) -> Self {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        let annotations = json!({ "external-dns.kubernetes.io/approve": HASH });
        let metadata = json!({ "name": "state", "annotations": annotations });
        let held = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata });
        emulator.apply(held).unwrap();
        let access = Access { server: emulator.url(), ..Access::default() };
        let client = cluster::client(&access).await.unwrap();
        let api = Api::<ConfigMap>::default_namespaced(client.clone());
        let place = Place { namespace: "default".to_owned(), name: "state".to_owned() };
        let metadata = api.get("state").await.unwrap().metadata;
        let through = Api::default_namespaced(through(client));
        // The watch does not tell yet that the annotation is gone.
        let approvals = Approvals::frozen(through, place, &metadata);
        Self { api, approvals, _emulator: emulator }
    }

    /// Returns the answer, which alone is there.
    async fn answer(api: &Api<ConfigMap>) -> String {
        let metadata = api.get("state").await.unwrap().metadata;
        let mut annotations = metadata.annotations.unwrap();
        let answer = annotations.remove("external-dns.kubernetes.io/approve-answer").unwrap();
        assert!(annotations.is_empty(), "{annotations:?}");
        answer
    }
}

/// Returns a client whose writes are carried out, or not, and whose answers to them are lost.
fn losing(client: Client, is_sent: bool) -> Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let client = client.clone();
        async move {
            let is_write = request.method() == "PATCH";
            let answer =
                if is_write && !is_sent { None } else { Some(client.send(request).await?) };
            let lost = || Response::builder().status(504).body(Body::empty()).unwrap();
            Ok::<_, kube::Error>(answer.filter(|_| !is_write).unwrap_or_else(lost))
        }
    });
    Client::new(service, "default")
}

fn by_annotation(hash: &PlanHash) -> ApprovedBy {
    let by = "the annotation on the ConfigMap `default/state`".to_owned();
    [(hash.clone(), [by].into())].into()
}

#[tokio::test]
async fn an_annotation_that_is_still_seen_after_its_answer_takes_nothing_back() {
    let Annotated { api, approvals, _emulator } = Annotated::new(|client| client).await;
    let (_fault_mode, fault_modes) = watch::channel(FaultMode::Well);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, Some(approvals));
    let hash: PlanHash = HASH.parse().unwrap();
    syncs.shared.requests.offer([hash.clone()].into());
    syncs.approve().await;
    assert_eq!(syncs.shared.requests.take_approved(), [].into(), "nothing was looked at yet");

    syncs.has_looked = true;
    syncs.approve().await;
    syncs.approve().await;
    assert_eq!(syncs.shared.requests.take_approved(), by_annotation(&hash));
    let answer = Annotated::answer(&api).await;
    assert!(answer.ends_with(&format!("approved {HASH}")), "{answer}");
}

#[tokio::test]
async fn an_answer_that_stands_counts_however_its_request_ended() {
    for (is_sent, through) in [
        (true, (|client| losing(client, true)) as fn(Client) -> Client),
        (false, |client| losing(client, false)),
    ] {
        let Annotated { api, approvals, _emulator } = Annotated::new(through).await;
        let (_fault_mode, fault_modes) = watch::channel(FaultMode::Well);
        let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, Some(approvals));
        let hash: PlanHash = HASH.parse().unwrap();
        syncs.shared.requests.offer([hash.clone()].into());
        syncs.has_looked = true;
        syncs.approve().await;
        let approved = syncs.shared.requests.take_approved();
        if is_sent {
            assert_eq!(approved, by_annotation(&hash));
            assert!(Annotated::answer(&api).await.contains("approved"));
            syncs.approve().await;
            assert_eq!(syncs.shared.requests.take_approved(), [].into(), "once is enough");
        } else {
            assert_eq!(approved, [].into());
            assert!(syncs.answered.is_none(), "it is taken once more");
        }
    }
}

#[tokio::test]
async fn an_approval_that_fits_no_more_is_told_where_it_came_from() {
    let Annotated { api, approvals, _emulator } = Annotated::new(|client| client).await;
    let (_fault_mode, fault_modes) = watch::channel(FaultMode::Well);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, Some(approvals));
    let hash: PlanHash = HASH.parse().unwrap();
    syncs.shared.requests.offer([hash.clone()].into());
    syncs.has_looked = true;
    syncs.approve().await;
    assert!(Annotated::answer(&api).await.ends_with(&format!("approved {HASH}")));
    // By now nothing is held any more.
    syncs.sync(SyncKind::Full).await.unwrap();
    let answer = Annotated::answer(&api).await;
    assert!(answer.contains(&format!("refused {HASH}: other deletions were held")), "{answer}");
    let note = |syncs: &Syncs<_>| {
        let checks = syncs.shared.status.checks(Instant::now(), STALE);
        checks.into_iter().find(|check| check.name == "approvals").map(|check| check.note)
    };
    let told = note(&syncs).unwrap();
    assert!(told.contains("by the annotation on") && told.contains("fits no more"), "{told}");
}

#[tokio::test]
async fn what_is_held_and_approved_ends_with_the_lead() {
    let (_fault_mode, fault_modes) = watch::channel(FaultMode::Well);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, None);
    let hash: PlanHash = HASH.parse().unwrap();
    let requests = std::sync::Arc::clone(&syncs.shared.requests);
    requests.offer([hash.clone()].into());
    requests.approve(&hash, "jane").unwrap();
    assert!(syncs.lead().now_or_never().is_some());
    assert!(requests.is_offered(&hash), "it leads");
    syncs.shared.fence = Fence::led_by("another");
    assert!(syncs.lead().now_or_never().is_none());
    assert_eq!(requests.approve(&hash, "jane"), Err(NotApproved::NothingHeld));
    assert_eq!(requests.take_approved(), [].into());
}

#[test]
fn the_history_says_who_asked_and_who_approved() {
    let hash = |text: &str| text.parse::<PlanHash>().unwrap();
    let nobody = BTreeSet::new();
    assert_eq!(cause(&nobody, &ApprovedBy::new()), "sync");
    let by = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(cause(&by(&["ann"]), &ApprovedBy::new()), "sync, asked for by ann");
    let approved =
        [(hash(HASH), by(&["jane", "bob"])), (hash("ba9876543210"), by(&["jane"]))].into();
    assert_eq!(cause(&nobody, &approved), "sync, with deletions that were approved by bob, jane");
}

#[tokio::test]
async fn an_approval_waits_for_a_full_sync_that_goes_well() {
    let (fault_mode, fault_modes) = watch::channel(FaultMode::Down);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, None);
    let hash: PlanHash = HASH.parse().unwrap();
    let requests = std::sync::Arc::clone(&syncs.shared.requests);
    requests.offer([hash.clone()].into());
    requests.approve(&hash, "jane").unwrap();
    syncs.sync(SyncKind::Full).await.unwrap_err();
    fault_mode.send_replace(FaultMode::Well);
    syncs.sync(SyncKind::Targeted).await.unwrap();
    assert_eq!(syncs.reconciler.memory().deletions.approved, [].into());
    syncs.sync(SyncKind::Full).await.unwrap();
    assert_eq!(syncs.reconciler.memory().deletions.approved, [hash].into());
    assert_eq!(requests.take_approved(), [].into());
}
