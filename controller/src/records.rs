//! What there is to know of every name: what is published, what is wanted, and why the two differ.
//!
//! A row is put together from three things that are kept apart: the statuses of the last syncs, what
//! the provider held when it was last read, and the latest writes. None of them goes away while the
//! provider does.

mod answer;
mod asked_about;
mod next_step;
mod query;
mod recent_writes;
mod row;
mod severity;
pub mod time;
mod unwanted;

pub use self::answer::{
    Freshness, HeldView, LookedAt, OutageView, ProblemView, RecordsAnswer, View,
};
pub use self::asked_about::{AskedAbout, NotInNamespace};
pub use self::query::{InvalidQuery, RecordPage, RecordQuery};
pub use self::recent_writes::{RecentWrite, RecentWrites, by};
pub use self::row::{RecordRow, RowSources, ZoneView};
pub use self::severity::Severity;
pub use self::unwanted::Unwanted;
