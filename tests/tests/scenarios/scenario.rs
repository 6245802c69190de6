//! The world of one scenario: objects, controller, sidecar and zones, and what was written to the zones.

mod setup;

use std::path::PathBuf;

use e2e::cluster::Cluster;
use e2e::patience::eventually;
use e2e::process::Process;
use e2e::world::Controller;
use kube::core::GroupVersionKind;
use route53_emulator::Emulator;
use serde_json::Value;

pub(crate) use self::setup::Setup;
use self::setup::{start_sidecar, with_defaults};
use crate::objects::{service, wanting};
use crate::proxy::Proxy;
use crate::records::{change_line, line};

/// Id of the zone that every world has unless it says otherwise.
pub(crate) const PUBLIC: &str = "ZPUB";

/// A running world of objects, controller, sidecar and zones.
pub(crate) struct Scenario {
    /// The Route 53 of this world.
    pub(crate) route53: Emulator,
    /// The controller; stories stop and start it.
    pub(crate) controller: Option<Controller>,
    /// The sidecar's process.
    pub(crate) sidecar: Process,
    /// Where the controller finds the sidecar: a proxy before it.
    pub(crate) sidecar_url: String,
    /// What stands between controller and sidecar.
    pub(crate) proxy: Proxy,
    sidecar_flags: Vec<String>,
    sidecar_address: String,
    objects: Objects,
    flags: Vec<String>,
    markers: usize,
}

/// Where objects live.
enum Objects {
    /// In files, one each.
    Files(tempfile::TempDir),
    /// In a namespace of a cluster.
    Cluster(Box<Cluster>, String),
}

impl Objects {
    /// Returns the flags that lead a controller to them.
    fn flags(&self) -> Vec<String> {
        match self {
            Self::Files(folder) => vec![format!("--manifests={}", folder.path().display())],
            Self::Cluster(cluster, namespace) => vec![
                format!("--kubeconfig={}", cluster.kubeconfig.display()),
                format!("--namespace={namespace}"),
            ],
        }
    }
}

impl Scenario {
    /// Starts the controller, with flags that replace those of this world.
    pub(crate) fn start_controller(&mut self, flags: &[&str]) {
        let defaults: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let given: Vec<_> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let flags = with_defaults(&defaults, &given);
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        self.controller = Some(Controller::start(&self.sidecar_url, &flags, None).unwrap());
    }

    /// Stops the controller and starts it again, with flags that replace those of this world.
    pub(crate) fn restart_controller(&mut self, flags: &[&str]) {
        drop(self.controller.take());
        self.start_controller(flags);
    }

    /// Kills the sidecar and starts it where it was, with flags that replace those of this world.
    pub(crate) fn restart_sidecar(&mut self, flags: &[&str]) {
        self.sidecar.kill();
        let defaults: Vec<_> = self.sidecar_flags.iter().map(String::as_str).collect();
        let given: Vec<_> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let flags = with_defaults(&defaults, &given);
        (self.sidecar, _) = start_sidecar(&self.route53, &self.sidecar_address, &flags);
    }

    /// Returns the flags that lead a controller to the objects.
    pub(crate) fn source(&self) -> Vec<String> {
        self.objects.flags()
    }

    /// Returns the cluster of a world that has one.
    pub(crate) fn cluster(&self) -> &Cluster {
        match &self.objects {
            Objects::Files(_) => unreachable!("objects are in files"),
            Objects::Cluster(cluster, _) => cluster,
        }
    }

    /// Returns the namespace of the objects that name `default` or none.
    pub(crate) fn namespace(&self) -> &str {
        match &self.objects {
            Objects::Files(_) => "default",
            Objects::Cluster(_, namespace) => namespace,
        }
    }

    /// Creates or changes an object.
    pub(crate) async fn put(&self, object: &Value) {
        match &self.objects {
            Objects::Files(_) => {
                let path = self.path(object);
                // Nobody must see half a file.
                let unfinished = path.with_extension("tmp");
                std::fs::write(&unfinished, object.to_string()).unwrap();
                std::fs::rename(unfinished, path).unwrap();
            }
            Objects::Cluster(cluster, namespace) => {
                cluster.apply(&within(object, namespace), "").await.unwrap();
            }
        }
    }

