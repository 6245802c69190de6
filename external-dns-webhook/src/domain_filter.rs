//! Which names someone serves or wants served.
//!
//! Two modes, as users know them: lists of suffixes, or a pair of regular expressions. Names are
//! matched in Unicode and lower case, so `xn--` and Unicode spellings filter alike.

mod domain;
mod pattern;

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use self::domain::BadDomain;
pub use self::pattern::{BadPattern, Pattern};
use crate::{DnsName, Printable};

/// How many suffixes of a filter a sentence names: one made of a provider's zones may have thousands.
const MOST_NAMED: usize = 5;

/// The expression that stands for no name at all on the wire.
const NO_NAME: &str = "^$";

/// Which names are in and which are out.
///
/// ```
/// use external_dns_webhook::{DnsName, DomainFilter};
///
/// let filter = DomainFilter::lists(["example.com"], ["internal.example.com"]);
/// assert!(filter.covers(&DnsName::from("www.example.com")));
/// assert!(!filter.covers(&DnsName::from("db.internal.example.com")));
/// assert!(!filter.covers(&DnsName::from("anexample.com")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainFilter {
    /// Every name.
    #[default]
    All,
    /// No name: of a provider that has no zone. On the wire and in flags it is the expression `^$`.
    Nothing,
    /// Names under one of `include` (every name when empty) and under none of `exclude`.
    Lists {
        /// Suffixes that are in; one that starts with a dot leaves out the name itself.
        include: Vec<String>,
        /// Suffixes that are out.
        exclude: Vec<String>,
    },
    /// Names that match `include` (every name when absent) and do not match `exclude`.
    Patterns {
        /// Expression that must match somewhere in the name.
        include: Option<Pattern>,
        /// Expression that must not match anywhere in the name.
        exclude: Option<Pattern>,
    },
}

