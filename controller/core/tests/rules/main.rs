//! The rules of planning and ownership, as laws over random worlds and as the numbered cases.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail by panicking")]

mod affixes;
mod company;
mod contention;
mod display;
mod early;
mod freezing;
mod guard;
mod history;
mod laws;
mod leftover;
mod one_namespace;
mod ownership;
mod ownership_records;
mod planning;
mod precedence;
mod rewriting;
mod strangers;
mod survivors;
mod takeover;
mod tenants;
mod untyped;
mod values;
mod world;
mod zoned;
