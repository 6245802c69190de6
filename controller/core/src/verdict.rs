//! Every reason to act otherwise than asked: one closed list.
//!
//! Logs, events, metrics, `explain` and `docs/reasons.md` all render this enum, so a reason that is
//! not here cannot be given, and one that is here can be looked up.

use std::fmt;

use serde::Serialize;
use webhook_api::{DnsName, RecordType};

/// What became of one name that an object asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Name that was asked for or would have been removed; empty when it is about a whole object.
    pub name: DnsName,
    /// Type of the record set, where one was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_type: Option<RecordType>,
    /// Who asked, as `kind/namespace/name`; `None` for a record that nobody asks for any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Why something is not done as asked.
///
/// [`code`](Self::code) is stable and machine-readable, the `Display` text is one sentence for
/// people, and [`hint`](Self::hint) is the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code")]
pub enum Reason {
    /// Both annotation prefixes are present and disagree.
    AnnotationConflict {
        /// Key that was read.
        used: String,
        /// Key that was ignored.
        ignored: String,
    },
    /// An annotation has a value that means nothing.
    InvalidAnnotation {
        /// The annotation's key.
        annotation: String,
        /// The value as given.
        value: String,
        /// What a valid value looks like.
        expected: String,
    },
    /// An annotation is known but has no effect here.
    IgnoredAnnotation {
        /// The annotation's key.
        annotation: String,
        /// Why it has no effect.
        why: String,
    },
    /// A name cannot exist in the DNS.
    InvalidName {
        /// What is wrong with it.
        why: String,
    },
    /// A value cannot be answered for this record type.
    InvalidTarget {
        /// The value as given.
        target: String,
        /// What is wrong with it.
        why: String,
    },
    /// The object exists but says nothing to answer with.
    NoTargets,
    /// Another controller is named on the object.
    OtherController {
        /// The controller it names.
        controller: String,
    },
    /// The object cannot be read.
    Unreadable {
        /// What is wrong with it.
        error: String,
    },
    /// A template failed on the object.
    TemplateFailed {
        /// The template.
        template: String,
        /// What went wrong.
        error: String,
    },
    /// A kind of object is not known in full.
    SourceUnavailable {
        /// What could not be done, such as `watch services`.
        what: String,
        /// The cause, as the API server tells it.
        error: String,
    },
}

impl Verdict {
    /// Returns a verdict about a whole object.
    pub fn on_object(object: impl Into<String>, reason: Reason) -> Self {
        Self { name: DnsName::default(), record_type: None, object: Some(object.into()), reason }
    }

    /// Returns a verdict about a name that an object asked for.
    pub fn on_name(name: impl Into<DnsName>, object: impl Into<String>, reason: Reason) -> Self {
        Self { name: name.into(), record_type: None, object: Some(object.into()), reason }
    }
}

impl Reason {
    /// Returns the stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnnotationConflict { .. } => "AnnotationConflict",
            Self::InvalidAnnotation { .. } => "InvalidAnnotation",
            Self::IgnoredAnnotation { .. } => "IgnoredAnnotation",
            Self::InvalidName { .. } => "InvalidName",
            Self::InvalidTarget { .. } => "InvalidTarget",
            Self::NoTargets => "NoTargets",
            Self::OtherController { .. } => "OtherController",
            Self::Unreadable { .. } => "Unreadable",
            Self::TemplateFailed { .. } => "TemplateFailed",
            Self::SourceUnavailable { .. } => "SourceUnavailable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnnotationConflict { used, ignored } => {
                write!(f, "both `{used}` and `{ignored}` are set and differ; the first is used")
            }
            Self::InvalidAnnotation { annotation, value, expected } => {
                write!(f, "`{annotation}: {value}` means nothing; expected {expected}")
            }
            Self::IgnoredAnnotation { annotation, why } => {
                write!(f, "`{annotation}` has no effect: {why}")
            }
            Self::InvalidName { why } => write!(f, "the name cannot exist: {why}"),
            Self::InvalidTarget { target, why } => {
                write!(f, "`{target}` cannot be answered: {why}")
            }
            Self::NoTargets => f.write_str("there is nothing to answer with yet"),
            Self::OtherController { controller } => {
                write!(f, "the object is for the controller `{controller}`")
            }
            Self::Unreadable { error } => write!(f, "the object cannot be read: {error}"),
            Self::TemplateFailed { template, error } => {
                write!(f, "the template `{template}` failed: {error}")
            }
            Self::SourceUnavailable { what, error } => write!(f, "cannot {what}: {error}"),
        }
    }
}
