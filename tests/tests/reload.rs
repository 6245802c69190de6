//! Flags that change while the controller runs: what is taken, what is refused, and what stays.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::path::{Path, PathBuf};

use e2e::World;
use e2e::faulty::Faulty;
use e2e::manifest;
use e2e::patience::eventually;
use e2e::world::{Controller, Folder, OWNER};
use external_dns_webhook::{RecordType, Ttl};

/// The file of the configuration, in a folder of its own.
const FILE: &str = "signpost.yaml";

/// Returns a running world that wants `a`, `b` and `c.example.com`, and where its configuration is.
async fn world(config: &str) -> (World<Folder>, Folder) {
    let (objects, configuration) = (Folder::new(), Folder::new());
    for name in ["a", "b", "c"] {
        objects.service(name, "192.0.2.1");
    }
    configuration.write(FILE, config);
    let policy = if config.contains("policy") { "--once=false" } else { "--policy=sync" };
    let flags =
        [policy, "--max-delete-percent=100", &config_flag(&configuration.path().join(FILE))];
    let provider = Faulty::start(Vec::new()).await.unwrap();
    (World::new(objects, provider).flags(&flags).started(), configuration)
}

fn config_flag(file: &Path) -> String {
    format!("--config={}", file.display())
}

/// Returns how often the text stands in the log.
fn logged(world: &World<Folder>, text: &str) -> usize {
    world.log().matches(text).count()
}

/// An object that wants `d.example.com`.
const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: d }\n\
                       spec: { rules: [{ host: d.example.com }] }\n\
                       status: { loadBalancer: { ingress: [{ ip: 192.0.2.2 }] } }\n";

const ALL: [&str; 3] = ["a.example.com", "b.example.com", "c.example.com"];
const TAKEN: &str = "The configuration changed";

