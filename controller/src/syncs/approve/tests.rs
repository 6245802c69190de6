//! What becomes of an annotation that is seen more than once.

use clap::Parser as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube_emulator::{Emulator, Options};
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::app::DesiredState;
use crate::args::{Cli, Command};
use crate::cluster::{self, Access};
use crate::schedule::SyncKind;
use crate::state::{Approvals, Place};
use crate::status::PlanView;
use crate::syncs::tests::{FaultMode, syncs};

const HASH: &str = "0123456789ab";

fn view(hash: &PlanHash) -> PlanView {
    let approvable = [hash.clone()].into();
    PlanView { plan: "null".into(), held: Some(hash.clone()), approvable, held_names: 1 }
}

fn desired_state() -> DesiredState {
    let words = ["signpost", "run", "--source=crd", "--manifests=/dev/null"];
    let Command::Run(args) = Cli::try_parse_from(words).unwrap().command else { unreachable!() };
    let (sources, templates) = (args.sources, args.templates);
    DesiredState::new(sources, templates, &args.transforms, args.manifests, args.kubernetes)
        .unwrap()
}

#[tokio::test]
async fn an_annotation_that_is_still_seen_after_its_answer_takes_nothing_back() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let annotations = json!({ "external-dns.kubernetes.io/approve": HASH });
    let metadata = json!({ "name": "state", "annotations": annotations });
    let held = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata });
    emulator.apply(held).unwrap();
    let access = Access { server: emulator.url(), ..Access::default() };
    let api = Api::<ConfigMap>::default_namespaced(cluster::client(&access).await.unwrap());
    let place = Place { namespace: "default".to_owned(), name: "state".to_owned() };
    let metadata = api.get("state").await.unwrap().metadata;
    // The watch does not tell yet that the annotation is gone.
    let approvals = Approvals::frozen(api.clone(), place, &metadata);

    let (_fault_mode, fault_modes) = watch::channel(FaultMode::Well);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, Some(approvals));
    let hash: PlanHash = HASH.parse().unwrap();
    let view = view(&hash);
    syncs.shared.status.sync_went_well(Instant::now(), Some(view));
    syncs.approve().await;
    assert_eq!(syncs.shared.status.take_approved(), [].into(), "nothing was looked at yet");

    syncs.has_looked = true;
    syncs.approve().await;
    syncs.approve().await;
    assert_eq!(syncs.shared.status.take_approved(), [hash].into());
    let answered = api.get("state").await.unwrap().metadata.annotations.unwrap();
    let answer = &answered["external-dns.kubernetes.io/approve-answer"];
    assert!(answered.len() == 1 && answer.ends_with(&format!("approved {HASH}")), "{answered:?}");
}

#[tokio::test]
async fn an_approval_waits_for_a_full_sync_that_goes_well() {
    let (fault_mode, fault_modes) = watch::channel(FaultMode::Down);
    let (mut syncs, _config) = syncs(desired_state().into(), fault_modes, None);
    let hash: PlanHash = HASH.parse().unwrap();
    let status = std::sync::Arc::clone(&syncs.shared.status);
    let view = view(&hash);
    status.sync_went_well(Instant::now(), Some(view));
    status.approve(&hash).unwrap();
    syncs.sync(SyncKind::Full).await.unwrap_err();
    fault_mode.send_replace(FaultMode::Well);
    syncs.sync(SyncKind::Targeted).await.unwrap();
    assert_eq!(syncs.reconciler.planner.guard.approved, [].into());
    syncs.sync(SyncKind::Full).await.unwrap();
    assert_eq!(syncs.reconciler.planner.guard.approved, [hash].into());
    assert_eq!(status.take_approved(), [].into());
}
