//! The kinds of values that people write, each with the one function that validates it.
//!
//! A value is validated once, where it is read. What passes has a type that nothing else can make; what
//! does not pass is told with its [`Flaw`], and what it was about is unknown, never absent.

mod host_name;
mod list;
mod record;
mod record_type;
mod target;

pub use self::host_name::HostName;
pub use self::list::items;
pub use self::record::{answers_itself, can_cut, validate as validate_record};
pub use self::record_type::{RECORD_TYPES, is_record_type, validate_record_type};
pub use self::target::Target;

/// What a template writes where it reads a field that is not there (Go's `text/template`).
pub const NO_VALUE: &str = "<no value>";

/// What is wrong with a value: the end of a sentence that names the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Flaw(String);

impl Flaw {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<Flaw> for String {
    fn from(Flaw(text): Flaw) -> Self {
        text
    }
}
