//! An external-dns webhook provider for AWS Route 53.
//!
//! `main → app → provider → {records, writes, batch, isolate, routing, alias, zones, name, pace} →
//! api`: each module looks only to the right.

pub mod alias;
pub mod api;
pub mod app;
pub mod args;
pub mod batch;
pub mod isolate;
pub mod metrics;
pub mod name;
pub mod pace;
pub mod properties;
pub mod provider;
pub mod record_set;
pub mod records;
pub mod routing;
pub mod text;
pub mod validate;
pub mod writes;
pub mod zones;
