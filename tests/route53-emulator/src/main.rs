//! The emulator as a process: starts it, says where it listens, runs until it is told to stop.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use route53_emulator::{Args, Emulator, Options};
use serde_json::json;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::from(Args::parse());
    let mut terminated = signal(SignalKind::terminate()).context("failed to await SIGTERM")?;
    let mut emulator = Emulator::start(options).await?;
    announce(&emulator).context("failed to print where the emulator listens")?;
    tokio::select! {
        interrupted = ctrl_c() => interrupted.context("failed to await Ctrl-C"),
        _ = terminated.recv() => Ok(()),
        ended = emulator.ended() => {
            ended.context("a task of the emulator failed")?;
            bail!("a task of the emulator ended");
        }
    }
}

/// Prints the line that callers wait for.
fn announce(emulator: &Emulator) -> std::io::Result<()> {
    let line = json!({
        "listen": emulator.address(),
        "dns": emulator.dns_addr(),
        "zones": emulator.zones(),
    });
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
