//! The programs of a world: how they are started, ended and looked at.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::Instant;

use super::{Broken, Stage};
use crate::faults::calls::Service;
use crate::faults::model::OWNER;
use crate::faults::steps::ProgramKind;
use crate::process::{self, Process};
use crate::programs;

/// How long a program may take to end: Kubernetes kills it then.
const GRACE: Duration = Duration::from_secs(30);

/// Ports below those that outgoing connections take.
const PORTS: std::ops::Range<u16> = 12_000..30_000;

/// Where the programs listen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) provider: u16,
    pub(super) sidecar_admin: u16,
    pub(super) controller_admin: u16,
}

impl Stage {
    /// Ends a program and starts it again.
    pub(crate) async fn restart(&mut self, program: ProgramKind) -> anyhow::Result<()> {
        self.terminate(program).await?;
        self.start_program(program)
    }

    /// Fails when a program has ended that nobody ended.
    pub(crate) fn all_run(&mut self) -> anyhow::Result<()> {
        for program in [ProgramKind::Controller, ProgramKind::Sidecar] {
            if let Some(process) = self.slot(program)
                && !process.is_running()
            {
                let status = process.wait()?;
                bail!(Broken(format!("the {program:?} ended by itself: {status}")));
            }
        }
        Ok(())
    }

    /// Returns what each program says of its readiness; `None` when both are ready.
    pub(crate) async fn unready(&self) -> Option<String> {
        for port in [self.ports.sidecar_admin, self.ports.controller_admin] {
            let url = format!("http://127.0.0.1:{port}/readyz?verbose");
            let says = match reqwest::get(&url).await {
                Ok(answer) if answer.status().is_success() => continue,
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            return Some(says);
        }
        None
    }

    /// Returns the last lines of each program's last log.
    pub(crate) fn logs(&self, count: usize) -> Vec<(String, String)> {
        let last = |(name, process): (&str, &Option<Process>)| {
            let log = process.as_ref().map_or_else(String::new, Process::log);
            let lines: Vec<_> = log.lines().collect();
            let end = lines.iter().skip(lines.len().saturating_sub(count));
            (name.to_owned(), end.copied().collect::<Vec<_>>().join("\n"))
        };
        let both = [("Controller", &self.controller), ("Sidecar", &self.sidecar)];
        both.into_iter().map(last).collect()
    }

    pub(super) fn slot(&mut self, program: ProgramKind) -> &mut Option<Process> {
        match program {
            ProgramKind::Controller => &mut self.controller,
            ProgramKind::Sidecar => &mut self.sidecar,
        }
    }

    pub(super) fn signal(&mut self, program: ProgramKind, signal: &str) -> anyhow::Result<()> {
        let Some(process) = self.slot(program) else { return Ok(()) };
        if process.is_running() { process.signal(signal) } else { Ok(()) }
    }

    pub(super) async fn terminate(&mut self, program: ProgramKind) -> anyhow::Result<()> {
        self.signal(program, "CONT")?;
        self.all_run()?;
        let Some(mut process) = self.slot(program).take() else { return Ok(()) };
        process.signal("TERM")?;
        let told = Instant::now();
        while process.is_running() {
            if told.elapsed() > GRACE {
                bail!(Broken(format!("the {program:?} did not end within {GRACE:?} of SIGTERM")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let status = process.wait()?;
        // One that had not begun to say anything had not begun to listen for signals either.
        let had_begun = !process.log().is_empty();
        if !status.success() && (had_begun || status.signal().is_none()) {
            bail!(Broken(format!("the {program:?} ended after SIGTERM with {status}")));
        }
        Ok(())
    }

    pub(super) fn start_program(&mut self, program: ProgramKind) -> anyhow::Result<()> {
        if self.slot(program).is_some() {
            return Ok(());
        }
        self.starts += 1;
        let log = self.folder.join(format!("{:04}-{program:?}.log", self.starts));
        let start = match program {
            ProgramKind::Controller => self.controller_program()?,
            ProgramKind::Sidecar => self.sidecar_program()?,
        };
        let process = start.log_to(log).start()?;
        *self.slot(program) = Some(process);
        Ok(())
    }

    fn controller_program(&self) -> anyhow::Result<process::Program> {
        let mut program = process::Program::new(programs::SIGNPOST).args([
            "run".to_owned(),
            format!("--webhook-provider-url={}", self.relay(Service::Provider)?.url()),
            format!("--server={}", self.relay(Service::Kubernetes)?.url()),
            format!("--metrics-address=127.0.0.1:{}", self.ports.controller_admin),
            format!("--txt-owner-id={OWNER}"),
            format!("--txt-prefix={}", self.layout.txt_prefix),
        ]);
        program = program.args([
            "--policy=sync",
            "--source=crd",
            "--source=service",
            "--source=ingress",
            // Small zones lose large shares of their names all the time here.
            "--allow-mass-deletes",
            "--interval=400ms",
            "--min-event-sync-interval=20ms",
            "--webhook-provider-read-timeout=2s",
            "--webhook-provider-write-timeout=4s",
            "--kube-api-request-timeout=4s",
            "--log-level=info",
        ]);
        if self.layout.keeps_state {
            program =
                program.args([format!("--state-dir={}", self.folder.join("state").display())]);
        }
        Ok(program)
    }

    fn sidecar_program(&self) -> anyhow::Result<process::Program> {
        let program = process::Program::new(programs::SIDECAR).args([
            format!("--listen=127.0.0.1:{}", self.ports.provider),
            format!("--metrics-address=127.0.0.1:{}", self.ports.sidecar_admin),
            format!("--full-read-interval={}", self.layout.full_read),
            "--aws-zones-cache-duration=400ms".to_owned(),
            "--aws-requests-per-second=0".to_owned(),
            "--aws-api-retries=2".to_owned(),
            "--records-timeout=2s".to_owned(),
        ]);
        Ok(program
            .env("AWS_ENDPOINT_URL", &self.relay(Service::Route53)?.url())
            .env("AWS_ACCESS_KEY_ID", "tests")
            .env("AWS_SECRET_ACCESS_KEY", "tests")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1"))
    }
}

impl Ports {
    /// Returns ports that are free, for the world of this number.
    pub(super) fn free(number: u16) -> anyhow::Result<Self> {
        // Runs beside each other begin at other places.
        let first = u16::try_from(std::process::id() % 89)? * 200 + number * 8;
        let mut free = PORTS
            .cycle()
            .skip(first.into())
            .take(PORTS.len())
            .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        let mut next = || free.next().context("no port is free");
        Ok(Self { provider: next()?, sidecar_admin: next()?, controller_admin: next()? })
    }
}
