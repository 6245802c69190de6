//! The sidecar's process beside stand-ins for AWS that others wrote: moto and ministack.
//!
//! Everything else runs against our own emulator; here others have read AWS's pages.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail as the test does")]
#![expect(clippy::panic, reason = "helpers of a test fail as the test does")]

mod accounts;
mod aws;
mod life;
