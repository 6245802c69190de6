//! Flags that change while the controller runs: what is taken, what is refused, and what stays.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::path::{Path, PathBuf};

use e2e::faulty::Faulty;
use e2e::patience::eventually;
use e2e::world::Controller;
use external_dns_webhook::{Provider, RecordType};

struct World {
    folder: tempfile::TempDir,
    provider: Faulty,
    controller: Controller,
}

impl World {
    /// Starts a controller that publishes `a`, `b` and `c.example.com`, with `config` as its file.
    async fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("objects")).unwrap();
        std::fs::write(folder.path().join("signpost.yaml"), config).unwrap();
        let provider = Faulty::start(Vec::new()).await.unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let policy = if config.contains("policy") { "--once=false" } else { "--policy=sync" };
        let arguments = [
            policy.to_owned(),
            format!("--config={}", path("signpost.yaml")),
            format!("--manifests={}", path("objects")),
            "--txt-owner-id=me".to_owned(),
            "--max-delete-percent=100".to_owned(),
        ];
        for name in ["a", "b", "c"] {
            publish(folder.path(), "service", name);
        }
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
        Self { folder, provider, controller }
    }

    fn config(&self, text: &str) {
        std::fs::write(self.folder.path().join("signpost.yaml"), text).unwrap();
    }

    fn withdraw(&self, name: &str) {
        let file = self.folder.path().join("objects").join(format!("service-{name}.yaml"));
        std::fs::remove_file(file).unwrap();
    }

    async fn names(&self) -> Vec<String> {
        let records = self.provider.memory.records().await.unwrap();
        let addresses = records.iter().filter(|record| record.record_type == RecordType::A);
        let mut names: Vec<_> = addresses.map(|address| address.dns_name.to_string()).collect();
        names.sort();
        names
    }

    async fn until_names_are(&self, expected: &[&str]) {
        eventually(&format!("{expected:?}"), || self.names(), |names| *names == expected).await;
    }

    async fn until_logged(&self, text: &str) {
        let log = || async { self.controller.process.log() };
        eventually(&format!("`{text}` in the log"), log, |log| log.contains(text)).await;
    }

    /// Waits until readiness is as expected, and returns what it says.
    async fn until_ready_is(&self, expected: bool) -> String {
        let ready = || async { self.controller.ready().await.unwrap() };
        eventually(&format!("ready: {expected}"), ready, |ready| ready.0 == expected).await.1
    }

    /// Returns how often the text stands in the log.
    fn logged(&self, text: &str) -> usize {
        self.controller.process.log().matches(text).count()
    }
}

/// Has an object of `kind` want `name.example.com`.
fn publish(folder: &Path, kind: &str, name: &str) {
    let text = match kind {
        "service" => format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
             external-dns.kubernetes.io/hostname: {name}.example.com\nspec: {{ type: LoadBalancer }}\n\
             status: {{ loadBalancer: {{ ingress: [{{ ip: 192.0.2.1 }}] }} }}\n"
        ),
        _ => format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{ name: {name} }}\n\
             spec: {{ rules: [{{ host: {name}.example.com }}] }}\n\
             status: {{ loadBalancer: {{ ingress: [{{ ip: 192.0.2.2 }}] }} }}\n"
        ),
    };
    std::fs::write(folder.join("objects").join(format!("{kind}-{name}.yaml")), text).unwrap();
}

const ALL: [&str; 3] = ["a.example.com", "b.example.com", "c.example.com"];
const TAKEN: &str = "The configuration changed";

