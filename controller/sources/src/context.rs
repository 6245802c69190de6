//! What every source may look at besides the object.

use super::options::SourceOptions;
use super::template::Templates;
use super::view::View;

/// What every source may look at besides the object.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The objects that the source sees.
    pub(super) objects: View<'a>,
    /// What is set about sources.
    pub(super) options: &'a SourceOptions,
    /// Templates, with the name of the source in them.
    pub(super) templates: &'a Templates,
}
