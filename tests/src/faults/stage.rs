//! A world that runs: two emulators in this process, three relays, and both programs of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use route53_emulator::{Operation, ResourceRecordSet};

use super::calls::{Call, Service};
use super::layout::Layout;
use super::model::{Key, Model};
use super::oracle::{self, Difference, Zones};
use super::relay::Relay;
use super::rules::{Act, Rule};
use super::steps::{ProgramKind, Step};
use super::{hand, manifest};
use crate::process::Process;
use crate::programs as ours;

mod programs;

use self::programs::Ports;

/// How long a step waits for a call.
const CALL_PATIENCE: Duration = Duration::from_millis(1500);

/// A running world.
pub(crate) struct Stage {
    /// What there should be.
    pub(crate) model: Model,
    /// Where everything that it leaves is.
    pub(crate) folder: PathBuf,
    layout: Layout,
    kubernetes: kube_emulator::Emulator,
    route53: route53_emulator::Emulator,
    relays: BTreeMap<Service, Relay>,
    controller: Option<Process>,
    sidecar: Option<Process>,
    ports: Ports,
    starts: u32,
    /// Calls so far when an object last changed.
    before: BTreeMap<(Service, Call), u64>,
    /// What the episode makes the wait for its end depend on.
    pub(crate) memory: Memory,
}

/// What happened that excuses slowness.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Names that record sets of others came to or went from: Route 53 may have refused ours there,
    /// and what it refuses is left alone for some minutes.
    pub(crate) contested: BTreeSet<(&'static str, String)>,
    /// Zones to which something was done by hand in this episode.
    pub(crate) touched: BTreeSet<&'static str>,
    /// Whether something that was refused may have happened later, in this episode.
    pub(crate) late: bool,
    /// Whether the controller was told to come again after hours.
    pub(crate) sent_away: bool,
    /// How many record sets others have only to change the number of all, by zone.
    pub(crate) marks: BTreeMap<&'static str, u32>,
}

/// Why a step did not go as it must.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(pub(crate) String);

