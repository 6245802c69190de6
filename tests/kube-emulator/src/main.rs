//! Runs the emulator as a process of its own until it is told to stop.

mod args;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use kube_emulator::{Emulator, Options};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Args, Preload};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // If even this cannot be written there is nobody to tell.
            let _: std::io::Result<()> = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _: std::io::Result<()> = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: Args) -> anyhow::Result<()> {
    let (options, Preload(paths)) = <(Options, Preload)>::from(args);
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("failed to wait for SIGTERM")?;
    let emulator = Emulator::start(options).await?;
    for path in paths {
        emulator
            .apply_path(&path)
            .with_context(|| format!("failed to load `{}`", path.display()))?;
    }
    let ready = json!({ "listen": emulator.address().to_string(), "url": emulator.url() });
    {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{ready}").context("failed to write to standard output")?;
        stdout.flush().context("failed to write to standard output")?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
