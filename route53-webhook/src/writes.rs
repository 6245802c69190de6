//! From what a controller desires to what each zone must be told.
//!
//! A controller speaks of record sets; a zone is told to create and to delete. In between, every
//! change is compared with what the zone has: what is already so needs no write, which makes a
//! repeated request harmless, and what is neither as it was nor as it should be has been changed by
//! another client, and is left alone and reported.

mod apart;
mod change_group;
mod evaluate;
mod send;

pub use self::change_group::{ChangeGroup, RecordChange, RecordState, group_changes};
pub use self::evaluate::{Conflict, Mode, evaluate, fingerprint};
pub use self::send::{Outcome, Writer};
