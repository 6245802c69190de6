//! What hurt users of such controllers most, as acceptance tests through the real processes.
//!
//! Each test is one story: objects and a zone as they are, what happens, and what must have been
//! written to the zone by then, batch by batch. Controller and sidecar are processes, wired as in
//! production; Route 53 is our emulator on a socket. Every story ends with full syncs that write
//! nothing, and with records of others as they were, to the byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod objects;
mod proxy;
mod records;
mod scenario;

mod batches;
mod collapse;
mod conflicts;
mod faults;
mod first_read;
mod gateways;
mod names;
mod operators;
mod owners;
mod ownership;
mod replacements;
mod rollback;
mod tenants;
mod unreadable;
mod zones;
