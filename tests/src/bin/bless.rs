//! `cargo bless`: writes snapshots, generated pages and pinned output anew from what the code says.
//!
//! It runs the tests with the switches that make them write instead of compare, so what it changes
//! is exactly what they check; the diff is reviewed like code. Arguments go to `cargo test`:
//! `cargo bless -p external-dns-webhook`. Without any, the whole workspace is done.

use std::process::{Command, ExitCode};

use anyhow::Context;
use e2e::programs::workspace;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = std::env::args_os().skip(1).collect::<Vec<_>>();
    let mut test = Command::new("cargo");
    test.args(["test", "--locked", "--no-fail-fast", "--quiet"]).current_dir(workspace());
    if arguments.is_empty() {
        test.arg("--workspace");
    }
    let status = test
        .args(arguments)
        // Ours, and insta's: accept every snapshot, and let its test pass.
        .env("BLESS", "1")
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .status()
        .context("failed to start cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
