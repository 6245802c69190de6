//! `cargo faults`: random worlds under random faults, from a seed, until something is wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use e2e::bench::{self, say};
use e2e::faults::{self, Options};
use e2e::programs;

const HELP: &str = "\
Plays episodes in worlds side by side: objects and zones change, services fail in every way, programs
are killed; then all is well again, and the zones must be right.

Usage: cargo faults [-- OPTIONS]

  --seed=N         what decides everything (default: 1)
  --episodes=N     stop after so many, over all worlds (default: 200; 0: never)
  --worlds=N       how many worlds side by side (default: 6)
  --minutes=N      stop after so long (default: 0: never)
  --keep-going     begin anew in a world after a violation, instead of stopping
  --world=N        only this world of them
  --first=N        the first episode of each world (default: 0)
  --plot=NAME,…    only episodes of these kinds: chance, late-status, unclear-write, blamed,
                   one-zone-fails, outage or interrupted
  --zones=NAME     every world has these zones: one, split, tree or all
  --folder=DIR     keep logs and reports there instead of in target/faults
  --help           this text

Decisions follow from the seed; how long programs take does not, so what was found once may need more
than one try to be found again.
";

fn main() -> ExitCode {
    bench::run("fault-runner", async {
        let Some(options) = options()? else {
            say(HELP.trim_end());
            return Ok(());
        };
        let outcome = faults::run(options).await?;
        if outcome.violations > 0 {
            bail!("{} violations", outcome.violations);
        }
        Ok(())
    })
}

fn options() -> anyhow::Result<Option<Options>> {
    let mut options = Options {
        seed: 1,
        episodes: 200,
        worlds: 6,
        minutes: 0,
        world: None,
        first: 0,
        plots: Vec::new(),
        zones: None,
        keep_going: false,
        folder: programs::workspace().join("target/faults"),
    };
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
        let number = || value.parse().with_context(|| format!("`{argument}` needs a number"));
        match name {
            "--seed" => options.seed = number()?,
            "--episodes" => options.episodes = number()?,
            "--worlds" => options.worlds = number()?,
            "--minutes" => options.minutes = number()?,
            "--world" => options.world = Some(number()?),
            "--first" => options.first = number()?,
            "--plot" => options.plots.extend(value.split(',').map(str::to_owned)),
            "--zones" => options.zones = Some(value.to_owned()),
            "--keep-going" => options.keep_going = true,
            "--folder" => options.folder = PathBuf::from(value),
            "--help" | "-h" => return Ok(None),
            _ => bail!("`{argument}` is no option of the fault runner; try --help"),
        }
    }
    options.folder = options.folder.join(format!("seed-{}", options.seed));
    if options.folder.exists() {
        std::fs::remove_dir_all(&options.folder)
            .with_context(|| format!("failed to empty `{}`", options.folder.display()))?;
    }
    Ok(Some(options))
}