#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_filter_leaves_what_it_leaves_out_as_it_is() {
    let (world, config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    config.write(FILE, "source: service\ndomain-filter: [a.example.com]\n");
    world.until_logged(TAKEN).await;
    // Neither that it is outside nor that its object goes is a reason to delete it.
    world.objects.remove("b.yaml");
    world.objects.remove("a.yaml");
    world.provider.until_names_are(&["b.example.com", "c.example.com"]).await;
    // Asked for again, what nobody wants any more goes.
    config.write(FILE, "source: service\n");
    world.provider.until_names_are(&["c.example.com"]).await;
    assert_eq!(logged(&world, TAKEN), 2, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_emptied_opens_nothing_and_a_guard_that_goes_is_named() {
    let guards = "domain-filter: [a.example.com]\nmax-deletes: 7\n";
    let (world, config) = world(&format!("source: service\n{guards}")).await;
    world.provider.until_names_are(&["a.example.com"]).await;
    for nothing in ["", "# source: service\n", "---\n", "{}\n"] {
        config.write(FILE, nothing);
        let told = world.until_ready_is(false).await;
        assert!(told.contains("it sets no flag"), "{told}");
        config.write(FILE, &format!("source: service\n{guards}"));
        world.until_ready_is(true).await;
    }
    assert_eq!(world.provider.names(), ["a.example.com"], "the filter stayed");
    config.write(FILE, "source: service\n");
    world.provider.until_names_are(&ALL).await;
    world.until_logged("The configuration sets guards no more").await;
    let log = world.log();
    let line = log.lines().find(|line| line.contains("sets guards no more")).unwrap();
    assert!(line.contains("--domain-filter") && line.contains("--max-deletes"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_namespace_may_not_have_any_more_go_and_come_back_with_the_right() {
    let (world, config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    let domains =
        "namespace-domain:\n- default=a.example.com,b.example.com\n- team-*=c.example.com";
    config.write(FILE, &format!("source: service\n{domains}\n"));
    world.provider.until_names_are(&["a.example.com", "b.example.com"]).await;
    world.until_logged("NamespaceNotAllowed").await;
    config.write(
        FILE,
        "source: service\nnamespace-domain: [default=c]\nnamespace-domain-default: none\n",
    );
    let told = world.until_ready_is(false).await;
    assert!(told.contains("namespace-domain-default"), "{told}");
    config.write(FILE, "source: service\n");
    world.provider.until_names_are(&ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_and_a_deletion_guard_are_taken_while_running() {
    let (world, config) = world("source: service\npolicy: upsert-only\nmin-ttl: 2m\n").await;
    world.provider.until_names_are(&ALL).await;
    let ttls = || async {
        let records = world.provider.memory.dump();
        let addresses = records.iter().filter(|record| record.record_type == RecordType::A);
        addresses.map(|address| address.ttl.map(Ttl::seconds)).collect::<Vec<_>>()
    };
    assert_eq!(ttls().await, [Some(120); 3]);
    config.write(FILE, "source: service\npolicy: sync\nmax-deletes: 1\nmin-ttl: 3m\n");
    eventually("another TTL", ttls, |ttls| *ttls == [Some(180); 3]).await;
    world.objects.remove("a.yaml");
    world.objects.remove("b.yaml");
    world.until_logged("Deletions are held").await;
    config.write(FILE, "source: service\npolicy: sync\nmax-deletes: 2\nmin-ttl: 3m\n");
    world.provider.until_names_are(&["c.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_read_beside_the_old_ones_and_nothing_is_lost_meanwhile() {
    let (world, config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    world.objects.write("d.yaml", INGRESS);
    config.write(FILE, "source: [service, ingress]\n");
    world
        .provider
        .until_names_are(&["a.example.com", "b.example.com", "c.example.com", "d.example.com"])
        .await;
    // The new folder is watched, and the old one is not acted on.
    world.objects.remove("a.yaml");
    world.provider.until_names_are(&["b.example.com", "c.example.com", "d.example.com"]).await;
    config.write(FILE, "source: ingress\n");
    world.provider.until_names_are(&["d.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_makes_no_sense_changes_nothing_and_is_told() {
    let (world, config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    for (broken, says) in [
        ("source: service\ndomian-filter: a.example.com\n", "'--domain-filter'"),
        ("source: [service\n", "--config="),
        ("source: service\non-target-loss: everything\n", "everything"),
        ("source: nonsense\n", "nonsense"),
        ("source: service\ntarget-net-filter: x\n", "--target-net-filter=x"),
        ("source: service\nlabel-filter: '!!'\n", "--label-filter"),
        ("source: service\nstate-dir: x\n", "`--state-dir` changed, which needs a restart"),
    ] {
        config.write(FILE, broken);
        let ready = || async { world.controller().ready().await.unwrap() };
        let told = |line: &(bool, String)| {
            !line.0 && line.1.contains("[-]config") && line.1.contains(says)
        };
        eventually(&format!("{says} in /readyz"), ready, told).await;
    }
    // Work goes on as before.
    world.objects.remove("a.yaml");
    world.provider.until_names_are(&["b.example.com", "c.example.com"]).await;
    config.remove(FILE);
    world.until_readiness_says(FILE).await;
    config.write(FILE, "source: service\n");
    let text = world.until_ready_is(true).await;
    assert!(!text.contains("config"), "{text}");
    assert_eq!(logged(&world, TAKEN), 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_is_needed_takes_nothing_else_either() {
    let (world, config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    config
        .write(FILE, "source: service\nstate-dir: /nowhere\ndomain-filter: nothing.example.org\n");
    let text = world.until_ready_is(false).await;
    assert!(text.contains("`--state-dir` changed, which needs a restart"), "{text}");
    world.objects.remove("a.yaml");
    world.provider.until_names_are(&["b.example.com", "c.example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_changes_its_level_and_its_form() {
    let (world, config) = world("source: service\nlog-level: error\n").await;
    world.provider.until_names_are(&ALL).await;
    assert_eq!(logged(&world, "level=info"), 0, "{}", world.log());
    config.write(FILE, "source: service\nlog-level: debug\n");
    world.until_logged("level=debug").await;
    config.write(FILE, "source: service\nlog-format: json\n");
    world.until_logged("{\"timestamp\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mounted_config_map_is_seen_when_its_link_is_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path();
    let swap = |version: &str, text: &str| -> PathBuf {
        let folder = mount.join(version);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(FILE), text).unwrap();
        std::os::unix::fs::symlink(version, mount.join("..new")).unwrap();
        std::fs::rename(mount.join("..new"), mount.join("..data")).unwrap();
        mount.join(FILE)
    };
    let file = swap("..1", "source: service\ndomain-filter: a.example.com\n");
    std::os::unix::fs::symlink("..data/signpost.yaml", &file).unwrap();
    let objects = Folder::new();
    for name in ["a", "b", "c"] {
        objects.service(name, "192.0.2.1");
    }
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let flags = ["--policy=sync", &config_flag(&file)];
    let world = World::new(objects, provider).flags(&flags).started();
    world.provider.until_names_are(&["a.example.com"]).await;
    swap("..2", "source: service\n");
    world.provider.until_names_are(&ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reads_the_file_and_never_ends_the_process() {
    let (mut world, _config) = world("source: service\n").await;
    world.provider.until_names_are(&ALL).await;
    world.process().signal("HUP").unwrap();
    world.until_logged("nothing in it changed").await;
    assert!(world.process().is_running());
    world.end("TERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_on_standard_input_is_not_read_again() {
    let config = Folder::new();
    config.write(FILE, "source: service\n");
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let flag = config_flag(&config.path().join(FILE));
    let arguments = ["--manifests=-", OWNER, "--policy=sync", "--max-delete-percent=100", &flag];
    let input = manifest::service_yaml("a", "192.0.2.1");
    let process = Controller::program(&provider.url(), &arguments).input(&input).start().unwrap();
    let mut controller = Controller::announced(process).unwrap();
    let records = || async { provider.memory.dump().len() };
    eventually("the record and its ownership record", records, |records| *records == 2).await;
    // Another source would mean reading objects again, and nothing is left to read.
    config.write(FILE, "source: [service, ingress]\n");
    let ready = || async { controller.ready().await.unwrap().1 };
    eventually("the refusal", ready, |ready| ready.contains("standard input cannot be read again"))
        .await;
    assert_eq!(records().await, 2);
    assert!(controller.process.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_interval_is_kept_from_now_on() {
    let (world, config) = world("source: service\ninterval: 1h\n").await;
    world.provider.until_names_are(&ALL).await;
    let syncs = || async {
        let text = world.get("/metrics").await;
        let is_count = |line: &&str| line.contains("sync_duration_seconds_count{kind=\"full\"");
        let counts = text.lines().filter(is_count).filter_map(|line| line.rsplit(' ').next());
        counts.filter_map(|count| count.parse::<f64>().ok()).sum::<f64>()
    };
    config.write(FILE, "source: service\ninterval: 1s\n");
    eventually("a sync a second", syncs, |syncs| *syncs >= 5.0).await;
}
