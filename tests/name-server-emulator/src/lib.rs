//! An authoritative name server in memory that takes DNS UPDATE ([RFC 2136]) and transfers, signed by
//! TSIG: for the demo, and for tests that must run where no name server is installed.
//!
//! [RFC 2136]: https://www.rfc-editor.org/rfc/rfc2136

mod server;
mod tsig;
mod update;
mod wire;
mod zone;

pub use self::server::{Emulator, Options};
pub use self::tsig::{BadKey, Key};
