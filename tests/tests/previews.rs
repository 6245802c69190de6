//! What manifests become: a preview of a whole repository, and syncs over files that break.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::path::Path;

use e2e::faulty::Faulty;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use external_dns_webhook::{Endpoint, RecordType};

fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
         external-dns.kubernetes.io/hostname: {name}.example.com\nspec: {{ type: LoadBalancer }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: 192.0.2.1 }}] }} }}\n"
    )
}

/// A folder of manifests, and what a provider holds after syncs that know nothing of each other.
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

    /// Makes one sync in a process of its own; returns what the provider holds then.
    fn sync(&self) -> (Vec<String>, Ended) {
        let ended = self.signpost(&[
            "run",
            "--once",
            "--policy=sync",
            "--txt-owner-id=me",
            "--max-delete-percent=100",
            "--metrics-address=",
            &format!("--webhook-provider-url={}", self.provider.url()),
        ]);
        let held = self.provider.memory.dump();
        let names = held.iter().filter(|endpoint| endpoint.record_type == RecordType::A);
        let mut names: Vec<_> =
            names.map(|endpoint: &Endpoint| endpoint.dns_name.to_string()).collect();
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
    assert_eq!(world.sync().0, ["gone.example.com", "web.example.com"]);
    // Nothing in there is unknown, so what is taken out goes.
    std::fs::remove_file(world.path().join("gone.yaml")).unwrap();
    let (names, ended) = world.sync();
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(names, ["web.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_read_any_more_keeps_its_name_and_the_others_count() {
    let world = World::new().await;
    for name in ["bad", "good", "gone"] {
        world.write(&format!("{name}.yaml"), &service(name));
    }
    world.sync();
    std::fs::remove_file(world.path().join("gone.yaml")).unwrap();
    let bad = service("bad").replace("annotations:\n", "annotations:\n    backup/enabled: true\n");
    world.write("bad.yaml", &bad);
    let (names, ended) = world.sync();
    assert_eq!(names, ["bad.example.com", "good.example.com"]);
    for told in ["Unreadable", "bad.yaml:6", "backup/enabled", "put it in quotes"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    world.write("bad.yaml", "# no object any more\n");
    assert_eq!(world.sync().0, ["good.example.com"]);
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
        assert_eq!(world.sync().0, ["mail.example.com", "web.example.com"]);
        world.write("web.yaml", &broken);
        let (names, ended) = world.sync();
        assert_eq!(names, ["mail.example.com", "web.example.com"], "{broken}");
        assert!(ended.stderr.contains("web.yaml"), "{broken}: {}", ended.stderr);
    }
}

/// Objects of every kind that gets its addresses from a controller, as they stand in Git.
const WITHOUT_STATUS: &str = r#"
{apiVersion: v1, kind: Service, metadata: {name: lb, annotations: {external-dns.kubernetes.io/hostname: lb.example.com}}, spec: {type: LoadBalancer}}
---
{apiVersion: v1, kind: Service, metadata: {name: np, annotations: {external-dns.kubernetes.io/hostname: np.example.com}}, spec: {type: NodePort, ports: [{nodePort: 30000}]}}
---
apiVersion: v1
kind: Service
metadata: {name: live, annotations: {external-dns.kubernetes.io/hostname: live.example.com}}
spec: {type: LoadBalancer}
status: {loadBalancer: {ingress: [{ip: 198.51.100.1}]}}
---
apiVersion: v1
kind: Service
metadata: {name: own, annotations: {external-dns.kubernetes.io/hostname: own.example.com, external-dns.kubernetes.io/target: 198.51.100.2}}
spec: {type: LoadBalancer}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in}
spec: {rules: [{host: in.example.com}]}
status: {loadBalancer: {}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: here}
spec: {listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.example.com"}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: here}
spec: {parentRefs: [{name: here}], hostnames: [here.example.com]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: elsewhere}
spec: {parentRefs: [{name: shared, namespace: infra, sectionName: https, port: 443}], hostnames: [elsewhere.example.com]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: mesh}
spec: {selector: {istio: ingressgateway}, servers: [{hosts: [mesh.example.com]}]}
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: proxy}
spec: {virtualhost: {fqdn: proxy.example.com}}
---
apiVersion: zalando.org/v1
kind: RouteGroup
metadata: {name: group}
spec: {hosts: [group.example.com]}
---
apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: tcp}
spec: {rules: [{host: tcp.example.com}]}
---
apiVersion: cis.f5.com/v1
kind: VirtualServer
metadata: {name: virtual}
spec: {host: virtual.example.com}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: shift}
spec: {host: shift.example.com}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn objects_without_a_status_show_their_names_with_an_assumed_address() {
    let world = World::new().await;
    world.write("all.yaml", WITHOUT_STATUS);
    let sources = "--source=ingress,gateway-httproute,istio-gateway,contour-httpproxy,skipper-routegroup,\
                   kong-tcpingress,f5-virtualserver,openshift-route";
    let preview = world.signpost(&["endpoints", sources, "--assume-address=192.0.2.9"]);
    assert!(preview.status.success(), "{}", preview.stderr);
    for name in
        ["lb", "np", "in", "here", "elsewhere", "mesh", "proxy", "group", "tcp", "virtual", "shift"]
    {
        let line = |line: &&str| line.starts_with(&format!("{name}.example.com "));
        let line = preview.stdout.lines().find(line);
        assert!(line.is_some_and(|line| line.contains("192.0.2.9")), "{name}: {}", preview.stdout);
    }
    for (name, address) in [("live", "198.51.100.1"), ("own", "198.51.100.2")] {
        let line = |line: &&str| line.starts_with(&format!("{name}.example.com "));
        let line = preview.stdout.lines().find(line).unwrap();
        assert!(line.contains(address) && !line.contains("192.0.2.9"), "{line}");
    }
    assert!(preview.stdout.contains("Note: addresses are assumed"), "{}", preview.stdout);
    let named = world.signpost(&[
        "endpoints",
        "--source=ingress",
        "--assume-address=lb.example.net",
        "-o=json",
    ]);
    assert!(named.stdout.contains("lb.example.net"), "{} {}", named.stdout, named.stderr);
    assert!(named.stderr.contains("addresses are assumed"), "{}", named.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_assumed_is_never_published() {
    let world = World::new().await;
    world.write("all.yaml", WITHOUT_STATUS);
    let url = format!("--webhook-provider-url={}", world.provider.url());
    for command in [
        &["run", "--once", "--metrics-address=", "--txt-owner-id=me"][..],
        &["ownership", "migrate", "--from-owner=x", "--txt-owner-id=me", "--yes"],
        &["ownership", "adopt", "lb.example.com", "--txt-owner-id=me", "--yes"],
    ] {
        let ended = world.signpost(&[command, &["--assume-address=192.0.2.9", &url]].concat());
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        assert!(ended.stderr.contains("must never be published"), "{command:?}: {}", ended.stderr);
    }
    assert_eq!(world.provider.memory.dump(), []);
    let planned =
        world.signpost(&["plan", "--txt-owner-id=me", "--assume-address=192.0.2.9", &url]);
    assert_eq!(planned.status.code(), Some(2), "{}", planned.stderr);
    assert!(planned.stdout.contains("lb.example.com") && planned.stdout.contains("assumed"));
    assert_eq!(world.provider.memory.dump(), []);
    let alone = Program::new(SIGNPOST)
        .args(["endpoints", "--source=service", "--assume-address=192.0.2.9"])
        .run()
        .unwrap();
    assert!(alone.stderr.contains("--manifests"), "{}", alone.stderr);
    let odd = world.signpost(&["endpoints", "--assume-address=192.0.2.9:80"]);
    assert!(odd.stderr.contains("192.0.2.9:80"), "{}", odd.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_preview_fails_when_someone_has_to_act() {
    let world = World::new().await;
    world.write("web.yaml", &service("web"));
    world.write("kustomization.yaml", "resources: [web.yaml]\n");
    world.write("waits.yaml", &service("waits").replace("status:", "former:"));
    let good = world.signpost(&["endpoints", "--strict"]);
    assert!(good.status.success(), "{}", good.stderr);
    let named = |name: &str| service("bad").replace("bad.example.com", name);
    for (bad, told) in [
        (named("a..b.example.com"), "1 InvalidName"),
        (service("bad").replace("annotations:", "annotations:\n    backup: true"), "1 Unreadable"),
        (service("bad").replace("  name: bad", "  generateName: bad"), "1 Unreadable"),
        (named("web.example.com").replace("192.0.2.1", "192.0.2.2"), "1 Conflict"),
        (
            service("bad")
                .replace("annotations:", "annotations:\n    external-dns.kubernetes.io/ttl: soon"),
            "1 InvalidAnnotation",
        ),
    ] {
        world.write("bad.yaml", &bad);
        let lenient = world.signpost(&["endpoints"]);
        assert!(lenient.status.success(), "{told}: {}", lenient.stderr);
        let strict = world.signpost(&["endpoints", "--strict"]);
        assert_eq!(strict.status.code(), Some(1), "{told}: {}", strict.stderr);
        assert!(strict.stderr.contains(told), "{told}: {}", strict.stderr);
        assert!(strict.stdout.contains("web.example.com"), "{}", strict.stdout);
    }
    world.write("bad.yaml", &named("a..b.example.com"));
    let url = format!("--webhook-provider-url={}", world.provider.url());
    let plan = ["plan", "--txt-owner-id=me", &url];
    assert_eq!(world.signpost(&plan).status.code(), Some(2));
    let strict = world.signpost(&[&plan[..], &["--strict"]].concat());
    assert_eq!(strict.status.code(), Some(1), "{}", strict.stderr);
    assert!(strict.stderr.contains("1 InvalidName"), "{}", strict.stderr);
    assert!(strict.stdout.contains("web.example.com"), "{}", strict.stdout);
}

#[test]
fn the_page_about_previews_lists_the_reasons_that_fail_a_strict_one() {
    let page = e2e::programs::workspace().join("docs/previews.md");
    let page = std::fs::read_to_string(page).unwrap();
    let codes = |needed: bool| {
        let rows = controller_core::status::Reason::catalogue();
        let rows = rows.into_iter().filter(|row| row.needs_someone == needed);
        rows.map(|row| format!("`{}`", row.code)).collect::<Vec<_>>().join(", ")
    };
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for list in [codes(true), format!("These do not count: {}.", codes(false))] {
        assert!(page.contains(&list), "the page lacks: {list}");
    }
}
