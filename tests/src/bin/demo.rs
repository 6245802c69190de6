//! `cargo demo`: the whole product on this machine, from a manifest to a DNS answer.
//!
//! Four processes on free ports, wired as in production. It applies `examples/quickstart`, waits
//! until every name answers, prints what happened, and goes on until Ctrl-C.

#[path = "demo/answers.rs"]
mod answers;
#[path = "demo/manifests.rs"]
mod manifests;
#[path = "demo/service.rs"]
mod service;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use e2e::cluster::Cluster;
use e2e::programs;
use e2e::world::Controller;

use self::answers::Answers;
use self::manifests::Manifests;
use self::service::{Backend, RunningBackend};

const ZONE: &str = "example.com";
const OWNER: &str = "demo";

const HELP: &str = "\
Runs Signpost from end to end on this machine, on the manifests in examples/quickstart.

Usage: cargo demo [-- OPTIONS]

  --provider=NAME aws (the default): an emulated Route 53; rfc2136: a name server that takes DNS UPDATE
  --once          stop after every name is answered
  --fresh         forget the DNS records of earlier runs first
  --folder=DIR    keep logs and records there instead of in target/demo
  --help          this text

Edit a file in examples/quickstart, or use kubectl with the printed server, and watch the answers.
";

struct Options {
    kind: Backend,
    once: bool,
    fresh: bool,
    folder: PathBuf,
}

fn main() -> ExitCode {
    let folder = programs::workspace().join("target/demo");
    let mut options = Options { kind: Backend::Route53, once: false, fresh: false, folder };
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--once" => options.once = true,
            "--fresh" => options.fresh = true,
            "--provider=aws" => options.kind = Backend::Route53,
            "--provider=rfc2136" => options.kind = Backend::NameServer,
            "--help" | "-h" => {
                say(HELP.trim_end());
                return ExitCode::SUCCESS;
            }
            other if other.starts_with("--folder=") => {
                options.folder = other.trim_start_matches("--folder=").into();
            }
            other => {
                complain(&format!("`{other}` is not an option of the demo; try --help"));
                return ExitCode::FAILURE;
            }
        }
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        tokio::select! {
            done = demo(&options) => done,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn demo(options: &Options) -> anyhow::Result<()> {
    let folder = &options.folder;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to make `{}`", folder.display()))?;
    let log = |name: &str| Some(folder.join(format!("{name}.log")));
    let kind = options.kind;
    let state: PathBuf = folder.join(kind.state());
    if options.fresh && state.exists() {
        std::fs::remove_file(&state).context("failed to forget earlier records")?;
    }

    say("Building the four programs (the first time takes some minutes) ...");
    for name in [&[programs::SIGNPOST, programs::KUBERNETES][..], &kind.programs()].concat() {
        programs::path(name)?;
    }
    say("Starting them ...");
    let cluster = Cluster::emulated().await?;
    let (service, sidecar) = RunningBackend::start(kind, ZONE, &state, log).await?;
    let manifests = Manifests::read(programs::workspace().join("examples/quickstart"))?;
    for manifest in manifests.all() {
        cluster.apply(manifest, "").await?;
    }
    let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
    let owner = format!("--txt-owner-id={OWNER}");
    let domain = format!("--domain-filter={ZONE}");
    let arguments = [
        "--source=service",
        "--source=ingress",
        "--source=crd",
        // Every run has a new cluster, and the records of the last one are its own.
        "--instance-id=",
        "--managed-record-types=A",
        "--managed-record-types=AAAA",
        "--managed-record-types=CNAME",
        "--managed-record-types=TXT",
        &kubeconfig,
        &owner,
        &domain,
    ];
    let controller = Controller::start(&sidecar.url, &arguments, log("signpost"))?;

    say(&format!("Waiting until the names of {} are answered ...", manifests.folder().display()));
    let mut answers = Answers::new(&sidecar, service.dns());
    all_are_answered(&mut answers, &manifests, &controller, folder).await?;
    say("");
    say(answers.table().trim_end());
    say("");
    say(&written(service.writes().await?, kind.write()));
    if options.once {
        return Ok(());
    }

    say(&format!(
        "
{admin}/ is a page with everything on it. Look at each part:
  kubectl --server={kubernetes} get services,ingresses,dnsendpoints
  curl -s {sidecar}/records | jq
  curl -s {sidecar}/adjustendpoints -H content-type:application/json -d '[{{\"dnsName\":\"x.{ZONE}\",\"recordType\":\"A\",\"targets\":[\"192.0.2.1\"]}}]'
  curl -s {admin}/v1/plan | jq
  curl -s '{admin}/readyz?verbose'
  {signpost} status --controller={admin}
  dig @{dns_address} -p {dns_port} web.{ZONE}

Edit a file in {folder}, or use kubectl, and see what happens here. The logs of all programs are in
{logs}. Ctrl-C ends everything.
",
        kubernetes = cluster.url(),
        sidecar = sidecar.url,
        admin = controller.admin,
        dns_address = service.dns().ip(),
        dns_port = service.dns().port(),
        folder = manifests.folder().display(),
        logs = folder.display(),
        signpost = programs::path(programs::SIGNPOST)?.display(),
    ));
    follow(cluster, manifests, answers).await
}

/// Waits until each name of the manifests is answered and the controller is ready.
async fn all_are_answered(
    answers: &mut Answers<'_>,
    manifests: &Manifests,
    controller: &Controller,
    logs: &Path,
) -> anyhow::Result<()> {
    let names = manifests.names()?;
    for _ in 0..=600 {
        answers.update().await?;
        let is_complete = answers.missing(&names).is_empty();
        if is_complete && controller.ready().await.is_ok_and(|(ready, _)| ready) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!(
        "these names are still not answered after a minute: {}; the logs in {} say why",
        answers.missing(&names).join(", "),
        logs.display()
    )
}

/// Says how many writes, called `what`, it took.
fn written(count: u64, what: &str) -> String {
    match count {
        0 => "Nothing had to be written: the zone was as it should be from an earlier run."
            .to_owned(),
        1 => format!("One {what} wrote all of it."),
        count => format!("{count} {} wrote all of it.", what.replacen(' ', "s ", 1)),
    }
}

/// Applies what changes in the folder, and says what changes in the answers.
async fn follow(
    cluster: Cluster,
    mut manifests: Manifests,
    mut answers: Answers<'_>,
) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match manifests.changes() {
            Ok(changes) => {
                for manifest in &changes.applied {
                    say(&format!("  applied {}", manifests::title(manifest)));
                    if let Err(error) = cluster.apply(manifest, "").await {
                        say(&format!("  {error:#}"));
                    }
                }
                for manifest in &changes.removed {
                    say(&format!("  deleted {}", manifests::title(manifest)));
                    if let Err(error) = cluster.delete(manifest, "").await {
                        say(&format!("  {error:#}"));
                    }
                }
            }
            Err(error) => say(&format!("  not applied: {error:#}")),
        }
        for line in answers.update().await? {
            say(&format!("  {line}"));
        }
    }
}

fn say(text: &str) {
    // A closed pipe is no failure of the demo.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

fn complain(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "demo: {text}"));
}
