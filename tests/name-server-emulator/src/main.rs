//! The emulator as a process: starts it, says where it listens, runs until it is told to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Parser;
use hickory_proto::rr::Name;
use name_server_emulator::{Emulator, Key, Options};
use serde_json::json;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// An authoritative name server in memory that takes DNS UPDATE and transfers, signed by TSIG.
///
/// Prints one line of JSON when it is ready: where it listens.
#[derive(Debug, Clone, Parser)]
#[command(name = "name-server-emulator", version)]
struct Args {
    /// Where it listens, over UDP and TCP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Zone to serve. Repeatable.
    #[arg(long = "zone", value_name = "ZONE", value_parser = zone, required = true)]
    zones: Vec<Name>,

    /// Key without which nothing is transferred or updated, of hmac-sha256: NAME:SECRET.
    #[arg(long, value_name = "KEY")]
    key: Key,

    /// File to load at the start, if it exists, and to write at every change.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn zone(text: &str) -> Result<Name, String> {
    Name::from_ascii(text).map_err(|error| error.to_string())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { listen, zones, key, state } = Args::parse();
    let mut terminated = signal(SignalKind::terminate()).context("failed to await SIGTERM")?;
    let mut emulator = Emulator::start(Options { listen, zones, key, state }).await?;
    let line = json!({ "dns": emulator.address() });
    writeln!(std::io::stdout(), "{line}").context("failed to print where it listens")?;
    tokio::select! {
        interrupted = ctrl_c() => interrupted.context("failed to await Ctrl-C"),
        _ = terminated.recv() => Ok(()),
        () = emulator.ended() => bail!("a task of the emulator ended"),
    }
}
