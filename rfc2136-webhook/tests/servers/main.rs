//! The provider against real name servers: BIND 9, Knot and `PowerDNS`, started here on loopback.
//!
//! A server that is not installed is skipped loudly, and fails the test when `CI` is set.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::indexing_slicing, reason = "a test that finds less than it expects should stop")]
#![expect(clippy::panic, reason = "a test that cannot set up its world should stop")]
#![expect(
    clippy::disallowed_methods,
    reason = "which programs there are is said by the environment"
)]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod clients;
mod contract;
mod encrypted;
mod faults;
mod harness;
mod kit;
mod law;
mod one_name;
mod process;
mod proxy;
mod several;
mod shared_names;
