//! What `signpost` can be told to do, one file each.

mod apply;
pub mod approve;
mod ask;
pub mod check;
pub mod conformance;
pub mod convert;
pub mod endpoints;
pub mod explain;
pub mod history;
pub mod ownership;
pub mod plan;
mod preview;
mod print;
pub mod rollback;
pub mod run;
pub mod shell;
pub mod status;
mod strict;
pub mod sync;
