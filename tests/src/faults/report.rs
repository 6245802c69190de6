//! What is said of a violation, so that it can be understood and had again.

use std::collections::VecDeque;
use std::fmt::Write as _;

use tokio::time::Instant;

use super::layout::Layout;
use super::run::Options;
use super::script::Plot;
use super::stage::{Stage, lines};

/// How many of the last steps are told.
const STEPS: usize = 60;

/// How many of the last lines of each log are told.
const LOG_LINES: usize = 25;

/// What happened in a world, the last of it.
pub(crate) struct Story {
    layout: String,
    begun: Instant,
    lines: VecDeque<String>,
}

/// Something that is not as it should be.
pub(crate) struct Violation<'a> {
    /// What was run.
    pub(crate) options: &'a Options,
    /// In which world.
    pub(crate) world: u64,
    /// In which episode of it.
    pub(crate) number: u64,
    /// Of which kind that was.
    pub(crate) plot: Plot,
    /// What it is.
    pub(crate) what: &'a str,
}

impl Story {
    /// Returns the story of a world where nothing has happened yet.
    pub(crate) fn new(layout: &Layout) -> Self {
        let layout = format!("{layout:?}");
        Self { layout, begun: Instant::now(), lines: VecDeque::new() }
    }

    /// Begins an episode.
    pub(crate) fn begin(&mut self, number: u64, plot: Plot) {
        self.note(&format!("# episode {number}: {plot}"));
    }

    /// Tells a step.
    pub(crate) fn note(&mut self, line: &str) {
        if self.lines.len() == STEPS {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>9} ms  {line}", self.begun.elapsed().as_millis()));
    }
}

impl Violation<'_> {
    /// Writes everything into the world's folder, and returns what matters of it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to.
    pub(crate) fn tell(&self, story: &Story, stage: &Stage) -> anyhow::Result<String> {
        let Self { options, world, number, plot, what } = self;
        let file = stage.folder.join("violation.txt");
        let mut text = format!(
            "VIOLATION with seed {}, in world {world}, episode {number} ({plot}):\n{what}\n\n\
             again, from its start:  cargo faults -- --seed={} --world={world} --episodes={}\n\
             this episode alone:     cargo faults -- --seed={} --world={world} --first={number} --episodes=1\n\
             everything about it is in {}\n\nThe last steps:\n",
            options.seed,
            options.seed,
            number + 1 - options.first,
            options.seed,
            stage.folder.display(),
        );
        for line in &story.lines {
            writeln!(text, "{line}")?;
        }
        let mut all = format!("{text}\nThe world: {}\n\nThe objects:\n", story.layout);
        for object in stage.model.objects.values() {
            writeln!(all, "{object}")?;
        }
        writeln!(all, "\nThe zones:\n{}", lines(&stage.zones()).join("\n"))?;
        writeln!(all, "\nThe last writes:\n{}", stage.last_writes(20).join("\n"))?;
        for (name, log) in stage.logs(LOG_LINES) {
            writeln!(all, "\nThe end of {name}:\n{log}")?;
        }
        std::fs::write(&file, all)?;
        Ok(text)
    }
}
