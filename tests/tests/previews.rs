//! What manifests become: a preview of a whole repository, and syncs over files that break.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use e2e::World;
use e2e::faulty::Faulty;
use e2e::manifest::service_yaml;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::{Folder, OWNER};

const SOURCE: &str = "--source=service";

/// Returns an empty folder of manifests, and a provider for syncs that know nothing of each other.
async fn world() -> World<Folder> {
    let provider = Faulty::start(Vec::new()).await.unwrap();
    World::new(Folder::new(), provider).flags(&[SOURCE, "--max-delete-percent=100"])
}

fn service(name: &str) -> String {
    service_yaml(name, "192.0.2.1")
}

fn on_objects(world: &World<Folder>, arguments: &[&str]) -> Ended {
    world.run_on_objects(&[arguments, &[SOURCE]].concat())
}

fn on_both(world: &World<Folder>, arguments: &[&str]) -> Ended {
    world.run_on_both(&[arguments, &[SOURCE]].concat())
}

/// Makes one sync in a process of its own; returns the names that the provider holds then.
fn sync(world: &World<Folder>) -> (Vec<String>, Ended) {
    let ended = world.sync_once(&[]);
    (world.provider.names(), ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_repository_can_be_previewed_and_passed_over() {
    let world = world().await;
    world.objects.write("base/service.yaml", &service("web"));
    world.objects.write("base/kustomization.yaml", "resources: [service.yaml]\n");
    world.objects.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\n");
    world
        .objects
        .write("chart/templates/a.yaml", "kind: Service\nmetadata:\n  name: {{ .Name }}\n");
    world.objects.write("gone.yaml", &service("gone"));
    let preview = on_objects(&world, &["endpoints"]);
    assert!(preview.status.success(), "{}", preview.stderr);
    assert!(preview.stdout.contains("web.example.com"), "{}", preview.stdout);
    assert_eq!(preview.stderr.matches("passed over").count(), 1, "{}", preview.stderr);
    assert!(preview.stderr.contains("kustomization.yaml"), "{}", preview.stderr);
    assert_eq!(sync(&world).0, ["gone.example.com", "web.example.com"]);
    // Nothing in there is unknown, so what is taken out goes.
    world.objects.remove("gone.yaml");
    let (names, ended) = sync(&world);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(names, ["web.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_read_any_more_keeps_its_name_and_the_others_count() {
    let world = world().await;
    for name in ["bad", "good", "gone"] {
        world.objects.write(&format!("{name}.yaml"), &service(name));
    }
    sync(&world);
    world.objects.remove("gone.yaml");
    let bad = service("bad").replace("annotations:\n", "annotations:\n    backup/enabled: true\n");
    world.objects.write("bad.yaml", &bad);
    let (names, ended) = sync(&world);
    assert_eq!(names, ["bad.example.com", "good.example.com"]);
    for told in ["Unreadable", "bad.yaml:6", "backup/enabled", "put it in quotes"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    world.objects.write("bad.yaml", "# no object any more\n");
    assert_eq!(sync(&world).0, ["good.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_makes_no_sense_any_more_deletes_nothing() {
    let world = world().await;
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
        world.objects.write("web.yaml", &good);
        world.objects.write("mail.yaml", &service("mail"));
        assert_eq!(sync(&world).0, ["mail.example.com", "web.example.com"]);
        world.objects.write("web.yaml", &broken);
        let (names, ended) = sync(&world);
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
    let world = world().await;
    world.objects.write("all.yaml", WITHOUT_STATUS);
    let sources = "--source=ingress,gateway-httproute,istio-gateway,contour-httpproxy,skipper-routegroup,\
                   kong-tcpingress,f5-virtualserver,openshift-route";
    let preview = on_objects(&world, &["endpoints", sources, "--assume-address=192.0.2.9"]);
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
    let named = on_objects(
        &world,
        &["endpoints", "--source=ingress", "--assume-address=lb.example.net", "-o=json"],
    );
    assert!(named.stdout.contains("lb.example.net"), "{} {}", named.stdout, named.stderr);
    assert!(named.stderr.contains("addresses are assumed"), "{}", named.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_assumed_is_never_published() {
    let world = world().await;
    world.objects.write("all.yaml", WITHOUT_STATUS);
    for command in [
        &["run", "--once", "--metrics-address=", OWNER][..],
        &["ownership", "migrate", "--from-owner=x", OWNER, "--yes"],
        &["ownership", "adopt", "lb.example.com", OWNER, "--yes"],
    ] {
        let ended = on_both(&world, &[command, &["--assume-address=192.0.2.9"]].concat());
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        assert!(ended.stderr.contains("must never be published"), "{command:?}: {}", ended.stderr);
    }
    assert_eq!(world.provider.memory.dump(), []);
    let planned = on_both(&world, &["plan", OWNER, "--assume-address=192.0.2.9"]);
    assert_eq!(planned.status.code(), Some(2), "{}", planned.stderr);
    assert!(planned.stdout.contains("lb.example.com") && planned.stdout.contains("assumed"));
    assert_eq!(world.provider.memory.dump(), []);
    let alone = Program::new(SIGNPOST)
        .args(["endpoints", "--source=service", "--assume-address=192.0.2.9"])
        .run()
        .unwrap();
    assert!(alone.stderr.contains("--manifests"), "{}", alone.stderr);
    let odd = on_objects(&world, &["endpoints", "--assume-address=192.0.2.9:80"]);
    assert!(odd.stderr.contains("192.0.2.9:80"), "{}", odd.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_preview_fails_when_someone_has_to_act() {
    let world = world().await;
    world.objects.write("web.yaml", &service("web"));
    world.objects.write("kustomization.yaml", "resources: [web.yaml]\n");
    world.objects.write("waits.yaml", &service("waits").replace("status:", "former:"));
    let good = on_objects(&world, &["endpoints", "--strict"]);
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
        world.objects.write("bad.yaml", &bad);
        let lenient = on_objects(&world, &["endpoints"]);
        assert!(lenient.status.success(), "{told}: {}", lenient.stderr);
        let strict = on_objects(&world, &["endpoints", "--strict"]);
        assert_eq!(strict.status.code(), Some(1), "{told}: {}", strict.stderr);
        assert!(strict.stderr.contains(told), "{told}: {}", strict.stderr);
        assert!(strict.stdout.contains("web.example.com"), "{}", strict.stdout);
    }
    world.objects.write("bad.yaml", &named("a..b.example.com"));
    assert_eq!(on_both(&world, &["plan", OWNER]).status.code(), Some(2));
    let strict = on_both(&world, &["plan", OWNER, "--strict"]);
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
