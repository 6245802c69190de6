//! The sources, as data, and what follows from it.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use self::rows::SOURCES;
use super::options::SourceOptions;
use super::template::InvalidTemplate;
use super::{Source, unstructured};
use crate::objects::core::Namespace;
use crate::objects::{Kind, KindId, Resource as _, Watch, kind};

/// One source.
pub struct SourceSpec {
    /// Value of `--source`.
    pub name: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// What it reads, its own objects first.
    pub reads: &'static [WatchedKind],
    /// Whether templates are run on its objects.
    pub templates: bool,
    /// Whether the API server selects its objects by label.
    pub server_labels: bool,
    /// Whether it writes the status of its objects.
    pub writes_status: bool,
    build: Build,
}

/// Builds a source, which may read several kinds and so be several.
type Build = fn(&Arc<SourceOptions>) -> Result<Vec<Box<dyn Source>>, BuildError>;

/// One kind of object that a source reads.
pub struct WatchedKind {
    /// The kind.
    pub kind: KindId,
    /// First part of the `resource` label of objects that want names; `None` for
    /// auxiliary kinds.
    pub label: Option<&'static str>,
    /// Where it is read.
    pub scope: WatchScope,
    /// Whether it is read.
    pub when: fn(&SourceOptions) -> bool,
    /// When it is read, for documentation; empty for always.
    pub when_doc: &'static str,
}

/// Where a kind is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchScope {
    /// In the namespaces of `--namespace`.
    Namespaces,
    /// Everywhere.
    Cluster,
    /// In the namespace of `--gateway-namespace`.
    GatewayNamespace,
    /// In the namespaces of `--gloo-namespace`.
    GlooNamespaces,
}

impl WatchScope {
    /// Returns the namespaces that are read; none for all of them.
    pub(super) fn namespaces(self, options: &SourceOptions) -> BTreeSet<String> {
        match self {
            Self::Namespaces => options.namespaces.clone(),
            Self::Cluster => BTreeSet::new(),
            Self::GatewayNamespace if options.gateway_namespace.is_empty() => BTreeSet::new(),
            Self::GatewayNamespace => [options.gateway_namespace.clone()].into(),
            Self::GlooNamespaces => options.gloo_namespaces.clone(),
        }
    }

    /// Returns the flag that bounds what is read; `None` where nothing does.
    pub(super) fn flag(self) -> Option<&'static str> {
        match self {
            Self::Namespaces => Some("--namespace"),
            Self::Cluster => None,
            Self::GatewayNamespace => Some("--gateway-namespace"),
            Self::GlooNamespaces => Some("--gloo-namespace"),
        }
    }
}

/// Returns what the source called `source` reads; nothing for a source that there is not.
pub(super) fn reads_of(source: &str) -> impl Iterator<Item = &'static WatchedKind> + use<'_> {
    SOURCES.iter().filter(move |row| row.name == source).flat_map(|row| row.reads)
}

/// Why the sources cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// There is no such source.
    #[error("`{name}` is not a source; the sources are {}", names().join(", "))]
    Unknown {
        /// What was given.
        name: String,
    },
    /// The source exists elsewhere.
    #[error("the source `{name}` is not supported: {instead}")]
    NotSupported {
        /// What was given.
        name: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A template cannot be read.
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
    /// Two settings contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

impl BuildError {
    /// Returns the flags (without dashes) that it may be about.
    pub fn flags(&self) -> &'static [&'static str] {
        match self {
            Self::Unknown { .. } | Self::NotSupported { .. } => &["source"],
            Self::Template(_) => &["fqdn-template", "target-template", "fqdn-target-template"],
            Self::Contradiction(_) => {
                &["unstructured-resource", "ingress-class", "annotation-filter"]
            }
        }
    }
}

fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = SOURCES.iter().map(|source| source.name).collect();
    names.sort_unstable();
    names
}

/// Returns the source that was meant by `name`, which is none, if that is plain.
pub fn meant(name: &str) -> Option<&'static str> {
    let kind = |source: &&SourceSpec| {
        let own = source.reads.iter().find(|watched_kind| watched_kind.label.is_some());
        own.and_then(|watched_kind| kind(&watched_kind.kind))
            .is_some_and(|kind| kind.kind.eq_ignore_ascii_case(name))
    };
    let mut of_kind = SOURCES.iter().filter(kind).map(|source| source.name);
    let by_kind = of_kind.next().filter(|_| of_kind.next().is_none());
    external_dns_webhook::nearest(name, names()).or(by_kind)
}

