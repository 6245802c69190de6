//! The decisions of the controller, without its I/O.
//!
//! Nothing here waits, logs, reads a clock or rolls a die: the same input gives the same output.

mod adjust;
mod alike;
pub mod desired;
pub mod early;
mod hex;
pub mod history;
pub mod inventory;
pub mod memory;
pub mod name_right;
pub mod name_sharing;
pub mod pairs;
pub mod plan;
pub mod precedence;
pub mod registry;
pub mod status;
pub mod target_loss;
pub mod transform;
pub mod value;
pub mod zone;
