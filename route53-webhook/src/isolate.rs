//! Finding what a refused batch was refused for, and keeping it apart from then on.
//!
//! AWS refuses a batch as a whole and says in prose why. The prose says whether it is the zone, and
//! names the record sets, so their groups are taken out and the rest is sent again. Only when no name
//! is found is the batch halved.

mod blame;
mod quarantine;
mod scope;

pub use self::blame::{ChangeError, blamed_groups};
pub use self::quarantine::{FIRST_PAUSE, LONGEST_PAUSE, Quarantine};
pub use self::scope::{Scope, scope};
