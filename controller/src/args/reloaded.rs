//! Which flags of `run` can change while it runs.

use clap::Args as _;
use daemon::Flags;

use super::{DomainArgs, LogArgs, SafetyArgs, SourceArgs, TemplateArgs, TransformArgs};

/// The flags of other groups that can change while the process runs.
const ALSO_RELOADED: [&str; 8] = [
    // When syncs run.
    "events",
    "interval",
    "min-event-sync-interval",
    // What of others' is taken over; who we are stays.
    "adopt",
    "allow-default-owner",
    "allow-unowned-changes",
    "migrate-from-txt-owner",
    "normalise-ownership-records",
];

/// Returns the flags of `run` that can change while it runs; others need a restart.
pub fn reloaded() -> Flags {
    let groups = [
        sources(),
        Flags::of(TransformArgs::augment_args),
        Flags::of(DomainArgs::augment_args),
        Flags::of(SafetyArgs::augment_args),
        Flags::of(LogArgs::augment_args),
    ];
    let also = ALSO_RELOADED.map(str::to_owned);
    groups.into_iter().flat_map(|group| group.0).chain(also).collect()
}

/// Returns the flags that decide which objects are read and what they want.
pub(crate) fn sources() -> Flags {
    let groups = [Flags::of(SourceArgs::augment_args), Flags::of(TemplateArgs::augment_args)];
    groups.into_iter().flat_map(|group| group.0).collect()
}
