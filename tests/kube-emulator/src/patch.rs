//! The four ways to patch an object, by media type.
//!
//! Each turns the current object and a patch into the object that is wanted; what then happens to
//! it (which half is kept, defaults, validation) is the same as for an update.

pub(crate) mod apply;
pub(crate) mod json;
pub(crate) mod lists;
pub(crate) mod merge;
pub(crate) mod strategic;

/// How a patch is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchForm {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own: a merge patch that knows the keys of lists. Built-in kinds only.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl PatchForm {
    /// Returns the form of a media type, without its parameters.
    pub(crate) fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type {
            "application/json-patch+json" => Some(Self::Json),
            "application/merge-patch+json" => Some(Self::Merge),
            "application/strategic-merge-patch+json" => Some(Self::Strategic),
            "application/apply-patch+yaml" => Some(Self::Apply),
            _ => None,
        }
    }
}

/// The media types of patches, as the error for any other lists them.
pub(crate) const MEDIA_TYPES: &str = "application/json-patch+json, application/merge-patch+json, \
                                      application/strategic-merge-patch+json, \
                                      application/apply-patch+yaml";

/// As [`MEDIA_TYPES`], for custom kinds.
pub(crate) const CUSTOM_MEDIA_TYPES: &str =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
