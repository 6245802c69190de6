//! Signpost's controller: reads what the cluster asks for, decides, and has a provider write it.
//!
//! Modules look only downward: commands → app → syncs → {reconcile, schedule, admin} →
//! {sources, provider} → objects.

pub mod admin;
pub mod app;
pub mod args;
pub mod commands;
pub mod events;
pub mod leader;
pub mod logging;
pub mod metrics;
pub mod objects;
pub mod provider;
pub mod reconcile;
pub mod schedule;
pub mod sources;
pub mod state;
pub mod status;
pub mod statuses;
pub mod syncs;
pub mod tasks;
