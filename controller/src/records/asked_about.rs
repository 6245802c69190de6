//! What a person asks about: a name, or an object in any of the spellings that `kubectl` takes.

use std::collections::BTreeSet;

use controller_sources::SOURCES;
use controller_sources::objects::{KINDS, Kind};
use external_dns_webhook::{CanonicalName, ObjectRef};

/// Short names of kinds, as `kubectl api-resources` lists them, and their plural.
const SHORT: &[(&str, &str)] = &[
    ("svc", "services"),
    ("ing", "ingresses"),
    ("po", "pods"),
    ("no", "nodes"),
    ("gtw", "gateways"),
];

/// What a person asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedAbout {
    /// A name.
    Name(CanonicalName),
    /// An object.
    Object {
        /// The first parts of `resource` labels that its kind may have, in lower case.
        kinds: BTreeSet<String>,
        /// Its namespace; `None` for any.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

/// What is asked about is in no such namespace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInNamespace {
    /// It says another one itself.
    #[error("the object is said to be in `{0}`, and `-n` says `{1}`; leave one of them out")]
    Other(String, String),
    /// It is a name.
    #[error(
        "`{0}` is a name, and names are in no namespace; give an object, such as `svc/web`, or leave `-n` out"
    )]
    Name(String),
}

impl AskedAbout {
    /// Reads a name, or an object: `svc/default/web`, `services/web`, `dnsendpoint/default/x`.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] if [kind, name].into_iter().all(is_word) => (*kind, None, *name),
            [kind, namespace, name] if [kind, namespace, name].into_iter().all(is_word) => {
                (*kind, Some(*namespace), *name)
            }
            _ => return Self::Name(text.into()),
        };
        let namespace = namespace.filter(|namespace| !namespace.is_empty()).map(str::to_lowercase);
        Self::Object { kinds: labels(kind), namespace, name: name.to_lowercase() }
    }

    /// Returns an object in a namespace that is said apart, as kubectl has it.
    ///
    /// # Errors
    ///
    /// Returns an error when the text has another namespace, or is a name, which is in none.
    pub fn in_namespace(text: &str, namespace: &str) -> Result<String, NotInNamespace> {
        match Self::parse(text) {
            Self::Object { namespace: None, .. } => {
                let (kind, name) = text.trim().split_once('/').unwrap_or_default();
                Ok(format!("{kind}/{namespace}/{name}"))
            }
            Self::Object { namespace: Some(own), .. } if own.eq_ignore_ascii_case(namespace) => {
                Ok(text.to_owned())
            }
            Self::Object { namespace: Some(own), .. } => {
                Err(NotInNamespace::Other(own, namespace.to_owned()))
            }
            Self::Name(_) => Err(NotInNamespace::Name(text.to_owned())),
        }
    }

    /// Tells whether this is the object that a `resource` label stands for; case does not count.
    pub fn is_object(&self, object: &ObjectRef) -> bool {
        let Self::Object { kinds, namespace, name } = self else { return false };
        let at = object.namespace().unwrap_or_default();
        kinds.contains(&object.kind().to_lowercase())
            && object.name().eq_ignore_ascii_case(name)
            && namespace.as_ref().is_none_or(|wanted| at.eq_ignore_ascii_case(wanted))
    }
}

/// Tells whether the API server could have this as a kind, a namespace or a name; what has anything else beside
/// slashes in it is the name of a record.
fn is_word(part: &&str) -> bool {
    !part.is_empty()
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Returns the first parts of `resource` labels that a kind as people write it may have: itself, if
/// no source knows it.
fn labels(kind: &str) -> BTreeSet<String> {
    let kind = kind.to_lowercase();
    // `dnsendpoints.externaldns.k8s.io` or `services.v1`: the group only says which of a name.
    let word = kind.split('.').next().unwrap_or_default();
    let word = SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long);
    let is_kind = |known: &Kind| {
        known.kind.eq_ignore_ascii_case(word) || known.plural.eq_ignore_ascii_case(word)
    };
    let reads = SOURCES.iter().flat_map(|source| source.reads.iter());
    let mut found: BTreeSet<String> = reads
        .filter_map(|read| {
            let label = read.label?;
            let known = KINDS.iter().find(|known| known.id() == read.kind)?;
            (label == word || is_kind(known)).then(|| label.to_lowercase())
        })
        .collect();
    found.insert(word.to_owned());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_may_stand_apart_as_kubectl_has_it() {
        let apart = |text: &str| AskedAbout::in_namespace(text, "shop");
        assert_eq!(apart("svc/web").as_deref(), Ok("svc/shop/web"));
        assert_eq!(apart("svc/shop/web").as_deref(), Ok("svc/shop/web"));
        let other = apart("svc/default/web").unwrap_err().to_string();
        assert!(other.contains("`default`") && other.contains("`shop`"), "{other}");
        assert!(apart("web.example.com").unwrap_err().to_string().contains("`svc/web`"));
    }

    #[test]
    fn an_object_is_found_in_every_spelling_that_kubectl_takes() {
        for spelling in [
            "svc/default/web",
            "service/default/web",
            "services/default/web",
            "Service/default/Web",
            "svc/web",
            "services.v1/default/web",
        ] {
            assert!(
                AskedAbout::parse(spelling).is_object(&"service/default/web".into()),
                "{spelling}"
            );
        }
        for spelling in
            ["dnsendpoint/default/x", "dnsendpoints.externaldns.k8s.io/default/x", "crd/default/x"]
        {
            assert!(AskedAbout::parse(spelling).is_object(&"crd/default/x".into()), "{spelling}");
        }
        assert!(AskedAbout::parse("httproutes/a/b").is_object(&"httproute/a/b".into()));
        assert!(AskedAbout::parse("no/n1").is_object(&"node/n1".into()));
        assert!(
            AskedAbout::parse("widget/a/b").is_object(&"widget/a/b".into()),
            "of the source unstructured"
        );
    }

    #[test]
    fn a_name_with_slashes_in_it_is_no_object() {
        for name in ["https://x.example.com", "a b&c/d?e#f.example.com", "<b>/x", "a//b", "/web"] {
            assert!(matches!(AskedAbout::parse(name), AskedAbout::Name(_)), "{name}");
        }
    }

    #[test]
    fn another_object_is_not_taken_for_it() {
        for (spelling, label) in [
            ("svc/default/web", "service/other/web"),
            ("svc/default/web", "service/default/web2"),
            ("svc/default/web", "ingress/default/web"),
            ("ing/web", "service/default/web"),
        ] {
            assert!(!AskedAbout::parse(spelling).is_object(&label.into()), "{spelling}");
        }
    }

    #[test]
    fn what_has_no_slash_is_a_name_in_any_case_and_with_any_final_dot() {
        let name = AskedAbout::Name("www.example.com".into());
        assert_eq!(AskedAbout::parse("WWW.example.com."), name);
        assert_eq!(AskedAbout::parse(" www.example.com "), name);
    }
}