#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_filter_leaves_what_it_leaves_out_as_it_is() {
    let world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    world.config("source: service\ndomain-filter: [a.example.com]\n");
    world.until_logged(TAKEN).await;
    // Neither that it is outside nor that its object goes is a reason to delete it.
    world.withdraw("b");
    world.withdraw("a");
    world.until_names_are(&["b.example.com", "c.example.com"]).await;
    // Asked for again, what nobody wants any more goes.
    world.config("source: service\n");
    world.until_names_are(&["c.example.com"]).await;
    assert_eq!(world.logged(TAKEN), 2, "{}", world.controller.process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_emptied_opens_nothing_and_a_guard_that_goes_is_named() {
    let guards = "domain-filter: [a.example.com]\nmax-deletes: 7\n";
    let world = World::new(&format!("source: service\n{guards}")).await;
    world.until_names_are(&["a.example.com"]).await;
    for nothing in ["", "# source: service\n", "---\n", "{}\n"] {
        world.config(nothing);
        let told = world.until_ready_is(false).await;
        assert!(told.contains("it sets no flag"), "{told}");
        world.config(&format!("source: service\n{guards}"));
        world.until_ready_is(true).await;
    }
    assert_eq!(world.names().await, ["a.example.com"], "the filter stayed");
    world.config("source: service\n");
    world.until_names_are(&ALL).await;
    world.until_logged("The configuration sets guards no more").await;
    let log = world.controller.process.log();
    let line = log.lines().find(|line| line.contains("sets guards no more")).unwrap();
    assert!(line.contains("--domain-filter") && line.contains("--max-deletes"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_namespace_may_not_have_any_more_go_and_come_back_with_the_right() {
    let world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    let domains =
        "namespace-domain:\n- default=a.example.com,b.example.com\n- team-*=c.example.com";
    world.config(&format!("source: service\n{domains}\n"));
    world.until_names_are(&["a.example.com", "b.example.com"]).await;
    world.until_logged("NamespaceNotAllowed").await;
    world
        .config("source: service\nnamespace-domain: [default=c]\nnamespace-domain-default: none\n");
    let told = world.until_ready_is(false).await;
    assert!(told.contains("namespace-domain-default"), "{told}");
    world.config("source: service\n");
    world.until_names_are(&ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_and_a_deletion_guard_are_taken_while_running() {
    let world = World::new("source: service\npolicy: upsert-only\nmin-ttl: 2m\n").await;
    world.until_names_are(&ALL).await;
    let ttls = || async {
        let records = world.provider.memory.records().await.unwrap();
        let ttl = |endpoint: &external_dns_webhook::Endpoint| {
            endpoint.ttl.map(external_dns_webhook::Ttl::seconds)
        };
        records
            .iter()
            .filter(|record| record.record_type == RecordType::A)
            .map(ttl)
            .collect::<Vec<_>>()
    };
    assert_eq!(ttls().await, [Some(120); 3]);
    world.config("source: service\npolicy: sync\nmax-deletes: 1\nmin-ttl: 3m\n");
    eventually("another TTL", ttls, |ttls| *ttls == [Some(180); 3]).await;
    world.withdraw("a");
    world.withdraw("b");
    world.until_logged("Deletions are held").await;
    world.config("source: service\npolicy: sync\nmax-deletes: 2\nmin-ttl: 3m\n");
    world.until_names_are(&["c.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_read_beside_the_old_ones_and_nothing_is_lost_meanwhile() {
    let world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    publish(world.folder.path(), "ingress", "d");
    world.config("source: [service, ingress]\n");
    world
        .until_names_are(&["a.example.com", "b.example.com", "c.example.com", "d.example.com"])
        .await;
    // The new folder is watched, and the old one is not acted on.
    world.withdraw("a");
    world.until_names_are(&["b.example.com", "c.example.com", "d.example.com"]).await;
    world.config("source: ingress\n");
    world.until_names_are(&["d.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_makes_no_sense_changes_nothing_and_is_told() {
    let world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    for (broken, says) in [
        ("source: service\ndomian-filter: a.example.com\n", "'--domain-filter'"),
        ("source: [service\n", "--config="),
        ("source: service\non-target-loss: everything\n", "everything"),
        ("source: nonsense\n", "nonsense"),
        ("source: service\ntarget-net-filter: x\n", "--target-net-filter=x"),
        ("source: service\nlabel-filter: '!!'\n", "--label-filter"),
        ("source: service\nstate-dir: x\n", "`--state-dir` changed, which needs a restart"),
    ] {
        world.config(broken);
        let ready = || async { world.controller.ready().await.unwrap() };
        let told = |line: &(bool, String)| {
            !line.0 && line.1.contains("[-]config") && line.1.contains(says)
        };
        eventually(&format!("{says} in /readyz"), ready, told).await;
    }
    // Work goes on as before.
    world.withdraw("a");
    world.until_names_are(&["b.example.com", "c.example.com"]).await;
    std::fs::remove_file(world.folder.path().join("signpost.yaml")).unwrap();
    let ready = || async { world.controller.ready().await.unwrap() };
    eventually("the missing file", ready, |ready| ready.1.contains("signpost.yaml")).await;
    world.config("source: service\n");
    let text = world.until_ready_is(true).await;
    assert!(!text.contains("config"), "{text}");
    assert_eq!(world.logged(TAKEN), 0, "{}", world.controller.process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_is_needed_takes_nothing_else_either() {
    let world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    world.config("source: service\nstate-dir: /nowhere\ndomain-filter: nothing.example.org\n");
    let text = world.until_ready_is(false).await;
    assert!(text.contains("`--state-dir` changed, which needs a restart"), "{text}");
    world.withdraw("a");
    world.until_names_are(&["b.example.com", "c.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_changes_its_level_and_its_form() {
    let world = World::new("source: service\nlog-level: error\n").await;
    world.until_names_are(&ALL).await;
    assert_eq!(world.logged("level=info"), 0, "{}", world.controller.process.log());
    world.config("source: service\nlog-level: debug\n");
    world.until_logged("level=debug").await;
    world.config("source: service\nlog-format: json\n");
    world.until_logged("{\"timestamp\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mounted_config_map_is_seen_when_its_link_is_swapped() {
    let mut world = World::new("source: service\n").await;
    let mount = world.folder.path().join("mount");
    let swap = |version: &str, text: &str| -> PathBuf {
        let folder = mount.join(version);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("signpost.yaml"), text).unwrap();
        std::os::unix::fs::symlink(version, mount.join("..new")).unwrap();
        std::fs::rename(mount.join("..new"), mount.join("..data")).unwrap();
        mount.join("signpost.yaml")
    };
    let file = swap("..1", "source: service\ndomain-filter: a.example.com\n");
    std::os::unix::fs::symlink("..data/signpost.yaml", &file).unwrap();
    world.controller.process.kill();
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let arguments = [
        format!("--config={}", file.display()),
        format!("--manifests={}", world.folder.path().join("objects").display()),
        "--txt-owner-id=me".to_owned(),
        "--policy=sync".to_owned(),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    world.controller = Controller::start(&provider.url(), &arguments, None).unwrap();
    world.provider = provider;
    world.until_names_are(&["a.example.com"]).await;
    swap("..2", "source: service\n");
    world.until_names_are(&ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reads_the_file_and_never_ends_the_process() {
    let mut world = World::new("source: service\n").await;
    world.until_names_are(&ALL).await;
    world.controller.process.signal("HUP").unwrap();
    world.until_logged("nothing in it changed").await;
    assert!(world.controller.process.is_running());
    world.controller.process.signal("TERM").unwrap();
    assert!(world.controller.process.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_on_standard_input_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("signpost.yaml");
    std::fs::write(&config, "source: service\n").unwrap();
    std::fs::create_dir(folder.path().join("objects")).unwrap();
    publish(folder.path(), "service", "a");
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let flag = format!("--config={}", config.display());
    let arguments =
        ["--manifests=-", "--txt-owner-id=me", "--policy=sync", "--max-delete-percent=100", &flag];
    let input = std::fs::read_to_string(folder.path().join("objects/service-a.yaml")).unwrap();
    let process = Controller::program(&provider.url(), &arguments).input(&input).start().unwrap();
    let mut controller = Controller::announced(process).unwrap();
    let records = || async { provider.memory.records().await.unwrap().len() };
    eventually("the record and its ownership record", records, |records| *records == 2).await;
    // Another source would mean reading objects again, and nothing is left to read.
    std::fs::write(&config, "source: [service, ingress]\n").unwrap();
    let ready = || async { controller.ready().await.unwrap().1 };
    eventually("the refusal", ready, |ready| ready.contains("standard input cannot be read again"))
        .await;
    assert_eq!(records().await, 2);
    assert!(controller.process.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_interval_is_kept_from_now_on() {
    let world = World::new("source: service\ninterval: 1h\n").await;
    world.until_names_are(&ALL).await;
    let syncs = || async {
        let url = format!("{}/metrics", world.controller.admin);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let is_count = |line: &&str| line.contains("sync_duration_seconds_count{kind=\"full\"");
        let counts = text.lines().filter(is_count).filter_map(|line| line.rsplit(' ').next());
        counts.filter_map(|count| count.parse::<f64>().ok()).sum::<f64>()
    };
    world.config("source: service\ninterval: 1s\n");
    eventually("a sync a second", syncs, |syncs| *syncs >= 5.0).await;
}