impl Stage {
    /// Starts a world in a folder.
    pub(crate) async fn start(
        layout: Layout,
        folder: PathBuf,
        number: u16,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("failed to make `{}`", folder.display()))?;
        let kubernetes = kube_emulator::Emulator::start(kube_emulator::Options::default()).await?;
        let crd = ours::workspace().join("charts/signpost/crds/dnsendpoints.yaml");
        kubernetes.apply_path(&crd)?;
        let spec = |zone: &super::model::ZoneFacts| {
            let kind = if zone.private { ":private" } else { "" };
            format!("{}{kind}={}", zone.name, zone.id).parse()
        };
        let zones = layout.zones.iter().map(spec).collect::<Result<_, _>>()?;
        let options = route53_emulator::Options { zones, ..Default::default() };
        let route53 = route53_emulator::Emulator::start(options).await?;
        let mut relays = BTreeMap::new();
        for service in Service::ALL {
            relays.insert(service, Relay::start(service).await?);
        }
        let mut model = Model { zones: layout.zones.clone(), ..Model::default() };
        for zone in &layout.zones {
            let sets = route53.record_sets(zone.id);
            model
                .foreign
                .insert(zone.id, sets.into_iter().map(|set| (Key::of(&set), set)).collect());
        }
        let ports = Ports::free(number)?;
        let mut stage = Self {
            model,
            folder,
            layout,
            kubernetes,
            route53,
            relays,
            controller: None,
            sidecar: None,
            ports,
            starts: 0,
            before: BTreeMap::new(),
            memory: Memory::default(),
        };
        for service in Service::ALL {
            stage.repair(service).await?;
        }
        stage.start_program(ProgramKind::Sidecar)?;
        stage.start_program(ProgramKind::Controller)?;
        Ok(stage)
    }

    /// Lets one thing happen.
    pub(crate) async fn take(&mut self, step: &Step) -> anyhow::Result<()> {
        match step {
            Step::Put(object) => {
                self.note_counts();
                let refused = |status| anyhow::anyhow!("`{object}` was refused: {status:?}");
                self.kubernetes.apply(manifest::of(object)).map_err(refused)?;
                self.model.objects.insert(object.resource(), object.clone());
            }
            Step::Delete(kind, name) => {
                self.note_counts();
                let (version, kind_name) = manifest::version_and_kind(*kind);
                let gone = self.kubernetes.delete(version, kind_name, "default", name);
                self.model.objects.retain(|_, object| {
                    object.kind != *kind || object.name != *name || gone.is_err()
                });
            }
            Step::ByHand(zone, action) => {
                let done = hand::act(&self.route53, &mut self.model, zone, action)?;
                if let Some(key) = &done.contested {
                    self.memory.contested.insert((zone, key.name.clone()));
                }
                if done.happened {
                    self.memory.touched.insert(zone);
                }
            }
            Step::Break(service, rule) => {
                self.memory.late |= matches!(rule.act, Act::Late(_));
                self.memory.sent_away |= is_sent_away(rule);
                self.relay(*service)?.add(rule.clone());
            }
            Step::Repair(service) => self.repair(*service).await?,
            Step::Away(service) => self.relay(*service)?.lead_to(None),
            Step::Await(service, call) => {
                let count = self.before.get(&(*service, *call)).copied().unwrap_or_default() + 1;
                self.relay(*service)?.until(*call, count, CALL_PATIENCE).await;
            }
            Step::Sleep(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(u64::from(*milliseconds))).await;
            }
            Step::Kill(program) => {
                if let Some(mut process) = self.slot(*program).take() {
                    tokio::task::block_in_place(|| process.kill());
                }
            }
            Step::Terminate(program) => self.terminate(*program).await?,
            Step::Start(program) => self.start_program(*program)?,
            Step::Pause(program) => self.signal(*program, "STOP")?,
            Step::Continue(program) => self.signal(*program, "CONT")?,
            Step::DropWatches => self.kubernetes.drop_watches(),
            Step::Compact => drop(self.kubernetes.compact()),
        }
        Ok(())
    }

    /// Ends everything that is wrong, and has every program run.
    pub(crate) async fn calm(&mut self) -> anyhow::Result<()> {
        for program in [ProgramKind::Controller, ProgramKind::Sidecar] {
            self.signal(program, "CONT")?;
        }
        for service in Service::ALL {
            self.repair(service).await?;
        }
        if std::mem::take(&mut self.memory.sent_away) {
            self.terminate(ProgramKind::Controller).await?;
        }
        self.start_program(ProgramKind::Sidecar)?;
        self.start_program(ProgramKind::Controller)
    }

    /// Makes one more record set in each zone that was touched by hand, so that the number of record
    /// sets is another than ever in this episode, which is all that the sidecar looks at.
    pub(crate) fn mark(&mut self) -> anyhow::Result<()> {
        for zone in std::mem::take(&mut self.memory.touched) {
            let marks = self.memory.marks.entry(zone).or_default();
            hand::mark(&self.route53, &mut self.model, zone, marks)?;
        }
        Ok(())
    }

    /// Returns what the zones hold now.
    pub(crate) fn zones(&self) -> Zones {
        self.model.zones.iter().map(|zone| (zone.id, self.route53.record_sets(zone.id))).collect()
    }

    /// Returns what is wrong now although nothing excuses it.
    pub(crate) fn damage(&self) -> Vec<Difference> {
        oracle::damage(&self.model, &self.zones())
    }

    /// Returns how many writes Route 53 was asked for so far.
    pub(crate) fn writes(&self) -> u64 {
        self.route53.call_count(Operation::ChangeResourceRecordSets)
    }

    /// Returns the last writes that Route 53 was asked for.
    pub(crate) fn last_writes(&self, count: usize) -> Vec<String> {
        let calls = self.route53.calls();
        let writes = calls.iter().rev().filter(|call| call.operation == "ChangeResourceRecordSets");
        let mut lines: Vec<_> = writes.take(count).map(hand::write_line).collect();
        lines.reverse();
        lines
    }

    /// Waits until the controller has begun so many more full looks at everything.
    pub(crate) async fn full_syncs(&self, count: u64, timeout: Duration) -> anyhow::Result<bool> {
        let relay = self.relay(Service::Provider)?;
        let count = relay.count(Call::Negotiate) + count;
        Ok(relay.until(Call::Negotiate, count, timeout).await)
    }

    fn relay(&self, service: Service) -> anyhow::Result<&Relay> {
        self.relays.get(&service).context("no relay")
    }

    async fn repair(&self, service: Service) -> anyhow::Result<()> {
        let relay = self.relay(service)?;
        relay.lead_to(Some(self.place_of(service)));
        relay.calm().await;
        Ok(())
    }

    fn place_of(&self, service: Service) -> SocketAddr {
        match service {
            Service::Kubernetes => self.kubernetes.address(),
            Service::Provider => SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.provider)),
            Service::Route53 => self.route53.address(),
        }
    }

    fn note_counts(&mut self) {
        for (service, relay) in &self.relays {
            for call in service.calls() {
                self.before.insert((*service, call), relay.count(call));
            }
        }
    }
}

/// Tells whether a caller is told to stay away for longer than an episode may last.
fn is_sent_away(rule: &Rule) -> bool {
    match rule.act {
        Act::Answer(_, Some(retry_after)) => {
            retry_after.parse::<f64>().is_ok_and(|number| number > 10.0)
        }
        Act::Answer(_, None)
        | Act::Pass
        | Act::Delay(_)
        | Act::AnswerLater(_)
        | Act::Hang
        | Act::Reset
        | Act::CutTransfer(_)
        | Act::ShortBody(_)
        | Act::Twice
        | Act::Lose(_)
        | Act::Late(_)
        | Act::Nonsense(_) => false,
    }
}

/// Returns what zones hold, a line a record set.
pub(crate) fn lines(zones: &Zones) -> Vec<String> {
    let line = |zone: &str, set: &ResourceRecordSet| format!("{zone}: {}", oracle::shown(set));
    zones.iter().flat_map(|(zone, sets)| sets.iter().map(move |set| line(zone, set))).collect()
}
