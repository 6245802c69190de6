//! Files that a program is given by name: what may stand behind a name, how much of it is read, and which
//! tokens are in it.
//!
//! Both ends of the protocol and all programs read them by these functions, and so by one rule.

mod patience;
mod read;
mod tokens;

pub use self::read::{BadFile, LARGEST_BYTES, is_handed_over, read, read_large, read_text};
pub use self::tokens::{BadTokens, Tokens, tokens};