/// Sources of `ExternalDNS` that are none here, and what to do instead.
const NOT_SUPPORTED: [(&str, &str); 3] = [
    (
        "connector",
        "it speaks Go's own encoding over TCP; use the source `crd` and let the connector create \
         DNSEndpoint objects, or give their manifests with --manifests",
    ),
    ("contour-ingressroute", "Contour has given up the kind IngressRoute; use `contour-httpproxy`"),
    ("cloudfoundry", "use the source `crd` and DNSEndpoint objects"),
];

fn row(name: &str) -> Result<&'static SourceSpec, BuildError> {
    if let Some((name, instead)) = NOT_SUPPORTED.into_iter().find(|(other, _)| *other == name) {
        return Err(BuildError::NotSupported { name, instead });
    }
    let row = SOURCES.iter().find(|source| source.name == name);
    row.ok_or_else(|| BuildError::Unknown { name: name.to_owned() })
}

/// Tells whether there is a source called `name`.
///
/// # Errors
///
/// Which source was meant, or what to use instead.
pub fn check_name(name: &str) -> Result<(), BuildError> {
    row(name).map(drop)
}

/// Builds the sources called `names`, in that order and each once.
///
/// # Errors
///
/// A name is not that of a source, or something set about it makes no sense.
pub fn build(
    names: &[impl AsRef<str>],
    options: &SourceOptions,
) -> Result<Vec<Box<dyn Source>>, BuildError> {
    let options = Arc::new(options.clone());
    let mut built = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        if seen.insert(name.as_ref()) {
            built.extend((row(name.as_ref())?.build)(&options)?);
        }
    }
    Ok(built)
}

/// Returns what is to be read for the sources called `names`: each kind once.
///
/// # Errors
///
/// A name is not that of a source, or a kind that was named makes no sense.
pub fn kinds_watched(
    names: &[impl AsRef<str>],
    options: &SourceOptions,
) -> Result<Vec<Watch>, BuildError> {
    let mut all: BTreeMap<KindId, Watch> = BTreeMap::new();
    for name in names {
        let row = row(name.as_ref())?;
        for watched in row.reads.iter().filter(|watched_kind| (watched_kind.when)(options)) {
            let Some(kind) = kind(&watched.kind) else { continue };
            add(&mut all, watch(kind.clone(), row, watched, options));
        }
        if row.name == unstructured::NAME {
            for text in &options.unstructured_resources {
                let kind = Kind::named(text).map_err(BuildError::Contradiction)?;
                add(
                    &mut all,
                    Watch {
                        kind,
                        namespaces: options.namespaces.clone(),
                        label_selector: String::new(),
                        keep_raw: !options.templates.is_empty(),
                        sources: [row.name].into(),
                        is_optional: false,
                    },
                );
            }
        }
    }
    if options.namespace_domains.need_labels()
        && let Some(kind) = kind(&Namespace::ID)
    {
        add(
            &mut all,
            Watch {
                kind: kind.clone(),
                namespaces: BTreeSet::new(),
                label_selector: String::new(),
                keep_raw: false,
                sources: names
                    .iter()
                    .filter_map(|name| Some(row(name.as_ref()).ok()?.name))
                    .collect(),
                is_optional: false,
            },
        );
    }
    Ok(all.into_values().collect())
}

fn watch(kind: Kind, row: &SourceSpec, watched: &WatchedKind, options: &SourceOptions) -> Watch {
    let namespaces = watched.scope.namespaces(options);
    let is_primary = watched.label.is_some();
    let labels = is_primary && row.server_labels;
    Watch {
        kind,
        namespaces,
        label_selector: if labels { options.label_filter.to_string() } else { String::new() },
        keep_raw: is_primary && row.templates && !options.templates.is_empty(),
        sources: [row.name].into(),
        is_optional: !is_primary
            && watched.scope == WatchScope::Cluster
            && !options.namespaces.is_empty(),
    }
}

/// Adds `watch`, so that every source that reads the kind finds what it needs.
fn add(watches: &mut BTreeMap<KindId, Watch>, watch: Watch) {
    let Some(before) = watches.get_mut(&watch.kind.id()) else {
        watches.insert(watch.kind.id(), watch);
        return;
    };
    let Watch { kind: _, namespaces, label_selector, keep_raw, sources, is_optional } = watch;
    if before.namespaces.is_empty() || namespaces.is_empty() {
        before.namespaces.clear();
    } else {
        before.namespaces.extend(namespaces);
    }
    if before.label_selector != label_selector {
        before.label_selector.clear();
    }
    before.keep_raw |= keep_raw;
    before.is_optional &= is_optional;
    before.sources.extend(sources);
}