    /// Deletes an object.
    pub(crate) async fn remove(&self, object: &Value) {
        match &self.objects {
            Objects::Files(_) => std::fs::remove_file(self.path(object)).unwrap(),
            Objects::Cluster(cluster, namespace) => {
                cluster.delete(&within(object, namespace), "").await.unwrap();
            }
        }
    }

    /// Makes several changes that the controller sees together: it is paused meanwhile.
    pub(crate) async fn at_once(&self, changes: impl AsyncFnOnce()) {
        let process = &self.running().process;
        process.signal("STOP").unwrap();
        changes().await;
        process.signal("CONT").unwrap();
    }

    fn path(&self, object: &Value) -> PathBuf {
        let Objects::Files(folder) = &self.objects else { unreachable!("objects have no files") };
        let text = |path| object.pointer(path).and_then(Value::as_str).unwrap_or("default");
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        folder.path().join(format!("{}.{kind}.{name}.json", text("/metadata/namespace")))
    }

    /// Waits until everything so far was seen and acted on, and asserts what was written since
    /// the last such wait: one list of lines a batch, in any order. Then waits for more full
    /// syncs, which must write nothing.
    pub(crate) async fn writes(&mut self, batches: &[&[&str]]) {
        self.settle().await;
        let written = self.written();
        let sorted = |batch: &&[&str]| {
            let mut lines: Vec<_> = batch.iter().map(|line| (*line).to_owned()).collect();
            lines.sort();
            lines
        };
        let expected: Vec<_> = batches.iter().map(sorted).collect();
        assert_eq!(written, expected, "what was written to the zones; log:\n{}", self.log());
        self.full_syncs(2).await;
        let again = self.written();
        assert!(again.is_empty(), "a further sync wrote again: {again:#?}\n{}", self.log());
    }

    /// As [`writes`](Self::writes), for names that come while others go: what goes is written with what
    /// comes or, as it may come again in a moment, soon after.
    pub(crate) async fn replaces(&mut self, comes: &[&str], goes: &[&str]) {
        self.settle().await;
        let written = self.written();
        let sorted = |lines: &[&str]| {
            let mut lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
            lines.sort();
            lines
        };
        let (apart, together) =
            (vec![sorted(comes), sorted(goes)], vec![sorted(&[comes, goes].concat())]);
        let is_right = written == apart || written == together;
        assert!(is_right, "{written:#?} was written to the zones; log:\n{}", self.log());
        self.writes_nothing().await;
    }

    /// As [`writes`](Self::writes), for nothing at all.
    pub(crate) async fn writes_nothing(&mut self) {
        self.writes(&[]).await;
    }

    /// Waits until what the objects said before was seen, and a full sync went well after that.
    pub(crate) async fn settle(&mut self) {
        self.markers += 1;
        let name = format!("marker-{}.elsewhere.test", self.markers);
        // Nobody manages this name, so it is seen in the log and never in a zone.
        self.put(&wanting(&service("marker", "192.0.2.255"), &name)).await;
        self.until_log("the marker to be seen", |log| log.contains(&name)).await;
        self.full_syncs(2).await;
    }

    /// Waits for full syncs that go well; after two, one began after the call.
    pub(crate) async fn full_syncs(&self, count: u64) {
        let before = self.full_syncs_so_far().await;
        let look = || self.full_syncs_so_far();
        eventually("full syncs", look, |found| *found >= before + count).await;
    }

    async fn full_syncs_so_far(&self) -> u64 {
        let url = format!("{}/metrics", self.running().admin);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let count = |line: &str| {
            let is_it = line.starts_with("external_dns_controller_sync_duration_seconds_count")
                && line.contains("kind=\"full\"")
                && line.contains("result=\"success\"");
            is_it.then(|| line.rsplit(' ').next()?.parse::<u64>().ok()).flatten()
        };
        text.lines().filter_map(count).sum()
    }

