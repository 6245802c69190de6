//! What `signpost` can be told to do, one file each.

pub mod endpoints;
pub mod plan;
mod print;
pub mod run;
