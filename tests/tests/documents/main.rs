//! Holds the pages to the programs: links lead somewhere, flags exist, and tutorials work as typed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot read a page should stop"
)]

mod admin_api;
mod generated;
mod markdown;
mod moving;
mod pages;
mod stage;
mod tutorials;