    /// Returns what was written since the last call, a list of lines a call, and forgets the calls.
    pub(crate) fn written(&self) -> Vec<Vec<String>> {
        let calls = self.route53.calls();
        self.route53.clear_calls();
        let batches = calls.iter().filter(|call| call.operation == "ChangeResourceRecordSets");
        let lines = |call: &route53_emulator::LoggedCall| {
            let mut lines: Vec<_> = call.changes.iter().map(change_line).collect();
            lines.sort();
            if call.outcome != "ok" {
                lines.insert(0, call.outcome.clone());
            }
            lines
        };
        batches.map(lines).collect()
    }

    /// Returns the public zone, a line a record set, without SOA and NS.
    pub(crate) fn zone(&self) -> Vec<String> {
        self.zone_of(PUBLIC)
    }

    /// Returns a zone as [`zone`](Self::zone) does.
    pub(crate) fn zone_of(&self, zone: &str) -> Vec<String> {
        let sets = self.route53.record_sets(zone);
        sets.iter().filter(|set| !matches!(set.r#type.as_str(), "SOA" | "NS")).map(line).collect()
    }

    /// Waits for a reason to be told of a name, and returns the line of the log.
    pub(crate) async fn is_told(&self, code: &str, name: &str) -> Value {
        let told = || async { self.told(code, name) };
        let what = format!("{code} of {name}");
        eventually(&what, told, |found| !found.is_empty()).await.pop().unwrap()
    }

    /// Returns the lines of the log that tell a reason of a name, oldest first.
    pub(crate) fn told(&self, code: &str, name: &str) -> Vec<Value> {
        let is_it = |entry: &Value| {
            let is = |key: &str, value: &str| entry.get(key).and_then(Value::as_str) == Some(value);
            is("reason", code) && is("record.name", name)
        };
        let log = self.log();
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(is_it).collect()
    }

    /// Returns the controller's log.
    pub(crate) fn log(&self) -> String {
        self.controller.as_ref().map(|controller| controller.process.log()).unwrap_or_default()
    }

    /// Waits for the log to satisfy a condition.
    pub(crate) async fn until_log(&self, what: &str, wanted: impl Fn(&String) -> bool) -> String {
        eventually(what, || async { self.log() }, wanted).await
    }

    /// Returns the running controller.
    pub(crate) fn running(&self) -> &Controller {
        self.controller.as_ref().unwrap()
    }

    /// Waits until the controller is not ready and says all of these words about it.
    pub(crate) async fn complains_of(&self, words: &[&str]) {
        let look = || async { self.running().ready().await.unwrap() };
        let complains =
            |(ready, says): &(bool, String)| !ready && words.iter().all(|word| says.contains(word));
        eventually(&format!("a complaint about {words:?}"), look, complains).await;
    }

    /// Waits until the controller is ready.
    pub(crate) async fn is_ready(&self) {
        let look = || async { self.running().ready().await.unwrap() };
        eventually("readiness", look, |(ready, _)| *ready).await;
    }

    /// Returns the last plan, as the controller shows it.
    pub(crate) async fn plan(&self) -> Value {
        let url = format!("{}/v1/plan", self.running().admin);
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }
}

/// Returns where a story can be told: files, our Kubernetes and, if there is one, a real API
/// server; `None` for files.
pub(crate) async fn stages() -> Vec<Option<Cluster>> {
    let clusters = Cluster::every().await.unwrap();
    std::iter::once(None).chain(clusters.into_iter().map(Some)).collect()
}

/// Returns the object in another namespace, if it is in `default`.
fn within(object: &Value, namespace: &str) -> Value {
    let mut object = object.clone();
    match object.pointer_mut("/metadata/namespace") {
        Some(place) if place == "default" => *place = namespace.into(),
        _ => {}
    }
    object
}

/// Installs the definition of a custom kind, and waits until the API serves it.
pub(crate) async fn install(cluster: &Cluster, definition: &Value) {
    cluster.apply(definition, "").await.unwrap();
    let text = |path| definition.pointer(path).and_then(Value::as_str).unwrap();
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let kind = GroupVersionKind::gvk(group, text("/spec/versions/0/name"), kind);
    let look = || async {
        kube::discovery::pinned_kind(cluster.client(), &kind)
            .await
            .map_err(|error| error.to_string())
    };
    eventually("the new kind", look, Result::is_ok).await.unwrap();
}
