//! An external-dns webhook provider for AWS Route 53.
//!
//! `main → app → provider → {records, writes, batch, isolate, routing, alias, zones, name, pace} →
//! api`: each module looks only to the right.

pub mod alias;
pub mod name;
pub mod properties;
pub mod record_set;
pub mod routing;
pub mod text;
pub mod validate;
