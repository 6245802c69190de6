//! The decisions of the controller, without its I/O.
//!
//! Nothing here waits, logs, reads a clock or rolls a die: the same input gives the same output.
//!
//! Each module uses only those that stand after it, which a test holds:
//!
//! * what leaves: `early`, `registry` (the plan as changes, with their ownership records), `history`;
//! * what is decided: `plan`, with its guard on deletions and what it remembers;
//! * what is desired: `target_loss`, `transform`, `adjust`, `desired`, `value`;
//! * what is read: `inventory`, and whose it is;
//! * what may have which name: `name_right`, `name_sharing`, `precedence`;
//! * the words for it: `status`, `zone`, `alike`, `pairs`, `hex`.

mod adjust;
mod alike;
pub mod desired;
pub mod early;
mod hex;
pub mod history;
pub mod inventory;
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
