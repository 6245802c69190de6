//! A Route 53 API on a socket, as strict as AWS, that also answers DNS.
//!
//! Use it as a program (`route53-emulator --help`) or inside a test:
//!
//! ```
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use route53_emulator::{Emulator, Options};
//!
//! let options = Options { zones: vec!["example.com".parse()?], ..Options::default() };
//! let emulator = Emulator::start(options).await?;
//! let url = emulator.endpoint_url(); // for `AWS_ENDPOINT_URL_ROUTE_53`
//! # Ok(())
//! # }
//! ```
//!
//! Where the rules come from is said where they are enforced: the API reference, the developer guide,
//! and error texts that people have published. Whatever the emulator does not have is an error.

mod account;
mod api;
mod args;
mod calls;
mod change;
mod dns;
mod emulator;
mod error;
mod faults;
mod name;
mod options;
mod rdata;
mod record;
mod server;
mod shape;
mod state;
mod throttle;
mod validate;
mod xml;
mod zone;

pub use api::Operation;
pub use args::Args;
pub use calls::LoggedCall;
pub use emulator::{Emulator, StartError, ZoneSummary};
pub use error::ApiError;
pub use faults::{BadFault, Fault, FaultKind, SYNTAX as FAULT_SYNTAX, Trigger};
pub use name::{Name, NameProblem};
pub use options::{AliasZone, BadZone, Options, ZoneSpec};
pub use record::RecordType;
pub use shape::{
    AliasTargetShape, Change, CidrRoutingConfig, Coordinates, GeoLocationShape,
    GeoProximityLocation, ResourceRecord, ResourceRecordSet,
};
pub use state::{HealthCheckSnapshot, Snapshot, StateError, ZoneSnapshot};
pub use zone::Vpc;
