//! The rules of planning and ownership, as laws over random worlds and as the numbered cases.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]

mod laws;
mod ownership;
mod planning;
mod world;
