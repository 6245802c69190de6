//! Signpost's controller: reads what the cluster wants, decides, and has a provider write it.
//!
//! Each module uses only those that stand after it, which a test holds:
//!
//! * what people run and see: `commands`, `admin`, `convert`;
//! * the loop: `syncs`, `app`, `events`;
//! * who may write, and what is on the way to a provider: `leader`, `provider`;
//! * what is shown: `status`, `records`;
//! * a sync: `reconcile`;
//! * where objects come from: `cluster`, `manifests`, `resolve`, `store`;
//! * what all of these use: `metrics`, `schedule`, `logging`, `moving`, `args`, `requests`, `state`, `statuses`, `tasks`, `api_server`.

pub mod admin;
pub mod api_server;
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
