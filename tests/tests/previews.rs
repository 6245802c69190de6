//! What manifests become: a preview of a whole repository, and passes over files that break.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::path::Path;

use e2e::faulty::Faulty;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use webhook_api::{Endpoint, RecordType};

fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
         external-dns.kubernetes.io/hostname: {name}.example.com\nspec: {{ type: LoadBalancer }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: 192.0.2.1 }}] }} }}\n"
    )
}

/// A folder of manifests, and what a provider holds after passes that know nothing of each other.
struct World {
    folder: tempfile::TempDir,
    provider: Faulty,
}

impl World {
    async fn new() -> Self {
        let provider = Faulty::start(Vec::new()).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), provider }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn signpost(&self, arguments: &[&str]) -> Ended {
        Program::new(SIGNPOST)
            .args(arguments.iter().copied())
            .args(["--source=service", &format!("--manifests={}", self.path().display())])
            .run()
            .unwrap()
    }

    /// Makes one pass in a process of its own; returns what the provider holds then.
    fn pass(&self) -> (Vec<String>, Ended) {
        let ended = self.signpost(&[
            "run",
            "--once",
            "--txt-owner-id=me",
            "--max-delete-percent=100",
            "--metrics-address=",
            &format!("--webhook-provider-url={}", self.provider.url()),
        ]);
        let held = self.provider.memory.dump();
        let names = held.iter().filter(|it| it.record_type == RecordType::A);
        let mut names: Vec<_> = names.map(|it: &Endpoint| it.dns_name.to_string()).collect();
        names.sort();
        (names, ended)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_repository_can_be_previewed_and_passed_over() {
    let world = World::new().await;
    world.write("base/service.yaml", &service("web"));
    world.write("base/kustomization.yaml", "resources: [service.yaml]\n");
    world.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\n");
    world.write("chart/templates/a.yaml", "kind: Service\nmetadata:\n  name: {{ .Name }}\n");
    world.write("gone.yaml", &service("gone"));
    let preview = world.signpost(&["endpoints"]);
    assert!(preview.status.success(), "{}", preview.stderr);
    assert!(preview.stdout.contains("web.example.com"), "{}", preview.stdout);
    assert_eq!(preview.stderr.matches("passed over").count(), 1, "{}", preview.stderr);
    assert!(preview.stderr.contains("kustomization.yaml"), "{}", preview.stderr);
    assert_eq!(world.pass().0, ["gone.example.com", "web.example.com"]);
    // Nothing in there is unknown, so what is taken out goes.
    std::fs::remove_file(world.path().join("gone.yaml")).unwrap();
    let (names, ended) = world.pass();
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(names, ["web.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_read_any_more_keeps_its_name_and_the_others_count() {
    let world = World::new().await;
    for name in ["bad", "good", "gone"] {
        world.write(&format!("{name}.yaml"), &service(name));
    }
    world.pass();
    std::fs::remove_file(world.path().join("gone.yaml")).unwrap();
    let bad = service("bad").replace("annotations:\n", "annotations:\n    backup/enabled: true\n");
    world.write("bad.yaml", &bad);
    let (names, ended) = world.pass();
    assert_eq!(names, ["bad.example.com", "good.example.com"]);
    for told in ["Unreadable", "bad.yaml:6", "backup/enabled", "put it in quotes"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    world.write("bad.yaml", "# no object any more\n");
    assert_eq!(world.pass().0, ["good.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_makes_no_sense_any_more_deletes_nothing() {
    let world = World::new().await;
    let good = service("web");
    for broken in [
        good.replace("{ ip: 192.0.2.1 }", "{ ip: 192.0.2.1"),
        good.replace("  name: web\n", "  nmae: web\n"),
        good.replace("kind: Service", "knd: Service"),
        good.replace("apiVersion: v1", "apiVersion: v2"),
        good.replace("  name: web\n", "  name: web\n  name: web\n"),
        good.replace("  annotations:", "\tannotations:"),
        good.split("Serv").next().unwrap().to_owned(),
        "this: is: no: yaml".to_owned(),
    ] {
        world.write("web.yaml", &good);
        world.write("mail.yaml", &service("mail"));
        assert_eq!(world.pass().0, ["mail.example.com", "web.example.com"]);
        world.write("web.yaml", &broken);
        let (names, ended) = world.pass();
        assert_eq!(names, ["mail.example.com", "web.example.com"], "{broken}");
        assert!(ended.stderr.contains("web.yaml"), "{broken}: {}", ended.stderr);
    }
}
