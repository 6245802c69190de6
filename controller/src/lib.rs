//! Signpost's controller: reads what the cluster asks for, decides, and has a provider write it.
//!
//! Modules look only downward: commands → app → syncs → {reconcile, schedule, admin} →
//! {cluster, manifests, resolve, provider} → store.

pub mod admin;
pub mod app;
pub mod args;
pub mod cluster;
pub mod commands;
pub mod convert;
pub mod events;
pub mod leader;
pub mod logging;
pub mod manifests;
pub mod metrics;
pub mod moving;
pub mod provider;
pub mod reconcile;
pub mod records;
pub mod requests;
pub mod resolve;
pub mod schedule;
pub mod state;
pub mod status;
pub mod statuses;
pub mod store;
pub mod syncs;
pub mod tasks;
