//! Where a value stands that is not valid, so that the user who corrects it finds it.

use std::fmt;

use serde::Serialize;

/// Where a value stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// In a field of the object, or of one that it refers to.
    #[default]
    Object,
    /// In an annotation; its whole key.
    Annotation(String),
    /// In what a template made of the object; the flag of the template.
    Template(String),
    /// In a flag; with its dashes.
    Flag(String),
}

impl Place {
    /// Returns the next step for the user who put the value there.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Object => {
                "correct the value on the object, or on what it refers to; what is published stays \
                 meanwhile"
            }
            Self::Annotation(_) => "correct the annotation; what is published stays meanwhile",
            Self::Template(_) => {
                "correct the template, or what it reads of the object; what is published stays \
                 meanwhile"
            }
            Self::Flag(_) => "correct the flag; what is published stays meanwhile",
        }
    }
}

impl fmt::Display for Place {
    /// Writes what follows a value in a sentence, with a blank before it; nothing for the object.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object => Ok(()),
            Self::Annotation(key) => write!(f, " in the annotation `{key}`"),
            Self::Template(flag) => write!(f, ", which `{flag}` made,"),
            Self::Flag(flag) => write!(f, " in `{flag}`"),
        }
    }
}
