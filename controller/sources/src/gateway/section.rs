//! What a reference refers to, with the defaults of Gateway API applied.

use std::fmt;

use crate::objects::gateway::{GROUP, Listener, ParentRef};

/// The object that a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

/// A part of an object: its listeners with this name and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Section<'a> {
    pub(super) target: Target<'a>,
    /// Name of the listener; empty for all.
    listener: &'a str,
    /// Port of the listener; 0 for all.
    port: i32,
}

impl<'a> Target<'a> {
    /// Reads a reference of an object in the namespace `own`.
    ///
    /// Only a group that is absent stands for Gateway API's own: an empty one is the core group
    /// ([`ParentReference`]).
    ///
    /// [`ParentReference`]: https://gateway-api.sigs.k8s.io/reference/spec/#parentreference
    pub(super) fn of(reference: &'a ParentRef, own: &'a str) -> Self {
        let ParentRef { group, kind, namespace, name, section_name: _, port: _ } = reference;
        let or = |text: &'a str, default: &'a str| if text.is_empty() { default } else { text };
        Self {
            group: group.as_deref().unwrap_or(GROUP),
            kind: or(kind, "Gateway"),
            namespace: or(namespace, own),
            name,
        }
    }
}

impl<'a> Section<'a> {
    /// Reads a reference of an object in the namespace `own`.
    pub(super) fn of(reference: &'a ParentRef, own: &'a str) -> Self {
        let ParentRef { section_name, port, .. } = reference;
        Self { target: Target::of(reference, own), listener: section_name, port: *port }
    }

    /// Returns the whole object, which comes before all of its parts.
    pub(super) fn whole(self) -> Self {
        Self { target: self.target, listener: "", port: 0 }
    }

    /// Tells whether every listener of `other` is one of this place.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.target == other.target
            && (self.listener.is_empty() || self.listener == other.listener)
            && (self.port == 0 || self.port == other.port)
    }

    /// Tells whether a listener of the object is one of this place.
    pub(super) fn has(&self, listener: &Listener) -> bool {
        (self.listener.is_empty() || self.listener == listener.name)
            && (self.port == 0 || self.port == listener.port)
    }

    /// Returns the words for the listeners that are meant, after "it has no listener".
    pub(super) fn listeners(&self) -> String {
        match (self.listener, self.port) {
            ("", 0) => String::new(),
            ("", port) => format!(" on port {port}"),
            (section, 0) => format!(" `{section}`"),
            (section, port) => format!(" `{section}` on port {port}"),
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, kind, namespace, name } = self;
        f.write_str(kind)?;
        if !group.is_empty() && *group != GROUP {
            write!(f, ".{group}")?;
        }
        write!(f, "/{namespace}/{name}")
    }
}
