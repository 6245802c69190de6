//! A Kubernetes API on a socket: what Signpost's tests and quickstart run against.
//!
//! It serves the kinds that Signpost reads and writes, and any kind that a
//! `CustomResourceDefinition` registers, with the semantics that clients depend on: one order of
//! resource versions, consistent paging, watches with bookmarks, streamed initial events and
//! 410 after compaction, conflicts, status as a half of its own, four kinds of patch, finalizers,
//! discovery and enough `OpenAPI` for `kubectl`. Nothing runs in it: no controllers, no scheduler,
//! no garbage collector; deleting a namespace empties it at once. It is not secured and keeps
//! everything in memory. Not built: CEL rules in schemas, conversion webhooks, `managedFields`,
//! answers in protobuf, aggregated discovery, and subresources other than `status`.
//!
//! ```
//! use kube_emulator::{Calls, Emulator, Fault, Options};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start(Options::default()).await?;
//! emulator.apply(json!({
//!     "apiVersion": "v1",
//!     "kind": "Service",
//!     "metadata": { "name": "web" },
//!     "spec": { "ports": [{ "port": 80 }] },
//! }))?;
//! emulator.inject(Fault::Refuse { calls: Calls::of("list", "nodes") });
//! println!("point a client at {}", emulator.url());
//! # Ok(())
//! # }
//! ```

mod admin;
mod api;
mod clock;
mod defaults;
mod discovery;
mod emulator;
mod faults;
mod json;
mod kinds;
mod manifests;
mod openapi;
mod patch;
mod requests;
mod scene;
mod selectors;
mod server;
mod status;
mod store;
mod table;
mod validate;
mod write;

pub use crate::emulator::{Emulator, Options, StartError};
pub use crate::faults::{Calls, Fault};
pub use crate::manifests::ManifestError;
pub use crate::requests::{RequestRecord, Requests};
pub use crate::status::Status;
