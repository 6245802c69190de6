//! Which flags can change while the process runs.

use clap::Args as _;
use daemon::{Flags, ServeArgs};

use super::{RecordArgs, ZoneArgs};

/// Returns the flags that can change while the process runs; others need a restart.
pub fn reloaded() -> Flags {
    ServeArgs::reloaded_beside([
        Flags::of(ZoneArgs::augment_args),
        Flags::of(RecordArgs::augment_args),
    ])
}
