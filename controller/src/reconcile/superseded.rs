//! Whether there is a newer config than the one that a sync goes by.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type IsSo = dyn Fn() -> bool + Send;

/// Tells whether there is a newer config than the one that is gone by: nothing is written by this one then.
///
/// Clones tell the same.
#[derive(Clone, Default)]
pub struct Superseded(Arc<Mutex<Option<Box<IsSo>>>>);

/// What is left of a write is not sent, because a newer config may not want it.
#[derive(Debug, thiserror::Error)]
#[error("the configuration changed, so what was left of the write was not sent")]
pub struct GivenUp;

impl Superseded {
    /// Goes by `is_so` from now on.
    pub fn when(&self, is_so: impl Fn() -> bool + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(is_so));
    }

    /// Tells whether there is one; `false` before anyone said when.
    pub fn is_so(&self) -> bool {
        let is_so = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        is_so.as_ref().is_some_and(|is_so| is_so())
    }
}

impl fmt::Debug for Superseded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Superseded({})", self.is_so())
    }
}
