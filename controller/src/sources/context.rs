//! What every conversion of an object may look at besides the object.

use super::options::SourceOptions;
use super::template::Templates;
use crate::objects::Objects;

/// What every conversion of an object may look at besides the object.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// All objects that are known.
    pub(super) objects: &'a Objects,
    /// What is set about sources.
    pub(super) options: &'a SourceOptions,
    /// Templates, with the name of the source in them.
    pub(super) templates: &'a Templates,
}
