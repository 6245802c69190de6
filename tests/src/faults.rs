//! Looks for faults before users do: random worlds, random trouble, and an oracle of its own.
//!
//! A world is a cluster, some zones, both programs of ours, and a relay before every service. An
//! episode is a handful of changes and faults, chosen by a seed; then all faults end, and after a while
//! the zones must be exactly as the objects want them, with everything of others as they left it.

mod calls;
mod dice;
mod episode;
mod hand;
mod http;
mod layout;
mod manifest;
mod model;
mod oracle;
mod relay;
mod report;
mod rules;
mod run;
mod script;
mod stage;
mod steps;

pub use self::run::{Options, Outcome, run};
