//! The provider against a Route 53 API on a socket, through the real SDK.

mod adjust;
mod faults;
mod harness;
mod law;
mod reads;
mod records;
mod writes;
mod zones;
