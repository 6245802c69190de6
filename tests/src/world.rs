//! The whole product beside a test or the demo: two emulators, the sidecar and the controller.

mod running;

pub use self::running::{Controller, NameServer, Route53, Sidecar};
