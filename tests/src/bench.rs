//! What the benchmarks share: how they begin and end, and what a process uses.
//!
//! Processor time and memory are read where Linux tells them; elsewhere measuring them fails.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::process::Process;

/// How many clock ticks `/proc` counts to a second; Linux has used 100 on every platform for long.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs the benchmark called `name`, and says what went wrong if it fails.
pub fn run(name: &str, benchmark: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no runtime")
        .and_then(|runtime| runtime.block_on(benchmark));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "{name}: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints one line; whether anyone reads it is their business.
pub fn say(text: &str) {
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Returns the processor time that a process has used, in seconds of one core.
///
/// # Errors
///
/// When the system does not tell.
pub fn cpu_seconds(process: &Process) -> anyhow::Result<f64> {
    let text = read(process, "stat")?;
    // The name before the last parenthesis may hold anything; user and system time are 14th and 15th.
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    let times: Vec<f64> =
        rest.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(times.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// Returns the memory that a process has now, in KiB.
///
/// # Errors
///
/// When the system does not tell.
pub fn resident_kib(process: &Process) -> anyhow::Result<u64> {
    status(process, "VmRSS:")
}

/// Returns the most memory that a process ever had, in KiB.
///
/// # Errors
///
/// When the system does not tell.
pub fn highest_kib(process: &Process) -> anyhow::Result<u64> {
    status(process, "VmHWM:")
}

fn status(process: &Process, name: &str) -> anyhow::Result<u64> {
    let text = read(process, "status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
    Ok(line.split_whitespace().next().context("no number")?.parse()?)
}

fn read(process: &Process, file: &str) -> anyhow::Result<String> {
    let path = Path::new("/proc").join(process.id().to_string()).join(file);
    std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))
}
