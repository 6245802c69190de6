//! What the history has of a write before it is made and after it.

use controller_core::history::Outcome;
use controller_core::registry::{TxtOptions, TxtRegistry};
use external_dns_webhook::Labels;
use external_dns_webhook::client::PartlyApplied;
use tokio::time::Instant;

use super::*;
use crate::state::Folder;

/// How writes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultMode {
    Well,
    /// They are made, and nobody is told of it.
    Silent,
    Failing,
    /// They are refused, each with a reason.
    Refusing,
    /// They take three seconds.
    Slow,
    /// They take several requests, of which the first is answered and the next one is not.
    Half,
    /// As before, and the next one is not sent, because the config changed.
    GivenUp,
}

/// A provider that shows the history when it is asked, as it was when something was to be written.
struct Witness {
    memory: Memory,
    folder: std::path::PathBuf,
    fault_mode: Mutex<FaultMode>,
    seen: Mutex<String>,
}

impl Provider for Witness {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.memory.records().await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        *self.seen.lock().unwrap() = self.history();
        let fault_mode = *self.fault_mode.lock().unwrap();
        if fault_mode == FaultMode::Slow {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        if matches!(fault_mode, FaultMode::Well | FaultMode::Slow) {
            return self.memory.apply(changes).await;
        }
        if fault_mode == FaultMode::Refusing {
            let refused = changes.create.iter().map(|set| Refusal::of(set, "Denied", "no"));
            return Ok(Applied { refused: refused.collect(), dry_run: false });
        }
        if matches!(fault_mode, FaultMode::Half | FaultMode::GivenUp) {
            let is_first = |record: &Endpoint| record.dns_name.as_str().starts_with("first");
            let (done, rest): (Vec<_>, Vec<_>) = changes.create.into_iter().partition(is_first);
            let [done, rest] = [done, rest].map(|create| Changes { create, ..Changes::default() });
            let applied = self.memory.apply(done.clone()).await?;
            let part = if fault_mode == FaultMode::GivenUp {
                PartlyApplied::new((done, applied), rest, GivenUp)
            } else {
                PartlyApplied::new((done, applied), rest, "connection reset")
            };
            return Err(ProviderError::unavailable(part));
        }
        if fault_mode == FaultMode::Silent {
            self.memory.apply(changes).await?;
        }
        Err(ProviderError::unavailable("connection reset"))
    }
}

impl Witness {
    fn history(&self) -> String {
        std::fs::read_to_string(self.folder.join("history.jsonl")).unwrap_or_default()
    }
}

async fn witnessed(folder: &tempfile::TempDir, writing: Writing) -> Reconciler<Witness> {
    let provider = Witness {
        memory: Memory::holding(Vec::new()),
        folder: folder.path().to_owned(),
        fault_mode: Mutex::new(FaultMode::Well),
        seen: Mutex::default(),
    };
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let state = State::kept_in(Folder::open(folder.path(), 10).unwrap());
    let mut reconciler =
        Reconciler::new(provider, SyncConfig::new(registry, planner, writing), state);
    reconciler.state.read(Instant::now()).await.unwrap();
    reconciler
}

fn outcomes(state: &State) -> Vec<Outcome> {
    state.history().unwrap().rows().map(|row| row.outcome).collect()
}

#[tokio::test]
async fn a_write_is_in_the_history_before_it_is_made_and_settled_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    reconciler.full(&web(), 7).await.unwrap().unwrap();
    let seen = reconciler.provider.seen.lock().unwrap().clone();
    assert!(seen.contains("begun") && seen.contains("192.0.2.1"), "{seen:?}");
    assert_eq!(outcomes(&reconciler.state), [Outcome::Written]);
    let before = reconciler.provider.history();
    reconciler.full(&web(), 8).await.unwrap().unwrap();
    assert_eq!(reconciler.provider.history(), before, "nothing is written");
}

#[tokio::test]
async fn a_write_is_shown_with_its_cause_before_the_history_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    reconciler.state_mut().set_cause("sync, asked for by ann");
    reconciler.full(&web(), 7).await.unwrap().unwrap();
    let causes: Vec<_> = reconciler.take_wrote().into_iter().map(|wrote| wrote.row.cause).collect();
    assert_eq!(causes, ["sync, asked for by ann"]);
}

#[tokio::test]
async fn a_write_that_is_refused_again_and_again_leaves_no_row_and_its_numbers_are_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Refusing;
    for now in 7..10 {
        reconciler.full(&web(), now).await.unwrap().unwrap();
        assert_eq!(outcomes(&reconciler.state), []);
    }
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Well;
    reconciler.full(&web(), 10).await.unwrap().unwrap();
    let rows: Vec<_> =
        reconciler.state.history().unwrap().rows().map(|row| (row.id, row.outcome)).collect();
    assert_eq!(rows, [(4, Outcome::Written)]);
}

#[tokio::test]
async fn a_write_without_an_answer_is_settled_by_what_is_listed_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Silent;
    reconciler.full(&web(), 7).await.unwrap_err();
    assert_eq!(outcomes(&reconciler.state), [Outcome::Begun]);
    reconciler.full(&web(), 8).await.unwrap().unwrap();
    assert_eq!(outcomes(&reconciler.state), [Outcome::Landed]);
    let wrote = reconciler.take_wrote();
    let told: Vec<_> = wrote.iter().map(|wrote| (wrote.id, wrote.row.written)).collect();
    assert_eq!(told, [(Some(1), 8)], "it is told as any write, when it is known");
    assert_eq!(reconciler.take_wrote(), []);
}

