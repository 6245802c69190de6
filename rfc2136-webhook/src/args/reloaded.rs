//! Which flags can change while the process runs.

use clap::Args as _;
use daemon::Flags;

use super::{KeyArgs, RecordArgs, TlsArgs, ZoneArgs};

/// Returns the flags that can change while the process runs; others need a restart.
pub fn reloaded() -> Flags {
    let groups = [
        Flags::of(ZoneArgs::augment_args),
        Flags::of(KeyArgs::augment_args),
        Flags::of(TlsArgs::augment_args),
        Flags::of(RecordArgs::augment_args),
    ];
    let also = ["log-format", "log-level"].map(str::to_owned);
    groups.into_iter().flat_map(|group| group.0).chain(also).collect()
}
