//! Where a page is played: our programs, a Route 53, a cluster, and a folder that nobody minds.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use e2e::cluster::Cluster;
use e2e::programs::{self, workspace};
use e2e::world::Route53;

use super::markdown::Block;

/// Comes before the commands of every page.
const PRELUDE: &str = r#"
set -euo pipefail
exec 2>&1
# When each block began, in seconds: tells which one a page that takes too long is in.
began=()
trap 'echo; echo "the blocks began after ${began[*]} s"' EXIT
trap 'exit 124' TERM
# A reader takes a moment between two commands; a script has to wait for what it started.
settle() {
  for _ in $(seq 300); do
    if [[ "$1" == /* ]]; then [[ -S "$1" ]] && return; else (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; fi
    sleep 0.1
  done
  echo "what was started does not listen"; exit 1
}
# What is told to end takes a moment, too, and until then it answers in its successor's place.
kill() { builtin kill "$@"; wait "${@: -1}" 2>/dev/null || true; }
# Changes to be made are no failure of a page.
signpost() { command signpost "$@" || { local status=$?; [[ "$1" == plan && $status == 2 ]] || return $status; }; }
"#;

/// Ports that pages name, in the order of [`Stage::ports`].
const PORTS: [&str; 4] = ["8888", "8080", "7979", "5300"];

/// Separates the outputs of blocks.
const SEPARATOR: char = '\u{1e}';

/// A place to run commands.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    route53: Route53,
    cluster: Cluster,
    ports: [String; 4],
}

impl Stage {
    /// Starts everything that a page may rely on.
    pub(crate) async fn set() -> Self {
        let route53 = Route53::start("example.com", None, None).unwrap();
        let cluster = Cluster::emulated().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ports = [(); 4].map(|()| free_port().to_string());
        let stage = Self { folder, route53, cluster, ports };
        for shared in ["examples", "proto-docs", "charts"] {
            std::os::unix::fs::symlink(workspace().join(shared), stage.path(shared)).unwrap();
        }
        fs::create_dir(stage.path("bin")).unwrap();
        fs::write(stage.path("aws"), "[profile dns]\nregion = us-east-1\n").unwrap();
        if let Some(helm) = helm() {
            // Of a version that knows no newer cluster than its own time's.
            let rest = format!("exec '{}' \"$command\" --kube-version=1.33 \"$@\"", helm.display());
            stage.script("helm", &format!("command=$1; shift; {rest}"));
        }
        let [provider, sidecar, controller, _] = &stage.ports;
        stage.install(programs::SIDECAR, &format!(
            "EXTERNAL_DNS_METRICS_ADDRESS=127.0.0.1:{sidecar} EXTERNAL_DNS_LISTEN=127.0.0.1:{provider}"
        ));
        stage.install(programs::NAME_SERVERS, &format!(
            "EXTERNAL_DNS_METRICS_ADDRESS=127.0.0.1:{sidecar} EXTERNAL_DNS_LISTEN=127.0.0.1:{provider}"
        ));
        stage.install(programs::SIGNPOST, &format!(
            "EXTERNAL_DNS_METRICS_ADDRESS=127.0.0.1:{controller} EXTERNAL_DNS_WEBHOOK_PROVIDER_URL=http://localhost:{provider}"
        ));
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn install(&self, program: &'static str, variables: &str) {
        let path = programs::path(program).unwrap();
        self.script(program, &format!("{variables} exec '{}' \"$@\"", path.display()));
    }

    fn script(&self, name: &str, text: &str) {
        let file = self.path("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs `blocks` one after the other in one shell, and returns what each printed.
    pub(crate) fn play(&self, page: &str, blocks: &[&Block]) -> Vec<String> {
        let mut script = PRELUDE.to_owned();
        for block in blocks {
            writeln!(script, "printf '{SEPARATOR}'; began+=(\"$SECONDS\")").unwrap();
            script.push_str(&self.adapted(block));
        }
        let file = self.path("page.sh");
        fs::write(&file, script).unwrap();
        let (status, text) = self.run(&file);
        let outputs: Vec<_> = text.split(SEPARATOR).skip(1).map(str::to_owned).collect();
        let at = outputs.len().checked_sub(1).map_or(0, |last| blocks[last].line);
        let said = outputs.last().unwrap_or(&text);
        assert!(
            status.success(),
            "{page}, line {at}: a command fails ({status}); it printed:\n{said}"
        );
        outputs
    }

    /// Runs a script to its end, and ends what it left running.
    fn run(&self, script: &Path) -> (ExitStatus, String) {
        // A file, because whatever is left running would keep a pipe open.
        let printed = self.path("printed");
        let mut command = self.command(script);
        command.stdin(Stdio::null()).stdout(fs::File::create(&printed).unwrap());
        // A group of its own, so that nothing outlives it.
        let mut child = command.process_group(0).spawn().unwrap();
        let status = child.wait().unwrap();
        let group = format!("-{}", child.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        (status, String::from_utf8_lossy(&fs::read(&printed).unwrap()).into_owned())
    }

    #[expect(clippy::disallowed_methods, reason = "what is installed is found where it always is")]
    fn command(&self, script: &Path) -> Command {
        let mut command = Command::new("timeout");
        // Ends a page that hangs; all pages are played at once, perhaps beside a compiler.
        command.args(["--foreground", "--kill-after=5", "300", "bash"]).arg(script);
        command.current_dir(self.folder.path());
        let path = std::env::var("PATH").unwrap_or_default();
        command.env_clear();
        command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        command.env("HOME", self.folder.path()).env("LANG", "C.UTF-8");
        command.env("KUBECONFIG", &self.cluster.kubeconfig);
        command.env("AWS_ENDPOINT_URL", &self.route53.url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "page").env("AWS_SECRET_ACCESS_KEY", "page");
        command.env("AWS_CONFIG_FILE", self.path("aws"));
        command
    }

    /// Returns the commands of a block with this stage's ports and folders; a manifest is applied.
    fn adapted(&self, block: &Block) -> String {
        if block.language == "yaml" {
            return format!("kubectl apply -f - <<'YAML'\n{}YAML\n", block.text);
        }
        let socket = self.path("webhook.sock");
        let mut lines = block.commands().join("\n");
        for (written, ours) in PORTS.iter().zip(&self.ports) {
            lines = lines.replace(written, ours);
        }
        lines = lines
            .replace("cargo run -q -p controller --bin signpost -- ", "signpost ")
            .replace("/run/signpost/webhook.sock", &socket.display().to_string());
        let [provider, _, controller, _] = &self.ports;
        let settled = |line: &str| match line.strip_suffix(" &") {
            Some(started) if started.contains("unix:") => {
                format!("{line}\nsettle {}\n", socket.display())
            }
            Some(started) if started.starts_with("signpost run") => {
                format!("{line}\nsettle {controller}\n")
            }
            Some(_) => format!("{line}\nsettle {provider}\n"),
            None => format!("{line}\n"),
        };
        let lines: String = lines.lines().map(settled).collect();
        if block.note == "run, fails" {
            return format!("if (\n{lines}); then echo 'nothing fails here'; exit 1; fi\n");
        }
        lines
    }
}

/// Returns where helm is installed; pages that need one are left out elsewhere.
fn helm() -> Option<PathBuf> {
    std::env::var_os("SIGNPOST_HELM").map(PathBuf::from)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