/// Why a filter that came over the wire cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableFilter {
    /// Both modes at once.
    #[error("cannot have both domain list and regex")]
    Mixed,
    /// The including expression does not compile.
    #[error("invalid regexInclude: {0}")]
    Include(#[source] BadPattern),
    /// The excluding expression does not compile.
    #[error("invalid regexExclude: {0}")]
    Exclude(#[source] BadPattern),
}

impl DomainFilter {
    /// Returns a filter of suffixes; empty and blank ones mean "not configured".
    pub fn lists<I, E>(include: I, exclude: E) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
        E: IntoIterator<Item: AsRef<str>>,
    {
        let (include, exclude) = (suffixes(include), suffixes(exclude));
        if include.is_empty() && exclude.is_empty() {
            return Self::All;
        }
        Self::Lists { include, exclude }
    }

    /// Returns a filter of expressions; [`All`](Self::All) when there is neither, and
    /// [`Nothing`](Self::Nothing) when no name has what must match.
    pub fn patterns(include: Option<Pattern>, exclude: Option<Pattern>) -> Self {
        if include.is_none() && exclude.is_none() {
            return Self::All;
        }
        if include.as_ref().is_some_and(|include| include.as_str() == NO_NAME) {
            return Self::Nothing;
        }
        Self::Patterns { include, exclude }
    }

    /// Returns the filter that flags give: expressions win over the lists.
    ///
    /// Compat: an empty expression counts as not given, in whichever place.
    pub fn from_flags(
        (include, exclude): (&[String], &[String]),
        (matching, excluding): (Option<Pattern>, Option<Pattern>),
    ) -> Self {
        let given = |pattern: &Pattern| !pattern.as_str().is_empty();
        match (matching.filter(given), excluding.filter(given)) {
            (None, None) => Self::lists(include, exclude),
            (matching, excluding) => Self::patterns(matching, excluding),
        }
    }

    pub(crate) fn from_wire(
        include: &[String],
        exclude: &[String],
        regex_include: &str,
        regex_exclude: &str,
    ) -> Result<Self, UnusableFilter> {
        if regex_include.is_empty() && regex_exclude.is_empty() {
            return Ok(Self::lists(include, exclude));
        }
        if !include.is_empty() || !exclude.is_empty() {
            return Err(UnusableFilter::Mixed);
        }
        let compile = |text: &str| (!text.is_empty()).then(|| Pattern::new(text)).transpose();
        let include = compile(regex_include).map_err(UnusableFilter::Include)?;
        let exclude = compile(regex_exclude).map_err(UnusableFilter::Exclude)?;
        Ok(Self::patterns(include, exclude))
    }

    /// Tells whether the filter restricts anything.
    pub fn is_configured(&self) -> bool {
        match self {
            Self::All => false,
            Self::Nothing => true,
            Self::Lists { include, exclude } => !include.is_empty() || !exclude.is_empty(),
            Self::Patterns { include, exclude } => include.is_some() || exclude.is_some(),
        }
    }

    /// Tells whether `name` is in.
    pub fn covers(&self, name: &DnsName) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Lists { include, exclude } => {
                let name = name.unicode();
                let covers = |suffix: &String| is_under(&name, suffix);
                (include.is_empty() || include.iter().any(covers)) && !exclude.iter().any(covers)
            }
            Self::Patterns { include, exclude } => {
                let name = name.unicode();
                !exclude.as_ref().is_some_and(|exclude| exclude.is_match(&name))
                    && include.as_ref().is_none_or(|include| include.is_match(&name))
            }
        }
    }

    /// Tells whether `zone` is a parent of something that is in, without being in itself.
    ///
    /// Expressions are ignored: they say nothing about parents.
    pub fn covers_below(&self, zone: &DnsName) -> bool {
        let Self::Lists { include, exclude } = self else {
            return true;
        };
        let zone = zone.unicode();
        if exclude.iter().any(|exclude| is_under(&zone, exclude)) {
            return false;
        }
        let below =
            |include: &String| !include.starts_with('.') && include.ends_with(&format!(".{zone}"));
        include.is_empty() || include.iter().any(below)
    }

    /// Writes the members of the wire form into an object that may hold more.
    pub(crate) fn serialize_members<M: SerializeMap>(
        &self,
        object: &mut M,
    ) -> Result<(), M::Error> {
        match self {
            Self::All => Ok(()),
            Self::Nothing => object.serialize_entry("regexInclude", NO_NAME),
            Self::Lists { include, exclude } => {
                for (member, list) in [("include", include), ("exclude", exclude)] {
                    if !list.is_empty() {
                        let mut sorted = list.clone();
                        sorted.sort();
                        object.serialize_entry(member, &sorted)?;
                    }
                }
                Ok(())
            }
            Self::Patterns { include, exclude } => {
                for (member, pattern) in [("regexInclude", include), ("regexExclude", exclude)] {
                    if let Some(pattern) = pattern {
                        object.serialize_entry(member, pattern.as_str())?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl Serialize for DomainFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        self.serialize_members(&mut object)?;
        object.end()
    }
}

impl fmt::Display for DomainFilter {
    /// Says in words which names are in, to be read after "it takes".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (how, include, exclude) = match self {
            Self::All => ("", Vec::new(), Vec::new()),
            Self::Nothing => return f.write_str("no name"),
            Self::Lists { include, exclude } => (
                "under",
                include.iter().map(String::as_str).collect(),
                exclude.iter().map(String::as_str).collect(),
            ),
            Self::Patterns { include, exclude } => (
                "that match",
                include.iter().map(Pattern::as_str).collect(),
                exclude.iter().map(Pattern::as_str).collect(),
            ),
        };
        match include.as_slice() {
            [] => f.write_str("every name")?,
            some => write!(f, "only names {how} {}", Named(some))?,
        }
        match exclude.as_slice() {
            [] => Ok(()),
            some if include.is_empty() => write!(f, " but those {how} {}", Named(some)),
            some => write!(f, ", and none of those {how} {}", Named(some)),
        }
    }
}

/// Some of what a filter lists, in words.
struct Named<'a>(&'a [&'a str]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(all) = *self;
        let named: Vec<_> =
            all.iter().take(MOST_NAMED).map(|text| format!("`{}`", Printable(text))).collect();
        match (all.len().saturating_sub(named.len()), named.split_last()) {
            (0, Some((last, rest))) if !rest.is_empty() => {
                write!(f, "{} or {last}", rest.join(", "))
            }
            (0, _) => f.write_str(&named.concat()),
            (more, _) => write!(f, "{} or {more} more", named.join(", ")),
        }
    }
}

fn suffixes(suffixes: impl IntoIterator<Item: AsRef<str>>) -> Vec<String> {
    suffixes
        .into_iter()
        .map(|suffix| DnsName::from(suffix.as_ref().trim()).unicode().into_owned())
        .filter(|owned| !owned.is_empty())
        .collect()
}

fn is_under(name: &str, suffix: &str) -> bool {
    if suffix.starts_with('.') {
        return name.ends_with(suffix);
    }
    name.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

#[cfg(test)]
mod tests;