fn first_and_second() -> FixedDesired {
    let names = ["first.example.com", "second.example.com"];
    let endpoints = names.map(|name| asks(name, "service/default/web", "192.0.2.1")).to_vec();
    FixedDesired { desired: Desired { endpoints, ..Desired::default() }, ..FixedDesired::default() }
}

#[tokio::test]
async fn what_was_answered_of_a_write_that_was_given_up_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::GivenUp;
    let error = reconciler.full(&first_and_second(), 7).await.unwrap_err();
    assert!(matches!(error, SyncError::Superseded), "{error}");
    let wrote = reconciler.take_wrote();
    let names = |changes: &Changes| -> Vec<_> {
        changes.endpoints().map(|record| record.dns_name.to_string()).collect()
    };
    let told: Vec<_> = wrote.iter().map(|wrote| names(&wrote.row.changes)).collect();
    assert_eq!(told, [["first.example.com"]]);
    assert!(wrote.iter().all(|wrote| wrote.is_part), "no report counts it");
    let history = reconciler.state.history().unwrap();
    let rows: Vec<_> = history.rows().map(|row| (names(&row.changes), row.outcome)).collect();
    assert_eq!(rows, [(vec!["first.example.com".to_owned()], Outcome::Written)]);
}

#[tokio::test]
async fn of_a_write_that_broke_off_what_was_answered_is_written_and_the_rest_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Half;
    let error = reconciler.full(&first_and_second(), 7).await.unwrap_err();
    assert_eq!(error.to_string(), "connection reset; 1 change is not known to be written");
    assert_eq!(outcomes(&reconciler.state), [Outcome::Written, Outcome::Begun]);
    let SyncError::Apply { mut plan, .. } = error else { panic!("{error:?}") };
    plan.failed("connection reset");
    let told = plan.statuses.iter().map(|status| (status.name.as_str(), status.reason.code()));
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    assert_eq!(told, [("first.example.com", "Created"), ("second.example.com", "SyncFailed")]);
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Well;
    reconciler.full(&first_and_second(), 8).await.unwrap().unwrap();
    assert_eq!(outcomes(&reconciler.state), [Outcome::Written, Outcome::Written]);
}

#[tokio::test(start_paused = true)]
async fn a_write_has_the_time_at_which_it_was_known_to_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Slow;
    reconciler.full(&web(), 7).await.unwrap().unwrap();
    assert!(reconciler.provider.seen.lock().unwrap().contains(r#""written":7,"outcome":"begun""#));
    assert_eq!(reconciler.state.history().unwrap().row(1).unwrap().written, 10);
    assert_eq!(reconciler.take_wrote()[0].row.written, 10);
}

#[tokio::test]
async fn a_write_that_fails_sync_after_sync_is_in_the_history_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut reconciler = witnessed(&folder, Writing::Yes).await;
    let ownership_records = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    reconciler.config.registry = Arc::new(TxtRegistry::new(ownership_records).unwrap());
    reconciler.config.planner.owner = Some("me".to_owned());
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Failing;
    reconciler.full(&web(), 7).await.unwrap_err();
    let once = reconciler.provider.history();
    assert_eq!(outcomes(&reconciler.state), [Outcome::Begun]);
    reconciler.full(&web(), 8).await.unwrap_err();
    assert_eq!(reconciler.provider.history(), once);
    *reconciler.provider.fault_mode.lock().unwrap() = FaultMode::Well;
    reconciler.full(&web(), 9).await.unwrap().unwrap();
    assert_eq!(outcomes(&reconciler.state), [Outcome::Written]);
    assert_eq!(reconciler.state.history().unwrap().row(1).unwrap().written, 9);
}

#[tokio::test]
async fn a_dry_run_leaves_the_history_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = witnessed(&folder, Writing::Yes).await;
    *before.provider.fault_mode.lock().unwrap() = FaultMode::Silent;
    before.full(&web(), 7).await.unwrap_err();
    let history = before.provider.history();
    let mut reconciler = witnessed(&folder, Writing::DryRun).await;
    reconciler.full(&web(), 8).await.unwrap().unwrap();
    reconciler.full(&FixedDesired::default(), 8).await.unwrap().unwrap();
    assert_eq!(reconciler.provider.history(), history);
}

#[test]
fn the_ownership_record_of_a_refused_set_identifier_was_not_written_with_that_of_another() {
    let pair = |set_identifier: &str| {
        let mut record = Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"]);
        record.set_identifier = set_identifier.to_owned();
        let mut ownership_record = Endpoint::new("a-www.example.com", RecordType::Txt, ["\"x\""]);
        ownership_record.labels.set(Labels::OWNED_RECORD, "www.example.com");
        ownership_record.labels.set(Labels::OWNED_SET_IDENTIFIER, set_identifier);
        [record, ownership_record]
    };
    let [blue, green] = [pair("blue"), pair("green")];
    let refused = Refusal::of(&green[0], "RefusedByService", "no");
    let create = [blue.clone(), green].concat();
    let taken = taken(Changes { create, ..Changes::default() }, &[refused]);
    assert_eq!(taken.create, blue);
    // As another controller writes it, which does not say which one it is about.
    let mut green = pair("green");
    green[1].labels.remove(Labels::OWNED_SET_IDENTIFIER);
    let refused = Refusal::of(&green[0], "RefusedByService", "no");
    let taken = super::taken(Changes { create: green.into(), ..Changes::default() }, &[refused]);
    assert_eq!(taken.create, []);
}
