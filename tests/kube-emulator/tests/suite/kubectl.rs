//! `kubectl` against the emulator, where there is a `kubectl`.

use std::io::Write;
use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::http::Http;

const MANIFEST: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {a: '1'}}
spec: {type: LoadBalancer, ports: [{port: 80, name: http}, {port: 443, name: https}]}
";

/// A `kubectl` with a home of its own.
struct Kubectl {
    url: String,
    home: TempDir,
}

impl Kubectl {
    /// Returns nothing, and says so, where there is no `kubectl`; in CI there must be one.
    async fn find(http: &Http) -> Option<Self> {
        let version = Command::new("kubectl").args(["version", "--client"]).output().await;
        if version.is_ok_and(|output| output.status.success()) {
            let home = tempfile::tempdir().unwrap();
            return Some(Self { url: http.emulator.url(), home });
        }
        let in_ci = std::env::vars_os().any(|(name, value)| name == "CI" && value == "true");
        assert!(!in_ci, "this test needs `kubectl`");
        let _: std::io::Result<()> = writeln!(std::io::stderr(), "SKIPPED: there is no `kubectl`");
        None
    }

    /// Runs `kubectl` with words split at spaces and returns what it printed.
    async fn run(&self, arguments: &str, input: &str) -> String {
        let output = self.output(arguments, input).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(output.status.success(), "kubectl {arguments}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "kubectl {arguments}");
        text(&output.stdout)
    }

    async fn output(&self, arguments: &str, input: &str) -> Output {
        let mut child = Command::new("kubectl")
            .arg(format!("--server={}", self.url))
            .args(arguments.split(' '))
            .env("HOME", self.home.path())
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_applies_reads_changes_and_deletes() {
    let http = Http::start().await;
    let Some(kubectl) = Kubectl::find(&http).await else { return };
    assert_eq!(kubectl.run("apply -f -", MANIFEST).await, "service/web created");
    assert_eq!(kubectl.run("apply -f -", MANIFEST).await, "service/web unchanged");
    let changed = MANIFEST.replace("'1'", "'2'").replace(", {port: 443, name: https}", "");
    assert_eq!(kubectl.run("apply -f -", &changed).await, "service/web configured");
    let ports = "get svc web -o jsonpath={.spec.ports[*].name}";
    assert_eq!(kubectl.run(ports, "").await, "http");
    assert!(kubectl.run("get svc", "").await.contains("LoadBalancer   10.96.1.0"));

    assert_eq!(kubectl.run("annotate svc web b=3", "").await, "service/web annotated");
    assert_eq!(kubectl.run("label svc web c=4", "").await, "service/web labeled");
    let patch = "patch svc web --subresource=status --type=merge -p \
                 {\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}";
    assert_eq!(kubectl.run(patch, "").await, "service/web patched");
    let wait =
        "wait svc/web --timeout=10s --for=jsonpath={.status.loadBalancer.ingress[0].ip}=192.0.2.1";
    assert_eq!(kubectl.run(wait, "").await, "service/web condition met");
    let strategic = "patch svc web -p {\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":8080}]}}";
    assert_eq!(kubectl.run(strategic, "").await, "service/web patched");
    assert!(kubectl.run("get svc -l c=4", "").await.contains("192.0.2.1"));
    assert!(kubectl.run("delete svc web", "").await.starts_with("service \"web\" deleted"));
    assert_eq!(kubectl.run("get svc web --ignore-not-found", "").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_applies_on_the_server() {
    let http = Http::start().await;
    let Some(kubectl) = Kubectl::find(&http).await else { return };
    for _ in 0..2 {
        let applied = kubectl.run("apply --server-side -f -", MANIFEST).await;
        assert_eq!(applied, "service/web serverside-applied");
    }
    let dry = kubectl.run("apply --dry-run=server -f -", &MANIFEST.replace("web", "dry")).await;
    assert_eq!(dry, "service/dry created (server dry run)");
    assert_eq!(kubectl.run("get svc dry --ignore-not-found", "").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_creates_what_it_sends_as_protobuf() {
    let http = Http::start().await;
    let Some(kubectl) = Kubectl::find(&http).await else { return };
    assert_eq!(kubectl.run("create namespace apps", "").await, "namespace/apps created");
    let create = "create service loadbalancer front --tcp=80:8080 -n apps";
    assert_eq!(kubectl.run(create, "").await, "service/front created");
    let port = "get svc front -n apps -o jsonpath={.spec.type}:{.spec.ports[0].targetPort}";
    assert_eq!(kubectl.run(port, "").await, "LoadBalancer:8080");
    let create = "create secret generic token -n apps --from-literal=key=value";
    assert_eq!(kubectl.run(create, "").await, "secret/token created");
    let key = "get secret token -n apps -o jsonpath={.data.key}";
    assert_eq!(kubectl.run(key, "").await, "dmFsdWU=");
    assert_eq!(kubectl.run("auth can-i list services", "").await, "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_learns_a_kind_that_a_definition_adds() {
    let http = Http::start().await;
    let Some(kubectl) = Kubectl::find(&http).await else { return };
    let definition = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
";
    kubectl.run("apply -f -", definition).await;
    let wait = "wait crd/widgets.example.com --for=condition=Established --timeout=10s";
    assert!(kubectl.run(wait, "").await.ends_with("condition met"));
    let widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {size: 3}}";
    assert_eq!(kubectl.run("apply -f -", widget).await, "widget.example.com/a created");
    let bigger = widget.replace('3', "4");
    assert_eq!(kubectl.run("apply -f -", &bigger).await, "widget.example.com/a configured");
    let listed = kubectl.run("get wd", "").await;
    assert!(listed.starts_with("NAME   SIZE") && listed.contains("a      4"), "{listed}");
    let misspelt = kubectl.output("apply -f -", &widget.replace("size", "sise")).await;
    let message = String::from_utf8_lossy(&misspelt.stderr).into_owned();
    assert!(message.contains("unknown field \"spec.sise\""), "{message}");
    let wrong = kubectl.output("apply -f -", &widget.replace('3', "big")).await;
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("must be of type integer"));
    let deleted = kubectl.run("delete wd --all", "").await;
    assert!(deleted.starts_with("widget.example.com \"a\" deleted"), "{deleted}");
}
